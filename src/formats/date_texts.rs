//! The texts of the days around the as-of date, made once: reports write several dates a row, most of them near it.

use crate::rules::Date;

/// Days on each side of the middle, some five years and a half.
const REACH: i32 = 2_000;

/// The ten bytes of each day around a middle one, and a comma.
#[derive(Debug)]
pub struct DateTexts {
    first: Date,
    texts: Vec<[u8; 11]>,
}

impl DateTexts {
    /// The texts around `middle`.
    pub fn around(middle: Date) -> Self {
        let texts = (-REACH..=REACH).map(|days| cell(middle.plus_days(days))).collect();
        Self { first: middle.plus_days(-REACH), texts }
    }

    /// The cell of a day: `YYYY-MM-DD,`.
    #[inline]
    pub fn cell(&self, date: Date) -> [u8; 11] {
        let index = date.days_since(self.first);
        match usize::try_from(index).ok().and_then(|index| self.texts.get(index)) {
            Some(text) => *text,
            None => cell(date),
        }
    }
}

fn cell(date: Date) -> [u8; 11] {
    let mut cell = [b','; 11];
    cell[..10].copy_from_slice(&date.iso_bytes());
    cell
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_near_and_far_are_the_same() {
        let middle = Date::parse_iso(b"2020-02-29").unwrap();
        let texts = DateTexts::around(middle);
        for days in -REACH - 3..=REACH + 3 {
            let date = middle.plus_days(days);
            assert_eq!(texts.cell(date), format!("{date},").as_bytes());
        }
    }
}
