//! The fees that fall due or can be reactivated, summed exactly: `fee_forecast` (SPEC §3) and what estimates rest on.

use super::currency::CurrencyIndex;
use super::rows::ReportOptions;
use crate::finance::{
    CONDITION_COUNT, Condition, DueFees, DueTime, DueTimes, FeeSum, LEAF_COUNT, kind_index, kind_of, leaf_index,
};
use crate::ingest::Row;
use crate::rules::{Date, Decision, PolicyNumbers, Stage, YearMonthDay};

/// A month, counted since the year 0, as `YYYY-MM`.
pub fn month_text(month: i32) -> String {
    format!("{:04}-{:02}", month.div_euclid(12), month.rem_euclid(12) + 1)
}

/// When the fee of an offer falls due, `first_month` being the month of the as-of date; `None` for an offer without a
/// term that can still be paid.
#[inline]
pub fn due_time(options: &ReportOptions, first_month: i32, decision: &Decision) -> Option<DueTime> {
    let term = decision.term.as_ref()?;
    let month = || (month_of(term.window_opens) - first_month) as u32;
    match decision.stage {
        Stage::Current => Some(DueTime::Current { month: month() }),
        Stage::Reminded => Some(DueTime::Reminded { month: month() }),
        Stage::Open | Stage::FinalNotice => {
            Some(DueTime::InWindow { day: options.as_of.days_since(term.window_opens) as u32 })
        }
        Stage::Reactivatable => Some(DueTime::Reactivatable),
        Stage::NotRenewable | Stage::NotStarted | Stage::Lapsed => None,
    }
}

/// Whether the fee of an offer, known or not, is in `fee_forecast`.
pub fn is_in_forecast(options: &ReportOptions, decision: &Decision) -> bool {
    match due_time(options, month_of(options.as_of), decision) {
        Some(DueTime::Current { month } | DueTime::Reminded { month }) => month < options.forecast_months,
        Some(DueTime::InWindow { .. }) => true,
        Some(DueTime::Reactivatable) | None => false,
    }
}

/// Sums fees by currency and by all that bears on whether they are paid.
///
/// Only the kinds of fee that come up have a sum: a batch has few of all that there can be. Sums are exact integers, so
/// the order in which parts are merged makes no difference.
#[derive(Clone, Debug)]
pub struct Forecast {
    times: DueTimes,
    first_month: i32,
    /// For each currency and kind of fee, the place of its sum plus one; 0 if it has none.
    places: Vec<u32>,
    /// The number of each sum's currency and kind, as in `places`.
    numbers: Vec<u32>,
    sums: Vec<FeeSum>,
}

impl Forecast {
    /// An empty forecast for a run.
    pub fn new(options: &ReportOptions, numbers: &PolicyNumbers) -> Self {
        let window_days = numbers.window_closes_after_days - numbers.window_opens_after_days + 1;
        let times = DueTimes { window_days: window_days.max(1) as u32, months: options.forecast_months };
        Self::of_times(times, month_of(options.as_of))
    }

    const fn of_times(times: DueTimes, first_month: i32) -> Self {
        Self { times, first_month, places: Vec::new(), numbers: Vec::new(), sums: Vec::new() }
    }

    /// An empty forecast of the same reach.
    pub const fn new_like(other: &Self) -> Self {
        Self::of_times(other.times, other.first_month)
    }

    /// Forgets the sums, and keeps the memory: batches of one export have the same currencies.
    pub fn clear(&mut self) {
        for &number in &self.numbers {
            self.places[number as usize] = 0;
        }
        self.numbers.clear();
        self.sums.clear();
    }

    /// Counts an offer whose fee falls due or that can be reactivated.
    #[inline]
    pub fn add(&mut self, options: &ReportOptions, currency: usize, row: &Row<'_>, decision: &Decision) {
        let Some(leaf) = leaf_index(row.offer.offer_type, row.level) else { return };
        let Some(due) = due_time(options, self.first_month, decision) else { return };
        let kind = kind_index(self.times.index(due), leaf, Condition::of(decision));
        self.sum(currency, kind).add_offer(row.fee.map(|cell| cell.fee));
    }

    /// The sum of a kind of fee.
    #[inline]
    fn sum(&mut self, currency: usize, kind: usize) -> &mut FeeSum {
        let number = currency * self.kinds_each() + kind;
        match self.places.get(number) {
            Some(&place) if place > 0 => &mut self.sums[place as usize - 1],
            _ => self.new_sum(currency, number),
        }
    }

    #[cold]
    fn new_sum(&mut self, currency: usize, number: usize) -> &mut FeeSum {
        let room = (currency + 1) * self.kinds_each();
        if self.places.len() < room {
            self.places.resize(room, 0);
        }
        self.numbers.push(number as u32);
        self.places[number] = self.numbers.len() as u32;
        let place = self.sums.len();
        self.sums.push(FeeSum::default());
        &mut self.sums[place]
    }

    /// Kinds of fee that a currency can have.
    #[inline]
    const fn kinds_each(&self) -> usize {
        self.times.count() * LEAF_COUNT * CONDITION_COUNT
    }

    /// Adds the sums of a part of the same run; `numbers` are this forecast's numbers of the part's currencies.
    pub fn merge(&mut self, part: &Self, numbers: &[usize]) {
        let kinds_each = self.kinds_each();
        for (&number, sum) in part.numbers.iter().zip(&part.sums) {
            let (currency, kind) = (number as usize / kinds_each, number as usize % kinds_each);
            self.sum(numbers[currency], kind).merge(sum);
        }
    }

    /// The numbers of due times.
    pub const fn times(&self) -> DueTimes {
        self.times
    }

    /// The month of the as-of date, in months since the year 0.
    pub const fn first_month(&self) -> i32 {
        self.first_month
    }

    /// Every sum, in the order of currency, due time, leaf and condition.
    pub fn fees(&self, currencies: &CurrencyIndex) -> Vec<DueFees> {
        let kinds_each = self.kinds_each();
        let fees_of = |(&number, sum): (&u32, &FeeSum)| {
            let (currency, kind) = (number as usize / kinds_each, number as usize % kinds_each);
            let (due, leaf, condition) = kind_of(kind);
            DueFees { currency: currencies.codes()[currency], due: self.times.due(due), leaf, condition, sum: *sum }
        };
        let mut fees: Vec<DueFees> = self.numbers.iter().zip(&self.sums).map(fees_of).collect();
        fees.sort_by_key(|fees| (fees.currency, self.times.index(fees.due), fees.leaf, fees.condition));
        fees
    }
}

/// Months since the year 0.
fn month_of(date: Date) -> i32 {
    let YearMonthDay { year, month, .. } = date.year_month_day();
    year * 12 + month as i32 - 1
}
