//! What is said of a wrong command line: its words come from names too, where a shell put them in for a pattern.

use super::message::one_line;
use clap::builder::StyledStr;
use clap::error::ContextValue;

/// The refusal of a command line, whose words can neither steer a terminal nor begin what looks like another message.
pub fn printable(mut error: clap::Error) -> clap::Error {
    let told: Vec<_> = error.context().map(|(kind, value)| (kind, value.clone())).collect();
    for (kind, value) in told {
        let value = match value {
            ContextValue::String(text) => ContextValue::String(one_line(&text)),
            ContextValue::Strings(texts) => ContextValue::Strings(texts.iter().map(|text| one_line(text)).collect()),
            ContextValue::StyledStrs(texts) => ContextValue::StyledStrs(texts.into_iter().map(styled_line).collect()),
            // Words of our own, and numbers.
            _ => continue,
        };
        let _ = error.insert(kind, value);
    }
    error
}

/// A text keeps its style unless something in it has to be written out.
fn styled_line(text: StyledStr) -> StyledStr {
    let plain = text.to_string();
    let line = one_line(&plain);
    if line == plain { text } else { StyledStr::from(line) }
}
