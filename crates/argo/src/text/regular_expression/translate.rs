//! Parses a regular expression like Go, and writes it for the Rust library.

mod class;
mod escape;
mod group;
mod reader;
mod repeat;
mod unicode;

use reader::{Flags, Reader};
use repeat::bounds;

/// A pattern for the Rust library.
pub(super) struct Translated {
    /// Pattern in the library's syntax.
    pub(super) pattern: String,
    /// Names of the groups; the first group is the whole match.
    pub(super) names: Vec<Option<String>>,
}

/// Translates a pattern; `None` if Go refuses it.
pub(super) fn translate(pattern: &str) -> Option<Translated> {
    let mut reader = Reader {
        left: pattern,
        written: String::new(),
        names: vec![None],
        flags: Flags::default(),
        groups: Vec::new(),
        last: None,
        repetitions: 1,
    };
    let mut was_repeated = false;
    while let Some(character) = reader.left.chars().next() {
        let is_repetition = reader.step(character, was_repeated)?;
        was_repeated = is_repetition;
    }
    reader.groups.is_empty().then_some(Translated {
        pattern: reader.written,
        names: reader.names,
    })
}

impl Reader<'_> {
    /// Reads one element of the pattern; says whether it is a repetition.
    fn step(&mut self, character: char, was_repeated: bool) -> Option<bool> {
        match character {
            '(' => self.open()?,
            ')' => {
                let group = self.groups.pop()?;
                self.skip(1);
                self.written.push(')');
                self.last = Some((group.start, self.repetitions));
                self.flags = group.flags;
                self.repetitions = self.repetitions.max(group.repetitions);
            }
            '|' => {
                self.skip(1);
                self.written.push('|');
                self.last = None;
            }
            '^' => {
                self.skip(1);
                let text = if self.flags.lines { "(?m:^)" } else { "(?:^)" };
                self.atom(text);
            }
            '$' => {
                self.skip(1);
                let text = if self.flags.lines { "(?m:$)" } else { "(?:$)" };
                self.atom(text);
            }
            '.' => {
                self.skip(1);
                let text = if self.flags.dot_is_all { "(?s:.)" } else { "." };
                self.atom(text);
            }
            '[' => {
                let class = class::read(&mut self.left)?;
                self.class(&class);
            }
            '*' | '+' | '?' => {
                self.skip(1);
                let mut encoded = [0; 4];
                self.repeat(character.encode_utf8(&mut encoded), 1, was_repeated)?;
                return Some(true);
            }
            '{' => match bounds(self.left) {
                None => {
                    self.skip(1);
                    self.literal('{');
                }
                Some((size, least, most)) => {
                    let least = least?;
                    let most = match most {
                        None => None,
                        Some(most) => Some(most?),
                    };
                    if most.is_some_and(|most| least > most) {
                        return None;
                    }
                    self.skip(size);
                    let text = match most {
                        Some(most) => format!("{{{least},{most}}}"),
                        None => format!("{{{least},}}"),
                    };
                    self.repeat(&text, most.unwrap_or(least), was_repeated)?;
                    return Some(true);
                }
            },
            '\\' => self.escape()?,
            _ => {
                self.skip(character.len_utf8());
                self.literal(character);
            }
        }
        Some(false)
    }

    fn class(&mut self, class: &str) {
        if self.flags.ignores_case {
            self.atom(&format!("(?i:{class})"));
        } else {
            self.atom(class);
        }
    }

    fn escape(&mut self) -> Option<()> {
        let character = self.left.chars().nth(1)?;
        let special = match character {
            'A' => Some("(?:\\A)"),
            'z' => Some("(?:\\z)"),
            'b' => Some("(?-u:\\b)"),
            'B' => Some("(?-u:\\B)"),
            _ => None,
        };
        if let Some(special) = special {
            self.skip(2);
            self.atom(special);
            return Some(());
        }
        if character == 'Q' {
            self.skip(2);
            let quoted = self.left.split_once("\\E");
            let (quoted, rest) = quoted.unwrap_or((self.left, ""));
            self.left = rest;
            for character in quoted.chars() {
                self.literal(character);
            }
            return Some(());
        }
        if let Some(class) = class::escaped(&mut self.left).ok()? {
            self.class(&class);
            return Some(());
        }
        let character = escape::read(&mut self.left)?;
        self.literal(character);
        Some(())
    }
}

/// `regexp.QuoteMeta`.
pub(in crate::text) fn quoted(text: &str) -> String {
    let mut found = String::with_capacity(text.len());
    for character in text.chars() {
        if r"\.+*?()|[]{}^$".contains(character) {
            found.push('\\');
        }
        found.push(character);
    }
    found
}
