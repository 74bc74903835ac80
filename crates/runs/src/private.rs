//! Files and folders that only the user can read: logs, reports and the history may contain private data. Links in
//! their place are not followed: a task could have put one there.

use std::fs::{DirBuilder, File, Permissions};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::Path;

use rustix::fs::{Mode, OFlags};

const FOLDER: u32 = 0o700;
const FILE: u32 = 0o600;

/// Creates a folder and its missing parents; an existing one stays as it is.
pub fn make_folder(folder: &Path) -> io::Result<()> {
    let made = DirBuilder::new()
        .recursive(true)
        .mode(FOLDER)
        .create(folder);
    made.map_err(|error| about(folder, "make the folder", &error))
}

/// Opens a file for appending, and creates it if it is missing. Deletes a link in its place instead of following it.
pub fn open_to_append(path: &Path) -> io::Result<File> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::APPEND;
    match open(path, flags) {
        // `ELOOP`: the path is a link.
        Err(error) if error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error()) => {
            fs_err::remove_file(path)?;
            open(path, flags | OFlags::EXCL)
        }
        opened => opened,
    }
    .map_err(|error| about(path, "write", &error))
}

/// Creates a file with a text; false if the path exists.
pub fn make(path: &Path, text: &str) -> io::Result<bool> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL;
    match open(path, flags) {
        Ok(mut file) => io::Write::write_all(&mut file, text.as_bytes()).map(|()| true),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(about(path, "write", &error)),
    }
}

/// Overwrites an existing file of somebody else; false if it is missing.
pub fn overwrite(path: &Path, text: &str) -> io::Result<bool> {
    match open(path, OFlags::WRONLY | OFlags::TRUNC) {
        Ok(mut file) => io::Write::write_all(&mut file, text.as_bytes()).map(|()| true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(about(path, "write", &error)),
    }
}

/// Restricts an existing file to the user.
pub fn close_to_others(path: &Path) -> io::Result<()> {
    if fs_err::metadata(path)?.permissions().mode() & 0o777 == FILE {
        return Ok(());
    }
    fs_err::set_permissions(path, Permissions::from_mode(FILE))
}

/// Deletes a file and returns its content; none if there is no file.
///
/// Reads only a regular file of at most `most` bytes.
pub fn take(path: &Path, most: u64) -> io::Result<Option<Vec<u8>>> {
    // `NONBLOCK`: do not wait for a writer of a pipe.
    let file = match open(path, OFlags::RDONLY | OFlags::NONBLOCK) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            let _ = fs_err::remove_file(path);
            return Err(about(path, "read", &error));
        }
    };
    let _ = fs_err::remove_file(path);
    let metadata = file.metadata()?;
    if !metadata.is_file() || metadata.len() > most {
        let what = if metadata.is_file() {
            "it is too large"
        } else {
            "it is not a regular file"
        };
        return Err(io::Error::new(
            ErrorKind::InvalidData,
            format!("cannot read `{}`: {what}", path.display()),
        ));
    }
    let mut bytes = Vec::new();
    file.take(most).read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}

fn open(path: &Path, flags: OFlags) -> io::Result<File> {
    let flags = flags | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    Ok(rustix::fs::open(path, flags, Mode::from_raw_mode(FILE))?.into())
}

fn about(path: &Path, what: &str, error: &io::Error) -> io::Error {
    io::Error::new(
        error.kind(),
        format!("cannot {what} `{}`: {error}", path.display()),
    )
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::unix::fs::symlink;

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs_err::symlink_metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn what_is_made_is_the_users_alone() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("a/b");
        make_folder(&folder).unwrap();
        make_folder(&folder).unwrap();
        assert_eq!(
            (mode(&folder), mode(&root.path().join("a"))),
            (0o700, 0o700)
        );
        let file = folder.join("log");
        for text in ["one\n", "two\n"] {
            open_to_append(&file)
                .unwrap()
                .write_all(text.as_bytes())
                .unwrap();
        }
        assert_eq!(fs_err::read_to_string(&file).unwrap(), "one\ntwo\n");
        assert_eq!(mode(&file), 0o600);
        assert!(!make(&file, "three").unwrap());
        assert!(make(&folder.join("other"), "three").unwrap());
        assert_eq!(mode(&folder.join("other")), 0o600);
        fs_err::set_permissions(&file, Permissions::from_mode(0o644)).unwrap();
        close_to_others(&file).unwrap();
        assert_eq!(mode(&file), 0o600);
    }

    #[test]
    fn no_link_is_followed() {
        let root = tempfile::tempdir().unwrap();
        let (precious, link) = (root.path().join("precious"), root.path().join("link"));
        fs_err::write(&precious, "{}").unwrap();
        symlink(&precious, &link).unwrap();
        assert!(!make(&link, "x").unwrap());
        assert!(overwrite(&link, "x").is_err());
        open_to_append(&link).unwrap().write_all(b"x").unwrap();
        assert_eq!(fs_err::read(&link).unwrap(), b"x");
        fs_err::remove_file(&link).unwrap();
        symlink(&precious, &link).unwrap();
        assert!(take(&link, 100).is_err());
        assert!(!link.is_symlink());
        assert_eq!(fs_err::read(&precious).unwrap(), b"{}");
    }

    #[test]
    fn a_file_is_taken_once_and_only_if_it_is_plain_and_small() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("report");
        assert_eq!(take(&file, 4).unwrap(), None);
        fs_err::write(&file, "1234").unwrap();
        assert_eq!(take(&file, 4).unwrap(), Some(b"1234".to_vec()));
        assert!(!file.exists());
        fs_err::write(&file, "12345").unwrap();
        assert!(take(&file, 4).is_err());
        assert!(!file.exists());
        rustix::fs::mknodat(
            rustix::fs::CWD,
            &file,
            rustix::fs::FileType::Fifo,
            Mode::from_raw_mode(FILE),
            0,
        )
        .unwrap();
        assert!(take(&file, 4).is_err());
    }
}
