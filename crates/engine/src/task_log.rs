//! A task's output: into its log file first, then to whoever watches.

use std::path::Path;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader};
use tokio::sync::mpsc::UnboundedSender;

use crate::Redactor;
use crate::dispatcher::Message;

/// A line longer than this is cut into several, so that output without an end of line
/// cannot fill the memory.
const LONGEST_LINE: u64 = 64 * 1024;

/// Follows one stream of a task until its end.
pub(crate) async fn follow(
    stream: impl AsyncRead + Unpin,
    file: &Path,
    unit: usize,
    is_error: bool,
    redactor: Redactor,
    messages: UnboundedSender<Message>,
) {
    let mut file = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(file)
        .ok();
    redacted_lines(stream, &redactor, |text| {
        // One write a line: both streams append to one file, and lines stay whole.
        if let Some(open) = &mut file
            && let Err(error) = std::io::Write::write_all(open, format!("{text}\n").as_bytes())
        {
            let _ = messages.send(Message::LogLost(error));
            file = None;
        }
        let _ = messages.send(Message::Line {
            unit,
            is_error,
            line: text,
        });
    })
    .await;
    let _ = messages.send(Message::Closed { unit });
}

/// Reads a stream to its end, and gives its lines without secrets.
pub async fn redacted_lines(
    stream: impl AsyncRead + Unpin,
    redactor: &Redactor,
    mut take: impl FnMut(String),
) {
    let mut stream = BufReader::new(stream);
    let mut line = Vec::new();
    loop {
        let start = line.len();
        let read = (&mut stream)
            .take(LONGEST_LINE)
            .read_until(b'\n', &mut line)
            .await;
        let ended = !matches!(read, Ok(read) if read > 0);
        if ended && line.is_empty() {
            break;
        }
        let text = String::from_utf8_lossy(&line);
        let mut text = redactor.redact(text.trim_end_matches(['\n', '\r']));
        let is_whole = ended || line.last() == Some(&b'\n') || line.len() == start;
        line.clear();
        if !is_whole {
            // A secret may lie across the cut: its beginning waits for the rest.
            let mut cut = text.len().saturating_sub(redactor.held_back());
            while !text.is_char_boundary(cut) {
                cut -= 1;
            }
            line.extend_from_slice(text.split_off(cut).as_bytes());
        }
        take(text);
    }
}
