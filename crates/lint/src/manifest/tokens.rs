//! Splits an expression of expr-lang into tokens.

/// A token; the text of strings does not matter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Token<'a> {
    Number(&'a str),
    Text,
    Word(&'a str),
    Operator(&'a str),
}

impl Token<'_> {
    /// The token for a message.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Text => "a text".to_owned(),
            Self::Number(text) | Self::Word(text) | Self::Operator(text) => format!("`{text}`"),
        }
    }
}

const OPERATORS: &[&str] = &[
    "?.", "??", "..", "**", "==", "!=", "<=", ">=", "&&", "||", "::", "?", ":", "|", "+", "-", "*",
    "/", "%", "^", "<", ">", "!", ",", ";", ".", "=", "#", "(", ")", "[", "]", "{", "}",
];

/// The tokens of an expression, or what stands in the way of reading it.
pub(super) fn tokens(text: &str) -> Result<Vec<Token<'_>>, String> {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => match rest.find("*/") {
                Some(end) => end + 2,
                None => return Err("a comment does not end".to_owned()),
            },
            '\'' | '"' | '`' => {
                found.push(Token::Text);
                quoted(rest, first)?
            }
            _ if first.is_ascii_digit() || is_fraction(rest, found.last()) => {
                let length = number(rest);
                found.push(Token::Number(rest.get(..length).unwrap_or_default()));
                length
            }
            _ if is_word(first) => {
                let length = rest.find(|c: char| !is_word(c)).unwrap_or(rest.len());
                found.push(Token::Word(rest.get(..length).unwrap_or_default()));
                length
            }
            _ => match OPERATORS
                .iter()
                .find(|operator| rest.starts_with(**operator))
            {
                Some(operator) => {
                    found.push(Token::Operator(operator));
                    operator.len()
                }
                None => return Err(format!("`{first}` means nothing")),
            },
        };
        rest = rest.get(length..).unwrap_or_default().trim_start();
    }
    Ok(found)
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '$')
}

/// `.5`, unless it is a field after a value.
fn is_fraction(rest: &str, before: Option<&Token<'_>>) -> bool {
    let digit = rest
        .strip_prefix('.')
        .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    digit
        && !matches!(
            before,
            Some(Token::Word(_) | Token::Number(_) | Token::Operator(")" | "]"))
        )
}

fn number(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let mut end = 0;
    while let Some(byte) = bytes.get(end) {
        let exponent = end > 0
            && matches!(bytes.get(end - 1), Some(b'e' | b'E'))
            && !rest.starts_with("0x")
            && matches!(byte, b'+' | b'-');
        let fraction = end == 0 || bytes.get(end + 1).is_some_and(u8::is_ascii_digit);
        let point = *byte == b'.' && fraction;
        if byte.is_ascii_alphanumeric() || *byte == b'_' || exponent || point {
            end += 1;
        } else {
            break;
        }
    }
    end
}

fn quoted(rest: &str, quote: char) -> Result<usize, String> {
    let mut escaped = false;
    for (index, character) in rest.char_indices().skip(1) {
        if escaped {
            escaped = false;
        } else if character == '\\' && quote != '`' {
            escaped = true;
        } else if character == quote {
            return Ok(index + 1);
        }
    }
    Err(format!("a text that starts with {quote} does not end"))
}
