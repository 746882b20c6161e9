//! Where an offer's current anniversary comes from: the export's own date, or the rule that it follows from.

use super::anniversary::{PaymentOutsideWindow, base_anniversary, paid_anniversary};
use super::date::Date;
use super::offer::{Offer, spelled_enumeration};
use super::policy::Policy;

spelled_enumeration! {
    /// What the current anniversary follows from.
    AnniversaryOrigin {
        /// The export's `renewal_start_date`, as the portal shows it.
        Export = "export",
        /// The purchase and one calendar year (R2).
        Purchase = "R2",
        /// A payment in the window of the term before (R6).
        Renewal = "R6",
        /// A payment in the window of an exempt term, which R6 would not have carried into its year (R7).
        ExtendedRenewal = "R7",
        /// A payment in the reactivation span of the term before (R8).
        Reactivation = "R8",
    }
}

/// What the current anniversary of a renewable offer follows from.
///
/// # Errors
/// [`PaymentOutsideWindow`] where the last payment contradicts the offer's windows.
pub fn anniversary_origin(policy: &Policy, offer: &Offer<'_>) -> Result<AnniversaryOrigin, PaymentOutsideWindow> {
    let paid = paid_anniversary(policy, offer, base_anniversary(offer))?.date();
    Ok(match (paid, offer.last_renewal_date) {
        (Some(paid), Some(payment)) => payment_origin(policy, offer, paid, payment),
        _ if offer.renewal_start_date.is_some() => AnniversaryOrigin::Export,
        _ => AnniversaryOrigin::Purchase,
    })
}

fn payment_origin(policy: &Policy, offer: &Offer<'_>, paid: Date, payment: Date) -> AnniversaryOrigin {
    let numbers = policy.numbers();
    if payment > paid.plus_days(numbers.window_closes_after_days) {
        AnniversaryOrigin::Reactivation
    } else if policy.renew(offer.offer_type, offer.offer_name, paid) == paid.plus_days(numbers.term_length_days) {
        AnniversaryOrigin::Renewal
    } else {
        AnniversaryOrigin::ExtendedRenewal
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::OfferType;
    use crate::rules::test_policies::{offer, seed};

    #[test]
    fn each_anniversary_has_its_origin() {
        for (purchase, base, payment, expected) in [
            ("2018-09-01", "", "", "R2"),
            ("2018-09-01", "2019-09-01", "", "export"),
            // A payment of an earlier term moves nothing.
            ("2018-09-01", "2019-09-01", "2019-09-01", "export"),
            ("2018-09-01", "", "2018-12-24", "R2"),
            ("2018-09-01", "2019-09-01", "2019-10-01", "R6"),
            ("2018-09-01", "", "2020-09-01", "R6"),
            // Exempt: R6's day lies in 2021 but for the first day of the round.
            ("2019-01-02", "", "2020-01-03", "R6"),
            ("2019-01-01", "", "2020-01-02", "R7"),
            ("2019-01-02", "", "2020-02-01", "R6"),
            ("2019-01-02", "", "2020-02-02", "R8"),
            ("2019-01-01", "2020-01-01", "2020-06-30", "R8"),
        ] {
            let offer = offer(OfferType::Competency, purchase, base, payment);
            let origin = anniversary_origin(&seed(), &offer).map(AnniversaryOrigin::as_str);
            assert_eq!(origin, Ok(expected), "{purchase} {base} {payment}");
        }
    }

    #[test]
    fn a_payment_between_two_windows_has_none() {
        let offer = offer(OfferType::ActionPack, "2018-09-01", "2019-09-01", "2019-10-02");
        assert_eq!(anniversary_origin(&seed(), &offer), Err(PaymentOutsideWindow));
    }
}
