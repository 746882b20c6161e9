//! Counting the rows of a report from its bytes, whatever its format: a second opinion on what a run counted.

use crate::ingest::parquet::{FOOTER_BYTES_MOST, TAIL, rows_of_end};
use flate2::write::MultiGzDecoder;
use std::io::{self, Write};
use zstd::stream::write::Decoder;

/// Takes the bytes of a report in order, and tells how many rows they are.
pub struct RowCounter(Form);

enum Form {
    Csv(CsvRows),
    Gzip(Box<MultiGzDecoder<CsvRows>>),
    Zstandard(Decoder<'static, CsvRows>),
    Parquet(Vec<u8>),
}

impl RowCounter {
    /// A counter for a file of this name; `None` where a file of its form has no rows to be counted.
    ///
    /// # Errors
    /// No memory to unpack.
    pub fn of(name: &str) -> io::Result<Option<Self>> {
        Ok(Some(Self(if name.ends_with(".csv") {
            Form::Csv(CsvRows::default())
        } else if name.ends_with(".csv.gz") {
            Form::Gzip(Box::new(MultiGzDecoder::new(CsvRows::default())))
        } else if name.ends_with(".csv.zst") {
            Form::Zstandard(Decoder::new(CsvRows::default())?)
        } else if name.ends_with(".parquet") {
            Form::Parquet(Vec::new())
        } else {
            return Ok(None);
        })))
    }

    /// The rows, without a header, after the last byte.
    ///
    /// # Errors
    /// Why the bytes are no report.
    pub fn finish(self) -> Result<u64, String> {
        match self.0 {
            Form::Csv(rows) => rows.finish(),
            Form::Gzip(decoder) => decoder.finish().map_err(|error| error.to_string())?.finish(),
            Form::Zstandard(mut decoder) => {
                decoder.flush().map_err(|error| error.to_string())?;
                decoder.into_inner().finish()
            }
            Form::Parquet(end) => rows_of_end(end),
        }
    }
}

impl Write for RowCounter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.0 {
            Form::Csv(rows) => rows.write(bytes),
            Form::Gzip(decoder) => decoder.write(bytes),
            Form::Zstandard(decoder) => decoder.write(bytes),
            Form::Parquet(end) => {
                end.extend_from_slice(bytes);
                const KEPT: usize = (FOOTER_BYTES_MOST + TAIL) as usize;
                if end.len() > 2 * KEPT {
                    end.drain(..end.len() - KEPT);
                }
                Ok(bytes.len())
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Counts the records of CSV that was written by RFC 4180, in which quotes stand in quoted fields only.
#[derive(Default)]
struct CsvRows {
    records: u64,
    is_quoted: bool,
}

impl CsvRows {
    fn finish(self) -> Result<u64, String> {
        if self.is_quoted {
            return Err("a quoted field does not end".to_owned());
        }
        self.records.checked_sub(1).ok_or_else(|| "it has no header".to_owned())
    }
}

impl Write for CsvRows {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for at in memchr::memchr2_iter(b'"', b'\n', bytes) {
            match bytes[at] {
                // A doubled quote ends a quoted field and begins it anew.
                b'"' => self.is_quoted = !self.is_quoted,
                _ => self.records += u64::from(!self.is_quoted),
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::compression::Codec;
    use super::*;

    fn count(name: &str, bytes: &[u8], piece: usize) -> Result<u64, String> {
        let mut counter = RowCounter::of(name).unwrap().unwrap();
        for piece in bytes.chunks(piece) {
            counter.write_all(piece).map_err(|error| error.to_string())?;
        }
        counter.finish()
    }

    #[test]
    fn records_are_counted_and_not_lines() {
        for (text, rows) in [
            ("a,b\n", 0),
            ("a,b\n1,2\n", 1),
            ("a,b\n\"1\n\",\"x\"\"\n\"\"\"\n,\n", 2),
            ("a\n\"\"\n\"\"\"\"\n\"\n\"\n", 3),
        ] {
            for piece in 1..text.len() {
                assert_eq!(count("x.csv", text.as_bytes(), piece), Ok(rows), "{text:?}");
                for codec in [Codec::Gzip, Codec::Zstandard] {
                    let (first, second) = text.as_bytes().split_at(piece);
                    let blocks = [codec.compress(first).unwrap(), codec.compress(second).unwrap()].concat();
                    let name = format!("x.csv.{}", codec.extension());
                    assert_eq!(count(&name, &blocks, piece), Ok(rows), "{text:?} in {name}");
                }
            }
        }
    }

    #[test]
    fn what_is_no_report_has_no_rows() {
        for (name, bytes) in [
            ("x.csv", &b""[..]),
            ("x.csv", b"a\n\"1\n"),
            ("x.csv.gz", b"a\n"),
            ("x.csv.zst", b"a\n"),
            ("x.parquet", b"PAR1"),
            ("x.parquet", b"PAR1\x05\0\0\0PAR1"),
            ("x.parquet", b"PAR1\x04\0\0\0PAR1"),
            ("x.parquet", b"PAR1\xFF\xFF\xFF\xFFPAR1"),
        ] {
            assert!(count(name, bytes, 3).is_err(), "{name} {bytes:?}");
        }
        assert!(RowCounter::of("summary.json").unwrap().is_none());
    }
}
