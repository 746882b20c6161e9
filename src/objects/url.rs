//! Addresses of objects: `s3://bucket/key`, `gs://bucket/key` and `az://container/key`.

use super::error::ObjectError;
use std::fmt;
use std::path::Path;

/// The address of an object, or of a prefix that objects have.
///
/// A key is taken as it is typed: nothing in it is percent-decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectUrl {
    pub(super) scheme: Scheme,
    pub(super) bucket: String,
    key: String,
}

/// A kind of object storage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Scheme {
    /// Amazon S3, and what speaks its language.
    S3,
    /// Google Cloud Storage.
    Gs,
    /// Azure Blob Storage.
    Az,
}

impl Scheme {
    pub(super) const ALL: [Self; 3] = [Self::S3, Self::Gs, Self::Az];

    pub(super) const fn prefix(self) -> &'static str {
        match self {
            Self::S3 => "s3://",
            Self::Gs => "gs://",
            Self::Az => "az://",
        }
    }
}

impl ObjectUrl {
    /// The address that a path of the command line is, if it is one.
    ///
    /// # Errors
    /// It begins like an address, but names no bucket.
    pub fn parse(path: &Path) -> Option<Result<Self, ObjectError>> {
        let text = path.to_string_lossy();
        let scheme = Scheme::ALL.into_iter().find(|scheme| text.starts_with(scheme.prefix()))?;
        let rest = &text[scheme.prefix().len()..];
        let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
        let refuse = |reason: &str| ObjectError::Address { url: text.clone().into_owned(), reason: reason.to_owned() };
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        if path.to_str().is_none() {
            return Some(Err(refuse("it is not UTF-8")));
        }
        if bucket.is_empty() || !bucket.bytes().all(is_name) {
            return Some(Err(refuse("it does not name a bucket")));
        }
        let key = key.trim_matches('/');
        if key.split('/').any(|part| matches!(part, "." | "..")) || key.contains("//") {
            return Some(Err(refuse("a part of the key is empty, `.` or `..`")));
        }
        Some(Ok(Self { scheme, bucket: bucket.to_owned(), key: key.to_owned() }))
    }

    /// The key, without a slash at either end; empty for the bucket itself.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The address of something in the same bucket.
    pub fn with_key(&self, key: impl Into<String>) -> Self {
        Self { scheme: self.scheme, bucket: self.bucket.clone(), key: key.into() }
    }

    /// The address of something below this one.
    pub fn join(&self, name: &str) -> Self {
        let separator = if self.key.is_empty() { "" } else { "/" };
        self.with_key(format!("{}{separator}{name}", self.key))
    }
}

impl fmt::Display for ObjectUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}{}/{}", self.scheme.prefix(), self.bucket, self.key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_from_paths() {
        let parse = |text: &str| ObjectUrl::parse(Path::new(text));
        for path in ["export.csv", "/s3/x", "s3:/x", "S3://b/k", "http://host/x", "-"] {
            assert!(parse(path).is_none(), "{path}");
        }
        for wrong in ["s3://", "gs:///key", "az://a b/key", "s3://b/a/../c", "s3://b/a//c", "s3://b/./c"] {
            assert!(parse(wrong).expect("an address").is_err(), "{wrong}");
        }
        for (text, key, again) in [
            ("s3://b", "", "s3://b/"),
            ("gs://b/a/c.csv", "a/c.csv", "gs://b/a/c.csv"),
            ("az://b/a b%20?#/", "a b%20?#", "az://b/a b%20?#"),
        ] {
            let url = parse(text).expect("an address").expect("a good one");
            assert_eq!((url.key(), url.to_string().as_str()), (key, again));
        }
        let url = parse("s3://b/out").expect("an address").expect("a good one");
        assert_eq!(url.join("x/y").to_string(), "s3://b/out/x/y");
    }
}
