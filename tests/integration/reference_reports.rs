//! The reports of SPEC §3 once more, one row at a time, from what the slow reference says of an offer.

use crate::harness::Row;
use crate::reference::{Facts, Standing, count_days, walk};
use chrono::{Datelike, NaiveDate};
use std::collections::BTreeMap;

/// What a run is asked for.
#[derive(Clone, Debug)]
pub struct Wishes {
    pub as_of: NaiveDate,
    pub horizon: i32,
    pub forecast_months: i32,
    pub reminders_from: NaiveDate,
}

/// The reports that have a row for each offer.
pub const ROW_REPORTS: [&str; 5] =
    ["upcoming_renewals", "lapsed_competencies", "lapsed_action_packs", "reactivation_candidates", "reminders_due"];

/// The reports that an offer may be in at its stage.
pub fn allowed_reports(stage: &str, offer_type: &str) -> &'static [&'static str] {
    match (stage, offer_type) {
        ("current", _) => &["upcoming_renewals"],
        ("reminded" | "open" | "final_notice", _) => &["upcoming_renewals", "reminders_due"],
        ("lapsed", "competency") => &["lapsed_competencies"],
        ("lapsed", _) => &["lapsed_action_packs"],
        ("reactivatable", _) => &["lapsed_competencies", "reactivation_candidates"],
        _ => &[],
    }
}

/// The rows of an offer, each with the report it belongs in, in the order in which they are written.
pub fn rows(facts: &Facts, standing: &Standing, wishes: &Wishes) -> Vec<(&'static str, Row)> {
    let Some(term) = &standing.term else { return Vec::new() };
    let mut rows = Vec::new();
    let mut add = |report, cells: Vec<(&str, String)>| {
        let offer = [
            ("partner_id", facts.partner_id.clone()),
            ("partner_name", String::new()),
            ("country", String::new()),
            ("offer_type", facts.offer_type.to_owned()),
            ("offer_name", facts.offer_name.to_owned()),
            ("level", facts.level.to_owned()),
            ("anniversary_date", term.anniversary.to_string()),
            ("blockers", standing.blockers.clone()),
            ("fee", facts.fee.to_owned()),
            ("currency", facts.currency.to_owned()),
        ];
        let row = offer.into_iter().chain(cells).map(|(column, cell)| (column.to_owned(), cell)).collect();
        rows.push((report, row));
    };
    let stage = ("stage", standing.stage.to_owned());
    let requirements = ("requirements", standing.requirements.to_owned());
    let window = [("window_opens", term.opens.to_string()), ("window_closes", term.closes.to_string())];
    let closed = ("window_closed", term.closes.to_string());
    let reminders = [("first", term.first_reminder), ("second", term.second_reminder)];
    let is_soon = standing.stage == "current" && term.anniversary <= walk(wishes.as_of, wishes.horizon);
    let is_near = matches!(standing.stage, "reminded" | "open" | "final_notice");
    if is_soon || is_near {
        let mut cells = vec![
            stage.clone(),
            requirements.clone(),
            ("days_left", count_days(wishes.as_of, term.closes).to_string()),
            ("first_reminder", term.first_reminder.to_string()),
            ("second_reminder", term.second_reminder.to_string()),
            ("next_anniversary", term.next.to_string()),
        ];
        cells.extend(window.clone());
        add("upcoming_renewals", cells);
    }
    if matches!(standing.stage, "lapsed" | "reactivatable") {
        let report = if facts.offer_type == "competency" { "lapsed_competencies" } else { "lapsed_action_packs" };
        let days = count_days(term.closes, wishes.as_of).to_string();
        let lapsed_on = walk(term.closes, 1).to_string();
        let cells = vec![stage, requirements.clone(), closed.clone(), ("lapsed_on", lapsed_on), ("days_lapsed", days)];
        add(report, cells);
    }
    if let ("reactivatable", Some(deadline)) = (standing.stage, term.reactivate_by) {
        let cells = vec![
            closed,
            ("reactivate_by", deadline.to_string()),
            ("days_left", count_days(wishes.as_of, deadline).to_string()),
            ("new_anniversary", term.next.to_string()),
        ];
        add("reactivation_candidates", cells);
    }
    for (name, day) in reminders {
        if is_near && (wishes.reminders_from..=wishes.as_of).contains(&day) {
            let mut cells =
                vec![requirements.clone(), ("reminder", name.to_owned()), ("reminder_date", day.to_string())];
            cells.extend(window.clone());
            add("reminders_due", cells);
        }
    }
    rows
}

/// Offers of one group of the forecast.
#[derive(Clone, Copy, Default)]
struct Group {
    offers: u32,
    without_fee: u32,
    ten_thousandths: i128,
}

/// The rows of `fee_forecast` for offers that were not rejected.
pub fn forecast(offers: &[(&Facts, &Standing)], wishes: &Wishes) -> Vec<Row> {
    let months = |day: NaiveDate| day.year() * 12 + day.month0() as i32;
    let mut groups: BTreeMap<[String; 4], Group> = BTreeMap::new();
    let mut places = 2;
    for (facts, standing) in offers {
        let Some(term) = &standing.term else { continue };
        let is_due = matches!(standing.stage, "current" | "reminded" | "open" | "final_notice");
        let due = term.opens.max(wishes.as_of);
        if !is_due || months(due) - months(wishes.as_of) >= wishes.forecast_months {
            continue;
        }
        let month = format!("{:04}-{:02}", due.year(), due.month());
        let key = [month, facts.currency.to_owned(), facts.offer_type.to_owned(), facts.level.to_owned()];
        let group = groups.entry(key).or_default();
        group.offers += 1;
        if facts.fee.is_empty() {
            group.without_fee += 1;
        } else {
            let (whole, fraction) = facts.fee.split_once('.').unwrap_or((facts.fee, ""));
            places = places.max(fraction.len());
            group.ten_thousandths += format!("{whole}{fraction:0<4}").parse::<i128>().expect("digits");
        }
    }
    let row = |(key, group): (&[String; 4], &Group)| {
        let digits = format!("{:05}", group.ten_thousandths);
        let (whole, fraction) = digits.split_at(digits.len() - 4);
        let fees = format!("{whole}.{}", &fraction[..places]);
        let [month, currency, offer_type, level] = key.clone();
        let is_unknown = group.offers == group.without_fee;
        let cells = [
            ("month", month),
            ("currency", currency),
            ("offer_type", offer_type),
            ("level", level),
            ("offers", group.offers.to_string()),
            ("offers_without_fee", group.without_fee.to_string()),
            ("fees", if is_unknown { String::new() } else { fees }),
        ];
        cells.into_iter().map(|(column, cell)| (column.to_owned(), cell)).collect()
    };
    groups.iter().map(row).collect()
}
