//! What happened tonight, in five numbers.

use super::PageFacts;
use super::text::{count, counted, day_words};
use crate::reports::Report;
use crate::rules::Stage;
use maud::{Markup, html};

/// A number, what it counts, and a sentence on it.
struct Figure {
    key: &'static str,
    label: &'static str,
    value: u64,
    note: String,
}

/// The five numbers.
pub fn section(page: &PageFacts<'_>) -> Markup {
    html! {
        section aria-labelledby="tonight-heading" {
            h2.hidden id="tonight-heading" { "In five numbers" }
            dl.figures {
                @for Figure { key, label, value, note } in figures(page) {
                    div {
                        dt { (label) }
                        dd.value { data value=(value) data-figure=(key) { (count(value)) } }
                        dd.note { (note) }
                    }
                }
            }
        }
    }
}

fn figures(page: &PageFacts<'_>) -> [Figure; 5] {
    let tally = page.tally;
    let stage = |stage: Stage| tally.stages[stage.index()].iter().sum::<u64>();
    let rejected = match tally.rows_rejected() {
        0 => "No row was rejected".to_owned(),
        1 => "1 row was rejected".to_owned(),
        rejected => format!("{} rows were rejected", count(rejected)),
    };
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
    let figure = |key, label, value, note| Figure { key, label, value, note };
    [
        figure("evaluated", "Offers looked at", tally.rows_evaluated, rejected),
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
