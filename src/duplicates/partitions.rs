//! Records in partitions: few in memory, the others in a file.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

/// Number of partitions: of 100 million different offers each is still looked through at once.
pub const PARTITIONS: usize = 1024;

/// Bytes of a partition that are held before they are put away.
const BLOCK_BYTES: usize = 4 * 1024;

/// Bytes of blocks that are written at once.
const WRITE_BYTES: usize = 64 * 1024;

/// Makes the file for records that are not held in memory.
pub type Scratch<'a> = Box<dyn Fn() -> io::Result<File> + Send + Sync + 'a>;

/// Records of `N` numbers each, in [`PARTITIONS`] partitions.
///
/// Little more than 4 MiB are held in memory. The file is only made where more are added.
pub struct Partitions<'a, const N: usize> {
    held: Vec<Vec<[u64; N]>>,
    /// For each partition, the numbers of its blocks in the file.
    blocks: Vec<Vec<u32>>,
    block_count: u32,
    file: Option<File>,
    /// Bytes in the file.
    written: u64,
    /// Blocks that are yet to be written.
    unwritten: Vec<u8>,
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
            block_count: 0,
            written: 0,
            unwritten: Vec::new(),
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
        self.unwritten.extend(self.held[partition].iter().flatten().flat_map(|number| number.to_le_bytes()));
        self.held[partition].clear();
        self.blocks[partition].push(self.block_count);
        self.block_count = self.block_count.checked_add(1).ok_or(io::ErrorKind::FileTooLarge)?;
        if self.unwritten.len() >= WRITE_BYTES { self.write() } else { Ok(()) }
    }

    fn write(&mut self) -> io::Result<()> {
        let file = match &self.file {
            Some(file) => file,
            None => self.file.insert((self.scratch)()?),
        };
        file.write_all_at(&self.unwritten, self.written)?;
        self.written += self.unwritten.len() as u64;
        self.unwritten.clear();
        Ok(())
    }

    /// Reads a block, from where it is now.
    fn read(&self, block: u32, bytes: &mut [u8]) -> io::Result<()> {
        let start = u64::from(block) * bytes.len() as u64;
        match (start.checked_sub(self.written), &self.file) {
            (None, Some(file)) => file.read_exact_at(bytes, start),
            (Some(at), _) => {
                let at = at as usize;
                bytes.copy_from_slice(&self.unwritten[at..at + bytes.len()]);
                Ok(())
            }
            (None, None) => Err(io::ErrorKind::NotFound.into()),
        }
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
        self.visit_while(partition, |record| {
            visit(record);
            true
        })
    }

    /// [`Self::visit`], up to the record of which `visit` says that no other is wanted.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn visit_while(&self, partition: usize, mut visit: impl FnMut([u64; N]) -> bool) -> io::Result<()> {
        let mut bytes = vec![0; Self::BLOCK_RECORDS * N * 8];
        for &block in &self.blocks[partition] {
            self.read(block, &mut bytes)?;
            let (numbers, _) = bytes.as_chunks::<8>();
            for record in numbers.chunks_exact(N) {
                if !visit(std::array::from_fn(|index| u64::from_le_bytes(record[index]))) {
                    return Ok(());
                }
            }
        }
        self.held[partition].iter().copied().all(visit);
        Ok(())
    }

    /// Bytes that were put into the file.
    pub const fn bytes_put_away(&self) -> u64 {
        self.written
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_come_back_in_order_from_memory_and_file() {
        for count in [0, 1, 2_000, 400_000_u64] {
            let mut partitions: Partitions<'_, 3> = Partitions::new(Box::new(tempfile::tempfile));
            let partition_of = |number: u64| (number % 7) as usize * 144;
            for number in 0..count {
                partitions.add(partition_of(number), [number, number * 2, u64::MAX - number]).unwrap();
            }
            assert_eq!(partitions.bytes_put_away() > 0, count > 2_000);
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
        let outcome = (0..100_000).try_for_each(|number| partitions.add(0, [number]));
        assert_eq!(outcome.unwrap_err().kind(), io::ErrorKind::StorageFull);
    }
}
