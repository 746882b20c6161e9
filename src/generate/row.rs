//! The rows of an invented export, each made from the seed and its number alone.

use std::fmt;

use super::GenerateOptions;
use super::dates::{DatedOffer, Dates};
use super::partner::{Group, Partner, Place};
use super::random::{Purpose, Random};
use super::words::{COMPETENCIES, Country, WHOLE_AMOUNTS_CURRENCY};
use crate::finance::leaf_index;
use crate::rules::{Level, OfferType, Policy, Portal};

/// One row of the export; empty texts and `None` are empty cells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row<'a> {
    pub partner_id: &'a str,
    pub partner_name: &'a str,
    pub country: &'static str,
    pub offer_type: OfferType,
    pub offer_name: &'static str,
    pub level: Option<Level>,
    pub dates: Dates,
    pub requirements_met: Option<bool>,
    pub portal: Option<Portal>,
    pub fee: Option<Fee>,
    pub currency: &'static str,
}

/// A made-up fee, as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fee {
    /// An amount without decimal places.
    Whole(u64),
    /// An amount in hundredths, written with two places.
    Hundredths(u64),
}

/// Makes the rows of one export, fastest when they are asked for in order.
#[derive(Debug)]
pub(super) struct RowMaker<'a> {
    options: GenerateOptions,
    policy: &'a Policy,
    group: Group,
    place: Place,
    partner: Partner,
}

impl<'a> RowMaker<'a> {
    pub(super) fn new(options: GenerateOptions, policy: &'a Policy) -> Self {
        let group = Group::of_row(options.seed, 0);
        let place = group.place(0);
        let partner = Partner::new(options.seed, place.partner, place.partner_rows);
        Self { options, policy, group, place, partner }
    }

    /// The row with a number, from 0, before anything is spoiled.
    pub(super) fn row(&mut self, number: u64) -> Row<'_> {
        self.go_to(number);
        let mut random = Random::new(self.options.seed, Purpose::Offer, number);
        let partner = &self.partner;
        let offer_type = partner.offer_types[self.place.slot];
        let is_competency = offer_type == OfferType::Competency;
        // Counting on from the partner's first one gives a partner no competency twice.
        let competency = COMPETENCIES[(partner.first_competency + self.place.slot) % COMPETENCIES.len()];
        let offer_name = if is_competency { competency } else { "" };
        let level = if is_competency { draw_level(&mut random) } else { None };
        let requirements_met = draw_requirements_met(&mut random, is_competency);
        let fee = draw_fee(&mut random, offer_type, level, partner.country);
        let shows_currency = fee.is_some() || random.percent(50);
        Row {
            partner_id: &partner.id,
            partner_name: &partner.name,
            country: partner.country.code,
            offer_type,
            offer_name,
            level,
            dates: self.draw_dates(&mut random, number, offer_type, offer_name, level),
            requirements_met,
            portal: partner.portal,
            fee,
            currency: if shows_currency { partner.country.currency } else { "" },
        }
    }

    fn draw_dates(
        &self,
        random: &mut Random,
        number: u64,
        offer_type: OfferType,
        offer_name: &str,
        level: Option<Level>,
    ) -> Dates {
        let offer = dated_offer(self.options, self.policy, offer_type, offer_name);
        match self.options.lives {
            Some(lives) => {
                let rate = leaf_index(offer_type, level).map_or(0.0, |leaf| lives.renewal_rates[leaf]);
                lives.draw(&offer, rate, self.options.seed, number)
            }
            None => offer.draw(random),
        }
    }

    fn go_to(&mut self, number: u64) {
        let seed = self.options.seed;
        if !self.group.holds(number) {
            self.group = Group::of_row(seed, number);
        }
        let place = self.group.place(number);
        if place.partner != self.place.partner {
            self.partner = Partner::new(seed, place.partner, place.partner_rows);
        }
        self.place = place;
    }
}

/// What the dates of an offer are drawn by.
pub(super) const fn dated_offer<'a>(
    options: GenerateOptions,
    policy: &'a Policy,
    offer_type: OfferType,
    offer_name: &'a str,
) -> DatedOffer<'a> {
    DatedOffer { policy, as_of: options.as_of, offer_type, offer_name }
}

impl fmt::Display for Fee {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole(amount) => write!(formatter, "{amount}"),
            Self::Hundredths(hundredths) => write!(formatter, "{}.{:02}", hundredths / 100, hundredths % 100),
        }
    }
}

fn draw_level(random: &mut Random) -> Option<Level> {
    match random.below(100) {
        0..58 => Some(Level::Silver),
        58..98 => Some(Level::Gold),
        _ => None,
    }
}

fn draw_requirements_met(random: &mut Random, is_competency: bool) -> Option<bool> {
    match random.below(100) {
        0..75 if is_competency => Some(true),
        75..88 if is_competency => Some(false),
        88..92 => Some(true),
        _ => None,
    }
}

/// Fees go up and down a tenth around a base that is made up; a plain membership costs nothing to renew.
fn draw_fee(random: &mut Random, offer_type: OfferType, level: Option<Level>, country: &Country) -> Option<Fee> {
    let base = match (offer_type, level) {
        (OfferType::Membership, _) => return None,
        (OfferType::ActionPack, _) => 300,
        (OfferType::Competency, Some(Level::Gold)) => 3_000,
        (OfferType::Competency, _) => 1_000,
    };
    let hundredths = base * country.fee_per_mille / 1_000 * (9_000 + random.below(2_001)) / 100;
    match random.below(100) {
        0..3 => None,
        3..11 => Some(Fee::Whole(hundredths / 100)),
        _ if country.currency == WHOLE_AMOUNTS_CURRENCY => Some(Fee::Whole(hundredths / 100)),
        _ => Some(Fee::Hundredths(hundredths)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::test_policies::{all_rounds, date, seed};
    use crate::rules::{Date, Stage, decide};
    use proptest::prelude::*;

    fn options(seed: u64, as_of: Date) -> GenerateOptions {
        GenerateOptions { rows: 0, seed, dirty: 0.0, as_of, lives: None }
    }

    fn stage(policy: &Policy, as_of: Date, row: &Row<'_>) -> Stage {
        let offer = dated_offer(options(0, as_of), policy, row.offer_type, row.offer_name);
        match decide(policy, as_of, &offer.offer(row.dates)) {
            Ok(decision) => decision.stage,
            Err(contradiction) => panic!("{contradiction:?} on {as_of}: {row:?}"),
        }
    }

    #[test]
    fn stages_and_offers_have_about_the_shares_of_real_life() {
        let (policy, as_of) = (seed(), date("2020-06-05"));
        let mut maker = RowMaker::new(options(1, as_of), &policy);
        let mut stages = [0; Stage::ALL.len()];
        let mut offer_types = [0; OfferType::ALL.len()];
        let mut with_anniversary = 0;
        for number in 0..100_000 {
            let row = maker.row(number);
            stages[stage(&policy, as_of, &row).index()] += 1;
            offer_types[row.offer_type.index()] += 1;
            with_anniversary += i32::from(row.dates.renewal_start.is_some());
        }
        let renewable = 100_000 - stages[Stage::NotRenewable.index()];
        let per_mille = |count: i32, total: i32| count * 1_000 / total;
        for (stage, expected) in [
            (Stage::Current, 620),
            (Stage::Reminded, 40),
            (Stage::Open, 50),
            (Stage::FinalNotice, 20),
            (Stage::Reactivatable, 60),
            (Stage::Lapsed, 200),
            (Stage::NotStarted, 10),
        ] {
            let share = per_mille(stages[stage.index()], renewable);
            assert!((share - expected).abs() <= 5, "{stage:?}: {share}");
        }
        assert!((per_mille(with_anniversary, renewable) - 550).abs() <= 10);
        for (offer_type, expected) in
            [(OfferType::Competency, 600), (OfferType::ActionPack, 250), (OfferType::Membership, 150)]
        {
            let share = per_mille(offer_types[offer_type.index()], 100_000);
            assert!((share - expected).abs() <= 10, "{offer_type:?}: {share}");
        }
    }

    #[test]
    fn a_row_does_not_depend_on_the_rows_made_before() {
        let policy = seed();
        let options = options(9, date("2020-06-05"));
        let mut in_order = RowMaker::new(options, &policy);
        for number in 0..500 {
            let expected = in_order.row(number).clone();
            assert_eq!(RowMaker::new(options, &policy).row(number), expected);
        }
        assert_eq!(RowMaker::new(options, &policy).row(u64::MAX), RowMaker::new(options, &policy).row(u64::MAX));
    }

    #[test]
    fn a_partner_has_no_competency_twice() {
        let policy = seed();
        let mut maker = RowMaker::new(options(2, date("2020-06-05")), &policy);
        let mut seen: Vec<(String, OfferType, &str)> = Vec::new();
        for number in 0..5_000 {
            let row = maker.row(number);
            seen.retain(|(partner, ..)| partner == row.partner_id);
            let offer = (row.partner_id.to_owned(), row.offer_type, row.offer_name);
            assert!(!seen.contains(&offer), "{offer:?}");
            seen.push(offer);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(500))]
        /// On any as-of date and later, under one round and under many.
        #[test]
        fn the_rules_accept_every_clean_row(
            seed_of_rows in any::<u64>(),
            first in 0u64..1_000_000_000,
            as_of in prop_oneof![
                4 => 18_200i32..19_000,
                1 => crate::generate::AS_OF_MIN.days_since_epoch()..=crate::generate::AS_OF_MAX.days_since_epoch(),
            ],
            later in 0i32..4_000,
            every_round in any::<bool>(),
        ) {
            let policy = if every_round { all_rounds() } else { seed() };
            let as_of = Date::from_days_since_epoch(as_of);
            let mut maker = RowMaker::new(options(seed_of_rows, as_of), &policy);
            for number in first..first + 50 {
                let row = maker.row(number);
                stage(&policy, as_of, &row);
                stage(&policy, as_of.plus_days(later), &row);
                for date in [Some(row.dates.purchase), row.dates.renewal_start, row.dates.last_renewal] {
                    prop_assert!(date.is_none_or(Date::is_in_input_range));
                }
            }
        }
    }
}
