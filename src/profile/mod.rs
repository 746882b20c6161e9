//! Column profiles: how the exports of one kind are written, as TOML.
//!
//! [`load`] is the way in: it takes what `--profile` was given, the id of a profile that ships with the program or the
//! path of a file. What comes out is the [`Mapping`] that `ingest` reads rows by; what is wrong with a file is told
//! with line and column.

mod catalog;
mod document;
mod error;
#[cfg(test)]
mod wrong_files;

pub use catalog::{ShippedProfile, shipped};
pub use error::{FileProblem, ProfileError};

use crate::configuration::{FILE_BYTES_MAX, Place, TextProblem, read_text, with_deep_stack};
use crate::ingest::Mapping;

/// A profile together with where it comes from.
#[derive(Clone, Debug)]
pub struct ProfileFile {
    /// The id, as the file says it.
    pub id: String,
    /// What the exports are called for people.
    pub title: String,
    /// Where it is known from how these exports are written.
    pub source: String,
    /// The file as written.
    pub text: String,
    /// How the exports are read.
    pub mapping: Mapping,
}

/// Reads a profile from the text of a file; `origin` is how messages name the file.
///
/// # Errors
/// [`ProfileError::InFile`] with the place of the first problem; [`ProfileError::TooLarge`]; and
/// [`ProfileError::Unreadable`] where the system has no thread for it.
pub fn parse(origin: &str, text: &str) -> Result<ProfileFile, ProfileError> {
    if text.len() > FILE_BYTES_MAX {
        return Err(ProfileError::TooLarge { origin: origin.to_owned() });
    }
    with_deep_stack(|| document::read(text))
        .map_err(|reason| ProfileError::Unreadable { path: origin.to_owned(), reason })?
        .map_err(|(offset, problem)| ProfileError::InFile {
            place: Place::new(origin, text, offset),
            problem: Box::new(problem),
        })
}

/// Finds a profile by what `--profile` was given: a shipped id first, else the path of a file.
///
/// # Errors
/// Where there is neither, where the file cannot be read, and where [`parse`] refuses it.
pub fn load(id_or_path: &str) -> Result<ProfileFile, ProfileError> {
    if let Some(shipped) = catalog::find(id_or_path) {
        return parse(shipped.id, shipped.text);
    }
    let text = read_text(id_or_path).map_err(|problem| match problem {
        TextProblem::NotFound => ProfileError::Unknown { name: id_or_path.to_owned() },
        TextProblem::Unreadable(reason) => ProfileError::Unreadable { path: id_or_path.to_owned(), reason },
        TextProblem::TooLarge => ProfileError::TooLarge { origin: id_or_path.to_owned() },
        TextProblem::NotUtf8(place) => ProfileError::InFile { place, problem: Box::new(FileProblem::NotUtf8) },
    })?;
    parse(id_or_path, &text)
}
