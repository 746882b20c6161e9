//! `fee_forecast`: what falls due in each month, in exact decimals (SPEC §3).

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
    fn add(&mut self, other: &Self) {
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
    /// Currency code, zero bytes if empty.
    pub currency: [u8; 3],
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
    /// The groups of the batch at hand, found by a linear search: there are few currencies.
    currencies: Vec<[u8; 3]>,
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
        Self {
            currencies: Vec::new(),
            slots: Vec::new(),
            first_month: month_of(options.as_of),
            months: options.forecast_months as usize,
        }
    }

    /// Forgets the groups, and keeps the memory.
    pub fn clear(&mut self) {
        self.currencies.clear();
        self.slots.clear();
    }

    /// Counts an offer, if it falls due within the forecast.
    #[inline]
    pub fn add(&mut self, options: &ReportOptions, row: &Row<'_>, decision: &Decision) {
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
        let currency = self.currency_index(currency_code(row.currency));
        let slot = (currency * self.months + month) * SLOTS_PER_MONTH + row.offer.offer_type.index() * LEVELS + level;
        self.slots[slot].add(&ForecastGroup {
            offers: 1,
            offers_without_fee: row.fee.is_none().into(),
            fees: row.fee.map(|cell| cell.fee.ten_thousandths),
            places: row.fee.map_or(0, |cell| cell.fee.places),
        });
    }

    fn currency_index(&mut self, code: [u8; 3]) -> usize {
        if let Some(index) = self.currencies.iter().position(|known| *known == code) {
            return index;
        }
        self.currencies.push(code);
        let slots = self.currencies.len() * self.months * SLOTS_PER_MONTH;
        self.slots.resize(slots, ForecastGroup::default());
        self.currencies.len() - 1
    }

    /// Adds the groups of a part of the same run.
    pub fn merge(&mut self, part: &Self) {
        let slots_each = self.months * SLOTS_PER_MONTH;
        for (index, code) in part.currencies.iter().enumerate() {
            let own = self.currency_index(*code) * slots_each;
            let added = &part.slots[index * slots_each..][..slots_each];
            for (group, other) in self.slots[own..].iter_mut().zip(added).filter(|(_, other)| other.offers > 0) {
                group.add(other);
            }
        }
    }

    /// Decimal places that the report writes: two, or as many as its widest fee has.
    pub fn places(&self) -> u8 {
        self.slots.iter().map(|group| group.places).fold(2, u8::max)
    }

    /// The groups that have offers, in the order of the report.
    pub fn groups(&self) -> BTreeMap<ForecastKey, ForecastGroup> {
        let mut groups = BTreeMap::new();
        for (index, group) in self.slots.iter().enumerate().filter(|(_, group)| group.offers > 0) {
            let (rest, level) = (index / LEVELS, index % LEVELS);
            let (rest, offer_type) = (rest / OfferType::ALL.len(), rest % OfferType::ALL.len());
            let (currency, month) = (rest / self.months, rest % self.months);
            let key = ForecastKey {
                month: self.first_month + month as i32,
                currency: self.currencies[currency],
                offer_type: OfferType::ALL[offer_type].as_str(),
                level: level.checked_sub(1).map_or("", |level| Level::ALL[level].as_str()),
            };
            groups.insert(key, *group);
        }
        groups
    }
}

/// Three letters of a currency code, or zero bytes for none.
pub fn currency_code(text: &[u8]) -> [u8; 3] {
    text.try_into().unwrap_or_default()
}

/// Months since the year 0.
fn month_of(date: Date) -> i32 {
    let YearMonthDay { year, month, .. } = date.year_month_day();
    year * 12 + month as i32 - 1
}
