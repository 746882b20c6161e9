//! Progress while a run goes on: a bar on a terminal, a line now and then elsewhere.

use super::message::{grouped, line};
use super::signals::Signals;
use crate::pipeline::RunObserver;
use indicatif::{HumanBytes, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

/// Seconds between two lines where there is no terminal.
const HEARTBEAT: Duration = Duration::from_secs(10);

/// Shows how far a run has come.
pub struct Progress {
    signals: Signals,
    bytes_total: u64,
    started: Instant,
    display: Display,
    state: Mutex<State>,
}

enum Display {
    Bar(ProgressBar),
    Lines,
    Nothing,
}

struct State {
    rows: u64,
    bytes: u64,
    next_line: Instant,
}

impl Progress {
    /// Progress towards `bytes_total` bytes of input.
    pub fn new(bytes_total: u64, is_quiet: bool, signals: Signals) -> Self {
        let started = Instant::now();
        let display = if is_quiet {
            Display::Nothing
        } else if std::io::stderr().is_terminal() {
            Display::Bar(bar(bytes_total))
        } else {
            Display::Lines
        };
        let state = Mutex::new(State { rows: 0, bytes: 0, next_line: started + HEARTBEAT });
        Self { signals, bytes_total, started, display, state }
    }

    /// Removes the bar.
    pub fn finish(&self) {
        if let Display::Bar(bar) = &self.display {
            bar.finish_and_clear();
        }
    }

    /// Time since the start.
    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    fn write_line(&self, rows: u64, bytes: u64) {
        let seconds = self.started.elapsed().as_secs_f64();
        let share = bytes as f64 / self.bytes_total.max(1) as f64;
        let left = if share > 0.0 { (seconds / share - seconds).max(0.0) } else { 0.0 };
        line(&format!(
            "{} rows, {} of {} ({:.0} %), {} rows/s, {left:.0} s left",
            grouped(rows),
            HumanBytes(bytes),
            HumanBytes(self.bytes_total),
            share * 100.0,
            grouped((rows as f64 / seconds.max(f64::MIN_POSITIVE)) as u64),
        ));
    }
}

fn bar(bytes_total: u64) -> ProgressBar {
    const REDRAWS_PER_SECOND: u8 = 10;
    let bar = ProgressBar::with_draw_target(Some(bytes_total), ProgressDrawTarget::stderr_with_hz(REDRAWS_PER_SECOND));
    let template = "{percent:>3} % {bar:28} {bytes} of {total_bytes}, {msg}, {eta} left";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.progress_chars("━╸─"));
    }
    bar
}

impl RunObserver for Progress {
    fn advance(&self, rows: u64, bytes: u64) {
        if matches!(self.display, Display::Nothing) {
            return;
        }
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.rows += rows;
        state.bytes += bytes;
        match &self.display {
            Display::Bar(bar) => {
                let seconds = self.started.elapsed().as_secs_f64().max(f64::MIN_POSITIVE);
                bar.set_message(format!("{} rows/s", grouped((state.rows as f64 / seconds) as u64)));
                bar.set_position(state.bytes);
            }
            Display::Lines if Instant::now() >= state.next_line => {
                state.next_line = Instant::now() + HEARTBEAT;
                self.write_line(state.rows, state.bytes);
            }
            _ => {}
        }
    }

    fn is_cancelled(&self) -> bool {
        self.signals.received().is_some()
    }
}
