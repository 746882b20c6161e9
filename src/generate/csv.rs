//! Writing an invented export as delimited text.

use std::io::Write;

use super::dirty::{PlantedCounts, Spoiling};
use super::row_writer::RowWriter;
use super::{GenerateError, GenerateOptions, GenerateSummary, blocks, thread_count, visit_rows};
use crate::ingest::Column;
use crate::rules::Policy;

/// Rows that one thread makes at a time; about 2 MB of text.
const BLOCK_ROWS: u64 = 16_384;

/// Writes an invented export as CSV, or with another delimiter, and says what was planted in it.
///
/// The bytes depend on the options, the policy and the delimiter alone, whatever the threads, and are the same in
/// every version. A shorter export is the beginning of a longer one, but for a last row spoiled with
/// `unclosed_quote`. Every clean row is valid on the as-of date and on any later one; rows spoiled with
/// `payment_after_as_of` are only so on the as-of date.
///
/// # Errors
/// [`GenerateError`] if the options cannot be, or if writing fails.
pub fn generate_csv(
    options: GenerateOptions,
    policy: &Policy,
    delimiter: u8,
    output: &mut dyn Write,
) -> Result<GenerateSummary, GenerateError> {
    generate_csv_on(thread_count(), options, policy, delimiter, output)
}

fn generate_csv_on(
    threads: usize,
    options: GenerateOptions,
    policy: &Policy,
    delimiter: u8,
    output: &mut dyn Write,
) -> Result<GenerateSummary, GenerateError> {
    options.check()?;
    if !matches!(delimiter, b',' | b'\t' | b';') {
        return Err(GenerateError::Delimiter(char::from(delimiter)));
    }
    let spoiling = Spoiling::of_csv(options);
    let mut planted = PlantedCounts::default();
    output.write_all(&header(delimiter))?;
    let make = |block| {
        let rows = block * BLOCK_ROWS..options.rows.min((block + 1) * BLOCK_ROWS);
        let mut writer = RowWriter::new(delimiter, BLOCK_ROWS as usize);
        let planted = visit_rows(options, policy, &spoiling, rows, |row, spoiled| writer.write(row, spoiled));
        (writer.into_text(), planted)
    };
    blocks::make_in_order(options.rows.div_ceil(BLOCK_ROWS), threads, make, |(text, planted_in_block)| {
        planted.add(&planted_in_block);
        output.write_all(&text)
    })?;
    output.flush()?;
    Ok(GenerateSummary { rows: options.rows, planted })
}

fn header(delimiter: u8) -> Vec<u8> {
    let names: Vec<_> = Column::ALL.iter().map(|column| column.as_str().as_bytes()).collect();
    let mut header = names.join(&delimiter);
    header.push(b'\n');
    header
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::RejectCode;
    use crate::rules::test_policies::{date, seed};
    use crate::rules::{Date, Fee, Level, OfferType, Portal};

    fn options(rows: u64, dirty: f64) -> GenerateOptions {
        GenerateOptions { rows, seed: 1, dirty, as_of: date("2020-06-05"), lives: None }
    }

    fn generate(threads: usize, options: GenerateOptions, delimiter: u8) -> (Vec<u8>, GenerateSummary) {
        let mut bytes = Vec::new();
        let summary = generate_csv_on(threads, options, &seed(), delimiter, &mut bytes).unwrap();
        (bytes, summary)
    }

    /// These bytes may never change: a seed gives the same export for ever.
    #[test]
    fn the_bytes_of_a_seed_are_these() {
        let expected = "\
            partner_id,partner_name,country,offer_type,offer_name,level,purchase_date,renewal_start_date,\
            last_renewal_date,requirements_met,portal,fee,currency\n\
            4754754,Hobblespindle Data Analytics GmbH,DE,competency,Cloud Customer Relationship Management,gold,\
            2014-05-23,2021-05-21,2020-06-04,true,partner_center,2722.14,EUR\n\
            2409075,Snizzlepebble Digital Workplaces B.V.,NL,competency,Messaging,gold,\
            2017-05-22,2019-05-22,,true,partner_center,2744.55,EUR\n\
            0063396,Scrumplesnout Cloud Services G.K.,JP,competency,Data Platform,silver,\
            2015-05-13,,2019-05-25,false,partner_center,114587,JPY\n";
        assert_eq!(String::from_utf8(generate(1, options(3, 0.0), b',').0).unwrap(), expected);
        // FNV-1a, which is short enough to be written here.
        let hash = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3);
        let bytes = generate(2, options(50_000, 0.05), b',').0;
        assert_eq!(bytes.iter().fold(0xcbf2_9ce4_8422_2325, hash), 12_749_946_133_588_676_170);
    }

    #[test]
    fn the_bytes_do_not_depend_on_the_threads() {
        let options = options(3 * BLOCK_ROWS + 17, 0.01);
        let expected = generate(1, options, b',');
        for threads in [2, 3, 8] {
            assert!(generate(threads, options, b',') == expected, "{threads} threads");
        }
    }

    #[test]
    fn a_shorter_export_is_the_beginning_of_a_longer_one() {
        let long = generate(2, options(BLOCK_ROWS + 100, 0.0), b';').0;
        assert!(long.starts_with(&generate(2, options(777, 0.0), b';').0));
        let long = generate(2, options(BLOCK_ROWS + 100, 0.05), b';').0;
        let short = generate(2, options(777, 0.05), b';').0;
        let last_row = short[..short.len() - 1].iter().rposition(|&byte| byte == b'\n').unwrap();
        assert!(long.starts_with(&short[..=last_row]));
    }

    #[test]
    fn every_clean_cell_has_the_form_of_its_column() {
        for delimiter in [b',', b'\t', b';'] {
            let (bytes, summary) = generate(2, options(20_000, 0.0), delimiter);
            assert!(bytes.len() as u64 / summary.rows > 110 && (bytes.len() as u64) < 140 * summary.rows);
            let mut reader = ::csv::ReaderBuilder::new().delimiter(delimiter).from_reader(&bytes[..]);
            assert!(reader.headers().unwrap().iter().eq(Column::ALL.iter().map(|column| column.as_str())));
            let mut rows = 0;
            for record in reader.records() {
                let record = record.unwrap();
                let cell = |column: Column| &record[column.index()];
                let optional = |column, is_valid: fn(&[u8]) -> bool| {
                    let text: &str = cell(column);
                    assert!(text.is_empty() || is_valid(text.as_bytes()), "{column:?}: {record:?}");
                };
                assert!(cell(Column::PartnerId).len() >= 7 && !cell(Column::PartnerName).is_empty());
                assert!(Date::parse_iso(cell(Column::PurchaseDate).as_bytes()).is_some());
                assert!(OfferType::parse(cell(Column::OfferType).as_bytes()).is_some());
                optional(Column::Level, |text| Level::parse(text).is_some());
                optional(Column::RenewalStartDate, |text| Date::parse_iso(text).is_some());
                optional(Column::LastRenewalDate, |text| Date::parse_iso(text).is_some());
                optional(Column::RequirementsMet, |text| matches!(text, b"true" | b"false"));
                optional(Column::Portal, |text| Portal::parse(text).is_some());
                optional(Column::Fee, |text| Fee::parse(text).is_some());
                optional(Column::Currency, |text| text.len() == 3 && text.iter().all(u8::is_ascii_uppercase));
                assert!(cell(Column::Fee).is_empty() || !cell(Column::Currency).is_empty());
                assert!(cell(Column::Currency) != "JPY" || !cell(Column::Fee).contains('.'));
                rows += 1;
            }
            assert_eq!(rows, summary.rows);
        }
    }

    #[test]
    fn framing_is_broken_as_often_as_counted() {
        let (bytes, summary) = generate(2, options(5_000, 0.2), b';');
        let lines: Vec<_> = bytes[..bytes.len() - 1].split(|&byte| byte == b'\n').skip(1).collect();
        assert_eq!(lines.len(), 5_000);
        let count = |is_such: fn(&&&[u8]) -> bool| lines.iter().filter(is_such).count() as u64;
        let planted = summary.planted;
        assert_eq!(count(|line| line.len() > 1 << 20), planted.of(RejectCode::RecordTooLong));
        assert_eq!(count(|line| std::str::from_utf8(line).is_err()), planted.of(RejectCode::BadUtf8));
        assert_eq!(count(|line| contains(line, b"\" (old);")), planted.of(RejectCode::BadQuote));
        // Outside quotes, that is in every second part between quotes, a delimiter ends a cell.
        let cells = |line: &&&[u8]| {
            let parts = line.split(|&byte| byte == b'"').step_by(2);
            1 + parts.map(|part| part.iter().filter(|&&byte| byte == b';').count()).sum::<usize>()
        };
        let closed = &lines[..lines.len() - 1];
        let too_few = closed.iter().filter(|line| cells(line) < 13).count() as u64;
        let too_many = closed.iter().filter(|line| cells(line) > 13).count() as u64;
        assert_eq!((too_few, too_many), (planted.of(RejectCode::TooFewFields), planted.of(RejectCode::TooManyFields)));
        let quotes = lines[lines.len() - 1].iter().filter(|&&byte| byte == b'"').count();
        assert_eq!((quotes, planted.of(RejectCode::UnclosedQuote)), (1, 1));
    }

    fn contains(text: &[u8], part: &[u8]) -> bool {
        text.windows(part.len()).any(|window| window == part)
    }

    #[test]
    fn options_that_cannot_be_are_refused_before_a_byte_is_written() {
        let refused = |options, delimiter| {
            let mut bytes = Vec::new();
            let problem = generate_csv(options, &seed(), delimiter, &mut bytes).unwrap_err();
            assert!(bytes.is_empty());
            problem.to_string()
        };
        assert_eq!(refused(options(1, 1.5), b','), "the dirty rate is 1.5, but must be from 0 to 1");
        assert_eq!(refused(options(1, f64::NAN), b','), "the dirty rate is NaN, but must be from 0 to 1");
        let early = GenerateOptions { as_of: date("2009-12-31"), ..options(1, 0.0) };
        assert_eq!(refused(early, b','), "the as-of date is 2009-12-31, but must be from 2010-01-01 to 2990-12-31");
        assert_eq!(refused(options(1, 0.0), b'|'), "the delimiter is '|', but must be a comma, a tab or a semicolon");
    }

    #[test]
    fn a_full_disk_is_an_error() {
        let mut room = [0; 1_000];
        let problem = generate_csv(options(100, 0.0), &seed(), b',', &mut &mut room[..]).unwrap_err();
        assert!(matches!(problem, GenerateError::Write(_)));
    }
}
