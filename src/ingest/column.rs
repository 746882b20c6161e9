//! The columns of an export, in the order in which they are checked (SPEC §2).

use crate::rules::spelled_enumeration;

spelled_enumeration! {
    /// A column that the tool knows; all others are ignored.
    Column {
        /// MPN ID, kept as written.
        PartnerId = "partner_id",
        /// The partner's name.
        PartnerName = "partner_name",
        /// ISO 3166-1 alpha-2 code, not checked.
        Country = "country",
        /// What kind of offer it is.
        OfferType = "offer_type",
        /// The competency's name.
        OfferName = "offer_name",
        /// Silver or gold.
        Level = "level",
        /// Day of purchase.
        PurchaseDate = "purchase_date",
        /// The anniversary, as the portal shows it.
        RenewalStartDate = "renewal_start_date",
        /// Day the last renewal fee was paid.
        LastRenewalDate = "last_renewal_date",
        /// Whether the requirements are met.
        RequirementsMet = "requirements_met",
        /// Where the membership is managed.
        Portal = "portal",
        /// Next renewal fee.
        Fee = "fee",
        /// ISO 4217 code of the fee.
        Currency = "currency",
    }
}

/// Number of known columns.
pub const COLUMN_COUNT: usize = Column::ALL.len();

impl Column {
    /// Whether a file without this column is unusable.
    pub const fn is_needed(self) -> bool {
        matches!(self, Self::PartnerId | Self::OfferType | Self::PurchaseDate)
    }

    /// The column that a header names, ignoring ASCII case and outer spaces.
    pub fn from_header(name: &str) -> Option<Self> {
        Self::parse(name.trim_matches(' ').as_bytes())
    }
}

/// Where each known column stands in a file; `None` where the file does not have it.
pub type ColumnPositions = [Option<usize>; COLUMN_COUNT];

/// Why a header cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeaderProblem {
    /// A needed column is missing.
    #[error("the needed column `{}` is missing{}", column.as_str(), nearest_words(nearest.as_deref()))]
    MissingColumn {
        /// The missing column.
        column: Column,
        /// The header that comes closest to its name.
        nearest: Option<String>,
    },
    /// A known column stands in the header twice.
    #[error("the column `{}` is there twice, as column {first} and {second}", column.as_str())]
    RepeatedColumn {
        /// The repeated column.
        column: Column,
        /// Its first place, counted from 1.
        first: usize,
        /// Its second place, counted from 1.
        second: usize,
    },
}

fn nearest_words(nearest: Option<&str>) -> String {
    nearest.map(|name| format!("; the nearest header is `{}`", name.escape_debug())).unwrap_or_default()
}

/// Finds the known columns in a header.
///
/// # Errors
/// A needed column that is missing, or a known one that is there twice.
pub fn find_columns<'a>(names: impl Iterator<Item = &'a str> + Clone) -> Result<ColumnPositions, HeaderProblem> {
    let mut positions = ColumnPositions::default();
    for (position, name) in names.clone().enumerate() {
        let Some(column) = Column::from_header(name) else { continue };
        if let Some(first) = positions[column.index()] {
            return Err(HeaderProblem::RepeatedColumn { column, first: first + 1, second: position + 1 });
        }
        positions[column.index()] = Some(position);
    }
    let missing = Column::ALL.iter().find(|column| column.is_needed() && positions[column.index()].is_none());
    match missing {
        Some(&column) => Err(HeaderProblem::MissingColumn { column, nearest: nearest_header(column, names) }),
        None => Ok(positions),
    }
}

fn nearest_header<'a>(column: Column, names: impl Iterator<Item = &'a str>) -> Option<String> {
    const LEAST_SIMILARITY: f64 = 0.6;
    const LONGEST_HEADER_COMPARED: usize = 256;
    names
        .filter(|name| name.len() <= LONGEST_HEADER_COMPARED && Column::from_header(name).is_none())
        .map(|name| (strsim::normalized_damerau_levenshtein(column.as_str(), &plain(name)), name))
        .filter(|(similarity, _)| *similarity >= LEAST_SIMILARITY)
        .max_by(|left, right| left.0.total_cmp(&right.0))
        .map(|(_, name)| name.to_owned())
}

/// A header as it would be spelled here: lower case, with underscores.
fn plain(name: &str) -> String {
    name.trim().to_ascii_lowercase().replace([' ', '-'], "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(header: &str) -> Result<ColumnPositions, HeaderProblem> {
        find_columns(header.split(','))
    }

    #[test]
    fn names_ignore_case_outer_spaces_and_order() {
        let positions = find(" Purchase_Date ,x,OFFER_TYPE,partner_id,fee").unwrap();
        assert_eq!(positions[Column::PurchaseDate.index()], Some(0));
        assert_eq!(positions[Column::OfferType.index()], Some(2));
        assert_eq!(positions[Column::PartnerId.index()], Some(3));
        assert_eq!(positions[Column::Currency.index()], None);
    }

    #[test]
    fn a_missing_column_names_the_nearest_header() {
        let problem = find("partner_id,offer-type,purchase date").unwrap_err();
        assert_eq!(
            problem.to_string(),
            "the needed column `offer_type` is missing; the nearest header is `offer-type`"
        );
        let problem = find("id,kind,day").unwrap_err();
        assert_eq!(problem.to_string(), "the needed column `partner_id` is missing");
    }

    #[test]
    fn a_known_column_twice_is_refused() {
        let problem = find("partner_id,offer_type,purchase_date,x,x,FEE,fee").unwrap_err();
        assert_eq!(problem, HeaderProblem::RepeatedColumn { column: Column::Fee, first: 6, second: 7 });
    }
}
