//! The facts of one offer, as the rules see them.

use super::date::Date;
use super::short_text::ShortText;

/// An enumeration whose values are spelled in exports.
pub trait Spelled: Copy + 'static {
    /// Every value, in the order of the specification.
    const VALUES: &'static [Self];
    /// Reads a spelling, ignoring ASCII case.
    fn read(text: &[u8]) -> Option<Self>;
    /// Reads a spelling as it stands in [`Self::VALUES`]; `None` too for one in another case.
    fn read_exactly(text: ShortText) -> Option<Self>;
}

/// Declares an enumeration whose values are spelled in exports and reports.
macro_rules! spelled_enumeration {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $spelling:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$variant_doc])* $variant,)+ }

        impl $crate::rules::Spelled for $name {
            const VALUES: &'static [Self] = Self::ALL;

            #[inline]
            fn read(text: &[u8]) -> Option<Self> {
                Self::parse(text)
            }

            #[inline]
            fn read_exactly(text: $crate::rules::ShortText) -> Option<Self> {
                // Every spelling is compared and the place of the right one added up, and what stands there is
                // looked up, because which one it is, if any, cannot be foreseen.
                static VALUES: &[Option<$name>] = &[None, $(Some($name::$variant),)+];
                let mut place = 0;
                $(
                    const { assert!($spelling.len() > 0) };
                    let spelling = const { $crate::rules::ShortText::new($spelling.as_bytes()) };
                    place += usize::from(text == spelling) * (Self::$variant as usize + 1);
                )+
                VALUES[place]
            }
        }

        impl $name {
            /// Every value, in the order of the specification.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The spelling in reports.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $spelling,)+ }
            }

            /// The value's place in [`Self::ALL`].
            pub const fn index(self) -> usize {
                self as usize
            }

            /// Reads a spelling, ignoring ASCII case.
            pub fn parse(text: &[u8]) -> Option<Self> {
                // Exports mostly keep to the spelling, and comparing bytes is faster than folding case.
                $(if text == $spelling.as_bytes() { return Some(Self::$variant); })+
                $(if text.eq_ignore_ascii_case($spelling.as_bytes()) { return Some(Self::$variant); })+
                None
            }
        }
    };
}
pub(crate) use spelled_enumeration;

spelled_enumeration! {
    /// What kind of offer a partner bought.
    OfferType {
        /// Plain network membership, which needs no renewal (R1).
        Membership = "membership",
        /// The Microsoft Action Pack.
        ActionPack = "action_pack",
        /// A silver or gold competency.
        Competency = "competency",
    }
}

impl OfferType {
    /// Whether offers of this kind renew (R1).
    #[inline]
    pub const fn is_renewable(self) -> bool {
        !matches!(self, Self::Membership)
    }
}

spelled_enumeration! {
    /// The level of a competency; passed through on any offer.
    Level {
        /// Silver.
        Silver = "silver",
        /// Gold.
        Gold = "gold",
    }
}

spelled_enumeration! {
    /// Where the partner's membership is managed (R9).
    Portal {
        /// Partner Center, to which memberships have moved.
        PartnerCenter = "partner_center",
        /// Partner Membership Center, the system before it.
        Pmc = "pmc",
    }
}

/// The facts the rules decide on: one row of an export, already known to be well formed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offer<'a> {
    /// What kind of offer it is.
    pub offer_type: OfferType,
    /// The competency's name, empty if unknown; only a policy's excluded competencies look at it.
    pub offer_name: &'a [u8],
    /// The day the offer was bought.
    pub purchase_date: Date,
    /// The anniversary as the portal shows it, where the export has it.
    pub renewal_start_date: Option<Date>,
    /// The day the last renewal fee was paid.
    pub last_renewal_date: Option<Date>,
    /// Whether the competency's requirements are met; `None` if the export does not say.
    pub requirements_met: Option<bool>,
    /// Where the membership is managed.
    pub portal: Portal,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_ignore_ascii_case_only() {
        assert_eq!(OfferType::parse(b"Action_PACK"), Some(OfferType::ActionPack));
        assert_eq!(OfferType::parse(b"action pack"), None);
        assert_eq!(Level::parse(b"GOLD"), Some(Level::Gold));
        assert_eq!(Level::parse(b" gold"), None);
        assert_eq!(Portal::parse(b""), None);
        for (index, offer_type) in OfferType::ALL.iter().enumerate() {
            assert_eq!(offer_type.index(), index);
            assert_eq!(OfferType::parse(offer_type.as_str().as_bytes()), Some(*offer_type));
            assert_eq!(OfferType::read_exactly(ShortText::new(offer_type.as_str().as_bytes())), Some(*offer_type));
        }
    }

    #[test]
    fn an_exact_spelling_is_exact() {
        assert_eq!(Level::read_exactly(ShortText::new(b"gold")), Some(Level::Gold));
        for text in ["", "Gold", "gol", "gold\0", "gold ", "partner_center", "gold\0\0\0\0\0\0\0\0\0\0\0\0\0\0"] {
            assert_eq!(Level::read_exactly(ShortText::new(text.as_bytes())), None, "{text:?}");
        }
        // A text of which not all bytes are held is no spelling, even where those that are held begin like one.
        assert_eq!(Level::read_exactly(ShortText::in_window(b"gold\0\0\0\0\0\0\0\0\0\0\0\0", 20)), None);
    }
}
