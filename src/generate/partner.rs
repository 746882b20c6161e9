//! Invented partners: who they are, and which rows of the export are theirs.
//!
//! Rows come in groups of [`GROUP_ROWS`] that hold [`GROUP_PARTNERS`] partners, each with one to five consecutive
//! rows. Both numbers are fixed, so a row's partner is known from the row's number without the rows before it.

use super::random::{Purpose, Random};
use super::words::{ACCENTED_STEMS, COMPETENCIES, COUNTRIES, COUNTRY_WEIGHTS_TOTAL, Country, ENDINGS, STEMS, TRADES};
use crate::rules::{OfferType, Portal};

/// Rows of a group.
const GROUP_ROWS: usize = 40;
/// Partners of a group.
const GROUP_PARTNERS: usize = 16;
/// The most rows a partner can have.
const PARTNER_ROWS_MAX: usize = 5;
/// How many seven-digit partner ids there are; partners beyond it get longer ones.
const SHORT_IDS: u64 = 10_000_000;

/// Which rows of one group belong to which partner.
#[derive(Debug)]
pub(super) struct Group {
    index: u64,
    rows_of: [usize; GROUP_PARTNERS],
}

/// A partner's place in the export, as one of its rows sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The partner's number, from 0.
    pub partner: u64,
    /// How many rows the partner has.
    pub partner_rows: usize,
    /// The row's place among them, from 0.
    pub slot: usize,
}

/// An invented partner.
#[derive(Debug)]
pub(super) struct Partner {
    /// Seven digits or more, unique in the export, some with leading zeros.
    pub id: String,
    /// The company's name.
    pub name: String,
    /// Where it is.
    pub country: &'static Country,
    /// Where its memberships are managed; `None` where the export does not say.
    pub portal: Option<Portal>,
    /// What kind of offer each of its rows is.
    pub offer_types: [OfferType; PARTNER_ROWS_MAX],
    /// Place in the list of competencies from which the partner's ones are taken.
    pub first_competency: usize,
}

impl Group {
    /// The group that holds `row`.
    pub(super) fn of_row(seed: u64, row: u64) -> Self {
        let index = row / GROUP_ROWS as u64;
        let mut random = Random::new(seed, Purpose::Group, index);
        let mut rows_of = [1; GROUP_PARTNERS];
        for _ in GROUP_PARTNERS..GROUP_ROWS {
            let mut partner = random.index_below(GROUP_PARTNERS);
            while rows_of[partner] == PARTNER_ROWS_MAX {
                partner = (partner + 1) % GROUP_PARTNERS;
            }
            rows_of[partner] += 1;
        }
        Self { index, rows_of }
    }

    /// Whether `row` belongs to this group.
    pub(super) const fn holds(&self, row: u64) -> bool {
        row / GROUP_ROWS as u64 == self.index
    }

    /// The partner's place that `row`, which belongs to this group, has.
    pub(super) fn place(&self, row: u64) -> Place {
        let mut slot = (row % GROUP_ROWS as u64) as usize;
        let mut ordinal = 0;
        while slot >= self.rows_of[ordinal] {
            slot -= self.rows_of[ordinal];
            ordinal += 1;
        }
        let partner = self.index * GROUP_PARTNERS as u64 + ordinal as u64;
        Place { partner, partner_rows: self.rows_of[ordinal], slot }
    }
}

impl Partner {
    /// The partner with a number, which has `rows` rows.
    pub(super) fn new(seed: u64, number: u64, rows: usize) -> Self {
        let mut random = Random::new(seed, Purpose::Partner, number);
        let country = pick_country(&mut random);
        Self {
            id: partner_id(seed, number),
            name: company_name(&mut random, country),
            country,
            portal: match random.below(100) {
                0..88 => Some(Portal::PartnerCenter),
                88..95 => Some(Portal::Pmc),
                _ => None,
            },
            offer_types: offer_types(&mut random, rows),
            first_competency: random.index_below(COMPETENCIES.len()),
        }
    }
}

fn pick_country(random: &mut Random) -> &'static Country {
    let mut weight = random.below(COUNTRY_WEIGHTS_TOTAL);
    for country in &COUNTRIES {
        if weight < country.weight {
            return country;
        }
        weight -= country.weight;
    }
    &COUNTRIES[0]
}

/// Spreads partner numbers over the ids without meeting one twice: the factor shares no divisor with ten million.
fn partner_id(seed: u64, number: u64) -> String {
    let first = Random::new(seed, Purpose::Ids, 0).below(SHORT_IDS);
    let shuffled = ((number % SHORT_IDS) * 7_654_321 + first) % SHORT_IDS;
    match number / SHORT_IDS {
        0 => format!("{shuffled:07}"),
        prefix => format!("{prefix}{shuffled:07}"),
    }
}

/// A partner has at most one plain membership and one Action Pack; the rest are competencies.
///
/// The chances are such that competencies are about 60% of all rows, Action Packs 25% and memberships 15%.
fn offer_types(random: &mut Random, rows: usize) -> [OfferType; PARTNER_ROWS_MAX] {
    let mut offer_types = [OfferType::Competency; PARTNER_ROWS_MAX];
    let mut slot = 0;
    if random.percent(15 * rows as u64) {
        offer_types[slot] = OfferType::Membership;
        slot += 1;
    }
    if slot < rows && random.percent(27 * rows as u64) {
        offer_types[slot] = OfferType::ActionPack;
    }
    offer_types
}

fn company_name(random: &mut Random, country: &Country) -> String {
    let [first, second] = [(); 2].map(|()| format!("{}{}", random.pick(&STEMS), random.pick(&ENDINGS)));
    let trade = random.pick(&TRADES);
    let form = random.pick(country.legal_forms);
    match random.below(1_000) {
        0..20 => format!("{first}, {second} & {trade} {form}"),
        20..35 => format!("{first} {trade}, {form}"),
        35..50 => format!("The \"{first}\" {trade} {form}"),
        50..65 => format!("{first}'s {trade} {form}"),
        65..80 => format!("O'{first} {trade} {form}"),
        80..125 => format!("{}{} {trade} {form}", random.pick(&ACCENTED_STEMS), random.pick(&ENDINGS)),
        125..130 => format!("{first}; {trade} {form}"),
        // What a spreadsheet would take for a formula.
        130..132 => format!("@{first} {trade} {form}"),
        132..134 => format!("+{first} {trade} {form}"),
        _ => format!("{first} {trade} {form}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn partners_have_one_to_five_consecutive_rows() {
        let mut expected = Place { partner: 0, partner_rows: 0, slot: 0 };
        for row in 0..4_000 {
            let place = Group::of_row(3, row).place(row);
            expected = if row == 0 || expected.slot + 1 == expected.partner_rows {
                let partner = if row == 0 { 0 } else { expected.partner + 1 };
                Place { partner, partner_rows: place.partner_rows, slot: 0 }
            } else {
                Place { slot: expected.slot + 1, ..expected }
            };
            assert_eq!(place, expected, "row {row}");
            assert!((1..=PARTNER_ROWS_MAX).contains(&place.partner_rows));
        }
    }

    #[test]
    fn partner_ids_are_unique_digits_and_some_lead_with_zeros() {
        let numbers = (0..20_000).chain(SHORT_IDS..SHORT_IDS + 20_000).chain(11 * SHORT_IDS..11 * SHORT_IDS + 1_000);
        let ids: Vec<_> = numbers.map(|number| partner_id(u64::MAX, number)).collect();
        assert!(ids.iter().all(|id| id.len() >= 7 && id.bytes().all(|byte| byte.is_ascii_digit())));
        assert!(ids.iter().filter(|id| id.starts_with('0')).count() > 1_000);
        assert_eq!(ids.iter().collect::<HashSet<_>>().len(), ids.len());
    }

    #[test]
    fn a_few_percent_of_the_names_are_awkward() {
        let names: Vec<_> = (0..20_000).map(|number| Partner::new(5, number, 1).name).collect();
        let percent = |awkward: fn(&&String) -> bool| names.iter().filter(awkward).count() * 1_000 / names.len();
        assert!((25..45).contains(&percent(|name| name.contains(','))));
        assert!((10..20).contains(&percent(|name| name.contains('"'))));
        assert!((20..40).contains(&percent(|name| name.contains('\''))));
        assert!((30..60).contains(&percent(|name| !name.is_ascii())));
    }
}
