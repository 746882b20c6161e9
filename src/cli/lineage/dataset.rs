//! The datasets of a run: the exports it read, the directory it published and the reports in that.
//!
//! Names are those of the specification: the namespace `file` and the absolute path, or a bucket and the key in it.

use super::facet;
use crate::cli::arguments::ResolvedDay;
use crate::cli::ending_facts::table_of;
use crate::cli::run_ending::Completed;
use crate::cli::summary::InputFigures;
use crate::ingest::Column;
use crate::objects::ObjectUrl;
use crate::pipeline::Input;
use crate::reports::{CellKind, Table};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// With more inputs than this, those of one directory are one dataset, or an event would have no end.
const INPUTS_NAMED_MAXIMUM: usize = 100;

/// Inputs that are told as one dataset.
pub struct InputDataset {
    path: PathBuf,
    /// The columns by the names of the file, and what the program takes them for.
    fields: Vec<(String, Option<Column>)>,
    /// Which inputs of the run these are.
    inputs: Vec<usize>,
}

/// The datasets that the inputs are.
pub fn inputs(inputs: &[Input]) -> Vec<InputDataset> {
    let is_each_named = inputs.len() <= INPUTS_NAMED_MAXIMUM;
    let mut datasets: Vec<InputDataset> = Vec::new();
    for (index, input) in inputs.iter().enumerate() {
        let path = path_of(input);
        let path = match path.parent() {
            Some(parent) if !is_each_named => parent.to_owned(),
            _ => path,
        };
        match datasets.iter_mut().find(|dataset| !is_each_named && dataset.path == path) {
            Some(dataset) => dataset.inputs.push(index),
            None => datasets.push(InputDataset { path, fields: fields(input), inputs: vec![index] }),
        }
    }
    datasets
}

impl InputDataset {
    /// The dataset as a value, with what was read of it once that is known.
    pub fn to_value(&self, figures: Option<&[InputFigures]>) -> Value {
        let fields = self.fields.iter().enumerate();
        let fields = fields.map(|(place, (name, column))| facet::field(name, column.map(kind_of), place + 1));
        let mut value = named(&self.path);
        value["facets"] = json!({ "schema": facet::schema(fields.collect()) });
        let figures: Option<Vec<&InputFigures>> =
            figures.map(|figures| self.inputs.iter().filter_map(|&index| figures.get(index)).collect());
        if let Some(figures) = figures.filter(|figures| !figures.is_empty()) {
            let sum = |of: fn(&InputFigures) -> u64| figures.iter().map(|input| of(input)).sum::<u64>();
            let (rows, rejected, bytes) =
                (sum(|input| input.rows), sum(|input| input.rejected), sum(|input| input.bytes));
            value["inputFacets"] = json!({
                "inputStatistics": facet::input_statistics(rows, bytes, figures.len()),
                "dataQualityMetrics": facet::data_quality_metrics(rows - rejected.min(rows), bytes, figures.len()),
            });
            if let [input] = figures[..] {
                value["facets"]["version"] = facet::version(&input.blake3);
            }
        }
        value
    }
}

/// The directory that is to be published.
pub struct Outputs {
    directory: PathBuf,
    has_history: bool,
}

impl Outputs {
    /// What `--out` and `--keep` name.
    pub fn of(out: &Path, has_history: bool) -> Self {
        Self { directory: absolute(out), has_history }
    }

    /// The directory, of which nothing more is known.
    pub fn named(&self, day: Option<&ResolvedDay>) -> Vec<Value> {
        match day {
            Some(day) if self.has_history => vec![named(&self.directory.join(format!("as_of={}", day.day)))],
            _ => vec![named(&self.directory)],
        }
    }

    /// The directory of a published run and its reports.
    pub fn published(completed: &Completed) -> Vec<Value> {
        let Completed { directory, manifest, .. } = completed;
        let version = facet::version(&manifest.head.run_id);
        let mut whole = named(directory);
        let (rows, bytes) =
            manifest.files.iter().fold((0, 0), |(rows, bytes), file| (rows + file.rows, bytes + file.bytes));
        whole["facets"] = json!({ "version": version });
        whole["outputFacets"] =
            json!({ "outputStatistics": facet::output_statistics(rows, bytes, manifest.files.len()) });
        let reports = manifest.files.iter().filter_map(|file| {
            let table = table_of(&file.name)?;
            let mut value = named(&directory.join(&file.name));
            value["facets"] = json!({ "schema": facet::schema(fields_of(&table)), "version": version });
            value["outputFacets"] = json!({ "outputStatistics": facet::output_statistics(file.rows, file.bytes, 1) });
            Some(value)
        });
        std::iter::once(whole).chain(reports).collect()
    }
}

/// Where an input lies, as a name that does not depend on the working directory.
fn path_of(input: &Input) -> PathBuf {
    let is_named = input.file().is_some() || input.path() != Path::new("-");
    if is_named { absolute(input.path()) } else { PathBuf::from("/dev/stdin") }
}

fn named(path: &Path) -> Value {
    match ObjectUrl::parse(path) {
        Some(Ok(url)) => json!({ "namespace": url.with_key("").to_string().trim_end_matches('/'), "name": url.key() }),
        _ => json!({ "namespace": "file", "name": path.display().to_string() }),
    }
}

/// The path without links, as far as it exists.
fn absolute(path: &Path) -> PathBuf {
    if ObjectUrl::parse(path).is_some() {
        return path.to_owned();
    }
    let parent = crate::cli::side_file::parent(path);
    path.canonicalize()
        .or_else(|_| parent.canonicalize().map(|parent| parent.join(path.file_name().unwrap_or_default())))
        .or_else(|_| std::path::absolute(path))
        .unwrap_or_else(|_| path.to_owned())
}

/// The columns of an input, and what the program takes them for.
fn fields(input: &Input) -> Vec<(String, Option<Column>)> {
    let positions = input.positions();
    let column_at = |place: usize| Column::ALL.iter().copied().find(|column| positions[column.index()] == Some(place));
    input.names().iter().enumerate().map(|(place, name)| (name.clone(), column_at(place))).collect()
}

/// What the cells of an input column mean, whatever the file's format.
const fn kind_of(column: Column) -> &'static str {
    match column {
        Column::PurchaseDate | Column::RenewalStartDate | Column::LastRenewalDate => "date",
        Column::RequirementsMet => "boolean",
        Column::Fee => "decimal",
        _ => "string",
    }
}

fn fields_of(table: &Table) -> Vec<Value> {
    let columns = table.columns.iter().enumerate();
    columns
        .map(|(place, column)| {
            let kind = match column.kind {
                CellKind::Text => "string",
                CellKind::Date | CellKind::OptionalDate => "date",
                CellKind::Integer | CellKind::OptionalInteger => "integer",
                CellKind::Amount => "decimal",
                CellKind::Estimate => "double",
            };
            facet::field(column.name, Some(kind), place + 1)
        })
        .collect()
}
