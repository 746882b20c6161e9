//! The hash of a file that was read in chunks.

use blake3::hazmat::{Mode, merge_subtrees_non_root, merge_subtrees_root};

/// The hashes of a file's chunks in order, in memory that does not follow their number.
#[derive(Debug, Default)]
pub struct ChunkHashes {
    /// Of subtrees of the file's hash, each of half as many chunks as the one before it, or fewer.
    subtrees: Vec<[u8; 32]>,
    chunks: u64,
}

impl ChunkHashes {
    /// Adds the hash of the next chunk; all but the last are of one size, which is a power of two.
    pub fn push(&mut self, hash: [u8; 32]) {
        // What the chunks so far make is merged when another one follows: merging all of a file is not the same.
        while self.subtrees.len() > self.chunks.count_ones() as usize {
            if let (Some(right), Some(left)) = (self.subtrees.pop(), self.subtrees.pop()) {
                self.subtrees.push(merge_subtrees_non_root(&left, &right, Mode::Hash));
            }
        }
        self.subtrees.push(hash);
        self.chunks += 1;
    }

    /// The hash of the file.
    pub fn finish(mut self) -> blake3::Hash {
        let Some(mut right) = self.subtrees.pop() else { return blake3::hash(b"") };
        while let Some(left) = self.subtrees.pop() {
            if self.subtrees.is_empty() {
                return merge_subtrees_root(&left, &right, Mode::Hash);
            }
            right = merge_subtrees_non_root(&left, &right, Mode::Hash);
        }
        blake3::Hash::from_bytes(right)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::csv::hash_chunk;

    #[test]
    fn chunks_make_the_hash_of_the_whole() {
        const CHUNK: usize = 1024;
        let bytes: Vec<u8> = (0..=250).cycle().take(40 * CHUNK).collect();
        for chunks in 0..40 {
            for size in [chunks * CHUNK, chunks * CHUNK + 1, chunks * CHUNK + CHUNK - 1] {
                let whole = &bytes[..size];
                let mut hashes = ChunkHashes::default();
                for (index, chunk) in whole.chunks(CHUNK).enumerate() {
                    hashes.push(hash_chunk(chunk, (index * CHUNK) as u64, size as u64, CHUNK as u64));
                }
                assert!(hashes.subtrees.len() <= 7, "{size}");
                assert_eq!(hashes.finish(), blake3::hash(whole), "{size}");
            }
        }
    }
}
