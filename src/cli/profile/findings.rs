//! What `renewals profile check` found, as text and as JSON.

use super::look::{ColumnLook, Look};
use crate::cli::message::{grouped, printable};
use crate::ingest::{Column, ConstantOrigin, Mapping, column_of, nearest_header};
use crate::pipeline::Input;
use comfy_table::{ContentArrangement, Table, presets};
use serde_json::{Map, Value, json};
use std::fmt::Write;

const SCHEMA: &str = "renewals.profile_check";
const SCHEMA_VERSION: u32 = 1;
/// Most characters of a text that are shown.
const SHOWN_CHARACTERS: usize = 40;

/// How a file is understood.
pub struct Findings<'a> {
    /// The file.
    pub input: &'a Input,
    /// How it is read.
    pub mapping: &'a Mapping,
    /// What was seen in it.
    pub look: &'a Look,
    /// What to tell of the profile, if it was picked.
    pub picked: Option<&'a str>,
}

/// From where a column has its values.
enum Origin<'a> {
    Header(&'a str),
    Constant(&'a str, ConstantOrigin),
    Missing,
}

impl Findings<'_> {
    /// Why the file is not understood throughout, if it is not.
    pub fn problem(&self) -> Option<String> {
        if self.lacks_column() {
            let missing = self.missing().filter(|column| column.is_needed()).map(|column| column.as_str());
            let missing: Vec<&str> = missing.collect();
            return Some(format!("needed columns are missing: {}", missing.join(", ")));
        }
        if self.look.doubt.is_some() {
            return Some("day and month may be exchanged".to_owned());
        }
        let cells: u64 = self.look.columns.iter().map(|column| column.not_understood).sum();
        (cells > 0).then(|| format!("{} {} not understood", grouped(cells), plural(cells, "cell is", "cells are")))
    }

    /// Whether a needed column is missing.
    pub fn lacks_column(&self) -> bool {
        self.missing().any(|column| column.is_needed())
    }

    fn origin(&self, column: Column) -> Origin<'_> {
        if let Some(constant) = self.mapping.constant(column) {
            return Origin::Constant(constant.text(), constant.origin);
        }
        match self.input.positions()[column.index()].and_then(|position| self.input.names().get(position)) {
            Some(name) => Origin::Header(name),
            None => Origin::Missing,
        }
    }

    fn missing(&self) -> impl Iterator<Item = Column> + '_ {
        Column::ALL.iter().copied().filter(|column| matches!(self.origin(*column), Origin::Missing))
    }

    fn nearest(&self, column: Column) -> Option<&str> {
        let names = self.input.names().iter().map(String::as_str);
        nearest_header(column, names, self.mapping.headers.as_ref())
    }

    /// The headers that name no column.
    fn ignored(&self) -> Vec<&str> {
        let headers = self.mapping.headers.as_ref();
        let names = self.input.names().iter().map(String::as_str);
        names.filter(|name| !name.is_empty() && column_of(name, headers).is_none()).collect()
    }

    /// The findings as text.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        let mut line = |words: String| {
            let _ = writeln!(text, "{}", printable(&words));
        };
        let profile = self.mapping.profile.as_deref().map_or("no profile".to_owned(), |id| format!("profile {id}"));
        line(format!("{}: {}, {profile}", self.input.path().display(), self.input.form()));
        if let Some(picked) = self.picked {
            line(picked.to_owned());
        }
        line(self.table().trim_fmt());
        let ignored = self.ignored();
        if !ignored.is_empty() {
            line(format!("not read: {}", ignored.join(", ")));
        }
        for column in self.missing() {
            let nearest = self.nearest(column).map(|name| format!("; the nearest header is `{}`", shown(name)));
            let nearest = nearest.unwrap_or_default();
            if column.is_needed() {
                line(format!("missing: {}, which is needed{nearest}", column.as_str()));
            } else if !nearest.is_empty() {
                line(format!("not there: {}{nearest}", column.as_str()));
            }
        }
        for (column, look) in self.columns().filter(|(_, look)| look.not_understood > 0) {
            if let Some(unread) = &look.first_not_understood {
                let (count, value) = (grouped(look.not_understood), shown(&unread.text));
                let code = unread.code.as_str();
                line(format!(
                    "{}: {count} not understood, first `{value}` in line {} ({code})",
                    column.as_str(),
                    unread.line
                ));
            }
        }
        if let Some(row) = &self.look.doubt {
            line(format!("{} in line {}: `{}` is {}", row.column.as_str(), row.line, shown(&row.text), row.doubt));
        }
        let broken = match self.look.broken {
            0 => String::new(),
            broken => format!(", {} of them not to be divided into cells", grouped(broken)),
        };
        line(format!("{} {}{broken}", grouped(self.look.rows), plural(self.look.rows, "row", "rows")));
        text
    }

    fn columns(&self) -> impl Iterator<Item = (Column, &ColumnLook)> {
        Column::ALL.iter().copied().zip(&self.look.columns)
    }

    fn table(&self) -> Table {
        let mut table = Table::new();
        table.load_style(presets::NOTHING);
        table.set_content_arrangement(ContentArrangement::Disabled);
        table.set_header(["column", "from", "filled", "samples"]);
        for (column, look) in self.columns() {
            let from = match self.origin(column) {
                Origin::Header(name) => printable(&shown(name)),
                Origin::Constant(_, ConstantOrigin::CommandLine) => "--set".to_owned(),
                Origin::Constant(_, ConstantOrigin::Profile) => "the profile".to_owned(),
                Origin::Missing => "-".to_owned(),
            };
            let samples: Vec<String> = match self.origin(column) {
                Origin::Constant(text, _) => vec![printable(&shown(text))],
                _ => look.samples.iter().map(|sample| sample_words(&sample.text, &sample.understood)).collect(),
            };
            let filled = if from == "-" { String::new() } else { grouped(look.filled) };
            table.add_row([column.as_str().to_owned(), from, filled, samples.join(", ")]);
        }
        table
    }

    /// The findings as one JSON object.
    pub fn to_json(&self) -> Value {
        let columns: Map<String, Value> =
            self.columns().map(|(column, look)| (column.as_str().to_owned(), self.column_json(column, look))).collect();
        json!({
            "schema": SCHEMA,
            "schema_version": SCHEMA_VERSION,
            "file": self.input.path().to_string_lossy(),
            "form": self.input.form(),
            "profile": self.mapping.profile,
            "is_understood": self.problem().is_none(),
            "problem": self.problem(),
            "rows": self.look.rows,
            "broken_rows": self.look.broken,
            "columns": columns,
            "ignored": self.ignored(),
            "date_doubt": self.look.doubt.as_ref().map(|row| json!({
                "column": row.column.as_str(),
                "line": row.line,
                "value": row.text,
                "reason": row.doubt.to_string(),
            })),
        })
    }

    fn column_json(&self, column: Column, look: &ColumnLook) -> Value {
        let (header, constant) = match self.origin(column) {
            Origin::Header(name) => (Some(name), None),
            Origin::Constant(text, _) => (None, Some(text)),
            Origin::Missing => (None, None),
        };
        let is_missing = header.is_none() && constant.is_none();
        json!({
            "header": header,
            "constant": constant,
            "is_needed": column.is_needed(),
            "nearest_header": if is_missing { self.nearest(column) } else { None },
            "filled": look.filled,
            "not_understood": look.not_understood,
            "first_not_understood": look.first_not_understood.as_ref().map(|unread| json!({
                "line": unread.line,
                "value": unread.text,
                "code": unread.code.as_str(),
            })),
            "samples": look.samples.iter().map(|sample| json!({
                "value": sample.text,
                "understood": sample.understood,
            })).collect::<Vec<_>>(),
        })
    }
}

fn sample_words(text: &str, understood: &str) -> String {
    match understood {
        _ if text == understood => printable(&shown(text)),
        "" => format!("{} → (empty)", printable(&shown(text))),
        understood => printable(&format!("{} → {}", shown(text), shown(understood))),
    }
}

/// A text of the file, shortened, on one line.
fn shown(text: &str) -> String {
    let mut characters = text.chars();
    let mut shown: String = characters.by_ref().take(SHOWN_CHARACTERS).collect();
    if characters.next().is_some() {
        shown.push('…');
    }
    shown.replace(['\n', '\r', '\t'], " ")
}

const fn plural<'a>(count: u64, one: &'a str, many: &'a str) -> &'a str {
    if count == 1 { one } else { many }
}
