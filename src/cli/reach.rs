//! From the options of a command line to how far its reports look.

use super::arguments::{ReachArguments, ResolvedDay};
use super::error::CommandError;
use crate::reports::ReportOptions;

/// The as-of date and the reach of the reports.
///
/// # Errors
/// Reminders that would be due only after the as-of date.
pub fn report_options(reach: &ReachArguments, day: &ResolvedDay) -> Result<ReportOptions, CommandError> {
    let reminders_from = reach.reminders_from.unwrap_or(day.day);
    if reminders_from > day.day {
        return Err(CommandError::RemindersAfterAsOf);
    }
    Ok(ReportOptions {
        as_of: day.day,
        horizon_days: reach.horizon,
        forecast_months: reach.forecast_months,
        reminders_from,
    })
}
