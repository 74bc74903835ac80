//! Output of a run on this machine from its log files: so far, or as it grows.

use std::collections::HashMap;
use std::io::{ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use runs::RunLock;
use tokio::signal::unix::{SignalKind, signal};

use crate::error::CommandError;
use crate::record::store::Store;

/// Time between two looks at the files, long enough to use almost no CPU.
const AGAIN: Duration = Duration::from_millis(200);

/// Log files of tasks, with the position of each.
pub(crate) struct LogFiles {
    folder: PathBuf,
    read: HashMap<String, FileRead>,
}

/// File, with the position up to which it was read.
#[derive(Default)]
struct FileRead {
    at: u64,
    /// Beginning of an unfinished line.
    begun: Vec<u8>,
}

impl LogFiles {
    /// Starts with the files of a folder; none is read yet.
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self {
            folder,
            read: HashMap::new(),
        }
    }

    /// Says whether the file of a task that has printed something is missing.
    pub(crate) fn is_lost(&self, task: &str) -> bool {
        engine::is_lost(&self.path(task))
    }

    fn path(&self, task: &str) -> PathBuf {
        self.folder.join(format!("{}.log", engine::file_name(task)))
    }

    /// Whole lines that a task has printed since the last call; `None` if it has no file.
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub(crate) fn lines(&mut self, task: &str) -> Result<Option<Vec<String>>, CommandError> {
        let file = self.path(task);
        let read = self.read.entry(task.to_owned()).or_default();
        let Some(new) = since(&file, &mut read.at)? else {
            return Ok(None);
        };
        read.begun.extend(new);
        let whole = read.begun.iter().rposition(|byte| *byte == b'\n');
        let whole = whole.map_or_else(Vec::new, |end| read.begun.drain(..=end).collect());
        let text = String::from_utf8_lossy(&whole);
        Ok(Some(text.lines().map(str::to_owned).collect()))
    }

    /// Skips what a task has printed before a moment, to the second.
    ///
    /// # Errors
    ///
    /// The times of the output cannot be read.
    pub(crate) fn skip_before(
        &mut self,
        task: &str,
        moment: Timestamp,
    ) -> Result<(), CommandError> {
        let file = self.path(task);
        let length = match fs_err::metadata(&file) {
            Ok(metadata) => metadata.len(),
            Err(error) if error.kind() == ErrorKind::NotFound => 0,
            Err(error) => return Err(error.into()),
        };
        if length == 0 {
            return Ok(());
        }
        let offset = engine::offset_since(&file, moment.as_second()).map_err(|error| {
            CommandError::new(format!(
                "cannot read when `{task}` printed its output: {error}"
            ))
            .hint("leave out --since")
        })?;
        self.read.entry(task.to_owned()).or_default().at = offset.unwrap_or(length);
        Ok(())
    }

    /// Takes the text after the last whole line of a task.
    pub(crate) fn rest(&mut self, task: &str) -> Option<String> {
        let begun = std::mem::take(&mut self.read.get_mut(task)?.begun);
        (!begun.is_empty()).then(|| String::from_utf8_lossy(&begun).into_owned())
    }
}

/// Reads a file from a position on, and moves the position to its end. `None` if there is no file.
fn since(file: &Path, at: &mut u64) -> Result<Option<Vec<u8>>, CommandError> {
    let mut open = match fs_err::File::open(file) {
        Ok(open) => open,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    // A shorter file was made anew: start over.
    if open.metadata()?.len() < *at {
        *at = 0;
    }
    open.seek(SeekFrom::Start(*at))?;
    let mut new = Vec::new();
    open.read_to_end(&mut new)?;
    *at += u64::try_from(new.len()).unwrap_or_default();
    Ok(Some(new))
}

/// Calls `look` repeatedly while a program works on a run, and once more after that. Says whether
/// that was to the end, or the user stopped.
///
/// # Errors
///
/// An error of `look`.
pub(crate) async fn while_it_goes_on(
    store: &Store,
    name: &str,
    mut look: impl FnMut() -> Result<(), CommandError>,
) -> Result<bool, CommandError> {
    let mut polite_kill = signal(SignalKind::terminate())?;
    loop {
        // Check the lock before the files: without a holder, no more output comes.
        let is_worked_on = RunLock::is_held(&store.run(name))?;
        look()?;
        if !is_worked_on {
            return Ok(true);
        }
        tokio::select! {
            () = tokio::time::sleep(AGAIN) => {}
            _ = tokio::signal::ctrl_c() => return Ok(false),
            _ = polite_kill.recv() => return Ok(false),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn lines_come_once_and_when_they_are_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.log");
        let mut files = LogFiles::new(folder.path().to_owned());
        assert_eq!(files.lines("a").unwrap(), None);
        let mut file = fs_err::File::create(&path).unwrap();
        file.write_all(b"one\ntw").unwrap();
        assert_eq!(files.lines("a").unwrap().unwrap(), ["one"]);
        file.write_all(b"o\nthree").unwrap();
        assert_eq!(files.lines("a").unwrap().unwrap(), ["two"]);
        assert_eq!(files.lines("a").unwrap().unwrap(), [""; 0]);
        assert_eq!(files.rest("a").unwrap(), "three");
        assert_eq!(files.rest("a"), None);
        fs_err::write(&path, "new\n").unwrap();
        assert_eq!(files.lines("a").unwrap().unwrap(), ["new"]);
        assert_eq!(files.rest("none"), None);
    }
}
