//! Object storage: inputs in it are read by ranges, and runs are published into it.
//!
//! Everything asynchronous stays in here. One runtime with one thread, `renewals-objects`, drives the connections of a
//! run that names an address such as `s3://bucket/key`, and only of such a run; whoever calls waits on its own thread,
//! and asks every moment whether the run is to end.

mod bucket;
mod error;
mod object;
mod reader;
mod url;

pub use bucket::{Bucket, Version};
pub use error::ObjectError;
pub use object::{Found, Object};
pub use reader::ObjectReader;
pub use url::ObjectUrl;
