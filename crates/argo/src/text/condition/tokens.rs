//! Splits a condition into tokens, like govaluate (`parsing.go`).

use crate::text::numeral;
use crate::text::regular_expression::Pattern;

use super::failure::Failure;
use super::kind::{TokenKind, may_follow};
use crate::time::{Time, Zone};

/// A part of a condition.
#[derive(Clone, Debug)]
pub(super) enum Token {
    /// `-`, `!` or `~` before a value.
    Prefix(&'static str),
    /// A number.
    Number(f64),
    /// `true` or `false`.
    Boolean(bool),
    /// A text in quotes.
    Text(String),
    /// The pattern after `=~` or `!~`.
    Pattern(Pattern),
    /// A time in quotes, in seconds since the start of 1970.
    Time(f64),
    /// A word, or a name in square brackets.
    Word(String),
    /// Words joined by points: a field of a parameter. Argo supplies no such parameter.
    Field(String),
    /// `,`.
    Comma,
    /// `==`, `in` and the other comparisons.
    Comparator(&'static str),
    /// `&&` and `||`.
    Logical(&'static str),
    /// `+` and the other operators of arithmetic.
    Modifier(&'static str),
    /// `?`, `:` and `??`.
    Ternary(&'static str),
    /// `(`.
    Open,
    /// `)`.
    Close,
}

impl Token {
    /// Kind of the token.
    pub(super) fn kind(&self) -> TokenKind {
        match self {
            Self::Prefix(_) => TokenKind::Prefix,
            Self::Number(_) => TokenKind::Number,
            Self::Boolean(_) => TokenKind::Boolean,
            Self::Text(_) => TokenKind::Text,
            Self::Pattern(_) => TokenKind::Pattern,
            Self::Time(_) => TokenKind::Time,
            Self::Word(_) => TokenKind::Word,
            Self::Field(_) => TokenKind::Field,
            Self::Comma => TokenKind::Comma,
            Self::Comparator(_) => TokenKind::Comparator,
            Self::Logical(_) => TokenKind::Logical,
            Self::Modifier(_) => TokenKind::Modifier,
            Self::Ternary(_) => TokenKind::Ternary,
            Self::Open => TokenKind::Open,
            Self::Close => TokenKind::Close,
        }
    }

    /// The token as a message shows it.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Prefix(text)
            | Self::Comparator(text)
            | Self::Logical(text)
            | Self::Modifier(text)
            | Self::Ternary(text) => (*text).to_owned(),
            Self::Number(number) | Self::Time(number) => number.to_string(),
            Self::Boolean(value) => value.to_string(),
            Self::Text(text) => format!("'{text}'"),
            Self::Pattern(pattern) => format!("'{}'", pattern.as_str()),
            Self::Word(text) | Self::Field(text) => text.clone(),
            Self::Comma => ",".to_owned(),
            Self::Open => "(".to_owned(),
            Self::Close => ")".to_owned(),
        }
    }
}

const PREFIXES: &[&str] = &["-", "!", "~"];
const MODIFIERS: &[&str] = &["+", "-", "*", "/", "%", "**", "&", "|", "^", ">>", "<<"];
const LOGICAL: &[&str] = &["&&", "||"];
const COMPARATORS: &[&str] = &["==", "!=", ">", ">=", "<", "<=", "=~", "!~"];
const TERNARY: &[&str] = &["?", ":", "??"];

/// Layouts of a quoted text that is a time.
const TIMES: &[&str] = &[
    "Mon Jan _2 15:04:05 2006",
    "Mon Jan _2 15:04:05 MST 2006",
    "Mon Jan 02 15:04:05 -0700 2006",
    "3:04PM",
    "2006-01-02T15:04:05Z07:00",
    "2006-01-02T15:04:05.999999999Z07:00",
    "2006-01-02",
    "2006-01-02 15:04",
    "2006-01-02 15:04:05",
    "2006-01-02 15:04:05-07:00",
    "2006-01-02T15Z0700",
    "2006-01-02T15:04Z0700",
    "2006-01-02T15:04:05Z0700",
    "2006-01-02T15:04:05.999999999Z0700",
];

/// The tokens of a condition.
pub(super) fn tokens(condition: &str) -> Result<Vec<Token>, Failure> {
    let mut letters = Letters {
        letters: condition.chars().collect(),
        position: 0,
    };
    let mut tokens: Vec<Token> = Vec::new();
    while letters.skip_spaces() {
        let before = tokens.last().map(Token::kind);
        let token = letters.token(before)?;
        tokens.push(token);
    }
    Ok(tokens)
}

/// The letters of a condition, and the reading position.
struct Letters {
    letters: Vec<char>,
    position: usize,
}

impl Letters {
    fn peek(&self) -> Option<char> {
        self.letters.get(self.position).copied()
    }

    /// Skips spaces; says whether anything is left.
    fn skip_spaces(&mut self) -> bool {
        while self.peek().is_some_and(char::is_whitespace) {
            self.position += 1;
        }
        self.peek().is_some()
    }

    fn token(&mut self, before: Option<TokenKind>) -> Result<Token, Failure> {
        let Some(letter) = self.peek() else {
            return Err(Failure::broken("it is empty"));
        };
        match letter {
            ',' => Ok(self.single(Token::Comma)),
            '(' => Ok(self.single(Token::Open)),
            ')' => Ok(self.single(Token::Close)),
            '[' => self.bracket(),
            '\'' | '"' => self.quoted(),
            _ if is_of_number(letter) => self.number(),
            _ if letter.is_alphabetic() => self.word(),
            _ => self.symbol(before),
        }
    }

    fn single(&mut self, token: Token) -> Token {
        self.position += 1;
        token
    }

    /// Reads letters that `fits` accepts; a backslash accepts any next letter. `spaces` says whether spaces belong to
    /// the text or end it.
    ///
    /// Gives the text, and whether another letter ended it before the condition's end.
    fn read(
        &mut self,
        spaces: bool,
        fits: impl Fn(char) -> bool,
    ) -> Result<(String, bool), Failure> {
        let mut text = String::new();
        while let Some(letter) = self.peek() {
            self.position += 1;
            if letter == '\\' {
                let Some(escaped) = self.peek() else {
                    return Err(Failure::broken("nothing follows the backslash at its end"));
                };
                self.position += 1;
                text.push(escaped);
            } else if letter.is_whitespace() && !spaces {
                if !text.is_empty() {
                    return Ok((text, true));
                }
            } else if fits(letter) {
                text.push(letter);
            } else {
                self.position -= 1;
                return Ok((text, true));
            }
        }
        Ok((text, false))
    }

    fn number(&mut self) -> Result<Token, Failure> {
        let hexadecimal = self.letters.get(self.position..self.position + 2) == Some(&['0', 'x'])
            && self.letters.len() > self.position + 2;
        if hexadecimal {
            self.position += 2;
            let (digits, _) = self.read(false, |letter| {
                letter.is_numeric() || matches!(letter.to_ascii_lowercase(), 'a'..='f')
            })?;
            return match u64::from_str_radix(&digits, 16) {
                Ok(number) if !digits.starts_with('+') => Ok(Token::Number(float(number))),
                _ => Err(Failure::broken(format!("`0x{digits}` is not a number"))),
            };
        }
        let (digits, _) = self.read(false, is_of_number)?;
        numeral::float(&digits)
            .map(Token::Number)
            .ok_or_else(|| Failure::broken(format!("`{digits}` is not a number")))
    }

    fn bracket(&mut self) -> Result<Token, Failure> {
        self.position += 1;
        let (text, is_closed) = self.read(true, |letter| letter != ']')?;
        if !is_closed {
            return Err(Failure::broken("`[` has no matching `]`"));
        }
        self.position += 1;
        Ok(Token::Word(text))
    }

    fn quoted(&mut self) -> Result<Token, Failure> {
        self.position += 1;
        // Either kind of quote closes the text.
        let (text, is_closed) = self.read(true, |letter| !matches!(letter, '\'' | '"'))?;
        if !is_closed {
            return Err(Failure::broken("a text in it has no closing quote"));
        }
        self.position += 1;
        let time = TIMES
            .iter()
            .find_map(|layout| Time::parse(layout, &text, &Zone::Local).ok());
        Ok(match time {
            Some(time) => Token::Time(seconds(&time)),
            None => Token::Text(text),
        })
    }

    fn word(&mut self) -> Result<Token, Failure> {
        let (word, _) = self.read(false, |letter| {
            letter.is_alphanumeric() || matches!(letter, '_' | '.')
        })?;
        match word.as_str() {
            "true" => return Ok(Token::Boolean(true)),
            "false" => return Ok(Token::Boolean(false)),
            "in" | "IN" => return Ok(Token::Comparator("in")),
            _ => {}
        }
        if word.find('.').is_none_or(|at| at == 0) {
            return Ok(Token::Word(word));
        }
        if word.ends_with('.') {
            return Err(Failure::broken(format!(
                "nothing follows the point of `{word}`"
            )));
        }
        // Exported fields of Go begin with a capital letter.
        let small = word
            .split('.')
            .skip(1)
            .find(|field| !field.starts_with(|letter: char| letter.to_uppercase().eq([letter])));
        if let Some(field) = small {
            return Err(Failure::broken(format!(
                "`{word}` would be the field `{field}` of a parameter: write it in quotes"
            )));
        }
        Ok(Token::Field(word))
    }

    fn symbol(&mut self, before: Option<TokenKind>) -> Result<Token, Failure> {
        let (text, _) = self.read(false, |letter| {
            !(letter.is_alphanumeric() || matches!(letter, '(' | ')' | '[' | ']' | '\'' | '"'))
        })?;
        let find = |symbols: &'static [&'static str]| {
            symbols.iter().find(|symbol| **symbol == text).copied()
        };
        if may_follow(before, TokenKind::Prefix)
            && let Some(symbol) = find(PREFIXES)
        {
            return Ok(Token::Prefix(symbol));
        }
        find(MODIFIERS)
            .map(Token::Modifier)
            .or_else(|| find(LOGICAL).map(Token::Logical))
            .or_else(|| find(COMPARATORS).map(Token::Comparator))
            .or_else(|| find(TERNARY).map(Token::Ternary))
            .ok_or_else(|| {
                Failure::broken(format!("`{text}` means nothing here: put texts in quotes"))
            })
    }
}

fn is_of_number(letter: char) -> bool {
    letter.is_ascii_digit() || letter == '.' || !letter.is_ascii() && is_digit(letter)
}

/// Says whether a letter is a digit in any script.
fn is_digit(letter: char) -> bool {
    letter.is_numeric() && letter.to_digit(10).is_none() && !letter.is_alphabetic()
}

#[expect(clippy::cast_precision_loss, reason = "Go loses it as well")]
fn float(number: u64) -> f64 {
    number as f64
}

#[expect(clippy::cast_precision_loss, reason = "Go loses it as well")]
fn seconds(time: &Time) -> f64 {
    time.moment().nanoseconds().div_euclid(1_000_000_000) as f64
}
