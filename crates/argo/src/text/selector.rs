//! Label selectors, which Argo also uses for `successCondition` and `failureCondition` of a resource template
//! (`labels.Parse` of Kubernetes, `pkg/labels/selector.go` of apimachinery 0.34; `workflow/executor/resource.go:206` of
//! Argo Workflows 4.1.2).
//!
//! `status.succeeded > 0, !status.failed, phase in (Done, Gone)`: requirements separated by commas.

use crate::names::{is_label_key, is_label_value};

/// One requirement of a selector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    /// Key to test: a label, or for a resource a path in it.
    pub key: String,
    /// Test of the key's value.
    pub test: Test,
}

/// Test of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Test {
    /// `KEY`: the key exists.
    Exists,
    /// `!KEY`: the key does not exist.
    Absent,
    /// `KEY = A`, `KEY == A`, `KEY in (A, B)`: the value is one of these.
    In(Vec<String>),
    /// `KEY != A`, `KEY notin (A, B)`: the value is none of these, or the key does not exist.
    NotIn(Vec<String>),
    /// `KEY > N`: the value is a whole number above this one.
    Above(i64),
    /// `KEY < N`: the value is a whole number below this one.
    Below(i64),
}

/// A text that is not a selector.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SelectorError {
    /// The text has something else at this place.
    #[error("{}, but {wanted} must", stands(.found))]
    Unexpected {
        /// Text at this place; empty at the end.
        found: String,
        /// Expected text.
        wanted: &'static str,
    },
    /// A key that Kubernetes does not accept for a label.
    #[error("`{0}` cannot be the key of a label")]
    Key(String),
    /// A value that Kubernetes does not accept for a label.
    #[error("`{0}` cannot be the value of a label")]
    Value(String),
    /// A comparison with a value that is not a whole number.
    #[error("`<` and `>` need a whole number, and `{0}` is none")]
    NotANumber(String),
}

fn stands(found: &str) -> String {
    if found.is_empty() {
        "nothing stands at the end".to_owned()
    } else {
        format!("`{found}` stands there")
    }
}

/// Reads a selector; an empty one has no requirements.
///
/// # Errors
///
/// Says why Kubernetes refuses the text.
pub fn parse(text: &str) -> Result<Vec<Requirement>, SelectorError> {
    let mut tokens = Tokens::of(text);
    let mut requirements = Vec::new();
    if tokens.is_over() {
        return Ok(requirements);
    }
    loop {
        requirements.push(requirement(&mut tokens)?);
        match tokens.next() {
            None => return Ok(requirements),
            Some(",") => {}
            Some(other) => return Err(unexpected(other, "`,` or the end")),
        }
    }
}

fn requirement(tokens: &mut Tokens<'_>) -> Result<Requirement, SelectorError> {
    const KEY: &str = "the name of a label";
    let mut key = tokens.next();
    let is_absent = key == Some("!");
    if is_absent {
        key = tokens.next();
    }
    let key = word(key, KEY)?;
    if !is_label_key(key) {
        return Err(SelectorError::Key(key.to_owned()));
    }
    let test = match tokens.peek() {
        _ if is_absent => Test::Absent,
        None | Some(",") => Test::Exists,
        Some(_) => test(tokens)?,
    };
    let key = key.to_owned();
    Ok(Requirement { key, test })
}

fn test(tokens: &mut Tokens<'_>) -> Result<Test, SelectorError> {
    const OPERATOR: &str = "`=`, `==`, `!=`, `in`, `notin`, `<` or `>`";
    let operator = tokens.next();
    match operator {
        Some("in") => Ok(Test::In(values(tokens)?)),
        Some("notin") => Ok(Test::NotIn(values(tokens)?)),
        Some("=" | "==") => Ok(Test::In(vec![value(tokens)?])),
        Some("!=") => Ok(Test::NotIn(vec![value(tokens)?])),
        Some(">") => Ok(Test::Above(number(tokens)?)),
        Some("<") => Ok(Test::Below(number(tokens)?)),
        other => Err(unexpected(other.unwrap_or_default(), OPERATOR)),
    }
}

/// The values in brackets; an omitted one is empty.
fn values(tokens: &mut Tokens<'_>) -> Result<Vec<String>, SelectorError> {
    match tokens.next() {
        Some("(") => {}
        other => return Err(unexpected(other.unwrap_or_default(), "`(`")),
    }
    let mut found = Vec::new();
    let mut is_value_next = true;
    loop {
        match tokens.next() {
            Some(")") => {
                if is_value_next {
                    found.push(String::new());
                }
                break;
            }
            Some(",") => {
                if is_value_next {
                    found.push(String::new());
                }
                is_value_next = true;
            }
            Some(text) if is_value_next && !is_symbol(text) => {
                found.push(checked(text)?);
                is_value_next = false;
            }
            other => return Err(unexpected(other.unwrap_or_default(), "`,`, `)` or a value")),
        }
    }
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

/// One value; it is empty before a comma or at the end.
fn value(tokens: &mut Tokens<'_>) -> Result<String, SelectorError> {
    if matches!(tokens.peek(), None | Some(",")) {
        return Ok(String::new());
    }
    checked(word(tokens.next(), "a value")?)
}

fn number(tokens: &mut Tokens<'_>) -> Result<i64, SelectorError> {
    let text = value(tokens)?;
    text.parse().map_err(|_| SelectorError::NotANumber(text))
}

fn checked(text: &str) -> Result<String, SelectorError> {
    if is_label_value(text) {
        Ok(text.to_owned())
    } else {
        Err(SelectorError::Value(text.to_owned()))
    }
}

fn word<'a>(token: Option<&'a str>, wanted: &'static str) -> Result<&'a str, SelectorError> {
    match token {
        Some(text) if !is_symbol(text) => Ok(text),
        other => Err(unexpected(other.unwrap_or_default(), wanted)),
    }
}

fn unexpected(found: &str, wanted: &'static str) -> SelectorError {
    SelectorError::Unexpected {
        found: found.to_owned(),
        wanted,
    }
}

fn is_symbol(token: &str) -> bool {
    token.starts_with(SYMBOLS)
}

/// Letters that end a word and are tokens themselves.
const SYMBOLS: [char; 7] = ['=', '!', '(', ')', ',', '>', '<'];
/// Letters between words.
const BLANKS: [char; 4] = [' ', '\t', '\r', '\n'];

/// The byte that ends a C string.
const END: char = '\0';

/// The tokens of a text: words and symbols.
struct Tokens<'a> {
    rest: &'a str,
}

impl<'a> Tokens<'a> {
    fn of(text: &'a str) -> Self {
        Self { rest: text }
    }

    fn is_over(&self) -> bool {
        self.peek().is_none()
    }

    fn peek(&self) -> Option<&'a str> {
        let rest = self.rest.trim_start_matches(BLANKS);
        // Kubernetes' parser reads this byte as the end of the text.
        let first = rest.chars().next().filter(|first| *first != END)?;
        let length = if SYMBOLS.contains(&first) {
            if rest.starts_with("==") || rest.starts_with("!=") {
                2
            } else {
                1
            }
        } else {
            let is_end = |letter: char| {
                SYMBOLS.contains(&letter) || BLANKS.contains(&letter) || letter == END
            };
            rest.find(is_end).unwrap_or(rest.len())
        };
        Some(&rest[..length])
    }

    fn next(&mut self) -> Option<&'a str> {
        let token = self.peek()?;
        let rest = &self.rest.trim_start_matches(BLANKS)[token.len()..];
        // After a word or a symbol, this byte only ends the token.
        self.rest = rest.strip_prefix(END).unwrap_or(rest);
        Some(token)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(key: &str, test: Test) -> Vec<Requirement> {
        let key = key.to_owned();
        vec![Requirement { key, test }]
    }

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn requirements_are_read_as_kubernetes_reads_them() {
        for (text, found) in [
            ("", vec![]),
            (" \t", vec![]),
            ("a", one("a", Test::Exists)),
            ("! a", one("a", Test::Absent)),
            ("a=b", one("a", Test::In(texts(&["b"])))),
            ("a==", one("a", Test::In(texts(&[""])))),
            ("a != b", one("a", Test::NotIn(texts(&["b"])))),
            (
                "status.succeeded > 0",
                one("status.succeeded", Test::Above(0)),
            ),
            ("a<1", one("a", Test::Below(1))),
            ("a in (y,,x,y)", one("a", Test::In(texts(&["", "x", "y"])))),
            ("a notin ()", one("a", Test::NotIn(texts(&[""])))),
            ("in in (in)", one("in", Test::In(texts(&["in"])))),
            ("a = notin", one("a", Test::In(texts(&["notin"])))),
        ] {
            assert_eq!(parse(text), Ok(found), "{text}");
        }
        assert_eq!(parse("a, !b, c > 3").map(|found| found.len()), Ok(3));
    }

    #[test]
    fn what_kubernetes_refuses_is_refused() {
        for (text, why) in [
            (
                "status.succeeded > > 0",
                "`>` stands there, but a value must",
            ),
            (
                "a b",
                "`b` stands there, but `=`, `==`, `!=`, `in`, `notin`, `<` or `>` must",
            ),
            ("a = b c", "`c` stands there, but `,` or the end must"),
            ("!a = b", "`=` stands there, but `,` or the end must"),
            (
                "a,",
                "nothing stands at the end, but the name of a label must",
            ),
            (",a", "`,` stands there, but the name of a label must"),
            ("a in b", "`b` stands there, but `(` must"),
            (
                "a in (b",
                "nothing stands at the end, but `,`, `)` or a value must",
            ),
            (
                "a in (b c)",
                "`c` stands there, but `,`, `)` or a value must",
            ),
            (
                "a > 1.5",
                "`<` and `>` need a whole number, and `1.5` is none",
            ),
            ("a >", "`<` and `>` need a whole number, and `` is none"),
            ("a && b", "`&&` stands there, but `=`"),
            (
                "status.conditions.#(type==\"Ready\").status == True",
                "`status.conditions.#` cannot be the key of a label",
            ),
            ("a == 'b'", "`'b'` cannot be the value of a label"),
        ] {
            let error = parse(text).map_err(|error| error.to_string());
            let error = error.expect_err(text);
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}
