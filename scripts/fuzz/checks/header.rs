//! Headers of CSV, under the specification's names and under those of the shipped profiles.

use renewals::ingest::csv::CsvLayout;
use renewals::ingest::{Column, Mapping, ReadOptions, column_of};
use renewals::profile;
use std::path::Path;
use std::sync::{Arc, LazyLock};

static MAPPINGS: LazyLock<Vec<Option<Arc<Mapping>>>> = LazyLock::new(|| {
    let shipped = profile::shipped().iter();
    let mappings = shipped.map(|shipped| Some(Arc::new(profile::load(shipped.id).expect("it ships").mapping)));
    std::iter::once(None).chain(mappings).collect()
});

/// The first byte says whether more follows, and the profile; the rest is the beginning of a file.
pub fn check(data: &[u8]) {
    let Some((settings, bytes)) = data.split_first() else { return };
    let mut options = ReadOptions::new(4096);
    options.mapping.clone_from(&MAPPINGS[usize::from(settings >> 1) % MAPPINGS.len()]);
    let is_whole = settings & 1 == 0;
    match CsvLayout::read(Path::new("export.csv"), bytes, is_whole, &options) {
        Ok(layout) => check_layout(&layout, bytes, &options),
        Err(error) => assert!(!error.to_string().is_empty() && !error.hint().is_empty() && error.exit_code() == 65),
    }
}

fn check_layout(layout: &CsvLayout, bytes: &[u8], options: &ReadOptions) {
    let data_start = layout.data_start as usize;
    let line_feeds = bytes[..data_start].iter().filter(|byte| **byte == b'\n').count();
    assert_eq!(layout.lines_before_data, line_feeds as u64);
    assert_eq!(layout.field_count, layout.names.len());
    let headers = options.mapping.as_ref().and_then(|mapping| mapping.headers.as_ref());
    for column in Column::ALL {
        match layout.positions()[column.index()] {
            Some(position) => assert_eq!(column_of(&layout.names[position], headers), Some(*column)),
            None => {
                assert!(layout.names.iter().all(|name| column_of(name, headers) != Some(*column)));
                let is_constant = options.mapping.as_ref().is_some_and(|mapping| mapping.constant(*column).is_some());
                assert!(!column.is_needed() || is_constant);
            }
        }
    }
    let is_lone = |at: usize| bytes[at] == b'\r' && bytes.get(at + 1) != Some(&b'\n');
    if !(0..data_start).any(is_lone) {
        let mut reader = csv::ReaderBuilder::new();
        let mut reader = reader.has_headers(false).flexible(true).delimiter(layout.delimiter).from_reader(bytes);
        let mut record = csv::ByteRecord::new();
        assert!(reader.read_byte_record(&mut record).expect("memory can be read"));
        assert!(record.iter().eq(layout.names.iter().map(String::as_bytes)), "{record:?} {:?}", layout.names);
        // Of a carriage return and a line feed, the crate leaves the second to the next record.
        let rest = &bytes[reader.position().byte() as usize..data_start];
        assert!(rest.is_empty() || rest == b"\n", "{rest:?}");
    }
}
