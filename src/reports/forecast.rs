//! `fee_forecast`: what falls due in each month, in exact decimals (SPEC §3).

use super::currency::{CurrencyCode, CurrencyIndex};
use super::rows::ReportOptions;
use crate::ingest::Row;
use crate::rules::{Date, Decision, Level, OfferType, Stage, YearMonthDay};
use std::collections::BTreeMap;

/// The fees and offers of one group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ForecastGroup {
    /// Offers that fall due.
    pub offers: u64,
    /// Those of them whose fee is unknown.
    pub offers_without_fee: u64,
    /// Sum of the known fees in ten-thousandths; `None` where no fee is known.
    pub fees: Option<i128>,
    /// Most decimal places that a fee of the group was written with.
    pub places: u8,
}

impl ForecastGroup {
    /// Adds the offers and fees of another group.
    pub fn add(&mut self, other: &Self) {
        self.offers += other.offers;
        self.offers_without_fee += other.offers_without_fee;
        self.fees = match (self.fees, other.fees) {
            (Some(left), Some(right)) => Some(left + right),
            (left, right) => left.or(right),
        };
        self.places = self.places.max(other.places);
    }
}

/// What a group of the forecast stands for. The order is that of the report: the spellings' bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ForecastKey {
    /// Months since the year 0.
    pub month: i32,
    /// Currency code.
    pub currency: CurrencyCode,
    /// Offer type, spelled.
    pub offer_type: &'static str,
    /// Level, spelled; empty if there is none.
    pub level: &'static str,
}

impl ForecastKey {
    /// The month as `YYYY-MM`.
    pub fn month_text(&self) -> String {
        format!("{:04}-{:02}", self.month.div_euclid(12), self.month.rem_euclid(12) + 1)
    }
}

/// Sums fees by month, currency, offer type and level.
///
/// Sums are exact integers, so the order in which parts are merged makes no difference.
#[derive(Clone, Debug, Default)]
pub struct Forecast {
    /// One slot for each currency, month, offer type and level.
    slots: Vec<ForecastGroup>,
    first_month: i32,
    months: usize,
}

const LEVELS: usize = 3;
const SLOTS_PER_MONTH: usize = OfferType::ALL.len() * LEVELS;

impl Forecast {
    /// An empty forecast for a run.
    pub fn new(options: &ReportOptions) -> Self {
        Self { slots: Vec::new(), first_month: month_of(options.as_of), months: options.forecast_months as usize }
    }

    /// An empty forecast of the same reach.
    pub const fn new_like(other: &Self) -> Self {
        Self { slots: Vec::new(), first_month: other.first_month, months: other.months }
    }

    /// Forgets the groups, and keeps the memory: batches of one export have the same currencies.
    pub fn clear(&mut self) {
        self.slots.fill(ForecastGroup::default());
    }

    /// Counts an offer, if it falls due within the forecast.
    #[inline]
    pub fn add(&mut self, options: &ReportOptions, currency: usize, row: &Row<'_>, decision: &Decision) {
        let (Stage::Current | Stage::Reminded | Stage::Open | Stage::FinalNotice, Some(term)) =
            (decision.stage, &decision.term)
        else {
            return;
        };
        let month = (month_of(term.window_opens.max(options.as_of)) - self.first_month) as usize;
        if month >= self.months {
            return;
        }
        let level = row.level.map_or(0, |level| level.index() + 1);
        self.make_room(currency);
        let slot = (currency * self.months + month) * SLOTS_PER_MONTH + row.offer.offer_type.index() * LEVELS + level;
        self.slots[slot].add(&ForecastGroup {
            offers: 1,
            offers_without_fee: row.fee.is_none().into(),
            fees: row.fee.map(|cell| cell.fee.ten_thousandths),
            places: row.fee.map_or(0, |cell| cell.fee.places),
        });
    }

    /// Makes slots for the currencies up to `currency`.
    #[inline]
    fn make_room(&mut self, currency: usize) {
        let slots = (currency + 1) * self.months * SLOTS_PER_MONTH;
        if self.slots.len() < slots {
            self.slots.resize(slots, ForecastGroup::default());
        }
    }

    /// Adds the groups of a part of the same run; `numbers` are this forecast's numbers of the part's currencies.
    pub fn merge(&mut self, part: &Self, numbers: &[usize]) {
        let slots_each = self.months * SLOTS_PER_MONTH;
        for (added, &number) in part.slots.chunks(slots_each).zip(numbers) {
            self.make_room(number);
            for (group, other) in self.slots[number * slots_each..].iter_mut().zip(added) {
                if other.offers > 0 {
                    group.add(other);
                }
            }
        }
    }

    /// Decimal places that the report writes: two, or as many as its widest fee has.
    pub fn places(&self) -> u8 {
        self.slots.iter().map(|group| group.places).fold(2, u8::max)
    }

    /// The groups that have offers, in the order of the report.
    pub fn groups(&self, currencies: &CurrencyIndex) -> BTreeMap<ForecastKey, ForecastGroup> {
        let mut groups = BTreeMap::new();
        for (index, group) in self.slots.iter().enumerate().filter(|(_, group)| group.offers > 0) {
            let (rest, level) = (index / LEVELS, index % LEVELS);
            let (rest, offer_type) = (rest / OfferType::ALL.len(), rest % OfferType::ALL.len());
            let (currency, month) = (rest / self.months, rest % self.months);
            let key = ForecastKey {
                month: self.first_month + month as i32,
                currency: currencies.codes()[currency],
                offer_type: OfferType::ALL[offer_type].as_str(),
                level: level.checked_sub(1).map_or("", |level| Level::ALL[level].as_str()),
            };
            groups.insert(key, *group);
        }
        groups
    }
}

/// Months since the year 0.
fn month_of(date: Date) -> i32 {
    let YearMonthDay { year, month, .. } = date.year_month_day();
    year * 12 + month as i32 - 1
}
