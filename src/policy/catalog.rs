//! The policies compiled into the program: one for each version of the renewal page that the rules can state.

use crate::configuration;

/// The id of the policy that is used where none is asked for.
pub const DEFAULT_ID: &str = "2020-06-05";

/// A policy that ships with the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShippedPolicy {
    /// The id it is asked for by.
    pub id: &'static str,
    /// Its file, as written.
    pub text: &'static str,
}

/// Embeds the named files of `data/policies`, so that an id and its file's name cannot differ.
macro_rules! embedded {
    ($($id:literal),+ $(,)?) => {
        &[$(ShippedPolicy { id: $id, text: include_str!(concat!("../../data/policies/", $id, ".toml")) }),+]
    };
}

const SHIPPED: &[ShippedPolicy] =
    embedded!["2018-09-04", "2020-06-05", "2020-08-13", "2021-02-04", "2021-08-03", "all-rounds"];

/// Every shipped policy, sorted by id.
pub fn shipped() -> &'static [ShippedPolicy] {
    SHIPPED
}

/// The shipped policy of that id.
pub(super) fn find(id: &str) -> Option<&'static ShippedPolicy> {
    SHIPPED.iter().find(|policy| policy.id == id)
}

/// The shipped id that a misspelled one was most likely meant to be.
pub(super) fn closest(name: &str) -> Option<&'static str> {
    configuration::closest(name, SHIPPED.iter().map(|policy| policy.id))
}

/// The shipped ids as a message lists them.
pub(super) fn listed() -> String {
    configuration::listed(SHIPPED.iter().map(|policy| policy.id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{PolicyFile, load};
    use crate::rules::{ExemptionRound, OfferType, PolicyNumbers};
    use std::collections::BTreeSet;
    use std::path::Path;

    fn loaded(id: &str) -> PolicyFile {
        load(id).unwrap_or_else(|error| panic!("{error}"))
    }

    /// The rounds of a policy: name, first and last anniversary, year, deadline.
    fn rounds(file: &PolicyFile) -> Vec<String> {
        let row = |round: &ExemptionRound| {
            let deadline = round.reactivation_deadline.map_or_else(|| "-".to_owned(), |date| date.to_string());
            format!(
                "{}: {} {} {} {deadline}",
                round.name, round.anniversary_from, round.anniversary_to, round.extended_to_year
            )
        };
        file.policy.rounds().iter().map(row).collect()
    }

    const ROUND_1: &str = "COVID-19 round 1: 2020-01-01 2020-06-30 2021 2020-06-30";
    const ROUND_2: &str = "COVID-19 round 2: 2020-07-01 2020-12-31 2021 2020-12-31";
    const ROUND_3: &str = "COVID-19 round 3: 2021-01-01 2021-06-30 2022 -";
    const ROUND_4: &str = "COVID-19 round 4: 2021-07-01 2021-12-31 2022 -";

    #[test]
    fn every_shipped_policy_is_sound_and_carries_its_own_id() {
        for shipped in shipped() {
            let file = loaded(shipped.id);
            assert_eq!(file.policy.id(), shipped.id);
            assert_eq!(file.text, shipped.text);
            assert_eq!(file.sources.rounds.len(), file.policy.rounds().len());
            let numbers = PolicyNumbers {
                term_length_days: 365,
                window_opens_after_days: 1,
                window_closes_after_days: 30,
                first_reminder_offset_days: -15,
                second_reminder_offset_days: 23,
            };
            assert_eq!(*file.policy.numbers(), numbers, "{}: these never changed", shipped.id);
            for round in file.policy.rounds() {
                assert_eq!(round.offer_type, OfferType::Competency);
                let source = file.round_source(round).unwrap();
                let year = round.anniversary_from.year_month_day().year.to_string();
                assert!(source.contains(&year), "{}: {source}", round.name);
            }
        }
    }

    #[test]
    fn the_list_is_sorted_and_complete() {
        let ids: Vec<&str> = shipped().iter().map(|policy| policy.id).collect();
        assert!(ids.is_sorted());
        assert!(ids.contains(&DEFAULT_ID));
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/policies");
        let files: BTreeSet<String> = std::fs::read_dir(directory)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        assert_eq!(files, ids.iter().map(|id| format!("{id}.toml")).collect());
    }

    #[test]
    fn the_rounds_are_those_of_each_version() {
        let expected: [(&str, &[&str]); 6] = [
            ("2018-09-04", &[]),
            ("2020-06-05", &[ROUND_1]),
            ("2020-08-13", &[ROUND_2]),
            ("2021-02-04", &[ROUND_3]),
            ("2021-08-03", &[ROUND_4]),
            ("all-rounds", &[ROUND_1, ROUND_2, ROUND_3, ROUND_4]),
        ];
        assert_eq!(expected.len(), shipped().len());
        for (id, rows) in expected {
            assert_eq!(rounds(&loaded(id)), rows, "{id}");
        }
    }

    #[test]
    fn cloud_business_applications_are_left_out_from_2021_on() {
        for round in shipped().iter().flat_map(|policy| loaded(policy.id).policy.rounds().to_vec()) {
            let excluded = round.anniversary_from.year_month_day().year == 2021;
            let expected: &[&str] = if excluded { &["Cloud Business Applications"] } else { &[] };
            assert_eq!(round.excluded_competencies, expected, "{}", round.name);
        }
    }

    #[test]
    fn a_misspelled_id() {
        assert_eq!(closest("2020-6-05"), Some("2020-06-05"));
        assert_eq!(closest("allrounds"), Some("all-rounds"));
        assert_eq!(closest("2021-08-03.toml"), Some("2021-08-03"));
        assert_eq!(closest("policy"), None);
    }
}
