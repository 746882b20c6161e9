//! How inputs are read: the options of every command that reads exports.

use super::known::{known, known_texts, profile_choices};
use crate::cli::message::one_line;
use crate::configuration::{closest, listed};
use crate::ingest::{Column, TextEncoding, fold_header};
use clap::Args;

const HEADING: &str = "Reading";

/// The options that say how inputs are read; [`open_inputs`](crate::cli::inputs::open_inputs) opens them by these.
#[derive(Clone, Debug, Args)]
pub struct ReadingArguments {
    /// How the columns are named and written: an id of `renewals profile list`, a file, or `auto`
    #[arg(
        long, value_name = "ID|FILE", help_heading = HEADING, hide_possible_values = true,
        value_parser = known_texts(profile_choices)
    )]
    pub profile: Option<String>,
    /// Value of a column that the files do not have, such as partner_id=4390934; may be repeated
    #[arg(long, value_name = "COLUMN=VALUE", value_parser = parse_constant, help_heading = HEADING)]
    pub set: Vec<(Column, String)>,
    /// Form of the dates in text cells, in chrono's syntax [default: %Y-%m-%d]
    #[arg(long, value_name = "FORMAT", help_heading = HEADING)]
    pub date_format: Option<String>,
    /// Character encoding of CSV: utf-8, utf-16le, utf-16be, windows-1252 or gb18030 [default: that of a byte order mark,
    /// or utf-8]
    #[arg(
        long, value_name = "NAME", help_heading = HEADING, hide_possible_values = true,
        value_parser = known(encodings, parse_encoding)
    )]
    pub encoding: Option<TextEncoding>,
    /// Sheet of Excel workbooks [default: the only one that can be seen]
    #[arg(long, value_name = "NAME", help_heading = HEADING)]
    pub sheet: Option<String>,
    /// Longest CSV record in bytes
    #[arg(
        long, value_name = "BYTES", default_value_t = 1024 * 1024, help_heading = HEADING,
        value_parser = clap::value_parser!(u32).range(1..=1024 * 1024 * 1024)
    )]
    pub max_record_bytes: u32,
    /// How many times its compressed size an input may hold, beyond 64 MiB
    #[arg(
        long, value_name = "TIMES", default_value_t = 100, help_heading = HEADING,
        value_parser = clap::value_parser!(u32).range(1..)
    )]
    pub max_expansion: u32,
}

/// The word that has the profile picked by the headers.
pub const AUTO_PROFILE: &str = "auto";

fn encodings() -> Vec<&'static str> {
    TextEncoding::ALL.iter().map(|encoding| encoding.as_str()).collect()
}

fn parse_encoding(text: &str) -> Result<TextEncoding, String> {
    let mut known = TextEncoding::ALL.iter();
    known.find(|encoding| encoding.as_str().eq_ignore_ascii_case(text)).copied().ok_or_else(|| {
        let meant = TextEncoding::meant_by(text).map(TextEncoding::as_str);
        let meant = meant.or_else(|| closest(text, encodings()).filter(|_| !TextEncoding::is_known(text)));
        format!("the encodings are {}{}", listed(encodings()), did_you_mean(meant))
    })
}

fn parse_constant(text: &str) -> Result<(Column, String), String> {
    let (name, value) = text.split_once('=').ok_or("write it like partner_id=4390934")?;
    let column = Column::from_header(name).ok_or_else(|| {
        let names = || Column::ALL.iter().map(|column| column.as_str());
        let folded = fold_header(name);
        let meant = names().find(|name| fold_header(name) == folded).or_else(|| closest(name, names()));
        let meant = meant.or_else(|| names().find(|known| !folded.is_empty() && known.starts_with(&folded)));
        format!("`{}` is no column; the columns are {}{}", one_line(name), listed(names()), did_you_mean(meant))
    })?;
    // Only the spelling is read here: what else the column must be is told with the other constants.
    Ok((column, value.to_owned()))
}

fn did_you_mean(name: Option<&str>) -> String {
    name.map(|name| format!("; did you mean `{name}`?")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_names_of_encodings_are_refused_with_the_one_that_is_known() {
        for (name, meant) in [
            ("gbk", "gb18030"),
            ("GB2312", "gb18030"),
            ("latin1", "windows-1252"),
            ("ISO-8859-1", "windows-1252"),
            ("cp1252", "windows-1252"),
            ("utf8", "utf-8"),
            ("utf-16", "utf-16le"),
            ("gb10830", "gb18030"),
        ] {
            let words = parse_encoding(name).unwrap_err();
            assert!(words.ends_with(&format!("did you mean `{meant}`?")), "{name}: {words}");
        }
        for name in ["ebcdic", "windows-1251"] {
            assert!(parse_encoding(name).unwrap_err().ends_with("`gb18030`"), "{name}");
        }
        assert_eq!(parse_encoding("GB18030"), Ok(TextEncoding::Gb18030));
    }

    #[test]
    fn a_misspelled_column_of_a_constant() {
        for (text, meant) in
            [("Partner ID=4", "partner_id"), ("partnerid=4", "partner_id"), ("curency=EUR", "currency")]
        {
            let words = parse_constant(text).unwrap_err();
            assert!(words.ends_with(&format!("did you mean `{meant}`?")), "{text}: {words}");
        }
        assert!(parse_constant("=4").unwrap_err().ends_with("`currency`"));
        assert!(parse_constant("partner=4").unwrap_err().ends_with("did you mean `partner_id`?"));
    }
}
