//! Values of which some are known by name, so that completions offer them.

use clap::builder::{PossibleValue, TypedValueParser};
use std::ffi::OsStr;

/// Reads an option's value, of which some are known by name; which others there may be is up to `read`.
#[derive(Debug)]
pub struct Known<T: 'static> {
    names: fn() -> Vec<&'static str>,
    read: fn(&str) -> Result<T, String>,
}

impl<T> Clone for Known<T> {
    fn clone(&self) -> Self {
        Self { ..*self }
    }
}

impl<T: Clone + Send + Sync + 'static> TypedValueParser for Known<T> {
    type Value = T;

    fn parse_ref(
        &self,
        command: &clap::Command,
        argument: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<T, clap::Error> {
        self.read.parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new((self.names)().into_iter().map(PossibleValue::new)))
    }
}

/// A text of any kind, some of which are known.
pub const fn known_texts(names: fn() -> Vec<&'static str>) -> Known<String> {
    known(names, |text| Ok(text.to_owned()))
}

/// A value of a type, some of whose names are known.
pub const fn known<T>(names: fn() -> Vec<&'static str>, read: fn(&str) -> Result<T, String>) -> Known<T> {
    Known { names, read }
}

/// The ids of the shipped policies.
pub fn policies() -> Vec<&'static str> {
    crate::policy::shipped().iter().map(|policy| policy.id).collect()
}

/// The ids of the shipped profiles.
pub fn profiles() -> Vec<&'static str> {
    crate::profile::shipped().iter().map(|profile| profile.id).collect()
}

/// What `--profile` knows: the ids of the shipped profiles, and the word that picks one.
pub fn profile_choices() -> Vec<&'static str> {
    std::iter::once(super::AUTO_PROFILE).chain(profiles()).collect()
}
