//! `--lineage`: every event against the schemas of OpenLineage, and what the events say.

use crate::harness::{Outcome, Workspace, run_arguments};
use jsonschema::{Registry, Validator};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

const ONE_BAD: &str = "partner_id,offer_type,purchase_date\n7,action_pack,2019-06-01\n8,action_pack,tomorrow\n";

fn workspace() -> Workspace {
    let workspace = Workspace::new();
    workspace.write("bad.csv", ONE_BAD);
    workspace
}

/// The official schemas by their addresses.
fn schemas() -> Registry<'static> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/openlineage");
    let files = walkdir::WalkDir::new(directory).into_iter().map(|entry| entry.expect("an entry"));
    let mut registry = Registry::new();
    for file in files.filter(|file| file.path().extension().is_some_and(|extension| extension == "json")) {
        let schema: Value = serde_json::from_slice(&fs::read(file.path()).expect("read")).expect("JSON");
        let address = schema["$id"].as_str().expect("an id").to_owned();
        registry = registry.add(address, schema).expect("a schema");
    }
    registry.prepare().expect("schemas that refer to each other only")
}

struct Schemas {
    registry: Registry<'static>,
    validators: BTreeMap<String, Validator>,
}

impl Schemas {
    fn validate(&mut self, address: &str, value: &Value) {
        let build = || {
            let options = jsonschema::options().with_registry(&self.registry).should_validate_formats(true);
            options.build(&json!({ "$ref": address })).unwrap_or_else(|error| panic!("{address}: {error}"))
        };
        let validator = self.validators.entry(address.to_owned()).or_insert_with(build);
        let errors: Vec<String> = validator.iter_errors(value).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{address}: {errors:?}\n{value:#}");
    }

    /// Validates a facet, or whatever holds some, by the schemas that the facets name.
    fn validate_facets(&mut self, value: &Value) -> usize {
        let mut count = 0;
        if let Some(address) = value.get("_schemaURL").and_then(Value::as_str) {
            self.validate(address, value);
            count += 1;
        }
        match value {
            Value::Object(members) => {
                members.values().map(|member| self.validate_facets(member)).sum::<usize>() + count
            }
            Value::Array(items) => items.iter().map(|item| self.validate_facets(item)).sum(),
            _ => count,
        }
    }
}

/// The events of a file, all of them valid.
fn events(workspace: &Workspace) -> Vec<Value> {
    let mut schemas = Schemas { registry: schemas(), validators: BTreeMap::new() };
    let text = fs::read_to_string(workspace.path("l.jsonl")).expect("written");
    let events: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    for event in &events {
        schemas.validate("https://openlineage.io/spec/2-0-2/OpenLineage.json", event);
        schemas.validate(event["schemaURL"].as_str().expect("an address"), event);
        assert!(schemas.validate_facets(event) >= 2);
        for named in ["inputs", "outputs"].iter().flat_map(|list| event[list].as_array().expect("a list")) {
            assert_eq!(named["namespace"], "file");
            assert!(named["name"].as_str().is_some_and(|name| name.starts_with('/')), "{named}");
        }
    }
    for pair in events.chunks(2) {
        let [start, end] = pair else { panic!("a run without an end\n{text}") };
        assert_eq!(start["eventType"], "START");
        for member in ["job", "producer", "schemaURL"] {
            assert_eq!(start[member], end[member], "{member}");
        }
        assert_eq!(start["run"]["runId"], end["run"]["runId"]);
        assert!(start["eventTime"].as_str() <= end["eventTime"].as_str());
    }
    events
}

fn run(workspace: &Workspace, arguments: &[&str]) -> Outcome {
    workspace.run(&run_arguments("reports", &[&["--lineage", "l.jsonl", "--json"], arguments].concat()))
}

/// A check that the check finds something.
#[test]
fn wrong_events_are_not_valid() {
    let workspace = workspace();
    let _ = run(&workspace, &["bad.csv"]).expect(0);
    let right = events(&workspace).pop().expect("an event");
    for (pointer, wrong) in [
        ("/eventType", json!("DONE")),
        ("/eventTime", json!("yesterday")),
        ("/run/runId", json!("7")),
        ("/run/facets/nominalTime/nominalStartTime", json!(5)),
        ("/inputs/0/inputFacets/inputStatistics/rowCount", json!("two")),
        ("/outputs/1/facets/schema/fields/0", json!({})),
    ] {
        let mut event = right.clone();
        *event.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer} is missing in {right:#}")) = wrong;
        workspace.write("l.jsonl", format!("{event}\n"));
        let found = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| events(&workspace)));
        let message = found.expect_err(pointer).downcast::<String>().expect("a message");
        assert!(message.starts_with("https://openlineage.io/spec/"), "{message}");
    }
}

#[test]
fn a_published_run_tells_what_it_read_and_wrote() {
    let workspace = workspace();
    let outcome = run(&workspace, &["--formats", "csv,parquet", "--timezone", "Europe/Berlin", "bad.csv"]).expect(0);
    let result: Value = serde_json::from_str(&outcome.stdout).expect("JSON");
    let events = events(&workspace);
    let [start, end] = &events[..] else { panic!("two events\n{outcome}") };
    assert_eq!(end["eventType"], "COMPLETE");
    assert_eq!((&start["job"]["namespace"], &start["job"]["name"]), (&json!("default"), &json!("renewals.run")));
    for event in &events {
        // The as-of day in Berlin.
        assert_eq!(event["run"]["facets"]["nominalTime"]["nominalStartTime"], "2020-06-04T22:00:00Z");
        assert_eq!(event["run"]["facets"]["nominalTime"]["nominalEndTime"], "2020-06-05T22:00:00Z");
        assert_eq!(
            event["inputs"][0]["name"],
            fs::canonicalize(workspace.path("bad.csv")).expect("there").display().to_string()
        );
        assert_eq!(event["outputs"][0]["name"], result["out"]);
        let fields = &event["inputs"][0]["facets"]["schema"]["fields"];
        assert_eq!(fields.as_array().map(Vec::len), Some(3));
        assert_eq!((&fields[2]["name"], &fields[2]["type"]), (&json!("purchase_date"), &json!("date")));
        assert_eq!(fields[2]["ordinal_position"], 3);
    }
    let input = &end["inputs"][0];
    assert_eq!(input["facets"]["version"]["datasetVersion"], blake3::hash(ONE_BAD.as_bytes()).to_hex().as_str());
    assert_eq!(input["inputFacets"]["inputStatistics"]["rowCount"], 2);
    assert_eq!(input["inputFacets"]["inputStatistics"]["size"], ONE_BAD.len());
    assert_eq!(input["inputFacets"]["dataQualityMetrics"]["rowCount"], 1);
    let told = &end["run"]["facets"]["renewals_run"];
    assert_eq!((&told["runId"], &told["rejectShare"]), (&result["run_id"], &json!(0.5)));
    assert_eq!(told["rejectedByCode"], json!({ "bad_date": 1 }));
    let outputs = end["outputs"].as_array().expect("outputs");
    assert_eq!(outputs.len(), 1 + 12 + 12, "the directory, and each report in both formats");
    for (output, name) in [(&outputs[0], ""), (&outputs[5], "/fee_forecast.csv")] {
        assert_eq!(output["name"], format!("{}{name}", result["out"].as_str().expect("a path")));
        assert_eq!(output["facets"]["version"]["datasetVersion"], result["run_id"]);
    }
    let files = result["files"].as_array().expect("files");
    assert_eq!(outputs[0]["outputFacets"]["outputStatistics"]["fileCount"], files.len());
    let forecast = files.iter().find(|file| file["name"] == "fee_forecast.csv").expect("listed");
    assert_eq!(outputs[5]["outputFacets"]["outputStatistics"]["size"], forecast["bytes"]);
    assert_eq!(outputs[5]["facets"]["schema"]["fields"][6]["type"], "decimal");
}

#[test]
fn every_ending_is_told_with_its_reason() {
    let workspace = workspace();
    let cases = [
        (&["bad.csv"][..], 0, "COMPLETE"),
        (&["--skip-exit-code", "99", "bad.csv"], 99, "COMPLETE"),
        (&["none.csv"], 66, "FAIL"),
        (&["--max-rejects", "0", "bad.csv"], 65, "FAIL"),
        (&["--policy", "none", "bad.csv"], 78, "FAIL"),
        (&["--as-of", "1900-01-01T00:00:00Z", "--timezone", "America/New_York", "bad.csv"], 64, "FAIL"),
    ];
    for (arguments, code, _) in cases {
        let _ = run(&workspace, arguments).expect(code);
    }
    let events = events(&workspace);
    assert_eq!(events.len(), 2 * cases.len());
    for (event, (_, code, event_type)) in events.iter().skip(1).step_by(2).zip(cases) {
        assert_eq!(event["eventType"], event_type, "{code}");
        assert_eq!(event["run"]["facets"]["renewals_run"]["exitCode"], code);
        let error = &event["run"]["facets"]["errorMessage"];
        assert_eq!(error["message"].is_string(), event_type == "FAIL", "{event:#}");
    }
    let skipped = &events[3];
    assert_eq!(skipped["outputs"], json!([]), "nothing was written");
    assert_eq!(skipped["inputs"][0]["inputFacets"]["inputStatistics"]["rowCount"], 2);
    let too_many = &events[7]["run"]["facets"]["renewals_run"];
    assert_eq!(too_many["rejectedByCode"], json!({ "bad_date": 1 }));
    assert!(events[11]["run"]["facets"].get("nominalTime").is_none(), "no day could be told");
}

#[test]
fn an_interrupted_run_is_told_as_aborted() {
    let workspace = workspace();
    let _ = workspace.run(&["generate", "--rows", "100000", "--out", "long.csv", "-q"]).expect(0);
    let slow = ["--threads", "1", "--batch-bytes", "1024", "--lineage", "l.jsonl", "long.csv"];
    let running = workspace.start(&run_arguments("reports", &slow));
    while !workspace.path("l.jsonl").exists() {
        std::thread::sleep(Duration::from_millis(1));
    }
    kill_process(Pid::from_child(&running.child), Signal::TERM).expect("sent");
    let _ = running.finish().expect(143);
    let events = events(&workspace);
    assert_eq!(events[1]["eventType"], "ABORT");
}

#[test]
fn the_parent_and_the_job_are_those_of_the_scheduler() {
    let workspace = workspace();
    let arguments = run_arguments("reports", &["--lineage", "l.jsonl", "-q", "bad.csv"]);
    let status = workspace
        .command(&arguments)
        .envs([
            ("AIRFLOW_CTX_DAG_ID", "nightly"),
            ("AIRFLOW_CTX_TASK_ID", "publish"),
            ("AIRFLOW_CTX_LOGICAL_DATE", "2020-06-05T00:00:00+00:00"),
            ("AIRFLOW_CTX_TRY_NUMBER", "1"),
            ("OPENLINEAGE_ROOT_PARENT_ID", "default/nightly/017281c6-f800-7d80-9866-d4f881c1faf3"),
        ])
        .status();
    assert!(status.expect("runs").success());
    let _ = run(&workspace, &["--lineage-job", "my job", "--keep", "2", "--out", "history", "bad.csv"]).expect(64);
    let history = ["--lineage", "l.jsonl", "--lineage-job", "my job", "--keep", "2", "bad.csv"];
    let _ = workspace.run(&run_arguments("history", &history)).expect(0);
    let events = events(&workspace);
    for event in &events[..2] {
        let parent = &event["run"]["facets"]["parent"];
        assert_eq!(parent["job"], json!({ "namespace": "default", "name": "nightly.publish" }));
        assert_eq!(parent["run"]["runId"], "017281c6-f800-7f07-8195-dba451f82dae");
        assert_eq!(parent["root"]["job"]["name"], "nightly");
        assert_eq!(event["job"]["name"], "nightly.publish.renewals.run");
    }
    for event in &events[2..] {
        assert_eq!(event["job"]["name"], "my job");
        assert!(event["outputs"][0]["name"].as_str().is_some_and(|name| name.ends_with("/history/as_of=2020-06-05")));
    }
}

#[test]
fn many_inputs_are_told_by_their_directories() {
    let workspace = workspace();
    for number in 0..101 {
        workspace.write(&format!("exports/{}/{number}.csv", number % 2), ONE_BAD);
    }
    let _ = run(&workspace, &["exports"]).expect(0);
    let events = events(&workspace);
    let inputs = events[1]["inputs"].as_array().expect("inputs");
    assert_eq!(inputs.len(), 2);
    assert!(inputs[0]["name"].as_str().is_some_and(|name| name.ends_with("/exports/0")));
    let statistics = inputs.iter().map(|input| &input["inputFacets"]["inputStatistics"]["fileCount"]);
    assert_eq!(statistics.collect::<Vec<_>>(), [51, 50]);
}
