//! What is said of each row: where it stands, what is decided, its timeline, what would change it, and the rules.

use super::parts::{shown_value, write_fault, write_pairs, write_rules};
use super::search::{Located, Search};
use super::timeline;
use super::{Context, explain_row};
use crate::cli::arguments::ExplainArguments;
use crate::cli::message::grouped;
use crate::cli::terminal::{FAINT, STRONG, columns, safe, shortened, styled, width, wrapped};
use crate::explain::{ChangeKind, Explanation, FoundRow, OwnedRow, RuleText};
use crate::ingest::Reject;
use crate::rules::Stage;
use std::collections::BTreeMap;
use std::io::{self, Write};

/// A row and what is said of it.
pub struct Block<'a> {
    /// Index of the input.
    pub input: usize,
    /// The file, empty for facts of the command line.
    pub file: &'a str,
    /// The line, or the row of a Parquet file.
    pub line: u64,
    /// Offset of the row's first byte.
    pub byte_offset: Option<u64>,
    /// Name, country, offer type, offer name and level, as far as they can be read.
    pub offer_cells: [String; 5],
    /// What is said.
    pub content: Content<'a>,
    /// Where the same offer stands before this row: partner, offer type, name and level.
    pub same_as: Option<(&'a str, u64)>,
}

/// What is said of a row.
pub enum Content<'a> {
    /// The row was decided.
    Explained(&'a OwnedRow, Box<Explanation>),
    /// The row breaks the contract of its cells.
    Rejected(&'a Reject),
    /// The record cannot be divided into cells.
    Broken(&'a Reject),
}

/// Explains what was found, in the order of the input.
pub fn blocks<'a>(context: &Context, search: &'a Search, limit: usize) -> Vec<Block<'a>> {
    let mut first_places: BTreeMap<[Vec<u8>; 3], (&str, u64)> = BTreeMap::new();
    let mut blocks: Vec<Block<'_>> = Vec::new();
    for Located { input, file, line, byte_offset, item } in &search.rows {
        let FoundRow { offer_cells, content, .. } = item;
        let mut same_as = None;
        let content = match content {
            Ok(row) => {
                let explanation = explain_row(context, row);
                if explanation.outcome.is_ok() {
                    let [_, _, offer_type, name, level] = offer_cells.each_ref().map(|cell| cell.to_ascii_lowercase());
                    let key = [offer_type, name, level];
                    same_as = first_places.get(&key).copied();
                    first_places.entry(key).or_insert((file, *line));
                }
                Content::Explained(row, Box::new(explanation))
            }
            Err(reject) => Content::Rejected(reject),
        };
        blocks.push(Block {
            input: *input,
            file,
            line: *line,
            byte_offset: *byte_offset,
            offer_cells: offer_cells.each_ref().map(|cell| safe(cell)),
            content,
            same_as,
        });
    }
    blocks.extend(search.broken.iter().map(|Located { input, file, line, byte_offset, item }| Block {
        input: *input,
        file,
        line: *line,
        byte_offset: *byte_offset,
        offer_cells: Default::default(),
        content: Content::Broken(item),
        same_as: None,
    }));
    blocks.sort_by_key(|block| (block.input, block.line));
    blocks.truncate(limit);
    blocks
}

impl Block<'_> {
    /// The stage, or why there is none.
    pub fn state(&self) -> &'static str {
        match &self.content {
            Content::Explained(_, explanation) => {
                explanation.outcome.map_or("rejected", |decision| decision.stage.as_str())
            }
            Content::Rejected(_) => "rejected",
            Content::Broken(_) => "unreadable",
        }
    }

    /// What the row is called: the kind of offer, its name and its level.
    fn title(&self) -> String {
        let [_, _, offer_type, name, level] = &self.offer_cells;
        let mut title = offer_type.clone();
        if !name.is_empty() {
            title = format!("{title} {name}");
        }
        if !level.is_empty() {
            title = format!("{title}, {level}");
        }
        if title.is_empty() { "a record that cannot be divided into cells".to_owned() } else { title }
    }
}

/// Writes everything that was found; a summary line comes first where rows were searched.
///
/// # Errors
/// Standard output cannot be written.
pub fn write(
    output: &mut impl Write,
    arguments: &ExplainArguments,
    search: &Search,
    blocks: &[Block<'_>],
) -> io::Result<()> {
    let width = width();
    if search.files > 0 {
        let partner = safe(arguments.partner_id.as_deref().unwrap_or_default().as_bytes());
        for line in wrapped(&summary(&partner, search, blocks), width) {
            writeln!(output, "{}", styled(STRONG, &line))?;
        }
    }
    for (index, block) in blocks.iter().enumerate() {
        writeln!(output)?;
        if blocks.len() > 1 {
            let heading = format!("── {} of {} ", index + 1, blocks.len());
            let line = "─".repeat(width.saturating_sub(columns(&heading)));
            writeln!(output, "{}\n", styled(FAINT, &format!("{heading}{line}")))?;
        }
        write_block(output, block, width)?;
    }
    write_rules(output, &rules(blocks), width)
}

/// The rules that had a part in anything, each once.
fn rules<'a>(blocks: &'a [Block<'_>]) -> Vec<&'a RuleText> {
    let mut rules: Vec<&RuleText> = Vec::new();
    for block in blocks {
        let Content::Explained(_, explanation) = &block.content else { continue };
        for text in &explanation.rules {
            if !rules.contains(&text) {
                rules.push(text);
            }
        }
    }
    rules.sort_by_key(|text| text.rule);
    rules
}

fn summary(partner: &str, search: &Search, blocks: &[Block<'_>]) -> String {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    let order = Stage::ALL.iter().map(|stage| stage.as_str()).chain(["rejected", "unreadable"]);
    for state in order {
        let count = blocks.iter().filter(|block| block.state() == state).count();
        if count > 0 {
            counts.push((state, count));
        }
    }
    let counts: Vec<String> = counts.into_iter().map(|(state, count)| format!("{count} {state}")).collect();
    let rows = search.count + search.broken.len() as u64;
    let names = blocks.iter().map(|block| &block.offer_cells[0]).find(|name| !name.is_empty());
    let name = names.map(|name| format!(" ({})", shortened(name, 60))).unwrap_or_default();
    let files = if search.files == 1 { "1 file".to_owned() } else { format!("{} files", search.files) };
    let left_out = rows.saturating_sub(blocks.len() as u64);
    let more = if left_out > 0 {
        format!("; {} more are not explained, see --limit", grouped(left_out))
    } else {
        String::new()
    };
    format!(
        "Partner {partner}{name}: {} in {} of {files}: {}{more}",
        counted(rows, "row", "rows"),
        counted(search.rows_read, "row", "rows"),
        counts.join(", ")
    )
}

fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(count), if count == 1 { one } else { many })
}

fn write_block(output: &mut impl Write, block: &Block<'_>, width: usize) -> io::Result<()> {
    for line in wrapped(&block.title(), width) {
        writeln!(output, "{}", styled(STRONG, &line))?;
    }
    if !block.file.is_empty() {
        let offset = block.byte_offset.map(|offset| format!(", byte {}", grouped(offset))).unwrap_or_default();
        let unit = if block.byte_offset.is_some() { "line" } else { "row" };
        let place = format!("{}, {unit} {}{offset}", safe(block.file.as_bytes()), grouped(block.line));
        writeln!(output, "{}", styled(FAINT, &place))?;
    }
    writeln!(output)?;
    match &block.content {
        Content::Explained(row, explanation) => write_explained(output, block, row, explanation, width),
        Content::Rejected(reject) | Content::Broken(reject) => write_rejected(output, reject, width),
    }
}

fn write_explained(
    output: &mut impl Write,
    block: &Block<'_>,
    row: &OwnedRow,
    explanation: &Explanation,
    width: usize,
) -> io::Result<()> {
    write_pairs(output, &facts(block, row, explanation), width)?;
    if let Err(contradiction) = explanation.outcome {
        let fault = crate::ingest::Fault::from(contradiction);
        write_fault(output, fault.code, Some(fault.column), width)?;
    }
    writeln!(output)?;
    for line in timeline::lines(explanation, width) {
        writeln!(output, "{}", line.trim_end())?;
    }
    if !explanation.changes.is_empty() {
        writeln!(output, "\n{}", styled(STRONG, "What would change it"))?;
        write_pairs(output, &changes(explanation), width)?;
    }
    Ok(())
}

/// What would change the outcome, and what comes of it; policies that agree stand together.
fn changes(explanation: &Explanation) -> Vec<(String, String)> {
    let mut pairs: Vec<(String, String)> = Vec::new();
    let mut policies: Vec<(String, Vec<&str>)> = Vec::new();
    for change in &explanation.changes {
        match &change.kind {
            ChangeKind::OtherPolicy { id } => match policies.iter_mut().find(|(then, _)| *then == change.then()) {
                Some((_, ids)) => ids.push(id),
                None => policies.push((change.then(), vec![id])),
            },
            _ => pairs.push((change.what(), change.then())),
        }
    }
    pairs.extend(policies.into_iter().map(|(then, ids)| match ids.as_slice() {
        [id] => (format!("by --policy {id}"), then),
        ids => (format!("by {} other policies", ids.len()), format!("{then} ({})", ids.join(", "))),
    }));
    pairs
}

/// What is decided, as names and values.
fn facts(block: &Block<'_>, row: &OwnedRow, explanation: &Explanation) -> Vec<(String, String)> {
    let row = row.row();
    let mut facts: Vec<(&str, String)> = Vec::new();
    match &explanation.outcome {
        Err(contradiction) => facts.push(("rejected", contradiction.as_str().to_owned())),
        Ok(decision) => {
            facts.push(("stage", decision.stage.as_str().to_owned()));
            if let Some(term) = decision.term {
                let next = match decision.stage {
                    Stage::Lapsed => String::new(),
                    _ => format!(", then {} once paid", term.next_anniversary),
                };
                facts.push(("anniversary", format!("{}{next}", term.anniversary)));
            }
            let by = explanation.exempt_by.as_ref().map(|round| format!(" ({round})")).unwrap_or_default();
            facts.push(("requirements", format!("{}{by}", decision.requirements.as_str())));
            let blockers = decision.blockers.as_str().replace(';', ", ");
            facts.push(("blockers", if blockers.is_empty() { "none".to_owned() } else { blockers }));
        }
    }
    if let Some(fee) = row.fee {
        facts.push(("fee", format!("{} {}", safe(fee.text), safe(row.currency))));
    }
    let reports: Vec<&str> = explanation.reports.iter().map(|report| report.as_str()).collect();
    facts.push(("reports", if reports.is_empty() { "none".to_owned() } else { reports.join(", ") }));
    if let Some((file, line)) = block.same_as {
        facts.push(("duplicate", format!("the same offer as in {}, line {}", safe(file.as_bytes()), grouped(line))));
    }
    facts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn write_rejected(output: &mut impl Write, reject: &Reject, width: usize) -> io::Result<()> {
    let mut pairs = vec![("rejected".to_owned(), reject.code.as_str().to_owned())];
    if let Some(column) = reject.column {
        pairs.push(("column".to_owned(), column.as_str().to_owned()));
        pairs.push(("value".to_owned(), shown_value(&reject.value)));
    }
    pairs.push(("reports".to_owned(), "rejects".to_owned()));
    write_pairs(output, &pairs, width)?;
    write_fault(output, reject.code, reject.column, width)
}
