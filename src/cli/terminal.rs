//! What a terminal takes: its width, colours where they are wanted, and texts that cannot steer it.

use anstyle::{AnsiColor, Style};
use std::io::IsTerminal;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The width of texts where there is no terminal and nothing says another.
const USUAL_WIDTH: usize = 80;
/// No line needs more.
const WIDEST: usize = 110;
const NARROWEST: usize = 40;

/// Columns of standard output.
pub fn width() -> usize {
    let terminal = std::io::stdout().is_terminal().then(terminal_size::terminal_size).flatten();
    let columns = terminal.map(|(columns, _)| usize::from(columns.0));
    let told = || std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    columns.or_else(told).unwrap_or(USUAL_WIDTH).clamp(NARROWEST, WIDEST)
}

/// Columns of standard error, if it is a terminal.
pub fn columns_of_standard_error() -> usize {
    terminal_size::terminal_size_of(std::io::stderr()).map_or(usize::MAX, |(columns, _)| usize::from(columns.0))
}

/// Text that stands out.
pub const STRONG: Style = Style::new().bold();
/// Text that stays back.
pub const FAINT: Style = Style::new().dimmed();
/// What is well.
pub const GOOD: Style = AnsiColor::Green.on_default();
/// What wants to be done soon.
pub const SOON: Style = AnsiColor::Yellow.on_default();
/// What is lost or wrong.
pub const BAD: Style = AnsiColor::Red.on_default();

/// A text in a style.
pub fn styled(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

/// A text from an export, with everything written out that could move the cursor or turn the line around.
pub fn safe(text: &[u8]) -> String {
    String::from_utf8_lossy(text).chars().fold(String::new(), |mut safe, character| {
        if character.is_control() || is_invisible(character) {
            safe.extend(character.escape_default());
        } else {
            safe.push(character);
        }
        safe
    })
}

/// Marks that change the direction of a text, split its lines, or are not seen at all.
pub fn is_invisible(character: char) -> bool {
    matches!(character,
        '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}' | '\u{061C}'
        | '\u{FFF9}'..='\u{FFFB}' | '\u{AD}' | '\u{180E}' | '\u{E0000}'..='\u{E007F}')
}

/// Columns that a text takes.
pub fn columns(text: &str) -> usize {
    text.width()
}

/// A text of at most so many columns, cut with an ellipsis where it is longer.
pub fn shortened(text: &str, width: usize) -> String {
    if columns(text) <= width {
        return text.to_owned();
    }
    let mut taken = 0;
    let mut short: String = text
        .chars()
        .take_while(|character| {
            taken += character.width().unwrap_or(0);
            taken < width
        })
        .collect();
    short.push('…');
    short
}

/// A text filled up with spaces.
pub fn padded(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(columns(text))))
}

/// A text in lines of at most so many columns, broken at spaces.
pub fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let line = lines.last_mut().map(|line| (columns(line), line));
        let Some((used, line)) = line else { continue };
        if used == 0 {
            line.push_str(word);
        } else if used + 1 + columns(word) <= width {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_cannot_steer_a_terminal() {
        for (text, expected) in [
            ("a\u{1b}[2Jb", "a\\u{1b}[2Jb"),
            ("two\nlines\r", "two\\nlines\\r"),
            ("a\u{202e}b\u{2066}", "a\\u{202e}b\\u{2066}"),
            ("\u{9b}31m", "\\u{9b}31m"),
            ("Größe 金牌", "Größe 金牌"),
        ] {
            assert_eq!(safe(text.as_bytes()), expected);
        }
        assert_eq!(safe(b"a\xffb"), "a\u{fffd}b");
    }

    #[test]
    fn widths_are_columns() {
        assert_eq!(columns("金牌"), 4);
        assert_eq!(shortened("金牌金牌", 5), "金牌…");
        assert_eq!(shortened("short", 5), "short");
        assert_eq!(padded("金", 4), "金  ");
        assert_eq!(wrapped("one two three", 7), ["one two", "three"]);
        assert_eq!(wrapped("extraordinary", 5), ["extraordinary"]);
    }
}
