//! `diff`: what changed from one published night to another, against a slow reference, and what it refuses.

use crate::export::{COLUMNS, Cells, cells, delimited, read};
use crate::formats::parquet_rows;
use crate::harness::{Outcome, Row, Workspace, rows};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;

const OLD: &str = "2020-06-05";
const NEW: &str = "2020-06-06";

fn night(workspace: &Workspace, name: &str, as_of: &str, rows: &[Cells]) {
    let input = format!("{name}.csv");
    workspace.write(&input, delimited(rows, b','));
    let _ = workspace.publish_into(name, &["--decisions", "--as-of", as_of, &input]);
}

fn nights(workspace: &Workspace, old: &[Cells], new: &[Cells]) {
    night(workspace, "old", OLD, old);
    night(workspace, "new", NEW, new);
}

fn diff(workspace: &Workspace, arguments: &[&str]) -> Outcome {
    workspace.run(&[&["diff", "old", "new"], arguments].concat())
}

fn result(outcome: &Outcome) -> Value {
    serde_json::from_str(&outcome.stdout).unwrap_or_else(|error| panic!("{error}\n{outcome}"))
}

/// An offer of the partner `id`, due and competent unless changed.
fn competency(id: &str, changes: &[(&str, &str)]) -> Cells {
    let usual = [
        ("partner_id", id),
        ("offer_type", "competency"),
        ("offer_name", "DevOps"),
        ("level", "silver"),
        ("purchase_date", "2018-06-10"),
        ("renewal_start_date", "2020-05-20"),
        ("requirements_met", "true"),
        ("fee", "1670.50"),
        ("currency", "EUR"),
    ];
    cells(&[&usual[..], changes].concat())
}

#[test]
fn every_kind_of_change_is_told_as_defined() {
    let workspace = Workspace::new();
    let same = |id: &str, changes: &[(&str, &str)]| (competency(id, changes), competency(id, changes));
    let from = |id: &str, before: &[(&str, &str)], now: &[(&str, &str)]| (competency(id, before), competency(id, now));
    let later = ("renewal_start_date", "2021-05-20");
    let pairs = [
        ("unchanged", "", same("10", &[])),
        ("renewed", "", from("11", &[], &[("last_renewal_date", NEW)])),
        ("renewed", "", from("12", &[], &[later, ("last_renewal_date", NEW)])),
        // A portal that shows no payments.
        ("renewed", "", from("13", &[], &[later])),
        (
            "reactivated",
            "",
            from(
                "14",
                &[("renewal_start_date", "2020-02-01")],
                &[("renewal_start_date", "2020-02-01"), ("last_renewal_date", NEW)],
            ),
        ),
        ("newly_lapsed", "", same("15", &[("renewal_start_date", "2020-05-06")])),
        ("newly_due", "", same("16", &[("renewal_start_date", "2020-06-21")])),
        (
            "newly_due",
            "newly_blocked;edited",
            from(
                "17",
                &[("renewal_start_date", "2020-06-21")],
                &[("renewal_start_date", "2020-06-21"), ("portal", "pmc")],
            ),
        ),
        ("stage_moved", "", same("18", &[("renewal_start_date", "2020-06-05")])),
        ("unblocked", "edited", from("19", &[("portal", "pmc")], &[])),
        ("level_changed", "edited", from("20", &[], &[("level", "gold"), ("fee", "3340")])),
        (
            "bought_again",
            "newly_due",
            from(
                "21",
                &[("purchase_date", "2018-05-20"), ("renewal_start_date", "2019-05-20")],
                &[("purchase_date", "2019-06-10"), ("renewal_start_date", "")],
            ),
        ),
        ("edited", "", from("22", &[], &[("offer_name", "DEVOPS"), ("fee", "")])),
    ];
    let gone = competency("23", &[]);
    let new = competency("24", &[]);
    let old_rows: Vec<Cells> = pairs.iter().map(|pair| pair.2.0.clone()).chain([gone]).collect();
    // The order of an export makes no difference.
    let new_rows: Vec<Cells> = [new].into_iter().chain(pairs.iter().rev().map(|pair| pair.2.1.clone())).collect();
    nights(&workspace, &old_rows, &new_rows);
    let _ = diff(&workspace, &["--out", "changes", "--formats", "csv,parquet"]).expect(0);
    let found: Vec<[String; 3]> = rows(&workspace.path("changes/changes.csv"))
        .into_iter()
        .map(|row| ["partner_id", "change", "also"].map(|name| row[name].clone()))
        .collect();
    let mut expected: Vec<[&str; 3]> = pairs
        .iter()
        .filter(|(change, ..)| *change != "unchanged")
        .map(|(change, also, (row, _))| [row[0].as_str(), change, also])
        .collect();
    expected.extend([["23", "gone", ""], ["24", "new", ""]]);
    assert_eq!(found, expected);
    let _ = workspace.run(&["verify", "changes"]).expect(0);
}

/// The generated export of a night later: some offers gone, new, paid, moved, unblocked, edited; in another order.
fn night_later(old: &[Cells]) -> Vec<Cells> {
    let at = |name: &str| COLUMNS.iter().position(|column| *column == name).expect("a column");
    let mut new = Vec::new();
    for (number, row) in old.iter().enumerate() {
        let mut row = row.clone();
        match number % 23 {
            0 => continue,
            1 => new.push(Cells::from(row.clone()).map(|cell| if cell == row[0] { format!("9{cell}") } else { cell })),
            2 => row[at("portal")] = "partner_center".to_owned(),
            3 => row[at("requirements_met")] = "false".to_owned(),
            4 => row[at("fee")] = format!("1{}", row[at("fee")]),
            5 if row[at("level")] == "silver" => row[at("level")] = "gold".to_owned(),
            6 => row[at("partner_name")].push_str(" Group"),
            7..12 if !row[at("renewal_start_date")].is_empty() => row[at("last_renewal_date")] = NEW.to_owned(),
            _ => {}
        }
        new.push(row);
    }
    new.reverse();
    new
}

/// The first change by the definition of each, written once more and plainly.
fn reference_change(old: &Row, new: &Row) -> &'static str {
    let moved = |name: &str| old[name] != new[name];
    let (before, now) = (old["stage"].as_str(), new["stage"].as_str());
    let is_due = |stage: &str| ["reminded", "open", "final_notice"].contains(&stage);
    let is_lost = |stage: &str| ["reactivatable", "lapsed"].contains(&stage);
    let blockers = |row: &Row| row["blockers"].split(';').filter(|name| !name.is_empty()).map(str::to_owned).collect();
    let (blocked_before, blocked): (Vec<String>, Vec<String>) = (blockers(old), blockers(new));
    let is_renewed = !old["anniversary_date"].is_empty()
        && new["anniversary_date"] > old["anniversary_date"]
        && (new["last_renewal_date"] > old["anniversary_date"] || new["anniversary_date"] == old["next_anniversary"]);
    match () {
        () if new["purchase_date"] > old["purchase_date"] => "bought_again",
        () if is_renewed && (before == "reactivatable" || new["anniversary_rule"] == "R8") => "reactivated",
        () if is_renewed => "renewed",
        () if is_lost(now) && !is_lost(before) => "newly_lapsed",
        () if before == "reactivatable" && now == "lapsed" => "reactivation_missed",
        () if is_due(now) && !is_due(before) => "newly_due",
        () if blocked.iter().any(|name| !blocked_before.contains(name)) => "newly_blocked",
        () if blocked_before.iter().any(|name| !blocked.contains(name)) => "unblocked",
        () if moved("level") => "level_changed",
        () if moved("anniversary_date") => "anniversary_moved",
        () if before != now => "stage_moved",
        () if COLUMNS.iter().any(|column| moved(column)) => "edited",
        () if old != new => "redecided",
        () => "unchanged",
    }
}

/// Every offer of both nights by partner, type, name and number among its like, with its change.
fn reference(old: &[Row], new: &[Row]) -> BTreeMap<String, usize> {
    let by_offer = |rows: &[Row]| {
        let mut offers: BTreeMap<[String; 3], Vec<Row>> = BTreeMap::new();
        for row in rows {
            offers
                .entry(["partner_id", "offer_type", "offer_name"].map(|name| row[name].clone()))
                .or_default()
                .push(row.clone());
        }
        offers
    };
    let (old, mut new) = (by_offer(old), by_offer(new));
    let mut counts = BTreeMap::new();
    let mut count = |change: &str| *counts.entry(change.to_owned()).or_default() += 1;
    for (offer, mut before) in old {
        let mut now = new.remove(&offer).unwrap_or_default();
        for names in [&["level", "purchase_date"][..], &["level"], &[]] {
            before.retain(|row| {
                let like = now.iter().position(|other| names.iter().all(|name| row[*name] == other[*name]));
                let other = like.map(|at| now.remove(at));
                other.iter().for_each(|other| count(reference_change(row, other)));
                other.is_none()
            });
        }
        before.iter().for_each(|_| count("gone"));
        now.iter().for_each(|_| count("new"));
    }
    new.values().flatten().for_each(|_| count("new"));
    counts
}

#[test]
fn the_changes_of_generated_nights_are_those_of_the_reference_and_part_both_nights() {
    let workspace = Workspace::new();
    let _ = workspace.run(&["generate", "--rows", "4000", "--seed", "8", "--out", "first.csv", "-q"]).expect(0);
    let old = read(&fs::read(workspace.path("first.csv")).expect("generated"));
    nights(&workspace, &old, &night_later(&old));
    let outcome = diff(&workspace, &["--out", "changes", "--formats", "csv,parquet", "--json"]).expect(0);
    let result = result(&outcome);
    let table = |night: &str| parquet_rows(&workspace.path(night).join("decisions.parquet"));
    let (old, new) = (table("old"), table("new"));
    let expected = reference(&old, &new);
    let told = |member: &str| -> BTreeMap<String, u64> {
        let changes = result["changes"].as_array().expect("changes").iter();
        changes
            .map(|change| {
                (change["change"].as_str().expect("a name").to_owned(), change[member].as_u64().expect("a count"))
            })
            .filter(|(_, count)| *count > 0)
            .collect()
    };
    let offers = told("offers");
    assert_eq!(offers, expected.into_iter().map(|(change, count)| (change, count as u64)).collect());
    for change in ["new", "gone", "renewed", "reactivated", "newly_lapsed", "newly_due", "newly_blocked", "unblocked"] {
        assert!(offers.contains_key(change), "the nights have no {change}: {offers:?}");
    }
    // Each offer has one change, so that they part the union of both nights and either of them.
    let all: u64 = offers.values().sum();
    assert_eq!(result["offers"], all);
    assert_eq!(all - offers["new"], old.len() as u64);
    assert_eq!(all - offers["gone"], new.len() as u64);
    // The reports say the same.
    let mut listed: BTreeMap<String, u64> = BTreeMap::new();
    let changes = rows(&workspace.path("changes/changes.csv"));
    changes.iter().for_each(|row| *listed.entry(row["change"].clone()).or_default() += 1);
    listed.insert("unchanged".to_owned(), offers["unchanged"]);
    assert_eq!(listed, offers);
    let also = changes.iter().flat_map(|row| row["also"].split(';').filter(|name| !name.is_empty()));
    let mut counted: BTreeMap<String, u64> = BTreeMap::new();
    also.for_each(|name| *counted.entry(name.to_owned()).or_default() += 1);
    assert_eq!(counted, told("also"));
    let mut totals: BTreeMap<String, u64> = BTreeMap::new();
    for row in rows(&workspace.path("changes/change_totals.csv")) {
        *totals.entry(row["change"].clone()).or_default() += row["offers"].parse::<u64>().expect("a count");
    }
    assert_eq!(totals, offers);
    assert_eq!(parquet_rows(&workspace.path("changes/changes.parquet")).len(), changes.len());
    assert_fees_are_exact(&changes, &result);
}

/// Sums the fees of the changes once more, in ten-thousandths.
fn assert_fees_are_exact(changes: &[Row], result: &Value) {
    let ten_thousandths = |text: &str| {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        format!("{whole}{fraction:0<4}").parse::<i128>().expect("an amount")
    };
    let mut sums: BTreeMap<(String, String), i128> = BTreeMap::new();
    for row in changes {
        let is_before = ["gone", "renewed", "reactivated"].contains(&row["change"].as_str());
        let (fee, currency) = if is_before { ("fee_before", "currency_before") } else { ("fee", "currency") };
        if !row[fee].is_empty() {
            *sums.entry((row["change"].clone(), row[currency].clone())).or_default() += ten_thousandths(&row[fee]);
        }
    }
    let mut told: BTreeMap<(String, String), i128> = BTreeMap::new();
    for change in result["changes"].as_array().expect("changes").iter().filter(|change| change["change"] != "unchanged")
    {
        for fees in change["fees"].as_array().expect("fees") {
            let text = |value: &Value| value.as_str().expect("a text").to_owned();
            told.insert((text(&change["change"]), text(&fees["currency"])), ten_thousandths(&text(&fees["fees"])));
        }
    }
    assert_eq!(told, sums);
}

#[test]
fn threads_and_the_order_of_the_exports_make_no_difference() {
    let workspace = Workspace::new();
    let _ = workspace.run(&["generate", "--rows", "2000", "--seed", "5", "--out", "first.csv", "-q"]).expect(0);
    let old = read(&fs::read(workspace.path("first.csv")).expect("generated"));
    nights(&workspace, &old, &night_later(&old));
    let files = |threads: &str| {
        let out = ["--out", "changes", "--formats", "csv,parquet", "--threads", threads];
        let _ = diff(&workspace, &out).expect(0);
        ["changes.csv", "changes.parquet", "change_totals.csv", "change_totals.parquet", "summary.json"]
            .map(|name| fs::read(workspace.path("changes").join(name)).expect("published"))
    };
    let expected = files("1");
    for threads in ["2", "5"] {
        assert!(files(threads) == expected, "{threads} threads");
    }
    let mut reversed = night_later(&old);
    reversed.reverse();
    night(&workspace, "new", NEW, &reversed);
    let found = files("2");
    assert!(found[..4] == expected[..4], "the same offers in another order");
    assert_eq!(workspace.names(), ["changes", "first.csv", "new", "new.csv", "old", "old.csv"]);
}

#[test]
fn nights_of_more_rows_than_memory_should_hold_are_sorted_on_disk_and_leave_nothing_there() {
    let workspace = Workspace::new();
    // Together more rows than are compared in memory.
    let _ = workspace.run(&["generate", "--rows", "66000", "--seed", "3", "--out", "many.csv", "-q"]).expect(0);
    let _ = workspace.publish_into("old", &["--decisions", "-q", "many.csv"]);
    fs::create_dir(workspace.path("disk")).expect("created");
    let run = |arguments: &[&str]| workspace.run(&[&["diff", "old", "old"], arguments].concat());
    let outcome = run(&["--temporary-directory", "disk"]).expect(0);
    assert!(outcome.stdout.contains("changes: unchanged 66,000\n"), "{outcome}");
    assert!(fs::read_dir(workspace.path("disk")).expect("read").next().is_none());
    let missing = run(&["--temporary-directory", "nowhere"]);
    let missing = missing.expect_error(73, "error: nowhere: a temporary file cannot be created: ");
    assert!(missing.stderr.contains("--temporary-directory"), "{missing}");
    // A file that may not grow is a disk without room.
    let script = "ulimit -f 1000; exec \"$0\" diff old old --temporary-directory disk --out changes";
    let limited = std::process::Command::new("sh")
        .args(["-c", script, env!("CARGO_BIN_EXE_renewals")])
        .current_dir(workspace.path(""))
        .output()
        .expect("started");
    let stderr = String::from_utf8_lossy(&limited.stderr);
    assert_eq!(limited.status.code(), Some(74), "{stderr}");
    assert!(stderr.starts_with("error: disk: a temporary file cannot be written: "), "{stderr}");
    assert_eq!(workspace.names(), ["disk", "many.csv", "old"]);
}
