//! Rows that break the data contract: why, where, and in which words (SPEC §2).

use super::column::Column;
use crate::rules::{Contradiction, spelled_enumeration};

spelled_enumeration! {
    /// Why a row is rejected; the codes of the specification.
    RejectCode {
        /// A needed cell is empty.
        MissingValue = "missing_value",
        /// A date that cannot be read, or lies outside 1900 to 2999.
        BadDate = "bad_date",
        /// A value that the column does not list.
        BadEnum = "bad_enum",
        /// Neither `true` nor `false`.
        BadBool = "bad_bool",
        /// A fee that is no plain decimal.
        BadDecimal = "bad_decimal",
        /// No currency code, or none where there is a fee.
        BadCurrency = "bad_currency",
        /// A record longer than the limit.
        RecordTooLong = "record_too_long",
        /// A quoted field that does not end.
        UnclosedQuote = "unclosed_quote",
        /// Text after a closing quote.
        BadQuote = "bad_quote",
        /// Bytes that are no UTF-8.
        BadUtf8 = "bad_utf8",
        /// Fewer fields than the header has.
        TooFewFields = "too_few_fields",
        /// More fields than the header has.
        TooManyFields = "too_many_fields",
        /// The anniversary does not lie after the purchase.
        PurchaseAfterAnniversary = "purchase_after_anniversary",
        /// The last payment lies before the purchase.
        PaymentBeforePurchase = "payment_before_purchase",
        /// The last payment lies after the as-of date.
        PaymentAfterAsOf = "payment_after_as_of",
        /// The last payment belongs to no window.
        PaymentOutsideWindow = "payment_outside_window",
        /// An earlier row has the same offer; only where that is asked for.
        DuplicateOffer = "duplicate_offer",
    }
}

/// Number of reject codes.
pub const REJECT_CODE_COUNT: usize = RejectCode::ALL.len();

/// A rejected row, placed within its batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reject {
    /// Line of the record's first byte, or row of a Parquet file, from 0 within the batch.
    pub line_in_batch: u64,
    /// Offset of the record's first byte in the file; `None` in Parquet.
    pub byte_offset: Option<u64>,
    /// The column at fault; `None` if it is the record as a whole.
    pub column: Option<Column>,
    /// Why the row is rejected.
    pub code: RejectCode,
    /// The cell's text, empty if it is the record as a whole.
    pub value: Vec<u8>,
}

/// What is wrong with a row, before it is known where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The column at fault.
    pub column: Column,
    /// Why the row is rejected.
    pub code: RejectCode,
}

impl From<Contradiction> for Fault {
    fn from(contradiction: Contradiction) -> Self {
        let (column, code) = match contradiction {
            Contradiction::PurchaseAfterAnniversary => (Column::RenewalStartDate, RejectCode::PurchaseAfterAnniversary),
            Contradiction::PaymentBeforePurchase => (Column::LastRenewalDate, RejectCode::PaymentBeforePurchase),
            Contradiction::PaymentAfterAsOf => (Column::LastRenewalDate, RejectCode::PaymentAfterAsOf),
            Contradiction::PaymentOutsideWindow => (Column::LastRenewalDate, RejectCode::PaymentOutsideWindow),
        };
        Self { column, code }
    }
}

impl RejectCode {
    /// What is wrong and what to do about it, in one sentence for `rejects`.
    pub const fn message(self, column: Option<Column>) -> &'static str {
        match (self, column) {
            (Self::MissingValue, Some(Column::PartnerName | Column::Country | Column::OfferName)) => {
                "the cell holds an error of the spreadsheet; correct it at the source"
            }
            (Self::MissingValue, Some(Column::PartnerId)) => {
                "the cell is empty, an error of the spreadsheet, or a number of more digits than it keeps, but an id is \
                 needed; write ids as text at the source"
            }
            (Self::MissingValue, _) => "the cell is empty, but the column is needed; fill it in at the source",
            (Self::BadDate, _) => {
                "not a date in the expected form from 1900 to 2999, or with a time of day; see --date-format and \
                 --profile if the export uses another form"
            }
            (Self::BadEnum, Some(Column::OfferType)) => "must be membership, action_pack or competency",
            (Self::BadEnum, Some(Column::Level)) => "must be silver, gold or empty",
            (Self::BadEnum, _) => "must be partner_center, pmc or empty",
            (Self::BadBool, _) => "must be true, false or empty",
            (Self::BadDecimal, _) => {
                "must be a plain decimal of up to 18 digits and 4 decimal places, without sign; see --profile if the \
                 export uses another form"
            }
            (Self::BadCurrency, _) => {
                "must be three capital letters (ISO 4217), be there where there is a fee, and be that of the fee's \
                 symbol if it has one"
            }
            (Self::RecordTooLong, _) => "the record is longer than --max-record-bytes",
            (Self::UnclosedQuote, _) => "a quoted field does not end; reading went on at the next line",
            (Self::BadQuote, _) => "text follows a closing quote; a quote inside a quoted field is written twice",
            (Self::BadUtf8, _) => {
                "the record is not valid in its character encoding, which is UTF-8 unless --encoding names another, \
                 or begins with a byte order mark"
            }
            (Self::TooFewFields, _) => "the record has fewer fields than the header",
            (Self::TooManyFields, _) => "the record has more fields than the header",
            (Self::PurchaseAfterAnniversary, _) => "the anniversary must lie after purchase_date",
            (Self::PaymentBeforePurchase, _) => "the payment lies before purchase_date",
            (Self::PaymentAfterAsOf, _) => "the payment lies after the as-of date; see --as-of",
            (Self::PaymentOutsideWindow, _) => {
                "the payment lies in no renewal window or reactivation span of the offer"
            }
            (Self::DuplicateOffer, _) => {
                "an earlier row has the same partner, offer type, name and level; see --on-duplicate"
            }
        }
    }
}
