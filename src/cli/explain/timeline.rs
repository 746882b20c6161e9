//! The days of an offer, drawn from top to bottom.

use crate::cli::terminal::{BAD, FAINT, GOOD, SOON, STRONG, columns, padded, safe, styled, wrapped};
use crate::explain::{Event, EventKind, Explanation, derivation_text};
use crate::rules::{Rule, Stage};
use anstyle::Style;

/// Columns before the label: margin, day, axis and mark, with the spaces between them.
const LABEL_AT: usize = 2 + 10 + 2 + 1 + 1 + 1 + 1;
const RULE_WIDTH: usize = 3;

/// The lines of the timeline.
pub fn lines(explanation: &Explanation, width: usize) -> Vec<String> {
    let events = &explanation.events;
    let label_width = events.iter().map(|event| columns(&event.label)).max().unwrap_or(0);
    let widest_text = events.iter().map(|event| columns(&origin(event))).max().unwrap_or(0);
    // Where a day comes from stands beside the label where there is room for all of it, else on the line below.
    let is_beside = LABEL_AT + label_width + 2 + RULE_WIDTH + 2 + widest_text <= width;
    let room = width.saturating_sub(LABEL_AT + RULE_WIDTH + 2);
    let label_width = if is_beside { label_width } else { label_width.min(room) };
    let mut axis = Axis::Thin;
    let mut lines = Vec::new();
    for (index, event) in events.iter().enumerate() {
        let is_last = index + 1 == events.len();
        let (drawn, after) = axis.at(event, explanation, is_last);
        axis = after;
        let style = style(event, explanation);
        let text = origin(event);
        let mut labels = wrapped(&event.label, label_width.max(1)).into_iter();
        let label = padded(&labels.next().unwrap_or_default(), label_width);
        let rule = padded(event.rule.map(Rule::as_str).unwrap_or_default(), RULE_WIDTH);
        let beside = if is_beside { format!("{rule}  {text}") } else { rule };
        // Spaces inside a style would stay where the line ends.
        let beside = beside.trim_end();
        let label = if beside.is_empty() { label.trim_end() } else { &label };
        let line = format!("  {}  {drawn} {} {}", event.day, styled(style, mark(event)), styled(style, label));
        lines.push(if beside.is_empty() { line } else { format!("{line}  {}", styled(FAINT, beside)) });
        let axis_below = if is_last { " " } else { after.drawn() };
        let below = |text: &str, style: Style| format!("  {:10}  {axis_below}   {}", "", styled(style, text));
        lines.extend(labels.map(|label| below(&label, style)));
        if !is_beside && !text.is_empty() {
            lines.extend(wrapped(&text, width.saturating_sub(LABEL_AT)).iter().map(|text| below(text, FAINT)));
        }
    }
    lines
}

/// Where a day comes from: `= 2019-02-10 + 1 year`, read after the day that stands first in the line, or who told it.
fn origin(event: &Event) -> String {
    match (&event.derivation, &event.told_by) {
        (Some(derivation), _) => format!("= {}", derivation_text(derivation)),
        (None, told_by) => told_by.as_deref().map(|by| safe(by.as_bytes())).unwrap_or_default(),
    }
}

/// The line down the left, which is thick while a window is open.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Axis {
    Thin,
    Window,
    Reactivation,
}

impl Axis {
    const fn drawn(self) -> &'static str {
        match self {
            Self::Thin => "│",
            Self::Window => "┃",
            Self::Reactivation => "┇",
        }
    }

    /// What is drawn beside an event, and how the axis goes on after it.
    fn at(self, event: &Event, explanation: &Explanation, is_last: bool) -> (&'static str, Self) {
        let reactivates = explanation.events.iter().any(|event| event.kind == EventKind::ReactivationEnds);
        let after = match event.kind {
            EventKind::WindowOpens => Self::Window,
            EventKind::WindowCloses if reactivates => Self::Reactivation,
            EventKind::WindowCloses | EventKind::ReactivationEnds => Self::Thin,
            _ => self,
        };
        let drawn = match event.kind {
            EventKind::WindowOpens => "┏",
            EventKind::WindowCloses => "┗",
            EventKind::ReactivationEnds => "╵",
            EventKind::Purchased => "┌",
            _ if is_last => "└",
            _ => self.drawn(),
        };
        (drawn, after)
    }
}

const fn mark(event: &Event) -> &'static str {
    match event.kind {
        EventKind::Purchased | EventKind::EarlierAnniversary => "●",
        EventKind::Anniversary => "◆",
        EventKind::Paid => "✓",
        EventKind::FirstReminder | EventKind::SecondReminder => "○",
        EventKind::WindowOpens | EventKind::WindowCloses | EventKind::ReactivationEnds => " ",
        EventKind::BenefitsLost => "×",
        EventKind::NextAnniversary => "◇",
        EventKind::AsOf => "▶",
    }
}

fn style(event: &Event, explanation: &Explanation) -> Style {
    match event.kind {
        EventKind::AsOf => explanation.outcome.map_or(BAD, |decision| stage_style(decision.stage)).bold(),
        EventKind::Anniversary => STRONG,
        _ => Style::new(),
    }
}

/// How urgent a stage is, as a colour; the word says it too.
pub const fn stage_style(stage: Stage) -> Style {
    match stage {
        Stage::NotRenewable | Stage::NotStarted | Stage::Current => GOOD,
        Stage::Reminded | Stage::Open | Stage::FinalNotice | Stage::Reactivatable => SOON,
        Stage::Lapsed => BAD,
    }
}
