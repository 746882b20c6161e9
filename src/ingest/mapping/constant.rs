//! A value that a column has in every row.

use crate::ingest::column::Column;
use crate::ingest::row::{parse_boolean, parse_enumeration};
use crate::rules::{Date, Fee, Level, OfferType, Portal};

/// A value that a column has in every row, in the spelling of SPEC §2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Constant {
    text: String,
    date: Option<Date>,
    /// Who says so.
    pub origin: ConstantOrigin,
}

/// Who says that a column is constant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConstantOrigin {
    /// The profile.
    Profile,
    /// The command line.
    CommandLine,
}

/// A text that is no value of its column.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is no value of `{}`: it must be {expected}", text.escape_debug(), column.as_str())]
pub struct ConstantProblem {
    /// The column.
    pub column: Column,
    /// The text.
    pub text: String,
    /// What the column takes.
    pub expected: &'static str,
}

impl Constant {
    /// A constant of a column.
    ///
    /// # Errors
    /// A text that no cell of the column may have, and an empty one.
    pub fn new(column: Column, text: &str, origin: ConstantOrigin) -> Result<Self, ConstantProblem> {
        let refuse = |expected| Err(ConstantProblem { column, text: text.to_owned(), expected });
        let bytes = text.as_bytes();
        let mut date = None;
        let is_value = match column {
            _ if text.is_empty() || text.contains(char::is_control) => false,
            Column::OfferType => parse_enumeration::<OfferType>(bytes).is_ok(),
            Column::Level => parse_enumeration::<Level>(bytes).is_ok(),
            Column::Portal => parse_enumeration::<Portal>(bytes).is_ok(),
            Column::RequirementsMet => parse_boolean(bytes).is_ok(),
            Column::Fee => Fee::parse(bytes).is_some(),
            Column::Currency => bytes.len() == 3 && bytes.iter().all(u8::is_ascii_uppercase),
            Column::PurchaseDate | Column::RenewalStartDate | Column::LastRenewalDate => {
                date = Date::parse_iso(bytes);
                date.is_some()
            }
            Column::PartnerId | Column::PartnerName | Column::Country | Column::OfferName => true,
        };
        if !is_value {
            return refuse(expectation(column));
        }
        Ok(Self { text: text.to_owned(), date, origin })
    }

    /// The value.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The value as a date, in a column of dates.
    pub const fn date(&self) -> Option<Date> {
        self.date
    }
}

/// What a column takes, for messages.
pub const fn expectation(column: Column) -> &'static str {
    match column {
        Column::OfferType => "membership, action_pack or competency",
        Column::Level => "silver or gold",
        Column::Portal => "partner_center or pmc",
        Column::RequirementsMet => "true or false",
        Column::Fee => "a plain decimal such as 1670.00",
        Column::Currency => "three capital letters (ISO 4217)",
        Column::PurchaseDate | Column::RenewalStartDate | Column::LastRenewalDate => {
            "a day from 1900-01-01 to 2999-12-31, as YYYY-MM-DD"
        }
        Column::PartnerId | Column::PartnerName | Column::Country | Column::OfferName => "a text of one line",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_constant_is_a_value_of_its_column() {
        let takes = |column, text| Constant::new(column, text, ConstantOrigin::CommandLine).is_ok();
        for (column, good, bad) in [
            (Column::PartnerId, "0012", ""),
            (Column::PartnerName, "A, B", "A\nB"),
            (Column::OfferType, "Competency", "bundle"),
            (Column::Level, "gold", "金牌"),
            (Column::PurchaseDate, "2019-02-01", "1.2.2019"),
            (Column::RequirementsMet, "TRUE", "yes"),
            (Column::Portal, "pmc", "PC"),
            (Column::Fee, "1670.00", "1,670.00"),
            (Column::Currency, "EUR", "eur"),
        ] {
            assert!(takes(column, good), "{good}");
            assert!(!takes(column, bad), "{bad}");
        }
    }
}
