//! Lines of a process' output, without secrets.

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader};

use crate::Redactor;

/// Maximum length of a line in bytes; a longer one is cut, so that output without line ends cannot fill the memory.
const LONGEST_LINE: u64 = 64 * 1024;
/// Maximum number of bytes to hold back: a longer part is nearly all control sequences, or a secret as long as a line.
const LONGEST_HELD_BACK: usize = 128 * 1024;
/// Bytes per read. Each stream of each task has a buffer of this size.
const AT_ONCE: usize = 16 * 1024;

/// The lines of a stream, without secrets.
#[derive(Debug)]
pub struct RedactedLines<S> {
    stream: BufReader<S>,
    redactor: Redactor,
    line: Vec<u8>,
    is_cut: bool,
}

impl<S: AsyncRead + Unpin> RedactedLines<S> {
    /// Reads lines from a stream; invalid UTF-8 becomes `�`.
    pub fn new(stream: S, redactor: Redactor) -> Self {
        Self {
            stream: BufReader::with_capacity(AT_ONCE, stream),
            redactor,
            line: Vec::new(),
            is_cut: false,
        }
    }

    /// Says whether the last returned piece ends inside of a line.
    pub fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// Says whether a whole line is in the buffer. The beginning of an unfinished line does not count: its end may take
    /// long to come.
    pub fn has_more(&self) -> bool {
        self.stream.buffer().contains(&b'\n')
    }

    /// Takes the read part of an unfinished line.
    pub fn rest(&mut self) -> Option<String> {
        let line = std::mem::take(&mut self.line);
        (!line.is_empty()).then(|| self.redactor.redact(&String::from_utf8_lossy(&line)))
    }

    /// Next line without its end, or the next piece of a long line. `None` at the end of the stream, or after a read
    /// error.
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
        // A letter may lie across the cut too.
        let letter = if is_whole {
            Vec::new()
        } else {
            self.line.split_off(whole_letters(&self.line))
        };
        let text = String::from_utf8_lossy(&self.line);
        let mut text = self.redactor.redact(text.trim_end_matches(['\n', '\r']));
        self.line.clear();
        self.is_cut = !is_whole;
        if !is_whole {
            // A secret may lie across the cut: hold back its beginning until the rest arrives.
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

/// Number of bytes up to the end of the last whole letter, for a text that may be cut inside of a letter.
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
    async fn a_line_does_not_wait_for_the_end_of_the_next_one() {
        let mut lines = RedactedLines::new(&b"one\ntwo\nthr"[..], Redactor::default());
        assert_eq!(lines.next().await.as_deref(), Some("one"));
        assert!(lines.has_more());
        assert_eq!(lines.next().await.as_deref(), Some("two"));
        assert!(!lines.has_more());
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
}
