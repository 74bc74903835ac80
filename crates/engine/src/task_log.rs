//! A task's output: into its log file first, then to whoever watches.

use std::path::Path;

use runs::private;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader};
use tokio::sync::mpsc::UnboundedSender;

use crate::Redactor;
use crate::dispatcher::Message;

/// A line longer than this is cut into several, so that output without an end of line
/// cannot fill the memory.
const LONGEST_LINE: u64 = 64 * 1024;
/// More than this is not held back: it is nearly all orders for the terminal, or a secret as
/// long as a line.
const LONGEST_HELD_BACK: usize = 128 * 1024;

/// Follows one stream of a task until its end.
pub(crate) async fn follow(
    stream: impl AsyncRead + Unpin,
    file: &Path,
    unit: usize,
    is_error: bool,
    redactor: Redactor,
    messages: UnboundedSender<Message>,
) {
    let mut file = match private::open_to_append(file) {
        Ok(file) => Some(file),
        Err(error) => {
            let _ = messages.send(Message::LogLost(error));
            None
        }
    };
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
            let mut cut = redactor.cut(&text);
            if text.len() - cut > LONGEST_HELD_BACK {
                cut = text.len();
            }
            line.extend_from_slice(text.split_off(cut).as_bytes());
        }
        take(text);
    }
}
