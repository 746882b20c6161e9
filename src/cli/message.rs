//! Messages on standard error: plain lines, safe to show whatever a name in them holds, or JSON objects.

use super::arguments::LogFormat;
use super::terminal::is_invisible;
use crate::formats::money::grouped_digits;
use std::fmt;
use std::ops::RangeInclusive;
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;

/// What tables are drawn with.
const BOX_DRAWING: RangeInclusive<char> = '\u{2500}'..='\u{257f}';

/// Messages go to standard error from now on, in this form. Only the first call of a process counts.
pub fn start(format: LogFormat) {
    // What crates below say is only worth a line from a warning on.
    let ours = Targets::new().with_default(LevelFilter::WARN).with_target(env!("CARGO_PKG_NAME"), LevelFilter::INFO);
    let layer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(false);
    // That nobody reads standard error is no error.
    let registry = tracing_subscriber::registry();
    let _ = match format {
        LogFormat::Text => tracing::subscriber::set_global_default(
            registry.with(layer.event_format(PlainLines).log_internal_errors(false).with_filter(ours)),
        ),
        LogFormat::Json => tracing::subscriber::set_global_default(
            registry.with(layer.json().flatten_event(true).log_internal_errors(false).with_filter(ours)),
        ),
    };
}

/// Writes a line to standard error; that nobody reads it is no error.
pub fn line(text: &str) {
    tracing::info!("{text}");
}

/// Writes an error and its hint.
pub fn error(text: &str, exit_code: u8, hint: Option<&str>) {
    tracing::error!(exit_code, hint, "{text}");
}

/// Writes a warning.
pub fn warning(text: &str) {
    tracing::warn!("{text}");
}

/// The message of an event as lines of plain text, and its hint. Other fields are for machines.
struct PlainLines;

impl<S, N> FormatEvent<S, N> for PlainLines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, _: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let mut texts = Texts::default();
        event.record(&mut texts);
        let prefix = match *event.metadata().level() {
            Level::ERROR => "error: ",
            Level::WARN => "warning: ",
            _ => "",
        };
        writeln!(writer, "{prefix}{}", printable(&texts.message))?;
        match texts.hint {
            Some(hint) => writeln!(writer, "hint: {}", printable(&hint)),
            None => Ok(()),
        }
    }
}

/// The fields of an event that people read.
#[derive(Default)]
struct Texts {
    message: String,
    hint: Option<String>,
}

impl Visit for Texts {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "message" => value.clone_into(&mut self.message),
            "hint" => self.hint = Some(value.to_owned()),
            _ => {}
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.message = format!("{value:?}");
        }
    }
}

/// A text whose control characters and invisible marks are written out, so that a file name cannot move the cursor.
///
/// A line break stays where the next line is indented or drawn, as those of our own words are: one in a file name must
/// not begin what looks like another message.
pub fn printable(text: &str) -> String {
    let is_unsafe = |character: char| character.is_control() || is_invisible(character);
    if !text.chars().any(is_unsafe) {
        return text.to_owned();
    }
    let mut safe = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let goes_on = characters.peek().is_none_or(|next| *next == ' ' || BOX_DRAWING.contains(next));
        if is_unsafe(character) && !(character == '\n' && goes_on) {
            safe.extend(character.escape_default());
        } else {
            safe.push(character);
        }
    }
    safe
}

/// A word of the command line that is printable and one line: none of our own line breaks are in it.
pub fn one_line(text: &str) -> String {
    printable(text).replace('\n', "\\n")
}

/// A count with thousands separated.
pub fn grouped(count: u64) -> String {
    grouped_digits(&count.to_string())
}

/// A number, grouped by thousands, and what it counts.
pub fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(count), if count == 1 { one } else { many })
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
        assert_eq!(printable("two\n  lines é\n│ a │\n"), "two\n  lines é\n│ a │\n");
        assert_eq!(printable("no\nerror: forged"), "no\\nerror: forged");
        assert_eq!(printable("a\u{202e}b\u{200b}c\u{e0041}"), "a\\u{202e}b\\u{200b}c\\u{e0041}");
    }
}
