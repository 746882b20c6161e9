//! Why a command ended without doing its work, with the exit code of SPEC §4.

use super::limit::RejectLimit;
use super::side_files::SideFileProblem;
use crate::configuration::is_fault_of_machine;
use crate::generate::GenerateError;
use crate::ingest::{ConstantProblem, DateFormatProblem, IngestError};
use crate::objects::ObjectError;
use crate::pipeline::RunError;
use crate::policy::PolicyError;
use crate::profile::ProfileError;
use crate::publish::PublishError;
use serde_json::{Map, Value};
use std::io;
use std::path::PathBuf;

/// A command that did not do its work.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// A date format that names no day.
    #[error("--date-format: {0}")]
    DateFormat(#[from] DateFormatProblem),
    /// An as-of date that no offer can have.
    #[error("--as-of: {0}")]
    AsOf(String),
    /// Reminders cannot be due from a day after the as-of date.
    #[error("--reminders-from lies after --as-of")]
    RemindersAfterAsOf,
    /// An address that nothing can be published at.
    #[error("{0}")]
    Address(ObjectError),
    /// A history is of directories.
    #[error("--keep is for directories; in object storage every run is kept")]
    KeepObjects,
    /// Only CSV is compressed as a file.
    #[error("--compress is for CSV, which --formats does not name")]
    NothingToCompress,
    /// An input cannot be used.
    #[error(transparent)]
    Ingest(#[from] IngestError),
    /// The policy cannot be used.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// The profile cannot be used.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// A constant that is no value of its column.
    #[error("--set: {0}")]
    Constant(#[from] ConstantProblem),
    /// A column was set twice.
    #[error("--set gives `{0}` twice")]
    ConstantTwice(&'static str),
    /// No profile fits all inputs.
    #[error("--profile auto: no profile fits {}:{}", path.display(), lacks.concat())]
    NoProfileFits {
        /// The first input that no profile is left for.
        path: PathBuf,
        /// What each profile lacked, a line each.
        lacks: Vec<String>,
        /// What would make one fit.
        hint: Option<String>,
    },
    /// The headers of an input are not those of the specification.
    #[error("{error}")]
    Misfit {
        /// What is missing.
        error: Box<IngestError>,
        /// Which profile it may be read by.
        hint: String,
    },
    /// An option that none of the inputs has a use for.
    #[error("{option} is for {what}, and no input is one")]
    WithoutUse {
        /// The option.
        option: &'static str,
        /// What it is for.
        what: &'static str,
    },
    /// A file is not understood throughout.
    #[error("{}: {problem}", path.display())]
    NotUnderstood {
        /// The file.
        path: PathBuf,
        /// What is not understood.
        problem: String,
        /// What to do about it, if that is known.
        hint: Option<String>,
    },
    /// Several profiles fit all inputs.
    #[error("--profile auto: {0} fit, and the headers do not tell which one holds")]
    SeveralProfilesFit(String),
    /// Standard input cannot be read again and again to find a profile.
    #[error("--profile auto does not go with standard input, which can be read only once")]
    AutoOfStandardInput,
    /// The output directory cannot be used.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// The run failed.
    #[error(transparent)]
    Run(#[from] RunError),
    /// A signal ended the run.
    #[error("interrupted; {output} is as it was")]
    Interrupted {
        /// The signal's number.
        signal: u8,
        /// What was to be written.
        output: &'static str,
    },
    /// More rows were rejected than allowed.
    #[error("{rejected} of {read} rows were rejected, more than --max-rejects allows ({limit}); nothing is published")]
    TooManyRejects {
        /// Rows rejected.
        rejected: u64,
        /// Rows read.
        read: u64,
        /// The limit.
        limit: RejectLimit,
        /// Rows by reject code.
        by_code: Box<Map<String, Value>>,
        /// Where the rejects are.
        kept: PathBuf,
    },
    /// The later export of a backtest is of no day, or not of a later one.
    #[error("--actuals-as-of: {0}")]
    ActualsAsOf(String),
    /// An input that can be read only once where it must be read more often.
    #[error("{}: cannot be read twice", .0.display())]
    ReadTwice(PathBuf),
    /// Offers that live on need a rate each.
    #[error("--renewal-rates: no rate for {0}")]
    NoRenewalRate(String),
    /// An export could not be made.
    #[error("{}: {}", path.display(), chain(source))]
    Generate {
        /// The file.
        path: PathBuf,
        /// Why.
        source: GenerateError,
    },
    /// A file of that name is not something that can be generated.
    #[error("{}: must end in .csv, .tsv or .parquet", .0.display())]
    GenerateName(PathBuf),
    /// A command that there is no manual page of.
    #[error("there is no command `{0}`")]
    NoCommand(String),
    /// A file could not be written.
    #[error("{}: cannot be written: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file for those who watch the run has a place that is something else's.
    #[error("{option} {} {problem}", path.display())]
    SideFile {
        /// The option.
        option: &'static str,
        /// The file.
        path: PathBuf,
        /// What is wrong with its place.
        problem: SideFileProblem,
    },
    /// A published night has no decision table.
    #[error("{}: was published without decisions.parquet", directory.display())]
    NoDecisions {
        /// The directory.
        directory: PathBuf,
    },
    /// A directory of several published nights was named in place of one.
    #[error("{}: holds several nights, not one", directory.display())]
    HistoryIsNoNight {
        /// The directory.
        directory: PathBuf,
    },
    /// The old night lies after the new one.
    #[error("the old night is as of {old}, after the new one, which is as of {new}")]
    NightsBackwards {
        /// As-of date of the old night.
        old: String,
        /// As-of date of the new night.
        new: String,
    },
    /// The reports of a run would be inputs of the next one.
    #[error("--out {}: lies in {}, a directory of inputs", out.display(), input.display())]
    OutputAmongInputs {
        /// The directory.
        out: PathBuf,
        /// The input.
        input: PathBuf,
    },
    /// The changes of two nights would lie in one of them.
    #[error("--out {}: lies in a night that is compared", out.display())]
    OutputInNight {
        /// The directory.
        out: PathBuf,
    },
    /// The changes of two nights would replace a run.
    #[error("{}: holds a run, which the changes would replace", directory.display())]
    HoldsRun {
        /// The directory.
        directory: PathBuf,
    },
    /// A run ended, but its result could not be told.
    #[error("{what}: the result of the run cannot be written: {source}")]
    NotTold {
        /// Where it was to be told.
        what: String,
        /// What the system said.
        source: io::Error,
    },
    /// Standard output could not be written.
    #[error("standard output: {0}")]
    Output(io::Error),
    /// Whoever reads standard output has gone.
    #[error("standard output was closed")]
    BrokenPipe,
    /// An option that says a fact of an offer breaks the contract.
    #[error("{option}: {reason}")]
    Fact {
        /// The option.
        option: &'static str,
        /// What is wrong with its value.
        reason: &'static str,
    },
    /// A partner, or an offer of a partner, is in no input.
    #[error("{}", not_found_words(partner_id, offer.as_deref(), *rows_read, *files))]
    NotFound {
        /// The partner's id.
        partner_id: String,
        /// The offer, if the partner has others.
        offer: Option<String>,
        /// Rows that were looked at.
        rows_read: u64,
        /// Files that were looked at.
        files: usize,
        /// Offers that the partner has.
        other_offers: Vec<String>,
        /// An id that differs only in zeros or spaces.
        near: Option<String>,
    },
    /// An offer is there more than once, and is not to be.
    #[error("{rows} of {read} rows have the offer of an earlier row; nothing is published")]
    Duplicates {
        /// Rows whose offer an earlier row has.
        rows: u64,
        /// Rows read.
        read: u64,
    },
    /// Duplicates can only be rejected in what can be read twice.
    #[error("--on-duplicate reject reads every input twice, but {} can be read only once", path.display())]
    ReadOnce {
        /// The input.
        path: PathBuf,
    },
    /// A check found more than is allowed.
    #[error("{0}")]
    Checked(String),
    /// A published directory is not what its manifest says.
    #[error("{}: {count} {}", directory.display(), if *count == 1 { "problem" } else { "problems" })]
    NotVerified {
        /// The directory.
        directory: PathBuf,
        /// Number of problems.
        count: usize,
    },
}

fn not_found_words(partner_id: &str, offer: Option<&str>, rows_read: u64, files: usize) -> String {
    let rows = super::message::grouped(rows_read) + if rows_read == 1 { " row" } else { " rows" };
    let files = if files == 1 { "1 file".to_owned() } else { format!("{files} files") };
    match offer {
        Some(offer) => format!("partner `{partner_id}` has no offer `{offer}` among the {rows} of {files}"),
        None => format!("no row of the partner `{partner_id}` among the {rows} of {files}"),
    }
}

/// An error and its causes in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

impl From<io::Error> for CommandError {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe { Self::BrokenPipe } else { Self::Output(error) }
    }
}

impl CommandError {
    /// The exit code of SPEC §4.
    pub fn exit_code(&self) -> u8 {
        const FIRST_SIGNAL_CODE: u8 = 128;
        match self {
            Self::DateFormat(_) | Self::AsOf(_) | Self::RemindersAfterAsOf => 64,
            Self::GenerateName(_) | Self::NoCommand(_) | Self::SideFile { .. } | Self::Fact { .. } => 64,
            Self::NightsBackwards { .. } | Self::OutputInNight { .. } | Self::OutputAmongInputs { .. } => 64,
            Self::ReadOnce { .. } => 64,
            Self::Constant(_) | Self::ConstantTwice(_) | Self::SeveralProfilesFit(_) | Self::AutoOfStandardInput => 64,
            Self::WithoutUse { .. } => 64,
            Self::Misfit { error, .. } => error.exit_code(),
            Self::NoProfileFits { .. } | Self::NotUnderstood { .. } => 65,
            Self::NoDecisions { .. } | Self::HistoryIsNoNight { .. } => 66,
            Self::NoRenewalRate(_) | Self::ActualsAsOf(_) | Self::ReadTwice(_) => 64,
            Self::Generate { source, .. } if source.is_option() => 64,
            Self::NothingToCompress | Self::KeepObjects => 64,
            Self::Address(ObjectError::Address { .. }) => 64,
            Self::Address(_) => 73,
            Self::Ingest(error) => error.exit_code(),
            Self::Policy(PolicyError::Unreadable { reason, .. })
            | Self::Profile(ProfileError::Unreadable { reason, .. })
                if is_fault_of_machine(reason) =>
            {
                74
            }
            Self::Policy(_) | Self::Profile(_) => 78,
            Self::Publish(error) => error.exit_code(),
            Self::Run(error) => error.exit_code(),
            Self::Interrupted { signal, .. } => FIRST_SIGNAL_CODE + signal,
            Self::TooManyRejects { .. }
            | Self::NotVerified { .. }
            | Self::NotFound { .. }
            | Self::Checked(_)
            | Self::Duplicates { .. } => 65,
            Self::Write { .. } | Self::HoldsRun { .. } => 73,
            Self::Generate { .. } | Self::Output(_) | Self::NotTold { .. } => 74,
            Self::BrokenPipe => 0,
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::DateFormat(_) => Some("write it like `%d.%m.%Y`".to_owned()),
            Self::Address(_) => {
                Some("write s3://BUCKET/PREFIX, and set the variables that its cloud usually takes".to_owned())
            }
            Self::KeepObjects => Some("let a lifecycle rule of the bucket remove old runs".to_owned()),
            Self::NothingToCompress => Some("add csv to --formats; Parquet is compressed in itself".to_owned()),
            Self::RemindersAfterAsOf => Some("name the last day whose reminders were sent, plus one".to_owned()),
            Self::SideFile { .. } => Some("name a file that is nothing else, in a directory of its own".to_owned()),
            Self::NoCommand(_) => Some("`renewals help` lists the commands".to_owned()),
            Self::NoDecisions { .. } => Some("publish that night once more with `renewals run --decisions`".to_owned()),
            Self::HistoryIsNoNight { directory } => {
                let directory = directory.display();
                Some(format!("name one of them, such as {directory}/latest or {directory}/as_of=YYYY-MM-DD"))
            }
            Self::OutputAmongInputs { .. } => Some(
                "the next run would read the reports as exports; publish beside it, or under a name that begins with `_`, \
                 where no input is looked for"
                    .to_owned(),
            ),
            Self::NightsBackwards { .. } => Some("name the older night first".to_owned()),
            Self::OutputInNight { .. } | Self::HoldsRun { .. } => {
                Some("choose another --out for the changes".to_owned())
            }
            Self::NotTold { .. } => {
                Some("what was published before stays published; the same command again tells its result".to_owned())
            }
            Self::Duplicates { .. } => Some("`renewals check` lists them with their lines".to_owned()),
            Self::ReadOnce { .. } => Some("write it to a file first, or use --on-duplicate report or fail".to_owned()),
            Self::NotFound { other_offers, .. } if !other_offers.is_empty() => {
                Some(format!("the partner has: {}", other_offers.join(", ")))
            }
            Self::NotFound { near: Some(near), .. } => Some(format!("did you mean `{near}`? ids count as written")),
            Self::NotFound { .. } => Some("ids count as the export writes them, leading zeros too".to_owned()),
            Self::Ingest(IngestError::NoFile { path }) | Self::Run(RunError::Ingest(IngestError::NoFile { path }))
                if !path.to_string_lossy().contains("://") =>
            {
                Some(super::nearby::missing_hint(path))
            }
            Self::Ingest(IngestError::Open { path, source })
            | Self::Run(RunError::Ingest(IngestError::Open { path, source }))
                if source.kind() == io::ErrorKind::NotFound && !path.to_string_lossy().contains("://") =>
            {
                Some(super::nearby::missing_hint(path))
            }
            Self::Generate { source: GenerateError::Threads { .. }, .. } => {
                Some("let the user have more processes (`ulimit -u`) or the process more memory".to_owned())
            }
            Self::Ingest(error) => Some(error.hint().to_owned()),
            Self::Policy(error) => error.hint(),
            Self::Profile(error) => error.hint(),
            Self::Constant(_) => Some("write it like partner_id=4390934, in the spelling of reports".to_owned()),
            Self::NotUnderstood { hint: Some(hint), .. } => Some(hint.clone()),
            Self::NotUnderstood { .. } => Some(
                "another profile may fit, see `renewals profile list`, or a copy of one: `renewals profile show \
                 membership-offers > own.toml`"
                    .to_owned(),
            ),
            Self::ConstantTwice(_) => Some("name each column once".to_owned()),
            Self::SeveralProfilesFit(_) | Self::AutoOfStandardInput => {
                Some("name the one that holds with --profile".to_owned())
            }
            Self::NoProfileFits { hint: Some(hint), .. } | Self::Misfit { hint, .. } => Some(hint.clone()),
            Self::WithoutUse { option, .. } => Some(format!("leave out {option}")),
            Self::NoProfileFits { .. } => Some(
                "`renewals profile check` shows how each column is understood; a copy of a profile can be adapted: \
                 `renewals profile show membership-offers > own.toml`"
                    .to_owned(),
            ),
            Self::Publish(error) => error.hint(),
            Self::Run(error) => error.hint(),
            Self::TooManyRejects { kept, .. } => Some(format!("the rejected rows are in {}", kept.display())),
            Self::NotVerified { .. } => {
                Some("move away what is not the run's own, then run again with --no-skip to publish it anew".to_owned())
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::io::Errno;

    #[test]
    fn a_policy_that_the_machine_cannot_read_is_not_called_wrong() {
        let code = |reason: io::Error| {
            let policy = CommandError::from(PolicyError::Unreadable { path: "p.toml".to_owned(), reason });
            let CommandError::Policy(PolicyError::Unreadable { path, reason }) = &policy else { unreachable!() };
            let copy = reason.raw_os_error().map_or_else(|| reason.kind().into(), io::Error::from_raw_os_error);
            let profile = CommandError::from(ProfileError::Unreadable { path: path.clone(), reason: copy });
            assert_eq!(policy.exit_code(), profile.exit_code());
            policy.exit_code()
        };
        for errno in [Errno::IO, Errno::AGAIN, Errno::NOMEM, Errno::MFILE] {
            assert_eq!(code(errno.into()), 74, "{errno}");
        }
        for errno in [Errno::ACCESS, Errno::ISDIR, Errno::LOOP, Errno::NAMETOOLONG] {
            assert_eq!(code(errno.into()), 78, "{errno}");
        }
        assert_eq!(code(io::ErrorKind::NotFound.into()), 78);
    }
}
