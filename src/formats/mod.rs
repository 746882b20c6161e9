//! From report rows to bytes: one file a format.

pub mod csv;
pub mod parquet;
