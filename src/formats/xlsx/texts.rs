//! Texts in a cell: what XML and Excel do not take as it is, and how long a text may be.

/// Characters that a cell holds, counted as UTF-16 code units.
pub const TEXT_UNITS_MAX: usize = 32_767;

/// What a cell shows of a text that is too long for it: as much as fits, and how long it is; `None` if it fits.
#[inline]
pub fn fitting(text: &str) -> Option<String> {
    // A UTF-16 text never has more units than UTF-8 has bytes.
    if text.len() <= TEXT_UNITS_MAX { None } else { cut(text) }
}

#[cold]
fn cut(text: &str) -> Option<String> {
    if text.encode_utf16().count() <= TEXT_UNITS_MAX {
        return None;
    }
    let mark = format!("… [cut: the whole text has {} characters]", text.chars().count());
    let mut units_left = TEXT_UNITS_MAX - mark.encode_utf16().count();
    let fits = |character: &char| {
        let rest = units_left.checked_sub(character.len_utf16());
        units_left = rest.unwrap_or(0);
        rest.is_some()
    };
    let mut shown: String = text.chars().take_while(fits).collect();
    shown.push_str(&mark);
    Some(shown)
}

/// Writes a text as the content of an XML element of the type `ST_Xstring`, without loss.
///
/// A character that XML has no way to write stands as `_xHHHH_` (ECMA-376 Part 1, 22.9.2.19), and so does a carriage
/// return, which an XML reader would make a line feed. A text that looks like that is told apart by `_x005F_`.
pub fn write_escaped(text: &str, output: &mut Vec<u8>) {
    let bytes = text.as_bytes();
    let mut copied = 0;
    for (at, &byte) in bytes.iter().enumerate() {
        if !IS_SPECIAL[usize::from(byte)] {
            continue;
        }
        let (replacement, length): (&[u8], usize) = match byte {
            b'&' => (b"&amp;", 1),
            b'<' => (b"&lt;", 1),
            b'>' => (b"&gt;", 1),
            b'\t' | b'\n' => continue,
            b'_' if looks_escaped(&bytes[at..]) => (b"_x005F_", 1),
            0xEF if bytes[at..].starts_with("\u{FFFE}".as_bytes()) => (b"_xFFFE_", 3),
            0xEF if bytes[at..].starts_with("\u{FFFF}".as_bytes()) => (b"_xFFFF_", 3),
            b'_' | 0xEF => continue,
            control => (&control_escape(control), 1),
        };
        output.extend_from_slice(&bytes[copied..at]);
        output.extend_from_slice(replacement);
        copied = at + length;
    }
    output.extend_from_slice(&bytes[copied..]);
}

/// Whether a reader may drop spaces of a text unless it is told not to.
pub fn has_outer_space(text: &str) -> bool {
    let is_space = |byte: Option<&u8>| matches!(byte, Some(b' ' | b'\t' | b'\n'));
    is_space(text.as_bytes().first()) || is_space(text.as_bytes().last())
}

/// Bytes that may have to be written otherwise.
static IS_SPECIAL: [bool; 256] = {
    let mut special = [false; 256];
    let mut control = 0;
    while control < 0x20 {
        special[control] = true;
        control += 1;
    }
    special[b'&' as usize] = true;
    special[b'<' as usize] = true;
    special[b'>' as usize] = true;
    special[b'_' as usize] = true;
    special[0xEF] = true;
    special
};

/// Whether a reader would take what begins here for a character written as `_xHHHH_`.
const fn looks_escaped(bytes: &[u8]) -> bool {
    match bytes {
        [b'_', b'x', a, b, c, d, b'_', ..] => {
            a.is_ascii_hexdigit() && b.is_ascii_hexdigit() && c.is_ascii_hexdigit() && d.is_ascii_hexdigit()
        }
        _ => false,
    }
}

const fn control_escape(control: u8) -> [u8; 7] {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let (high, low) = (DIGITS[(control >> 4) as usize], DIGITS[(control & 15) as usize]);
    [b'_', b'x', b'0', b'0', high, low, b'_']
}

#[cfg(test)]
mod tests {
    use super::*;

    fn escaped(text: &str) -> String {
        let mut output = Vec::new();
        write_escaped(text, &mut output);
        String::from_utf8(output).unwrap()
    }

    #[test]
    fn texts_are_escaped_without_loss() {
        for (text, expected) in [
            ("", ""),
            ("Contoso", "Contoso"),
            ("a & b <c> \"d\"", "a &amp; b &lt;c&gt; \"d\""),
            ("two\nlines\tand\rmore", "two\nlines\tand_x000D_more"),
            ("\0\u{1}\u{1f}\u{7f}", "_x0000__x0001__x001F_\u{7f}"),
            ("_x0041_", "_x005F_x0041_"),
            ("a_x00e9_b_x0D0a_", "a_x005F_x00e9_b_x005F_x0D0a_"),
            ("_x0041", "_x0041"),
            ("_xyz1_ _ __x004_", "_xyz1_ _ __x004_"),
            ("__x0041_", "__x005F_x0041_"),
            ("_x0041_x0042_", "_x005F_x0041_x005F_x0042_"),
            ("\u{FFFE}\u{FFFF}\u{FFFD}ﬀ", "_xFFFE__xFFFF_\u{FFFD}ﬀ"),
            ("Ωmega 漢字 😀", "Ωmega 漢字 😀"),
        ] {
            assert_eq!(escaped(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_text_is_cut_only_where_a_cell_cannot_hold_it() {
        for text in ["x".repeat(TEXT_UNITS_MAX), "漢".repeat(TEXT_UNITS_MAX), "😀".repeat(TEXT_UNITS_MAX / 2)] {
            assert_eq!(fitting(&text), None);
        }
        for (character, count) in [("x", 32_768), ("漢", 40_000), ("😀", 16_384), ("x", 1_000_000)] {
            let shown = fitting(&character.repeat(count)).expect("too long");
            let units = shown.encode_utf16().count();
            assert!(units == TEXT_UNITS_MAX || units == TEXT_UNITS_MAX - 1, "{units}");
            assert!(shown.starts_with(character));
            assert!(shown.ends_with(&format!("{character}… [cut: the whole text has {count} characters]")), "{shown}");
        }
    }
}
