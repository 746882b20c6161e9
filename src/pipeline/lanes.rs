//! Who reads what next: the run's inputs as lanes of batches, handed to the threads.
//!
//! A lane is what must be read in order: a chunk of a CSV file (one batch), a row group of a Parquet file (many), or a
//! stream (as many as come: lanes after it wait until that is known).
//! Threads take batches from different lanes at once, but never more than a window ahead of the batch that is
//! written next, so the memory for batches that wait for their turn is bounded.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, PoisonError};

/// What a lane reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LaneKind {
    /// Chunk `index` of a CSV file.
    CsvChunk {
        /// Index of the chunk.
        index: u64,
    },
    /// Chunk `index` of a Parquet file, to be hashed only.
    HashChunk {
        /// Index of the chunk.
        index: u64,
    },
    /// A row group of a Parquet file.
    RowGroup {
        /// Index of the row group.
        index: usize,
    },
    /// A stream.
    Stream,
}

/// Number of batches of a lane that is read until [`Lanes::end`] says so.
pub const UNKNOWN: u64 = u64::MAX;

/// A lane: which file, what part, and how many batches.
#[derive(Clone, Copy, Debug)]
pub struct Lane {
    /// Index of the input.
    pub input: usize,
    /// What is read.
    pub kind: LaneKind,
    /// Number of batches, or [`UNKNOWN`].
    pub batches: u64,
}

/// A batch to read, with what its lane's last batch left behind.
pub struct Claim<R> {
    /// The lane.
    pub lane: Lane,
    /// Place of the batch in the order of the run.
    pub sequence: u64,
    /// Index of the batch in its lane.
    pub batch: u64,
    /// The lane's reader; `None` for its first batch.
    pub reader: Option<R>,
}

struct OpenLane<R> {
    lane: Lane,
    first_sequence: u64,
    next_batch: u64,
    /// Whether a thread reads from the lane now.
    is_busy: bool,
    reader: Option<R>,
}

struct State<I, R> {
    lanes: I,
    next_lane: Option<Lane>,
    next_sequence: u64,
    open: VecDeque<OpenLane<R>>,
    /// Batches that were written.
    written: u64,
    is_stopped: bool,
}

/// Hands out the batches of a run.
pub struct Lanes<I, R> {
    state: Mutex<State<I, R>>,
    changed: Condvar,
    window: u64,
    open_max: usize,
}

impl<I: Iterator<Item = Lane>, R> Lanes<I, R> {
    /// Hands out the batches of `lanes`, from at most `open_max` lanes at once and at most `window` batches ahead
    /// of what was written.
    pub fn new(mut lanes: I, window: u64, open_max: usize) -> Self {
        let next_lane = lanes.next();
        let state = State { lanes, next_lane, next_sequence: 0, open: VecDeque::new(), written: 0, is_stopped: false };
        Self { state: Mutex::new(state), changed: Condvar::new(), window, open_max }
    }

    /// The next batch to read; waits while the window is full, and is `None` once nothing is left to take.
    pub fn claim(&self) -> Option<Claim<R>> {
        let mut state = self.lock();
        loop {
            if state.is_stopped {
                return None;
            }
            if let Some(claim) = state.claim_open(self.window).or_else(|| state.open_next(self.window, self.open_max)) {
                return Some(claim);
            }
            if state.open.is_empty() && state.next_lane.is_none() {
                return None;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Gives a lane back after one of its batches was read.
    pub fn release(&self, sequence: u64, reader: Option<R>) {
        let mut state = self.lock();
        if let Some(position) = state.position_of(sequence) {
            let open = &mut state.open[position];
            open.next_batch += 1;
            open.is_busy = false;
            open.reader = reader;
            if open.next_batch == open.lane.batches {
                state.open.remove(position);
            }
        }
        drop(state);
        self.changed.notify_all();
    }

    /// Ends the lane of an [`UNKNOWN`] number of batches with the batch that was read.
    pub fn end(&self, sequence: u64) {
        let mut state = self.lock();
        if let Some(position) = state.position_of(sequence) {
            state.open.remove(position);
            state.next_sequence = sequence + 1;
        }
        drop(state);
        self.changed.notify_all();
    }

    /// Takes note that all batches before `written` are written.
    pub fn set_written(&self, written: u64) {
        self.lock().written = written;
        self.changed.notify_all();
    }

    /// Ends the handing out, because the run failed.
    pub fn stop(&self) {
        self.lock().is_stopped = true;
        self.changed.notify_all();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State<I, R>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<I: Iterator<Item = Lane>, R> State<I, R> {
    /// The open lane that a batch is being read from.
    fn position_of(&self, sequence: u64) -> Option<usize> {
        self.open.iter().position(|open| {
            let end = open.first_sequence.saturating_add(open.lane.batches);
            open.is_busy && (open.first_sequence..end).contains(&sequence)
        })
    }

    fn claim_open(&mut self, window: u64) -> Option<Claim<R>> {
        let limit = self.written + window;
        let open = self.open.iter_mut().find(|open| !open.is_busy && open.first_sequence + open.next_batch < limit)?;
        open.is_busy = true;
        Some(Claim {
            lane: open.lane,
            sequence: open.first_sequence + open.next_batch,
            batch: open.next_batch,
            reader: open.reader.take(),
        })
    }

    fn open_next(&mut self, window: u64, open_max: usize) -> Option<Claim<R>> {
        loop {
            let lane = self.next_lane?;
            let sequence = self.next_sequence;
            let is_unknown = self.open.back().is_some_and(|open| open.lane.batches == UNKNOWN);
            if is_unknown || sequence >= self.written + window || self.open.len() >= open_max {
                return None;
            }
            self.next_sequence = sequence.saturating_add(lane.batches);
            self.next_lane = self.lanes.next();
            if lane.batches == 0 {
                continue;
            }
            self.open.push_back(OpenLane {
                lane,
                first_sequence: sequence,
                next_batch: 0,
                is_busy: true,
                reader: None,
            });
            return Some(Claim { lane, sequence, batch: 0, reader: None });
        }
    }
}
