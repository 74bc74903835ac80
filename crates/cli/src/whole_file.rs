//! Files that are replaced as a whole or not at all.

use std::io::{self, Write};
use std::path::Path;

use fs_err as fs;
use tempfile::Builder;

/// Writes a file so that whoever looks sees what was there, or all of `text`.
///
/// A link stays one: what it leads to is replaced. The permissions of a file that is there stay as well. What is no
/// file (a pipe, `/dev/stdout`) is written to.
///
/// # Errors
///
/// It cannot be written; then what was there still is. The message names `path`.
pub(crate) fn replace(path: &Path, text: &str) -> io::Result<()> {
    let named = |error: io::Error| {
        let message = format!("failed to write to file `{}`: {error}", path.display());
        io::Error::new(error.kind(), message)
    };
    let there = match fs::canonicalize(path) {
        Ok(there) => there,
        Err(error) if error.kind() == io::ErrorKind::NotFound => path.to_owned(),
        Err(error) => return Err(named(error)),
    };
    let permissions = match std::fs::metadata(&there) {
        Ok(found) if !found.is_file() => return fs::write(path, text),
        Ok(found) => Some(found.permissions()),
        Err(_) => None,
    };
    let folder = match there.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let mut builder = Builder::new();
    builder.prefix(".argo-kedro-");
    if permissions.is_none() {
        // As for any new file, less what the umask takes.
        let readable = std::os::unix::fs::PermissionsExt::from_mode(0o666);
        builder.permissions(readable);
    }
    let mut fresh = builder.tempfile_in(folder).map_err(named)?;
    fresh.write_all(text.as_bytes()).map_err(named)?;
    if let Some(permissions) = permissions {
        fresh
            .as_file()
            .set_permissions(permissions)
            .map_err(named)?;
    }
    fresh.as_file().sync_all().map_err(named)?;
    fresh
        .persist(&there)
        .map_err(|error| named(error.error))
        .map(drop)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_is_replaced_and_keeps_its_permissions_and_its_link() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        replace(&file, "first").unwrap();
        fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).unwrap();
        symlink("file", &link).unwrap();
        replace(&link, "second").unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "second");
        assert!(link.is_symlink());
        let mode = std::fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o640);
        assert_eq!(names(folder.path()), ["file", "link"]);
    }

    #[test]
    fn a_new_file_can_be_read_as_any_other() {
        let folder = tempfile::tempdir().unwrap();
        let (ours, other) = (folder.path().join("ours"), folder.path().join("other"));
        replace(&ours, "").unwrap();
        fs::write(&other, "").unwrap();
        let mode = |file: &Path| std::fs::metadata(file).unwrap().permissions().mode();
        assert_eq!(mode(&ours), mode(&other));
    }

    #[test]
    fn what_is_no_file_is_written_to() {
        replace(Path::new("/dev/null"), "text").unwrap();
        assert!(!Path::new("/dev/null").is_file());
        let error = replace(Path::new("/dev/full"), "text").unwrap_err();
        assert!(error.to_string().contains("/dev/full"), "{error}");
    }

    #[test]
    fn a_folder_that_is_not_there_is_an_error_that_names_the_file() {
        let error = replace(Path::new("no/such/folder/file"), "text").unwrap_err();
        assert!(error.to_string().contains("no/such/folder/file"), "{error}");
    }
}
