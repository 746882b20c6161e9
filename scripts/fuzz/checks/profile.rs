//! Profiles: read, or refused at a place of the file; and any CSV read by one that is accepted.

use super::rows::{Checked, file_of};
use renewals::ingest::csv::{ChunkReader, CsvSource};
use renewals::ingest::{Column, DateFormat, ReadOptions};
use renewals::profile::parse;
use std::sync::Arc;

/// The profile, a NUL byte, and a file of CSV.
pub fn check(data: &[u8]) {
    let end = data.iter().position(|byte| *byte == 0).unwrap_or(data.len());
    let Ok(text) = std::str::from_utf8(&data[..end]) else { return };
    let profile = match parse("own.toml", text) {
        Ok(profile) => profile,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            if let Some(place) = error.place() {
                assert!((1..=text.matches('\n').count() + 1).contains(&place.line), "{error}");
                assert!((1..=text.len() + 1).contains(&place.column), "{error}");
            }
            let _hint = error.hint();
            return;
        }
    };
    let csv = data.get(end + 1..).unwrap_or_default();
    for column in Column::ALL {
        let _doubt = profile.mapping.doubt(*column, csv);
    }
    let (_kept, file) = file_of(csv);
    let mut options = ReadOptions::new(4096);
    options.mapping = Some(Arc::new(profile.mapping));
    let Ok(source) = CsvSource::open(file, &options) else { return };
    let mut checked = Checked::default();
    let size = source.file.size();
    let outcome = ChunkReader::default().read(&source, 0, size, None, &DateFormat::Iso, &mut checked);
    assert_eq!(outcome.expect("the file can be read").rows, checked.rows + checked.rejects);
}
