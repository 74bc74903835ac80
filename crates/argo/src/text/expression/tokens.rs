//! Splits an expression into tokens.

use super::fault::{Fault, Trouble};
use super::literal;
use super::syntax::ByteRange;

/// A token.
#[derive(Clone, Debug, PartialEq)]
pub struct Token {
    /// Place of the token.
    pub place: ByteRange,
    /// Kind of the token, with its text.
    pub kind: TokenKind,
}

/// Kind of a token.
#[derive(Clone, Debug, PartialEq)]
pub enum TokenKind {
    /// A name.
    Name(String),
    /// A number, as written.
    Number(String),
    /// A text, without its quotes and escapes.
    Text(String),
    /// `b"..."`.
    Bytes(Vec<u8>),
    /// An operator, including words such as `and`.
    Operator(String),
    /// A bracket.
    Bracket(char),
    /// The end of the text.
    End,
}

impl Token {
    pub(super) fn is_operator(&self, text: &str) -> bool {
        matches!(&self.kind, TokenKind::Operator(operator) if operator == text)
    }

    pub(super) fn is_bracket(&self, bracket: char) -> bool {
        self.kind == TokenKind::Bracket(bracket)
    }

    /// The token for a message.
    pub(super) fn shown(&self) -> String {
        match &self.kind {
            TokenKind::Name(text) | TokenKind::Number(text) | TokenKind::Operator(text) => {
                format!("`{text}`")
            }
            TokenKind::Bracket(bracket) => format!("`{bracket}`"),
            TokenKind::Text(_) | TokenKind::Bytes(_) => "a text".to_owned(),
            TokenKind::End => "the end".to_owned(),
        }
    }
}

const WORDS: &[&str] = &[
    "and",
    "contains",
    "else",
    "endsWith",
    "if",
    "in",
    "let",
    "matches",
    "not",
    "or",
    "startsWith",
];

/// The tokens of an expression up to its end, or up to the first unreadable byte and its fault.
pub fn tokens(text: &str) -> (Vec<Token>, Option<Fault>) {
    let mut tokens = Vec::new();
    let mut at = 0;
    loop {
        match next(text, at) {
            Ok(TokenOrBlanks::Token(token)) => {
                at = token.place.end;
                let ended = token.kind == TokenKind::End;
                tokens.push(token);
                if ended {
                    return (tokens, None);
                }
            }
            Ok(TokenOrBlanks::Nothing(end)) => at = end,
            Err(fault) => return (tokens, Some(fault)),
        }
    }
}

enum TokenOrBlanks {
    Token(Token),
    /// Blanks or a comment, up to this byte.
    Nothing(usize),
}

fn next(text: &str, start: usize) -> Result<TokenOrBlanks, Fault> {
    let rest = text.get(start..).unwrap_or_default();
    let token = |length: usize, kind: TokenKind| {
        let end = start + length;
        Ok(TokenOrBlanks::Token(Token {
            place: ByteRange { start, end },
            kind,
        }))
    };
    let operator = |length: usize| {
        let text = rest.get(..length).unwrap_or_default().to_owned();
        token(length, TokenKind::Operator(text))
    };
    let broken = |length: usize, message: String| {
        let end = start + length;
        Err(Fault::new(
            Trouble::Syntax,
            ByteRange { start, end },
            message,
        ))
    };
    let Some(first) = rest.chars().next() else {
        return token(0, TokenKind::End);
    };
    let second = rest.chars().nth(1);
    match first {
        _ if first.is_whitespace() => Ok(TokenOrBlanks::Nothing(start + first.len_utf8())),
        '\'' | '"' => match literal::text(rest, first) {
            Ok((length, text)) => token(length, TokenKind::Text(text)),
            Err((length, message)) => broken(length, message),
        },
        '`' => match literal::raw_text(rest) {
            Some((length, text)) => token(length, TokenKind::Text(text)),
            None => broken(
                rest.len(),
                "a text that starts with ` does not end".to_owned(),
            ),
        },
        'b' | 'B' if matches!(second, Some('\'' | '"')) => {
            let quote = second.unwrap_or('"');
            match literal::bytes(rest.get(1..).unwrap_or_default(), quote) {
                Ok((length, bytes)) => token(length + 1, TokenKind::Bytes(bytes)),
                Err((length, message)) => broken(length + 1, message),
            }
        }
        '0'..='9' => number(rest, token, broken),
        '.' if second.is_some_and(|digit| digit.is_ascii_digit()) => number(rest, token, broken),
        '.' => operator(if second == Some('.') { 2 } else { 1 }),
        '?' => operator(if matches!(second, Some('.' | '?')) {
            2
        } else {
            1
        }),
        '#' => operator(if second == Some('#') { 2 } else { 1 }),
        '/' if second == Some('/') => {
            let length = rest.find('\n').map_or(rest.len(), |end| end + 1);
            Ok(TokenOrBlanks::Nothing(start + length))
        }
        '/' if second == Some('*') => match rest.get(2..).and_then(|rest| rest.find("*/")) {
            Some(end) => Ok(TokenOrBlanks::Nothing(start + end + 4)),
            None => broken(rest.len(), "a comment does not end".to_owned()),
        },
        '/' | ',' | ';' | '%' | '+' | '-' | '^' => operator(1),
        '|' | ':' => operator(if second == Some(first) { 2 } else { 1 }),
        '&' | '!' | '=' | '*' | '<' | '>' => operator(if matches!(second, Some('&' | '=' | '*')) {
            2
        } else {
            1
        }),
        '(' | '[' | '{' | ')' | ']' | '}' => token(1, TokenKind::Bracket(first)),
        _ if literal::is_of_name(first) => {
            let length = rest
                .find(|character| !literal::is_of_name(character))
                .unwrap_or(rest.len());
            let word = rest.get(..length).unwrap_or_default();
            if WORDS.contains(&word) && !is_after_pointer(text, start) {
                operator(length)
            } else {
                token(length, TokenKind::Name(word.to_owned()))
            }
        }
        _ => broken(
            first.len_utf8(),
            format!("`{first}` means nothing in an expression"),
        ),
    }
}

/// Says whether a `#` precedes the word directly: then even a keyword is a name, as in `#index`.
fn is_after_pointer(text: &str, start: usize) -> bool {
    text.get(..start)
        .is_some_and(|before| before.ends_with('#'))
}

fn number(
    rest: &str,
    token: impl Fn(usize, TokenKind) -> Result<TokenOrBlanks, Fault>,
    broken: impl Fn(usize, String) -> Result<TokenOrBlanks, Fault>,
) -> Result<TokenOrBlanks, Fault> {
    let length = literal::number_length(rest);
    let text = rest.get(..length).unwrap_or_default();
    let after = rest.get(length..).and_then(|rest| rest.chars().next());
    if after.is_some_and(literal::is_of_name) {
        let end = rest
            .find(|character| !literal::is_of_name(character) && character != '.')
            .unwrap_or(rest.len());
        let wrong = rest.get(..end.max(length)).unwrap_or_default();
        return broken(end, format!("`{wrong}` is not a number"));
    }
    token(length, TokenKind::Number(text.to_owned()))
}
