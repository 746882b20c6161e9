//! From report rows to bytes: one file a format.

pub mod compression;
pub mod csv;
mod date_texts;
pub use date_texts::DateTexts;
pub mod html;
pub mod money;
pub mod parquet;
mod row_counter;
pub use row_counter::RowCounter;
mod words;
pub use words::{AssumptionWords, ExchangeWords};
pub mod xlsx;
