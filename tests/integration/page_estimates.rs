//! What the page of a run says of expected fees, and of what they rest on.

use crate::harness::{Row, Workspace};
use crate::page::{assert_harmless, page_of, ten_thousandths};
use std::collections::BTreeMap;

#[test]
fn what_is_expected_is_that_of_the_csv() {
    let workspace = Workspace::new();
    let generate = ["generate", "--rows", "6000", "--seed", "3", "--out", "export.csv"];
    let _ = workspace.run(&generate).expect(0);
    let published = workspace.publish(&["--formats", "csv,html", "--interval", "90%", "export.csv"]);
    let page = page_of(&published);
    let totals = published.rows("expected_totals");
    let base = totals.iter().filter(|row| row["scenario"] == "base" && !row["fees_expected"].is_empty());
    let mut compared = 0;
    for row in base {
        for figure in ["fees_due", "fees_expected", "fees_low", "fees_high"] {
            let mut attributes = vec![("data-figure", figure), ("data-currency", row["currency"].as_str())];
            if row["month"] != "all" {
                attributes.push(("data-month", &row["month"]));
            }
            if figure == "fees_due" {
                assert_eq!(page.amount(&attributes), ten_thousandths(&row[figure]), "{row:?}");
            } else {
                assert_eq!(page.exact(&attributes), row[figure], "{row:?}");
            }
            compared += 1;
        }
    }
    assert!(compared > 500, "{compared}");
    assert!(page.text.contains("90% range"));
}

#[test]
fn currencies_are_added_where_there_are_rates_of_exchange() {
    let workspace = Workspace::new();
    let generate = ["generate", "--rows", "3000", "--seed", "5", "--out", "export.csv"];
    let _ = workspace.run(&generate).expect(0);
    let codes = workspace.publish(&["export.csv"]).column("fee_forecast", "currency");
    let mut rates: BTreeMap<&str, String> = BTreeMap::new();
    for (index, code) in codes.iter().filter(|code| !code.is_empty()).enumerate() {
        rates.entry(code).or_insert_with(|| format!("0.{}37", index + 1));
    }
    rates.insert("EUR", "1".to_owned());
    let lines = rates.iter().map(|(code, rate)| format!("{code},{rate}\n"));
    workspace.write("<i>rates.csv", format!("currency,rate\n{}", lines.collect::<String>()));
    let published = workspace.publish(&["--formats", "csv,html", "--fx", "<i>rates.csv", "export.csv"]);
    let page = page_of(&published);
    assert_harmless(&page);
    for words in ["Fees in EUR", "Fees expected, all in EUR"] {
        assert!(page.text.contains(words), "{words}");
    }
    assert!(page.text.contains("<i>rates.csv") && page.text.contains("All currencies in EUR"));
    let totals = published.rows("expected_totals");
    let sums: Vec<&Row> = totals.iter().filter(|row| row["scenario"] == "base" && row["currency"] == "all").collect();
    assert!(sums.len() > 10, "{sums:?}");
    for row in sums {
        for figure in ["fees_due", "fees_expected", "fees_low", "fees_high"] {
            let mut attributes = vec![("data-figure", figure), ("data-reporting", "EUR")];
            if row["month"] != "all" {
                attributes.push(("data-month", &row["month"]));
            }
            let expected = &row[&format!("{figure}_reporting")];
            if figure == "fees_due" {
                assert_eq!(page.amount(&attributes), ten_thousandths(expected), "{row:?}");
            } else {
                assert_eq!(page.exact(&attributes), expected, "{row:?}");
            }
        }
    }
}

#[test]
fn what_is_not_measured_is_told_with_its_source() {
    let workspace = Workspace::new();
    let generate = ["generate", "--rows", "500", "--seed", "5", "--out", "export.csv"];
    let _ = workspace.run(&generate).expect(0);
    workspace.write(
        "own.toml",
        "schema = 1\n[[rate]]\nsegment = 'competency/gold'\nrate = 0.85\nsource = 'Board, <4 June>'\n\
         [[scenario]]\nname = 'merger'\nsource = 'Memo 7'\n\
         [[scenario.rate]]\nsegment = 'all'\nrate = 0.5\nsource = 'Memo 8'\n",
    );
    let page = page_of(&workspace.publish(&["--formats", "html", "--assume", "own.toml", "export.csv"]));
    assert_harmless(&page);
    for words in ["Board, <4 June>", "Memo 7", "Memo 8", "Rates as measured, but for what own.toml says"] {
        assert!(page.text.contains(words), "{words}");
    }
    assert!(!page.text.contains("The makers of this program"), "what a file says is not put down to the default");
}
