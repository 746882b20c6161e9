//! Messages on standard error: plain lines, safe to show whatever a name in them holds.

use std::io::Write;

/// Writes a line to standard error; that nobody reads it is no error.
pub fn line(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{}", printable(text));
}

/// Writes an error and its hint.
pub fn error(text: &str, hint: Option<&str>) {
    line(&format!("error: {text}"));
    if let Some(hint) = hint {
        line(&format!("hint: {hint}"));
    }
}

/// Writes a warning.
pub fn warning(text: &str) {
    line(&format!("warning: {text}"));
}

/// A text whose control characters are written out, so that a file name cannot move the cursor.
pub fn printable(text: &str) -> String {
    let is_unsafe = |character: char| character.is_control() && character != '\n';
    if !text.chars().any(is_unsafe) {
        return text.to_owned();
    }
    text.chars().fold(String::new(), |mut safe, character| {
        if is_unsafe(character) {
            safe.extend(character.escape_default());
        } else {
            safe.push(character);
        }
        safe
    })
}

/// A count with thousands separated.
pub fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_grouped_by_thousands() {
        for (count, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (12_345_678, "12,345,678")] {
            assert_eq!(grouped(count), text);
        }
    }

    #[test]
    fn control_characters_are_written_out() {
        assert_eq!(printable("a\u{1b}[2Jb\rc"), "a\\u{1b}[2Jb\\rc");
        assert_eq!(printable("two\nlines é"), "two\nlines é");
    }
}
