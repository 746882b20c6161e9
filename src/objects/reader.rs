//! Reading an object from its first byte to its last, some ranges ahead.

use super::bucket::Bucket;
use super::error::ObjectError;
use super::object::{Object, read_range};
use bytes::{Buf, Bytes};
use futures_util::{StreamExt, stream};
use std::io::{self, Read};
use tokio::sync::mpsc::{Receiver, channel};

/// Bytes of a range.
const RANGE_BYTES: u64 = 4 * 1024 * 1024;
/// Ranges that are asked for at once.
const RANGES_AHEAD: usize = 4;

/// Reads an object; errors are [`ObjectError`]s.
pub struct ObjectReader {
    object: Object,
    ranges: Option<Receiver<object_store::Result<Bytes>>>,
    range: Bytes,
    /// Bytes that have not come yet.
    left: u64,
}

impl ObjectReader {
    pub(super) fn new(object: &Object) -> Self {
        Self { object: object.clone(), ranges: None, range: Bytes::new(), left: object.size() }
    }

    /// Begins to ask for ranges, each only if the object is still the same.
    fn start(&self) -> Result<Receiver<object_store::Result<Bytes>>, ObjectError> {
        let (sender, receiver) = channel(1);
        let (store, meta) = (self.object.bucket.store.clone(), self.object.meta.clone());
        let size = meta.size;
        let ranges = (0..size.div_ceil(RANGE_BYTES)).map(move |index| {
            let begin = index * RANGE_BYTES;
            read_range(store.clone(), meta.clone(), begin..(begin + RANGE_BYTES).min(size))
        });
        let task = async move {
            let mut ranges = stream::iter(ranges).buffered(RANGES_AHEAD);
            while let Some(range) = ranges.next().await {
                let is_last = range.is_err();
                if sender.send(range).await.is_err() || is_last {
                    break;
                }
            }
        };
        let fail = |reason| ObjectError::Failed { url: self.object.url.to_string(), reason };
        Bucket::spawn(task).map_err(fail)?;
        Ok(receiver)
    }

    fn next_range(&mut self) -> Result<Bytes, ObjectError> {
        let url = self.object.url.clone();
        let mut ranges = match self.ranges.take() {
            Some(ranges) => ranges,
            None => self.start()?,
        };
        let received = self.object.bucket.wait_for(&url, ranges.recv())?;
        self.ranges = Some(ranges);
        match received {
            Some(Ok(range)) if !range.is_empty() => Ok(range),
            Some(Err(error)) => Err(ObjectError::new(&url.to_string(), &error).gone_is_changed()),
            _ => Err(ObjectError::Changed { url: url.to_string() }),
        }
    }
}

impl Read for ObjectReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.range.is_empty() && self.left > 0 && !buffer.is_empty() {
            self.range = self.next_range().map_err(io::Error::other)?;
            self.left = self.left.saturating_sub(self.range.len() as u64);
        }
        let count = buffer.len().min(self.range.len());
        self.range.copy_to_slice(&mut buffer[..count]);
        Ok(count)
    }
}
