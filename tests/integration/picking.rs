//! Which profile is picked or suggested by headers, and which options are refused because no input has a use for them.

use crate::export::{cells, delimited, parquet};
use crate::harness::Workspace;

/// The names of the specification count in every profile, and `MPN ID` in three; the others tell the language.
#[test]
fn headers_of_one_language_pick_its_profile() {
    let workspace = Workspace::new();
    for (headers, picked) in [
        ("MPNId,PartnerName,Offer type,Purchase date,Fee,Currency", "membership-offers"),
        ("MPN-ID,Angebotstyp,Kaufdatum", "membership-offers-de"),
        ("MPN ID,类型,购买日期", "membership-offers-zh"),
    ] {
        workspace.write("export.csv", format!("{headers}\n"));
        let outcome = workspace.run(&["check", "--profile", "auto", "export.csv"]).expect(0);
        assert!(outcome.stderr.contains(&format!("profile {picked}: the only one that fits")), "{outcome}");
    }
    // Nothing but names of all three: which one holds is for the user to say.
    workspace.write("export.csv", "MPN ID,offer_type,purchase_date\n");
    let _ =
        workspace.run(&["check", "--profile", "auto", "export.csv"]).expect_error(64, "do not tell which one holds");
}

#[test]
fn a_run_without_a_profile_says_which_one_the_headers_are_of() {
    let workspace = Workspace::new();
    let download = "CompetencyName\tCompetencyLevel\tCompetencyStatus\tCompetencyStartDate\tCompetencyEndDate\n";
    for (name, headers, hint) in [
        ("english.csv", "MPNId,PartnerName,Offer type,Purchase date\n", "those of --profile membership-offers;"),
        ("german.csv", "MPN-ID;Angebotstyp;Kaufdatum\n", "those of --profile membership-offers-de;"),
        ("chinese.csv", "MPN 编号,类型,购买日期\n", "those of --profile membership-offers-zh;"),
        ("download.tsv", download, "--profile competency-download --set partner_id=ID"),
        ("unknown.csv", "a,b\n", "see --profile for files with other headers"),
    ] {
        workspace.write(name, headers);
        for command in ["run", "check", "explain"] {
            let more: &[&str] = match command {
                "run" => &["--as-of", "2020-06-05", "--out", "reports"],
                "explain" => &["--as-of", "2020-06-05", "--partner-id", "7"],
                _ => &[],
            };
            let outcome = workspace.run(&[&[command, name], more].concat());
            let outcome = outcome.expect_error(65, "the needed column `partner_id` is missing");
            assert!(outcome.stderr.contains(hint), "{name} {command}\n{outcome}");
        }
    }
    // A column by another column's name is no near miss.
    let outcome = workspace.run(&["check", "english.csv"]).expect(65);
    assert!(!outcome.stderr.contains("nearest"), "{outcome}");
}

#[test]
fn options_that_no_input_has_a_use_for_are_refused() {
    let workspace = Workspace::new();
    let rows = [cells(&[])];
    workspace.write("export.csv", delimited(&rows, b','));
    workspace.write("export.parquet", parquet(&rows));
    let check = |more: &[&str]| workspace.run(&[&["check"], more].concat());
    let _ = check(&["--sheet", "Offers", "export.csv"]).expect_error(64, "--sheet is for Excel workbooks");
    let _ = check(&["--encoding", "gb18030", "export.parquet"]).expect_error(64, "--encoding is for CSV");
    let _ = check(&["--encoding", "gb18030", "export.parquet", "export.csv"]).expect(0);
}
