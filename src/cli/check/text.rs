//! What a check found, for people.

use super::Report;
use crate::check::{ColumnProfile, DistinctCount, Examples, Extreme, FeeGroup, Suspicion};
use crate::cli::arguments::DuplicateHandling;
use crate::cli::message::{counted, grouped};
use crate::cli::summary::amount;
use crate::cli::terminal::{BAD, FAINT, GOOD, SOON, STRONG, columns, padded, safe, shortened, styled, width, wrapped};
use crate::formats::money::money;
use crate::ingest::{Column, RejectCode};
use crate::pipeline::OfferTexts;
use anstyle::Style;
use std::io::{self, Write};

/// Columns that a value may take.
const VALUE_WIDTH: usize = 40;

/// Writes what was found.
///
/// # Errors
/// Standard output cannot be written.
pub fn write(output: &mut impl Write, report: &Report<'_>) -> io::Result<()> {
    let width = width();
    write_summary(output, report, width)?;
    write_faults(output, report, width)?;
    write_duplicates(output, report, width)?;
    write_suspicions(output, report, width)?;
    write_columns(output, report, width)?;
    write_fees(output, &report.checked.findings.fees, width)?;
    write_unchecked(output, report, width)
}

fn heading(output: &mut impl Write, style: Style, text: &str) -> io::Result<()> {
    writeln!(output, "\n{}", styled(style.bold(), text))
}

fn write_summary(output: &mut impl Write, report: &Report<'_>, width: usize) -> io::Result<()> {
    let findings = &report.checked.findings;
    let files = if report.inputs.len() == 1 { "1 file".to_owned() } else { format!("{} files", report.inputs.len()) };
    let kinds = findings.suspicions.len();
    let text = format!(
        "{} in {files}: {} rejected, {}, {}",
        counted(findings.rows, "row", "rows"),
        grouped(findings.rejected()),
        counted(report.checked.duplicates.rows, "duplicate", "duplicates"),
        match kinds {
            0 => "nothing suspicious".to_owned(),
            1 => "1 kind of suspicious values".to_owned(),
            _ => format!("{kinds} kinds of suspicious values"),
        }
    );
    for line in wrapped(&text, width) {
        writeln!(output, "{}", styled(STRONG, &line))?;
    }
    Ok(())
}

fn write_faults(output: &mut impl Write, report: &Report<'_>, width: usize) -> io::Result<()> {
    let faults = &report.checked.findings.faults;
    if faults.is_empty() {
        return heading(output, GOOD, "No row is rejected");
    }
    heading(output, BAD, "Rejected rows")?;
    for (code, column, examples) in faults {
        let column_name = column.map(|column| format!(" in {}", column.as_str())).unwrap_or_default();
        writeln!(output, "  {}{column_name}: {}", code.as_str(), grouped(examples.count))?;
        write_message(output, code.message(*column), width)?;
        write_examples(output, report, examples, column.is_some(), width)?;
    }
    Ok(())
}

fn write_message(output: &mut impl Write, message: &str, width: usize) -> io::Result<()> {
    for line in wrapped(message, width.saturating_sub(4)) {
        writeln!(output, "    {}", styled(FAINT, &line))?;
    }
    Ok(())
}

fn write_examples(
    output: &mut impl Write,
    report: &Report<'_>,
    examples: &Examples,
    has_value: bool,
    width: usize,
) -> io::Result<()> {
    for example in &examples.list {
        let place = report.place(example.input, example.line);
        let value = if has_value { format!(": {}", shown(&example.value)) } else { String::new() };
        writeln!(output, "    {}", shortened(&format!("{place}{value}"), width.saturating_sub(4)))?;
    }
    Ok(())
}

fn shown(value: &[u8]) -> String {
    if value.is_empty() { "empty".to_owned() } else { format!("`{}`", shortened(&safe(value), VALUE_WIDTH)) }
}

fn write_duplicates(output: &mut impl Write, report: &Report<'_>, width: usize) -> io::Result<()> {
    let duplicates = &report.checked.duplicates;
    if duplicates.rows == 0 {
        return heading(output, GOOD, "No offer is there twice");
    }
    let is_refused = matches!(report.arguments.on_duplicate, DuplicateHandling::Reject | DuplicateHandling::Fail);
    heading(output, if is_refused { BAD } else { SOON }, "Duplicates")?;
    let text = format!(
        "{} there more than once, in {} after the first",
        counted(duplicates.offers, "offer is", "offers are"),
        counted(duplicates.rows, "row", "rows")
    );
    writeln!(output, "  {text}")?;
    for group in &duplicates.groups {
        let offer = report.checked.offers.get(&group.key).map(offer_words).unwrap_or_default();
        writeln!(output, "  {}", shortened(&format!("{offer}{} rows", grouped(group.rows)), width.saturating_sub(2)))?;
        for &(input, line) in &group.places {
            writeln!(output, "    {}", shortened(&report.place(input, line), width.saturating_sub(4)))?;
        }
        let more = group.rows - group.places.len() as u64;
        if more > 0 {
            writeln!(output, "    and {} more", grouped(more))?;
        }
    }
    write_more(output, duplicates.offers, duplicates.groups.len())
}

fn write_more(output: &mut impl Write, all: u64, told: usize) -> io::Result<()> {
    match all.saturating_sub(told as u64) {
        0 => Ok(()),
        more => writeln!(output, "  {}", styled(FAINT, &format!("and {} more, see --examples", grouped(more)))),
    }
}

fn offer_words(offer: &OfferTexts) -> String {
    let OfferTexts { partner_id, offer_type, offer_name, level } = offer;
    let parts = [
        shortened(&safe(partner_id), VALUE_WIDTH),
        (*offer_type).to_owned(),
        shortened(&safe(offer_name), VALUE_WIDTH),
        (*level).to_owned(),
    ];
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    format!("{}: ", parts.join(", "))
}

fn write_suspicions(output: &mut impl Write, report: &Report<'_>, width: usize) -> io::Result<()> {
    let suspicions = &report.checked.findings.suspicions;
    if suspicions.is_empty() {
        return Ok(());
    }
    heading(output, SOON, "Valid, but suspicious")?;
    for (suspicion, examples) in suspicions {
        writeln!(output, "  {}: {}", suspicion.as_str(), grouped(examples.count))?;
        write_message(output, suspicion.message(), width)?;
        write_examples(output, report, examples, true, width)?;
    }
    Ok(())
}

fn write_columns(output: &mut impl Write, report: &Report<'_>, width: usize) -> io::Result<()> {
    heading(output, Style::new(), "Columns")?;
    let profiles = &report.checked.findings.columns;
    let mut is_estimated = false;
    let name_width = profiles.iter().map(|profile| profile.column.as_str().len()).max().unwrap_or(0);
    writeln!(output, "  {}", styled(FAINT, &format!("{}    empty    distinct  values", padded("column", name_width))))?;
    for profile in profiles {
        is_estimated |= matches!(profile.distinct, DistinctCount::About(_));
        let share = profile.empty as f64 / profile.rows.max(1) as f64 * 100.0;
        let distinct = match profile.distinct {
            DistinctCount::Exact(count) => grouped(count),
            DistinctCount::About(count) => format!("~{}", grouped(count)),
        };
        let start = format!("  {}  {share:>5.1} %  {distinct:>10}  ", padded(profile.column.as_str(), name_width));
        let lines = wrapped(&values(report, profile), width.saturating_sub(columns(&start)).max(20));
        for (index, line) in lines.iter().enumerate() {
            let start = if index == 0 { start.clone() } else { " ".repeat(columns(&start)) };
            writeln!(output, "{}", format!("{start}{line}").trim_end())?;
        }
    }
    if is_estimated {
        writeln!(output, "  {}", styled(FAINT, "~ estimated by HyperLogLog, within 2 % mostly"))?;
    }
    Ok(())
}

/// A value, between quotes where its ends could not be seen.
fn named(value: &[u8]) -> String {
    if matches!(value, [b' ', ..] | [.., b' ']) { shown(value) } else { shortened(&safe(value), VALUE_WIDTH) }
}

/// The outermost values of a column, or its most common ones.
fn values(report: &Report<'_>, profile: &ColumnProfile) -> String {
    let extreme = |extreme: &Extreme| {
        let unit = if report.has_lines[extreme.input] { "line" } else { "row" };
        let file = if report.inputs.len() > 1 {
            format!("{}, ", safe(report.inputs[extreme.input].as_bytes()))
        } else {
            String::new()
        };
        format!("{} ({file}{unit} {})", shortened(&safe(&extreme.value), VALUE_WIDTH), grouped(extreme.line))
    };
    let is_day = matches!(profile.column, Column::PurchaseDate | Column::RenewalStartDate | Column::LastRenewalDate);
    match (&profile.lowest, &profile.highest) {
        (Some(lowest), Some(highest)) if is_day => format!("{} … {}", extreme(lowest), extreme(highest)),
        (Some(lowest), Some(highest)) if lowest.value.len() == highest.value.len() => {
            format!("all as long as {}", extreme(lowest))
        }
        (Some(lowest), Some(highest)) => format!("shortest {}, longest {}", extreme(lowest), extreme(highest)),
        _ => {
            let common = profile.most_common.iter();
            let words = common.map(|(value, count)| format!("{} {}", named(value), grouped(*count)));
            words.collect::<Vec<_>>().join(", ")
        }
    }
}

fn write_fees(output: &mut impl Write, fees: &[FeeGroup], width: usize) -> io::Result<()> {
    if fees.is_empty() {
        return Ok(());
    }
    heading(output, Style::new(), "Fees")?;
    let header = ["currency", "level", "rows", "lowest", "highest", "median"].map(str::to_owned);
    let rows = fees.iter().map(|group| {
        let about = if group.is_rounded { "~" } else { "" };
        let currency = String::from_utf8_lossy(&group.key.currency).into_owned();
        let fee = |amount| money(&currency, amount);
        [
            currency.clone(),
            group.key.level.map_or("-", |level| level.as_str()).to_owned(),
            grouped(group.rows),
            fee(group.range.0),
            fee(group.range.1),
            format!("{about}{}", fee(group.median)),
        ]
    });
    let rows: Vec<[String; 6]> = std::iter::once(header).chain(rows).collect();
    let widths: [usize; 6] =
        std::array::from_fn(|index| rows.iter().map(|row| columns(&row[index])).max().unwrap_or(0));
    for (index, row) in rows.iter().enumerate() {
        let mut line = format!("  {}  {}", padded(&row[0], widths[0]), padded(&row[1], widths[1]));
        for (cell, width) in row.iter().zip(widths).skip(2) {
            line.push_str(&format!("  {}{cell}", " ".repeat(width - columns(cell))));
        }
        let line = shortened(&line, width);
        writeln!(output, "{}", styled(if index == 0 { FAINT } else { Style::new() }, &line))?;
    }
    Ok(())
}

/// An amount with as many decimal places as it needs, two at least.
pub fn fee(ten_thousandths: i128) -> String {
    let places = match ten_thousandths {
        amount if amount % 100 == 0 => 2,
        amount if amount % 10 == 0 => 3,
        _ => 4,
    };
    amount(ten_thousandths, places)
}

/// What was not looked at, so that silence is not taken for an answer.
fn write_unchecked(output: &mut impl Write, report: &Report<'_>, width: usize) -> io::Result<()> {
    if report.as_of.is_some() {
        return Ok(());
    }
    let mut names = vec![RejectCode::PaymentAfterAsOf.as_str()];
    names.extend(Suspicion::ALL.iter().filter(|suspicion| suspicion.needs_as_of()).map(|suspicion| suspicion.as_str()));
    let text = format!("Without --as-of, these are not checked: {}", names.join(", "));
    writeln!(output)?;
    for line in wrapped(&text, width) {
        writeln!(output, "{}", styled(FAINT, &line))?;
    }
    Ok(())
}
