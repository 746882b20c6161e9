//! Whether the inputs are those of an earlier run.

use super::error::RunError;
use super::hashes::ChunkHashes;
use super::input::Input;
use super::{RunObserver, start_threads};
use crate::ingest::InputFile;
use crate::ingest::csv::hash_chunk;
use crate::ingest::stream::{StreamOrigin, read_some};
use rayon::ThreadPool;
use rayon::iter::{IntoParallelIterator, ParallelIterator};

/// Bytes that a thread reads at a time, a power of two.
const CHUNK_BYTES: u64 = 1 << 20;

/// Whether the inputs have these BLAKE3 hashes, one for one. No input after the first that differs is read, and an input
/// that could not be read again is not: it counts as different.
///
/// # Errors
/// An input that cannot be read or that changed since it was opened, and [`RunError::Cancelled`].
pub fn have_hashes(
    inputs: &[Input],
    hashes: &[blake3::Hash],
    threads: usize,
    observer: &dyn RunObserver,
) -> Result<bool, RunError> {
    if inputs.len() != hashes.len() {
        return Ok(false);
    }
    let pool = start_threads(threads)?;
    for (input, expected) in inputs.iter().zip(hashes) {
        if content_hash(input, &pool, observer)? != Some(*expected) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The BLAKE3 hashes of the inputs that can be read again.
///
/// # Errors
/// As for [`have_hashes`].
pub fn content_hashes(
    inputs: &[Input],
    threads: usize,
    observer: &dyn RunObserver,
) -> Result<Vec<blake3::Hash>, RunError> {
    let pool = start_threads(threads)?;
    inputs.iter().filter_map(|input| content_hash(input, &pool, observer).transpose()).collect()
}

fn content_hash(
    input: &Input,
    pool: &ThreadPool,
    observer: &dyn RunObserver,
) -> Result<Option<blake3::Hash>, RunError> {
    if let Some(hash) = input.hash_unread() {
        return Ok(Some(hash));
    }
    match (input, input.file()) {
        (_, Some(file)) => pool.install(|| hash(file, observer)).map(Some),
        (Input::Stream(stream), None) if input.is_repeatable() => hash_stream(&stream.origin, observer).map(Some),
        _ => Ok(None),
    }
}

fn hash_stream(origin: &StreamOrigin, observer: &dyn RunObserver) -> Result<blake3::Hash, RunError> {
    let mut stream = origin.read()?;
    let mut hasher = blake3::Hasher::new();
    let mut buffer = vec![0; CHUNK_BYTES as usize];
    let mut offset = 0;
    loop {
        if observer.is_cancelled() {
            return Err(RunError::Cancelled);
        }
        let count = read_some(&mut stream, &mut buffer).map_err(|error| origin.explain(error, offset))?;
        if count == 0 {
            origin.check_unchanged()?;
            return Ok(hasher.finalize());
        }
        hasher.update(&buffer[..count]);
        offset += count as u64;
        observer.advance(0, count as u64);
    }
}

fn hash(file: &InputFile, observer: &dyn RunObserver) -> Result<blake3::Hash, RunError> {
    let size = file.size();
    let chunks = (0..size.div_ceil(CHUNK_BYTES)).into_par_iter().map_init(Vec::new, |buffer, index| {
        if observer.is_cancelled() {
            return Err(RunError::Cancelled);
        }
        let offset = index * CHUNK_BYTES;
        buffer.resize((size - offset).min(CHUNK_BYTES) as usize, 0);
        file.read_at(buffer, offset)?;
        observer.advance(0, buffer.len() as u64);
        Ok(hash_chunk(buffer, offset, size, CHUNK_BYTES))
    });
    let hashes: Vec<[u8; 32]> = chunks.collect::<Result<_, _>>()?;
    file.check_unchanged()?;
    file.close();
    let mut whole = ChunkHashes::default();
    hashes.into_iter().for_each(|hash| whole.push(hash));
    Ok(whole.finish())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::{Found, ReadOptions};
    use std::path::Path;
    use std::sync::atomic::{AtomicU64, Ordering};

    #[derive(Default)]
    struct Bytes(AtomicU64);

    impl RunObserver for Bytes {
        fn advance(&self, _: u64, bytes: u64) {
            self.0.fetch_add(bytes, Ordering::Relaxed);
        }

        fn is_cancelled(&self) -> bool {
            false
        }
    }

    fn write(directory: &Path, name: &str, bytes: usize) -> (Input, blake3::Hash) {
        let mut text = b"partner_id,offer_type,purchase_date\n".to_vec();
        text.extend((0..bytes).map(|index| if index % 50 == 49 { b'\n' } else { b'a' + (index % 23) as u8 }));
        let path = directory.join(name);
        std::fs::write(&path, &text).expect("written");
        let found = Found::File(InputFile::open(&path).expect("opened"));
        let input = Input::open(found, &ReadOptions::new(1 << 20)).expect("an input");
        (input, blake3::hash(&text))
    }

    #[test]
    fn hashes_are_those_of_the_files_whatever_their_size() {
        let directory = tempfile::tempdir().expect("a directory");
        for bytes in [0, 1, 1_000, 1 << 20, (1 << 20) + 1, (5 << 20) - 36, 5 << 20, (7 << 20) + 12_345] {
            let (input, hash) = write(directory.path(), "in.csv", bytes);
            let inputs = [input];
            for threads in [1, 3] {
                assert!(have_hashes(&inputs, &[hash], threads, &Bytes::default()).expect("read"), "{bytes}");
                assert!(!have_hashes(&inputs, &[blake3::hash(b"")], threads, &Bytes::default()).expect("read"));
            }
        }
    }

    #[test]
    fn nothing_is_read_after_the_first_difference() {
        let directory = tempfile::tempdir().expect("a directory");
        let (first, hash) = write(directory.path(), "a.csv", 100);
        let (second, other) = write(directory.path(), "b.csv", 1_000);
        let inputs = [first, second];
        let read = Bytes::default();
        assert!(!have_hashes(&inputs, &[other, other], 1, &read).expect("read"));
        assert_eq!(read.0.load(Ordering::Relaxed), 136);
        assert!(!have_hashes(&inputs, &[hash], 1, &Bytes::default()).expect("read"), "an input more than there was");
        assert!(have_hashes(&inputs, &[hash, other], 1, &Bytes::default()).expect("read"));
    }
}
