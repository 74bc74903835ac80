//! Parses paths (`token.Parse`) and their scripts (`script/standard`), which may contain paths.

use super::brackets::{Piece, no_part, pieces, script_of, unquoted};
use super::budget::Budget;
use super::failure::wrong;
use super::operators::{OPERATORS, OPERATORS_IN_PARENTHESES, place_of};
use super::split::split;
use super::syntax::{Argument, Operand, Operator, Script, Token};
use crate::text::expression::evaluate::failure::Failure;
use crate::text::expression::evaluate::format::from_json;

/// Parses a path.
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

/// Parses the text in brackets.
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
        return Ok(Token::Filter(read_script(script.trim(), budget)?));
    }
    let pieces = pieces(text, inside)?;
    match pieces.as_slice() {
        [Piece::Text(piece)] => {
            if let Some(key) = unquoted(piece) {
                return Ok(Token::Key(key.to_owned()));
            }
            let script = script_of(piece).ok_or_else(|| no_part(text))?;
            return Ok(Token::Script(read_script(script, budget)?));
        }
        [Piece::Number(index)] => return Ok(Token::Index(*index)),
        [_] => return Err(no_part(text)),
        _ => {}
    }
    list(text, pieces, budget)
}

/// Parses a union or a range.
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
                        (Some(script), _) => Ok(Argument::Script(read_script(script, budget)?)),
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
            // Go panics if an end is missing.
            if arguments.len() < 2 {
                return Err(no_part(text));
            }
            let mut ends = [None, None, None];
            for (end, piece) in ends.iter_mut().zip(arguments) {
                *end = match piece {
                    Piece::Number(number) => Some(Argument::Number(number)),
                    Piece::Text(piece) => {
                        let script = script_of(&piece).ok_or_else(|| no_part(text))?;
                        Some(Argument::Script(read_script(script, budget)?))
                    }
                    _ => None,
                };
            }
            Ok(Token::Range(Box::new(ends)))
        }
        _ => Err(no_part(text)),
    }
}

/// Parses a script.
fn read_script(text: &str, budget: &Budget) -> Result<Script, Failure> {
    Ok(Script {
        text: text.to_owned(),
        operator: operator(text, OPERATORS, budget)?,
    })
}

fn operator(
    text: &str,
    operators: &'static [&'static str],
    budget: &Budget,
) -> Result<Option<Operator>, Failure> {
    budget.deeper(|| least_binding(text, operators, budget))
}

fn least_binding(
    text: &str,
    operators: &'static [&'static str],
    budget: &Budget,
) -> Result<Option<Operator>, Failure> {
    let mut text = text.trim();
    let mut operators = operators;
    while let Some((name, later)) = operators.split_first() {
        budget.take(1 + text.len() / 8)?;
        if text.is_empty() {
            return Ok(None);
        }
        let mut later = later;
        if let Some(inside) = text
            .strip_prefix('(')
            .and_then(|text| text.strip_suffix(')'))
        {
            text = inside.trim();
            operators = OPERATORS_IN_PARENTHESES;
            later = OPERATORS;
        }
        let parts = place_of(text, name).and_then(|place| {
            let left = text.get(..place)?.trim();
            let right = text.get(place + name.len()..)?.trim();
            Some((left, right))
        });
        let Some((left, right)) = parts else {
            // Only the empty operator can cut inside of a letter, so ignore it.
            operators = later;
            continue;
        };
        let is_path = matches!(*name, "@" | "$");
        if right.is_empty() && !is_path {
            operators = later;
            continue;
        }
        let right = operand(right, operators, budget)?;
        if left.is_empty() && !is_path && *name != "!" {
            operators = later;
            continue;
        }
        let left = operand(left, operators, budget)?;
        match *name {
            "" => return Err(wrong("there is no such operator in a script")),
            "@" | "$" | "!" if !matches!(left, Operand::Nothing) => operators = later,
            "@" | "$" => return Ok(Some(Operator::Path(path(text, budget)?))),
            _ => return Ok(Some(Operator::Of(name, left, right))),
        }
        text = text.trim();
    }
    Ok(None)
}

fn operand(
    text: &str,
    operators: &'static [&'static str],
    budget: &Budget,
) -> Result<Operand, Failure> {
    if let Some(operator) = operator(text, operators, budget)? {
        return Ok(Operand::Operator(Box::new(operator)));
    }
    let text = text.trim();
    if text.is_empty() {
        return Ok(Operand::Nothing);
    }
    let is_json = text.starts_with('[') && text.ends_with(']')
        || text.starts_with('{') && text.ends_with('}');
    if is_json && let Ok(value) = from_json(text) {
        return Ok(Operand::Value(value));
    }
    Ok(Operand::Text(text.to_owned()))
}
