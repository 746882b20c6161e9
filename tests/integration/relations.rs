//! Relations between runs that hold whatever is in them: subsets, unions, turned orders and doubled rows.

use crate::export::{COLUMNS, Cells, delimited, read};
use crate::harness::{Published, Row, Workspace};
use std::collections::BTreeMap;
use std::fs;

/// Reports of which every row is one of an offer, in the order of the input.
const ROW_REPORTS: [&str; 5] =
    ["upcoming_renewals", "lapsed_competencies", "lapsed_action_packs", "reactivation_candidates", "reminders_due"];

const CATCH_UP: [&str; 4] = ["--reminders-from", "2020-05-01", "--on-duplicate", "ignore"];

fn generated(workspace: &Workspace, seed: &str) -> Vec<Cells> {
    let _ = workspace.run(&["generate", "--rows", "400", "--seed", seed, "--out", "made.csv"]).expect(0);
    read(&fs::read(workspace.path("made.csv")).expect("generated"))
}

fn publish(workspace: &Workspace, options: &[&str], rows: &[Cells]) -> Published {
    workspace.write("export.csv", delimited(rows, b','));
    workspace.publish(&[&CATCH_UP, options, &["export.csv"]].concat())
}

fn row_reports(published: &Published) -> Vec<Vec<Row>> {
    ROW_REPORTS.iter().map(|report| published.rows(report)).collect()
}

/// Offers and fees, in ten-thousandths, of every group of the forecast.
fn forecast(published: &Published) -> BTreeMap<Vec<String>, (u64, i128)> {
    let group = |row: &Row| {
        let key = ["month", "currency", "offer_type", "level"].map(|column| row[column].clone()).to_vec();
        let (whole, fraction) = row["fees"].split_once('.').unwrap_or(("0", "0"));
        let fees = format!("{whole}{fraction:0<4}").parse().expect("a decimal");
        (key, (row["offers"].parse().expect("a count"), fees))
    };
    published.rows("fee_forecast").iter().map(group).collect()
}

fn sums<'a>(
    parts: impl IntoIterator<Item = &'a BTreeMap<Vec<String>, (u64, i128)>>,
) -> BTreeMap<Vec<String>, (u64, i128)> {
    let mut sums = BTreeMap::new();
    for (key, (offers, fees)) in parts.into_iter().flatten() {
        let sum: &mut (u64, i128) = sums.entry(key.clone()).or_default();
        *sum = (sum.0 + offers, sum.1 + fees);
    }
    sums
}

fn is_subset(few: &[Row], many: &[Row]) -> bool {
    let mut rest = many.iter();
    few.iter().all(|row| rest.any(|other| other == row))
}

#[test]
fn the_reports_of_two_exports_together_are_those_of_each_one_after_the_other() {
    let workspace = Workspace::new();
    let (one, other) = (generated(&workspace, "21"), generated(&workspace, "22"));
    // One directory after the other, so each is read before the next.
    let parts = [&one, &other].map(|rows| {
        let published = publish(&workspace, &[], rows);
        (row_reports(&published), forecast(&published))
    });
    let both = publish(&workspace, &[], &[one, other].concat());
    for (index, rows) in row_reports(&both).into_iter().enumerate() {
        assert!(!rows.is_empty(), "{} has no row to compare", ROW_REPORTS[index]);
        assert_eq!(rows, [&parts[0].0[index][..], &parts[1].0[index][..]].concat(), "{}", ROW_REPORTS[index]);
    }
    assert_eq!(forecast(&both), sums([&parts[0].1, &parts[1].1]));
}

#[test]
fn the_order_of_columns_and_rows_and_what_is_not_known_change_nothing_else() {
    let workspace = Workspace::new();
    let rows = generated(&workspace, "23");
    let straight = publish(&workspace, &[], &rows);
    let (expected, totals) = (row_reports(&straight), forecast(&straight));

    let mut writer = csv::Writer::from_writer(Vec::new());
    let names = COLUMNS.iter().rev().map(|name| format!(" {} ", name.to_uppercase()));
    writer.write_record(names.chain(["unknown".to_owned()])).expect("written to memory");
    for row in &rows {
        writer.write_record(row.iter().rev().map(String::as_str).chain(["=1+1"])).expect("written to memory");
    }
    workspace.write("turned.csv", writer.into_inner().expect("written to memory"));
    let turned = workspace.publish(&[&CATCH_UP[..], &["turned.csv"]].concat());
    assert_eq!(row_reports(&turned), expected, "columns turned");
    assert_eq!(forecast(&turned), totals);

    let backwards: Vec<Cells> = rows.iter().rev().cloned().collect();
    let backwards = publish(&workspace, &[], &backwards);
    for (mut found, mut expected) in row_reports(&backwards).into_iter().zip(expected) {
        // An offer with two reminders has them in their own order.
        let key = |row: &Row| (row["partner_id"].clone(), row["offer_name"].clone(), row.get("reminder").cloned());
        found.sort_by_key(key);
        expected.sort_by_key(key);
        assert_eq!(found, expected, "rows turned");
    }
    assert_eq!(forecast(&backwards), totals);
}

#[test]
fn a_wider_question_has_every_answer_of_a_narrower_one() {
    let workspace = Workspace::new();
    let rows = generated(&workspace, "24");
    let narrow = publish(&workspace, &["--horizon", "30", "--forecast-months", "3"], &rows);
    let (few, few_months) = (row_reports(&narrow), forecast(&narrow));
    let wide = publish(&workspace, &["--horizon", "200", "--forecast-months", "9"], &rows);
    let (many, many_months) = (row_reports(&wide), forecast(&wide));
    assert!(is_subset(&few[0], &many[0]) && few[0].len() < many[0].len());
    assert_eq!(few[1..], many[1..], "the horizon is that of upcoming renewals alone");
    let last = few_months.keys().next_back().expect("a group")[0].clone();
    let first_months = many_months.iter().filter(|(key, _)| key[0] <= last);
    assert_eq!(few_months, first_months.map(|(key, sum)| (key.clone(), *sum)).collect());
    workspace.write("export.csv", delimited(&rows, b','));
    let tonight = workspace.publish(&["export.csv"]).rows("reminders_due");
    assert!(is_subset(&tonight, &many[4]) && tonight.len() < many[4].len(), "nights that were missed add reminders");
}

#[test]
fn an_export_that_is_there_twice_has_every_row_and_every_sum_twice() {
    let workspace = Workspace::new();
    let rows = generated(&workspace, "25");
    let once = publish(&workspace, &[], &rows);
    let (expected, totals) = (row_reports(&once), forecast(&once));
    let twice = publish(&workspace, &[], &[&rows[..], &rows[..]].concat());
    for (found, expected) in row_reports(&twice).into_iter().zip(expected) {
        assert_eq!(found, [&expected[..], &expected[..]].concat());
    }
    assert_eq!(forecast(&twice), sums([&totals, &totals]));
}
