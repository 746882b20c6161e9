//! The fees that fall due or can be reactivated, summed exactly: `fee_forecast` (SPEC §3) and what estimates rest on.

use super::currency::CurrencyIndex;
use super::due_offers::{DueOffer, DueOffers, due_times, month_of};
use super::rows::ReportOptions;
use crate::finance::{CONDITION_COUNT, DueFees, DueTimes, FeeSum, LEAF_COUNT, kind_of};
use crate::rules::PolicyNumbers;

/// A month, counted since the year 0, as `YYYY-MM`.
pub fn month_text(month: i32) -> String {
    format!("{:04}-{:02}", month.div_euclid(12), month.rem_euclid(12) + 1)
}

/// Sums fees by currency and by all that bears on whether they are paid.
///
/// Only the kinds of fee that come up have a sum: a run has few of all that there can be. Sums are exact integers, so
/// the order in which offers are added makes no difference.
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
        Self {
            times: due_times(options, numbers),
            first_month: month_of(options.as_of),
            places: Vec::new(),
            numbers: Vec::new(),
            sums: Vec::new(),
        }
    }

    /// Adds the offers of a batch; `numbers` are this forecast's numbers of the batch's currencies.
    pub fn add(&mut self, due: &DueOffers, numbers: &[usize]) {
        for &DueOffer { currency, places, kind, ten_thousandths } in due.offers() {
            self.sum(numbers[usize::from(currency)], kind as usize).add_small(ten_thousandths, places);
        }
        for &(currency, kind, fee) in due.large_fees() {
            self.sum(numbers[usize::from(currency)], kind as usize).add_offer(Some(fee));
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::{FeeCell, Row};
    use crate::rules::test_policies::{date, seed};
    use crate::rules::{Fee, Offer, OfferType, Portal, decide};
    use std::collections::BTreeMap;

    /// Currency, anniversary and fee of offers.
    type Offers<'a> = &'a [(&'a str, &'a str, Option<&'a str>)];

    /// Currency by currency and month by month, the offers, those without a fee, and the sum.
    type Sums = BTreeMap<(String, String), (u64, u64, i128)>;

    /// The sums of offers that come in batches, each of which numbers the currencies in its own way.
    fn forecast_of(batches: &[Offers<'_>]) -> Sums {
        let (policy, as_of) = (seed(), date("2020-06-05"));
        let options = ReportOptions { as_of, horizon_days: 90, forecast_months: 12, reminders_from: as_of };
        let mut currencies = CurrencyIndex::default();
        let mut forecast = Forecast::new(&options, policy.numbers());
        let mut due = DueOffers::new(&options, policy.numbers());
        for offers in batches {
            due.clear();
            let mut own = CurrencyIndex::default();
            for (currency, anniversary, fee) in *offers {
                let offer = Offer {
                    offer_type: OfferType::ActionPack,
                    offer_name: b"",
                    purchase_date: date("2000-01-01"),
                    renewal_start_date: Some(date(anniversary)),
                    last_renewal_date: None,
                    requirements_met: None,
                    portal: Portal::PartnerCenter,
                };
                let cell = |text: &str| FeeCell { fee: Fee::parse(text.as_bytes()).unwrap(), text: &[] };
                let (fee, currency) = (fee.map(cell), currency.as_bytes());
                let row = Row { partner_id: b"1", fee, currency, ..Row::of(offer) };
                let decision = decide(&policy, as_of, &offer).unwrap();
                due.add(&options, own.number(currency), &row, &decision);
            }
            let codes = own.codes().iter();
            let numbers: Vec<usize> = codes.map(|code| currencies.number(code)).collect();
            forecast.add(&due, &numbers);
        }
        let mut sums = Sums::new();
        for fees in forecast.fees(&currencies) {
            let currency = String::from_utf8(fees.currency.to_vec()).unwrap();
            let sum = sums.entry((currency, format!("{:?}", fees.due))).or_default();
            *sum = (sum.0 + fees.sum.offers, sum.1 + fees.sum.offers_without_fee, sum.2 + fees.sum.fees);
        }
        sums
    }

    #[test]
    fn offers_are_summed_alike_in_whatever_batches_they_come() {
        let offers = [
            ("EUR", "2020-10-01", Some("475.5")),
            ("USD", "2020-10-17", None),
            ("USD", "2020-10-21", Some("0.0001")),
            ("EUR", "2020-11-05", Some("999999999999999999.9999")),
            ("EUR", "2020-11-09", Some("1844674407370955.1615")),
            ("EUR", "2020-11-30", Some("1844674407370955.1616")),
            ("GBP", "2020-12-24", Some("20")),
            ("USD", "2020-10-31", Some("7")),
        ];
        let whole = forecast_of(&[&offers]);
        let sum_of = |currency: &str| {
            let of_currency = whole.iter().filter(|((code, _), _)| code == currency);
            of_currency.fold((0, 0, 0), |sum, (_, (a, b, c))| (sum.0 + a, sum.1 + b, sum.2 + c))
        };
        let large = 9_999_999_999_999_999_999_999 + 18_446_744_073_709_551_615 + 18_446_744_073_709_551_616;
        assert_eq!(sum_of("EUR"), (4, 0, 4_755_000 + large));
        assert_eq!(sum_of("USD"), (3, 1, 70_001));
        assert_eq!(sum_of("GBP"), (1, 0, 200_000));
        for at in 0..=offers.len() {
            assert_eq!(forecast_of(&[&offers[..at], &offers[at..]]), whole, "cut at {at}");
        }
    }
}
