//! Splits a path into the texts of its parts (`token.Tokenize`).

use super::failure::wrong;
use crate::text::expression::evaluate::failure::Failure;

/// The texts of a path's parts.
pub(super) fn split(path: &str) -> Result<Vec<String>, Failure> {
    let mut rest = path.chars();
    let Some(start @ ('$' | '@')) = rest.next() else {
        return Err(wrong("a path starts with `$` or `@`"));
    };
    let rest = rest.as_str();
    if !rest.is_empty() && !rest.starts_with(['.', '[']) {
        return Err(wrong(format!("`.` or `[` has to stand after `{start}`")));
    }
    let mut splitter = Splitter {
        parts: vec![start.to_string()],
        ..Splitter::default()
    };
    for character in rest.chars() {
        splitter.add(character);
    }
    if !splitter.part.is_empty() {
        splitter.end(0);
    }
    Ok(splitter.parts)
}

#[derive(Default)]
struct Splitter {
    parts: Vec<String>,
    part: String,
    /// Number of `[` in this part.
    brackets: usize,
    quotes: usize,
    open_parentheses: usize,
    closed_parentheses: usize,
    /// Number of `[` in the whole path.
    open_brackets: usize,
    closed_brackets: usize,
}

impl Splitter {
    /// Ends a part: removes the point at its start and `without` bytes at its end.
    fn end(&mut self, without: usize) {
        let part = std::mem::take(&mut self.part);
        self.brackets = 0;
        let part = part.get(..part.len() - without).unwrap_or_default();
        let part = part.strip_prefix('.').unwrap_or(part);
        self.parts.push(part.to_owned());
    }

    fn add(&mut self, character: char) {
        if self.part.is_empty() {
            self.quotes = 0;
            self.open_parentheses = 0;
            self.closed_parentheses = 0;
        }
        match character {
            '\'' => self.quotes += 1,
            '(' => self.open_parentheses += 1,
            ')' => self.closed_parentheses += 1,
            '[' => {
                self.open_brackets += 1;
                self.brackets += 1;
            }
            ']' => self.closed_brackets += 1,
            _ => {}
        }
        self.part.push(character);
        let is_inside = self.quotes % 2 == 1 || self.open_parentheses != self.closed_parentheses;
        match self.part.as_str() {
            "." | "[" | ".[" => return,
            ".." => {
                self.parts.push(std::mem::take(&mut self.part));
                return;
            }
            _ => {}
        }
        if character == '[' {
            if self.brackets == 1 {
                self.end(1);
                self.part.push('[');
                self.brackets = 1;
            }
        } else if self.brackets > 0 {
            if character == ']' && !is_inside && self.open_brackets == self.closed_brackets {
                self.end(0);
            }
        } else if character == '.' && !is_inside {
            self.end(1);
            self.part.push('.');
        }
    }
}
