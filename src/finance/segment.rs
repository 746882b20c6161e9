//! The segments whose renewal rates are told apart, and which one leans on which.

use crate::rules::{Level, OfferType};

/// The kinds of offer that renew, in the order of their segments (R1).
const OFFER_TYPES: [OfferType; 2] = [OfferType::ActionPack, OfferType::Competency];
/// No level and each level, in the order of their spellings' bytes.
const LEVELS: [Option<Level>; 3] = [None, Some(Level::Gold), Some(Level::Silver)];

/// Number of segments that no other leans on.
pub const LEAF_COUNT: usize = OFFER_TYPES.len() * LEVELS.len();

/// Offers that are taken to renew at one rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Segment {
    /// Every offer that renews.
    All,
    /// Offers of one type.
    OfferType(OfferType),
    /// Offers of one type and level.
    Leaf(OfferType, Option<Level>),
}

impl Segment {
    /// Every segment, each after the one it leans on.
    pub const ALL: [Self; 1 + OFFER_TYPES.len() + LEAF_COUNT] = {
        let [pack, competency] = OFFER_TYPES;
        let [none, gold, silver] = LEVELS;
        [
            Self::All,
            Self::OfferType(pack),
            Self::OfferType(competency),
            Self::Leaf(pack, none),
            Self::Leaf(pack, gold),
            Self::Leaf(pack, silver),
            Self::Leaf(competency, none),
            Self::Leaf(competency, gold),
            Self::Leaf(competency, silver),
        ]
    };

    /// The leaf of a number from [`leaf_index`].
    pub const fn leaf(index: usize) -> Self {
        Self::Leaf(OFFER_TYPES[index / LEVELS.len()], LEVELS[index % LEVELS.len()])
    }

    /// The segment that this one leans on.
    pub const fn parent(self) -> Option<Self> {
        match self {
            Self::All => None,
            Self::OfferType(_) => Some(Self::All),
            Self::Leaf(offer_type, _) => Some(Self::OfferType(offer_type)),
        }
    }

    /// The name in reports and assumptions: `all`, `competency`, `competency/gold`, `competency/none`.
    pub fn name(self) -> String {
        match self {
            Self::All => "all".to_owned(),
            Self::OfferType(offer_type) => offer_type.as_str().to_owned(),
            Self::Leaf(offer_type, level) => {
                format!("{}/{}", offer_type.as_str(), level.map_or("none", Level::as_str))
            }
        }
    }

    /// Offer type and level as spelled in exports, empty where the segment has none.
    pub fn spelling(self) -> (&'static str, &'static str) {
        match self {
            Self::All => ("", ""),
            Self::OfferType(offer_type) => (offer_type.as_str(), ""),
            Self::Leaf(offer_type, level) => (offer_type.as_str(), level.map(Level::as_str).unwrap_or_default()),
        }
    }

    /// The segment of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|segment| segment.name() == name)
    }

    /// The leaves that make the segment up.
    pub fn leaves(self) -> impl Iterator<Item = usize> {
        (0..LEAF_COUNT).filter(move |&index| {
            let leaf = Self::leaf(index);
            self == Self::All || self == leaf || leaf.parent() == Some(self)
        })
    }
}

/// The number of an offer's leaf; `None` for what does not renew.
#[inline]
pub const fn leaf_index(offer_type: OfferType, level: Option<Level>) -> Option<usize> {
    // Looked up, because no offer foretells the next one's.
    const PLACES: [[Option<usize>; LEVELS.len()]; OfferType::ALL.len()] = {
        let mut places = [[None; LEVELS.len()]; OfferType::ALL.len()];
        let mut leaf = 0;
        while leaf < LEAF_COUNT {
            places[OFFER_TYPES[leaf / LEVELS.len()].index()][leaf % LEVELS.len()] = Some(leaf);
            leaf += 1;
        }
        places
    };
    let level = match level {
        None => 0,
        Some(Level::Gold) => 1,
        Some(Level::Silver) => 2,
    };
    PLACES[offer_type.index()][level]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_segment_has_a_name_of_its_own_and_leaves() {
        for segment in Segment::ALL {
            assert_eq!(Segment::named(&segment.name()), Some(segment));
        }
        let counts: Vec<usize> = Segment::ALL.iter().map(|segment| segment.leaves().count()).collect();
        assert_eq!(counts, [6, 3, 3, 1, 1, 1, 1, 1, 1]);
        for index in 0..LEAF_COUNT {
            let Segment::Leaf(offer_type, level) = Segment::leaf(index) else { panic!("{index} is a leaf") };
            assert_eq!(leaf_index(offer_type, level), Some(index));
        }
        assert!((1..LEAF_COUNT).all(|index| Segment::leaf(index - 1).spelling() < Segment::leaf(index).spelling()));
        assert_eq!(leaf_index(OfferType::Membership, None), None);
        assert_eq!(Segment::named("competency/platinum"), None);
    }
}
