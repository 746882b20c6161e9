//! Values that keep the contract, but look wrong.

use crate::ingest::{Column, Row};
use crate::reports::is_currency;
use crate::rules::{Date, OfferType, spelled_enumeration};

spelled_enumeration! {
    /// What looks wrong with a valid row.
    Suspicion {
        /// The partner's id has something else than digits.
        PartnerIdNotDigits = "partner_id_not_digits",
        /// A text begins or ends with a space.
        OuterSpaces = "outer_spaces",
        /// A text has a control character.
        ControlCharacters = "control_characters",
        /// A text has the traces of a wrong encoding.
        WrongEncoding = "wrong_encoding",
        /// A text that systems write where they know none.
        PlaceholderText = "placeholder_text",
        /// The country is not two capital letters.
        CountryNotTwoLetters = "country_not_two_letters",
        /// A competency without a name.
        CompetencyWithoutName = "competency_without_name",
        /// A competency without a level.
        CompetencyWithoutLevel = "competency_without_level",
        /// A level on an offer that is no competency.
        LevelWithoutCompetency = "level_without_competency",
        /// A day that systems write where they know none.
        PlaceholderDate = "placeholder_date",
        /// A purchase after the as-of date.
        PurchaseInFuture = "purchase_in_future",
        /// An anniversary that lies years after the as-of date.
        AnniversaryFarAhead = "anniversary_far_ahead",
        /// An anniversary that lies years before the as-of date.
        AnniversaryLongPast = "anniversary_long_past",
        /// A renewable offer without a fee.
        FeeMissing = "fee_missing",
        /// A fee of zero.
        FeeZero = "fee_zero",
        /// A currency without a fee.
        CurrencyWithoutFee = "currency_without_fee",
        /// A currency that ISO 4217 does not have.
        UnknownCurrency = "unknown_currency",
        /// A fee many times the median of its currency and level.
        FeeFarAboveMedian = "fee_far_above_median",
        /// A fee a small part of the median of its currency and level.
        FeeFarBelowMedian = "fee_far_below_median",
    }
}

/// When a valid value looks wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Thresholds {
    /// Days from the as-of date after which an anniversary lies far ahead.
    pub days_ahead: i32,
    /// Days before the as-of date before which an anniversary lies long in the past.
    pub days_past: i32,
    /// How many times the median a fee may be, and the median a fee.
    pub fee_factor: u32,
}

impl Suspicion {
    /// What is looked for, in words.
    pub const fn message(self) -> &'static str {
        match self {
            Self::PartnerIdNotDigits => "the id has something else than digits",
            Self::OuterSpaces => "a text begins or ends with a space, so that it differs from the same text without",
            Self::ControlCharacters => "a text has a control character, such as a tab or a line break",
            Self::WrongEncoding => "a text has the traces of a wrong encoding",
            Self::PlaceholderText => "a word that systems write where they know none",
            Self::CountryNotTwoLetters => "the country is not two capital letters",
            Self::CompetencyWithoutName => "a competency without a name",
            Self::CompetencyWithoutLevel => "a competency without a level",
            Self::LevelWithoutCompetency => "a level on an offer that is no competency",
            Self::PlaceholderDate => "a day that systems write where they know none",
            Self::PurchaseInFuture => "bought after the as-of date",
            Self::AnniversaryFarAhead => "the anniversary lies years after the as-of date",
            Self::AnniversaryLongPast => "the anniversary lies years before the as-of date",
            Self::FeeMissing => "a renewable offer without a fee",
            Self::FeeZero => "a fee of zero",
            Self::CurrencyWithoutFee => "a currency without a fee",
            Self::UnknownCurrency => "a currency that ISO 4217 does not have, or has for no money",
            Self::FeeFarAboveMedian => "the fee is far above the median of its currency and level",
            Self::FeeFarBelowMedian => "the fee is far below the median of its currency and level",
        }
    }

    /// Whether it can only be judged with an as-of date.
    pub const fn needs_as_of(self) -> bool {
        matches!(self, Self::PurchaseInFuture | Self::AnniversaryFarAhead | Self::AnniversaryLongPast)
    }
}

/// Days that stand for none in spreadsheets, databases and forms.
const PLACEHOLDERS: [(i32, u32, u32); 7] =
    [(1900, 1, 1), (1900, 1, 2), (1901, 1, 1), (1970, 1, 1), (2099, 12, 31), (2199, 12, 31), (2999, 12, 31)];

/// Words that stand for none; `NA` is not one of them, for it is Namibia.
const PLACEHOLDER_WORDS: [&[u8]; 9] = [b"null", b"(null)", b"none", b"nan", b"n/a", b"#n/a", b"undefined", b"-", b"?"];

/// Tells what looks wrong with a row, each time with the column that it is about.
pub fn suspect(row: &Row<'_>, as_of: Option<Date>, thresholds: &Thresholds, tell: &mut impl FnMut(Suspicion, Column)) {
    if !row.partner_id.iter().all(u8::is_ascii_digit) {
        tell(Suspicion::PartnerIdNotDigits, Column::PartnerId);
    }
    suspect_texts(row, tell);
    let is_competency = row.offer.offer_type == OfferType::Competency;
    if is_competency && row.offer.offer_name.is_empty() {
        tell(Suspicion::CompetencyWithoutName, Column::OfferName);
    }
    if is_competency != row.level.is_some() {
        let what = if is_competency { Suspicion::CompetencyWithoutLevel } else { Suspicion::LevelWithoutCompetency };
        tell(what, Column::Level);
    }
    suspect_dates(row, as_of, thresholds, tell);
    match &row.fee {
        Some(fee) if fee.fee.ten_thousandths == 0 => tell(Suspicion::FeeZero, Column::Fee),
        Some(_) => {}
        None if !row.currency.is_empty() => tell(Suspicion::CurrencyWithoutFee, Column::Currency),
        None if row.offer.offer_type != OfferType::Membership => tell(Suspicion::FeeMissing, Column::Fee),
        None => {}
    }
    if !row.currency.is_empty() && !is_currency(row.currency) {
        tell(Suspicion::UnknownCurrency, Column::Currency);
    }
}

fn suspect_texts(row: &Row<'_>, tell: &mut impl FnMut(Suspicion, Column)) {
    for (text, column) in [
        (row.partner_id, Column::PartnerId),
        (row.partner_name, Column::PartnerName),
        (row.country, Column::Country),
        (row.offer.offer_name, Column::OfferName),
    ] {
        if has_outer_space(text) {
            tell(Suspicion::OuterSpaces, column);
        }
        if PLACEHOLDER_WORDS.iter().any(|word| text.eq_ignore_ascii_case(word)) {
            tell(Suspicion::PlaceholderText, column);
        }
        if text.iter().any(u8::is_ascii_control) {
            tell(Suspicion::ControlCharacters, column);
        }
        if has_wrong_encoding(text) {
            tell(Suspicion::WrongEncoding, column);
        }
    }
    let is_code = row.country.len() == 2 && row.country.iter().all(u8::is_ascii_uppercase);
    if !row.country.is_empty() && !is_code {
        tell(Suspicion::CountryNotTwoLetters, Column::Country);
    }
}

/// Whether a text begins or ends with a space: ASCII's, the one that does not break, or the one of Chinese texts.
fn has_outer_space(text: &[u8]) -> bool {
    matches!(
        text,
        [b' ', ..] | [.., b' '] | [0xC2, 0xA0, ..] | [.., 0xC2, 0xA0] | [0xE3, 0x80, 0x80, ..] | [.., 0xE3, 0x80, 0x80]
    )
}

/// A replacement character, or UTF-8 that was taken for Windows-1252 and written as UTF-8 once more: `Ã¼` for `ü`.
fn has_wrong_encoding(text: &[u8]) -> bool {
    const REPLACEMENT: [u8; 3] = [0xEF, 0xBF, 0xBD];
    !text.is_ascii()
        && (text.windows(3).any(|window| window == REPLACEMENT)
            || text.windows(4).any(|window| matches!(window, [0xC3, 0x82 | 0x83, 0xC2, 0x80..=0xBF])))
}

fn suspect_dates(
    row: &Row<'_>,
    as_of: Option<Date>,
    thresholds: &Thresholds,
    tell: &mut impl FnMut(Suspicion, Column),
) {
    let offer = &row.offer;
    for (date, column) in [
        (Some(offer.purchase_date), Column::PurchaseDate),
        (offer.renewal_start_date, Column::RenewalStartDate),
        (offer.last_renewal_date, Column::LastRenewalDate),
    ] {
        let is_placeholder = |date: Date| {
            PLACEHOLDERS.iter().any(|(year, month, day)| Date::from_year_month_day(*year, *month, *day) == Some(date))
        };
        if date.is_some_and(is_placeholder) {
            tell(Suspicion::PlaceholderDate, column);
        }
    }
    let Some(as_of) = as_of else { return };
    if offer.purchase_date > as_of {
        tell(Suspicion::PurchaseInFuture, Column::PurchaseDate);
    }
    if let Some(anniversary) = offer.renewal_start_date {
        let days = anniversary.days_since(as_of);
        if days > thresholds.days_ahead {
            tell(Suspicion::AnniversaryFarAhead, Column::RenewalStartDate);
        } else if days < -thresholds.days_past {
            tell(Suspicion::AnniversaryLongPast, Column::RenewalStartDate);
        }
    }
}
