//! Backtests: what was expected of an older export against what a later one shows.

use crate::harness::{Row, Workspace, rows};
use serde_json::Value;

const AS_OF: &str = "2018-06-05";
const LATER: &str = "2019-08-15";

fn backtest(workspace: &Workspace, options: &[&str]) -> Value {
    let arguments = ["backtest", "--as-of", AS_OF, "old.csv", "--actuals-as-of", LATER, "new.csv", "--out", "out"];
    let _ = workspace.run(&[&arguments, options].concat()).expect(0);
    let text = std::fs::read(workspace.path("out/backtest.json")).expect("a summary");
    serde_json::from_slice(&text).expect("JSON")
}

/// The same invented offers on two days, each segment paid at a rate of its own.
fn generate(workspace: &Workspace, seed: u32, rows: &str) {
    for (name, day) in [("old.csv", AS_OF), ("new.csv", LATER)] {
        let seed = seed.to_string();
        let rates = "action_pack=0.9,competency=0.7,competency/gold=0.8";
        let arguments = ["generate", "--rows", rows, "--seed", &seed, "--as-of", AS_OF, "--seen-on", day, "-q"];
        let _ = workspace.run(&[&arguments[..], &["--renewal-rates", rates, "--out", name]].concat()).expect(0);
    }
}

#[test]
fn what_is_paid_lies_in_the_interval_about_as_often_as_asked_for() {
    let workspace = Workspace::new();
    let currencies = ["AED", "AUD", "BRL", "CAD", "CHF", "CNY", "CZK", "DKK", "GBP", "INR", "JPY", "MXN", "NOK", "NZD"];
    let others = ["PLN", "SEK", "SGD", "TRY", "USD", "ZAR"];
    let rates: String = currencies.iter().chain(&others).map(|code| format!("{code},0.25\n")).collect();
    workspace.write("fx.csv", format!("currency,rate\nEUR,1\n{rates}"));
    let (mut months, mut inside) = ([0, 0], [0, 0]);
    for seed in 1..=5 {
        generate(&workspace, seed, "20000");
        let summary = backtest(&workspace, &["--fx", "fx.csv", "-q"]);
        for (kind, name) in ["currencies", "reporting_currency"].into_iter().enumerate() {
            months[kind] += summary[name]["months"].as_u64().expect("months");
            inside[kind] += summary[name]["inside"].as_u64().expect("months inside");
        }
        assert_eq!(summary["unmatched"].as_object().expect("reasons").values().filter(|count| **count != 0).count(), 0);
    }
    assert!(months[0] > 1_200 && months[1] == 5 * 12, "{months:?}");
    for kind in 0..2 {
        let percent = inside[kind] * 100 / months[kind];
        assert!((70..=90).contains(&percent), "{inside:?} of {months:?}");
    }
}

#[test]
fn the_forecast_is_that_of_a_run_on_the_older_export() {
    let workspace = Workspace::new();
    generate(&workspace, 9, "6000");
    let summary = backtest(&workspace, &["-q"]);
    let arguments = ["run", "--as-of", AS_OF, "--out", "run", "-q", "old.csv"];
    let _ = workspace.run(&arguments).expect(0);
    let totals: Vec<Row> = rows(&workspace.path("run/expected_totals.csv"))
        .into_iter()
        .filter(|row| row["scenario"] == "base" && row["month"] != "all")
        .collect();
    let months = rows(&workspace.path("out/backtest.csv"));
    assert_eq!(months.len(), totals.len());
    for (month, total) in months.iter().zip(&totals) {
        for column in ["month", "currency", "offers", "fees_due", "fees_expected", "fees_low", "fees_high"] {
            assert_eq!(month[column], total[column], "{month:?}");
        }
    }
    // A third of the offers are not due, memberships and what has lapsed.
    assert!(summary["offers_due"].as_u64().expect("a count") > 2_000);
    let outcome = workspace.run(&["verify", "out"]).expect(0);
    assert!(outcome.stdout.starts_with("3 files verified"), "{outcome}");
}

#[test]
fn every_offer_that_cannot_be_matched_is_listed_with_its_reason() {
    let workspace = Workspace::new();
    let header =
        "partner_id,offer_type,offer_name,level,purchase_date,renewal_start_date,last_renewal_date,fee,currency\n";
    workspace.write(
        "old.csv",
        format!(
            "{header}\
             1,action_pack,,,2017-09-01,,,100,EUR\n\
             2,action_pack,,,2017-09-01,,,100,EUR\n\
             3,action_pack,,,2017-09-01,,,100,EUR\n\
             4,action_pack,,,2017-09-01,,,,EUR\n\
             4,action_pack,,,2017-09-01,,,100,EUR\n\
             5,action_pack,,,2017-09-01,,,100,EUR\n\
             6,competency,Security,gold,2017-09-01,,,2000,EUR\n\
             7,action_pack,,,2017-08-01,,,7.5,EUR\n\
             8,membership,,,2017-08-01,,,,\n"
        ),
    );
    workspace.write(
        "new.csv",
        format!(
            "{header}\
             1,action_pack,,,2017-09-01,,2018-09-15,100,EUR\n\
             2,action_pack,,,2017-09-01,,,100,EUR\n\
             4,action_pack,,,2017-09-01,,,100,EUR\n\
             5,action_pack,,,2017-09-01,2019-12-24,,100,EUR\n\
             6,competency,Security,silver,2017-09-01,,2018-09-15,2000,EUR\n\
             7,action_pack,,,2017-08-01,2019-08-01,,9,EUR\n"
        ),
    );
    let summary = backtest(&workspace, &["-q"]);
    assert_eq!(
        summary["unmatched"],
        serde_json::json!({ "not_found": 2, "more_than_once": 1, "other_anniversary": 1, "payment_unknown": 0 })
    );
    let unmatched: Vec<String> = rows(&workspace.path("out/unmatched.csv"))
        .iter()
        .map(|row| format!("{} {} {}", row["partner_id"], row["fee"], row["reason"]))
        .collect();
    assert_eq!(
        unmatched,
        ["3 100 not_found", "4  more_than_once", "4 100 more_than_once", "5 100 other_anniversary", "6 2000 not_found"]
    );
    let months = rows(&workspace.path("out/backtest.csv"));
    let columns = ["month", "offers", "fees_due", "fees_actual", "offers_unmatched", "fees_unmatched", "complete"];
    let cells: Vec<Vec<&str>> = months.iter().map(|row| columns.map(|column| &*row[column]).to_vec()).collect();
    assert_eq!(
        cells,
        [
            // What is paid is the fee that was due, and the portal's new anniversary says that it was.
            ["2018-08", "1", "7.50", "7.50", "0", "", "true"],
            ["2018-09", "6", "200.00", "100.00", "4", "2200.00", "true"]
        ]
    );
}

#[test]
fn months_whose_windows_are_open_are_not_judged() {
    let workspace = Workspace::new();
    let text = "partner_id,offer_type,purchase_date,renewal_start_date,fee,currency\n\
                1,action_pack,2017-08-01,2019-07-25,100,EUR\n";
    workspace.write("old.csv", text);
    workspace.write("new.csv", text);
    let summary = backtest(&workspace, &["-q", "--forecast-months", "15"]);
    assert_eq!(summary["currencies"], serde_json::json!({ "months": 0, "inside": 0, "share": null }));
    let month = &rows(&workspace.path("out/backtest.csv"))[0];
    assert_eq!([&*month["inside"], &*month["complete"], &*month["fees_actual"]], ["", "false", "0.00"]);
}

#[test]
fn days_in_the_wrong_order_and_standard_input_are_refused() {
    let workspace = Workspace::new();
    workspace.write("a.csv", "partner_id,offer_type,purchase_date\n");
    let run = |as_of: &str, actuals: &str, older: &str| {
        workspace.run(&["backtest", "--as-of", as_of, older, "--actuals-as-of", actuals, "a.csv", "--out", "out"])
    };
    let _ = run("2018-06-05", "2018-06-05", "a.csv").expect_error(64, "does not lie after --as-of");
    let _ = run("2018-06-05", "later", "a.csv").expect_error(64, "`later` is no day");
    let _ = run("2018-06-05", "2019-06-05", "none.csv").expect_error(66, "none.csv");
    assert_eq!(workspace.names(), ["a.csv"]);
}

#[test]
fn whoever_reads_the_months_is_warned_of_what_they_are_worth() {
    let workspace = Workspace::new();
    let text = "partner_id,offer_type,purchase_date,fee,currency\n1,action_pack,2017-08-01,100,EUR\n";
    workspace.write("old.csv", text);
    let told = |new: &str, options: &[&str]| {
        workspace.write("new.csv", new);
        let arguments = ["backtest", "--as-of", AS_OF, "old.csv", "--actuals-as-of", LATER, "new.csv", "--out", "out"];
        workspace.run(&[&arguments, options].concat()).expect(0).stderr
    };
    // The months are there, but nothing could have been paid.
    let same = told(text, &[]);
    assert!(
        same.contains("warning: new.csv is in both exports, as it is: it cannot show what was paid after 2018-06-05")
    );
    assert!(
        same.contains("1 of 1 months of single currencies") && same.contains("1 offers due, 0 not matched\n"),
        "{same}"
    );
    // Quiet or not, nothing is judged in silence.
    for options in [&["-q"][..], &[]] {
        let other = told("partner_id,offer_type,purchase_date\n2,action_pack,2017-08-01\n3,action_pack,x\n", options);
        let warnings: Vec<&str> = other.lines().filter(|line| line.starts_with("warning: ")).collect();
        assert_eq!(
            warnings,
            [
                "warning: 1 of 2 rows of the later export were rejected, and are not looked at; `renewals check` lists them",
                "warning: no month is judged: none of the 1 offers due could be matched (not_found 1)",
            ]
        );
        // A table without a row says nothing.
        assert!(!other.contains("│ month") && !other.contains("╞"), "{other}");
    }
    let early = workspace.run(&[
        "backtest",
        "--as-of",
        AS_OF,
        "old.csv",
        "--actuals-as-of",
        "2018-07-01",
        "old.csv",
        "--out",
        "out",
    ]);
    assert!(early.expect(0).stderr.contains("no month is judged: no month with known fees was over on 2018-07-01"));
}
