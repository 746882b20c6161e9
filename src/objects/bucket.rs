//! A bucket, and the requests that are made of it.

use super::error::ObjectError;
use super::url::{ObjectUrl, Scheme};
use bytes::Bytes;
use futures_util::TryStreamExt;
use object_store::aws::AmazonS3Builder;
use object_store::azure::MicrosoftAzureBuilder;
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::path::Path as Key;
use object_store::{
    MultipartUpload, ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload, RetryConfig, UpdateVersion,
};
use std::fmt;
use std::future::Future;
use std::io::Read;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;
use tokio::runtime::Runtime;

/// Asked whether the run is to end.
pub(super) type IsCancelled = Arc<dyn Fn() -> bool + Send + Sync>;

/// A bucket of object storage.
#[derive(Clone)]
pub struct Bucket {
    pub(super) store: Arc<dyn ObjectStore>,
    pub(super) is_cancelled: IsCancelled,
}

/// What tells one content of an object from another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version(pub(super) UpdateVersion);

impl fmt::Debug for Bucket {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Bucket").field(&self.store).finish()
    }
}

/// The runtime of all connections.
fn runtime() -> Result<&'static Runtime, String> {
    static RUNTIME: OnceLock<Result<Runtime, String>> = OnceLock::new();
    let start = || {
        // Only connections that are encrypted need it; that another part of the program was first is no error.
        let _ = rustls::crypto::ring::default_provider().install_default();
        tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("renewals-objects")
            .enable_all()
            .build()
            .map_err(|error| error.to_string())
    };
    RUNTIME.get_or_init(start).as_ref().map_err(Clone::clone)
}

/// Variables of the environment that begin so, as options of a builder.
macro_rules! configured {
    ($builder:ty, $prefix:literal, $url:expr) => {{
        let variables = std::env::vars_os().filter_map(|(key, value)| {
            let key = key.to_str().filter(|key| key.starts_with($prefix))?.to_ascii_lowercase();
            Some((key.parse().ok()?, value.to_str()?.to_owned()))
        });
        let builder = variables.fold(<$builder>::new(), |builder, (key, value)| builder.with_config(key, value));
        builder.with_url($url).with_retry(retry()).build().map(|store| Arc::new(store) as Arc<dyn ObjectStore>)
    }};
}

/// Patience with a storage that does not answer.
fn retry() -> RetryConfig {
    RetryConfig { max_retries: 5, retry_timeout: Duration::from_secs(60), ..RetryConfig::default() }
}

impl Bucket {
    /// The bucket of an address, with the credentials that its cloud's usual variables give.
    ///
    /// # Errors
    /// The variables contradict each other, or the storage cannot be set up.
    pub fn open(url: &ObjectUrl, is_cancelled: impl Fn() -> bool + Send + Sync + 'static) -> Result<Self, ObjectError> {
        type Stores = Mutex<Vec<(Scheme, String, Arc<dyn ObjectStore>)>>;
        static STORES: OnceLock<Stores> = OnceLock::new();
        let fail = |reason: String| ObjectError::Failed { url: url.to_string(), reason };
        runtime().map_err(fail)?;
        let mut stores = STORES.get_or_init(Stores::default).lock().unwrap_or_else(PoisonError::into_inner);
        let is_cancelled: IsCancelled = Arc::new(is_cancelled);
        let known = stores.iter().find(|(scheme, bucket, _)| (*scheme, bucket) == (url.scheme, &url.bucket));
        if let Some((.., store)) = known {
            return Ok(Self { store: store.clone(), is_cancelled });
        }
        let address = format!("{}{}", url.scheme.prefix(), url.bucket);
        let store = match url.scheme {
            Scheme::S3 => configured!(AmazonS3Builder, "AWS_", address),
            Scheme::Gs => configured!(GoogleCloudStorageBuilder, "GOOGLE_", address),
            Scheme::Az => configured!(MicrosoftAzureBuilder, "AZURE_", address),
        };
        let store = store.map_err(|error| ObjectError::new(&url.to_string(), &error))?;
        stores.push((url.scheme, url.bucket.clone(), store.clone()));
        Ok(Self { store, is_cancelled })
    }

    /// Waits for a request about `url` on the caller's thread.
    pub(super) fn wait<T>(
        &self,
        url: &ObjectUrl,
        request: impl Future<Output = object_store::Result<T>>,
    ) -> Result<T, ObjectError> {
        self.wait_for(url, request)?.map_err(|error| ObjectError::new(&url.to_string(), &error))
    }

    /// Waits for anything, unless the run is to end first.
    pub(super) fn wait_for<T>(&self, url: &ObjectUrl, awaited: impl Future<Output = T>) -> Result<T, ObjectError> {
        const PAUSE: Duration = Duration::from_millis(100);
        let runtime = runtime().map_err(|reason| ObjectError::Failed { url: url.to_string(), reason })?;
        runtime.block_on(async {
            tokio::pin!(awaited);
            loop {
                match tokio::time::timeout(PAUSE, &mut awaited).await {
                    Ok(outcome) => return Ok(outcome),
                    Err(_) if (self.is_cancelled)() => return Err(ObjectError::Cancelled),
                    Err(_) => {}
                }
            }
        })
    }

    /// Begins something that goes on while the caller does other things.
    pub(super) fn spawn(task: impl Future<Output = ()> + Send + 'static) -> Result<(), String> {
        runtime()?.spawn(task);
        Ok(())
    }

    /// Checks that the bucket is there and lets itself be listed.
    ///
    /// # Errors
    /// It is not, or the request fails.
    pub fn check(&self, url: &ObjectUrl) -> Result<(), ObjectError> {
        let first = async { self.store.list(Some(&key(url))).try_next().await };
        self.wait(url, first).map(|_| ())
    }

    /// The content of a small object and its version; `None` if there is none.
    ///
    /// # Errors
    /// The request fails.
    pub fn get(&self, url: &ObjectUrl) -> Result<Option<(Bytes, Version)>, ObjectError> {
        let request = async {
            let result = self.store.get(&key(url)).await?;
            let version = UpdateVersion { e_tag: result.meta.e_tag.clone(), version: result.meta.version.clone() };
            Ok((result.bytes().await?, Version(version)))
        };
        match self.wait(url, request) {
            Err(ObjectError::Missing { .. }) => Ok(None),
            outcome => outcome.map(Some),
        }
    }

    /// Writes a small object if it is still of `version`, or still is not there.
    ///
    /// # Errors
    /// [`ObjectError::Changed`] if somebody else wrote it, or the request fails.
    pub fn put_if(&self, url: &ObjectUrl, content: Vec<u8>, version: Option<&Version>) -> Result<(), ObjectError> {
        let mode = version.map_or(PutMode::Create, |version| PutMode::Update(version.0.clone()));
        let options = PutOptions { mode, ..PutOptions::default() };
        self.wait(url, self.store.put_opts(&key(url), PutPayload::from(content), options)).map(|_| ())
    }

    /// Removes an object.
    ///
    /// # Errors
    /// The request fails.
    pub fn delete(&self, url: &ObjectUrl) -> Result<(), ObjectError> {
        self.wait(url, self.store.delete(&key(url)))
    }

    /// Writes an object, whatever was there, from a reader of any length.
    ///
    /// # Errors
    /// The request or reading fails; nothing is written then.
    pub fn put(&self, url: &ObjectUrl, mut content: impl Read) -> Result<(), ObjectError> {
        let fail = |error: std::io::Error| ObjectError::Failed { url: url.to_string(), reason: error.to_string() };
        let first = read_part(&mut content).map_err(fail)?;
        if first.len() < PART_BYTES {
            return self.wait(url, self.store.put(&key(url), first.into())).map(|_| ());
        }
        let mut upload = self.wait(url, self.store.put_multipart(&key(url)))?;
        let outcome = self.put_parts(url, upload.as_mut(), first, content);
        if outcome.is_err() {
            // What cannot be taken back is cleared by the storage's own rules.
            let _ = self.wait(url, upload.abort());
        }
        outcome
    }

    fn put_parts(
        &self,
        url: &ObjectUrl,
        upload: &mut dyn MultipartUpload,
        first: Vec<u8>,
        mut content: impl Read,
    ) -> Result<(), ObjectError> {
        let mut part = first;
        while !part.is_empty() {
            self.wait(url, upload.put_part(part.into()))?;
            part = read_part(&mut content)
                .map_err(|error| ObjectError::Failed { url: url.to_string(), reason: error.to_string() })?;
        }
        self.wait(url, upload.complete()).map(|_| ())
    }
}

/// Bytes of a part of a large object.
const PART_BYTES: usize = 8 * 1024 * 1024;

fn read_part(content: &mut impl Read) -> std::io::Result<Vec<u8>> {
    let mut part = Vec::new();
    content.take(PART_BYTES as u64).read_to_end(&mut part)?;
    Ok(part)
}

/// The key of an address.
pub(super) fn key(url: &ObjectUrl) -> Key {
    // The address was checked for everything that a key may not have.
    Key::parse(url.key()).unwrap_or_default()
}
