//! The profiles compiled into the program: one for each kind of export of the portal.

use crate::configuration;

/// A profile that ships with the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShippedProfile {
    /// The id it is asked for by.
    pub id: &'static str,
    /// Its file, as written.
    pub text: &'static str,
}

/// Embeds the named files of `data/profiles`, so that an id and its file's name cannot differ.
macro_rules! embedded {
    ($($id:literal),+ $(,)?) => {
        &[$(ShippedProfile { id: $id, text: include_str!(concat!("../../data/profiles/", $id, ".toml")) }),+]
    };
}

const SHIPPED: &[ShippedProfile] = embedded![
    "competency-api",
    "competency-download",
    "membership-offers",
    "membership-offers-de",
    "membership-offers-zh"
];

/// Every shipped profile, sorted by id.
pub fn shipped() -> &'static [ShippedProfile] {
    SHIPPED
}

/// The shipped profile of that id.
pub(super) fn find(id: &str) -> Option<&'static ShippedProfile> {
    SHIPPED.iter().find(|profile| profile.id == id)
}

/// The shipped id that a misspelled one was most likely meant to be.
pub(super) fn closest(name: &str) -> Option<&'static str> {
    configuration::closest(name, SHIPPED.iter().map(|profile| profile.id))
}

/// The shipped ids as a message lists them.
pub(super) fn listed() -> String {
    configuration::listed(SHIPPED.iter().map(|profile| profile.id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::load;
    use std::collections::BTreeSet;
    use std::path::Path;

    #[test]
    fn every_shipped_profile_is_sound_and_carries_its_own_id() {
        for shipped in shipped() {
            let file = load(shipped.id).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!((file.id.as_str(), file.text.as_str()), (shipped.id, shipped.text));
            assert_eq!(file.mapping.profile.as_deref(), Some(shipped.id));
        }
    }

    #[test]
    fn the_list_is_sorted_and_complete() {
        let ids: Vec<&str> = shipped().iter().map(|profile| profile.id).collect();
        assert!(ids.is_sorted());
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/profiles");
        let files: BTreeSet<String> = std::fs::read_dir(directory)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        assert_eq!(files, ids.iter().map(|id| format!("{id}.toml")).collect());
    }

    #[test]
    fn no_shipped_profile_leaves_day_and_month_open() {
        // Their formats must all agree, so that no cell can be read as two days.
        for shipped in shipped() {
            let mapping = load(shipped.id).unwrap().mapping;
            for forms in mapping.dates.iter().flatten() {
                for text in
                    ["2/1/2019", "2/1/2019 0:00", "02.01.2019", "2019/2/1", "2019-02-01", "2019-02-01T00:00:00Z"]
                {
                    assert!(
                        !matches!(forms.doubt(text.as_bytes()), Some(crate::ingest::DateDoubt::TwoWays { .. })),
                        "{}: {text}",
                        shipped.id
                    );
                }
            }
        }
    }

    #[test]
    fn a_misspelled_id() {
        assert_eq!(closest("competency_download"), Some("competency-download"));
        assert_eq!(closest("membership-offers.zh"), Some("membership-offers-zh"));
        assert_eq!(closest("policy"), None);
    }
}
