//! The fees that fall due or can be reactivated, summed exactly: `fee_forecast` (SPEC §3) and what estimates rest on.

use super::currency::CurrencyIndex;
use super::rows::ReportOptions;
use crate::finance::{
    CONDITION_COUNT, Condition, DueFees, DueTime, DueTimes, FeeSum, LEAF_COUNT, kind_index, kind_of, leaf_index,
};
use crate::ingest::Row;
use crate::rules::{Date, Decision, Fee, PolicyNumbers, Stage, YearMonthDay};

/// A month, counted since the year 0, as `YYYY-MM`.
pub fn month_text(month: i32) -> String {
    format!("{:04}-{:02}", month.div_euclid(12), month.rem_euclid(12) + 1)
}

/// When the fee of an offer falls due, `first_month` being the month of the as-of date; `None` for an offer without a
/// term that can still be paid.
pub fn due_time(options: &ReportOptions, first_month: i32, decision: &Decision) -> Option<DueTime> {
    due_time_by(options, |day| month_of(day) - first_month, decision)
}

/// [`due_time`], `months_to` being the months from the as-of date's to that of a day.
#[inline]
fn due_time_by(options: &ReportOptions, months_to: impl Fn(Date) -> i32, decision: &Decision) -> Option<DueTime> {
    let term = decision.term.as_ref()?;
    let month = || months_to(term.window_opens) as u32;
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
    months: MonthsAhead,
    /// For each currency and kind of fee, the place of its sum plus one; 0 if it has none.
    places: Vec<u32>,
    /// The number of each sum's currency and kind, as in `places`.
    numbers: Vec<u32>,
    sums: Vec<FeeSum>,
    /// Offers that are yet to be added.
    pending: Vec<PendingOffer>,
}

/// An offer whose sum is known, but not yet fetched.
#[derive(Clone, Copy, Debug)]
struct PendingOffer {
    currency: u16,
    /// `None` where the fee is unknown.
    places: Option<u8>,
    kind: u32,
    ten_thousandths: u64,
}

/// Offers that are added together: sums lie far apart, and so fetching them overlaps, whereas each would be waited for
/// when its row's turn comes.
const PENDING_MOST: usize = 256;

impl Forecast {
    /// An empty forecast for a run.
    pub fn new(options: &ReportOptions, numbers: &PolicyNumbers) -> Self {
        let window_days = numbers.window_closes_after_days - numbers.window_opens_after_days + 1;
        let times = DueTimes { window_days: window_days.max(1) as u32, months: options.forecast_months };
        Self::of_times(times, MonthsAhead::of(options.as_of))
    }

    const fn of_times(times: DueTimes, months: MonthsAhead) -> Self {
        Self { times, months, places: Vec::new(), numbers: Vec::new(), sums: Vec::new(), pending: Vec::new() }
    }

    /// An empty forecast of the same reach.
    pub fn new_like(other: &Self) -> Self {
        Self::of_times(other.times, other.months.clone())
    }

    /// Forgets the sums, and keeps the memory: batches of one export have the same currencies.
    pub fn clear(&mut self) {
        for &number in &self.numbers {
            self.places[number as usize] = 0;
        }
        self.numbers.clear();
        self.sums.clear();
        self.pending.clear();
    }

    /// Counts an offer whose fee falls due or that can be reactivated.
    #[inline]
    pub fn add(&mut self, options: &ReportOptions, currency: usize, row: &Row<'_>, decision: &Decision) {
        let Some(leaf) = leaf_index(row.offer.offer_type, row.level) else { return };
        let Some(due) = due_time_by(options, |day| self.months.to(day), decision) else { return };
        let kind = kind_index(self.times.index(due), leaf, Condition::of(decision));
        let fee = row.fee.map(|cell| cell.fee);
        let places = fee.map(|fee| fee.places);
        match (u16::try_from(currency), u64::try_from(fee.map_or(0, |fee| fee.ten_thousandths))) {
            (Ok(currency), Ok(ten_thousandths)) => {
                self.pending.push(PendingOffer { currency, places, kind: kind as u32, ten_thousandths });
                if self.pending.len() == PENDING_MOST {
                    self.settle();
                }
            }
            _ => self.sum(currency, kind).add_offer(fee),
        }
    }

    /// Adds the offers that are yet to be added.
    #[inline(never)]
    fn settle(&mut self) {
        let mut pending = std::mem::take(&mut self.pending);
        for PendingOffer { currency, places, kind, ten_thousandths } in pending.drain(..) {
            let fee = places.map(|places| Fee { ten_thousandths: ten_thousandths.into(), places });
            self.sum(currency.into(), kind as usize).add_offer(fee);
        }
        self.pending = pending;
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
    pub fn merge(&mut self, part: &mut Self, numbers: &[usize]) {
        part.settle();
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
        self.months.first_month
    }

    /// Every sum, in the order of currency, due time, leaf and condition.
    pub fn fees(&mut self, currencies: &CurrencyIndex) -> Vec<DueFees> {
        self.settle();
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

/// The months from the as-of date's to those of later days, the days of the next terms looked up.
#[derive(Clone, Debug)]
struct MonthsAhead {
    as_of: Date,
    /// In months since the year 0.
    first_month: i32,
    /// For each day from the as-of date on, the months to its own.
    by_day: Vec<i32>,
}

impl MonthsAhead {
    /// Somewhat more than the longest way from a day to the end of the term after it, most terms being a year.
    const DAYS: i32 = 2 * 366;

    fn of(as_of: Date) -> Self {
        let first_month = month_of(as_of);
        let by_day = (0..Self::DAYS).map(|days| month_of(as_of.plus_days(days)) - first_month).collect();
        Self { as_of, first_month, by_day }
    }

    #[inline]
    fn to(&self, day: Date) -> i32 {
        // A day before the as-of date becomes a very large number.
        match self.by_day.get(day.days_since(self.as_of) as u32 as usize) {
            Some(months) => *months,
            None => month_of(day) - self.first_month,
        }
    }
}

/// Months since the year 0.
fn month_of(date: Date) -> i32 {
    let YearMonthDay { year, month, .. } = date.year_month_day();
    year * 12 + month as i32 - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_those_of_the_calendar_near_and_far() {
        let as_of = Date::parse_iso(b"2020-02-29").unwrap();
        let months = MonthsAhead::of(as_of);
        for days in -800..1_600 {
            let day = as_of.plus_days(days);
            let YearMonthDay { year, month, .. } = day.year_month_day();
            assert_eq!(months.to(day), (year - 2020) * 12 + month as i32 - 2, "{day}");
        }
    }
}
