//! How far the reports look, ahead and back.

use super::parse_date;
use crate::rules::Date;
use clap::Args;

const REACH: &str = "Reports";

/// How far the reports reach, ahead of the as-of date and back.
#[derive(Debug, Args)]
pub struct ReachArguments {
    /// Days ahead that upcoming_renewals looks
    #[arg(
        long, value_name = "DAYS", default_value_t = 90, help_heading = REACH,
        value_parser = clap::value_parser!(i32).range(0..=400_000)
    )]
    pub horizon: i32,
    /// Months that fee_forecast covers, the one of the as-of date included
    #[arg(
        long, value_name = "N", default_value_t = 12, help_heading = REACH,
        value_parser = clap::value_parser!(u32).range(1..=1_200)
    )]
    pub forecast_months: u32,
    /// First day whose reminders are due [default: the as-of date]
    #[arg(long, value_name = "DATE", help_heading = REACH, value_parser = parse_date)]
    pub reminders_from: Option<Date>,
}
