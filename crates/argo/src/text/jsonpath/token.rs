//! The parts of a path (`token.Parse`).

use super::super::expression::Failure;
use super::super::numeral;
use super::budget::Budget;
use super::script::{self, Script};
use super::split::split;
use super::wrong;

/// A part of a path.
pub(super) enum Token {
    /// `$`
    Root,
    /// `@`
    Current,
    /// `*`
    Wildcard,
    /// `..`
    Recursive,
    /// `length`
    Length,
    /// `.a`, `['a']`
    Key(String),
    /// `[0]`
    Index(i64),
    /// `[(@.length-1)]`
    Script(Script),
    /// `[?(@.a > 1)]`
    Filter(Script),
    /// `[0,1]`, `['a','b']`
    Union(Vec<Argument>),
    /// `[from:to:step]`
    Range(Box<[Option<Argument>; 3]>),
}

/// A part of a union or a range.
pub(super) enum Argument {
    Number(i64),
    Key(String),
    Script(Script),
}

/// What stands in brackets, before it has a meaning.
enum Piece {
    Nothing,
    Number(i64),
    Text(String),
    Colon,
    Comma,
}

/// Reads a path.
pub(super) fn path(text: &str, budget: &Budget) -> Result<Vec<Token>, Failure> {
    budget.take(text.len())?;
    split(text)?
        .iter()
        .map(|part| budget.deeper(|| token(part, budget)))
        .collect()
}

fn token(text: &str, budget: &Budget) -> Result<Token, Failure> {
    let text = text.trim();
    Ok(match text {
        "" => return Err(wrong("a part of the path is empty")),
        "$" => Token::Root,
        "@" => Token::Current,
        "*" => Token::Wildcard,
        ".." => Token::Recursive,
        "length" => Token::Length,
        _ => match text.strip_prefix('[') {
            None => Token::Key(text.to_owned()),
            Some(rest) => {
                let inside = rest.strip_suffix(']').ok_or_else(|| no_part(text))?.trim();
                subscript(text, inside, budget)?
            }
        },
    })
}

fn no_part(text: &str) -> Failure {
    wrong(format!("`{text}` is no part of a path"))
}

/// What stands in brackets.
fn subscript(text: &str, inside: &str, budget: &Budget) -> Result<Token, Failure> {
    if inside.is_empty() {
        return Err(no_part(text));
    }
    if inside == "*" {
        return Ok(Token::Wildcard);
    }
    if inside.starts_with('?') {
        let script = inside
            .strip_prefix("?(")
            .and_then(|inside| inside.strip_suffix(')'))
            .ok_or_else(|| no_part(text))?;
        return Ok(Token::Filter(script::compile(script.trim(), budget)?));
    }
    let pieces = pieces(text, inside)?;
    match pieces.as_slice() {
        [Piece::Text(piece)] => {
            if let Some(key) = unquoted(piece) {
                return Ok(Token::Key(key.to_owned()));
            }
            let script = script_of(piece).ok_or_else(|| no_part(text))?;
            return Ok(Token::Script(script::compile(script, budget)?));
        }
        [Piece::Number(index)] => return Ok(Token::Index(*index)),
        [_] => return Err(no_part(text)),
        _ => {}
    }
    list(text, pieces, budget)
}

/// A union or a range.
fn list(text: &str, pieces: Vec<Piece>, budget: &Budget) -> Result<Token, Failure> {
    let (mut colons, mut commas) = (0, 0);
    let mut was_colon = false;
    let mut arguments = Vec::new();
    for piece in pieces {
        let is_colon = matches!(piece, Piece::Colon);
        match piece {
            Piece::Colon => {
                colons += 1;
                if was_colon {
                    arguments.push(Piece::Nothing);
                }
            }
            Piece::Comma => commas += 1,
            other => arguments.push(other),
        }
        was_colon = is_colon;
    }
    match (colons, commas) {
        (0, 1..) if commas < arguments.len() => {
            let arguments: Result<Vec<_>, _> = arguments
                .into_iter()
                .map(|piece| match piece {
                    Piece::Text(piece) => match (script_of(&piece), unquoted(&piece)) {
                        (Some(script), _) => Ok(Argument::Script(script::compile(script, budget)?)),
                        (None, Some(key)) => Ok(Argument::Key(key.to_owned())),
                        (None, None) => Err(no_part(text)),
                    },
                    Piece::Number(number) => Ok(Argument::Number(number)),
                    _ => Err(no_part(text)),
                })
                .collect();
            Ok(Token::Union(arguments?))
        }
        (1 | 2, 0) => {
            if colons == 1 && arguments.len() == 1 {
                arguments.push(Piece::Nothing);
            }
            // Without its two ends Go panics.
            if arguments.len() < 2 {
                return Err(no_part(text));
            }
            let mut ends = [None, None, None];
            for (end, piece) in ends.iter_mut().zip(arguments) {
                *end = match piece {
                    Piece::Number(number) => Some(Argument::Number(number)),
                    Piece::Text(piece) => {
                        let script = script_of(&piece).ok_or_else(|| no_part(text))?;
                        Some(Argument::Script(script::compile(script, budget)?))
                    }
                    _ => None,
                };
            }
            Ok(Token::Range(Box::new(ends)))
        }
        _ => Err(no_part(text)),
    }
}

/// The key in quotes.
fn unquoted(text: &str) -> Option<&str> {
    ['\'', '"']
        .iter()
        .find_map(|quote| text.strip_prefix(*quote)?.strip_suffix(*quote))
}

/// The script in parentheses.
fn script_of(text: &str) -> Option<&str> {
    let script = text.strip_prefix('(')?.strip_suffix(')')?;
    (!script.is_empty()).then_some(script)
}

/// Cuts what stands in brackets.
fn pieces(text: &str, inside: &str) -> Result<Vec<Piece>, Failure> {
    let mut pieces = Vec::new();
    let mut buffer = String::new();
    let (mut opened, mut closed) = (0, 0);
    let mut quote: Option<char> = None;
    for (index, character) in inside.char_indices() {
        buffer.push(character);
        match character {
            ' ' if quote.is_none() && opened == closed => {
                let trimmed = buffer.trim().to_owned();
                buffer = trimmed;
            }
            '(' if quote.is_none() => opened += 1,
            ')' => {
                closed += 1;
                if opened == closed {
                    if script_of(&buffer).is_none() {
                        return Err(wrong(format!("`{buffer}` is not in parentheses")));
                    }
                    pieces.push(Piece::Text(std::mem::take(&mut buffer)));
                }
            }
            '\'' | '"' if opened == closed && quote.is_none_or(|open| open == character) => {
                if buffer.len() > 1
                    && buffer
                        .get(..buffer.len() - 1)
                        .is_some_and(|start| start.ends_with('\\'))
                {
                    buffer.truncate(buffer.len() - 2);
                    buffer.push(character);
                } else if quote.is_none() {
                    quote = Some(character);
                    if buffer.len() > 1 {
                        return Err(no_part(text));
                    }
                } else {
                    quote = None;
                    if unquoted(&buffer).is_none() {
                        return Err(no_part(text));
                    }
                    pieces.push(Piece::Text(std::mem::take(&mut buffer)));
                }
            }
            ':' | ',' if quote.is_none() && opened == closed => {
                buffer.pop();
                let piece = std::mem::take(&mut buffer);
                match (numeral::integer(&piece, 10), character) {
                    (Some(number), _) => pieces.push(Piece::Number(number)),
                    (None, ':') if !piece.is_empty() => return Err(no_part(text)),
                    (None, ':') if index == 0 => pieces.push(Piece::Nothing),
                    (None, ',') if !piece.is_empty() => pieces.push(Piece::Text(piece)),
                    _ => {}
                }
                pieces.push(if character == ':' {
                    Piece::Colon
                } else {
                    Piece::Comma
                });
            }
            _ => {}
        }
    }
    if !buffer.is_empty() {
        pieces.push(match numeral::integer(&buffer, 10) {
            Some(number) => Piece::Number(number),
            None => Piece::Text(buffer),
        });
    }
    Ok(pieces)
}
