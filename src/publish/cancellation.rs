//! Asking, while the files of a run are written and synced, whether it is to end.

use super::error::PublishError;
use std::fmt;
use std::sync::Arc;

/// Tells whether a run is to end; by default none is.
#[derive(Clone, Default)]
pub(super) struct Cancellation(Option<Arc<dyn Fn() -> bool + Send + Sync>>);

impl Cancellation {
    /// A run that is to end once `is_cancelled` says so.
    pub(super) fn new(is_cancelled: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(is_cancelled)))
    }

    /// Goes on unless the run is to end.
    ///
    /// # Errors
    /// [`PublishError::Cancelled`].
    pub(super) fn check(&self) -> Result<(), PublishError> {
        if self.0.as_ref().is_some_and(|is_cancelled| is_cancelled()) { Err(PublishError::Cancelled) } else { Ok(()) }
    }
}

impl fmt::Debug for Cancellation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Cancellation").field(&self.check().is_err()).finish()
    }
}
