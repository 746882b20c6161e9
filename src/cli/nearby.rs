//! What a path that names nothing was most likely meant to be.

use crate::configuration::closest;
use std::path::Path;

/// What to do about an input that is not there.
pub fn missing_hint(path: &Path) -> String {
    match nearest(path) {
        Some(name) => format!("did you mean `{}`?", path.with_file_name(name).display()),
        None => "check the path; it is taken from the directory that the command runs in".to_owned(),
    }
}

/// The name in the same directory that comes closest.
fn nearest(path: &Path) -> Option<String> {
    // Of directories with very many files only so many names are looked at.
    const NAMES_COMPARED: usize = 10_000;
    let name = path.file_name()?.to_str()?;
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let entries = std::fs::read_dir(directory).ok()?.take(NAMES_COMPARED);
    let mut names: Vec<String> = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
    names.sort();
    closest(name, names.iter().map(String::as_str)).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closest_name_of_the_same_directory() {
        let directory = tempfile::tempdir().unwrap();
        for name in ["export.csv", "export-old.csv", "notes.txt"] {
            std::fs::write(directory.path().join(name), "").unwrap();
        }
        let nearest = |name: &str| nearest(&directory.path().join(name));
        assert_eq!(nearest("exprot.csv").as_deref(), Some("export.csv"));
        assert_eq!(nearest("export_old.csv").as_deref(), Some("export-old.csv"));
        assert_eq!(nearest("tomorrow.parquet"), None);
        assert_eq!(super::nearest(Path::new("/")), None);
        assert_eq!(super::nearest(&directory.path().join("nothing/export.csv")), None);
    }
}
