//! Records in partitions: few in memory, the others in a file.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

/// Number of partitions.
pub const PARTITIONS: usize = 256;

/// Bytes of a partition that are held before they are put into the file.
const BLOCK_BYTES: usize = 16 * 1024;

/// Makes the file for records that are not held in memory.
pub type Scratch<'a> = Box<dyn Fn() -> io::Result<File> + Send + Sync + 'a>;

/// Records of `N` numbers each, in [`PARTITIONS`] partitions.
///
/// At most 4 MiB are held in memory. The file is only made where more are added.
pub struct Partitions<'a, const N: usize> {
    held: Vec<Vec<[u64; N]>>,
    /// For each partition, where its blocks begin in the file.
    blocks: Vec<Vec<u64>>,
    file: Option<File>,
    end: u64,
    bytes: Vec<u8>,
    scratch: Scratch<'a>,
}

impl<'a, const N: usize> Partitions<'a, N> {
    const BLOCK_RECORDS: usize = BLOCK_BYTES / (8 * N);

    /// Nothing yet; the file, if one is needed, comes from `scratch`.
    pub fn new(scratch: Scratch<'a>) -> Self {
        Self {
            held: vec![Vec::new(); PARTITIONS],
            blocks: vec![Vec::new(); PARTITIONS],
            file: None,
            end: 0,
            bytes: Vec::new(),
            scratch,
        }
    }

    /// Adds a record.
    ///
    /// # Errors
    /// The file cannot be made or written.
    #[inline]
    pub fn add(&mut self, partition: usize, record: [u64; N]) -> io::Result<()> {
        let held = &mut self.held[partition];
        held.push(record);
        if held.len() == Self::BLOCK_RECORDS { self.put_away(partition) } else { Ok(()) }
    }

    #[inline(never)]
    fn put_away(&mut self, partition: usize) -> io::Result<()> {
        if self.file.is_none() {
            self.file = Some((self.scratch)()?);
        }
        let Some(file) = &self.file else { return Ok(()) };
        self.bytes.clear();
        self.bytes.extend(self.held[partition].iter().flatten().flat_map(|number| number.to_le_bytes()));
        file.write_all_at(&self.bytes, self.end)?;
        self.blocks[partition].push(self.end);
        self.end += self.bytes.len() as u64;
        self.held[partition].clear();
        Ok(())
    }

    /// Records of a partition.
    pub fn count(&self, partition: usize) -> usize {
        self.blocks[partition].len() * Self::BLOCK_RECORDS + self.held[partition].len()
    }

    /// Shows the records of a partition in the order in which they were added, a block in memory at a time: however
    /// many rows are of one offer, they are all in one partition.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn visit(&self, partition: usize, mut visit: impl FnMut([u64; N])) -> io::Result<()> {
        let mut bytes = vec![0; Self::BLOCK_RECORDS * N * 8];
        for &block in &self.blocks[partition] {
            if let Some(file) = &self.file {
                file.read_exact_at(&mut bytes, block)?;
            }
            let (numbers, _) = bytes.as_chunks::<8>();
            for record in numbers.chunks_exact(N) {
                visit(std::array::from_fn(|index| u64::from_le_bytes(record[index])));
            }
        }
        self.held[partition].iter().copied().for_each(visit);
        Ok(())
    }

    /// Bytes that were put into the file.
    pub const fn bytes_put_away(&self) -> u64 {
        self.end
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_come_back_in_order_from_memory_and_file() {
        for count in [0, 1, 4_000, 400_000_u64] {
            let mut partitions: Partitions<'_, 3> = Partitions::new(Box::new(tempfile::tempfile));
            let partition_of = |number: u64| (number % 7) as usize * 36;
            for number in 0..count {
                partitions.add(partition_of(number), [number, number * 2, u64::MAX - number]).unwrap();
            }
            assert_eq!(partitions.bytes_put_away() > 0, count > 4_000);
            let mut records = Vec::new();
            let mut total = 0;
            for partition in 0..PARTITIONS {
                records.clear();
                partitions.visit(partition, |record| records.push(record)).unwrap();
                assert_eq!(partitions.count(partition), records.len());
                total += records.len() as u64;
                assert!(records.is_sorted());
                for [first, second, third] in &records {
                    assert_eq!((partition_of(*first), first * 2, u64::MAX - first), (partition, *second, *third));
                }
            }
            assert_eq!(total, count);
        }
    }

    #[test]
    fn a_file_that_cannot_be_made_is_an_error_once_it_is_needed() {
        let mut partitions: Partitions<'_, 1> = Partitions::new(Box::new(|| Err(io::ErrorKind::StorageFull.into())));
        let outcome = (0..10_000).try_for_each(|number| partitions.add(0, [number]));
        assert_eq!(outcome.unwrap_err().kind(), io::ErrorKind::StorageFull);
    }
}
