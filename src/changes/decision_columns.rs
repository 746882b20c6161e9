//! Rows of a decision table as offers: each word is one that a run writes, each day one that the calendar has.

use super::decision_table::WORDS;
use super::offer::NightOffer;
use crate::rules::{AnniversaryOrigin, Blockers, Date, Spelled};
use arrow_array::cast::AsArray;
use arrow_array::types::Int32Type;
use arrow_array::{Array, Date32Array, Decimal128Array, RecordBatch, StringViewArray};

/// Rows that were read, column by column.
pub struct DecisionBatch<'a> {
    rows: usize,
    partner_id: &'a StringViewArray,
    partner_name: &'a StringViewArray,
    country: &'a StringViewArray,
    offer_name: &'a StringViewArray,
    currency: &'a StringViewArray,
    purchase_date: &'a Date32Array,
    renewal_start_date: &'a Date32Array,
    last_renewal_date: &'a Date32Array,
    anniversary_date: &'a Date32Array,
    window_closes: &'a Date32Array,
    next_anniversary: &'a Date32Array,
    reactivate_by: &'a Date32Array,
    fee: &'a Decimal128Array,
    words: [WordColumn<'a>; WORDS.len()],
}

/// A column of words: the place of each row's word among those that its column may have.
struct WordColumn<'a> {
    name: &'static str,
    keys: &'a [i32],
    nulls: Option<&'a arrow_buffer::NullBuffer>,
    /// For each word of the dictionary, its place; `None` for one that no run writes.
    places: Vec<Option<u8>>,
    /// The place of an empty cell.
    empty: Option<u8>,
}

/// A cell that no run writes.
#[derive(Debug, thiserror::Error)]
#[error("the column `{column}` holds what no run writes")]
pub struct ForeignCell {
    column: &'static str,
}

const FEE_LIMIT: i128 = 10_i128.pow(22);
const FIRST_DAY: Date = Date::from_year_month_day(1900, 1, 1).unwrap();
const LAST_DAY: Date = Date::from_year_month_day(9999, 12, 31).unwrap();

impl<'a> DecisionBatch<'a> {
    /// The columns of a batch.
    ///
    /// # Errors
    /// A column that is missing or has another type than was asked for.
    pub fn new(batch: &'a RecordBatch) -> Result<Self, String> {
        let column = |name: &str| batch.column_by_name(name).ok_or_else(|| format!("the column `{name}` was not read"));
        let unexpected = |name: &str| format!("the column `{name}` was read in another type");
        let text = |name: &str| column(name)?.as_string_view_opt().ok_or_else(|| unexpected(name));
        let date = |name: &str| column(name)?.as_primitive_opt().ok_or_else(|| unexpected(name));
        let word = |name: &'static str| -> Result<WordColumn<'a>, String> {
            let dictionary = column(name)?.as_dictionary_opt::<Int32Type>().ok_or_else(|| unexpected(name))?;
            let values = dictionary.values().as_string_opt::<i32>().ok_or_else(|| unexpected(name))?;
            Ok(WordColumn {
                name,
                keys: dictionary.keys().values(),
                nulls: dictionary.nulls(),
                places: values.iter().map(|value| place(name, value.unwrap_or_default())).collect(),
                empty: place(name, ""),
            })
        };
        let words: Result<Vec<_>, _> = WORDS.into_iter().map(word).collect();
        Ok(Self {
            rows: batch.num_rows(),
            partner_id: text("partner_id")?,
            partner_name: text("partner_name")?,
            country: text("country")?,
            offer_name: text("offer_name")?,
            currency: text("currency")?,
            purchase_date: date("purchase_date")?,
            renewal_start_date: date("renewal_start_date")?,
            last_renewal_date: date("last_renewal_date")?,
            anniversary_date: date("anniversary_date")?,
            window_closes: date("window_closes")?,
            next_anniversary: date("next_anniversary")?,
            reactivate_by: date("reactivate_by")?,
            fee: column("fee")?.as_primitive_opt().ok_or_else(|| unexpected("fee"))?,
            words: words?.try_into().map_err(|_| "columns of words are missing".to_owned())?,
        })
    }

    /// Number of rows.
    pub const fn rows(&self) -> usize {
        self.rows
    }

    /// A row as an offer.
    ///
    /// # Errors
    /// A cell that no run writes.
    pub fn offer(&self, row: usize) -> Result<NightOffer<'a>, ForeignCell> {
        let [offer_type, level, requirements_met, portal, stage, origin, requirements, blockers] = &self.words;
        let text = |texts: &'a StringViewArray| match texts.is_valid(row) {
            true => texts.value(row).as_bytes(),
            false => b"",
        };
        let blockers = blockers.place(row)?;
        Ok(NightOffer {
            partner_id: text(self.partner_id),
            partner_name: text(self.partner_name),
            country: text(self.country),
            offer_type: offer_type.value(row)?.ok_or(offer_type.foreign())?,
            offer_name: text(self.offer_name),
            level: level.value(row)?,
            purchase_date: date("purchase_date", self.purchase_date, row)?
                .ok_or(ForeignCell { column: "purchase_date" })?,
            renewal_start_date: date("renewal_start_date", self.renewal_start_date, row)?,
            last_renewal_date: date("last_renewal_date", self.last_renewal_date, row)?,
            requirements_met: requirements_met.place(row)?.checked_sub(1).map(|place| place == 1),
            portal: portal.value(row)?.ok_or(portal.foreign())?,
            fee: fee(self.fee, row)?,
            currency: currency(text(self.currency))?,
            stage: stage.value(row)?.ok_or(stage.foreign())?,
            anniversary: date("anniversary_date", self.anniversary_date, row)?,
            origin: origin.value::<AnniversaryOrigin>(row)?,
            window_closes: date("window_closes", self.window_closes, row)?,
            requirements: requirements.value(row)?.ok_or(requirements.foreign())?,
            blockers: Blockers { pmc_migration: blockers & 1 != 0, requirements_unmet: blockers & 2 != 0 },
            next_anniversary: date("next_anniversary", self.next_anniversary, row)?,
            reactivate_by: date("reactivate_by", self.reactivate_by, row)?,
        })
    }
}

impl WordColumn<'_> {
    const fn foreign(&self) -> ForeignCell {
        ForeignCell { column: self.name }
    }

    fn place(&self, row: usize) -> Result<u8, ForeignCell> {
        let place = match self.nulls.is_some_and(|nulls| nulls.is_null(row)) {
            true => self.empty,
            false => usize::try_from(self.keys[row]).ok().and_then(|key| self.places.get(key).copied().flatten()),
        };
        place.ok_or(self.foreign())
    }

    fn value<T: Spelled>(&self, row: usize) -> Result<Option<T>, ForeignCell> {
        Ok(usize::from(self.place(row)?).checked_sub(1).and_then(|place| T::VALUES.get(place).copied()))
    }
}

/// The place of a word in its column: for listed values one more than their place in the list, and zero if empty.
fn place(column: &'static str, word: &str) -> Option<u8> {
    use crate::rules::{Level, OfferType, Portal, Requirements, Stage};
    fn listed<T: Spelled + PartialEq>(word: &str) -> Option<u8> {
        let value = T::read(word.as_bytes())?;
        T::VALUES.iter().position(|known| *known == value).map(|place| place as u8 + 1)
    }
    match (column, word) {
        ("blockers", word) => (0..4).find(|bits: &u8| {
            Blockers { pmc_migration: bits & 1 != 0, requirements_unmet: bits & 2 != 0 }.as_str() == word
        }),
        ("level" | "requirements_met" | "anniversary_rule", "") => Some(0),
        ("requirements_met", word) => ["false", "true"].iter().position(|known| *known == word).map(|at| at as u8 + 1),
        ("offer_type", word) => listed::<OfferType>(word),
        ("level", word) => listed::<Level>(word),
        ("portal", word) => listed::<Portal>(word),
        ("stage", word) => listed::<Stage>(word),
        ("anniversary_rule", word) => listed::<AnniversaryOrigin>(word),
        ("requirements", word) => listed::<Requirements>(word),
        _ => None,
    }
}

fn date(column: &'static str, days: &Date32Array, row: usize) -> Result<Option<Date>, ForeignCell> {
    if days.is_null(row) {
        return Ok(None);
    }
    let date = Date::from_days_since_epoch(days.value(row));
    if (FIRST_DAY..=LAST_DAY).contains(&date) { Ok(Some(date)) } else { Err(ForeignCell { column }) }
}

fn fee(fees: &Decimal128Array, row: usize) -> Result<Option<i128>, ForeignCell> {
    if fees.is_null(row) {
        return Ok(None);
    }
    let fee = fees.value(row);
    if (0..FEE_LIMIT).contains(&fee) { Ok(Some(fee)) } else { Err(ForeignCell { column: "fee" }) }
}

fn currency(text: &[u8]) -> Result<&[u8], ForeignCell> {
    let is_code = text.is_empty() || (text.len() == 3 && text.iter().all(u8::is_ascii_uppercase));
    if is_code { Ok(text) } else { Err(ForeignCell { column: "currency" }) }
}
