//! `--metrics`: how the last run ended and what is published, for node_exporter's textfile collector.
//!
//! This is no report: it tells when things happened, and takes that from the clock.

mod exposition;

use super::arguments::ResolvedDay;
use super::ending_facts::{Counts, EndingFacts, table_of};
use super::run_ending::Completed;
use crate::ingest::RejectCode;
use exposition::{Family, Sample};
use jiff::Timestamp;
use std::path::Path;

/// The label that tells runs on several directories apart, whose files node_exporter reads as one.
const OUT: &str = "out";

/// The text of the file; `old` is that of the one it replaces.
pub fn text(facts: &EndingFacts<'_>, old: Option<&[u8]>, now: Timestamp) -> String {
    let samples = Samples { out: facts.out.display().to_string() };
    let mut families = last_run(&samples, facts, now);
    families.extend(facts.counts.as_ref().map(|counted| counts(&samples, counted)).unwrap_or_default());
    families.extend(facts.completed.map(|completed| inputs(&samples, completed)).unwrap_or_default());
    let mut success = last_success(&samples, facts, now);
    if facts.is_failure {
        keep(&samples, &mut success, old);
    }
    families.extend(success);
    exposition::write(&families)
}

/// Makes the samples of one output directory.
struct Samples {
    out: String,
}

impl Samples {
    fn with(&self, label: Option<(&str, &str)>, value: String) -> Sample {
        let labels = [Some((OUT, self.out.as_str())), label];
        let labels = labels.into_iter().flatten().map(|(label, text)| (label.to_owned(), text.to_owned()));
        Sample { labels: labels.collect(), value }
    }

    fn one(&self, value: impl ToString) -> Vec<Sample> {
        vec![self.with(None, value.to_string())]
    }
}

fn family(name: &'static str, help: &'static str, samples: Vec<Sample>) -> Family {
    Family { name, help, samples }
}

fn last_run(samples: &Samples, facts: &EndingFacts<'_>, now: Timestamp) -> Vec<Family> {
    const OUTCOMES: [&str; 4] = ["published", "skipped", "failed", "interrupted"];
    let outcomes = OUTCOMES
        .iter()
        .map(|&outcome| samples.with(Some(("outcome", outcome)), u8::from(outcome == facts.outcome).to_string()));
    vec![
        family(
            "renewals_build_info",
            "Version of the program that ran last; always 1.",
            vec![samples.with(Some(("version", env!("CARGO_PKG_VERSION"))), "1".to_owned())],
        ),
        family(
            "renewals_last_run_timestamp_seconds",
            "When the last run ended, in Unix time.",
            samples.one(seconds(now)),
        ),
        family(
            "renewals_last_run_outcome",
            "How the last run ended: 1 for that outcome, 0 for the others.",
            outcomes.collect(),
        ),
        family("renewals_last_run_exit_code", "Exit code of the last run.", samples.one(facts.exit_code)),
        family("renewals_last_run_duration_seconds", "How long the last run took.", samples.one(facts.seconds)),
        family(
            "renewals_last_run_peak_memory_bytes",
            "Largest resident set of the last run.",
            peak_memory_bytes().map(|bytes| samples.one(bytes)).unwrap_or_default(),
        ),
    ]
}

/// What the last run counted.
fn counts(samples: &Samples, counts: &Counts<'_>) -> Vec<Family> {
    let rows = counts.rows;
    let results = [("evaluated", rows.evaluated), ("rejected", rows.rejected)]
        .map(|(result, count)| samples.with(Some(("result", result)), count.to_string()));
    let codes = RejectCode::ALL.iter().map(|code| {
        let count = counts.rejected_by_code.get(code.as_str()).and_then(serde_json::Value::as_u64).unwrap_or(0);
        samples.with(Some(("code", code.as_str())), count.to_string())
    });
    vec![
        family("renewals_last_run_rows", "Rows that the last run read, by what became of them.", results.to_vec()),
        family("renewals_last_run_rejected_rows", "Rows that the last run rejected, by reject code.", codes.collect()),
    ]
}

fn inputs(samples: &Samples, completed: &Completed) -> Vec<Family> {
    let figures = &completed.figures;
    vec![
        family("renewals_last_run_input_files", "Files that the last run read.", samples.one(figures.inputs.len())),
        family(
            "renewals_last_run_input_bytes",
            "Size of the files that the last run read.",
            samples.one(figures.input_bytes()),
        ),
    ]
}

/// What is published, and since when that is known to be right; without samples if the run failed.
fn last_success(samples: &Samples, facts: &EndingFacts<'_>, now: Timestamp) -> Vec<Family> {
    let completed = facts.completed.filter(|_| !facts.is_failure);
    let of_run = |value: &dyn Fn(&Completed) -> Vec<Sample>| completed.map(value).unwrap_or_default();
    let files = of_run(&|completed| {
        let of_file = |name: &str, rows: u64| samples.with(Some(("file", name)), rows.to_string());
        let reports = completed.manifest.files.iter().filter(|file| table_of(&file.name).is_some());
        reports.map(|file| of_file(&file.name, file.rows)).collect()
    });
    let begin = facts.day.and_then(ResolvedDay::bounds).map(|(begin, _)| begin.as_second());
    let day = begin.map(|begin| samples.one(begin)).unwrap_or_default();
    vec![
        family(
            "renewals_last_success_timestamp_seconds",
            "When a run last ended with its reports in the output directory, in Unix time.",
            of_run(&|_| samples.one(seconds(now))),
        ),
        family(
            "renewals_last_success_as_of_timestamp_seconds",
            "When the as-of date of that run began, in Unix time.",
            of_run(&|_| day.clone()),
        ),
        family("renewals_published_rows", "Rows of each published report.", files),
        family(
            "renewals_published_bytes",
            "Size of the published files.",
            of_run(&|completed| samples.one(completed.manifest.files.iter().map(|file| file.bytes).sum::<u64>())),
        ),
    ]
}

/// Takes over what an earlier run on the same directory has written of its success.
fn keep(samples: &Samples, families: &mut [Family], old: Option<&[u8]>) {
    let old = String::from_utf8_lossy(old.unwrap_or_default()).into_owned();
    for (name, sample) in old.lines().filter_map(exposition::read) {
        let is_ours = sample.labels.first().is_some_and(|(label, out)| label == OUT && *out == samples.out);
        if let Some(family) = families.iter_mut().find(|family| family.name == name && is_ours) {
            let is_new = family.samples.iter().all(|known| known.labels != sample.labels);
            family.samples.extend(is_new.then_some(sample));
        }
    }
}

/// Seconds since 1970, to the millisecond.
fn seconds(instant: Timestamp) -> String {
    format!("{}.{:03}", instant.as_second(), instant.subsec_millisecond())
}

/// The largest resident set of this process so far; `None` where the system does not tell.
fn peak_memory_bytes() -> Option<u64> {
    let status = std::fs::read_to_string(Path::new("/proc/self/status")).ok()?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = peak.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}
