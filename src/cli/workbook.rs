//! What the workbook says of the run, and what the run says of the workbook.

use super::message;
use super::summary::RunFacts;
use crate::formats::xlsx::{Exceptions, Fact, InputFact, WORKBOOK_NAME, WorkbookFacts};

/// The facts of a run for the first sheet of its workbook.
pub fn workbook_facts<'a>(facts: &RunFacts<'a>) -> WorkbookFacts<'a> {
    let RunFacts { policy, options, result, .. } = facts;
    let tally = &result.tally;
    let forecasting = facts.byte_options.forecasting;
    WorkbookFacts {
        as_of: options.as_of,
        run: vec![
            ("as of", Fact::Date(options.as_of)),
            ("policy", Fact::Text(policy.policy.id().to_owned())),
            ("rows read", Fact::Count(tally.rows_read)),
            ("rows evaluated", Fact::Count(tally.rows_evaluated)),
            ("rows rejected", Fact::Count(tally.rows_rejected())),
            ("horizon in days", Fact::Count(options.horizon_days.unsigned_abs().into())),
            ("forecast in months", Fact::Count(options.forecast_months.into())),
            ("history in days", Fact::Count(forecasting.history_days.unsigned_abs().into())),
            ("interval", Fact::Text(forecasting.interval.to_string())),
            ("reminders from", Fact::Date(options.reminders_from)),
            ("renewals version", Fact::Text(env!("CARGO_PKG_VERSION").to_owned())),
            ("run id", Fact::Text(facts.run_id.clone())),
        ],
        inputs: result
            .inputs
            .iter()
            .map(|input| InputFact {
                path: input.path.clone(),
                format: input.format,
                bytes: input.bytes,
                rows: input.rows,
                blake3: input.blake3.to_hex().to_string(),
            })
            .collect(),
        tally,
        currencies: &result.currencies,
        outlook: &result.outlook,
        assumptions: forecasting.assumption_words(),
        exchange: forecasting.exchange_words(),
    }
}

/// Tells of what the workbook could not hold as it is.
pub fn warn_of_exceptions(exceptions: Exceptions) {
    let Exceptions { cut_texts, numbers_as_text } = exceptions;
    if numbers_as_text > 0 {
        let count = message::grouped(numbers_as_text);
        message::warning(&format!(
            "{count} numbers of more than 15 digits are text in {WORKBOOK_NAME}, because Excel would round them"
        ));
    }
    if cut_texts > 0 {
        let count = message::grouped(cut_texts);
        message::warning(&format!(
            "{count} texts are cut in {WORKBOOK_NAME}, whose cells hold 32,767 characters; CSV and Parquet have them whole"
        ));
    }
}
