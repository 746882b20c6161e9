//! What is expected of fees: that the reports agree with each other, and what the files that bear on them can say.
//!
//! The numbers themselves are compared with an independent computation by `scripts/estimates/check.py`.

use crate::harness::{Published, Row, Workspace, run_arguments};

fn generated() -> Workspace {
    let workspace = Workspace::new();
    let _ = workspace.run(&["generate", "--rows", "5000", "--seed", "11", "--out", "export.csv", "-q"]).expect(0);
    workspace
}

fn number(row: &Row, column: &str) -> f64 {
    row[column].parse().unwrap_or_else(|_| panic!("{column}: {:?} is no number", row[column]))
}

fn is_near(left: f64, right: f64) -> bool {
    (left - right).abs() <= 1e-9 * left.abs().max(right.abs())
}

/// The rows whose columns have these values.
fn select<'a>(rows: &'a [Row], values: &'a [(&str, &str)]) -> impl Iterator<Item = &'a Row> {
    rows.iter().filter(|row| values.iter().all(|(column, value)| row[*column] == *value))
}

#[test]
fn the_reports_agree_on_offers_fees_and_means() {
    let workspace = generated();
    let published = workspace.publish(&["export.csv"]);
    let expected = published.rows("expected_fees");
    let forecast = published.rows("fee_forecast");
    assert!(expected.len() > 300 && expected.len() == forecast.len());
    for (expected, forecast) in expected.iter().zip(&forecast) {
        for column in ["month", "currency", "offer_type", "level", "offers", "offers_without_fee"] {
            assert_eq!(expected[column], forecast[column]);
        }
        assert_eq!(expected["fees_due"], forecast["fees"]);
        if expected["fees_due"].is_empty() {
            assert_eq!([&expected["fees_expected"], &expected["fees_low"], &expected["fees_high"]], ["", "", ""]);
            continue;
        }
        let [due, mean] = [number(expected, "fees_due"), number(expected, "fees_expected")];
        let [low, high] = [number(expected, "fees_low"), number(expected, "fees_high")];
        assert!(0.0 <= low && low <= high && high <= due * (1.0 + 1e-11) && mean <= due, "{expected:?}");
        if expected["month"] != "2020-06" {
            assert!(is_near(mean, due * number(expected, "renewal_rate")), "{expected:?}");
        }
    }
    assert!(expected.iter().any(|row| row["fees_due"].is_empty()), "no group without a known fee");
    let totals = published.rows("expected_totals");
    for total in select(&totals, &[("scenario", "base")]) {
        let of_total: Vec<&Row> = expected
            .iter()
            .filter(|row| row["currency"] == total["currency"] && ["all", &row["month"]].contains(&&*total["month"]))
            .collect();
        assert!(!of_total.is_empty());
        let sum = |column: &str| -> f64 {
            of_total.iter().filter(|row| !row[column].is_empty()).map(|row| number(row, column)).sum()
        };
        assert_eq!(sum("offers"), number(total, "offers"));
        if !total["fees_due"].is_empty() {
            assert!(is_near(sum("fees_expected"), number(total, "fees_expected")), "{total:?}");
            assert!(number(total, "fees_low") <= number(total, "fees_expected"), "{total:?}");
        }
    }
    assert_positions_agree(&published);
}

/// The position has every offer of the stages it is about, and their fees.
fn assert_positions_agree(published: &Published) {
    let summary = published.summary();
    let positions = published.rows("fee_position");
    for stage in ["current", "reminded", "open", "final_notice", "reactivatable"] {
        let offers: f64 = select(&positions, &[("stage", stage)]).map(|row| number(row, "offers")).sum();
        let counted = &summary["stages"][stage];
        let expected = counted["action_pack"].as_u64().unwrap_or(0) + counted["competency"].as_u64().unwrap_or(0);
        assert_eq!(offers, expected as f64, "{stage}");
    }
    let blocked = positions.iter().filter(|row| row["blockers"].contains("requirements_unmet"));
    assert!(blocked.clone().count() > 0 && blocked.clone().all(|row| row["requirements"] == "unmet"));
    assert!(select(&positions, &[("requirements", "exempt")]).all(|row| !row["blockers"].contains("requirements")));
}

#[test]
fn assumed_rates_are_certain_and_blocked_offers_can_be_left_out() {
    let workspace = generated();
    workspace.write(
        "own.toml",
        "schema = 1\n\
         [[rate]]\nsegment = 'action_pack'\nrate = 1.0\nsource = 'plan'\n\
         [[rate]]\nsegment = 'competency'\nrate = 0.0\nsource = 'plan'\n\
         [[scenario]]\nname = 'half'\nsource = 'plan'\n\
         [[scenario.rate]]\nsegment = 'all'\nrate = 0.5\nsource = 'plan'\n",
    );
    let published = workspace.publish(&["--assume", "own.toml", "export.csv"]);
    for row in published.rows("expected_fees").iter().filter(|row| !row["fees_due"].is_empty()) {
        let is_sure = row["offer_type"] == "competency" || row["month"] != "2020-06";
        let expected = if row["offer_type"] == "competency" { 0.0 } else { number(row, "fees_due") };
        if is_sure {
            for column in ["fees_expected", "fees_low", "fees_high"] {
                assert_eq!(number(row, column), expected, "{row:?}");
            }
        }
    }
    let rates = published.rows("renewal_rates");
    let half: Vec<&Row> = select(&rates, &[("scenario", "half")]).collect();
    assert_eq!(half.len(), 9);
    assert!(half.iter().all(|row| row["renewal_rate"] == "0.5" && row["basis"] == "assumed"));
    assert_eq!(published.summary()["options"]["assumptions"], "Rates as measured, but for what own.toml says");
}

#[test]
fn fees_are_converted_to_one_currency_exactly() {
    let workspace = Workspace::new();
    workspace.write(
        "export.csv",
        "partner_id,offer_type,purchase_date,fee,currency\n\
         1,action_pack,2019-09-01,100,EUR\n2,action_pack,2019-09-01,1000,JPY\n3,action_pack,2019-10-01,,USD\n",
    );
    workspace.write("fx.csv", "currency,rate\nEUR,1\nJPY,0.00615\n");
    let published = workspace.publish(&["--fx", "fx.csv", "export.csv"]);
    let rows = published.rows("expected_fees");
    let of_yen = select(&rows, &[("currency", "JPY")]).next().expect("a row");
    assert_eq!((&*of_yen["reporting_currency"], &*of_yen["fees_due_reporting"]), ("EUR", "6.1500"));
    assert!(is_near(number(of_yen, "fees_expected_reporting"), 0.00615 * number(of_yen, "fees_expected")));
    let totals = published.rows("expected_totals");
    let all: Vec<&Row> = select(&totals, &[("scenario", "base"), ("currency", "all")]).collect();
    let columns = ["month", "offers", "offers_without_fee", "fees_due", "fees_due_reporting"];
    let cells: Vec<[&str; 5]> = all.iter().map(|row| columns.map(|column| &*row[column])).collect();
    assert_eq!(
        cells,
        [["2020-09", "2", "0", "", "106.1500"], ["2020-10", "1", "1", "", ""], ["all", "3", "1", "", "106.1500"]]
    );
}

#[test]
fn a_wrong_file_ends_in_78_and_publishes_nothing() {
    let workspace = generated();
    workspace.write("segment.toml", "schema = 1\n[[rate]]\nsegment = 'gold'\nrate = 1\nsource = 's'\n");
    workspace.write("rate.toml", "schema = 1\n[[rate]]\nsegment = 'all'\nrate = 1.5\nsource = 's'\n");
    workspace.write("fx.csv", "currency,rate\nEUR,1\nUSD,0,9\n");
    workspace.write("few.csv", "currency,rate\nEUR,1\nUSD,0.9\n");
    let before = workspace.names();
    for (options, message) in [
        (["--assume", "none.toml"], "error: none.toml: cannot be read"),
        (["--assume", "segment.toml"], "error: segment.toml:3:11: unknown segment `gold`"),
        (["--assume", "rate.toml"], "error: rate.toml:4:8: `rate` is 1.5, but must be from 0 to 1"),
        (["--fx", "fx.csv"], "error: fx.csv:3:1: not rates of exchange"),
        (["--fx", "few.csv"], "error: no rate of exchange for AED, AUD"),
    ] {
        let _ = workspace
            .run(&run_arguments("reports", &[&options[..], &["export.csv"]].concat()))
            .expect_error(78, message);
        assert_eq!(workspace.names(), before, "{options:?}");
    }
    for options in [["--interval", "100%"], ["--history-days", "0"], ["--reporting-currency", "EUR"]] {
        let _ = workspace.run(&run_arguments("reports", &[&options[..], &["export.csv"]].concat())).expect(64);
    }
}

#[test]
fn what_estimates_go_by_is_part_of_the_run_id() {
    let workspace = Workspace::new();
    workspace.write("export.csv", "partner_id,offer_type,purchase_date,fee,currency\n1,action_pack,2019-09-01,1,EUR\n");
    workspace.write("own.toml", "schema = 1\n");
    workspace.write("fx.csv", "currency,rate\nEUR,1\nUSD,1\n");
    let run_id = |options: &[&str]| {
        let published = workspace.publish(&[options, &["export.csv"]].concat());
        published.manifest()["run_id"].as_str().expect("an id").to_owned()
    };
    let mut ids = vec![
        run_id(&[]),
        run_id(&["--interval", "90%"]),
        run_id(&["--history-days", "366"]),
        run_id(&["--assume", "own.toml"]),
        run_id(&["--fx", "fx.csv", "--reporting-currency", "EUR"]),
        run_id(&["--fx", "fx.csv", "--reporting-currency", "USD"]),
    ];
    assert_eq!(run_id(&["--interval", "80"]), ids[0]);
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 6);
}

#[test]
fn assumptions_are_printed_as_they_are_written() {
    let workspace = Workspace::new();
    let default = workspace.run(&["assumptions"]).expect(0).stdout;
    assert_eq!(default, include_str!("../../data/assumptions/default.toml"));
    workspace.write("own.toml", &default);
    assert_eq!(workspace.run(&["assumptions", "own.toml"]).expect(0).stdout, default);
    workspace.write("own.toml", "schema = 1\nrates = 1\n");
    let _ = workspace.run(&["assumptions", "own.toml"]).expect_error(78, "own.toml:2:1: unknown key `rates`");
}
