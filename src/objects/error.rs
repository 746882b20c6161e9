//! Why object storage did not do what was asked of it.

/// A request that failed.
#[derive(Debug, thiserror::Error)]
pub enum ObjectError {
    /// An address that names no bucket or no object.
    #[error("{url}: not an address: {reason}")]
    Address {
        /// The address.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// There is no such object.
    #[error("{url}: there is no such object")]
    Missing {
        /// The address.
        url: String,
    },
    /// An object is not the one that it was.
    #[error("{url}: the object changed")]
    Changed {
        /// The address.
        url: String,
    },
    /// The run is to end.
    #[error("interrupted")]
    Cancelled,
    /// The storage cannot be set up or reached, refuses, or fails.
    #[error("{url}: {reason}")]
    Failed {
        /// The address.
        url: String,
        /// What it or the connection says.
        reason: String,
    },
}

impl ObjectError {
    /// What is wrong, without the address.
    pub fn reason(&self) -> String {
        match self {
            Self::Address { reason, .. } => format!("not an address: {reason}"),
            Self::Missing { .. } => "there is no such object".to_owned(),
            Self::Changed { .. } => "the object changed".to_owned(),
            Self::Cancelled => "interrupted".to_owned(),
            Self::Failed { reason, .. } => reason.clone(),
        }
    }

    /// The error of a request about `url`.
    pub(super) fn new(url: &str, error: &object_store::Error) -> Self {
        let url = url.to_owned();
        match error {
            object_store::Error::NotFound { .. } => Self::Missing { url },
            object_store::Error::Precondition { .. } | object_store::Error::AlreadyExists { .. } => {
                Self::Changed { url }
            }
            error => Self::Failed { url, reason: chain(error) },
        }
    }
}

/// An error with all its causes, each said once, on one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        let said = next.to_string();
        if !text.contains(&said) {
            text = format!("{text}: {said}");
        }
        cause = next.source();
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
