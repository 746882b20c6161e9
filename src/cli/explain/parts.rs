//! The parts that explanations are written in: names with values, faults, and the rules at the end.

use crate::cli::terminal::{BAD, FAINT, STRONG, columns, padded, safe, shortened, styled, wrapped};
use crate::explain::{RuleText, explain_fault};
use crate::ingest::{Column, RejectCode};
use std::io::{self, Write};

/// Writes the rules that had a part, each with its source.
pub fn write_rules(output: &mut impl Write, rules: &[&RuleText], width: usize) -> io::Result<()> {
    const INDENT: usize = 7;
    if rules.is_empty() {
        return Ok(());
    }
    writeln!(output, "\n{}", styled(STRONG, "Rules"))?;
    for (index, text) in rules.iter().enumerate() {
        for (line_index, line) in wrapped(&text.sentence, width.saturating_sub(INDENT)).iter().enumerate() {
            let rule = if line_index == 0 { text.rule.as_str() } else { "" };
            writeln!(output, "  {rule:3}  {line}")?;
        }
        let source = match rules[..index].iter().find(|earlier| earlier.source == text.source) {
            Some(earlier) => format!("source: that of {}", earlier.rule.as_str()),
            None => format!("source: {}", safe(text.source.as_bytes())),
        };
        for line in wrapped(&source, width.saturating_sub(INDENT)) {
            writeln!(output, "{:INDENT$}{}", "", styled(FAINT, &line))?;
        }
    }
    Ok(())
}

/// A cell's value between quotes, cut where it is very long.
pub fn shown_value(value: &[u8]) -> String {
    const LONGEST: usize = 200;
    let text = safe(value);
    if text.is_empty() { "empty".to_owned() } else { format!("`{}`", shortened(&text, LONGEST)) }
}

/// Writes what is wrong, what the contract says, and how to mend it.
pub fn write_fault(output: &mut impl Write, code: RejectCode, column: Option<Column>, width: usize) -> io::Result<()> {
    let fault = explain_fault(code, column);
    let pairs = [("what is wrong", fault.message), ("the contract", fault.contract), ("how to mend it", fault.mend)];
    writeln!(output, "\n{}", styled(BAD, "Why it is rejected"))?;
    write_pairs(output, &pairs.map(|(name, text)| (name.to_owned(), text.to_owned())), width)
}

/// Names and values side by side, the values wrapped.
pub fn write_pairs(output: &mut impl Write, pairs: &[(String, String)], width: usize) -> io::Result<()> {
    let name_width = pairs.iter().map(|(name, _)| columns(name)).max().unwrap_or(0);
    for (name, value) in pairs {
        let lines = wrapped(value, width.saturating_sub(2 + name_width + 2));
        for (index, line) in lines.iter().enumerate() {
            let name = padded(if index == 0 { name } else { "" }, name_width);
            writeln!(output, "  {name}  {line}")?;
        }
    }
    Ok(())
}
