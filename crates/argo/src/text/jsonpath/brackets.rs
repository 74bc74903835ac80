//! Splits the text between the brackets of a path, such as `'a', 'b'` or `1:3`.

use super::failure::wrong;
use crate::text::expression::evaluate::failure::Failure;
use crate::text::numeral;

/// Piece of the text in brackets.
pub(super) enum Piece {
    /// An omitted end of a range.
    Nothing,
    /// `1`
    Number(i64),
    /// A key in quotes, or a script in parentheses.
    Text(String),
    /// `:`
    Colon,
    /// `,`
    Comma,
}

/// Failure of a text that is not part of a path.
pub(super) fn no_part(text: &str) -> Failure {
    wrong(format!("`{text}` is no part of a path"))
}

/// The key in quotes.
pub(super) fn unquoted(text: &str) -> Option<&str> {
    ['\'', '"']
        .iter()
        .find_map(|quote| text.strip_prefix(*quote)?.strip_suffix(*quote))
}

/// The script in parentheses.
pub(super) fn script_of(text: &str) -> Option<&str> {
    let script = text.strip_prefix('(')?.strip_suffix(')')?;
    (!script.is_empty()).then_some(script)
}

/// Splits the text in brackets into pieces. `text` is the whole part, for messages.
pub(super) fn pieces(text: &str, inside: &str) -> Result<Vec<Piece>, Failure> {
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
