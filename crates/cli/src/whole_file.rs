//! Replaces files as a whole or not at all.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use fs_err as fs;
use tempfile::Builder;

use crate::error::CommandError;

/// Links to follow before a path counts as lost, as many as Linux follows.
const MOST_LINKS: usize = 40;

/// Writes a file so that readers see either the old content or all of `text`.
///
/// A link stays a link: its target is replaced or created. An existing file keeps its permissions.
/// A path that is no file (a pipe, `/dev/stdout`) is written to directly.
///
/// # Errors
///
/// The file cannot be written; it keeps its old content. The message names `path`.
pub(crate) fn replace(path: &Path, text: &str) -> Result<(), CommandError> {
    write(path, text).map_err(|error| {
        let name = path.display();
        let there = link_target(path);
        let folder = folder_of(&there);
        if error.kind() == io::ErrorKind::NotFound && !folder.exists() {
            let folder = folder.display();
            return CommandError::new(format!("cannot write {name}: there is no folder {folder}"))
                .hint(format!("to make it: mkdir -p {folder}"));
        }
        let is_device = path.exists() && !path.is_file();
        let full = [io::ErrorKind::StorageFull, io::ErrorKind::QuotaExceeded];
        let is_full = full.contains(&error.kind()) && !is_device;
        let error = CommandError::new(format!("cannot write {name}: {error}"));
        if is_full {
            error.hint("the disk is full: make room on it")
        } else {
            error
        }
    })
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    let (there, permissions) = match std::fs::metadata(path) {
        Ok(found) if !found.is_file() => return std::fs::write(path, text),
        Ok(found) => (std::fs::canonicalize(path)?, Some(found.permissions())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => (link_target(path), None),
        Err(error) => return Err(error),
    };
    // Give it the permissions of any new file. Errors of the builder's own function would name its path.
    let new = |path: &Path| OpenOptions::new().write(true).create_new(true).open(path);
    let mut builder = Builder::new();
    let mut fresh = builder
        .prefix(".argo-kedro-")
        .make_in(folder_of(&there), new)?;
    if let Some(permissions) = permissions {
        fresh.as_file().set_permissions(permissions)?;
    }
    // Writing to `fresh` itself would put the builder's name into an error.
    fresh.as_file_mut().write_all(text.as_bytes())?;
    fresh.as_file().sync_all()?;
    fresh.persist(&there).map_err(|error| error.error).map(drop)
}

/// Follows links to the target of a path, which need not exist.
fn link_target(path: &Path) -> PathBuf {
    let mut there = path.to_owned();
    for _ in 0..MOST_LINKS {
        match fs::read_link(&there) {
            Ok(target) => there = folder_of(&there).join(target),
            Err(_) => break,
        }
    }
    there
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsRawFd;
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
        let (mut reader, writer) = io::pipe().unwrap();
        let pipe = format!("/dev/fd/{}", writer.as_raw_fd());
        replace(Path::new(&pipe), "text").unwrap();
        drop(writer);
        assert_eq!(io::read_to_string(&mut reader).unwrap(), "text");
        replace(Path::new("/dev/null"), "text").unwrap();
        assert!(!Path::new("/dev/null").is_file());
        assert_eq!(
            said(Path::new("/dev/full")),
            "cannot write /dev/full: No space left on device (os error 28)"
        );
    }

    fn said(path: &Path) -> String {
        let error = replace(path, "text").unwrap_err();
        let text = anstream::adapter::strip_str(&error.render("argo-kedro", None)).to_string();
        let text = text.strip_prefix("error: ").unwrap();
        text.trim_end().to_owned()
    }

    #[test]
    fn a_file_that_cannot_be_written_is_named_and_no_other() {
        assert_eq!(
            said(Path::new("no/such/folder/file")),
            "cannot write no/such/folder/file: there is no folder no/such/folder\n\n\
             hint: to make it: mkdir -p no/such/folder"
        );
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        fs::write(&file, "").unwrap();
        symlink("link", &link).unwrap();
        for (path, why) in [
            (file.join("m.yaml"), "Not a directory (os error 20)"),
            (folder.path().to_owned(), "Is a directory (os error 21)"),
            (link, "Too many levels of symbolic links (os error 40)"),
            (
                folder.path().join("x".repeat(300)),
                "File name too long (os error 36)",
            ),
            (
                Path::new("/proc/file").to_owned(),
                "No such file or directory (os error 2)",
            ),
        ] {
            assert_eq!(
                said(&path),
                format!("cannot write {}: {why}", path.display())
            );
        }
    }

    #[test]
    fn a_link_to_what_is_not_there_yet_stays_one() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        symlink("other", &link).unwrap();
        symlink("file", folder.path().join("other")).unwrap();
        replace(&link, "text").unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "text");
        assert_eq!(names(folder.path()), ["file", "link", "other"]);
        assert!(link.is_symlink());
    }
}
