//! Compressed data give what they hold, whole, or an error.

use super::{ByteStream, Cancellation, Compression, StreamFault, Tap, Tapped};
use flate2::write::{DeflateEncoder, GzEncoder};
use std::io::{Cursor, Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use zip::CompressionMethod;
use zip::write::SimpleFileOptions;

fn text(lines: usize) -> Vec<u8> {
    (0..lines).flat_map(|line| format!("{line},action_pack,{}\n", line * line % 977).into_bytes()).collect()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zstandard(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 1).unwrap()
}

fn archive(files: &[(&str, &[u8])], method: CompressionMethod) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        let options = SimpleFileOptions::default().compression_method(method);
        match name.strip_suffix('/') {
            Some(directory) => writer.add_directory(directory, options).unwrap(),
            None => writer.start_file(*name, options).unwrap(),
        }
        writer.write_all(bytes).ok();
    }
    writer.finish().unwrap().into_inner()
}

/// An archive whose writer could not go back, so that sizes follow the data.
fn archive_with_descriptor(bytes: &[u8], has_signature: bool, is_large: bool) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    let data = encoder.finish().unwrap();
    let mut checksum = flate2::Crc::new();
    checksum.update(bytes);
    let mut archive = b"PK\x03\x04\x14\0\x08\0\x08\0\0\0\0\0".to_vec();
    archive.extend([0; 12]);
    archive.extend(b"\x05\0\0\0a.csv");
    archive.extend(&data);
    if has_signature {
        archive.extend(b"PK\x07\x08");
    }
    archive.extend(checksum.sum().to_le_bytes());
    for size in [data.len() as u64, bytes.len() as u64] {
        archive.extend(&size.to_le_bytes()[..if is_large { 8 } else { 4 }]);
    }
    archive.extend(b"PK\x01\x02\x14\0\x14\0\x08\0\x08\0\0\0\0\0");
    archive.extend(checksum.sum().to_le_bytes());
    for size in [data.len(), bytes.len()] {
        archive.extend(u32::try_from(size).unwrap().to_le_bytes());
    }
    archive.extend(b"\x05\0");
    archive.extend([0; 16]);
    archive.extend(b"a.csv");
    archive.extend(b"PK\x05\x06");
    archive.extend([0; 16]);
    archive.extend(b"\x02\0ok");
    archive
}

/// What compressed bytes hold, read in pieces of an odd size.
fn unpack_within(bytes: &[u8], max_expansion: u32) -> Result<Vec<u8>, StreamFault> {
    let tap = Arc::new(Tap::default());
    let inner: ByteStream = Box::new(Cursor::new(bytes.to_vec()));
    let stream = Box::new(Tapped { inner, tap: tap.clone(), cancellation: Cancellation::never() });
    let compression = Compression::of(bytes).expect("compressed");
    let mut content = compression.decode(stream, tap.clone(), max_expansion).unwrap();
    let mut unpacked = Vec::new();
    let mut buffer = [0; 4093];
    loop {
        match content.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => unpacked.extend_from_slice(&buffer[..count]),
            Err(error) => return Err(error.downcast().expect("a fault")),
        }
    }
    assert_eq!(tap.hash(), blake3::hash(bytes), "everything was read");
    Ok(unpacked)
}

fn unpack(bytes: &[u8]) -> Result<Vec<u8>, StreamFault> {
    unpack_within(bytes, 100)
}

/// Every form, with the content.
fn forms(content: &[u8]) -> Vec<Vec<u8>> {
    let (half, rest) = content.split_at(content.len() / 2);
    vec![
        gzip(content),
        [gzip(half), gzip(rest)].concat(),
        [gzip(content), gzip(b"")].concat(),
        zstandard(content),
        [zstandard(half), zstandard(rest)].concat(),
        // A frame to be skipped before and between the others.
        [
            b"\x50\x2a\x4d\x18\x03\0\0\0abc".to_vec(),
            zstandard(half),
            b"\x5f\x2a\x4d\x18\0\0\0\0".to_vec(),
            zstandard(rest),
        ]
        .concat(),
        archive(&[("a.csv", content)], CompressionMethod::Deflated),
        archive(&[("a.csv", content)], CompressionMethod::Stored),
        archive(&[("a.csv", content)], CompressionMethod::Zstd),
        archive(
            &[("in/", b""), ("in/.hidden", b"x"), ("in/a.csv", content), ("__MACOSX/in/._a.csv", b"y")],
            CompressionMethod::Deflated,
        ),
        archive_with_descriptor(content, true, false),
        archive_with_descriptor(content, true, true),
        archive_with_descriptor(content, false, false),
        archive_with_descriptor(content, false, true),
    ]
}

#[test]
fn every_form_gives_what_it_holds() {
    for content in [text(0), text(1), text(3_000), text(50_000)] {
        for (number, bytes) in forms(&content).iter().enumerate() {
            // Sizes of nothing do not tell how wide they are written.
            if content.is_empty() && (number == 11 || number == 13) {
                continue;
            }
            assert!(unpack(bytes).as_ref() == Ok(&content), "form {number} of {} bytes", content.len());
        }
    }
}

#[test]
fn what_is_cut_short_anywhere_is_no_whole() {
    let content = text(40);
    for (number, bytes) in forms(&content).iter().enumerate() {
        // After a whole member, frame or archive nothing is missing.
        let whole = [1, 2, 4, 5].contains(&number);
        for end in 4..bytes.len() {
            match unpack(&bytes[..end]) {
                Err(StreamFault::Truncated { .. } | StreamFault::Damaged { .. }) => {}
                Ok(unpacked) if whole => assert!(content.starts_with(&unpacked), "form {number} cut at {end}"),
                other => panic!("form {number} cut at {end}: {other:?}"),
            }
        }
    }
}

#[test]
fn a_changed_byte_is_noticed_or_makes_no_difference() {
    let content = text(40);
    for (number, bytes) in forms(&content).iter().enumerate() {
        for at in 4..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 0x10;
            if let Ok(unpacked) = unpack(&changed) {
                // A name, a time or a comment; Zstandard as written here has no checksum.
                assert!(
                    unpacked == content || bytes[..4] == zstandard(b"")[..4] || number == 5,
                    "form {number} at {at}"
                );
            }
        }
    }
}

/// An archive that was added to may begin with files that its directory has no more, or has as others.
#[test]
fn an_archive_holds_what_its_directory_says() {
    let content = text(3);
    let name = b"d/a.csv";
    let sound = archive(&[("_x", b"1"), ("d/a.csv", &content)], CompressionMethod::Stored);
    assert_eq!(unpack(&sound).as_ref(), Ok(&content));
    let entry = sound.windows(name.len()).rposition(|window| window == name).unwrap() - 46;
    let first = sound.windows(4).position(|window| window == b"PK\x01\x02").unwrap();
    let checksum_compressed_size_offset_and_name = [16, 20, 24, 42, 46];
    for at in checksum_compressed_size_offset_and_name {
        let mut other = sound.clone();
        other[entry + at] ^= 1;
        assert!(matches!(unpack(&other), Err(StreamFault::Damaged { .. })), "{at}");
    }
    let without = [&sound[..first], &sound[entry..]].concat();
    assert!(matches!(unpack(&without), Err(StreamFault::Damaged { .. })), "a file of which nothing is told");
    let twice = [&sound[..first], &sound[entry..entry + 53], &sound[entry..]].concat();
    assert!(matches!(unpack(&twice), Err(StreamFault::Damaged { .. })), "a file that is told of twice");
    let mut shown = sound;
    shown[first + 46] = b'x';
    assert!(matches!(unpack(&shown), Err(StreamFault::Damaged { .. })), "a file that is hidden in one place only");
}

#[test]
fn nothing_may_follow() {
    let content = text(10);
    for bytes in forms(&content) {
        for garbage in [&b"x"[..], b"\0", b"partner_id,offer_type\n"] {
            let outcome = unpack(&[&bytes[..], garbage].concat());
            assert!(
                matches!(
                    outcome,
                    Err(StreamFault::Trailing { .. } | StreamFault::Damaged { .. } | StreamFault::Truncated { .. })
                ),
                "{outcome:?}"
            );
        }
    }
}

#[test]
fn archives_that_are_not_of_one_readable_file() {
    let refused = |bytes: &[u8]| match unpack(bytes) {
        Err(StreamFault::Archive { reason }) => reason,
        other => panic!("{other:?}"),
    };
    let deflated = CompressionMethod::Deflated;
    assert_eq!(refused(&archive(&[("a.csv", b"x"), ("b.csv", b"y")], deflated)), "holds more than one file");
    assert_eq!(refused(&archive(&[], deflated)), "holds no file");
    assert_eq!(refused(&archive(&[("in/", b""), (".hidden", b"x")], deflated)), "holds no file");
    let mut encrypted = archive(&[("a.csv", b"x")], deflated);
    encrypted[6] |= 1;
    assert_eq!(refused(&encrypted), "is encrypted");
    let mut strange = archive(&[("a.csv", b"x")], deflated);
    strange[8] = 14;
    assert!(refused(&strange).starts_with("is compressed by method 14"));
}

#[test]
fn small_data_may_hold_much_and_large_data_only_so_many_times_their_size() {
    let zeros = |bytes: usize| vec![b'0'; bytes];
    let small = gzip(&zeros(8 << 20));
    assert!(small.len() < 1 << 17);
    assert_eq!(unpack_within(&small, 1).map(|content| content.len()), Ok(8 << 20));
    let fault = unpack_within(&zstandard(&zeros(65 << 20)), 100).expect_err("too much");
    assert_eq!(fault, StreamFault::Expansion { form: "Zstandard data", times: 100 });
}

#[test]
fn what_is_skipped_in_an_archive_is_bounded_too() {
    let hidden = vec![0; 65 << 20];
    let bytes = archive(&[("__MACOSX/._a.csv", &hidden), ("a.csv", b"x")], CompressionMethod::Deflated);
    assert_eq!(unpack(&bytes), Err(StreamFault::Expansion { form: "ZIP archive", times: 100 }));
}

#[test]
fn windows_that_take_too_much_memory_are_told_as_that() {
    let with_window = |log: u32| {
        let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
        encoder.window_log(log).unwrap();
        encoder.write_all(&text(1_000)).unwrap();
        encoder.finish().unwrap()
    };
    assert_eq!(unpack(&with_window(27)), Ok(text(1_000)));
    assert_eq!(unpack(&with_window(28)), Err(StreamFault::Window { form: "Zstandard data" }));
}

#[test]
fn data_that_hold_nothing_for_long_do_not_keep_a_run_from_ending() {
    let frame = b"\x50\x2a\x4d\x18\0\0\0\0";
    for (bytes, content) in [(gzip(b""), gzip(b"x")), (frame.to_vec(), zstandard(b"x"))] {
        let count = (1 << 20) / bytes.len();
        let bytes = [bytes.repeat(count), content].concat();
        let asked = Arc::new(AtomicUsize::new(0));
        let counted = asked.clone();
        let cancellation = Cancellation::new(move || counted.fetch_add(1, Ordering::Relaxed) == 3);
        let tap = Arc::new(Tap::default());
        let stream = Tapped { inner: Box::new(Cursor::new(bytes.clone())), tap: tap.clone(), cancellation };
        let compression = Compression::of(&bytes).expect("compressed");
        let mut content = compression.decode(Box::new(stream), tap.clone(), 100).unwrap();
        let fault = content.read(&mut [0; 100]).expect_err("the run is to end").downcast::<StreamFault>();
        assert_eq!(fault.ok(), Some(StreamFault::Cancelled));
        assert!(tap.bytes() < bytes.len() as u64 / 2, "{} bytes were read", tap.bytes());
    }
}
