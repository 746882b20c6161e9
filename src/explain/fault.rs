//! Why a row is rejected: what the contract says of the cell, and how the row can be mended.

use crate::ingest::{Column, RejectCode};

/// A reject code in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FaultExplanation {
    /// What is wrong, as in `rejects`.
    pub message: &'static str,
    /// What the contract says.
    pub contract: &'static str,
    /// How the row can be mended.
    pub mend: &'static str,
}

/// Explains a reject code on a column, or on a record as a whole.
pub const fn explain_fault(code: RejectCode, column: Option<Column>) -> FaultExplanation {
    let (contract, mend) = match code {
        RejectCode::MissingValue => (
            "partner_id, offer_type and purchase_date must be filled in every row.",
            "Fill the cell in where the export is made; the tool guesses nothing.",
        ),
        RejectCode::BadDate => (
            "Dates are calendar days from 1900-01-01 to 2999-12-31, as YYYY-MM-DD unless another form is declared.",
            "Correct the day, or declare the form of the column if all of its days are written like this.",
        ),
        RejectCode::BadEnum => (
            "offer_type is membership, action_pack or competency; level is silver or gold; portal is partner_center \
             or pmc. Case makes no difference, outer spaces do.",
            "Write one of these words, or leave level or portal empty.",
        ),
        RejectCode::BadBool => (
            "requirements_met is true or false in any case, or empty for unknown.",
            "Write true or false, or leave the cell empty.",
        ),
        RejectCode::BadDecimal => (
            "fee is 1 to 18 digits, then at most a point and 1 to 4 digits: no sign, grouping, symbol or exponent.",
            "Write the fee like 1670.00, or declare the form of the column.",
        ),
        RejectCode::BadCurrency => (
            "currency is three capital letters, and must be there where there is a fee.",
            "Write the ISO 4217 code, such as EUR.",
        ),
        RejectCode::RecordTooLong => (
            "A record has at most --max-record-bytes bytes.",
            "Look for a quote that was never closed, or raise --max-record-bytes.",
        ),
        RejectCode::UnclosedQuote => (
            "A field that begins with a quote ends with one; a quote inside it is written twice.",
            "Close the quote; the rows after it were read all the same.",
        ),
        RejectCode::BadQuote => (
            "After a closing quote only a delimiter or the end of the record may follow.",
            "Double the quotes inside the field, or remove what follows the closing one.",
        ),
        RejectCode::BadUtf8 => {
            ("CSV is UTF-8.", "Convert the file, or write the one wrong character anew if the rest is UTF-8.")
        }
        RejectCode::TooFewFields => (
            "Every record has as many fields as the header.",
            "Add the missing delimiters; a line break inside a field must be in quotes.",
        ),
        RejectCode::TooManyFields => {
            ("Every record has as many fields as the header.", "Put a field that holds a delimiter in quotes.")
        }
        RejectCode::PurchaseAfterAnniversary => (
            "renewal_start_date, the anniversary, lies after purchase_date.",
            "Look the two days up in the portal; one of them is wrong, or they were swapped.",
        ),
        RejectCode::PaymentBeforePurchase => (
            "last_renewal_date is not before purchase_date.",
            "Look the two days up in the portal; an offer cannot be renewed before it is bought.",
        ),
        RejectCode::PaymentAfterAsOf => (
            "last_renewal_date is not after the as-of date.",
            "Decide as of the day of the export or later, or correct the day of the payment.",
        ),
        RejectCode::PaymentOutsideWindow => (
            "A payment after the first anniversary lies in a renewal window or a reactivation span of its offer.",
            "Look the payment up: the day or the anniversary is wrong, or the payment was for something else.",
        ),
        RejectCode::DuplicateOffer => (
            "With --on-duplicate reject, only the first row of an offer counts.",
            "Remove the row at the source if it is the same offer, or tell the two apart by name or level.",
        ),
    };
    FaultExplanation { message: code.message(column), contract, mend }
}
