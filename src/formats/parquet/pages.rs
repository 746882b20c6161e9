//! The pages of a column chunk, one after the other.

use bytes::Bytes;
use parquet::basic::{Compression, Encoding};
use parquet::column::page::{CompressedPage, Page, PageWriter};
use parquet::column::writer::ColumnCloseResult;
use parquet::errors::ParquetError;
use parquet::file::metadata::{ColumnChunkMetaData, PageEncodingStats};
use parquet::file::statistics::Statistics;
use parquet::file::writer::{SerializedPageWriter, TrackedWrite};
use parquet::schema::types::ColumnDescPtr;

/// Bytes of a data page, about, before it is compressed.
pub(super) const PAGE_BYTES: usize = 1024 * 1024;

/// A column chunk that can be written.
pub(super) struct ColumnChunk {
    pub(super) bytes: Bytes,
    pub(super) close: ColumnCloseResult,
}

/// Compresses one page after the other.
pub(super) struct Compressor {
    encoder: snap::raw::Encoder,
    buffer: Vec<u8>,
}

/// A column chunk whose pages are being written.
pub(super) struct Pages<'a> {
    output: TrackedWrite<Vec<u8>>,
    /// What compresses them, if they are.
    compressor: Option<&'a mut Compressor>,
    dictionary_offset: Option<u64>,
    data_offset: Option<u64>,
    written: Vec<PageEncodingStats>,
    rows: u32,
    compressed_bytes: usize,
    uncompressed_bytes: usize,
}

impl Compressor {
    /// One that has compressed nothing.
    pub(super) fn new() -> Self {
        Self { encoder: snap::raw::Encoder::new(), buffer: Vec::new() }
    }

    fn compress(&mut self, bytes: &[u8]) -> Result<&[u8], ParquetError> {
        let most = snap::raw::max_compress_len(bytes.len());
        if self.buffer.len() < most {
            self.buffer.resize(most, 0);
        }
        let length = self.encoder.compress(bytes, &mut self.buffer)?;
        Ok(&self.buffer[..length])
    }
}

impl<'a> Pages<'a> {
    /// No pages.
    pub(super) fn new(compressor: Option<&'a mut Compressor>) -> Self {
        Self {
            output: TrackedWrite::new(Vec::new()),
            compressor,
            dictionary_offset: None,
            data_offset: None,
            written: Vec::new(),
            rows: 0,
            compressed_bytes: 0,
            uncompressed_bytes: 0,
        }
    }

    /// Writes the dictionary, which comes before the data.
    ///
    /// # Errors
    /// A dictionary that is too large.
    pub(super) fn write_dictionary(&mut self, values: &[u8], count: usize) -> Result<(), ParquetError> {
        let num_values = u32::try_from(count)?;
        self.dictionary_offset = Some(self.write(values, |buf| Page::DictionaryPage {
            buf,
            num_values,
            encoding: Encoding::PLAIN,
            is_sorted: false,
        })?);
        Ok(())
    }

    /// Writes the levels and values of some rows.
    ///
    /// # Errors
    /// A page that is too large.
    pub(super) fn write_data(&mut self, data: &[u8], rows: usize, encoding: Encoding) -> Result<(), ParquetError> {
        let num_values = u32::try_from(rows)?;
        let offset = self.write(data, |buf| Page::DataPage {
            buf,
            num_values,
            encoding,
            def_level_encoding: Encoding::RLE,
            rep_level_encoding: Encoding::RLE,
            statistics: None,
        })?;
        self.data_offset.get_or_insert(offset);
        self.rows += num_values;
        Ok(())
    }

    /// Where the page begins.
    fn write(&mut self, body: &[u8], page: impl FnOnce(Bytes) -> Page) -> Result<u64, ParquetError> {
        let compressed = match &mut self.compressor {
            Some(compressor) => compressor.compress(body)?,
            None => body,
        };
        let page = page(Bytes::copy_from_slice(compressed));
        let (page_type, encoding) = (page.page_type(), page.encoding());
        match self.written.last_mut().filter(|last| last.page_type == page_type) {
            Some(last) => last.count += 1,
            None => self.written.push(PageEncodingStats { page_type, encoding, count: 1 }),
        }
        let page = CompressedPage::new(page, body.len());
        let written = SerializedPageWriter::new(&mut self.output).write_page(page)?;
        self.compressed_bytes += written.compressed_size;
        self.uncompressed_bytes += written.uncompressed_size;
        Ok(written.offset)
    }

    /// The column chunk of all pages.
    ///
    /// # Errors
    /// None: the library's builder has one.
    pub(super) fn finish(
        self,
        column: &ColumnDescPtr,
        statistics: Option<Statistics>,
    ) -> Result<ColumnChunk, ParquetError> {
        let signed = |number: usize| i64::try_from(number);
        let codec = if self.compressor.is_some() { Compression::SNAPPY } else { Compression::UNCOMPRESSED };
        let mut encodings = vec![Encoding::PLAIN, Encoding::RLE];
        if self.dictionary_offset.is_some() {
            encodings.push(Encoding::RLE_DICTIONARY);
        }
        let mut metadata = ColumnChunkMetaData::builder(column.clone())
            .set_compression(codec)
            .set_encodings(encodings)
            .set_page_encoding_stats(self.written)
            .set_total_compressed_size(signed(self.compressed_bytes)?)
            .set_total_uncompressed_size(signed(self.uncompressed_bytes)?)
            .set_num_values(i64::from(self.rows))
            .set_data_page_offset(self.data_offset.map(i64::try_from).transpose()?.unwrap_or(0))
            .set_dictionary_page_offset(self.dictionary_offset.map(i64::try_from).transpose()?);
        if let Some(statistics) = statistics {
            metadata = metadata.set_statistics(statistics);
        }
        let close = ColumnCloseResult {
            bytes_written: self.compressed_bytes as u64,
            rows_written: u64::from(self.rows),
            metadata: metadata.build()?,
            bloom_filter: None,
            column_index: None,
            offset_index: None,
        };
        Ok(ColumnChunk { bytes: self.output.into_inner()?.into(), close })
    }
}
