//! Vectors that nobody of this project wrote: worked examples of the rules, and CSV files with their JSON.

use crate::harness::{Row, Workspace, rows};
use chrono::NaiveDate;
use renewals::rules::{Date, Offer, OfferType, Portal, decide};
use serde_json::Value;
use std::fs;
use std::path::PathBuf;

fn vectors() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/vectors")
}

fn dates() -> Vec<Row> {
    let rows = rows(&vectors().join("dates.csv"));
    assert_eq!(rows.len(), 15, "a vector that isn't read tests nothing");
    rows
}

fn date(text: &str) -> Date {
    Date::parse_iso(text.as_bytes()).unwrap_or_else(|| panic!("{text} is no date"))
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap_or_else(|_| panic!("{text} is no date"))
}

#[test]
fn every_worked_example_holds_in_the_rules() {
    let policy = renewals::policy::load(renewals::policy::DEFAULT_ID).expect("the default policy").policy;
    for vector in dates() {
        let case = &vector["case"];
        let optional = |column: &str| (!vector[column].is_empty()).then(|| date(&vector[column]));
        let offer = Offer {
            offer_type: OfferType::parse(vector["offer_type"].as_bytes()).expect("an offer type"),
            offer_name: b"",
            purchase_date: date(&vector["purchase_date"]),
            renewal_start_date: optional("renewal_start_date"),
            last_renewal_date: optional("last_renewal_date"),
            requirements_met: None,
            portal: Portal::PartnerCenter,
        };
        let decision = decide(&policy, date(&vector["as_of"]), &offer).unwrap_or_else(|why| panic!("{case}: {why:?}"));
        let term = decision.term.unwrap_or_else(|| panic!("{case}: no term"));
        assert_eq!(decision.stage.as_str(), vector["stage"], "{case}");
        for (column, found) in [
            ("anniversary", term.anniversary),
            ("window_opens", term.window_opens),
            ("window_closes", term.window_closes),
            ("first_reminder", term.first_reminder),
            ("second_reminder", term.second_reminder),
            ("next_anniversary", term.next_anniversary),
        ] {
            assert_eq!(found.to_string(), vector[column], "{case}: {column}");
        }
    }
}

/// For each stage, the reports that have the offer, and which of their columns a vector knows under which name.
fn reports_of(stage: &str, offer_type: &str) -> Vec<(&'static str, Vec<(&'static str, &'static str)>)> {
    let lapsed = vec![("anniversary_date", "anniversary"), ("window_closed", "window_closes"), ("stage", "stage")];
    match (stage, offer_type) {
        ("lapsed", "action_pack") => vec![("lapsed_action_packs", lapsed)],
        ("lapsed", _) => vec![("lapsed_competencies", lapsed)],
        ("reactivatable", _) => {
            let candidate = vec![
                ("anniversary_date", "anniversary"),
                ("window_closed", "window_closes"),
                ("new_anniversary", "next_anniversary"),
            ];
            vec![("lapsed_competencies", lapsed), ("reactivation_candidates", candidate)]
        }
        _ => {
            let upcoming = vec![
                ("anniversary_date", "anniversary"),
                ("window_opens", "window_opens"),
                ("window_closes", "window_closes"),
                ("stage", "stage"),
                ("first_reminder", "first_reminder"),
                ("second_reminder", "second_reminder"),
                ("next_anniversary", "next_anniversary"),
            ];
            vec![("upcoming_renewals", upcoming)]
        }
    }
}

#[test]
fn every_worked_example_holds_in_the_reports() {
    let workspace = Workspace::new();
    for vector in dates() {
        let cells =
            ["offer_type", "purchase_date", "renewal_start_date", "last_renewal_date"].map(|name| &*vector[name]);
        let header = "partner_id,offer_type,purchase_date,renewal_start_date,last_renewal_date";
        workspace.write("export.csv", format!("{header}\n7,{}\n", cells.join(",")));
        // The horizon is wide enough for the examples of stage `current`, which lie months ahead.
        let published = workspace.publish(&["--as-of", &vector["as_of"], "--horizon", "400", "export.csv"]);
        let reports = reports_of(&vector["stage"], &vector["offer_type"]);
        for report in ["upcoming_renewals", "lapsed_competencies", "lapsed_action_packs", "reactivation_candidates"] {
            let rows = published.rows(report);
            let Some((_, columns)) = reports.iter().find(|(name, _)| *name == report) else {
                assert!(rows.is_empty(), "{}: {report} has {rows:?}", vector["case"]);
                continue;
            };
            assert_eq!(rows.len(), 1, "{}: {report}", vector["case"]);
            for (column, vector_column) in columns {
                assert_eq!(rows[0][*column], vector[*vector_column], "{}: {report}.{column}", vector["case"]);
            }
            let closes = day(&vector["window_closes"]);
            if let Some(days) = rows[0].get("days_lapsed") {
                assert_eq!(days, &(day(&vector["as_of"]) - closes).num_days().to_string(), "{}", vector["case"]);
            } else if report == "upcoming_renewals" {
                let days = (closes - day(&vector["as_of"])).num_days().to_string();
                assert_eq!(rows[0]["days_left"], days, "{}", vector["case"]);
            }
        }
    }
}

/// A vector's CSV and what its JSON says of it: the columns, and each row's cells.
struct Spectrum {
    name: String,
    csv: String,
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
}

fn spectra() -> Vec<Spectrum> {
    let directory = vectors().join("csv-spectrum");
    let names = crate::harness::names(&directory);
    let spectra: Vec<Spectrum> = names.iter().filter_map(|name| name.strip_suffix(".csv")).map(spectrum).collect();
    assert_eq!(spectra.len(), 12, "a vector that isn't read tests nothing");
    spectra
}

fn spectrum(name: &str) -> Spectrum {
    let read = |extension: &str| {
        fs::read_to_string(vectors().join("csv-spectrum").join(format!("{name}.{extension}"))).expect("a vector")
    };
    let csv = read("csv");
    let mut json: Value = serde_json::from_str(&read("json")).expect("JSON");
    if name == "location_coordinates" {
        // This JSON is one object and not a list of them, and its telephone number isn't that of the CSV. The number
        // is compared with what the CSV really holds.
        json["Contact Phone Number"] = "2095257564".into();
        json = Value::Array(vec![json]);
    }
    let objects = json.as_array().expect("a list");
    let columns: Vec<String> = csv.lines().next().expect("a header").split(',').map(str::to_owned).collect();
    let cell = |object: &Value, column: &String| {
        let text = object[column].as_str().unwrap_or_else(|| panic!("{name}: no {column}"));
        // The CSV has bare line feeds where this JSON has CRLF: somebody's checkout changed it. What is on disk is
        // compared here, and the file with its CRLF restored in a test of its own.
        if name == "newlines_crlf" { text.replace("\r\n", "\n") } else { text.to_owned() }
    };
    let rows = objects.iter().map(|object| columns.iter().map(|column| cell(object, column)).collect()).collect();
    Spectrum { name: name.to_owned(), csv, columns, rows }
}

/// An export around a vector: its own bytes, with the needed cells before each record. The header names the vector's
/// column `shown` as the partner's name, so that its cells come out in a report; the others are ignored.
fn export_around(spectrum: &Spectrum, csv: &str, shown: usize) -> String {
    let others = (0..spectrum.columns.len()).map(|index| match index == shown {
        true => "partner_name".to_owned(),
        false => format!("ignored_{index}"),
    });
    let mut export = format!("partner_id,offer_type,purchase_date,{}", others.collect::<Vec<_>>().join(","));
    let (_, body) = csv.split_at(csv.find(['\r', '\n']).expect("a header"));
    // A record begins after a line ending outside quotes. These files are well formed, so counting quotes tells.
    let mut is_quoted = false;
    for (index, character) in body.char_indices() {
        is_quoted ^= character == '"';
        export.push(character);
        if character == '\n' && !is_quoted && index + 1 < body.len() {
            export.push_str("7,action_pack,2019-06-01,");
        }
    }
    export
}

fn assert_read_as(spectrum: &Spectrum, csv: &str, expected: impl Fn(&str) -> String) {
    let workspace = Workspace::new();
    for (index, column) in spectrum.columns.iter().enumerate() {
        workspace.write("export.csv", export_around(spectrum, csv, index));
        let published = workspace.publish(&["--raw-text", "export.csv"]);
        let found = published.column("upcoming_renewals", "partner_name");
        let expected: Vec<String> = spectrum.rows.iter().map(|row| expected(&row[index])).collect();
        assert_eq!(found, expected, "{}: {column}\n{}", spectrum.name, published.outcome);
        assert_eq!(published.summary()["rows"]["rejected"], 0, "{}: {column}", spectrum.name);
    }
}

#[test]
fn every_csv_of_the_spectrum_parses_to_its_json() {
    for spectrum in spectra() {
        assert_read_as(&spectrum, &spectrum.csv, str::to_owned);
    }
}

/// Three vectors are named for CRLF, which their files no longer have; with CRLF restored they say the same.
#[test]
fn every_csv_of_the_spectrum_parses_with_crlf_too() {
    for spectrum in spectra() {
        let csv = spectrum.csv.replace('\n', "\r\n");
        assert!(csv.contains("\r\n"), "{}", spectrum.name);
        assert_read_as(&spectrum, &csv, |text| text.replace('\n', "\r\n"));
    }
}
