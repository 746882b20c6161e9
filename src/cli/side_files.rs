//! The side files of a run, and that neither they nor the output directory are in the place of something else.

use super::arguments::RunArguments;
use super::error::CommandError;
use super::side_file::{SideFile, Way, parent};
use crate::pipeline::Input;
use std::fs;
use std::path::{Path, PathBuf};

/// Why a file may not be written there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SideFileProblem {
    /// It is, or lies in, the output directory, which holds nothing but a run.
    #[error("lies in the output directory")]
    InOutput,
    /// It has a name that a run on the output directory takes for itself.
    #[error("has a name that the run needs beside the output directory")]
    NameOfRun,
    /// Another option names the same file.
    #[error("is also named by another option")]
    NamedTwice,
    /// Writing it would destroy an input.
    #[error("is an input")]
    IsInput,
    /// It would be an input of the next run.
    #[error("lies in a directory of inputs")]
    AmongInputs,
    /// Writing it would destroy the policy or the profile.
    #[error("is the policy or the profile")]
    IsRules,
}

/// The files that a run writes for whoever watches it; only those that may be written.
#[derive(Debug, Default)]
pub struct SideFiles {
    /// The ending as JSON.
    pub summary_json: Option<SideFile>,
    /// The ending as metrics.
    pub metrics: Option<SideFile>,
    /// Beginnings and endings as events.
    pub lineage: Option<SideFile>,
}

const COUNT: usize = 3;

impl SideFiles {
    /// The files that the arguments ask for and that may be written, and the first reason against another one.
    pub fn check(arguments: &RunArguments) -> (Self, Result<(), CommandError>) {
        let mut files = Self::default();
        let mut outcome = Ok(());
        for (slot, option, path, way) in files.slots(arguments) {
            let Some(path) = path else { continue };
            match SideFile::check(option, path, way).and_then(|file| apart(file, arguments)) {
                Ok(file) => *slot = Some(file),
                Err(error) => outcome = outcome.and(Err(error)),
            }
        }
        outcome = outcome.and_then(|()| {
            files.refuse_where(SideFileProblem::NamedTwice, |file, others| {
                others.iter().filter(|other| **other == file.path).count() > 1
            })
        });
        (files, outcome)
    }

    fn slots<'a>(
        &'a mut self,
        arguments: &'a RunArguments,
    ) -> [(&'a mut Option<SideFile>, &'static str, Option<&'a PathBuf>, Way); COUNT] {
        let messages = &arguments.messages;
        [
            (&mut self.summary_json, "--summary-json", messages.summary_json.as_ref(), Way::Replaced),
            (&mut self.metrics, "--metrics", messages.metrics.as_ref(), Way::Replaced),
            (&mut self.lineage, "--lineage", messages.lineage.as_ref(), Way::Appended),
        ]
    }

    fn all(&mut self) -> [&mut Option<SideFile>; COUNT] {
        [&mut self.summary_json, &mut self.metrics, &mut self.lineage]
    }

    /// Checks that no file is an input, now that the inputs are known; one that is will not be written.
    ///
    /// # Errors
    /// A file that is an input.
    pub fn check_inputs(&mut self, inputs: &[Input]) -> Result<(), CommandError> {
        self.refuse_where(SideFileProblem::IsInput, |file, _| {
            inputs.iter().filter_map(Input::file).any(|input| file.is(input.identity()))
        })
    }

    /// Gives up the files that have a problem.
    fn refuse_where(
        &mut self,
        problem: SideFileProblem,
        has_problem: impl Fn(&SideFile, &[PathBuf]) -> bool,
    ) -> Result<(), CommandError> {
        let paths: Vec<PathBuf> =
            self.all().iter().filter_map(|slot| slot.as_ref()).map(|file| file.path.clone()).collect();
        let mut outcome = Ok(());
        for slot in self.all() {
            if let Some(file) = slot.take_if(|file| has_problem(file, &paths)) {
                outcome = outcome.and(Err(refusal(&file, problem)));
            }
        }
        outcome
    }
}

/// Refuses an output directory whose reports would be exports of the next run.
///
/// # Errors
/// It lies in a directory of inputs.
pub fn check_output(arguments: &RunArguments) -> Result<(), CommandError> {
    let is_among = |out: PathBuf, input: &Path| problem_with_input(&out, input) == Some(SideFileProblem::AmongInputs);
    let holds_it = |input: &&PathBuf| places(&arguments.out).any(|out| is_among(out, input));
    match arguments.inputs.iter().find(holds_it) {
        Some(input) => Err(CommandError::OutputAmongInputs { out: arguments.out.clone(), input: input.clone() }),
        None => Ok(()),
    }
}

fn refusal(file: &SideFile, problem: SideFileProblem) -> CommandError {
    CommandError::SideFile { option: file.option, path: file.given.clone(), problem }
}

/// Gives the file back if it lies apart from everything else that the arguments name.
fn apart(file: SideFile, arguments: &RunArguments) -> Result<SideFile, CommandError> {
    let problem = if touches(&file.path, &arguments.out) {
        Some(SideFileProblem::InOutput)
    } else if is_name_of_run(&file.path, &arguments.out) {
        Some(SideFileProblem::NameOfRun)
    } else if is_rules(&file.path, arguments) {
        Some(SideFileProblem::IsRules)
    } else {
        arguments.inputs.iter().find_map(|input| problem_with_input(&file.path, input))
    };
    problem.map_or(Ok(()), |problem| Err(refusal(&file, problem)))?;
    Ok(file)
}

/// Whether it is a file that says how rows are read or decided.
fn is_rules(file: &Path, arguments: &RunArguments) -> bool {
    let mut named = [Some(&arguments.policy), arguments.reading.profile.as_ref()].into_iter().flatten();
    named.any(|path| fs::canonicalize(path).is_ok_and(|path| path == file))
}

/// Whether one of the paths lies in the other, or both are one.
fn touches(file: &Path, out: &Path) -> bool {
    places(out).any(|out| file.starts_with(&out) || out.starts_with(file))
}

/// Where a directory lies, and where it is named if that is a link.
fn places(directory: &Path) -> impl Iterator<Item = PathBuf> {
    [fs::canonicalize(directory).ok(), absolute(directory)].into_iter().flatten()
}

/// The path behind the links of its parent, if that exists, else the path from the working directory.
fn absolute(path: &Path) -> Option<PathBuf> {
    let name = path.file_name()?;
    fs::canonicalize(parent(path)).map(|parent| parent.join(name)).or_else(|_| std::path::absolute(path)).ok()
}

/// Names beside the output directory that a run makes, replaces or clears.
fn is_name_of_run(file: &Path, out: &Path) -> bool {
    places(out).filter(|out| file.parent() == out.parent()).any(|out| {
        let (Some(name), Some(out)) = (file.file_name(), out.file_name()) else { return false };
        let (name, out) = (name.to_string_lossy(), out.to_string_lossy());
        name == format!("{out}.rejects.csv")
            || name == format!(".{out}.lock")
            || name.starts_with(&format!(".{out}.staging-"))
    })
}

fn problem_with_input(file: &Path, input: &Path) -> Option<SideFileProblem> {
    let input = fs::canonicalize(input).ok()?;
    if input == file {
        return Some(SideFileProblem::IsInput);
    }
    // Names with a leading `.` or `_` are not inputs.
    let is_skipped =
        |part: &std::ffi::OsStr| part.as_encoded_bytes().starts_with(b".") || part.as_encoded_bytes().starts_with(b"_");
    let inside = file.strip_prefix(&input).ok().filter(|_| input.is_dir())?;
    (!inside.iter().any(is_skipped)).then_some(SideFileProblem::AmongInputs)
}
