//! The hash of a file that was read in chunks.

/// The hash of a file from those of its chunks.
pub fn merge_hashes(hashes: &[[u8; 32]], size: u64, chunk_bytes: u64) -> blake3::Hash {
    use blake3::hazmat::{Mode, left_subtree_len, merge_subtrees_non_root, merge_subtrees_root};
    fn halves(hashes: &[[u8; 32]], size: u64, chunk_bytes: u64) -> ([u8; 32], [u8; 32]) {
        let left_bytes = left_subtree_len(size);
        let (left, right) = hashes.split_at((left_bytes / chunk_bytes) as usize);
        (subtree(left, left_bytes, chunk_bytes), subtree(right, size - left_bytes, chunk_bytes))
    }
    fn subtree(hashes: &[[u8; 32]], size: u64, chunk_bytes: u64) -> [u8; 32] {
        if let [hash] = hashes {
            return *hash;
        }
        let (left, right) = halves(hashes, size, chunk_bytes);
        merge_subtrees_non_root(&left, &right, Mode::Hash)
    }
    match hashes {
        [] => blake3::hash(b""),
        [hash] => blake3::Hash::from_bytes(*hash),
        _ => {
            let (left, right) = halves(hashes, size, chunk_bytes);
            merge_subtrees_root(&left, &right, Mode::Hash)
        }
    }
}
