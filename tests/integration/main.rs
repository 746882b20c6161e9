//! The integration tests: one binary, one module a topic.
//!
//! | module | what holds |
//! |---|---|
//! | `vectors` | worked examples and CSV files that nobody of this project wrote |
//! | `small_inputs` | what each file of `data/small` has in the reports and rejects |
//! | `hostile` | the exit code and the first words of everything that can be wrong around a run |
//! | `parquet_bad` | damaged Parquet files |
//! | `parquet_types` | the types that the columns of a Parquet export may have |
//! | `invariance` | threads, batches, delimiters, formats and the split into files make no difference |
//! | `streams` | standard input, read once, gives what the same bytes in a file give |
//! | `profiles` | exports in other shapes, read by a profile, against the canonical file |
//! | `sheets` | Excel workbooks as input |
//! | `objects` | object storage: inputs, reports, runs at the same time |
//! | `corpora` | what fuzzing kept, through the same checks |
//! | `properties` | random exports against a slow reference that walks day by day |
//! | `relations` | subsets, unions, turned orders and doubled rows are those of the reports |
//! | `formats` | the reports as Parquet |
//! | `decisions` | the decision table of `run --decisions` |
//! | `diff`, `diff_refusals` | what changed from one published night to another, and what is none |
//! | `compressed_reports` | the CSV reports as gzip and Zstandard |
//! | `publishing` | manifest, checksums, `verify` and the second run |
//! | `interruption` | readers, signals and other runs at the same time |
//! | `messages` | the JSON of a run's ending, progress, logs and the as-of date |
//! | `metrics` | the metrics of a run, by an independent parser |
//! | `lineage` | OpenLineage events, by the official schemas |
//! | `side_files` | the files besides the reports: never in the place of something else, never litter |
//! | `endings` | every exit code with its result on the last line, and kills at any moment |
//! | `once` | the run that is published already, runs that wait for each other, and histories |
//! | `page` | the page of a run: harmless, small, and its totals those of the CSV |
//! | `workbook` | the reports in Excel: typed, whole whatever the texts, the same bytes for the same run |
//! | `totals` | the same totals in CSV, Parquet, Excel and the page |
//! | `generate` | invented exports |
//! | `check` | every planted fault is found, however the inputs are split |
//! | `duplicates` | offers that are in an export more than once |
//! | `explain` | explanations agree with the reports, and can be read on any terminal |
//! | `picking` | the profile that headers pick, and options of no use |
//! | `guide` | the commands of the README and the guide, and what they show |
//! | `snapshots` | answers, refusals and tables, word for word |
//! | `help` | the help of every command |
//! | `documents` | completions and manual pages |
//!
//! `harness` runs the program, `export`, `shapes` and `packages` make exports, `reference` and `reference_reports` are the slow reference.

mod backtest;
mod bombs;
mod check;
mod compressed_reports;
mod corpora;
mod decisions;
mod diff;
mod diff_refusals;
mod documents;
mod duplicates;
mod endings;
mod expected_fees;
mod explain;
mod export;
mod formats;
mod generate;
mod guide;
mod harness;
mod help;
mod hostile;
mod interruption;
mod invariance;
mod lineage;
mod messages;
mod metrics;
mod object_faults;
mod objects;
mod once;
mod packages;
mod page;
mod page_estimates;
mod parquet_bad;
mod parquet_types;
mod picking;
mod pollution;
mod profiles;
mod properties;
mod publishing;
mod reference;
mod reference_reports;
mod relations;
mod safe_outputs;
mod shapes;
mod sheets;
mod side_files;
mod small_inputs;
mod snapshots;
mod streams;
mod totals;
mod vectors;
mod workbook;

/// A module that is not declared here would be compiled by nobody and test nothing.
#[test]
fn every_file_of_the_tests_is_a_module() {
    let directory = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/integration");
    let text = std::fs::read_to_string(directory.join("main.rs")).expect("read");
    for name in harness::names(&directory) {
        let Some(module) = name.strip_suffix(".rs").filter(|module| *module != "main") else { continue };
        assert!(text.contains(&format!("\nmod {module};\n")), "{name} is not declared");
    }
}
