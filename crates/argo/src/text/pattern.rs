//! Regular expressions of Go (`regexp/syntax`), written as the library at hand reads them.
//!
//! Both come from RE2, but for a few letters: in Go `\d`, `\w`, `\s` and `\b` know ASCII alone, a brace that starts no
//! repetition is a letter, `\Q…\E` is text as it is, and what is in square brackets has no operators.

use std::fmt::Write as _;

use regex::Regex;

/// Most that Go lets a repetition count to.
const MOST_TIMES: u32 = 1000;

/// The regular expression of Go that is written so.
///
/// # Errors
///
/// Returns why it is none.
pub(crate) fn pattern(written: &str) -> Result<Regex, String> {
    let wrong = |why: &str| format!("`{written}` is not a regular expression: {why}");
    let translated = Translation::of(written).map_err(wrong)?;
    Regex::new(&translated).map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => wrong("it is too large"),
        _ => wrong(
            // The last line says why, those above it show the translated one.
            error
                .to_string()
                .lines()
                .last()
                .map_or("it cannot be read", |line| {
                    line.strip_prefix("error: ").unwrap_or(line)
                }),
        ),
    })
}

struct Translation<'w> {
    rest: &'w str,
    written: String,
    /// Whether what comes before is a repetition, which no other may follow.
    is_repeated: bool,
}

impl<'w> Translation<'w> {
    fn of(written: &'w str) -> Result<String, &'static str> {
        let mut translation = Self {
            rest: written,
            written: String::with_capacity(written.len()),
            is_repeated: false,
        };
        while let Some(letter) = translation.take() {
            translation.one(letter)?;
        }
        Ok(translation.written)
    }

    fn take(&mut self) -> Option<char> {
        let letter = self.rest.chars().next()?;
        self.rest = self.rest.get(letter.len_utf8()..).unwrap_or_default();
        Some(letter)
    }

    fn take_if(&mut self, prefix: &str) -> bool {
        match self.rest.strip_prefix(prefix) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn literal(&mut self, letter: char) {
        self.written
            .push_str(&regex::escape(letter.encode_utf8(&mut [0; 4])));
    }

    fn one(&mut self, letter: char) -> Result<(), &'static str> {
        let was_repeated = std::mem::take(&mut self.is_repeated);
        match letter {
            '*' | '+' | '?' => self.repeat(letter.encode_utf8(&mut [0; 4]), was_repeated)?,
            '{' => match counts(self.rest) {
                None => self.literal('{'),
                Some((length, least, most)) => {
                    if least > MOST_TIMES
                        || most.is_some_and(|most| most > MOST_TIMES || most < least)
                    {
                        return Err("it repeats too often");
                    }
                    let (counted, rest) = self.rest.split_at(length);
                    self.rest = rest;
                    self.repeat(&format!("{{{counted}"), was_repeated)?;
                }
            },
            '[' => self.class()?,
            '(' => self.group()?,
            '\\' => self.escape(false)?,
            _ => self.written.push(letter),
        }
        Ok(())
    }

    fn repeat(&mut self, how: &str, was_repeated: bool) -> Result<(), &'static str> {
        if was_repeated {
            return Err("a repetition follows another one");
        }
        self.written.push_str(how);
        if self.take_if("?") {
            self.written.push('?');
        }
        self.is_repeated = true;
        Ok(())
    }

    /// The start of a group: Go knows fewer flags.
    fn group(&mut self) -> Result<(), &'static str> {
        self.written.push('(');
        if !self.rest.starts_with('?') {
            return Ok(());
        }
        if self.rest.starts_with("?P<") || self.rest.starts_with("?<") {
            return Ok(());
        }
        let flags = self.rest.get(1..).unwrap_or_default();
        let length = flags.find([':', ')']).ok_or("a group is not closed")?;
        let (flags, _) = flags.split_at(length);
        if !flags.chars().all(|flag| "imsU-".contains(flag)) {
            return Err("it has a flag or a group that Go does not know");
        }
        self.written.push('?');
        self.written.push_str(flags);
        self.rest = self.rest.get(1 + length..).unwrap_or_default();
        Ok(())
    }

    /// What stands in square brackets.
    fn class(&mut self) -> Result<(), &'static str> {
        self.written.push('[');
        if self.take_if("^") {
            self.written.push('^');
        }
        let mut is_first = true;
        while let Some(letter) = self.take() {
            match letter {
                ']' if !is_first => {
                    self.written.push(']');
                    return Ok(());
                }
                '[' if self.rest.starts_with(':') => {
                    let name = self.rest.find(":]").map(|end| self.rest.split_at(end + 2));
                    match name {
                        Some((name, rest)) => {
                            self.written.push('[');
                            self.written.push_str(name);
                            self.rest = rest;
                        }
                        None => self.written.push_str("\\["),
                    }
                }
                '-' => {
                    let ends = self.rest.starts_with(']');
                    if !is_first && !ends {
                        // Perl takes no hyphen between a range and what follows it.
                        if self.rest.starts_with('-') {
                            return Err("a range in square brackets is not valid");
                        }
                        self.written.push('-');
                    } else {
                        self.written.push_str("\\-");
                    }
                }
                '[' | '&' | '~' | ']' | '^' => {
                    self.written.push('\\');
                    self.written.push(letter);
                }
                '\\' => self.escape(true)?,
                _ => self.written.push(letter),
            }
            is_first = false;
        }
        Err("square brackets are not closed")
    }

    /// What follows a backslash.
    fn escape(&mut self, in_class: bool) -> Result<(), &'static str> {
        let Some(letter) = self.take() else {
            return Err("nothing follows the backslash at its end");
        };
        let class = |inside: &str, negated: bool| match (in_class, negated) {
            (true, false) => inside.to_owned(),
            (_, false) => format!("[{inside}]"),
            (_, true) => format!("[^{inside}]"),
        };
        match letter {
            'd' | 'D' => self.written.push_str(&class("0-9", letter == 'D')),
            'w' | 'W' => self.written.push_str(&class("0-9A-Za-z_", letter == 'W')),
            's' | 'S' => self
                .written
                .push_str(&class("\\t\\n\\x0C\\r ", letter == 'S')),
            'b' if !in_class => self.written.push_str("(?-u:\\b)"),
            'B' | 'A' | 'z' if !in_class => {
                self.written.push('\\');
                self.written.push(letter);
            }
            'Q' if !in_class => {
                let (text, rest) = self.rest.split_once("\\E").unwrap_or((self.rest, ""));
                self.rest = rest;
                self.written.push_str(&regex::escape(text));
            }
            'p' | 'P' | 'a' | 'f' | 'n' | 'r' | 't' | 'v' => {
                self.written.push('\\');
                self.written.push(letter);
            }
            '0'..='7' => self.octal(letter)?,
            'x' => self.hexadecimal()?,
            _ if letter.is_ascii_punctuation() => {
                // A class has operators of its own in the library at hand.
                let _ = write!(self.written, "\\x{:02X}", u32::from(letter));
            }
            ' ' => self.written.push(' '),
            _ => return Err("a backslash stands before a letter that means nothing"),
        }
        Ok(())
    }

    fn octal(&mut self, first: char) -> Result<(), &'static str> {
        let is_digit = |letter: char| matches!(letter, '0'..='7');
        if first != '0' && !self.rest.starts_with(is_digit) {
            return Err("it refers back to a group");
        }
        let mut number = first.to_digit(8).unwrap_or(0);
        for _ in 0..2 {
            let Some(digit) = self.rest.chars().next().filter(|letter| is_digit(*letter)) else {
                break;
            };
            self.take();
            number = number * 8 + digit.to_digit(8).unwrap_or(0);
        }
        let _ = write!(self.written, "\\x{{{number:X}}}");
        Ok(())
    }

    fn hexadecimal(&mut self) -> Result<(), &'static str> {
        let wrong = "`\\x` needs two digits, or more in braces";
        let digits = if self.take_if("{") {
            let (digits, rest) = self.rest.split_once('}').ok_or(wrong)?;
            self.rest = rest;
            digits
        } else {
            let (digits, rest) = self.rest.split_at_checked(2).ok_or(wrong)?;
            self.rest = rest;
            digits
        };
        let is_number = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        let number = u32::from_str_radix(digits, 16).ok().filter(|_| is_number);
        let number = number.filter(|number| *number <= 0x10_ffff).ok_or(wrong)?;
        let _ = write!(self.written, "\\x{{{number:X}}}");
        Ok(())
    }
}

/// The counts of `2}`, `2,}` or `2,3}` at the start of a text: its length, and the least and most times.
fn counts(rest: &str) -> Option<(usize, u32, Option<u32>)> {
    let length = rest.find('}')?;
    let inside = rest.get(..length)?;
    let number = |digits: &str| {
        let is_number = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
        let is_plain = digits == "0" || !digits.starts_with('0');
        (is_number && is_plain).then(|| digits.parse().unwrap_or(u32::MAX))
    };
    let (least, most) = match inside.split_once(',') {
        None => (number(inside)?, Some(number(inside)?)),
        Some((least, "")) => (number(least)?, None),
        Some((least, most)) => (number(least)?, Some(number(most)?)),
    };
    Some((length + 1, least, most))
}

#[cfg(test)]
mod tests {
    use super::pattern;

    #[test]
    fn what_go_takes_is_taken_and_means_the_same() {
        for (written, text, matches) in [
            ("OOM|evicted", "evicted", true),
            (r"^\d+$", "12", true),
            (r"^\d+$", "\u{662}", false),
            (r"^[^\s\d]+$", "ab", true),
            (r"\QA.B\E", "A.B", true),
            (r"\QA.B\E", "AxB", false),
            ("a{", "a{", true),
            ("{x}", "{x}", true),
            ("^a{2}$", "aa", true),
            ("[[:alpha:]]", "x", true),
            ("[a&&b]", "&", true),
            ("[[]", "[", true),
            (r"(?i)oom", "OOM", true),
            (r"^\x41\101$", "AA", true),
            (r"\<b\>", "<b>", true),
            ("", "x", true),
        ] {
            let found = pattern(written).map(|pattern| pattern.is_match(text));
            assert_eq!(found, Ok(matches), "{written} on {text}");
        }
    }

    #[test]
    fn what_go_refuses_is_refused() {
        for written in [
            "(", "[a", "*a", "(?=a)", "a)", "a**", "a{1001}", r"\8", r"(a)\1", "(?x)a", r"\Z",
            r"\", "[z-a]", r"\é",
        ] {
            assert!(pattern(written).is_err(), "{written}");
        }
    }
}
