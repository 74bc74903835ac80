//! A task's output: into its log file first, then to whoever watches.

use std::fs::File;
use std::io::Write;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader};
use tokio::sync::mpsc::Sender;
use tokio::sync::watch::Receiver;
use tokio::time::timeout;

use crate::Redactor;
use crate::dispatcher::Output;

/// A line longer than this is cut into several, so that output without an end of line
/// cannot fill the memory.
const LONGEST_LINE: u64 = 64 * 1024;
/// More than this is not held back: it is nearly all orders for the terminal, or a secret as
/// long as a line.
const LONGEST_HELD_BACK: usize = 128 * 1024;
/// Bytes that a process can have printed and nobody has read.
const LARGEST_PIPE: usize = 1024 * 1024;
/// After this time without a line, a stream of a task that is over has no more of them: what its
/// process has printed lies in the pipe when it has ended.
const AT_REST: Duration = Duration::from_millis(10);
/// Bytes that are read, and written to the log, at once.
const AT_ONCE: usize = 64 * 1024;

/// One stream of a task.
pub(crate) struct Stream {
    pub(crate) unit: usize,
    /// Which start of the run it belongs to.
    pub(crate) start: usize,
    pub(crate) is_error: bool,
    /// The task's log, open to append.
    pub(crate) log: File,
    /// Whether somebody watches the lines; otherwise the log alone has them.
    pub(crate) is_watched: bool,
    /// Whether the task's process has ended.
    pub(crate) over: Receiver<bool>,
}

/// Follows one stream of a task until its end: until nobody has it open any more, or until the
/// task is `over` and what it has printed is read. What it has put into the background may go
/// on printing.
///
/// Who takes no lines in holds up the task that prints them, as a full pipe does: what
/// waits to be shown is never more than the channel holds.
pub(crate) async fn follow(
    output: impl AsyncRead + Unpin,
    stream: Stream,
    redactor: Redactor,
    told: Sender<Output>,
) {
    let Stream {
        unit,
        start,
        is_error,
        log,
        is_watched,
        mut over,
    } = stream;
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
                // It is over as well where nobody can say so any more.
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
            if is_watched {
                watched.push(line);
            }
            if lines.has_more() && text.len() < AT_ONCE {
                continue;
            }
        }
        // Whole lines in one write: both streams append to one file.
        if let Some(file) = &mut log
            && let Err(error) = file.write_all(text.as_bytes())
        {
            let _ = told.send(Output::LogLost(error)).await;
            log = None;
        }
        text.clear();
        for line in watched.drain(..) {
            let line = Output::Line {
                unit,
                is_error,
                line,
            };
            let _ = told.send(line).await;
        }
        if is_end {
            break;
        }
        // A stream that is always ready would leave nobody else a turn.
        tokio::task::yield_now().await;
    }
    let _ = told.send(Output::Closed { unit, start }).await;
}

/// The lines of a stream, without secrets.
#[derive(Debug)]
pub struct RedactedLines<S> {
    stream: BufReader<S>,
    redactor: Redactor,
    line: Vec<u8>,
}

impl<S: AsyncRead + Unpin> RedactedLines<S> {
    /// Reads lines from a stream; bytes that are no text become `�`.
    pub fn new(stream: S, redactor: Redactor) -> Self {
        Self {
            stream: BufReader::with_capacity(AT_ONCE, stream),
            redactor,
            line: Vec::new(),
        }
    }

    /// Whether more of the stream has been read already.
    pub fn has_more(&self) -> bool {
        !self.stream.buffer().is_empty()
    }

    /// What there is of a line that has no end yet.
    pub fn rest(&mut self) -> Option<String> {
        let line = std::mem::take(&mut self.line);
        (!line.is_empty()).then(|| self.redactor.redact(&String::from_utf8_lossy(&line)))
    }

    /// The next line without its end; a piece of it where it is long. `None` at the end of the
    /// stream, or when it can no longer be read.
    pub async fn next(&mut self) -> Option<String> {
        let start = self.line.len();
        let read = (&mut self.stream)
            .take(LONGEST_LINE)
            .read_until(b'\n', &mut self.line)
            .await;
        let ended = !matches!(read, Ok(read) if read > 0);
        if ended && self.line.is_empty() {
            return None;
        }
        let is_whole = ended || self.line.last() == Some(&b'\n') || self.line.len() == start;
        // A letter may lie across the cut as well.
        let letter = if is_whole {
            Vec::new()
        } else {
            self.line.split_off(whole_letters(&self.line))
        };
        let text = String::from_utf8_lossy(&self.line);
        let mut text = self.redactor.redact(text.trim_end_matches(['\n', '\r']));
        self.line.clear();
        if !is_whole {
            // A secret may lie across the cut: its beginning waits for the rest.
            let mut cut = self.redactor.cut(&text);
            if text.len() - cut > LONGEST_HELD_BACK {
                cut = text.len();
            }
            self.line.extend_from_slice(text.split_off(cut).as_bytes());
            self.line.extend_from_slice(&letter);
        }
        Some(text)
    }
}

/// How many bytes of a text that was cut anywhere are whole letters, or none at all.
fn whole_letters(bytes: &[u8]) -> usize {
    const LONGEST_LETTER: usize = 4;
    let tail = bytes.len().saturating_sub(LONGEST_LETTER - 1);
    let starts = |byte: &u8| byte & 0b1100_0000 == 0b1100_0000;
    match bytes[tail..].iter().rposition(starts) {
        Some(at) if matches!(std::str::from_utf8(&bytes[tail + at..]), Err(error) if error.error_len().is_none()) => {
            tail + at
        }
        _ => bytes.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn lines(text: &[u8], secrets: &[&str]) -> Vec<String> {
        let redactor = Redactor::new(secrets.iter().copied());
        let mut lines = RedactedLines::new(text, redactor);
        let mut found = Vec::new();
        while let Some(line) = lines.next().await {
            found.push(line);
        }
        found
    }

    #[tokio::test(flavor = "current_thread")]
    async fn lines_lose_their_ends_and_nothing_else() {
        let found = lines(b"a\r\n\n\xff b\nlast", &[]).await;
        assert_eq!(found, ["a", "", "\u{fffd} b", "last"]);
    }

    #[tokio::test(flavor = "current_thread")]
    async fn a_long_line_comes_in_pieces_that_cut_no_letter() {
        let length = usize::try_from(LONGEST_LINE).unwrap();
        for letter in ["é", "☃", "🦀"] {
            for before in 0..letter.len() {
                let text = "-".repeat(length - before) + &letter.repeat(length);
                let pieces = lines(text.as_bytes(), &["some secret"]).await;
                assert!(pieces.iter().all(|piece| piece.len() < 2 * length));
                assert!(pieces.concat() == text, "{letter} {before}");
            }
        }
    }

    #[tokio::test(flavor = "current_thread")]
    async fn a_log_has_all_lines_and_whoever_watches_is_told_them_in_turn() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let text: String = (0..100_000).map(|number| format!("{number}\n")).collect();
        for is_watched in [false, true] {
            file.as_file().set_len(0).unwrap();
            let stream = Stream {
                unit: 7,
                start: 3,
                is_error: true,
                log: File::options().append(true).open(file.path()).unwrap(),
                is_watched,
                over: tokio::sync::watch::channel(false).1,
            };
            // It holds two lines: who prints waits.
            let (sender, mut told) = tokio::sync::mpsc::channel(2);
            let bytes = std::io::Cursor::new(text.clone().into_bytes());
            tokio::spawn(follow(bytes, stream, Redactor::default(), sender));
            let mut lines = 0;
            while let Some(output) = told.recv().await {
                match output {
                    Output::Line { line, .. } => {
                        assert_eq!(line, lines.to_string());
                        lines += 1;
                    }
                    Output::Closed { unit, start } => assert_eq!((unit, start), (7, 3)),
                    Output::LogLost(error) => panic!("{error}"),
                }
            }
            assert_eq!(lines, if is_watched { 100_000 } else { 0 });
            assert!(std::fs::read_to_string(file.path()).unwrap() == text);
        }
    }
}
