//! Output of a task: written to its log file first, then shown to the watcher.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use pod::{RedactedLines, Redactor};
use runs::private;
use tokio::io::AsyncRead;
use tokio::sync::mpsc::Sender;
use tokio::sync::watch::Receiver;
use tokio::time::timeout;

use crate::message::Printed;

/// Maximum number of unread bytes in the pipe of a process.
const LARGEST_PIPE: usize = 1024 * 1024;
/// Silence after which a stream of an ended task is complete: everything that its process printed is in the pipe by
/// then.
const AT_REST: Duration = Duration::from_millis(10);
/// Maximum number of bytes in one write to the log.
const AT_ONCE: usize = 64 * 1024;

/// Log of a task, with a file of times beside it: a `SECOND OFFSET` for the first write in each second. Both streams of
/// a task write to it. The first write creates it: a task that prints nothing has none.
#[derive(Debug)]
pub(crate) struct Log {
    path: PathBuf,
    file: Option<File>,
    /// Second that was noted last.
    noted: i64,
}

impl Log {
    /// Creates the log for a path.
    pub(crate) fn at(path: PathBuf) -> Self {
        Self {
            path,
            file: None,
            noted: i64::MIN,
        }
    }

    fn write(&mut self, text: &str) -> io::Result<()> {
        if text.is_empty() {
            return Ok(());
        }
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(private::open_to_append(&self.path)?),
        };
        let second = Timestamp::now().as_second();
        if second != self.noted {
            let note = format!("{second} {}\n", file.metadata()?.len());
            private::open_to_append(&times_of(&self.path))?.write_all(note.as_bytes())?;
            self.noted = second;
        }
        file.write_all(text.as_bytes())
    }
}

/// Size of the log at a path in bytes; 0 if there is none.
///
/// # Errors
///
/// The file cannot be read.
pub(crate) fn length(log: &Path) -> io::Result<u64> {
    match log.metadata() {
        Ok(metadata) => Ok(metadata.len()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
        Err(error) => Err(error),
    }
}

/// File with the times of a log.
fn times_of(log: &Path) -> PathBuf {
    log.with_extension("times")
}

/// Says whether the log at a path was lost: the log is missing, but its file of times exists, or the folder is missing
/// too. A task that has printed nothing has no log.
pub fn is_lost(log: &Path) -> bool {
    let has_folder = log.parent().is_some_and(Path::is_dir);
    !log.exists() && (times_of(log).exists() || !has_folder)
}

/// Finds the offset in a log of the first byte since a second; none if there is no such byte.
///
/// # Errors
///
/// The file of times cannot be read: an earlier version wrote none.
pub fn offset_since(log: &Path, second: i64) -> io::Result<Option<u64>> {
    if !log.exists() {
        return Ok(None);
    }
    let text = fs_err::read_to_string(times_of(log))?;
    let read = |line: &str| {
        let (at, offset) = line.split_once(' ')?;
        Some((at.parse::<i64>().ok()?, offset.parse::<u64>().ok()?))
    };
    let mut offsets = Vec::new();
    for line in text.lines() {
        let (at, offset) = read(line).ok_or_else(|| {
            io::Error::new(
                io::ErrorKind::InvalidData,
                format!("`{line}` is no time of a log"),
            )
        })?;
        if at >= second {
            offsets.push(offset);
        }
    }
    Ok(offsets.into_iter().min())
}

/// A stream of a task.
pub(crate) struct Stream {
    pub(crate) unit: usize,
    /// Number of the start that the stream belongs to.
    pub(crate) start: usize,
    pub(crate) is_error: bool,
    /// The task's log.
    pub(crate) log: Log,
    /// Set if somebody watches the lines; otherwise only the log has them.
    pub(crate) is_watched: bool,
    /// Set if something refers to the printed text: `outputs.result`.
    pub(crate) is_result: bool,
    /// Becomes true when the task's process has ended.
    pub(crate) over: Receiver<bool>,
}

/// Follows one stream of a task to its end: until no process has it open, or until the task is `over` and its output is
/// read. Its background processes may continue to print.
///
/// A reader that takes no lines blocks the task that prints them, like a full pipe: the channel limits the number of
/// waiting lines.
pub(crate) async fn follow(
    output: impl AsyncRead + Unpin,
    stream: Stream,
    redactor: Redactor,
    told: Sender<Printed>,
) {
    let Stream {
        unit,
        start,
        is_error,
        log,
        is_watched,
        is_result,
        mut over,
    } = stream;
    let mut result = is_result.then(String::new);
    let mut log = Some(log);
    let mut lines = RedactedLines::new(output, redactor);
    let (mut text, mut watched) = (String::new(), Vec::new());
    let mut is_over = false;
    let mut left = LARGEST_PIPE;
    loop {
        let line = if is_over {
            match timeout(AT_REST, lines.next()).await {
                Ok(line) => line.filter(|_| left > 0),
                Err(_) => lines.rest(),
            }
        } else {
            tokio::select! {
                biased;
                line = lines.next() => line,
                // A dropped sender also means that the task is over.
                _ = over.wait_for(|over| *over) => {
                    is_over = true;
                    continue;
                }
            }
        };
        let is_end = line.is_none();
        if let Some(line) = line {
            if is_over {
                left = left.saturating_sub(line.len() + 1);
            }
            text.push_str(&line);
            text.push('\n');
            if let Some(result) = &mut result {
                keep_end(result, &line, lines.is_cut());
            }
            if is_watched {
                watched.push(line);
            }
            if lines.has_more() && text.len() < AT_ONCE {
                continue;
            }
        }
        // Write whole lines at once: both streams append to one file.
        if let Some(file) = &mut log
            && let Err(error) = file.write(&text)
        {
            let _ = told.send(Printed::LogLost(error)).await;
            log = None;
        }
        text.clear();
        for line in watched.drain(..) {
            let line = Printed::Line {
                unit,
                is_error,
                line,
            };
            let _ = told.send(line).await;
        }
        if is_end {
            break;
        }
        // Yield, so that a busy stream does not starve other tasks.
        tokio::task::yield_now().await;
    }
    let text = result.map(|mut text| {
        // Argo drops the last line end (`workflow/executor/executor.go:929`).
        if text.ends_with('\n') {
            text.pop();
        }
        let mut start = text.len().saturating_sub(LONGEST_RESULT);
        while !text.is_char_boundary(start) {
            start += 1;
        }
        text.split_off(start)
    });
    let _ = told.send(Printed::Closed { unit, start, text }).await;
}

/// Maximum size of a result in bytes; its end is kept.
const LONGEST_RESULT: usize = 256 * 1024;

/// Adds a line, and drops the beginning of a text that gets too long.
fn keep_end(text: &mut String, line: &str, is_cut: bool) {
    text.push_str(line);
    if !is_cut {
        text.push('\n');
    }
    // Drop rarely, so that not every line moves a long text.
    if text.len() > 2 * LONGEST_RESULT {
        let mut start = text.len() - LONGEST_RESULT;
        while !text.is_char_boundary(start) {
            start += 1;
        }
        text.drain(..start);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "current_thread")]
    async fn a_result_of_one_long_line_is_its_end() {
        let folder = tempfile::tempdir().unwrap();
        let text = "a".repeat(10) + &"b".repeat(LONGEST_RESULT) + "\n";
        let (told, mut heard) = tokio::sync::mpsc::channel(10);
        let (_running, over) = tokio::sync::watch::channel(false);
        let stream = Stream {
            unit: 0,
            start: 1,
            is_error: false,
            log: Log::at(folder.path().join("log")),
            is_watched: false,
            is_result: true,
            over,
        };
        follow(
            text.as_bytes(),
            stream,
            Redactor::new([].iter().copied()),
            told,
        )
        .await;
        let Some(Printed::Closed { text, .. }) = heard.recv().await else {
            panic!("the stream is not closed");
        };
        assert!(text.unwrap() == "b".repeat(LONGEST_RESULT));
    }

    #[tokio::test(flavor = "current_thread")]
    async fn a_log_has_all_lines_and_whoever_watches_is_told_them_in_turn() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("task.log");
        let text: String = (0..100_000).map(|number| format!("{number}\n")).collect();
        for is_watched in [false, true] {
            std::fs::write(&path, "").unwrap();
            let stream = Stream {
                unit: 7,
                start: 3,
                is_error: true,
                log: Log::at(path.clone()),
                is_watched,
                is_result: false,
                over: tokio::sync::watch::channel(false).1,
            };
            // The channel holds two lines; then the writer waits.
            let (sender, mut told) = tokio::sync::mpsc::channel(2);
            let bytes = std::io::Cursor::new(text.clone().into_bytes());
            tokio::spawn(follow(bytes, stream, Redactor::default(), sender));
            let mut lines = 0;
            while let Some(output) = told.recv().await {
                match output {
                    Printed::Line { line, .. } => {
                        assert_eq!(line, lines.to_string());
                        lines += 1;
                    }
                    Printed::Closed { unit, start, text } => {
                        assert_eq!((unit, start, text), (7, 3, None));
                    }
                    Printed::LogLost(error) => panic!("{error}"),
                }
            }
            assert_eq!(lines, if is_watched { 100_000 } else { 0 });
            assert!(std::fs::read_to_string(&path).unwrap() == text);
        }
        assert_eq!(offset_since(&path, 0).unwrap(), Some(0));
        assert_eq!(offset_since(&path, i64::MAX).unwrap(), None);
    }

    #[test]
    fn what_was_written_since_a_second_begins_at_its_first_byte() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("task.log");
        // A task that printed nothing has no log.
        assert_eq!(offset_since(&log, 0).unwrap(), None);
        assert!(!is_lost(&log));
        std::fs::write(&log, "x\n").unwrap();
        assert!(offset_since(&log, 0).is_err());
        // Both streams note the times.
        std::fs::write(times_of(&log), "10 0\n10 5\n12 40\n12 30\n15 90\n").unwrap();
        for (second, offset) in [
            (9, Some(0)),
            (10, Some(0)),
            (11, Some(30)),
            (15, Some(90)),
            (16, None),
        ] {
            assert_eq!(offset_since(&log, second).unwrap(), offset, "{second}");
        }
        assert!(!is_lost(&log));
        std::fs::remove_file(&log).unwrap();
        assert!(is_lost(&log));
        assert!(is_lost(&folder.path().join("gone/task.log")));
        std::fs::write(&log, "x\n").unwrap();
        std::fs::write(times_of(&log), "x\n").unwrap();
        assert!(offset_since(&log, 0).is_err());
    }
}
