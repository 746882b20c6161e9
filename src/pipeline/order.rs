//! Puts what threads finish in any order back into the order of the input.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Collects finished batches and passes them on in order, on the thread that completes a run of them.
pub struct InOrder<T> {
    state: Mutex<State<T>>,
}

struct State<T> {
    waiting: BTreeMap<u64, T>,
    next: u64,
    /// Whether a thread passes batches on now.
    is_draining: bool,
}

impl<T> InOrder<T> {
    /// Nothing finished yet; the first batch is number 0.
    pub const fn new() -> Self {
        Self { state: Mutex::new(State { waiting: BTreeMap::new(), next: 0, is_draining: false }) }
    }

    /// Adds a finished batch; if it is next in order and no other thread is at it, passes on all that can be.
    ///
    /// # Errors
    /// The first error of `take`; nothing is passed on after it.
    pub fn finish<E>(&self, sequence: u64, batch: T, mut take: impl FnMut(u64, T) -> Result<(), E>) -> Result<(), E> {
        let mut state = self.lock();
        state.waiting.insert(sequence, batch);
        if state.is_draining {
            return Ok(());
        }
        state.is_draining = true;
        loop {
            let next = state.next;
            let Some(batch) = state.waiting.remove(&next) else {
                state.is_draining = false;
                return Ok(());
            };
            state.next += 1;
            drop(state);
            // On an error the flag stays set, so that no later batch is passed on.
            take(next, batch)?;
            state = self.lock();
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_come_out_in_order_whatever_order_they_finish_in() {
        let order = InOrder::new();
        let mut taken = Vec::new();
        for sequence in [3, 1, 0, 2, 5, 4] {
            order
                .finish(sequence, sequence * 10, |number, batch| {
                    taken.push((number, batch));
                    Ok::<(), ()>(())
                })
                .unwrap();
        }
        assert_eq!(taken, [(0, 0), (1, 10), (2, 20), (3, 30), (4, 40), (5, 50)]);
    }

    #[test]
    fn nothing_is_passed_on_after_an_error() {
        let order = InOrder::new();
        let mut taken = Vec::new();
        for sequence in 0..4 {
            let outcome = order.finish(sequence, (), |number, ()| {
                taken.push(number);
                if number == 1 { Err(()) } else { Ok(()) }
            });
            assert_eq!(outcome.is_err(), sequence == 1);
        }
        assert_eq!(taken, [0, 1]);
    }
}
