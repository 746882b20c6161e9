//! Interrupts: the first SIGINT or SIGTERM asks the run to end in good order, a second one ends it at once.

use signal_hook::consts::{SIGINT, SIGTERM, SIGXFSZ};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Which signal came, if any.
#[derive(Clone, Debug)]
pub struct Signals {
    number: Arc<AtomicUsize>,
}

impl Signals {
    /// Listens from now on.
    pub fn listen() -> Self {
        let number = Arc::new(AtomicUsize::new(0));
        let came = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM] {
            // Where a handler cannot be set, the signal keeps its ordinary effect, and the run is still safe: what it
            // leaves behind is cleared by the next one. The order matters: the flag is set after it was looked at.
            let _ = signal_hook::flag::register_conditional_default(signal, came.clone());
            let _ = signal_hook::flag::register(signal, came.clone());
            let _ = signal_hook::flag::register_usize(signal, number.clone(), signal as usize);
        }
        // A file that grows beyond the limit of the process is then an error of the write, not the process's end.
        let _ = signal_hook::flag::register(SIGXFSZ, Arc::new(AtomicBool::new(false)));
        Self { number }
    }

    /// The signal that came.
    pub fn received(&self) -> Option<u8> {
        match self.number.load(Ordering::Relaxed) {
            0 => None,
            number => u8::try_from(number).ok(),
        }
    }
}
