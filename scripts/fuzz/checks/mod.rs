//! What must hold of any bytes: one function a target, which panics where it does not.
//!
//! The fuzz targets call these with what the fuzzer makes up, and the tests of the program with what it kept.

pub mod compressed;
pub mod csv;
pub mod dates;
pub mod fees;
pub mod header;
pub mod parquet;
pub mod policy;
pub mod profile;
mod rows;
pub mod workbook;

/// A target: its name, which is that of its corpus, and its check.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: [Target; 9] = [
    ("compressed", compressed::check),
    ("csv", csv::check),
    ("dates", dates::check),
    ("fees", fees::check),
    ("header", header::check),
    ("parquet", parquet::check),
    ("policy", policy::check),
    ("profile", profile::check),
    ("workbook", workbook::check),
];
