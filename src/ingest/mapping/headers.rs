//! Which header names which column.

use crate::ingest::column::Column;
use std::collections::BTreeMap;

/// The headers of the columns, each under the names that its files may have.
///
/// The specification's own names always count. Case, spaces, `_` and `-` make no difference.
#[derive(Clone, Debug)]
pub struct HeaderNames {
    columns: BTreeMap<String, Column>,
    /// As written, in the order of the profile.
    names: Vec<(Column, String)>,
}

/// A header as it is compared: in lower case, without spaces, `_` and `-`.
pub fn fold_header(name: &str) -> String {
    name.chars()
        .filter(|character| !character.is_whitespace() && !matches!(character, '_' | '-'))
        .flat_map(char::to_lowercase)
        .collect()
}

impl Default for HeaderNames {
    fn default() -> Self {
        let own = Column::ALL.iter().map(|column| (fold_header(column.as_str()), *column));
        Self { columns: own.collect(), names: Vec::new() }
    }
}

impl HeaderNames {
    /// Adds a name of a column.
    ///
    /// # Errors
    /// The column that has the name already, if it is another one.
    pub fn add(&mut self, column: Column, name: &str) -> Result<(), Column> {
        let other = *self.columns.entry(fold_header(name)).or_insert(column);
        if other != column {
            return Err(other);
        }
        self.names.push((column, name.to_owned()));
        Ok(())
    }

    /// The column that a header names.
    pub fn column(&self, header: &str) -> Option<Column> {
        self.columns.get(&fold_header(header)).copied()
    }

    /// Whether a header is one of the names that were added, and not only one of the specification's.
    pub fn names_itself(&self, header: &str) -> bool {
        let folded = fold_header(header);
        self.names.iter().any(|(_, name)| fold_header(name) == folded)
    }

    /// The names of a column: those of the profile, then the specification's.
    pub fn names(&self, column: Column) -> impl Iterator<Item = &str> {
        let own = self.names.iter().filter(move |(named, _)| *named == column).map(|(_, name)| name.as_str());
        own.chain(std::iter::once(column.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_spaces_underscores_and_hyphens_make_no_difference() {
        let mut names = HeaderNames::default();
        names.add(Column::PartnerId, "MPN ID").unwrap();
        names.add(Column::RenewalStartDate, "续订开始日期").unwrap();
        for header in ["MPNId", "MPN ID", "MpnId", "mpn_id", "MPN-ID", " mpn\u{a0}id ", "Partner ID", "partner_id"] {
            assert_eq!(names.column(header), Some(Column::PartnerId), "{header}");
        }
        for header in ["续订开始日期", "Renewal start date", " 续订 开始日期\u{3000}"] {
            assert_eq!(names.column(header), Some(Column::RenewalStartDate), "{header}");
        }
        for header in ["", "MPN", "MPN.ID", "续订日期"] {
            assert_eq!(names.column(header), None, "{header}");
        }
    }

    #[test]
    fn names_of_its_own_are_told_from_the_specification_s() {
        let mut names = HeaderNames::default();
        names.add(Column::PartnerId, "MPN ID").unwrap();
        names.add(Column::Fee, "Fee").unwrap();
        for (header, expected) in [("mpnid", true), ("FEE", true), ("Purchase date", false), ("x", false)] {
            assert_eq!(names.names_itself(header), expected, "{header}");
        }
    }

    #[test]
    fn a_name_has_one_column() {
        let mut names = HeaderNames::default();
        assert_eq!(names.add(Column::OfferName, "Level"), Err(Column::Level));
        assert_eq!(names.add(Column::Level, "LEVEL"), Ok(()));
    }
}
