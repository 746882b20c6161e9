//! Making blocks of rows on several threads and handing them on in order, in bounded memory.

use super::GenerateError;
use std::sync::mpsc::sync_channel;
use std::thread;

/// How many finished blocks a thread may be ahead of the writer.
const BLOCKS_AHEAD: usize = 2;

/// Calls `make` for each block on some thread and `consume` with the results, in the order of the blocks.
///
/// The threads take the blocks in turn, so the order needs no sorting.
///
/// # Errors
/// The first error of `consume`; no more blocks are made then. Or the threads cannot be started.
pub(super) fn make_in_order<Block: Send, Problem>(
    blocks: u64,
    threads: usize,
    make: impl Fn(u64) -> Block + Sync,
    mut consume: impl FnMut(Block) -> Result<(), Problem>,
) -> Result<(), GenerateError>
where
    GenerateError: From<Problem>,
{
    let step = threads.max(1);
    thread::scope(|scope| {
        let receivers: Result<Vec<_>, std::io::Error> = (0..step as u64)
            .map(|first| {
                let (sender, receiver) = sync_channel(BLOCKS_AHEAD);
                let make = &make;
                // The receiver is gone once the writer has failed; then there is nothing left to do.
                let work = move || (first..blocks).step_by(step).try_for_each(|block| sender.send(make(block)));
                thread::Builder::new().spawn_scoped(scope, work)?;
                Ok(receiver)
            })
            .collect();
        // Those that were started end by themselves: nobody receives what they send.
        let receivers = receivers.map_err(|reason| GenerateError::Threads { threads: step, reason })?;
        for receiver in receivers.iter().cycle().take(usize::try_from(blocks).unwrap_or(usize::MAX)) {
            // A thread ends early only by panicking, which the scope passes on.
            let Ok(block) = receiver.recv() else { break };
            consume(block)?;
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;

    #[test]
    fn blocks_come_in_order_on_any_number_of_threads() {
        for threads in [0, 1, 2, 3, 16] {
            for blocks in [0, 1, 5, 100] {
                let mut made = Vec::new();
                let consume = |block| -> Result<(), io::Error> {
                    made.push(block);
                    Ok(())
                };
                make_in_order(blocks, threads, |block| block * block, consume).unwrap();
                assert!(
                    made.into_iter().eq((0..blocks).map(|block| block * block)),
                    "{threads} threads, {blocks} blocks"
                );
            }
        }
    }

    #[test]
    fn the_first_error_ends_it() {
        let mut consumed = 0;
        let answer = make_in_order(
            u64::from(u32::MAX),
            3,
            |block| block,
            |block| {
                consumed += 1;
                if block == 10 { Err(io::Error::from(io::ErrorKind::StorageFull)) } else { Ok(()) }
            },
        );
        assert!(matches!(answer, Err(GenerateError::Write(error)) if error.kind() == io::ErrorKind::StorageFull));
        assert_eq!(consumed, 11);
    }

    #[test]
    #[should_panic(expected = "a scoped thread panicked")]
    fn a_panic_is_passed_on() {
        let make = |block| assert!(block != 5, "block 5");
        let _ = make_in_order(100, 2, make, |()| -> Result<(), io::Error> { Ok(()) });
    }
}
