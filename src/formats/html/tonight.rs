//! What happened tonight, in five numbers.

use super::PageFacts;
use super::outlook::{self, Currency};
use super::text::{count, counted, currency_name, day_words, short_amount};
use crate::reports::Report;
use crate::rules::Stage;
use maud::{Markup, html};

/// A number, what it counts, and a sentence on it.
struct Figure {
    label: String,
    value: Markup,
    note: String,
}

/// The five numbers, money first.
pub fn section(page: &PageFacts<'_>) -> Markup {
    html! {
        section aria-labelledby="tonight-heading" {
            h2.hidden id="tonight-heading" { "In five numbers" }
            dl.figures {
                @for Figure { label, value, note } in [expected(page)].into_iter().chain(figures(page)) {
                    div {
                        dt { (label) }
                        dd.value { (value) }
                        dd.note { (note) }
                    }
                }
            }
        }
    }
}

/// What is expected of all fees, or of those in the currency of most offers.
fn expected(page: &PageFacts<'_>) -> Figure {
    let months = counted(page.options.forecast_months.into(), "month");
    let (known, others) = outlook::largest(page);
    let Some((Currency { code, is_sum, all, .. }, estimate)) =
        known.as_ref().and_then(|it| Some((it, it.all.estimate?)))
    else {
        let (label, value) = ("Fees expected".to_owned(), html! { "none" });
        return Figure { label, value, note: format!("No known fee is due in {months}") };
    };
    let due = short_amount(all.fees.unwrap_or_default() as f64 / 10_000.0);
    let [low, high] = [estimate.low, estimate.high].map(short_amount);
    let mut note = format!("{low} to {high} ({}), of {due} due in {months}", page.interval);
    match others {
        0 => {}
        1 => note.push_str("; 1 more currency below"),
        _ => note.push_str(&format!("; {others} more currencies below")),
    }
    Figure {
        label: format!("Fees expected, {}{}", if *is_sum { "all in " } else { "" }, currency_name(code)),
        value: html! { data value=(estimate.expected) data-figure="expected" { (short_amount(estimate.expected)) } },
        note,
    }
}

fn figures(page: &PageFacts<'_>) -> [Figure; 4] {
    let tally = page.tally;
    let stage = |stage: Stage| tally.stages[stage.index()].iter().sum::<u64>();
    let since = if page.options.reminders_from < page.options.as_of {
        format!("Since {}", day_words(page.options.reminders_from))
    } else {
        "To be sent today".to_owned()
    };
    let deadline = match page.overview.deadlines.first_key_value() {
        Some((deadline, _)) if page.overview.deadlines.len() == 1 => format!("By {}", day_words(*deadline)),
        Some((deadline, _)) => format!("The first by {}", day_words(*deadline)),
        None => "No deadline is running".to_owned(),
    };
    let (open, final_notice) = (stage(Stage::Open), stage(Stage::FinalNotice));
    let lapsed = stage(Stage::Lapsed) + stage(Stage::Reactivatable);
    let figure = |key: &str, label: &str, value: u64, note| Figure {
        label: label.to_owned(),
        value: html! { data value=(value) data-figure=(key) { (count(value)) } },
        note,
    };
    [
        figure(
            "open",
            "Waiting for payment",
            open + final_notice,
            format!("{} of them after the last reminder", count(final_notice)),
        ),
        figure("reminders", "Reminders due", tally.report_rows[Report::RemindersDue.index()], since),
        figure(
            "lapsed_today",
            "Lapsed today",
            page.overview.lapsed_today(),
            format!("{} in all without benefits", counted(lapsed, "offer")),
        ),
        figure("reactivatable", "Can be reactivated", stage(Stage::Reactivatable), deadline),
    ]
}
