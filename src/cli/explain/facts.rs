//! The facts of the command line as a row, checked like a row of an export.

use super::search::{Located, Search};
use crate::cli::arguments::{ExplainArguments, FactArguments};
use crate::cli::error::CommandError;
use crate::explain::{FactTexts, FoundRow, OwnedRow};
use crate::ingest::{Column, RowPlace};

/// What stands for the partner where the command line names none.
const NO_PARTNER: &str = "-";

/// The one row that the options make.
///
/// # Errors
/// An option whose value breaks the contract.
pub fn search(arguments: &ExplainArguments) -> Result<Search, CommandError> {
    let FactArguments { offer_type, purchased, anniversary, paid, requirements_met, portal, level, fee, currency } =
        &arguments.facts;
    let partner_id = arguments.partner_id.as_deref().filter(|id| !id.is_empty()).unwrap_or(NO_PARTNER);
    let day = |day: &Option<crate::rules::Date>| day.map(|day| day.to_string());
    let mut texts = FactTexts::default();
    for (column, text) in [
        (Column::PartnerId, Some(partner_id.to_owned())),
        (Column::OfferType, offer_type.clone()),
        (Column::OfferName, arguments.offer.clone()),
        (Column::Level, level.clone()),
        (Column::PurchaseDate, day(purchased)),
        (Column::RenewalStartDate, day(anniversary)),
        (Column::LastRenewalDate, day(paid)),
        (Column::RequirementsMet, requirements_met.clone()),
        (Column::Portal, portal.clone()),
        (Column::Fee, fee.clone()),
        (Column::Currency, currency.clone()),
    ] {
        if let Some(text) = text {
            texts.set(column, text);
        }
    }
    let row = OwnedRow::from_texts(&texts).map_err(|fault| CommandError::Fact {
        option: option_of(fault.column),
        reason: fault.code.message(Some(fault.column)),
    })?;
    let offer = row.row().offer;
    let offer_cells = [
        Vec::new(),
        Vec::new(),
        offer.offer_type.as_str().into(),
        offer.offer_name.to_vec(),
        row.row().level.map(|level| level.as_str().into()).unwrap_or_default(),
    ];
    let place = RowPlace { line_in_batch: 0, byte_offset: None };
    let item = FoundRow { place, offer_cells, content: Ok(row) };
    let located = Located { input: 0, file: String::new(), line: 0, byte_offset: None, item };
    Ok(Search { rows: vec![located], count: 1, ..Search::default() })
}

const fn option_of(column: Column) -> &'static str {
    match column {
        Column::OfferType => "--offer-type",
        Column::OfferName => "--offer",
        Column::Level => "--level",
        Column::PurchaseDate => "--purchased",
        Column::RenewalStartDate => "--anniversary",
        Column::LastRenewalDate => "--paid",
        Column::RequirementsMet => "--requirements-met",
        Column::Portal => "--portal",
        Column::Fee => "--fee",
        Column::Currency => "--currency",
        Column::PartnerId | Column::PartnerName | Column::Country => "--partner-id",
    }
}
