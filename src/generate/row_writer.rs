//! One row of an invented export as delimited text, spoiled or not.

use std::io::Write;

use super::dirty::Spoiled;
use super::row::Row;
use crate::ingest::{Column, RejectCode};
use crate::rules::{Date, Level, Portal};

/// What a row takes at most on average.
const ROW_BYTES: usize = 160;
/// Longer than the 1 MiB a record may have by default.
const LONG_NAME_BYTES: usize = (1 << 20) + 64;
/// Byte sequences that are not UTF-8: no lead byte, a cut-off letter, Latin-1, a surrogate.
const NOT_UTF8: [&[u8]; 4] = [b"\xff", b"\xc3", b"Caf\xe9 ", b"\xed\xa0\x80"];

/// Rows as delimited text.
#[derive(Debug)]
pub(super) struct RowWriter {
    delimiter: u8,
    text: Vec<u8>,
}

impl RowWriter {
    /// No rows yet, with room for `rows` of the usual length.
    pub(super) fn new(delimiter: u8, rows: usize) -> Self {
        Self { delimiter, text: Vec::with_capacity(rows * ROW_BYTES) }
    }

    /// The rows written.
    pub(super) fn into_text(self) -> Vec<u8> {
        self.text
    }

    /// Appends a row, with what spoils it.
    pub(super) fn write(&mut self, row: &Row<'_>, spoiled: Option<Spoiled>) {
        let variety = spoiled.map_or(0, |spoiled| spoiled.variety);
        let cells = match spoiled.map(|spoiled| spoiled.code) {
            Some(RejectCode::TooFewFields) => Column::ALL.len() - 1 - (variety % 3) as usize,
            _ => Column::ALL.len(),
        };
        for (index, &column) in Column::ALL[..cells].iter().enumerate() {
            if index > 0 {
                self.text.push(self.delimiter);
            }
            match spoiled {
                Some(Spoiled { cell: Some((bad, text)), .. }) if bad == column => self.write_text(text),
                Some(Spoiled { code, .. }) if column == Column::PartnerName => {
                    self.write_spoiled_name(row, code, variety)
                }
                _ => self.write_cell(row, column),
            }
        }
        if spoiled.is_some_and(|spoiled| spoiled.code == RejectCode::TooManyFields) {
            self.text.push(self.delimiter);
            self.text.extend_from_slice(if variety.is_multiple_of(2) { b"" } else { b"extra" });
        }
        self.text.push(b'\n');
    }

    fn write_cell(&mut self, row: &Row<'_>, column: Column) {
        match column {
            Column::PartnerId => self.write_plain(row.partner_id),
            Column::PartnerName => self.write_text(row.partner_name),
            Column::Country => self.write_plain(row.country),
            Column::OfferType => self.write_plain(row.offer_type.as_str()),
            Column::OfferName => self.write_plain(row.offer_name),
            Column::Level => self.write_plain(row.level.map_or("", Level::as_str)),
            Column::PurchaseDate => self.write_date(Some(row.dates.purchase)),
            Column::RenewalStartDate => self.write_date(row.dates.renewal_start),
            Column::LastRenewalDate => self.write_date(row.dates.last_renewal),
            Column::RequirementsMet => self.write_plain(row.requirements_met.map_or("", bool_text)),
            Column::Portal => self.write_plain(row.portal.map_or("", Portal::as_str)),
            Column::Fee => {
                if let Some(fee) = row.fee {
                    write!(self.text, "{fee}").expect("writing to memory does not fail");
                }
            }
            Column::Currency => self.write_plain(row.currency),
        }
    }

    /// The company's name, where the codes of framing are planted because it is the one free text.
    fn write_spoiled_name(&mut self, row: &Row<'_>, code: RejectCode, variety: u64) {
        match code {
            RejectCode::BadQuote | RejectCode::UnclosedQuote => {
                self.text.push(b'"');
                self.text.extend(row.partner_name.bytes().filter(|&byte| byte != b'"'));
                if code == RejectCode::BadQuote {
                    self.text.extend_from_slice(b"\" (old)");
                }
            }
            RejectCode::BadUtf8 => {
                self.text.extend_from_slice(NOT_UTF8[(variety % NOT_UTF8.len() as u64) as usize]);
                self.write_plain(row.country);
            }
            RejectCode::RecordTooLong => self.text.resize(self.text.len() + LONG_NAME_BYTES, b'x'),
            _ => self.write_text(row.partner_name),
        }
    }

    /// A text that may need quotes.
    fn write_text(&mut self, text: &str) {
        let needs_quotes = |byte| byte == self.delimiter || matches!(byte, b'"' | b'\n' | b'\r');
        if !text.bytes().any(needs_quotes) {
            return self.write_plain(text);
        }
        self.text.push(b'"');
        for byte in text.bytes() {
            if byte == b'"' {
                self.text.push(b'"');
            }
            self.text.push(byte);
        }
        self.text.push(b'"');
    }

    fn write_plain(&mut self, text: &str) {
        self.text.extend_from_slice(text.as_bytes());
    }

    fn write_date(&mut self, date: Option<Date>) {
        if let Some(date) = date {
            self.text.extend_from_slice(&date.iso_bytes());
        }
    }
}

/// The spelling of a boolean in exports.
pub(super) const fn bool_text(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}
