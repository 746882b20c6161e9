//! Rows of a sheet in parts of fixed size, which any thread can turn into compressed XML.

use super::cells::{Exceptions, XlsxCellSink};
use super::row_xml::RowWriter;
use crate::reports::Report;
use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};
use std::io::Write;

/// Rows of each part but a sheet's last; fixed, so that the bytes do not depend on how the rows arrived.
pub const PART_ROWS: usize = 4_096;
/// Bytes of rows in their compact form after which a part ends early, at the very row.
pub const PART_BYTES: usize = 4 << 20;
/// How hard the XML is compressed: the usual 6 takes two and a half times as long, to save a fifth of the bytes.
const COMPRESSION: Compression = Compression::new(2);
/// XML that is gathered before it is compressed.
const BUFFER_BYTES: usize = 64 << 10;

/// Rows whose place in a sheet is known.
#[derive(Debug)]
pub struct SheetPart {
    /// Place among the parts of the report.
    pub(super) index: usize,
    /// Sheet of the report, from 0.
    pub(super) sheet: usize,
    /// Number of the first row in the sheet; the header's is 1.
    pub(super) first_row: u32,
    pub(super) cells: XlsxCellSink,
}

/// A part that can be written.
#[derive(Debug)]
pub struct EncodedPart {
    pub(super) index: usize,
    pub(super) sheet: usize,
    pub(super) report: Report,
    pub(super) rows: u32,
    pub(super) compressed: Vec<u8>,
    pub(super) crc: Crc,
    pub(super) exceptions: Exceptions,
    pub(super) widths: Vec<usize>,
}

impl EncodedPart {
    /// The report it belongs to.
    pub const fn report(&self) -> Report {
        self.report
    }
}

impl SheetPart {
    /// Writes the rows as XML and compresses it.
    pub fn encode(self) -> EncodedPart {
        let Self { index, sheet, first_row, cells } = self;
        let mut writer = RowWriter::new(cells.report());
        let mut deflate = Deflate::new();
        let mut row_cells = Vec::new();
        let mut buffer = Vec::with_capacity(2 * BUFFER_BYTES);
        for row in 0..cells.rows() {
            cells.read_row(row, &mut row_cells);
            writer.write(first_row + row as u32, &row_cells, &mut buffer);
            if buffer.len() >= BUFFER_BYTES {
                deflate.add(&buffer);
                buffer.clear();
            }
        }
        deflate.add(&buffer);
        let (compressed, crc) = deflate.pause();
        let mut exceptions = writer.exceptions;
        exceptions.cut_texts = cells.cut_texts();
        let (report, rows) = (cells.report(), cells.rows() as u32);
        EncodedPart { index, sheet, report, rows, compressed, crc, exceptions, widths: writer.widths }
    }
}

/// Compresses a piece of a longer text so that the pieces, one after the other, are the text compressed.
pub struct Deflate {
    encoder: DeflateEncoder<Vec<u8>>,
    crc: Crc,
}

impl Deflate {
    /// An empty piece.
    pub fn new() -> Self {
        Self { encoder: DeflateEncoder::new(Vec::new(), COMPRESSION), crc: Crc::new() }
    }

    /// Adds bytes to the piece.
    pub fn add(&mut self, bytes: &[u8]) {
        self.crc.update(bytes);
        self.encoder.write_all(bytes).expect("writing to memory does not fail");
    }

    /// Ends a piece that others follow: at a whole byte, and without the mark of the last block.
    pub fn pause(mut self) -> (Vec<u8>, Crc) {
        self.encoder.flush().expect("writing to memory does not fail");
        (std::mem::take(self.encoder.get_mut()), self.crc)
    }

    /// Ends the last piece.
    pub fn finish(self) -> (Vec<u8>, Crc) {
        (self.encoder.finish().expect("writing to memory does not fail"), self.crc)
    }
}
