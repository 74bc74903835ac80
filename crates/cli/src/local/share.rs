//! Shares files of one run with another: neither changes the other's files, and each run can be deleted.

use std::io::{ErrorKind, Write};
use std::path::Path;

use runs::private;

use crate::error::CommandError;

/// Gives a file a second name, or else copies it. A missing file is no error: its data is elsewhere.
pub(crate) fn share(from: &Path, to: &Path) -> Result<(), CommandError> {
    match fs_err::hard_link(from, to) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(_) => {
            let part = to.with_extension("part");
            fs_err::copy(from, &part)?;
            fs_err::rename(&part, to)?;
            Ok(())
        }
    }
}

/// Adds text to a file of a run; an empty text makes no file.
pub(crate) fn append(file: &Path, text: &str) -> Result<(), CommandError> {
    if text.is_empty() {
        return Ok(());
    }
    let mut file = private::open_to_append(file).map_err(|error| CommandError::of_state(&error))?;
    file.write_all(text.as_bytes())?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_name_outlives_the_first() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs_err::write(at("a"), "x").unwrap();
        share(&at("a"), &at("b")).unwrap();
        share(&at("none"), &at("c")).unwrap();
        fs_err::remove_file(at("a")).unwrap();
        assert_eq!(fs_err::read_to_string(at("b")).unwrap(), "x");
        assert!(!at("c").exists());
    }
}
