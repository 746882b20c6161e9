//! The facets of an event, each by the version of its own schema.

use super::parent::{Parent, ParentRun};
use crate::cli::ending_facts::EndingFacts;
use crate::cli::error::CommandError;
use jiff::Timestamp;
use serde_json::{Value, json};

/// Who tells this, as a package URL, since the specification wants a URI.
pub const PRODUCER: &str = concat!("pkg:cargo/renewals@", env!("CARGO_PKG_VERSION"));

/// A facet: its members, after who tells it and by which schema, such as `1-0-1/NominalTimeRunFacet`.
pub fn facet(schema: &str, members: Value) -> Value {
    let name = schema.rsplit('/').next().unwrap_or(schema);
    with_schema(&format!("https://openlineage.io/spec/facets/{schema}.json#/$defs/{name}"), members)
}

fn with_schema(url: &str, members: Value) -> Value {
    let mut facet = json!({ "_producer": PRODUCER, "_schemaURL": url });
    if let (Value::Object(facet), Value::Object(members)) = (&mut facet, members) {
        facet.extend(members);
    }
    facet
}

/// The as-of day, in which the reports hold: from its beginning to that of the next.
pub fn nominal_time((begin, end): (Timestamp, Timestamp)) -> Value {
    let members = json!({ "nominalStartTime": begin.to_string(), "nominalEndTime": end.to_string() });
    facet("1-0-1/NominalTimeRunFacet", members)
}

/// The run that started this one, and the run that started everything.
pub fn parent(parent: &Parent) -> Value {
    let run = |run: &ParentRun| {
        json!({
            "run": { "runId": run.run_id.to_string() },
            "job": { "namespace": run.namespace, "name": run.name },
        })
    };
    let mut members = run(&parent.run);
    if let Some(root) = &parent.root {
        members["root"] = run(root);
    }
    facet("1-2-0/ParentRunFacet", members)
}

/// This program.
pub fn processing_engine() -> Value {
    let version = env!("CARGO_PKG_VERSION");
    let members = json!({ "version": version, "name": "renewals", "openlineageAdapterVersion": version });
    facet("1-1-1/ProcessingEngineRunFacet", members)
}

/// A batch job that tells of its beginning and its end.
pub fn job_type() -> Value {
    let members = json!({
        "processingType": "BATCH",
        "integration": "RENEWALS",
        "jobType": "COMMAND",
        "emissionPattern": { "eventTrigger": "EVENT_BASED", "eventContentMode": "ACCUMULATIVE" },
    });
    facet("2-0-4/JobTypeJobFacet", members)
}

/// Why the run failed.
pub fn error_message(error: &CommandError) -> Value {
    facet("1-0-1/ErrorMessageRunFacet", json!({ "message": error.to_string(), "programmingLanguage": "RUST" }))
}

/// What no facet of the specification has a place for: the ending, and the counts of rows and rejects.
pub fn renewals_run(facts: &EndingFacts<'_>) -> Value {
    let mut members = json!({ "outcome": facts.outcome, "exitCode": facts.exit_code });
    if let Some(completed) = facts.completed {
        members["runId"] = completed.manifest.head.run_id.clone().into();
        members["policy"] = completed.manifest.head.policy.clone().into();
    }
    if let Some(counts) = &facts.counts {
        members["rows"] = json!(counts.rows);
        members["rejectShare"] = counts.reject_share().into();
        members["rejectedByCode"] = Value::Object(counts.occurring_codes());
    }
    with_schema("https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunFacet", members)
}

/// A field of a dataset, its place counted from 1; one that is ignored has no type.
pub fn field(name: &str, kind: Option<&str>, place: usize) -> Value {
    let mut field = json!({ "name": name, "ordinal_position": place });
    if let Some(kind) = kind {
        field["type"] = kind.into();
    }
    field
}

/// The fields of a dataset.
pub fn schema(fields: Vec<Value>) -> Value {
    facet("1-2-0/SchemaDatasetFacet", json!({ "fields": fields }))
}

/// What tells this content of a dataset from every other.
pub fn version(version: &str) -> Value {
    facet("1-0-1/DatasetVersionDatasetFacet", json!({ "datasetVersion": version }))
}

/// What was read of a dataset.
pub fn input_statistics(rows: u64, bytes: u64, files: usize) -> Value {
    facet("1-0-0/InputStatisticsInputDatasetFacet", json!({ "rowCount": rows, "size": bytes, "fileCount": files }))
}

/// What was good of a dataset: the rows that were not rejected.
pub fn data_quality_metrics(rows_evaluated: u64, bytes: u64, files: usize) -> Value {
    let members = json!({ "rowCount": rows_evaluated, "bytes": bytes, "fileCount": files, "columnMetrics": {} });
    facet("1-0-3/DataQualityMetricsInputDatasetFacet", members)
}

/// What was written to a dataset.
pub fn output_statistics(rows: u64, bytes: u64, files: usize) -> Value {
    facet("1-0-2/OutputStatisticsOutputDatasetFacet", json!({ "rowCount": rows, "size": bytes, "fileCount": files }))
}
