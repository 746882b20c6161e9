//! From a decision to report rows: which reports want the offer, and what each says of it (SPEC §3).

use super::columns::Report;
use crate::ingest::{FeeCell, Row};
use crate::rules::{Blockers, Date, Decision, Level, OfferType, Requirements, Stage, Term};

/// What a run was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReportOptions {
    /// The as-of date.
    pub as_of: Date,
    /// Days ahead for which `upcoming_renewals` lists offers in stage `current`.
    pub horizon_days: i32,
    /// Months that `fee_forecast` covers, the as-of date's own the first.
    pub forecast_months: u32,
    /// First day whose reminders are due.
    pub reminders_from: Date,
}

/// Takes the cells of report rows, in the order of the report's columns.
pub trait CellSink {
    /// Text from the export, which may hold anything.
    fn text(&mut self, text: &[u8]);
    /// The cells that name the offer: partner, country, type, name and level.
    fn offer(&mut self, row: &Row<'_>) {
        self.text(row.partner_id);
        self.text(row.partner_name);
        self.text(row.country);
        self.word(row.offer.offer_type.as_str().as_bytes());
        self.text(row.offer.offer_name);
        self.word(row.level.map(Level::as_str).unwrap_or_default().as_bytes());
    }
    /// A word of the tool's own, or a text known to hold only letters and digits.
    fn word(&mut self, word: &[u8]);
    /// A stage.
    fn stage(&mut self, stage: Stage) {
        self.word(stage.as_str().as_bytes());
    }
    /// The state of the requirements and, in a cell of its own, what blocks a renewal.
    fn conditions(&mut self, requirements: Requirements, blockers: Blockers) {
        self.word(requirements.as_str().as_bytes());
        self.word(blockers.as_str().as_bytes());
    }
    /// A calendar day.
    fn date(&mut self, date: Date);
    /// A calendar day that may be missing.
    fn optional_date(&mut self, date: Option<Date>) {
        match date {
            Some(date) => self.date(date),
            None => self.word(b""),
        }
    }
    /// A count, or a number of days.
    fn integer(&mut self, value: i64);
    /// A count that may be missing.
    fn optional_integer(&mut self, value: Option<i64>);
    /// An amount in ten-thousandths, to be written with a number of decimal places where the format has texts.
    fn amount(&mut self, ten_thousandths: Option<i128>, places: u8);
    /// An estimate that may be missing.
    fn estimate(&mut self, value: Option<f64>);
    /// A fee as the export has it.
    fn fee(&mut self, fee: Option<&FeeCell<'_>>);
    /// The end of a row.
    fn end_row(&mut self);
}

/// Takes report rows of every report.
pub trait ReportSink {
    /// Where the cells of a report go.
    type Cells: CellSink;
    /// The sink of one report; what is written to it until `end_row` is one row.
    fn report(&mut self, report: Report) -> &mut Self::Cells;
}

/// Writes the rows that an offer has in the row-by-row reports, and counts them in `rows`.
#[inline]
pub fn write_rows(
    options: &ReportOptions,
    row: &Row<'_>,
    decision: &Decision,
    sink: &mut impl ReportSink,
    rows: &mut [u64; super::REPORT_COUNT],
) {
    let Some(term) = &decision.term else { return };
    let mut count = |report: Report| rows[report.index()] += 1;
    match decision.stage {
        Stage::Current if term.anniversary.days_since(options.as_of) <= options.horizon_days => {
            write_upcoming(options, row, decision, term, sink.report(Report::UpcomingRenewals));
            count(Report::UpcomingRenewals);
        }
        Stage::Reminded | Stage::Open | Stage::FinalNotice => {
            write_upcoming(options, row, decision, term, sink.report(Report::UpcomingRenewals));
            count(Report::UpcomingRenewals);
            for (name, day) in [("first", term.first_reminder), ("second", term.second_reminder)] {
                if options.reminders_from <= day && day <= options.as_of {
                    write_reminder(row, decision, term, name, day, sink.report(Report::RemindersDue));
                    count(Report::RemindersDue);
                }
            }
        }
        Stage::Lapsed | Stage::Reactivatable => {
            match (row.offer.offer_type, decision.stage) {
                (OfferType::Competency, _) => {
                    write_lapsed(options, row, decision, term, sink.report(Report::LapsedCompetencies));
                    count(Report::LapsedCompetencies);
                }
                (OfferType::ActionPack, Stage::Lapsed) => {
                    write_lapsed(options, row, decision, term, sink.report(Report::LapsedActionPacks));
                    count(Report::LapsedActionPacks);
                }
                _ => {}
            }
            if let (Stage::Reactivatable, Some(deadline)) = (decision.stage, term.reactivate_by) {
                write_candidate(options, row, decision, term, deadline, sink.report(Report::ReactivationCandidates));
                count(Report::ReactivationCandidates);
            }
        }
        _ => {}
    }
}

#[inline]
fn write_fee(row: &Row<'_>, cells: &mut impl CellSink) {
    cells.fee(row.fee.as_ref());
    cells.word(row.currency);
}

#[inline]
fn write_upcoming(options: &ReportOptions, row: &Row<'_>, decision: &Decision, term: &Term, cells: &mut impl CellSink) {
    cells.offer(row);
    cells.date(term.anniversary);
    cells.date(term.window_opens);
    cells.date(term.window_closes);
    cells.stage(decision.stage);
    cells.integer(term.window_closes.days_since(options.as_of).into());
    cells.date(term.first_reminder);
    cells.date(term.second_reminder);
    cells.conditions(decision.requirements, decision.blockers);
    write_fee(row, cells);
    cells.date(term.next_anniversary);
    cells.end_row();
}

#[inline]
fn write_lapsed(options: &ReportOptions, row: &Row<'_>, decision: &Decision, term: &Term, cells: &mut impl CellSink) {
    cells.offer(row);
    cells.date(term.anniversary);
    cells.date(term.window_closes);
    cells.date(term.lapses_on());
    cells.integer(options.as_of.days_since(term.window_closes).into());
    cells.stage(decision.stage);
    cells.conditions(decision.requirements, decision.blockers);
    write_fee(row, cells);
    cells.end_row();
}

#[inline]
fn write_candidate(
    options: &ReportOptions,
    row: &Row<'_>,
    decision: &Decision,
    term: &Term,
    deadline: Date,
    cells: &mut impl CellSink,
) {
    cells.offer(row);
    cells.date(term.anniversary);
    cells.date(term.window_closes);
    cells.date(deadline);
    cells.integer(deadline.days_since(options.as_of).into());
    cells.word(decision.blockers.as_str().as_bytes());
    write_fee(row, cells);
    cells.date(term.next_anniversary);
    cells.end_row();
}

#[inline]
fn write_reminder(
    row: &Row<'_>,
    decision: &Decision,
    term: &Term,
    name: &'static str,
    day: Date,
    cells: &mut impl CellSink,
) {
    cells.offer(row);
    cells.word(name.as_bytes());
    cells.date(day);
    cells.date(term.anniversary);
    cells.date(term.window_opens);
    cells.date(term.window_closes);
    cells.conditions(decision.requirements, decision.blockers);
    write_fee(row, cells);
    cells.end_row();
}
