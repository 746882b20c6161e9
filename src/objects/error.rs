//! Why object storage did not do what was asked of it.

use object_store::client::{HttpError, HttpErrorKind};

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
    /// The storage does not answer, or says that it cannot at the moment; the request was made more than once.
    #[error("{url}: {reason}")]
    Unavailable {
        /// The address.
        url: String,
        /// What it or the connection says.
        reason: String,
    },
    /// The storage cannot be set up, or refuses.
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
            Self::Unavailable { reason, .. } | Self::Failed { reason, .. } => reason.clone(),
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
            error if is_unavailable(error) => Self::Unavailable { url, reason: words(&chain(error)) },
            error => Self::Failed { url, reason: words(&chain(error)) },
        }
    }
}

/// Whether the same request may do at another time: no whole answer came, or the server's own trouble.
fn is_unavailable(error: &object_store::Error) -> bool {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(link) = cause {
        if let Some(http) = link.downcast_ref::<HttpError>() {
            return !matches!(http.kind(), HttpErrorKind::Unknown);
        }
        cause = link.source();
    }
    // The library does not give the status away otherwise.
    let said = chain(error);
    let status = said.split_once(STATUS).and_then(|(_, rest)| rest.get(..3));
    status.is_some_and(|status| status.starts_with('5') || matches!(status, "408" | "429"))
}

/// What stands before the status of an answer in the library's messages.
const STATUS: &str = "status code: ";

/// What the library says of a failed request, as far as it helps: the status and what the storage says of it.
fn words(said: &str) -> String {
    let Some((_, answer)) = said.split_once(STATUS) else { return said.to_owned() };
    let element = |name: &str| {
        let (_, rest) = answer.split_once(&format!("<{name}>"))?;
        rest.split_once(&format!("</{name}>")).map(|(text, _)| text.trim().trim_end_matches('.'))
    };
    let (status, body) = answer.split_once(": ").unwrap_or((answer.trim_end_matches([':', ' ']), ""));
    match (element("Code"), element("Message")) {
        (Some(code), Some(message)) => format!("the storage says {status}: {message} ({code})"),
        (Some(code), None) => format!("the storage says {status} ({code})"),
        _ if body.is_empty() => format!("the storage says {status}"),
        _ => format!("the storage says {status}: {body}"),
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

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn what_a_storage_says_is_told_without_its_markup() {
        let prefix = "Generic S3 error: Error performing GET http://h/b in 2ms - Server returned non-2xx status code: ";
        for (answer, expected) in [
            (
                "404 Not Found: <Error><Code>NoSuchBucket</Code><Message>No such bucket.</Message></Error>",
                "the storage says 404 Not Found: No such bucket (NoSuchBucket)",
            ),
            (
                "403 Forbidden: <Error> <Code>AccessDenied</Code></Error>",
                "the storage says 403 Forbidden (AccessDenied)",
            ),
            ("403 Forbidden: ", "the storage says 403 Forbidden"),
            ("500 Internal Server Error:", "the storage says 500 Internal Server Error"),
            ("502 Bad Gateway: try later", "the storage says 502 Bad Gateway: try later"),
        ] {
            assert_eq!(words(&format!("{prefix}{answer}")), expected);
        }
        assert_eq!(words("Account must be specified"), "Account must be specified");
    }
}
