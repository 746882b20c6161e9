//! Places in configuration files.

use std::fmt;

/// A place in a configuration file, shown as `FILE:LINE:COLUMN`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file, as it was named.
    pub origin: String,
    /// The line, from 1.
    pub line: usize,
    /// The character in the line, from 1.
    pub column: usize,
}

impl Place {
    /// The place of a byte of a text; a byte past the end is at the end, one inside a character at its start.
    pub fn new(origin: &str, text: &str, offset: usize) -> Self {
        let before = &text[..text.floor_char_boundary(offset)];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
        // An editor does not count a byte order mark as a character.
        let column = before[line_start..].trim_start_matches('\u{feff}').chars().count() + 1;
        Self { origin: origin.to_owned(), line, column }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { origin, line, column } = self;
        write!(formatter, "{origin}:{line}:{column}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_lines_and_characters_from_one() {
        let text = "\u{feff}é = 1\r\nx\n";
        for (offset, line, column) in
            [(0, 1, 1), (3, 1, 1), (4, 1, 1), (5, 1, 2), (9, 1, 6), (11, 2, 1), (12, 2, 2), (13, 3, 1), (99, 3, 1)]
        {
            let place = Place::new("own.toml", text, offset);
            assert_eq!((place.line, place.column), (line, column), "{offset}");
        }
        assert_eq!(Place::new("own.toml", "", 0).to_string(), "own.toml:1:1");
    }
}
