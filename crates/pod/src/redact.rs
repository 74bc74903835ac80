//! Removal of secrets from everything that is written or shown.

use runs::{Cause, Frame};

use crate::escapes::{Piece, TerminalEffect, pieces, unfinished};

/// Shortest line of a secret to hide: a shorter one occurs in ordinary words.
const SHORTEST: usize = 3;
/// Replacement for a secret.
const HIDDEN: &str = "***";

/// Hides secret texts.
#[derive(Clone, Default)]
pub struct Redactor {
    secrets: Vec<String>,
}

impl std::fmt::Debug for Redactor {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Redactor({} secrets)", self.secrets.len())
    }
}

impl Redactor {
    /// Creates a redactor for the texts of secrets; each line is a secret of its own.
    pub fn new<'a>(texts: impl Iterator<Item = &'a str>) -> Self {
        let mut secrets: Vec<String> = texts
            .flat_map(str::lines)
            .map(str::trim)
            // Hide also the text that a terminal shows for the secret.
            .flat_map(|line| [line.to_owned(), Shown::of(line).text])
            .filter(|line| line.len() >= SHORTEST)
            .collect();
        // Longest first: a secret may be part of another.
        secrets.sort_by(|one, other| other.len().cmp(&one.len()).then(one.cmp(other)));
        secrets.dedup();
        Self { secrets }
    }

    /// Says whether there are no secrets to hide.
    pub fn is_empty(&self) -> bool {
        self.secrets.is_empty()
    }

    /// Finds a place to cut a stream of text, so that no secret lies across the cut.
    pub(crate) fn cut(&self, text: &str) -> usize {
        let longest = self.secrets.iter().map(String::len).max();
        let mut held_back = longest.unwrap_or_default().saturating_sub(1);
        let end = unfinished(text).unwrap_or(text.len());
        let mut cut = end;
        for Piece { kind, range } in pieces(&text[..end]).into_iter().rev() {
            if held_back == 0 {
                break;
            }
            cut = range.start;
            if kind == TerminalEffect::Shown {
                let length = range.len();
                cut = range.end - length.min(held_back);
                held_back = held_back.saturating_sub(length);
            }
        }
        while !text.is_char_boundary(cut) {
            cut -= 1;
        }
        cut
    }

    /// Hides the secrets in a text, including those with escape sequences and control characters between their letters.
    pub fn redact(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for secret in &self.secrets {
            if text.contains(secret.as_str()) {
                text = text.replace(secret.as_str(), HIDDEN);
            }
        }
        if !text.contains(char::is_control) {
            return text;
        }
        let mut shown = Shown::of(&text);
        for secret in &self.secrets {
            if let Some(clean) = shown.without(&text, secret) {
                shown = Shown::of(&clean);
                text = clean;
            }
        }
        text
    }
}

impl Redactor {
    /// Hides the secrets in the cause of a failure, and shortens it.
    #[must_use]
    pub fn redact_cause(&self, cause: Cause) -> Cause {
        let redact = |text: String| self.redact(&text);
        let mut cause = Cause {
            kind: redact(cause.kind),
            exception: cause.exception.map(redact),
            message: redact(cause.message),
            node: cause.node.map(redact),
            frame: cause.frame.map(|frame| Frame {
                file: redact(frame.file),
                function: redact(frame.function),
                ..frame
            }),
            traceback: cause.traceback.map(redact),
        };
        // Shorten after the redaction: half of a secret would not be found.
        cause.shorten();
        cause
    }
}

/// Visible part of a text, and the place of each of its bytes in the text.
struct Shown {
    text: String,
    places: Vec<usize>,
}

impl Shown {
    fn of(text: &str) -> Self {
        let mut shown = Self {
            text: String::with_capacity(text.len()),
            places: Vec::with_capacity(text.len()),
        };
        for Piece { range, .. } in pieces(text)
            .into_iter()
            .filter(|piece| piece.kind == TerminalEffect::Shown)
        {
            shown.text.push_str(&text[range.clone()]);
            shown.places.extend(range);
        }
        shown
    }

    /// Text without a secret that has control sequences between its letters, with colours kept; none if the secret does
    /// not occur.
    fn without(&self, text: &str, secret: &str) -> Option<String> {
        let mut clean = String::new();
        let mut rest = 0;
        for (start, found) in self.text.match_indices(secret) {
            let range = self.places[start]..self.places[start + found.len() - 1] + 1;
            clean.push_str(&text[rest..range.start]);
            clean.push_str(HIDDEN);
            let colours = pieces(&text[range.clone()])
                .into_iter()
                .filter(|piece| piece.kind == TerminalEffect::Colour);
            for piece in colours {
                clean.push_str(&text[range.clone()][piece.range]);
            }
            rest = range.end;
        }
        if rest == 0 {
            return None;
        }
        clean.push_str(&text[rest..]);
        Some(clean)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_and_their_lines_are_taken_out() {
        let redactor = Redactor::new(
            [
                "hunter22",
                "first line\nsecond line",
                "hunter22extended",
                "ab",
            ]
            .into_iter(),
        );
        assert_eq!(
            redactor.redact("x hunter22extended hunter22!"),
            "x *** ***!"
        );
        assert_eq!(redactor.redact("the second line ab"), "the *** ab");
        assert!(!format!("{redactor:?}").contains("hunter"));
    }

    #[test]
    fn a_secret_is_found_between_colours_and_other_orders() {
        let redactor = Redactor::new(["hunter22", "col\u{1b}[1moured"].into_iter());
        for (text, clean) in [
            ("a hun\u{1b}[31mter22 b", "a ***\u{1b}[31m b"),
            (
                "\u{1b}[1mh\u{1b}[0mu\u{1b}[1mnter22\u{1b}[0m",
                "\u{1b}[1m***\u{1b}[0m\u{1b}[1m\u{1b}[0m",
            ),
            ("hun\u{1b}]8;;x\u{7}ter22 hun\u{0}ter\u{9b}K22", "*** ***"),
            ("title \u{1b}]0;hunter22\u{7}", "title \u{1b}]0;***\u{7}"),
            ("col\u{1b}[1moured and coloured", "*** and ***"),
            ("hun\u{1b}]0;ter22", "hun\u{1b}]0;ter22"),
            ("hun\u{1b}[31mter 22", "hun\u{1b}[31mter 22"),
        ] {
            assert_eq!(redactor.redact(text), clean, "{text:?}");
        }
    }

    #[test]
    fn a_cut_keeps_the_beginning_of_a_secret_however_long_it_is_written() {
        let redactor = Redactor::new(["hunter22"].into_iter());
        for (text, cut) in [
            ("0123456789", 3),
            ("0123456789\u{1b}[31m\u{1b}[31m", 3),
            ("012345hunter2\u{1b}[3", 6),
            ("0h\u{1b}[31mu\u{1b}[31mn\u{1b}[31mter2", 1),
            ("ééééé", 2),
            ("\u{1b}[31m", 0),
        ] {
            assert_eq!(redactor.cut(text), cut, "{text:?}");
        }
    }
}
