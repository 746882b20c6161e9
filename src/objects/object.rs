//! An object that is read: identified once, and read only as long as it stays the same.

use super::bucket::{Bucket, key};
use super::error::ObjectError;
use super::reader::ObjectReader;
use super::url::ObjectUrl;
use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use object_store::{GetOptions, GetRange, ObjectMeta, ObjectStore, ObjectStoreExt};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// An object as it was when it was found.
#[derive(Clone, Debug)]
pub struct Object {
    pub(super) bucket: Bucket,
    pub(super) url: ObjectUrl,
    pub(super) meta: ObjectMeta,
    path: PathBuf,
}

impl Object {
    fn new(bucket: &Bucket, url: ObjectUrl, meta: ObjectMeta) -> Self {
        let path = PathBuf::from(url.to_string());
        Self { bucket: bucket.clone(), url, meta, path }
    }

    /// The object at an address, or all those below it.
    ///
    /// # Errors
    /// [`ObjectError::Missing`] if there is neither, or the request fails.
    pub fn find(bucket: &Bucket, url: &ObjectUrl) -> Result<Found, ObjectError> {
        match Self::at(bucket, url)? {
            Some(object) => Ok(Found::One(object)),
            None => Self::list(bucket, url).map(Found::Below),
        }
    }

    /// The object at an address, if there is one.
    ///
    /// # Errors
    /// The request fails.
    pub fn at(bucket: &Bucket, url: &ObjectUrl) -> Result<Option<Self>, ObjectError> {
        if url.key().is_empty() {
            return Ok(None);
        }
        match bucket.wait(url, bucket.store.head(&key(url))) {
            Ok(meta) => Ok(Some(Self::new(bucket, url.clone(), meta))),
            Err(ObjectError::Missing { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The objects below an address, in the order of their keys.
    ///
    /// # Errors
    /// The request fails.
    pub fn list(bucket: &Bucket, url: &ObjectUrl) -> Result<Vec<Self>, ObjectError> {
        let prefix = (!url.key().is_empty()).then(|| key(url));
        let listed = bucket.wait(url, bucket.store.list(prefix.as_ref()).try_collect::<Vec<_>>())?;
        let objects = listed.into_iter().map(|meta| Self::new(bucket, url.with_key(meta.location.as_ref()), meta));
        let mut objects: Vec<Self> = objects.collect();
        objects.sort_by(|left, right| left.url.key().as_bytes().cmp(right.url.key().as_bytes()));
        Ok(objects)
    }

    /// Its address.
    pub const fn url(&self) -> &ObjectUrl {
        &self.url
    }

    /// Its address, as inputs are named.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Size in bytes when it was found.
    pub const fn size(&self) -> u64 {
        self.meta.size
    }

    /// What tells its content from any other at the same address, without reading it.
    pub fn fingerprint(&self) -> String {
        let ObjectMeta { size, e_tag, version, last_modified, .. } = &self.meta;
        match (e_tag, version) {
            (Some(tag), _) | (None, Some(tag)) => format!("{size} {tag}"),
            (None, None) => format!("{size} {}", last_modified.timestamp_micros()),
        }
    }

    /// Reads a range of bytes.
    ///
    /// # Errors
    /// [`ObjectError::Changed`] if the object is not the one that was found, or the request fails.
    pub fn read_range(&self, range: Range<u64>) -> Result<Bytes, ObjectError> {
        let request = read_range(self.bucket.store.clone(), self.meta.clone(), range);
        self.bucket.wait(&self.url, request).map_err(ObjectError::gone_is_changed)
    }

    /// Reads ranges of bytes, several at once.
    ///
    /// # Errors
    /// As those of [`Self::read_range`].
    pub fn read_ranges(&self, ranges: &[Range<u64>]) -> Result<Vec<Bytes>, ObjectError> {
        const AT_ONCE: usize = 8;
        let requests: Vec<_> = ranges
            .iter()
            .map(|range| read_range(self.bucket.store.clone(), self.meta.clone(), range.clone()))
            .collect();
        let all = stream::iter(requests).buffered(AT_ONCE).try_collect();
        self.bucket.wait(&self.url, all).map_err(ObjectError::gone_is_changed)
    }

    /// A reader from the first byte to the last.
    pub fn reader(&self) -> ObjectReader {
        ObjectReader::new(self)
    }

    /// Whether the object is still the one that was found.
    ///
    /// # Errors
    /// The request fails.
    pub fn is_unchanged(&self) -> Result<bool, ObjectError> {
        match self.bucket.wait(&self.url, self.bucket.store.head(&key(&self.url))) {
            Ok(meta) => Ok(Self::new(&self.bucket, self.url.clone(), meta).fingerprint() == self.fingerprint()),
            Err(ObjectError::Missing { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// What lies at an address.
#[derive(Debug)]
pub enum Found {
    /// An object.
    One(Object),
    /// Objects below it, as in a directory; there may be none.
    Below(Vec<Object>),
}

impl ObjectError {
    /// An object that was there and no longer is has changed.
    pub(super) fn gone_is_changed(self) -> Self {
        match self {
            Self::Missing { url } => Self::Changed { url },
            error => error,
        }
    }
}

/// Reads a range of the object that `meta` is of, or nothing.
pub(super) async fn read_range(
    store: Arc<dyn ObjectStore>,
    meta: ObjectMeta,
    range: Range<u64>,
) -> object_store::Result<Bytes> {
    let options = GetOptions {
        range: Some(GetRange::Bounded(range)),
        if_match: meta.e_tag.clone(),
        version: meta.version.clone(),
        ..GetOptions::default()
    };
    store.get_opts(&meta.location, options).await?.bytes().await
}
