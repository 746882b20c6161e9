//! Policies, assumptions and rates of exchange: read, or refused at a place of the file.

use renewals::policy::{PolicyError, load_exchange, parse, parse_assumptions};
use renewals::rules::{Date, Offer, OfferType, Policy, Portal, decide, trace};
use std::io::Write;

/// The first byte says what the file is; the rest is its text.
pub fn check(data: &[u8]) {
    let Some((kind, bytes)) = data.split_first() else { return };
    if kind % 3 == 2 {
        check_exchange(bytes);
        return;
    }
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if kind % 3 == 1 {
        if let Err(error) = parse_assumptions("own.toml", text) {
            check_error(&error, text);
        }
        return;
    }
    match parse("own.toml", text) {
        Ok(file) => {
            assert_eq!(file.sources.rounds.len(), file.policy.rounds().len());
            decide_much(&file.policy);
        }
        Err(error) => check_error(&error, text),
    }
}

fn check_exchange(bytes: &[u8]) {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(bytes).expect("written");
    let path = file.path().to_str().expect("a plain name");
    for reporting_currency in [None, Some("EUR")] {
        match load_exchange(path, reporting_currency) {
            Ok(read) => assert!(read.rates.rates.contains_key(&read.rates.reporting_currency)),
            Err(error) => check_error(&error, &String::from_utf8_lossy(bytes)),
        }
    }
}

fn check_error(error: &PolicyError, text: &str) {
    assert!(!error.to_string().is_empty());
    if let Some(place) = error.place() {
        assert!((1..=text.matches('\n').count() + 1).contains(&place.line), "{error}");
        assert!((1..=text.len() + 1).contains(&place.column), "{error}");
    }
    let _hint = error.hint();
}

/// A policy that is accepted decides any offer, and its trace says the same.
fn decide_much(policy: &Policy) {
    let day = |days| Date::from_days_since_epoch(days);
    let first = Date::from_year_month_day(1900, 1, 1).expect("a day").days_since_epoch();
    let last = Date::from_year_month_day(2999, 12, 31).expect("a day").days_since_epoch();
    for (purchase, base, payment, as_of) in [
        (first, None, None, last),
        (first, None, Some(last), last),
        (first, Some(first + 1), Some(last), last),
        (last - 366, None, Some(last), last),
        (17_000, None, Some(18_400), 18_418),
        (17_000, Some(18_300), Some(18_400), 18_418),
        (18_418, None, None, 18_418),
    ] {
        for offer_type in [OfferType::Membership, OfferType::ActionPack, OfferType::Competency] {
            let offer = Offer {
                offer_type,
                offer_name: b"Security",
                purchase_date: day(purchase),
                renewal_start_date: base.map(day),
                last_renewal_date: payment.map(day),
                requirements_met: None,
                portal: Portal::PartnerCenter,
            };
            assert_eq!(trace(policy, day(as_of), &offer).outcome, decide(policy, day(as_of), &offer));
        }
    }
}
