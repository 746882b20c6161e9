//! The rules of SPEC §1 once more, slow and obvious: every offer is followed day by day, as somebody with a calendar
//! and a list would. Nothing here is shared with the program; the calendar is another one, and no date is computed
//! that can be walked to.

use chrono::{Datelike, NaiveDate};

/// One row of an export, as facts.
#[derive(Clone, Debug)]
pub struct Facts {
    pub partner_id: String,
    pub offer_type: &'static str,
    pub offer_name: &'static str,
    pub level: &'static str,
    pub purchase: NaiveDate,
    pub start: Option<NaiveDate>,
    pub payment: Option<NaiveDate>,
    pub requirements_met: Option<bool>,
    pub is_on_pmc: bool,
    pub fee: &'static str,
    pub currency: &'static str,
}

/// An exemption round, as the documentation's pages say it.
#[derive(Clone, Copy, Debug)]
pub struct Round {
    from: NaiveDate,
    to: NaiveDate,
    year: i32,
    deadline: Option<NaiveDate>,
    excluded: &'static str,
}

const fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).expect("a day of the calendar")
}

const CLOUD: &str = "cloud business applications";

/// Round one alone: the default policy.
pub const ROUND_ONE: [Round; 1] =
    [Round { from: day(2020, 1, 1), to: day(2020, 6, 30), year: 2021, deadline: Some(day(2020, 6, 30)), excluded: "" }];

/// The rounds of the policy `all-rounds`.
pub const ALL_ROUNDS: [Round; 4] = [
    ROUND_ONE[0],
    Round { from: day(2020, 7, 1), to: day(2020, 12, 31), year: 2021, deadline: Some(day(2020, 12, 31)), excluded: "" },
    Round { from: day(2021, 1, 1), to: day(2021, 6, 30), year: 2022, deadline: None, excluded: CLOUD },
    Round { from: day(2021, 7, 1), to: day(2021, 12, 31), year: 2022, deadline: None, excluded: CLOUD },
];

/// What the rules say of an offer: where it stands, or the column and code it is rejected with.
pub type Verdict = Result<Standing, (&'static str, &'static str)>;

/// Where an offer stands on the as-of date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    pub stage: &'static str,
    pub requirements: &'static str,
    pub blockers: String,
    /// `None` for what does not renew.
    pub term: Option<Term>,
}

/// The days of the current term.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Term {
    pub anniversary: NaiveDate,
    pub opens: NaiveDate,
    pub closes: NaiveDate,
    pub first_reminder: NaiveDate,
    pub second_reminder: NaiveDate,
    pub next: NaiveDate,
    pub reactivate_by: Option<NaiveDate>,
}

pub fn tomorrow(day: NaiveDate) -> NaiveDate {
    day.succ_opt().expect("the calendar goes on")
}

/// The day reached by walking so many days, backwards if negative.
pub fn walk(mut day: NaiveDate, days: i32) -> NaiveDate {
    for _ in 0..days {
        day = tomorrow(day);
    }
    for _ in days..0 {
        day = day.pred_opt().expect("the calendar has begun");
    }
    day
}

/// The days that one walks from one day to another, negative backwards.
pub fn count_days(from: NaiveDate, to: NaiveDate) -> i32 {
    let (mut day, mut days) = (from.min(to), 0);
    while day < from.max(to) {
        day = tomorrow(day);
        days += 1;
    }
    if from <= to { days } else { -days }
}

/// The next day of the same month and day; after 29 February that is 28 February.
fn same_day_next_year(start: NaiveDate) -> NaiveDate {
    let wanted = if (start.month(), start.day()) == (2, 29) { (2, 28) } else { (start.month(), start.day()) };
    let mut day = tomorrow(start);
    while (day.month(), day.day()) != wanted {
        day = tomorrow(day);
    }
    day
}

fn exemption<'a>(rounds: &'a [Round], facts: &Facts, anniversary: NaiveDate) -> Option<&'a Round> {
    let name = facts.offer_name.to_lowercase();
    rounds.iter().find(|round| {
        facts.offer_type == "competency"
            && (round.from..=round.to).contains(&anniversary)
            && (round.excluded.is_empty() || name != round.excluded)
    })
}

fn renew(rounds: &[Round], facts: &Facts, anniversary: NaiveDate) -> NaiveDate {
    let ordinary = walk(anniversary, 365);
    match exemption(rounds, facts, anniversary) {
        Some(round) if ordinary.year() != round.year => same_day_next_year(anniversary),
        _ => ordinary,
    }
}

/// Whether a term that has missed its window can be reactivated on a day.
fn can_be_reactivated(rounds: &[Round], facts: &Facts, anniversary: NaiveDate, day: NaiveDate) -> bool {
    let deadline = exemption(rounds, facts, anniversary).and_then(|round| round.deadline);
    deadline.is_some_and(|deadline| day <= deadline)
}

/// The current anniversary; `None` for a payment that belongs to no term.
fn current_anniversary(rounds: &[Round], facts: &Facts) -> Option<NaiveDate> {
    let mut anniversary = facts.start.unwrap_or_else(|| same_day_next_year(facts.purchase));
    let Some(payment) = facts.payment.filter(|payment| *payment > anniversary) else { return Some(anniversary) };
    // From the anniversary on to the day of the payment: how many days is the anniversary over?
    let (mut today, mut days_over) = (anniversary, 0);
    while today < payment {
        today = tomorrow(today);
        days_over += 1;
        if days_over > 30 && !can_be_reactivated(rounds, facts, anniversary, today) {
            // This term is over and nobody has paid. What the portal shows is the only term there is; otherwise the
            // payment to come says that the offer went on, so this term must have been paid in time.
            if facts.start.is_some() {
                return None;
            }
            anniversary = renew(rounds, facts, anniversary);
            days_over = count_days(anniversary, today);
        }
    }
    // The payment counts if it comes when the window is open, or later while there is reactivation.
    (days_over >= 1).then(|| renew(rounds, facts, anniversary))
}

/// Follows the offer through the days up to `as_of` and notes each change of its stage.
fn stage(facts: &Facts, term: &Term, as_of: NaiveDate) -> &'static str {
    if as_of < facts.purchase {
        return "not_started";
    }
    let mut stage = "current";
    let mut today = facts.purchase.min(term.first_reminder);
    loop {
        if today == term.first_reminder {
            stage = "reminded";
        }
        if today == term.opens {
            stage = "open";
        }
        if today == term.second_reminder {
            stage = "final_notice";
        }
        let is_over = matches!(stage, "reactivatable" | "lapsed") || today == tomorrow(term.closes);
        if is_over {
            let can_be_reactivated = term.reactivate_by.is_some_and(|deadline| today <= deadline);
            stage = if can_be_reactivated { "reactivatable" } else { "lapsed" };
        }
        if today == as_of {
            return stage;
        }
        today = tomorrow(today);
    }
}

/// What the rules say of an offer on a day.
pub fn judge(rounds: &[Round], facts: &Facts, as_of: NaiveDate) -> Verdict {
    if facts.offer_type == "membership" {
        let (stage, requirements) = ("not_renewable", "not_applicable");
        return Ok(Standing { stage, requirements, blockers: String::new(), term: None });
    }
    if facts.start.is_some_and(|start| start <= facts.purchase) {
        return Err(("renewal_start_date", "purchase_after_anniversary"));
    }
    if facts.payment.is_some_and(|payment| payment < facts.purchase) {
        return Err(("last_renewal_date", "payment_before_purchase"));
    }
    if facts.payment.is_some_and(|payment| payment > as_of) {
        return Err(("last_renewal_date", "payment_after_as_of"));
    }
    let Some(anniversary) = current_anniversary(rounds, facts) else {
        return Err(("last_renewal_date", "payment_outside_window"));
    };
    let exemption = exemption(rounds, facts, anniversary);
    let term = Term {
        anniversary,
        opens: walk(anniversary, 1),
        closes: walk(anniversary, 30),
        first_reminder: walk(anniversary, -15),
        second_reminder: walk(anniversary, 23),
        next: renew(rounds, facts, anniversary),
        reactivate_by: exemption.and_then(|round| round.deadline),
    };
    let requirements = match facts.requirements_met {
        _ if facts.offer_type != "competency" => "not_applicable",
        _ if exemption.is_some() => "exempt",
        Some(true) => "met",
        Some(false) => "unmet",
        None => "unknown",
    };
    let mut blockers = Vec::new();
    if facts.is_on_pmc {
        blockers.push("pmc_migration");
    }
    if requirements == "unmet" {
        blockers.push("requirements_unmet");
    }
    Ok(Standing { stage: stage(facts, &term, as_of), requirements, blockers: blockers.join(";"), term: Some(term) })
}
