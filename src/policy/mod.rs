//! Policy files: the numbers and dates of the rules as TOML, each with its source; and files of assumptions and
//! rates of exchange, which are the same for the forecast of fees.
//!
//! [`load`] is the way in: it takes what `--policy` was given, the id of a policy that ships with the program
//! or the path of a file. [`parse`] reads a text that is already at hand. What comes out is a checked
//! [`Policy`] with its sources; what is wrong with a file is told with line and column.
//!
//! The parts: `assumptions` and `exchange` have the files of these kinds, `catalog` holds the shipped policies,
//! `document` knows the sections and keys, `reader` takes values out of TOML without losing their place, `error` says
//! what was wrong.

mod assumptions;
mod catalog;
mod document;
mod error;
mod exchange;
mod reader;
#[cfg(test)]
mod wrong_files;

use crate::configuration::{FILE_BYTES_MAX, Place, TextProblem, read_text, with_deep_stack};
use crate::rules::{ExemptionRound, Policy};
use reader::Located;

pub use assumptions::{AssumptionsFile, default_assumptions, load_assumptions, parse_assumptions};
pub use catalog::{DEFAULT_ID, ShippedPolicy, shipped};
pub use error::{FileProblem, PolicyError, Subject, ValueKind};
pub use exchange::{ExchangeFile, load_exchange};

/// A policy together with where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyFile {
    /// The checked numbers and dates.
    pub policy: Policy,
    /// The id of a shipped policy, or the path as it was given.
    pub origin: String,
    /// What the policy is called for people.
    pub title: String,
    /// The document that the whole policy states.
    pub source: String,
    /// The source of each section.
    pub sources: PolicySources,
    /// The file as written.
    pub text: String,
}

/// Where the numbers of each section of a policy come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicySources {
    /// Source of the length of a term (R6).
    pub term: String,
    /// Source of the renewal window (R3, R5).
    pub window: String,
    /// Source of the reminders (R4).
    pub reminders: String,
    /// Source of each exemption round (R7, R8), in the order of [`Policy::rounds`].
    pub rounds: Vec<String>,
}

impl PolicyFile {
    /// The source of one of the policy's exemption rounds, or `None` for a round of another policy.
    pub fn round_source(&self, round: &ExemptionRound) -> Option<&str> {
        let index = self.policy.rounds().iter().position(|own| own == round)?;
        self.sources.rounds.get(index).map(String::as_str)
    }
}

/// Reads a policy from the text of a file; `origin` is how messages name the file.
///
/// # Errors
/// [`PolicyError::InFile`] with the place of the first problem; [`PolicyError::TooLarge`]; and
/// [`PolicyError::Unreadable`] where the system has no thread for it.
pub fn parse(origin: &str, text: &str) -> Result<PolicyFile, PolicyError> {
    let document = read_document(origin, text, document::read)?;
    Ok(PolicyFile {
        policy: document.policy,
        origin: origin.to_owned(),
        title: document.title,
        source: document.source,
        sources: document.sources,
        text: text.to_owned(),
    })
}

fn read_document<Document: Send>(
    origin: &str,
    text: &str,
    read: fn(&str) -> Result<Document, Located>,
) -> Result<Document, PolicyError> {
    if text.len() > FILE_BYTES_MAX {
        return Err(PolicyError::TooLarge { origin: origin.to_owned() });
    }
    with_deep_stack(|| read(text))
        .map_err(|reason| PolicyError::Unreadable { path: origin.to_owned(), reason })?
        .map_err(|(offset, problem)| PolicyError::InFile { place: Place::new(origin, text, offset), problem })
}

/// Finds a policy by what `--policy` was given: a shipped id first, else the path of a file.
///
/// # Errors
/// Where there is neither, where the file cannot be read, and where [`parse`] refuses it.
pub fn load(id_or_path: &str) -> Result<PolicyFile, PolicyError> {
    match catalog::find(id_or_path) {
        Some(shipped) => parse(shipped.id, shipped.text),
        None => {
            let text = read_file(id_or_path, || PolicyError::Unknown { name: id_or_path.to_owned() })?;
            parse(id_or_path, &text)
        }
    }
}

/// The text of a file; `not_found` is the error where there is none.
fn read_file(path: &str, not_found: impl FnOnce() -> PolicyError) -> Result<String, PolicyError> {
    read_text(path).map_err(|problem| match problem {
        TextProblem::NotFound => not_found(),
        TextProblem::Unreadable(reason) => PolicyError::Unreadable { path: path.to_owned(), reason },
        TextProblem::TooLarge => PolicyError::TooLarge { origin: path.to_owned() },
        TextProblem::NotUtf8(place) => PolicyError::InFile { place, problem: FileProblem::NotUtf8 },
    })
}

/// The text of a file that must be there.
fn read_named(path: &str) -> Result<String, PolicyError> {
    let not_found = || PolicyError::Unreadable { path: path.to_owned(), reason: std::io::ErrorKind::NotFound.into() };
    read_file(path, not_found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    const BY_HAND: &str = include_str!("../../data/policies/2018-09-04.toml");

    fn written(bytes: &[u8]) -> (tempfile::TempDir, String) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("own.toml");
        fs::write(&path, bytes).unwrap();
        let path = path.to_str().unwrap().to_owned();
        (directory, path)
    }

    #[test]
    fn a_shipped_id_goes_before_a_file() {
        let file = load(DEFAULT_ID).unwrap();
        assert_eq!((file.policy.id(), file.origin.as_str()), (DEFAULT_ID, DEFAULT_ID));
        assert!(file.text.contains("schema = 1"));
    }

    #[test]
    fn a_file_is_read_as_written() {
        let text = BY_HAND.replace("2018-09-04", "own rules");
        let (_directory, path) = written(text.as_bytes());
        let file = load(&path).unwrap();
        assert_eq!((file.policy.id(), &file.origin, &file.text), ("own rules", &path, &text));
    }

    #[test]
    fn neither_an_id_nor_a_file() {
        let error = load("2020-06-5").unwrap_err();
        assert_eq!(
            error.to_string(),
            "`2020-06-5` is neither the id of a shipped policy nor a file; shipped are `2018-09-04`, `2020-06-05`, \
             `2020-08-13`, `2021-02-04`, `2021-08-03` and `all-rounds`"
        );
        assert_eq!(error.hint().as_deref(), Some("did you mean `2020-06-05`?"));
        for name in ["", "no/such/policy.toml", &"x".repeat(200)] {
            let error = load(name).unwrap_err();
            assert!(error.hint().is_some_and(|hint| !hint.contains("did you mean")), "{name}");
            assert!(error.to_string().len() < 300, "{name}");
        }
    }

    #[test]
    fn files_that_cannot_be_read() {
        let (directory, _path) = written(b"");
        assert!(matches!(load(directory.path().to_str().unwrap()), Err(PolicyError::Unreadable { .. })));
        assert!(matches!(load("nul\0inside"), Err(PolicyError::Unreadable { .. })));
        let (_directory, path) = written(&vec![b'#'; FILE_BYTES_MAX + 1]);
        let error = load(&path).unwrap_err();
        assert_eq!(error.to_string(), format!("{path}: larger than 1048576 bytes"));
        assert_eq!(parse("own.toml", &"#".repeat(FILE_BYTES_MAX + 1)).unwrap_err().place(), None);
    }

    #[test]
    fn bytes_that_are_not_utf_8_have_a_place() {
        let (_directory, path) = written(b"schema = 1\n# \xc3\xa9 \xff\n");
        let error = load(&path).unwrap_err();
        assert_eq!(error.to_string(), format!("{path}:2:5: not UTF-8 text"));
    }
}
