//! Looks a partner up in the inputs, on all threads.

use crate::cli::arguments::ExplainArguments;
use crate::cli::error::CommandError;
use crate::cli::inputs::open_inputs;
use crate::cli::message;
use crate::cli::progress::Progress;
use crate::cli::signals::Signals;
use crate::explain::{FoundRow, PartnerFinder, Wanted};
use crate::ingest::{Mapping, Reject};
use crate::pipeline::{Input, RunError, ScanSettings, scan};
use crate::reports::RejectOrigin;

/// A row and where it stands.
pub struct Located<T> {
    /// Index of the input.
    pub input: usize,
    /// The file.
    pub file: String,
    /// Line of the record's first byte, or row of a Parquet file, from 1.
    pub line: u64,
    /// Offset of that byte; `None` in Parquet.
    pub byte_offset: Option<u64>,
    /// What stands there.
    pub item: T,
}

/// What the inputs have of a partner.
#[derive(Default)]
pub struct Search {
    /// The partner's rows, in order, at most as many as asked for.
    pub rows: Vec<Located<FoundRow>>,
    /// All of the partner's rows.
    pub count: u64,
    /// Records that cannot be divided into cells, but have the id somewhere.
    pub broken: Vec<Located<Reject>>,
    /// The partner's offers that were not asked for, a few of them.
    pub other_offers: Vec<Vec<u8>>,
    /// An id that differs only in zeros or spaces around it.
    pub near: Option<Vec<u8>>,
    /// Rows that were looked at.
    pub rows_read: u64,
    /// Files that were looked at.
    pub files: usize,
}

const BATCH_BYTES: u64 = 1 << 20;

/// Looks for the rows of a partner.
///
/// # Errors
/// Inputs that cannot be used or read, and an interrupt.
pub fn search(arguments: &ExplainArguments, partner_id: &str) -> Result<Search, CommandError> {
    let signals = Signals::listen();
    let opened =
        open_inputs(&arguments.inputs, &arguments.reading, &signals).map_err(|error| interrupted(error, &signals))?;
    if let Some(picked) = &opened.picked {
        message::line(picked);
    }
    let bytes = opened.inputs.iter().map(Input::size).sum();
    let progress = Progress::new(bytes, &super::display_arguments(), signals.clone());
    let settings = ScanSettings {
        date_format: &opened.date_format,
        threads: super::threads(arguments.threads),
        batch_bytes: BATCH_BYTES,
    };
    let limit = arguments.limit as usize;
    let watches_days = opened.inputs.iter().filter_map(Input::mapping).any(Mapping::may_be_doubted);
    let wanted = Wanted {
        partner_id: partner_id.as_bytes(),
        offer: arguments.offer.as_deref().map(str::as_bytes),
        limit,
        watches_days,
    };
    let mut found = Search { files: opened.inputs.len(), ..Search::default() };
    let names: Vec<String> = opened.inputs.iter().map(|input| input.path().to_string_lossy().into_owned()).collect();
    let mut summary = PartnerFinder::new(Wanted { limit: 0, ..wanted });
    let outcome =
        scan(&opened.inputs, &settings, &progress, &|| PartnerFinder::new(wanted), &mut |place, mut batch| {
            let line = |in_batch: u64| place.lines_before + in_batch + 1;
            let file = || names[place.input].clone();
            if !batch.bad_days.is_empty() {
                let input = &opened.inputs[place.input];
                let headers = &input.other_headers();
                let origin = RejectOrigin { file: b"", lines_before: place.lines_before, headers };
                input.check_dates(&batch.bad_days, &origin)?;
            }
            found.rows_read += place.rows;
            for row in std::mem::take(&mut batch.found).into_iter().take(limit - found.rows.len()) {
                let (line, byte_offset) = (line(row.place.line_in_batch), row.place.byte_offset);
                found.rows.push(Located { input: place.input, file: file(), line, byte_offset, item: row });
            }
            for reject in std::mem::take(&mut batch.broken).into_iter().take(limit - found.broken.len()) {
                let (line, byte_offset) = (line(reject.line_in_batch), reject.byte_offset);
                found.broken.push(Located { input: place.input, file: file(), line, byte_offset, item: reject });
            }
            summary.append(batch);
            Ok(())
        });
    progress.finish();
    outcome.map_err(|error| interrupted(error.into(), &signals))?;
    let PartnerFinder { count, other_offers, near, .. } = summary;
    Ok(Search { count, other_offers, near, ..found })
}

/// An error that a signal is the reason of.
fn interrupted(error: CommandError, signals: &Signals) -> CommandError {
    match (error, signals.received()) {
        (CommandError::Run(RunError::Cancelled), Some(signal)) => {
            CommandError::Interrupted { signal, output: "every file" }
        }
        (error, _) => error,
    }
}
