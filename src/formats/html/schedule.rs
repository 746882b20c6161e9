//! Renewals due, by the week in which their window closes.

use super::PageFacts;
use super::chart;
use super::figure::Column::{Number, Words};
use super::figure::{Figure, table};
use super::text::{count, counted, day_label};
use crate::reports::{Report, WEEKS, monday_of};
use crate::rules::OfferType;
use maud::{Markup, html};

/// Weeks that the chart and the table show one by one.
const WEEKS_SHOWN: usize = 26;
const SHOWN: [OfferType; 2] = [OfferType::Competency, OfferType::ActionPack];

/// The chart of the weeks.
pub fn section(page: &PageFacts<'_>) -> Markup {
    let weeks = page.overview.weeks.map(|counts| SHOWN.map(|offer_type| counts[offer_type.index()]));
    let end =
        weeks[..WEEKS].iter().rposition(|counts| counts.iter().any(|count| *count > 0)).map_or(1, |last| last + 1);
    let shown = end.min(WEEKS_SHOWN);
    let later = weeks[shown..].iter().fold([0, 0], |sum, counts| [sum[0] + counts[0], sum[1] + counts[1]]);
    let first = monday_of(page.options.as_of);
    let mondays: Vec<_> = (0..shown).map(|week| first.plus_days(week as i32 * 7)).collect();
    let step = shown.div_ceil(6);
    let labels: Vec<String> = mondays
        .iter()
        .enumerate()
        .map(|(week, monday)| if week % step == 0 { day_label(*monday) } else { String::new() })
        .collect();
    let due = page.tally.report_rows[Report::UpcomingRenewals.index()];
    let body = html! {
        tbody {
            @for (monday, counts) in mondays.iter().zip(&weeks) { (row(&monday.to_string(), *counts)) }
            @if later.iter().any(|count| *count > 0) { (row("later", later)) }
        }
        tfoot { (row("all", weeks.iter().fold([0, 0], |sum, counts| [sum[0] + counts[0], sum[1] + counts[1]]))) }
    };
    let busiest = weeks[..shown]
        .iter()
        .zip(&mondays)
        .max_by_key(|(counts, monday)| (counts.iter().sum::<u64>(), std::cmp::Reverse(monday.days_since_epoch())));
    let description = match busiest {
        Some((counts, monday)) => format!(
            "{} weeks. The busiest one begins on {monday}, with {}.",
            mondays.len(),
            counted(counts.iter().sum(), "renewal")
        ),
        None => String::new(),
    };
    html! {
        p.lede {
            (counted(due, "renewal")) " open now or with an anniversary in the next "
            (counted(page.options.horizon_days as u64, "day")) ". Each counts in the week of its last day to pay; "
            "unpaid by then, it lapses."
        }
        (Figure {
            id: "weeks",
            title: "Renewals by the week of their last day to pay",
            description: &description,
            chart: &chart::columns(&labels, &weeks[..shown]),
            legend: &[("first", "Competencies"), ("second", "Action Packs")],
            table: table("Renewals by week", &[Words("Week from"), Number("Competencies"), Number("Action Packs"), Number("All")], body),
        }.render())
    }
}

fn row(name: &str, counts: [u64; 2]) -> Markup {
    html! {
        tr {
            th scope="row" { (name) }
            @for value in counts { td { (count(value)) } }
            td { (count(counts.iter().sum())) }
        }
    }
}
