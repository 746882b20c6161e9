//! Files that a run writes besides its reports, for whoever watches it: each is replaced as a whole.

use super::error::CommandError;
use rustix::fs::{Access, AtFlags, CWD, accessat};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Checks, before the work is done, that a file can be written and does not lie in the output directory.
///
/// # Errors
/// A path in `out`, which holds nothing but a run, or one that cannot be written.
pub fn check(option: &'static str, path: &Path, out: &Path) -> Result<(), CommandError> {
    let refuse = |source| CommandError::Write { path: path.to_owned(), source };
    let parent = fs::canonicalize(parent(path)).map_err(refuse)?;
    if fs::canonicalize(out).is_ok_and(|out| parent.starts_with(out)) {
        return Err(CommandError::InsideOutput { option, path: path.to_owned() });
    }
    if path.file_name().is_none() || fs::metadata(path).is_ok_and(|metadata| metadata.is_dir()) {
        return Err(refuse(io::ErrorKind::IsADirectory.into()));
    }
    accessat(CWD, &parent, Access::WRITE_OK | Access::EXEC_OK, AtFlags::EACCESS).map_err(|errno| refuse(errno.into()))
}

/// Replaces a file: its readers see the old content or the new, whole.
///
/// # Errors
/// What the system says; the old file is then as it was.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
    let partial: PathBuf = path.with_file_name(format!(".{}.partial-{}", name.to_string_lossy(), std::process::id()));
    let written = File::create(&partial)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&partial, path));
    if written.is_err() {
        let _ = fs::remove_file(&partial);
    }
    written
}

/// The directory that a file lies in.
pub fn parent(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
