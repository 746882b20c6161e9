//! From the paths of the command line to the files of the run, in a fixed order (SPEC §2).

use super::error::IngestError;
use super::file::InputFile;
use super::stream::Cancellation;
use crate::objects::{self, Bucket, Object, ObjectUrl};
use std::collections::HashMap;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

/// An input that was found.
#[derive(Debug)]
pub enum Found {
    /// A file.
    File(InputFile),
    /// An object of object storage.
    Object(Object),
    /// Standard input, given as `-`.
    StandardInput,
}

/// Finds the inputs: files as given, directories and globs sorted by path bytes, the same in object storage, and `-` for
/// standard input.
///
/// # Errors
/// A path without a file, a file that cannot be opened, and an input that is there twice.
pub fn find_inputs(paths: &[PathBuf], cancellation: &Cancellation) -> Result<Vec<Found>, IngestError> {
    let mut inputs = Vec::new();
    let mut seen: HashMap<(u64, u64), PathBuf> = HashMap::new();
    let mut seen_objects: HashMap<PathBuf, PathBuf> = HashMap::new();
    let mut has_standard_input = false;
    for path in paths {
        if path.as_os_str() == "-" {
            if std::mem::replace(&mut has_standard_input, true) {
                return Err(IngestError::StandardInputTwice);
            }
            inputs.push(Found::StandardInput);
            continue;
        }
        if let Some(url) = ObjectUrl::parse(path) {
            for object in find_objects(path, &url.map_err(IngestError::Address)?, cancellation)? {
                if let Some(other) = seen_objects.insert(object.path().to_owned(), path.clone()) {
                    return Err(IngestError::SameFile { path: object.path().to_owned(), other });
                }
                inputs.push(Found::Object(object));
            }
            continue;
        }
        for found in expand(path, cancellation)? {
            go_on(cancellation)?;
            let file = InputFile::open(&found)?;
            if let Some(other) = seen.insert(file.identity(), found.clone()) {
                return Err(IngestError::SameFile { path: found, other });
            }
            file.close();
            inputs.push(Found::File(file));
        }
    }
    Ok(inputs)
}

/// Ends the search if the run is to end: of very many files it takes seconds.
fn go_on(cancellation: &Cancellation) -> Result<(), IngestError> {
    if cancellation.is_cancelled() { Err(IngestError::Cancelled) } else { Ok(()) }
}

/// The object at an address, those below it, or those that it is a pattern for; names as in directories are skipped.
fn find_objects(path: &Path, url: &ObjectUrl, cancellation: &Cancellation) -> Result<Vec<Object>, IngestError> {
    let cancellation = cancellation.clone();
    let refuse = |error| IngestError::from_object(path, 0, error, false);
    let bucket = Bucket::open(url, move || cancellation.is_cancelled()).map_err(refuse)?;
    let is_shown = |part: &str| !part.starts_with(['.', '_']);
    let objects = match Object::find(&bucket, url).map_err(refuse)? {
        objects::Found::One(object) => return Ok(vec![object]),
        objects::Found::Below(objects) if objects.is_empty() && is_pattern(Path::new(url.key())) => {
            matching_objects(path, &bucket, url)?
        }
        objects::Found::Below(mut objects) => {
            let below = url.key().len();
            objects.retain(|object| object.url().key()[below..].split('/').all(is_shown));
            objects
        }
    };
    if objects.is_empty() { Err(IngestError::NoFile { path: path.to_owned() }) } else { Ok(objects) }
}

fn matching_objects(path: &Path, bucket: &Bucket, url: &ObjectUrl) -> Result<Vec<Object>, IngestError> {
    let refuse = |error: glob::PatternError| IngestError::Pattern { path: path.to_owned(), reason: error.to_string() };
    let wanted = glob::Pattern::new(url.key()).map_err(refuse)?;
    let options =
        glob::MatchOptions { case_sensitive: true, require_literal_separator: true, require_literal_leading_dot: true };
    let literal: Vec<&str> = url.key().split('/').take_while(|part| !is_pattern(Path::new(part))).collect();
    let root = url.with_key(literal.join("/"));
    let asks_for_underscore = url.key().rsplit('/').next().is_some_and(|name| name.starts_with('_'));
    let refuse = |error| IngestError::from_object(path, 0, error, false);
    let mut objects = Object::list(bucket, &root).map_err(refuse)?;
    objects.retain(|object| {
        let key = object.url().key();
        let has_underscore = key[root.key().len()..].split('/').any(|part| part.starts_with('_'));
        wanted.matches_with(key, options) && (asks_for_underscore || !has_underscore)
    });
    Ok(objects)
}

fn expand(path: &Path, cancellation: &Cancellation) -> Result<Vec<PathBuf>, IngestError> {
    match std::fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => {
            let mut files = Vec::new();
            walk(path, &mut files, cancellation)?;
            sorted(path, files)
        }
        Ok(_) => Ok(vec![path.to_owned()]),
        // A path that exists is never a pattern, whatever characters it has.
        Err(_) if is_pattern(path) => expand_pattern(path, cancellation),
        Err(source) => Err(IngestError::Open { path: path.to_owned(), source }),
    }
}

fn is_pattern(path: &Path) -> bool {
    path.as_os_str().as_bytes().iter().any(|byte| matches!(byte, b'*' | b'?' | b'['))
}

fn expand_pattern(path: &Path, cancellation: &Cancellation) -> Result<Vec<PathBuf>, IngestError> {
    let refuse = |reason: String| IngestError::Pattern { path: path.to_owned(), reason };
    let pattern = path.to_str().ok_or_else(|| refuse("it is not UTF-8".to_owned()))?;
    let wanted = glob::Pattern::new(pattern).map_err(|error| refuse(error.to_string()))?;
    let options =
        glob::MatchOptions { case_sensitive: true, require_literal_separator: true, require_literal_leading_dot: true };
    let is_literal = |part: &Component<'_>| !is_pattern(Path::new(part.as_os_str()));
    let root: PathBuf = path.components().take_while(is_literal).collect();
    let below: PathBuf = path.components().skip_while(is_literal).collect();
    let is_any_depth = below.components().any(|part| part.as_os_str() == "**");
    let depth = if is_any_depth { usize::MAX } else { below.components().count() };
    let asks_for_underscore = path.file_name().is_some_and(|name| name.as_bytes().starts_with(b"_"));
    let mut files = Vec::new();
    let start = if root.as_os_str().is_empty() { Path::new(".") } else { &root };
    // The pattern is matched here rather than by walking with the `glob` crate, which panics on names that are not
    // UTF-8. What cannot be listed cannot be matched.
    for entry in walkdir::WalkDir::new(start).follow_links(true).min_depth(1).max_depth(depth).into_iter().flatten() {
        go_on(cancellation)?;
        let relative = entry.path().strip_prefix(start).unwrap_or(entry.path());
        let found = root.join(relative);
        let has_underscore = relative.components().any(|part| part.as_os_str().as_bytes().starts_with(b"_"));
        if !wanted.matches_with(&found.to_string_lossy(), options) || (has_underscore && !asks_for_underscore) {
            continue;
        }
        if !entry.file_type().is_dir() {
            files.push(found);
        } else if !is_any_depth {
            walk(&found, &mut files, cancellation)?;
        }
    }
    sorted(path, files)
}

/// Adds the files below a directory; names with a leading `.` or `_` are skipped.
fn walk(directory: &Path, files: &mut Vec<PathBuf>, cancellation: &Cancellation) -> Result<(), IngestError> {
    let is_skipped = |name: &std::ffi::OsStr| matches!(name.as_bytes().first(), Some(b'.' | b'_'));
    let entries = walkdir::WalkDir::new(directory)
        .follow_links(true)
        .min_depth(1)
        .into_iter()
        .filter_entry(|entry| entry.depth() == 0 || !is_skipped(entry.file_name()));
    for entry in entries {
        go_on(cancellation)?;
        let entry = entry.map_err(|error| IngestError::Open {
            path: error.path().unwrap_or(directory).to_owned(),
            source: error.into(),
        })?;
        if !entry.file_type().is_dir() {
            files.push(entry.into_path());
        }
    }
    Ok(())
}

fn sorted(path: &Path, mut files: Vec<PathBuf>) -> Result<Vec<PathBuf>, IngestError> {
    if files.is_empty() {
        return Err(IngestError::NoFile { path: path.to_owned() });
    }
    files.sort_by(|left, right| left.as_os_str().as_bytes().cmp(right.as_os_str().as_bytes()));
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(directory: &Path, paths: &[&str]) -> Result<Vec<String>, u8> {
        let paths: Vec<PathBuf> = paths.iter().map(|path| directory.join(path)).collect();
        let files = find_inputs(&paths, &Cancellation::never()).map_err(|error| error.exit_code())?;
        let relative = |found: &Found| match found {
            Found::File(file) => file.path().strip_prefix(directory).unwrap().to_str().unwrap().to_owned(),
            Found::Object(object) => object.url().to_string(),
            Found::StandardInput => "-".to_owned(),
        };
        Ok(files.iter().map(relative).collect())
    }

    #[test]
    fn directories_and_globs_are_sorted_by_path_bytes() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        std::fs::create_dir_all(root.join("in/sub")).unwrap();
        std::fs::create_dir_all(root.join("in/_skip")).unwrap();
        std::fs::create_dir_all(root.join("empty")).unwrap();
        for name in ["b.csv", "B.csv", "sub/a.csv", "sub-1.csv", ".hidden", "_SUCCESS", "_skip/x.csv", "[1].csv"] {
            std::fs::write(root.join("in").join(name), name).unwrap();
        }
        let all = ["in/B.csv", "in/[1].csv", "in/b.csv", "in/sub-1.csv", "in/sub/a.csv"].map(String::from);
        assert_eq!(names(root, &["in"]).unwrap(), all);
        assert_eq!(names(root, &["in/*"]).unwrap(), all);
        assert_eq!(names(root, &["in/b*", "in/B.csv"]).unwrap(), ["in/b.csv", "in/B.csv"]);
        assert_eq!(names(root, &["in/**/*.csv"]).unwrap(), all);
        assert_eq!(names(root, &["in/[1].csv"]).unwrap(), ["in/[1].csv"]);
        assert_eq!(names(root, &["in/_SUCCESS"]).unwrap(), ["in/_SUCCESS"]);
        assert_eq!(names(root, &["in/b.csv", "in"]), Err(64));
        assert_eq!(names(root, &["in/none*.csv"]), Err(66));
        assert_eq!(names(root, &["empty"]), Err(66));
        assert_eq!(names(root, &["none.csv"]), Err(66));
    }

    #[test]
    fn a_search_among_many_files_ends_when_the_run_is_to_end() {
        use std::sync::Arc;
        use std::sync::atomic::{AtomicUsize, Ordering};
        let directory = tempfile::tempdir().unwrap();
        for number in 0..40 {
            std::fs::write(directory.path().join(format!("{number}.csv")), "x").unwrap();
        }
        // While the directory is listed, while the files are looked at, and in both for a pattern.
        for (path, after) in [("", 5), ("", 45), ("*", 5), ("*.csv", 45)] {
            let asked = Arc::new(AtomicUsize::new(0));
            let counted = asked.clone();
            let cancellation = Cancellation::new(move || counted.fetch_add(1, Ordering::Relaxed) >= after);
            let found = find_inputs(&[directory.path().join(path)], &cancellation);
            assert!(matches!(found, Err(IngestError::Cancelled)), "{path} {after}");
            assert_eq!(asked.load(Ordering::Relaxed), after + 1, "{path}");
        }
    }

    #[test]
    fn names_that_are_not_utf8_do_not_trouble_a_pattern() {
        use std::ffi::OsStr;
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        for name in [&b"a.csv"[..], b"b\xff.csv"] {
            std::fs::write(root.join(OsStr::from_bytes(name)), name).unwrap();
        }
        for pattern in ["[ab]*", "**/*.csv"] {
            assert_eq!(find_inputs(&[root.join(pattern)], &Cancellation::never()).unwrap().len(), 2, "{pattern}");
        }
    }

    #[test]
    fn a_link_to_a_file_is_the_same_file() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        std::fs::write(root.join("a.csv"), "x").unwrap();
        std::os::unix::fs::symlink(root.join("a.csv"), root.join("z.csv")).unwrap();
        assert_eq!(names(root, &["a.csv", "z.csv"]), Err(64));
        assert_eq!(names(root, &["z.csv"]).unwrap(), ["z.csv"]);
    }
}
