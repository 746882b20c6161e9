//! The columns of an export, in the order in which they are checked (SPEC §2).

use super::mapping::{ConstantOrigin, HeaderNames, Mapping, fold_header};
use crate::configuration::listed;
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
    /// A column that a profile looks for is missing.
    #[error(
        "the needed column `{}` is missing: profile `{profile}` looks for {names}{}",
        column.as_str(),
        nearest_words(nearest.as_deref())
    )]
    MissingHeader {
        /// The missing column.
        column: Column,
        /// The profile.
        profile: String,
        /// The headers it knows.
        names: String,
        /// The header that comes closest to one of them.
        nearest: Option<String>,
    },
    /// The fields are not separated as the profile says.
    #[error("profile `{profile}` is for files separated by {}, but the header has no such separator", delimiter_words(*delimiter))]
    OtherDelimiter {
        /// The profile.
        profile: String,
        /// What separates its fields.
        delimiter: u8,
    },
    /// Two headers name the same column.
    #[error(
        "the column `{}` is there twice, as column {first} (`{}`) and {second} (`{}`)",
        column.as_str(),
        first_header.escape_debug(),
        second_header.escape_debug()
    )]
    RepeatedHeader {
        /// The repeated column.
        column: Column,
        /// Its first place, counted from 1.
        first: usize,
        /// The header there.
        first_header: String,
        /// Its second place, counted from 1.
        second: usize,
        /// The header there.
        second_header: String,
    },
    /// A constant column stands in the file as well.
    #[error("the column `{}` is in the file (`{}`), but {} gives it in every row", column.as_str(), header.escape_debug(),
        match origin { ConstantOrigin::CommandLine => "--set", ConstantOrigin::Profile => "the profile" })]
    ConstantInFile {
        /// The column.
        column: Column,
        /// Its header.
        header: String,
        /// Who says that it is constant.
        origin: ConstantOrigin,
    },
}

/// A delimiter as messages name it.
pub const fn delimiter_words(delimiter: u8) -> &'static str {
    match delimiter {
        b'\t' => "tabs",
        b';' => "semicolons",
        _ => "commas",
    }
}

fn nearest_words(nearest: Option<&str>) -> String {
    nearest.map(|name| format!("; the nearest header is `{}`", name.escape_debug())).unwrap_or_default()
}

/// Finds the known columns in a header, under the names of a mapping if it has any.
///
/// # Errors
/// A needed column that is missing, a known one that is there twice, and a constant one that is there at all.
pub fn find_columns<'a>(
    names: impl Iterator<Item = &'a str> + Clone,
    mapping: Option<&Mapping>,
) -> Result<ColumnPositions, HeaderProblem> {
    let headers = mapping.and_then(|mapping| mapping.headers.as_ref());
    let mut positions = ColumnPositions::default();
    for (position, name) in names.clone().enumerate() {
        let Some(column) = column_of(name, headers) else { continue };
        if let Some(first) = positions[column.index()] {
            return Err(repeated(column, (first, position), names, headers.is_some()));
        }
        if let Some(constant) = mapping.and_then(|mapping| mapping.constant(column)) {
            let header = name.to_owned();
            return Err(HeaderProblem::ConstantInFile { column, header, origin: constant.origin });
        }
        positions[column.index()] = Some(position);
    }
    let is_constant = |column: Column| mapping.is_some_and(|mapping| mapping.constant(column).is_some());
    let is_missing =
        |column: &Column| column.is_needed() && positions[column.index()].is_none() && !is_constant(*column);
    let is_lenient = mapping.is_some_and(|mapping| mapping.allows_missing);
    let Some(column) = Column::ALL.iter().copied().find(is_missing).filter(|_| !is_lenient) else {
        return Ok(positions);
    };
    let nearest = nearest_header(column, names, headers).map(str::to_owned);
    let profile = mapping.and_then(|mapping| mapping.profile.clone());
    Err(match profile.zip(headers) {
        Some((profile, headers)) => {
            HeaderProblem::MissingHeader { column, profile, names: listed(headers.names(column)), nearest }
        }
        None => HeaderProblem::MissingColumn { column, nearest },
    })
}

/// The column that a header names.
pub fn column_of(name: &str, headers: Option<&HeaderNames>) -> Option<Column> {
    match headers {
        Some(headers) => headers.column(name),
        None => Column::from_header(name),
    }
}

fn repeated<'a>(
    column: Column,
    (first, second): (usize, usize),
    mut names: impl Iterator<Item = &'a str> + Clone,
    has_names: bool,
) -> HeaderProblem {
    if !has_names {
        return HeaderProblem::RepeatedColumn { column, first: first + 1, second: second + 1 };
    }
    let first_header = names.clone().nth(first).unwrap_or_default().to_owned();
    let second_header = names.nth(second).unwrap_or_default().to_owned();
    HeaderProblem::RepeatedHeader { column, first: first + 1, first_header, second: second + 1, second_header }
}

/// The header that most resembles a name of a column, among those that name none.
pub fn nearest_header<'a>(
    column: Column,
    names: impl Iterator<Item = &'a str>,
    headers: Option<&HeaderNames>,
) -> Option<&'a str> {
    const LEAST_SIMILARITY: f64 = 0.6;
    const LONGEST_HEADER_COMPARED: usize = 256;
    let known: Vec<String> = match headers {
        Some(headers) => headers.names(column).map(fold_header).collect(),
        None => vec![fold_header(column.as_str())],
    };
    let similarity = |name: &str| {
        let folded = fold_header(name);
        let similarities = known.iter().map(|known| strsim::normalized_damerau_levenshtein(known, &folded));
        similarities.fold(0.0, f64::max)
    };
    let is_free = |name: &str| {
        let folded = fold_header(name);
        column_of(name, headers).is_none()
            && !Column::ALL.iter().any(|other| *other != column && fold_header(other.as_str()) == folded)
    };
    names
        .filter(|name| name.len() <= LONGEST_HEADER_COMPARED && is_free(name))
        .map(|name| (similarity(name), name))
        .filter(|(similarity, _)| *similarity >= LEAST_SIMILARITY)
        .max_by(|left, right| left.0.total_cmp(&right.0))
        .map(|(_, name)| name)
}

/// The header of each column, where it is another than the column's name.
pub type ColumnHeaders = [Option<String>; COLUMN_COUNT];

/// The headers of the columns that stand under another name in a file.
pub fn other_headers(names: &[String], positions: &ColumnPositions) -> ColumnHeaders {
    std::array::from_fn(|index| {
        let name = names.get(positions[index]?)?;
        (Column::from_header(name) != Some(Column::ALL[index])).then(|| name.clone())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(header: &str) -> Result<ColumnPositions, HeaderProblem> {
        find_columns(header.split(','), None)
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
