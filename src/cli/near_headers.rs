//! Columns that an input lacks while a header that is not read comes near to their name: more likely misspelt than
//! left out, and then each of its rows would be decided without them.

use super::message;
use crate::ingest::{Column, nearest_header};
use crate::pipeline::Input;
use std::collections::BTreeMap;

/// Most different headers that are looked at: of a run over very many files, the others are spelt like these.
const HEADERS_MAX: usize = 20;
/// Most names of a header that are compared.
const NAMES_MAX: usize = 1_000;
/// Longest name that can be near to a column's; comparing takes time by the length.
const NAME_BYTES_MAX: usize = 40;

/// Warns of columns that are missing under their own name, but perhaps there under another.
///
/// With a profile that names headers, `renewals profile check` is what tells of them.
pub fn warn(inputs: &[Input]) {
    // The headers, each with the first file that has it and how many have.
    let mut headers: Vec<(&Input, usize)> = Vec::new();
    for input in inputs {
        let has_other_headers = input.mapping().is_some_and(|mapping| mapping.headers.is_some());
        if has_other_headers || input.names().len() > NAMES_MAX {
            continue;
        }
        // Neighbours mostly have the same header.
        match headers.iter().rposition(|(first, _)| first.names() == input.names()) {
            Some(known) => headers[known].1 += 1,
            None if headers.len() < HEADERS_MAX => headers.push((input, 1)),
            None => {}
        }
    }
    let mut found: BTreeMap<(usize, &str), (&Input, usize)> = BTreeMap::new();
    for (input, files) in headers {
        let (positions, mapping) = (input.positions(), input.mapping());
        let is_missing = |column: &&Column| {
            positions[column.index()].is_none() && mapping.is_none_or(|mapping| mapping.constant(**column).is_none())
        };
        for column in Column::ALL.iter().filter(is_missing) {
            let short = input.names().iter().map(String::as_str).filter(|name| name.len() <= NAME_BYTES_MAX);
            if let Some(near) = nearest_header(*column, short, None) {
                found.entry((column.index(), near)).or_insert((input, 0)).1 += files;
            }
        }
    }
    for ((column, near), (input, files)) in found {
        let others = match files - 1 {
            0 => String::new(),
            1 => " (nor has 1 more file)".to_owned(),
            others => format!(" (nor have {} more files)", message::grouped(others as u64)),
        };
        message::warning(&format!(
            "{} has no column `{}`{others}; the nearest header, `{}`, is not read",
            input.path().display(),
            Column::ALL[column].as_str(),
            near.escape_debug(),
        ));
    }
}
