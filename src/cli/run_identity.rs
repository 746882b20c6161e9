//! The run id: a hash of everything that the bytes of a run depend on (SPEC §4).

use super::arguments::{Format, ReadingArguments};
use super::forecasting::Forecasting;
use crate::formats::compression::Codec;
use crate::pipeline::OnDuplicate;
use crate::policy::PolicyFile;
use crate::profile::ProfileFile;
use crate::reports::{DECISIONS, ReportOptions};

/// The options that change bytes, besides those of the reports.
pub struct ByteOptions<'a> {
    /// What the estimates of fees go by.
    pub forecasting: &'a Forecasting,
    /// Formats of the reports.
    pub formats: &'a [Format],
    /// The profile by which the inputs are read.
    pub profile: Option<&'a ProfileFile>,
    /// How the inputs are read.
    pub reading: &'a ReadingArguments,
    /// Whether texts are written as they are.
    pub raw_text: bool,
    /// How CSV is compressed, if it is.
    pub codec: Option<Codec>,
    /// Whether the decision table is written.
    pub decisions: bool,
    /// What is done about duplicates.
    pub on_duplicate: OnDuplicate,
}

/// BLAKE3 of the inputs' content, the policy, the options, the as-of date and the version, in hexadecimal digits.
///
/// `inputs` are the hashes of the inputs' content, in order.
pub fn run_id(
    inputs: impl IntoIterator<Item = blake3::Hash>,
    policy: &PolicyFile,
    options: &ReportOptions,
    bytes: &ByteOptions<'_>,
) -> String {
    let mut hasher = blake3::Hasher::new();
    // Each part is preceded by its length, so that no two lists of parts look the same.
    let mut add = |part: &[u8]| {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part);
    };
    add(env!("CARGO_PKG_VERSION").as_bytes());
    add(options.as_of.to_string().as_bytes());
    add(options.reminders_from.to_string().as_bytes());
    add(&options.horizon_days.to_le_bytes());
    add(&options.forecast_months.to_le_bytes());
    bytes.forecasting.identify(&mut add);
    add(&bytes.reading.max_record_bytes.to_le_bytes());
    add(&[u8::from(bytes.raw_text)]);
    add(bytes.reading.date_format.as_deref().unwrap_or_default().as_bytes());
    for format in [Format::Csv, Format::Parquet, Format::Html, Format::Xlsx] {
        add(&[u8::from(bytes.formats.contains(&format))]);
    }
    // Nothing is added for a run without them: no policy is this text.
    if bytes.decisions {
        add(DECISIONS.name.as_bytes());
    }
    if let Some(codec) = bytes.codec {
        add(codec.extension().as_bytes());
    }
    add(bytes.on_duplicate.as_str().as_bytes());
    add(policy.text.as_bytes());
    if let Some(profile) = bytes.profile {
        add(b"profile");
        add(profile.text.as_bytes());
    }
    for (column, value) in &bytes.reading.set {
        add(b"set");
        add(column.as_str().as_bytes());
        add(value.as_bytes());
    }
    if let Some(sheet) = &bytes.reading.sheet {
        add(b"sheet");
        add(sheet.as_bytes());
    }
    if let Some(encoding) = bytes.reading.encoding {
        add(b"encoding");
        add(encoding.as_str().as_bytes());
    }
    for input in inputs {
        add(input.as_bytes());
    }
    hasher.finalize().to_hex().to_string()
}
