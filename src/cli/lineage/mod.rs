//! `--lineage`: the run as OpenLineage events, for whoever draws the way that data takes.
//!
//! Each run has a START event and one of COMPLETE, FAIL and ABORT, a JSON object a line, as of version 2-0-2 of the
//! specification (<https://openlineage.io/spec/2-0-2/OpenLineage.json>). Times are the clock's: this is no report.

mod dataset;
mod facet;
mod parent;

use super::arguments::{ResolvedDay, RunArguments};
use super::ending_facts::EndingFacts;
use super::side_file::SideFile;
use crate::pipeline::Input;
use dataset::{InputDataset, Outputs};
use facet::PRODUCER;
use jiff::Timestamp;
use parent::{Environment, Parent};
use serde_json::{Map, Value, json};
use std::io;
use uuid::Uuid;

const SCHEMA_URL: &str = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent";
const JOB_NAME: &str = "renewals.run";

/// The lineage of one run.
pub struct Lineage {
    run_id: Uuid,
    job: Value,
    parent: Option<Parent>,
    began: Timestamp,
    inputs: Vec<InputDataset>,
    outputs: Outputs,
    /// Whether the run's beginning is told, or why it could not be.
    start: Option<io::Result<()>>,
}

impl Lineage {
    /// The lineage of a run that begins now; nothing is written yet.
    pub fn new(arguments: &RunArguments) -> Self {
        let environment = Environment::of_process();
        let parent = Parent::find(&environment);
        let name = match (&arguments.messages.lineage_job, &parent) {
            (Some(name), _) => name.clone(),
            (None, Some(parent)) => format!("{}.{JOB_NAME}", parent.run.name),
            (None, None) => JOB_NAME.to_owned(),
        };
        let namespace = parent.as_ref().map_or_else(|| environment.namespace(), |parent| parent.run.namespace.clone());
        Self {
            run_id: Uuid::now_v7(),
            job: json!({ "namespace": namespace, "name": name, "facets": { "jobType": facet::job_type() } }),
            parent,
            began: Timestamp::now(),
            inputs: Vec::new(),
            outputs: Outputs::of(&arguments.out, arguments.publishing.keep.is_some()),
            start: None,
        }
    }

    /// Tells that the run has begun on these inputs. That this fails is told at the end: it is no reason not to work.
    pub fn start(&mut self, file: &SideFile, inputs: &[Input], day: Option<&ResolvedDay>) {
        self.inputs = dataset::inputs(inputs);
        self.start = Some(file.append(&self.start_event(day).to_string()));
    }

    /// Tells how the run has ended, and that it had begun if it ended before that was told.
    ///
    /// # Errors
    /// An event could not be written.
    pub fn end(mut self, file: &SideFile, facts: &EndingFacts<'_>) -> io::Result<()> {
        let start = self.start.take().unwrap_or_else(|| file.append(&self.start_event(facts.day).to_string()));
        let end = file.append(&self.end_event(facts, Timestamp::now()).to_string());
        start.and(end)
    }

    fn start_event(&self, day: Option<&ResolvedDay>) -> Value {
        let inputs = self.inputs.iter().map(|input| input.to_value(None)).collect();
        self.event("START", self.began, self.run_facets(day), inputs, self.outputs.named(day))
    }

    fn end_event(&self, facts: &EndingFacts<'_>, now: Timestamp) -> Value {
        let event_type = match facts.outcome {
            "published" | "skipped" => "COMPLETE",
            "interrupted" => "ABORT",
            _ => "FAIL",
        };
        let mut run_facets = self.run_facets(facts.day);
        run_facets.insert("renewals_run".to_owned(), facet::renewals_run(facts));
        if let Some(error) = facts.error {
            run_facets.insert("errorMessage".to_owned(), facet::error_message(error));
        }
        let figures = facts.completed.map(|completed| &completed.figures.inputs[..]);
        let inputs = self.inputs.iter().map(|input| input.to_value(figures));
        let outputs = match facts.completed {
            Some(completed) if facts.outcome == "published" => Outputs::published(completed),
            // What was there before has not been written by this run.
            Some(_) => Vec::new(),
            None => self.outputs.named(facts.day),
        };
        self.event(event_type, now, run_facets, inputs.collect(), outputs)
    }

    fn run_facets(&self, day: Option<&ResolvedDay>) -> Map<String, Value> {
        let mut facets = Map::new();
        let mut add = |name: &str, facet: Option<Value>| {
            if let Some(facet) = facet {
                facets.insert(name.to_owned(), facet);
            }
        };
        add("nominalTime", day.and_then(ResolvedDay::bounds).map(facet::nominal_time));
        add("parent", self.parent.as_ref().map(facet::parent));
        add("processing_engine", Some(facet::processing_engine()));
        facets
    }

    fn event(
        &self,
        event_type: &str,
        time: Timestamp,
        run_facets: Map<String, Value>,
        inputs: Vec<Value>,
        outputs: Vec<Value>,
    ) -> Value {
        json!({
            "eventType": event_type,
            "eventTime": format!("{time:.6}"),
            "run": { "runId": self.run_id.to_string(), "facets": run_facets },
            "job": self.job,
            "inputs": inputs,
            "outputs": outputs,
            "producer": PRODUCER,
            "schemaURL": SCHEMA_URL,
        })
    }
}
