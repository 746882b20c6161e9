//! The answer of `diff` for people, on standard output: tables on a terminal, plain lines elsewhere.

use super::diff_summary::{ComparisonFacts, Night, offers_with_fee};
use super::error::CommandError;
use super::message::{grouped, printable};
use super::table::{number, table};
use crate::changes::{Change, ChangeTally};
use crate::formats::money::money;
use crate::reports::currency_text;
use comfy_table::{Cell, CellAlignment, Table};
use std::io::{IsTerminal, Write};

/// Changes whose fees are not told here: nothing is paid, due or lost by them.
const WITHOUT_FEES: [Change; 5] =
    [Change::AnniversaryMoved, Change::StageMoved, Change::Redecided, Change::Edited, Change::Unchanged];

/// Characters of a run id that tell it from any other at a glance.
const RUN_ID_SHOWN: usize = 12;

/// Tells on standard output what changed.
///
/// # Errors
/// Standard output cannot be written.
pub fn write(facts: &ComparisonFacts) -> Result<(), CommandError> {
    let mut output = std::io::stdout().lock();
    let [old, new] = &facts.nights;
    writeln!(output, "{}\n{}", described("old", old), described("new", new))?;
    let tally = &facts.result.tally;
    if output.is_terminal() {
        // The counts come last, where they are seen.
        for table in [fees(tally), Some(counts(tally))].into_iter().flatten() {
            writeln!(output, "\n{table}")?;
        }
    } else {
        write_lines(&mut output, tally)?;
    }
    Ok(output.flush()?)
}

fn described(name: &str, night: &Night) -> String {
    let Night { directory, head, offers, .. } = night;
    let directory = printable(&directory.display().to_string());
    let texts = [&head.as_of, &head.policy, &head.run_id].map(|text| printable(text));
    let [as_of, policy, run_id] = &texts;
    let run_id: String = run_id.chars().take(RUN_ID_SHOWN).collect();
    format!("{name}: as of {as_of}, {} offers, policy {policy}, run {run_id}, {directory}", grouped(*offers))
}

fn listed(tally: &ChangeTally) -> impl Iterator<Item = (Change, u64, u64)> {
    let changes = Change::ALL.iter().map(|change| (*change, tally.offers(*change), tally.also(*change)));
    changes.filter(|(_, offers, also)| offers + also > 0)
}

fn counts(tally: &ChangeTally) -> Table {
    let mut table = table(&["change", "offers", "also"]);
    for (change, offers, also) in listed(tally) {
        let also = if also > 0 { number(also) } else { Cell::new("") };
        table.add_row(vec![Cell::new(change.as_str()), number(offers), also]);
    }
    table.add_row(vec![Cell::new("in all"), number(tally.all_offers()), Cell::new("")]);
    table
}

/// Change, currency, offers with a fee and their sum.
fn fee_rows(tally: &ChangeTally) -> Vec<(Change, String, u64, String)> {
    let groups = tally.fees_by_change().into_iter();
    let groups = groups.filter(|((change, _), total)| !WITHOUT_FEES.contains(change) && offers_with_fee(total) > 0);
    groups
        .map(|((change, currency), total)| {
            let currency = String::from_utf8_lossy(currency_text(&currency)).into_owned();
            let fees = money(&currency, total.fees);
            (change, currency, offers_with_fee(&total), fees)
        })
        .collect()
}

fn fees(tally: &ChangeTally) -> Option<Table> {
    let mut table = table(&["change", "fees in", "offers", "amount"]);
    let mut previous = None;
    for (change, currency, offers, fees) in fee_rows(tally) {
        let name = if previous == Some(change) { "" } else { change.as_str() };
        previous = Some(change);
        let fees = Cell::new(fees).set_alignment(CellAlignment::Right);
        table.add_row(vec![Cell::new(name), Cell::new(currency), number(offers), fees]);
    }
    previous.is_some().then_some(table)
}

fn write_lines(output: &mut impl Write, tally: &ChangeTally) -> std::io::Result<()> {
    let counts: Vec<String> = listed(tally)
        .map(|(change, offers, also)| {
            let also = if also > 0 { format!(" (also {})", grouped(also)) } else { String::new() };
            format!("{} {}{also}", change.as_str(), grouped(offers))
        })
        .collect();
    writeln!(output, "changes: {}", counts.join(", "))?;
    let rows = fee_rows(tally);
    for change in Change::ALL {
        let fees: Vec<String> = rows
            .iter()
            .filter(|(listed, ..)| listed == change)
            .map(|(_, currency, _, fees)| format!("{currency} {fees}"))
            .collect();
        if !fees.is_empty() {
            writeln!(output, "fees of {}: {}", change.as_str(), fees.join(", "))?;
        }
    }
    Ok(())
}
