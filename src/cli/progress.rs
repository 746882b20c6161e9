//! Progress while a run goes on: a bar on a terminal, a line now and then elsewhere.

use super::arguments::{DisplayArguments, LogFormat, ProgressKind};
use super::message::grouped;
use super::signals::Signals;
use crate::pipeline::RunObserver;
use indicatif::{HumanBytes, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

/// After so many lines the gap between two of them doubles: a log must stay short however long the run is.
const LINES_BETWEEN_DOUBLINGS: u32 = 30;
/// The most lines of progress in a run.
const LINES_MAXIMUM: u32 = 150;

/// Shows how far a run has come.
pub struct Progress {
    signals: Signals,
    /// Bytes of all inputs, if they are known.
    bytes_total: Option<u64>,
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
    is_comparing: bool,
    phase_started: Instant,
    rows: u64,
    bytes: u64,
    heartbeat: Heartbeat,
}

/// When the next line is due.
struct Heartbeat {
    gap: Duration,
    next: Instant,
    lines: u32,
}

impl Heartbeat {
    fn new(gap: Duration, started: Instant) -> Self {
        Self { gap, next: started + gap, lines: 0 }
    }

    /// Whether a line is due now; if so, it counts as written.
    fn is_due(&mut self, now: Instant) -> bool {
        if now < self.next || self.lines >= LINES_MAXIMUM {
            return false;
        }
        self.lines += 1;
        if self.lines.is_multiple_of(LINES_BETWEEN_DOUBLINGS) {
            self.gap = self.gap.saturating_mul(2);
        }
        self.next = now + self.gap;
        true
    }
}

impl Progress {
    /// Progress towards `bytes_total` bytes of input, if it is known how many come.
    pub fn new(bytes_total: Option<u64>, options: &DisplayArguments, signals: Signals) -> Self {
        let started = Instant::now();
        // A bar moves the cursor, which makes one endless line of a log, and is no JSON either.
        let can_draw = options.log_format == LogFormat::Text && std::io::stderr().is_terminal();
        let display = match options.progress {
            _ if options.quiet => Display::Nothing,
            ProgressKind::None => Display::Nothing,
            ProgressKind::Auto | ProgressKind::Bar if can_draw => Display::Bar(bar(bytes_total)),
            _ => Display::Lines,
        };
        let heartbeat = Heartbeat::new(options.heartbeat, started);
        let state = State { is_comparing: false, phase_started: started, rows: 0, bytes: 0, heartbeat };
        let state = Mutex::new(state);
        Self { signals, bytes_total, started, display, state }
    }

    /// From now on, inputs are compared with those of an earlier run (or no longer so): counts begin anew.
    pub fn begin_phase(&self, is_comparing: bool) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        *state = State {
            is_comparing,
            phase_started: Instant::now(),
            rows: 0,
            bytes: 0,
            heartbeat: std::mem::replace(&mut state.heartbeat, Heartbeat::new(Duration::ZERO, self.started)),
        };
        if let Display::Bar(bar) = &self.display {
            bar.reset();
        }
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

    fn write_line(&self, state: &State) {
        let State { is_comparing, rows, bytes, .. } = *state;
        let seconds = state.phase_started.elapsed().as_secs_f64();
        let done = HumanBytes(bytes);
        let (of_total, left) = match self.bytes_total {
            Some(total) => {
                let share = bytes as f64 / total.max(1) as f64;
                let left = if share > 0.0 { (seconds / share - seconds).max(0.0) } else { 0.0 };
                (format!("{done} of {} ({:.0} %)", HumanBytes(total), share * 100.0), format!(", {left:.0} s left"))
            }
            None => (done.to_string(), String::new()),
        };
        let bytes_total = self.bytes_total;
        if is_comparing {
            let text = format!("{of_total} compared with the inputs of the published run{left}");
            tracing::info!(is_comparing, bytes, bytes_total, "{text}");
            return;
        }
        let (all, a_second) = (grouped(rows), grouped(rows_per_second(rows, seconds)));
        tracing::info!(rows, bytes, bytes_total, "{all} rows, {of_total}, {a_second} rows/s{left}");
    }
}

fn rows_per_second(rows: u64, seconds: f64) -> u64 {
    (rows as f64 / seconds.max(f64::MIN_POSITIVE)) as u64
}

fn bar(bytes_total: Option<u64>) -> ProgressBar {
    const REDRAWS_PER_SECOND: u8 = 10;
    let bar = ProgressBar::with_draw_target(bytes_total, ProgressDrawTarget::stderr_with_hz(REDRAWS_PER_SECOND));
    let template = match bytes_total {
        Some(_) => "{percent:>3} % {bar:28} {bytes} of {total_bytes}, {msg}, {eta} left",
        None => "{spinner} {bytes}, {msg}",
    };
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
                let speed = rows_per_second(state.rows, state.phase_started.elapsed().as_secs_f64());
                bar.set_message(match state.is_comparing {
                    true => "compared with the published run's".to_owned(),
                    false => format!("{} rows/s", grouped(speed)),
                });
                bar.set_position(state.bytes);
            }
            Display::Lines => {
                if state.heartbeat.is_due(Instant::now()) {
                    self.write_line(&state);
                }
            }
            Display::Nothing => {}
        }
    }

    fn is_cancelled(&self) -> bool {
        self.signals.received().is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_at_the_heartbeat_and_then_more_rarely_and_never_without_end() {
        let started = Instant::now();
        let mut heartbeat = Heartbeat::new(Duration::from_secs(10), started);
        let mut due = Vec::new();
        for second in 0..400_000 {
            if heartbeat.is_due(started + Duration::from_secs(second)) {
                due.push(second);
            }
        }
        assert_eq!(due[..3], [10, 20, 30]);
        assert_eq!(due[29..32], [300, 320, 340]);
        assert_eq!(due.len(), LINES_MAXIMUM as usize);
        let mut hasty = Heartbeat::new(Duration::ZERO, started);
        let lines = (0..1_000_000).filter(|&nanos| hasty.is_due(started + Duration::from_nanos(nanos))).count();
        assert_eq!(lines, LINES_MAXIMUM as usize);
    }
}
