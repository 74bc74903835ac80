//! Read-only histories: a backup, a mounted volume, somebody else's project.
//!
//! `SQLite` reads a file in WAL mode only if it can create a second file beside it, unless the program promises that
//! nobody writes (<https://www.sqlite.org/wal.html#read_only_databases>).

use std::io;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, ErrorCode, OpenFlags};
use tempfile::TempDir;

use crate::history_error::{HistoryError, failure};
use crate::table_definitions::{VERSION, version};

/// Says whether the error means that the history is read-only.
pub(crate) fn is_because(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied)
    )
}

/// Opens a read-only history: directly, or a copy of it if it has a pending log or an older version.
pub(crate) fn open(path: &Path) -> Result<(Connection, Option<TempDir>), HistoryError> {
    let log = beside(path, "-wal");
    if !has_content(&log)? {
        let connection = unchanging(path).map_err(|source| failure(path, source))?;
        let made_by = version(&connection).map_err(|source| failure(path, source))?;
        if made_by >= VERSION {
            return Ok((connection, None));
        }
    }
    let folder = tempfile::tempdir()?;
    let copy = folder.path().join("history.db");
    fs_err::copy(path, &copy)?;
    if has_content(&log)? {
        fs_err::copy(&log, beside(&copy, "-wal"))?;
    }
    for file in fs_err::read_dir(folder.path())? {
        // A copy keeps the read-only permissions of the original.
        let file = file?.path();
        let mut permissions = fs_err::metadata(&file)?.permissions();
        #[expect(
            clippy::permissions_set_readonly_false,
            reason = "the folder is ours alone"
        )]
        permissions.set_readonly(false);
        fs_err::set_permissions(&file, permissions)?;
    }
    let connection = Connection::open(&copy).map_err(|source| failure(path, source))?;
    Ok((connection, Some(folder)))
}

/// Opens a file that nobody writes to.
fn unchanging(path: &Path) -> rusqlite::Result<Connection> {
    let mut address = "file:".to_owned();
    for letter in path.to_string_lossy().chars() {
        match letter {
            '%' => address.push_str("%25"),
            '?' => address.push_str("%3f"),
            '#' => address.push_str("%23"),
            other => address.push(other),
        }
    }
    address.push_str("?immutable=1");
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
    Connection::open_with_flags(address, flags)
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

fn has_content(file: &Path) -> io::Result<bool> {
    match fs_err::metadata(file) {
        Ok(found) => Ok(found.len() > 0),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}
