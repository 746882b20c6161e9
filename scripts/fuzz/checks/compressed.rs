//! Compressed bytes, against the libraries that read such files as a whole.

use super::rows::file_of;
use renewals::ingest::ReadOptions;
use renewals::ingest::stream::{Compression, StreamOrigin};
use std::io::{self, Cursor, Read};

/// More than this is not compared.
const CONTENT_MAX: usize = 1 << 20;

/// Compressed bytes, as their first ones say.
pub fn check(data: &[u8]) {
    let Some(compression) = Compression::of(data) else { return };
    let read = content(data, 64 * 1024);
    let slowly = content(data, 7);
    let (Ok(read), Ok(slowly)) = (&read, &slowly) else {
        assert_eq!(read.is_ok(), slowly.is_ok(), "the sizes of reads make no difference");
        return;
    };
    let compared = read.len().min(slowly.len());
    assert_eq!(read[..compared], slowly[..compared]);
    if read.len() > CONTENT_MAX {
        return;
    }
    match compression {
        Compression::Gzip => {
            let mut expected = Vec::new();
            flate2::bufread::MultiGzDecoder::new(data).read_to_end(&mut expected).expect("it was read already");
            assert_eq!(*read, expected);
        }
        Compression::Zstandard => assert_eq!(*read, zstd::decode_all(data).expect("it was read already")),
        Compression::Zip => check_archive(data, read),
    }
}

fn content(data: &[u8], buffer_bytes: usize) -> io::Result<Vec<u8>> {
    let (_kept, file) = file_of(data);
    let opened = StreamOrigin::File(file).open(&ReadOptions::new(1 << 20));
    let mut stream = opened.map_err(|error| io::Error::other(error.to_string()))?.bytes;
    let (mut content, mut buffer) = (Vec::new(), vec![0; buffer_bytes]);
    while content.len() <= CONTENT_MAX {
        match stream.read(&mut buffer)? {
            0 => break,
            count => content.extend_from_slice(&buffer[..count]),
        }
    }
    Ok(content)
}

/// The archive's one file, as its directory has it.
fn check_archive(data: &[u8], read: &[u8]) {
    // The library looks for the directory from the end, and takes some that are damaged for none.
    let Ok(mut archive) = zip::ZipArchive::new(Cursor::new(data)) else { return };
    let is_hidden = |name: &str| name.ends_with('/') || name.split('/').any(|part| part.starts_with(['.', '_']));
    let is_visible = |index: &usize| matches!(archive.name_for_index(*index), Some(Ok(name)) if !is_hidden(&name));
    let visible: Vec<usize> = (0..archive.len()).filter(is_visible).collect();
    let [index] = visible[..] else { return };
    let mut expected = Vec::new();
    if archive.by_index(index).is_ok_and(|mut file| file.read_to_end(&mut expected).is_ok()) {
        assert_eq!(read, expected);
    }
}
