//! Visible parts of a text, and the parts that control a terminal: escape sequences (ECMA-48, 5.2 to 5.6) and control
//! characters.

use std::borrow::Cow;
use std::ops::Range;

const ESCAPE: char = '\u{1b}';
const BELL: char = '\u{7}';
/// End of a control string, as one character.
const STRING_TERMINATOR: char = '\u{9c}';

/// A part of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) kind: TerminalEffect,
    /// Range of bytes in the text.
    pub(crate) range: Range<usize>,
}

/// Effect of a part of a text on a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TerminalEffect {
    /// Visible text.
    Shown,
    /// Change of the colour or weight of the following text (SGR).
    Colour,
    /// Any other control sequence.
    Order,
}

/// Text for a terminal: visible parts and colours, without other control sequences.
///
/// Line ends and tabs stay. A control character that moves the cursor becomes a blank.
pub fn for_terminal(text: &str) -> Cow<'_, str> {
    let is_harmless = |character: char| !character.is_control() || matches!(character, '\n' | '\t');
    if text.chars().all(is_harmless) {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len());
    for Piece { kind, range } in pieces(text) {
        match (kind, &text[range.clone()]) {
            (TerminalEffect::Shown | TerminalEffect::Colour, part) | (_, part @ ("\n" | "\t")) => {
                clean.push_str(part);
            }
            (TerminalEffect::Order, "\r") if text[range.end..].starts_with('\n') => {}
            (TerminalEffect::Order, "\r" | "\u{b}" | "\u{c}" | "\u{85}") => clean.push(' '),
            (TerminalEffect::Order, _) => {}
        }
    }
    Cow::Owned(clean)
}

/// Splits a text into its parts, in order and without gaps. No sequence crosses the end of a line: an unfinished
/// sequence is shown as text.
pub(crate) fn pieces(text: &str) -> Vec<Piece> {
    Walk::along(text).map(|(piece, _)| piece).collect()
}

/// Finds the start of an unfinished sequence at the end of a text.
pub(crate) fn unfinished(text: &str) -> Option<usize> {
    let line = text.rfind('\n').map_or(0, |end| end + 1);
    Walk::along(&text[line..])
        .find(|(_, is_unfinished)| *is_unfinished)
        .map(|(piece, _)| line + piece.range.start)
}

/// Iterator over the pieces of a text. It reads each letter only a few times: hostile output could otherwise keep it
/// busy. Each item says whether a sequence begins there that its line leaves unfinished.
struct Walk<'text> {
    text: &'text str,
    start: usize,
    line_end: usize,
    /// Set if a control string of this line has no end: then no later one has one.
    is_string_open: bool,
}

impl<'text> Walk<'text> {
    fn along(text: &'text str) -> Self {
        Self {
            text,
            start: 0,
            line_end: 0,
            is_string_open: false,
        }
    }

    /// Reads the sequence at a control character: its kind, its length in bytes, and whether it is unfinished.
    fn order(&mut self, first: char) -> (TerminalEffect, usize, bool) {
        if self.start >= self.line_end {
            let end = self.text[self.start..].find('\n');
            self.line_end = end.map_or(self.text.len(), |end| self.start + end);
            self.is_string_open = false;
        }
        let rest = &self.text[self.start..self.line_end];
        let is_string = begins_string(rest);
        let sequence = if is_string && self.is_string_open {
            Sequence::Unfinished
        } else {
            sequence(rest)
        };
        match sequence {
            Sequence::Whole(length) if is_colour(&rest[..length]) => {
                (TerminalEffect::Colour, length, false)
            }
            Sequence::Whole(length) => (TerminalEffect::Order, length, false),
            Sequence::None => (TerminalEffect::Order, first.len_utf8(), false),
            Sequence::Unfinished => {
                self.is_string_open |= is_string;
                (TerminalEffect::Order, first.len_utf8(), true)
            }
        }
    }
}

impl Iterator for Walk<'_> {
    type Item = (Piece, bool);

    fn next(&mut self) -> Option<Self::Item> {
        let rest = &self.text[self.start..];
        let first = rest.chars().next()?;
        let (kind, length, is_unfinished) = if first.is_control() {
            self.order(first)
        } else {
            let length = rest.find(char::is_control).unwrap_or(rest.len());
            (TerminalEffect::Shown, length, false)
        };
        let range = self.start..self.start + length;
        self.start = range.end;
        Some((Piece { kind, range }, is_unfinished))
    }
}

/// Says whether a text begins with an introducer of a control string.
fn begins_string(text: &str) -> bool {
    let mut characters = text.chars();
    let introducer = match characters.next() {
        Some(ESCAPE) => characters.next(),
        Some(first) => introduced(first),
        None => None,
    };
    matches!(introducer, Some(']' | 'P' | 'X' | '^' | '_'))
}

/// Sequence at the start of a text.
enum Sequence {
    /// A complete sequence of this many bytes.
    Whole(usize),
    /// A sequence that the text leaves unfinished.
    Unfinished,
    /// No sequence.
    None,
}

fn sequence(text: &str) -> Sequence {
    let mut characters = text.char_indices();
    let Some((_, first)) = characters.next() else {
        return Sequence::None;
    };
    let introducer = if first == ESCAPE {
        match characters.clone().next() {
            Some((_, second @ ('[' | ']' | 'P' | 'X' | '^' | '_'))) => {
                characters.next();
                second
            }
            Some((_, ' '..='~')) => ESCAPE,
            Some(_) => return Sequence::None,
            None => return Sequence::Unfinished,
        }
    } else if let Some(introducer) = introduced(first) {
        introducer
    } else {
        return Sequence::None;
    };
    match introducer {
        // Parameters and intermediate characters, then a final one. Terminals allow control characters in between.
        '[' => until(characters, |character| match character {
            ' '..='?' => Some(false),
            '@'..='~' => Some(true),
            ESCAPE | '\u{18}' | '\u{1a}' => None,
            character if character.is_ascii_control() => Some(false),
            _ => None,
        }),
        ESCAPE => until(characters, |character| match character {
            ' '..='/' => Some(false),
            '0'..='~' => Some(true),
            _ => None,
        }),
        _ => control_string(characters),
    }
}

/// Reads characters up to the last one (true). A character that does not belong to the sequence (none) makes it
/// invalid.
fn until(
    characters: std::str::CharIndices<'_>,
    is_last: impl Fn(char) -> Option<bool>,
) -> Sequence {
    for (at, character) in characters {
        match is_last(character) {
            Some(true) => return Sequence::Whole(at + character.len_utf8()),
            Some(false) => {}
            None => return Sequence::None,
        }
    }
    Sequence::Unfinished
}

fn control_string(mut characters: std::str::CharIndices<'_>) -> Sequence {
    while let Some((at, character)) = characters.next() {
        match character {
            BELL | STRING_TERMINATOR => return Sequence::Whole(at + character.len_utf8()),
            ESCAPE => {
                return match characters.next() {
                    Some((at, '\\')) => Sequence::Whole(at + 1),
                    // The string ends here, and another sequence begins.
                    Some(_) => Sequence::Whole(at),
                    None => Sequence::Unfinished,
                };
            }
            _ => {}
        }
    }
    Sequence::Unfinished
}

/// Letter after an escape that means the same as a single control character (ECMA-48, 5.3).
fn introduced(character: char) -> Option<char> {
    match character {
        '\u{90}' => Some('P'),
        '\u{98}' => Some('X'),
        '\u{9b}' => Some('['),
        '\u{9d}' => Some(']'),
        '\u{9e}' => Some('^'),
        '\u{9f}' => Some('_'),
        _ => None,
    }
}

fn is_colour(sequence: &str) -> bool {
    let parameters = sequence.strip_prefix("\u{1b}[");
    parameters
        .and_then(|rest| rest.strip_suffix('m'))
        .is_some_and(|rest| {
            rest.bytes()
                .all(|byte| byte.is_ascii_digit() || matches!(byte, b';' | b':'))
        })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_terminal_gets_text_and_colours_and_no_orders() {
        for (text, shown) in [
            ("plain ünï\ttab\n", "plain ünï\ttab\n"),
            ("\u{1b}[1;31mred\u{1b}[0m", "\u{1b}[1;31mred\u{1b}[0m"),
            ("\u{1b}[38:2:1:2:3mx", "\u{1b}[38:2:1:2:3mx"),
            // The clipboard, a link, and a title, with each kind of terminator.
            ("a\u{1b}]52;c;aGk=\u{7}b", "ab"),
            ("a\u{1b}]8;;http://x\u{1b}\\b\u{1b}]8;;\u{1b}\\c", "abc"),
            ("a\u{1b}]0;title\u{9c}b", "ab"),
            ("a\u{9d}0;title\u{7}b\u{9b}2Jc\u{9b}31md", "abcd"),
            (
                "a\u{1b}Pq#0\u{1b}\\b\u{1b}_x\u{1b}\\c\u{1b}^y\u{1b}\\d",
                "abcd",
            ),
            // Cursor moves, erasure, other screens, keyboard modes, character sets, a reset.
            (
                "a\u{1b}[2J\u{1b}[1;1Hb\u{1b}[?1049hc\u{1b}[>4;1md\u{1b}(0e\u{1b}cf",
                "abcdef",
            ),
            ("a\u{1b}[3\u{8}1Ab", "ab"),
            ("10%\r20%\u{8}\u{8}x\u{0}\u{7f}\r\n", "10% 20%x\n"),
            // An unfinished sequence has no effect, and hides nothing.
            ("a\u{1b}]52;c;text", "a]52;c;text"),
            ("a\u{1b}]0;x\nb\u{7}c", "a]0;x\nbc"),
            ("a\u{1b}[31é", "a[31é"),
            ("a\u{1b}\u{1b}[31mb\u{1b}", "a\u{1b}[31mb"),
            ("a\u{1b}]0;x\u{1b}[31mb", "a\u{1b}[31mb"),
        ] {
            assert_eq!(for_terminal(text), shown, "{text:?}");
        }
    }

    #[test]
    fn the_beginning_of_a_sequence_is_known() {
        for (text, at) in [
            ("abc", None),
            ("abc\u{1b}[31m", None),
            ("abc\u{1b}[31", Some(3)),
            ("abc\u{1b}", Some(3)),
            ("\u{1b}[31mabc\u{1b}]0;\u{1b}", Some(8)),
            ("\u{1b}]0;\nabc", None),
        ] {
            assert_eq!(unfinished(text), at, "{text:?}");
        }
    }

    #[test]
    fn a_text_of_orders_alone_takes_no_longer_than_another() {
        // Each of these took minutes when every character searched for the end of the line.
        let many = 1 << 20;
        for text in [
            "\0".repeat(many),
            "\ra".repeat(many),
            "\u{9d}".repeat(many),
            format!("{}\u{1b}", "\u{9d}".repeat(many)),
            format!("{}\u{7}", "\u{9d}".repeat(many)),
            "\u{1b}]".repeat(many),
            "\u{1b}[1;".repeat(many),
            format!("\u{9b}{}", "\0".repeat(many)),
        ] {
            assert_eq!(pieces(&text).last().unwrap().range.end, text.len());
            let _ = unfinished(&text);
        }
    }

    proptest! {
        /// In any text, only colours remain as control sequences, and a second pass changes nothing.
        #[test]
        fn no_order_is_left(text in "[\u{1b}\u{9b}\u{9d}\u{7}\\\\\\[\\]P0-9;?mHJ\r\né ]{0,40}") {
            let shown = for_terminal(&text).into_owned();
            for Piece { kind, range } in pieces(&shown) {
                prop_assert!(kind != TerminalEffect::Order || matches!(&shown[range.clone()], "\n" | "\t"), "{:?}", shown);
            }
            prop_assert_eq!(for_terminal(&shown), shown.as_str());
            prop_assert_eq!(pieces(&text).iter().map(|piece| piece.range.len()).sum::<usize>(), text.len());
        }
    }
}
