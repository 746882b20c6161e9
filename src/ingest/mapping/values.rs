//! Texts that stand for other texts in a column.

use super::constant::{Constant, ConstantOrigin, expectation};
use crate::ingest::column::Column;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The texts of a column that stand for other ones, such as `金牌` for `gold`; all others stand for themselves.
#[derive(Clone, Debug, Default)]
pub struct Values {
    /// By text in lower case.
    meanings: BTreeMap<String, String>,
}

/// A meaning that a text of a column cannot have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ValueProblem {
    /// The meaning is no value of the column.
    #[error("`{}` is no value of `{}`: it must be {expected}, or empty", meaning.escape_debug(), column.as_str())]
    NoValue {
        /// The column.
        column: Column,
        /// The meaning.
        meaning: String,
        /// What the column takes.
        expected: &'static str,
    },
    /// A date or fee would be put in place of another one.
    #[error("a text of `{}` may only stand for an empty cell", column.as_str())]
    NotEmpty {
        /// The column.
        column: Column,
    },
    /// Two texts are the same but for their case.
    #[error("`{}` stands there twice, ignoring case", text.escape_debug())]
    Repeated {
        /// The text.
        text: String,
    },
}

impl Values {
    /// Adds a text and what it stands for.
    ///
    /// # Errors
    /// A meaning that the column cannot have, and a text that is there already.
    pub fn add(&mut self, column: Column, text: &str, meaning: &str) -> Result<(), ValueProblem> {
        let is_measured =
            matches!(column, Column::PurchaseDate | Column::RenewalStartDate | Column::LastRenewalDate | Column::Fee);
        if is_measured && !meaning.is_empty() {
            return Err(ValueProblem::NotEmpty { column });
        }
        if !meaning.is_empty() && Constant::new(column, meaning, ConstantOrigin::Profile).is_err() {
            let (meaning, expected) = (meaning.to_owned(), expectation(column));
            return Err(ValueProblem::NoValue { column, meaning, expected });
        }
        match self.meanings.insert(text.to_lowercase(), meaning.to_owned()) {
            None => Ok(()),
            Some(_) => Err(ValueProblem::Repeated { text: text.to_owned() }),
        }
    }

    /// What a cell's text stands for.
    pub fn meaning<'a>(&'a self, text: &'a [u8]) -> &'a [u8] {
        if self.meanings.is_empty() {
            return text;
        }
        let Ok(found) = std::str::from_utf8(text) else { return text };
        let lower = if found.bytes().any(|byte| byte.is_ascii_uppercase() || !byte.is_ascii()) {
            Cow::Owned(found.to_lowercase())
        } else {
            Cow::Borrowed(found)
        };
        self.meanings.get(lower.as_ref()).map_or(text, |meaning| meaning.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_stand_for_others_ignoring_case() {
        let mut values = Values::default();
        values.add(Column::Level, "金牌", "gold").unwrap();
        values.add(Column::Level, "ÉLEVÉ", "silver").unwrap();
        values.add(Column::Level, "n/a", "").unwrap();
        for (text, meaning) in
            [("金牌", "gold"), ("Élevé", "silver"), ("N/A", ""), ("Gold", "Gold"), ("", ""), (" 金牌", " 金牌")]
        {
            assert_eq!(values.meaning(text.as_bytes()), meaning.as_bytes(), "{text}");
        }
    }

    #[test]
    fn meanings_are_values_of_their_column() {
        let mut values = Values::default();
        assert!(matches!(values.add(Column::Level, "x", "platinum"), Err(ValueProblem::NoValue { .. })));
        assert!(matches!(values.add(Column::Fee, "x", "1"), Err(ValueProblem::NotEmpty { .. })));
        assert_eq!(values.add(Column::Fee, "free", ""), Ok(()));
        assert!(matches!(values.add(Column::Fee, "FREE", ""), Err(ValueProblem::Repeated { .. })));
    }
}
