//! A stream of text in another character encoding, as UTF-8.

use super::{ByteStream, read_some};
use crate::ingest::text_encoding::TextEncoding;
use encoding_rs::{Decoder, DecoderResult};
use std::io::{self, Read};

/// Stands in the decoded text for what is not valid in its encoding.
///
/// No UTF-8 has this byte, so the record it stands in is rejected as every other record that is not UTF-8: nothing is
/// replaced in silence.
const INVALID: u8 = 0xFF;

/// Bytes that are read at a time.
const BLOCK: usize = 64 * 1024;
/// Room that a decoder needs to make progress with any character.
const CHARACTER_ROOM: usize = 16;

/// Reads text in another encoding as UTF-8, without its byte order mark.
pub struct Decoded {
    inner: ByteStream,
    encoding: TextEncoding,
    decoder: Decoder,
    encoded: Vec<u8>,
    /// Bytes of `encoded` that are decoded already, and those that are filled.
    decoded_to: usize,
    filled_to: usize,
    text: Vec<u8>,
    given_to: usize,
    is_inner_ended: bool,
    is_ended: bool,
}

impl Decoded {
    /// Reads `inner`, which is text in `encoding`.
    pub fn new(inner: ByteStream, encoding: TextEncoding) -> Self {
        Self {
            inner,
            encoding,
            decoder: encoding.decoder(),
            encoded: vec![0; BLOCK],
            decoded_to: 0,
            filled_to: 0,
            text: Vec::with_capacity(2 * BLOCK),
            given_to: 0,
            is_inner_ended: false,
            is_ended: false,
        }
    }

    /// Decodes some more, at least a character unless the text ends.
    fn decode_some(&mut self) -> io::Result<()> {
        self.text.clear();
        self.given_to = 0;
        while self.text.is_empty() && !self.is_ended {
            if self.decoded_to == self.filled_to && !self.is_inner_ended {
                self.filled_to = read_some(&mut self.inner, &mut self.encoded)?;
                self.decoded_to = 0;
                self.is_inner_ended = self.filled_to == 0;
            }
            self.decode_block();
        }
        Ok(())
    }

    /// Decodes what was read, as far as there is room.
    fn decode_block(&mut self) {
        let room = self.text.capacity();
        self.text.resize(room, 0);
        let mut written_to = 0;
        while room - written_to > CHARACTER_ROOM {
            let source = &self.encoded[self.decoded_to..self.filled_to];
            let undefined = self.encoding.first_undefined(source);
            let defined = &source[..undefined.unwrap_or(source.len())];
            // The last byte of the text is left for the mark of what is invalid.
            let target = &mut self.text[written_to..room - 1];
            let is_last = self.is_inner_ended && undefined.is_none();
            let (result, read, written) = self.decoder.decode_to_utf8_without_replacement(defined, target, is_last);
            let is_all_read = read == defined.len();
            self.decoded_to += read;
            written_to += written;
            match result {
                DecoderResult::InputEmpty if undefined.is_some() && is_all_read => {
                    self.decoded_to += 1;
                    self.text[written_to] = INVALID;
                    written_to += 1;
                }
                DecoderResult::InputEmpty => {
                    self.is_ended = self.is_inner_ended;
                    break;
                }
                DecoderResult::Malformed(..) => {
                    self.text[written_to] = INVALID;
                    written_to += 1;
                }
                DecoderResult::OutputFull => break,
            }
        }
        self.text.truncate(written_to);
    }
}

impl Read for Decoded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.given_to == self.text.len() {
            self.decode_some()?;
        }
        let rest = &self.text[self.given_to..];
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        self.given_to += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A stream that gives its bytes in small parts.
    struct Parts(Vec<u8>, usize, usize);

    impl Read for Parts {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let count = buffer.len().min(self.2).min(self.0.len() - self.1);
            buffer[..count].copy_from_slice(&self.0[self.1..self.1 + count]);
            self.1 += count;
            Ok(count)
        }
    }

    fn decode(bytes: &[u8], encoding: TextEncoding, part: usize) -> Vec<u8> {
        let mut decoded = Vec::new();
        Decoded::new(Box::new(Parts(bytes.to_vec(), 0, part)), encoding).read_to_end(&mut decoded).unwrap();
        decoded
    }

    fn utf16(text: &str, is_big: bool) -> Vec<u8> {
        text.encode_utf16().flat_map(|unit| if is_big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
    }

    #[test]
    fn texts_in_every_encoding() {
        for part in [1, 2, 3, 7, 1_000] {
            let text = "\u{feff}id\té金牌\r\n🏅\n";
            let plain = text.trim_start_matches('\u{feff}').as_bytes();
            assert_eq!(decode(&utf16(text, false), TextEncoding::Utf16Le, part), plain);
            assert_eq!(decode(&utf16(text, true), TextEncoding::Utf16Be, part), plain);
            let (bytes, _, _) = encoding_rs::GB18030.encode("金牌,é🏅\n");
            assert_eq!(decode(&bytes, TextEncoding::Gb18030, part), "金牌,é🏅\n".as_bytes());
            assert_eq!(decode(b"caf\xe9 \x80\n", TextEncoding::Windows1252, part), "café €\n".as_bytes());
        }
    }

    #[test]
    fn what_is_invalid_is_marked_and_line_ends_stay() {
        for part in [1, 2, 5, 100] {
            for (bytes, encoding, expected) in [
                (&b"a\x81b\n"[..], TextEncoding::Windows1252, &b"a\xffb\n"[..]),
                (b"\x81\x8d", TextEncoding::Windows1252, b"\xff\xff"),
                (b"a\x81\nb\n", TextEncoding::Gb18030, b"a\xff\nb\n"),
                (b"a\xff,b\n", TextEncoding::Gb18030, b"a\xff,b\n"),
                (b"a\xb9", TextEncoding::Gb18030, b"a\xff"),
                (b"a\0\x00\xd8\n\0", TextEncoding::Utf16Le, b"a\xff\n"),
                (b"a\0\n", TextEncoding::Utf16Le, b"a\xff"),
                (b"", TextEncoding::Utf16Be, b""),
            ] {
                assert_eq!(decode(bytes, encoding, part), expected, "{bytes:?} {encoding:?} {part}");
            }
        }
    }

    #[test]
    fn long_texts_are_whole() {
        let text = "金牌€é,".repeat(50_000);
        assert!(decode(&utf16(&text, false), TextEncoding::Utf16Le, 8_191) == text.as_bytes());
        let (bytes, _, _) = encoding_rs::GB18030.encode(&text);
        assert!(decode(&bytes, TextEncoding::Gb18030, 8_191) == text.as_bytes());
        let undefined = vec![0x81; 300_000];
        assert!(decode(&undefined, TextEncoding::Windows1252, 8_191) == vec![0xff; 300_000]);
    }

    proptest! {
        #[test]
        fn valid_bytes_decode_as_the_whole_text_does(bytes: Vec<u8>, part in 1usize..9) {
            for encoding in [TextEncoding::Utf16Le, TextEncoding::Gb18030] {
                let (whole, is_invalid) =
                    encoding.decoder().encoding().decode_with_bom_removal(&bytes);
                let found = decode(&bytes, encoding, part);
                if is_invalid {
                    prop_assert!(std::str::from_utf8(&found).is_err());
                } else {
                    prop_assert_eq!(found, whole.as_bytes());
                }
            }
        }
    }
}
