//! Whether a directory may be replaced: only one that a run has published, and that holds nothing else.
//!
//! Replacing deletes what was there, so every entry must be accounted for by the manifest. Files of the run that are
//! missing or changed don't matter here: [`verify`](super::verify) finds those.

use std::fs;
use std::io;
use std::path::Path;

use rustix::fs::{Access, AtFlags, CWD, accessat};
use rustix::io::Errno;

use super::error::{PublishError, Refusal};
use super::manifest::{ManifestProblem, read_manifest};

/// Checks that `directory` doesn't exist (`false`) or is a published run that may be replaced (`true`).
pub(super) fn check_replaceable(directory: &Path) -> Result<bool, PublishError> {
    match fs::symlink_metadata(directory) {
        Ok(metadata) if metadata.is_dir() => {}
        Ok(_) => return Err(PublishError::refused(directory, Refusal::NotDirectory)),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(cause) => return Err(PublishError::setup("examine", directory, cause)),
    }
    check_content(directory)?;
    if is_mount_point(directory) {
        return Err(PublishError::refused(directory, Refusal::MountPoint));
    }
    check_access(directory)?;
    Ok(true)
}

fn check_content(directory: &Path) -> Result<(), PublishError> {
    let manifest = match read_manifest(directory) {
        Ok(manifest) => manifest,
        Err(PublishError::Manifest { problem, .. }) => {
            return Err(PublishError::refused(directory, unpublished(directory, problem)?));
        }
        Err(PublishError::Io { operation, path, cause }) => return Err(PublishError::Setup { operation, path, cause }),
        Err(other) => return Err(other),
    };
    let mut foreign = Vec::new();
    for entry in list(directory)? {
        let entry = entry.map_err(|cause| PublishError::setup("list", directory, cause))?;
        let kind = entry.file_type().map_err(|cause| PublishError::setup("examine", &entry.path(), cause))?;
        let name = entry.file_name();
        if !kind.is_file() || !name.to_str().is_some_and(|name| manifest.owns(name)) {
            foreign.push(name.to_string_lossy().into_owned());
        }
    }
    // The order of a directory is the file system's own; the smallest name makes the message repeatable.
    match foreign.into_iter().min() {
        Some(file) => Err(PublishError::refused(directory, Refusal::ForeignFile { file })),
        None => Ok(()),
    }
}

fn unpublished(directory: &Path, problem: ManifestProblem) -> Result<Refusal, PublishError> {
    let is_empty = list(directory)?.next().is_none();
    Ok(if is_empty { Refusal::EmptyDirectory } else { Refusal::NotPublished(problem) })
}

fn list(directory: &Path) -> Result<fs::ReadDir, PublishError> {
    fs::read_dir(directory).map_err(|cause| PublishError::setup("list", directory, cause))
}

/// A mount point cannot be renamed. The rename would say so, but only after all the work is done.
#[cfg(target_os = "linux")]
fn is_mount_point(directory: &Path) -> bool {
    use rustix::fs::{StatxAttributes, StatxFlags, statx};
    let flags = AtFlags::SYMLINK_NOFOLLOW | AtFlags::NO_AUTOMOUNT;
    // Where the kernel cannot tell, the attribute is not set, and the rename says it.
    statx(CWD, directory, flags, StatxFlags::empty())
        .is_ok_and(|found| found.stx_attributes.contains(StatxAttributes::MOUNT_ROOT))
}

#[cfg(not(target_os = "linux"))]
fn is_mount_point(_directory: &Path) -> bool {
    false
}

/// The old run's files are deleted after the swap; a directory that forbids it is better refused before the work.
fn check_access(directory: &Path) -> Result<(), PublishError> {
    match accessat(CWD, directory, Access::WRITE_OK | Access::EXEC_OK, AtFlags::EACCESS) {
        Err(Errno::ACCESS | Errno::PERM | Errno::ROFS) => Err(PublishError::refused(directory, Refusal::NotWritable)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use tempfile::TempDir;

    use super::super::testing::{REPORT, head, listing, names, publish, put, snapshot, stage};
    use super::super::{CHECKSUMS_NAME, MANIFEST_NAME, Publication, verify};
    use super::*;

    #[test]
    fn refuses_what_no_run_has_published() {
        type Prepare = fn(&Path);
        let cases: [(&str, Prepare, &str); 9] = [
            ("file", |out| fs::write(out, "").expect("file"), "it is not a directory"),
            ("empty", |out| fs::create_dir(out).expect("directory"), "it is an empty directory"),
            ("other", |out| put(out, "notes.txt", ""), "`manifest.json` does not exist"),
            ("broken", |out| put(out, MANIFEST_NAME, "{"), "is not a manifest: EOF"),
            ("schema", |out| put(out, MANIFEST_NAME, r#"{"schema":"x"}"#), "does not name the schema"),
            (
                "version",
                |out| put(out, MANIFEST_NAME, r#"{"schema":"renewals.manifest","schema_version":2}"#),
                "has schema version 2",
            ),
            ("outside", |out| put(out, MANIFEST_NAME, &listing(&["../x"])), "lists `../x`"),
            ("twice", |out| put(out, MANIFEST_NAME, &listing(&["x", "x"])), "lists `x` twice"),
            (
                "link",
                |out| {
                    put(out, "elsewhere", &listing(&["elsewhere"]));
                    symlink("elsewhere", out.join(MANIFEST_NAME)).expect("link");
                },
                "`manifest.json` is not a regular file",
            ),
        ];
        for (name, prepare, reason) in cases {
            let root = TempDir::new().expect("root");
            let out = root.path().join(name);
            prepare(&out);
            let before = snapshot(root.path());
            let error = Publication::begin(&out).expect_err(name);
            assert_eq!(error.exit_code(), 73, "{name}");
            assert!(error.to_string().contains(reason), "{name}: {error}");
            assert!(error.to_string().contains(name), "{name}: {error}");
            assert!(error.hint().is_some(), "{name}");
            assert_eq!(snapshot(root.path()), before, "{name}");
        }
    }

    #[test]
    fn refuses_a_run_with_a_foreign_entry() {
        type Add = fn(&Path);
        let cases: [(&str, Add); 4] = [
            ("notes.txt", |path| fs::write(path, "mine").expect("file")),
            ("folder", |path| fs::create_dir(path).expect("directory")),
            (".hidden", |path| symlink("nowhere", path).expect("link")),
            // A listed name under which something else lies.
            (REPORT, |path| {
                fs::remove_file(path).expect("removed");
                fs::create_dir(path).expect("directory");
            }),
        ];
        for (name, add) in cases {
            let root = TempDir::new().expect("root");
            let out = publish(&root.path().join("out"), "one\n").expect("published");
            let publication = Publication::begin(&out).expect("begun");
            let entry = stage(&publication, REPORT, "two\n");
            add(&out.join(name));
            let before = snapshot(&out);
            // Both the run that was underway and the next one.
            let errors = [
                publication.publish(head("two"), vec![entry]).expect_err(name),
                publish(&out, "two\n").expect_err(name),
            ];
            for error in errors {
                assert!(
                    matches!(&error, PublishError::Refused { reason: Refusal::ForeignFile { file }, .. } if file == name)
                );
                assert!(error.hint().is_some_and(|hint| hint.contains(name)));
            }
            assert_eq!(snapshot(&out), before);
            assert_eq!(names(root.path()), ["out"]);
        }
    }

    #[test]
    fn replaces_a_damaged_run() {
        let root = TempDir::new().expect("root");
        let out = publish(&root.path().join("out"), "one\n").expect("published");
        fs::remove_file(out.join(REPORT)).expect("removed");
        fs::remove_file(out.join(CHECKSUMS_NAME)).expect("removed");
        publish(&out, "two\n").expect("published");
        assert_eq!(verify(&out, &|_| None).expect("verified"), []);
    }
}
