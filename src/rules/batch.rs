//! The rules on a batch of columns, for engines that hold offers column by column.

use super::date::Date;
use super::decision::{Contradiction, Decision, decide};
use super::offer::{Offer, OfferType, Portal};
use super::policy::Policy;

/// Offers as columns of equal length; see [`Offer`] for what each one means.
#[derive(Clone, Copy, Debug)]
pub struct OfferColumns<'a> {
    /// Kinds of offer.
    pub offer_type: &'a [OfferType],
    /// Names of the competencies, empty where unknown.
    pub offer_name: &'a [&'a [u8]],
    /// Days of purchase.
    pub purchase_date: &'a [Date],
    /// Anniversaries as the portal shows them.
    pub renewal_start_date: &'a [Option<Date>],
    /// Days of the last payments.
    pub last_renewal_date: &'a [Option<Date>],
    /// Whether the requirements are met.
    pub requirements_met: &'a [Option<bool>],
    /// Where the memberships are managed.
    pub portal: &'a [Portal],
}

impl<'a> OfferColumns<'a> {
    /// The number of offers, that of the shortest column.
    pub fn len(&self) -> usize {
        [
            self.offer_type.len(),
            self.offer_name.len(),
            self.purchase_date.len(),
            self.renewal_start_date.len(),
            self.last_renewal_date.len(),
            self.requirements_met.len(),
            self.portal.len(),
        ]
        .into_iter()
        .min()
        .unwrap_or(0)
    }

    /// Whether there are no offers.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Decides every offer of a batch on the as-of date, in order.
pub fn decide_batch<'a>(
    policy: &'a Policy,
    as_of: Date,
    offers: &'a OfferColumns<'a>,
) -> impl ExactSizeIterator<Item = Result<Decision, Contradiction>> + 'a {
    // Zipped, so that no column's length is looked at for each offer.
    let kinds = offers.offer_type.iter().zip(offers.offer_name).zip(offers.portal).zip(offers.requirements_met);
    let dates = offers.purchase_date.iter().zip(offers.renewal_start_date).zip(offers.last_renewal_date);
    kinds.zip(dates).map(move |((((offer_type, offer_name), portal), requirements_met), ((purchase, start), last))| {
        let offer = Offer {
            offer_type: *offer_type,
            offer_name,
            purchase_date: *purchase,
            renewal_start_date: *start,
            last_renewal_date: *last,
            requirements_met: *requirements_met,
            portal: *portal,
        };
        decide(policy, as_of, &offer)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::Stage;
    use crate::rules::test_policies::{date, seed};

    #[test]
    fn a_batch_is_decided_row_by_row_in_order() {
        let columns = OfferColumns {
            offer_type: &[OfferType::Membership, OfferType::ActionPack, OfferType::Competency],
            offer_name: &[b"", b"", b"Security"],
            purchase_date: &[date("2018-01-01"), date("2018-09-01"), date("2019-01-01")],
            renewal_start_date: &[None, Some(date("2020-09-01")), None],
            last_renewal_date: &[None, None, Some(date("2018-01-01"))],
            requirements_met: &[None, None, Some(true)],
            portal: &[Portal::Pmc, Portal::PartnerCenter, Portal::PartnerCenter],
        };
        assert!(!columns.is_empty());
        let shortest = OfferColumns { portal: &columns.portal[..0], ..columns };
        assert!(shortest.is_empty());
        assert_eq!(decide_batch(&seed(), date("2020-06-05"), &shortest).len(), 0);
        let policy = seed();
        let decisions: Vec<_> = decide_batch(&policy, date("2020-06-05"), &columns).collect();
        assert_eq!(decisions.len(), 3);
        assert_eq!(decisions[0].unwrap().stage, Stage::NotRenewable);
        assert_eq!(decisions[1].unwrap().term.unwrap().anniversary, date("2020-09-01"));
        assert_eq!(decisions[2], Err(Contradiction::PaymentBeforePurchase));
    }
}
