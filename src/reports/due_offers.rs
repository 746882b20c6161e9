//! The offers of a batch whose fees fall due or can be reactivated, noted for the forecast of the run.

use super::rows::ReportOptions;
use crate::finance::{Condition, DueTime, DueTimes, kind_index, leaf_index};
use crate::ingest::Row;
use crate::rules::{Date, Decision, Fee, PolicyNumbers, Stage, YearMonthDay};

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

/// An offer whose fee falls due or that can be reactivated, in few bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DueOffer {
    /// Number of its currency in the batch.
    pub currency: u16,
    /// Decimal places of its fee; `None` where the fee is unknown.
    pub places: Option<u8>,
    /// When it falls due and what it is, as [`kind_index`] has it.
    pub kind: u32,
    /// Its fee in ten-thousandths.
    pub ten_thousandths: u64,
}

/// The due offers of a batch, in the order of the input.
///
/// They are noted one by one rather than summed: a batch has few offers of each kind, so its sums would take more
/// memory than the offers do, and would have to be summed once more for the run.
#[derive(Clone, Debug)]
pub struct DueOffers {
    times: DueTimes,
    months: MonthsAhead,
    offers: Vec<DueOffer>,
    /// Fees too large for [`DueOffer`], each with the currency and kind of its offer.
    large_fees: Vec<(u16, u32, Fee)>,
}

impl DueOffers {
    /// No offers yet.
    pub fn new(options: &ReportOptions, numbers: &PolicyNumbers) -> Self {
        Self {
            times: due_times(options, numbers),
            months: MonthsAhead::of(options.as_of),
            offers: Vec::new(),
            large_fees: Vec::new(),
        }
    }

    /// Forgets the offers, and keeps the memory.
    pub fn clear(&mut self) {
        self.offers.clear();
        self.large_fees.clear();
    }

    /// Notes an offer if its fee falls due or it can be reactivated; `currency` is the number of its currency.
    #[inline]
    pub fn add(&mut self, options: &ReportOptions, currency: usize, row: &Row<'_>, decision: &Decision) {
        let Some(leaf) = leaf_index(row.offer.offer_type, row.level) else { return };
        let Some(due) = due_time_by(options, |day| self.months.to(day), decision) else { return };
        let kind = kind_index(self.times.index(due), leaf, Condition::of(decision)) as u32;
        let fee = row.fee.map(|cell| cell.fee);
        // A currency's number always fits: see `CurrencyIndex`.
        let currency = currency as u16;
        match (fee, u64::try_from(fee.map_or(0, |fee| fee.ten_thousandths))) {
            (Some(fee), Err(_)) => self.large_fees.push((currency, kind, fee)),
            (_, ten_thousandths) => self.offers.push(DueOffer {
                currency,
                places: fee.map(|fee| fee.places),
                kind,
                ten_thousandths: ten_thousandths.unwrap_or(0),
            }),
        }
    }

    /// The offers, but those with large fees.
    pub fn offers(&self) -> &[DueOffer] {
        &self.offers
    }

    /// Currency, kind and fee of the offers whose fees do not fit a `DueOffer`.
    pub fn large_fees(&self) -> &[(u16, u32, Fee)] {
        &self.large_fees
    }
}

/// The numbers of the due times of a run.
pub fn due_times(options: &ReportOptions, numbers: &PolicyNumbers) -> DueTimes {
    let window_days = numbers.window_closes_after_days - numbers.window_opens_after_days + 1;
    DueTimes { window_days: window_days.max(1) as u32, months: options.forecast_months }
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
pub fn month_of(date: Date) -> i32 {
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
