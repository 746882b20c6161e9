//! The character encodings that CSV may be written in.

use encoding_rs::{Decoder, Encoding};

/// A character encoding of CSV; told by a byte order mark or by the user, and never guessed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextEncoding {
    /// UTF-8.
    Utf8,
    /// UTF-16, the low byte first, as Excel saves "Unicode text".
    Utf16Le,
    /// UTF-16, the high byte first.
    Utf16Be,
    /// Windows-1252.
    Windows1252,
    /// GB18030, which GBK and GB2312 are parts of.
    Gb18030,
}

/// Bytes that are enough to tell a byte order mark.
pub const BYTE_ORDER_MARK_BYTES: usize = 3;

impl TextEncoding {
    /// Every encoding, in the order of help.
    pub const ALL: &'static [Self] = &[Self::Utf8, Self::Utf16Le, Self::Utf16Be, Self::Windows1252, Self::Gb18030];

    /// The encoding's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Utf16Le => "utf-16le",
            Self::Utf16Be => "utf-16be",
            Self::Windows1252 => "windows-1252",
            Self::Gb18030 => "gb18030",
        }
    }

    /// Whether any encoding has the name, also one that CSV is not read in.
    pub fn is_known(name: &str) -> bool {
        Encoding::for_label(name.as_bytes()).is_some()
    }

    /// The encoding that another name for it, or for a part of it, stands for.
    pub fn meant_by(name: &str) -> Option<Self> {
        match Encoding::for_label(name.as_bytes())? {
            encoding if encoding == encoding_rs::UTF_8 => Some(Self::Utf8),
            encoding if encoding == encoding_rs::UTF_16LE => Some(Self::Utf16Le),
            encoding if encoding == encoding_rs::UTF_16BE => Some(Self::Utf16Be),
            encoding if encoding == encoding_rs::WINDOWS_1252 => Some(Self::Windows1252),
            encoding if encoding == encoding_rs::GBK || encoding == encoding_rs::GB18030 => Some(Self::Gb18030),
            _ => None,
        }
    }

    /// The encoding whose byte order mark stands at the beginning.
    fn by_byte_order_mark(bytes: &[u8]) -> Option<Self> {
        match Encoding::for_bom(bytes)?.0 {
            encoding if encoding == encoding_rs::UTF_16LE => Some(Self::Utf16Le),
            encoding if encoding == encoding_rs::UTF_16BE => Some(Self::Utf16Be),
            _ => Some(Self::Utf8),
        }
    }

    /// The encoding of a text that begins with `head`: the one that was named, else that of a byte order mark, else UTF-8.
    ///
    /// # Errors
    /// A byte order mark of another encoding than the one that was named.
    pub fn tell(head: &[u8], named: Option<Self>) -> Result<Self, String> {
        match (named, Self::by_byte_order_mark(head)) {
            (Some(named), Some(marked)) if named != marked => Err(format!(
                "it begins with the byte order mark of {}, but --encoding says {}",
                marked.as_str(),
                named.as_str()
            )),
            (named, marked) => Ok(named.or(marked).unwrap_or(Self::Utf8)),
        }
    }

    /// A decoder of a whole text, which leaves out the byte order mark.
    pub fn decoder(self) -> Decoder {
        let encoding = match self {
            Self::Utf8 => encoding_rs::UTF_8,
            Self::Utf16Le => encoding_rs::UTF_16LE,
            Self::Utf16Be => encoding_rs::UTF_16BE,
            Self::Windows1252 => encoding_rs::WINDOWS_1252,
            Self::Gb18030 => encoding_rs::GB18030,
        };
        encoding.new_decoder_with_bom_removal()
    }

    /// The first byte that the encoding does not have, although the decoder would take it for a control character.
    pub fn first_undefined(self, bytes: &[u8]) -> Option<usize> {
        match self {
            Self::Windows1252 => bytes.iter().position(|byte| matches!(byte, 0x81 | 0x8D | 0x8F | 0x90 | 0x9D)),
            Self::Utf8 | Self::Utf16Le | Self::Utf16Be | Self::Gb18030 => None,
        }
    }
}
