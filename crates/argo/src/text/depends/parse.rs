//! Reads `depends`: names of tasks, results, `&&`, `||`, `!`, `==`, `!=`, `? :` and brackets.

use std::iter::Peekable;
use std::vec::IntoIter;

use super::condition::{Condition, Term};

/// Fault of a condition, with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DependsFault {
    /// The fault, as the end of a sentence.
    pub message: String,
    /// The byte of the text where the fault is.
    pub at: usize,
}

/// A parsed text of `depends`.
#[derive(Clone, Debug)]
pub struct Depends<'t> {
    /// Every named task, even if the text has a fault.
    pub terms: Vec<Term<'t>>,
    /// The condition, or its first fault.
    pub condition: Result<Condition<'t>, DependsFault>,
}

/// Greatest nesting of brackets and operators. No real text needs more; the limit keeps a hostile text from exhausting
/// the stack.
const DEEPEST: usize = 200;

/// Parses a text of `depends`.
pub fn parse(text: &str) -> Depends<'_> {
    let mut reader = Reader::default();
    let mut at = 0;
    while let Some((before, rest)) = rest_of(text, at) {
        at = before;
        at += reader.read(rest, at);
    }
    reader.finish(text.len());
    let Reader {
        terms,
        tokens,
        fault,
        ..
    } = reader;
    let condition = match fault {
        Some(fault) => Err(fault),
        None => Parser {
            tokens: tokens.into_iter().peekable(),
            depth: 0,
            end: text.len(),
        }
        .condition(),
    };
    Depends { terms, condition }
}

/// The text after a byte without leading spaces, and the byte where it begins.
fn rest_of(text: &str, at: usize) -> Option<(usize, &str)> {
    let rest = text.get(at..)?;
    let trimmed = rest.trim_start();
    (!trimmed.is_empty()).then(|| (at + rest.len() - trimmed.len(), trimmed))
}

#[derive(Clone, Debug, PartialEq)]
enum Token<'t> {
    Term(Term<'t>),
    Open,
    Close,
    Not,
    And,
    Or,
    Equal,
    NotEqual,
    Question,
    Colon,
}

/// Splits the text into tokens, and checks that operators and tasks alternate.
struct Reader<'t> {
    terms: Vec<Term<'t>>,
    tokens: Vec<(usize, Token<'t>)>,
    fault: Option<DependsFault>,
    depth: usize,
    wants_term: bool,
}

impl Default for Reader<'_> {
    fn default() -> Self {
        Self {
            terms: Vec::new(),
            tokens: Vec::new(),
            fault: None,
            depth: 0,
            wants_term: true,
        }
    }
}

impl<'t> Reader<'t> {
    fn note(&mut self, at: usize, message: impl Into<String>) {
        if self.fault.is_none() {
            self.fault = Some(DependsFault {
                message: message.into(),
                at,
            });
        }
    }

    /// Reads one token; gives its length in bytes.
    fn read(&mut self, rest: &'t str, at: usize) -> usize {
        for (operator, token) in [
            ("&&", Token::And),
            ("||", Token::Or),
            ("==", Token::Equal),
            ("!=", Token::NotEqual),
            ("?", Token::Question),
            (":", Token::Colon),
        ] {
            // `!=` with no task before it is a fault, not a negation.
            if rest.starts_with(operator) {
                if self.wants_term {
                    self.note(at, format!("a task is missing before `{operator}`"));
                }
                self.wants_term = true;
                self.tokens.push((at, token));
                return operator.len();
            }
        }
        let first = rest.chars().next().unwrap_or(' ');
        match first {
            '(' => {
                if !self.wants_term {
                    self.note(at, "an operator is missing before `(`");
                }
                self.depth += 1;
                self.wants_term = true;
                self.tokens.push((at, Token::Open));
                1
            }
            ')' => {
                if self.wants_term {
                    self.note(at, "nothing stands before `)`");
                }
                match self.depth.checked_sub(1) {
                    Some(left) => self.depth = left,
                    None => self.note(at, "`)` has no matching `(`"),
                }
                self.wants_term = false;
                self.tokens.push((at, Token::Close));
                1
            }
            '!' => {
                if !self.wants_term {
                    self.note(at, "an operator is missing before `!`");
                }
                self.tokens.push((at, Token::Not));
                1
            }
            _ if first.is_ascii_alphanumeric() => self.word(rest, at),
            _ => {
                self.note(at, format!("`{first}` means nothing here"));
                first.len_utf8()
            }
        }
    }

    fn word(&mut self, rest: &'t str, at: usize) -> usize {
        let end = rest
            .find(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '.')
            .unwrap_or(rest.len());
        let word = rest.get(..end).unwrap_or_default();
        if !self.wants_term {
            self.note(at, format!("an operator is missing before `{word}`"));
        }
        self.wants_term = false;
        let (task, result) = word
            .split_once('.')
            .map_or((word, None), |(task, result)| (task, Some(result)));
        let term = Term {
            task,
            result,
            place: at..at + end,
        };
        self.terms.push(term.clone());
        self.tokens.push((at, Token::Term(term)));
        end
    }

    fn finish(&mut self, end: usize) {
        if self.depth > 0 {
            self.note(end, "a closing bracket is missing");
        } else if self.wants_term && !self.terms.is_empty() {
            self.note(end, "it ends too early");
        } else if self.terms.is_empty() {
            self.note(end, "it names no task");
        }
    }
}

/// Builds a condition from tokens that alternate. From weakest to strongest: `? :`, then `||`, `&&`, `==` and `!=`,
/// `!`.
struct Parser<'t> {
    tokens: Peekable<IntoIter<(usize, Token<'t>)>>,
    depth: usize,
    end: usize,
}

type Parsed<'t> = Result<Condition<'t>, DependsFault>;

impl<'t> Parser<'t> {
    fn condition(mut self) -> Parsed<'t> {
        let condition = self.choice()?;
        match self.tokens.next() {
            None => Ok(condition),
            Some((at, Token::Colon)) => Err(fault(at, "`:` has no matching `?`")),
            Some((at, _)) => Err(fault(at, "an operator is missing")),
        }
    }

    fn takes(&mut self, wanted: &Token<'_>) -> bool {
        self.tokens.next_if(|(_, token)| token == wanted).is_some()
    }

    fn at(&mut self) -> usize {
        self.tokens.peek().map_or(self.end, |(at, _)| *at)
    }

    fn choice(&mut self) -> Parsed<'t> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(fault(
                self.at(),
                "it has too many brackets within each other",
            ));
        }
        let first = self.any()?;
        let choice = if self.takes(&Token::Question) {
            let then = self.choice()?;
            let at = self.at();
            if !self.takes(&Token::Colon) {
                return Err(fault(at, "`?` has no matching `:`"));
            }
            Condition::If(Box::new([first, then, self.choice()?]))
        } else {
            first
        };
        self.depth -= 1;
        Ok(choice)
    }

    fn any(&mut self) -> Parsed<'t> {
        let mut parts = vec![self.all()?];
        while self.takes(&Token::Or) {
            parts.push(self.all()?);
        }
        Ok(one_or(parts, Condition::Any))
    }

    fn all(&mut self) -> Parsed<'t> {
        let mut parts = vec![self.equal()?];
        while self.takes(&Token::And) {
            parts.push(self.equal()?);
        }
        Ok(one_or(parts, Condition::All))
    }

    fn equal(&mut self) -> Parsed<'t> {
        let mut left = self.one()?;
        let mut count = 0;
        loop {
            let negated = if self.takes(&Token::Equal) {
                false
            } else if self.takes(&Token::NotEqual) {
                true
            } else {
                return Ok(left);
            };
            count += 1;
            if count > DEEPEST {
                return Err(fault(self.at(), "it compares too often"));
            }
            let right = self.one()?;
            left = Condition::Equal(Box::new(left), Box::new(right));
            if negated {
                left = Condition::Not(Box::new(left));
            }
        }
    }

    fn one(&mut self) -> Parsed<'t> {
        let mut is_negated = false;
        while self.takes(&Token::Not) {
            is_negated = !is_negated;
        }
        let end = self.end;
        let condition = match self.tokens.next() {
            Some((_, Token::Term(term))) => Condition::Task(term),
            Some((_, Token::Open)) => {
                let inner = self.choice()?;
                let at = self.at();
                if !self.takes(&Token::Close) {
                    return Err(fault(at, "a closing bracket is missing"));
                }
                inner
            }
            Some((at, _)) => return Err(fault(at, "a task is missing")),
            None => return Err(fault(end, "it ends too early")),
        };
        Ok(if is_negated {
            Condition::Not(Box::new(condition))
        } else {
            condition
        })
    }
}

fn one_or<'t>(
    mut parts: Vec<Condition<'t>>,
    several: impl Fn(Vec<Condition<'t>>) -> Condition<'t>,
) -> Condition<'t> {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        last => {
            parts.extend(last);
            several(parts)
        }
    }
}

fn fault(at: usize, message: &str) -> DependsFault {
    DependsFault {
        message: message.to_owned(),
        at,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_have_places() {
        let text = "(a-1 || b.Failed) && !c.Skipped";
        let read = parse(text);
        let terms: Vec<_> = read
            .terms
            .iter()
            .map(|term| (term.task, term.result, &text[term.place.clone()]))
            .collect();
        assert_eq!(
            terms,
            [
                ("a-1", None, "a-1"),
                ("b", Some("Failed"), "b.Failed"),
                ("c", Some("Skipped"), "c.Skipped")
            ]
        );
        let condition = read.condition.unwrap();
        assert_eq!(
            condition.terms().into_iter().cloned().collect::<Vec<_>>(),
            read.terms
        );
    }

    #[test]
    fn broken_conditions_say_what_is_wrong_and_where() {
        for (text, message, at) in [
            ("a &&", "it ends too early", 4),
            ("a b", "an operator is missing before `b`", 2),
            ("a (b)", "an operator is missing before `(`", 2),
            ("a !b", "an operator is missing before `!`", 2),
            ("(a", "a closing bracket is missing", 2),
            ("a)", "`)` has no matching `(`", 1),
            ("()", "nothing stands before `)`", 1),
            ("&& a", "a task is missing before `&&`", 0),
            ("a || && b", "a task is missing before `&&`", 5),
            ("a & b", "`&` means nothing here", 2),
            ("a = b", "`=` means nothing here", 2),
            ("!= a", "a task is missing before `!=`", 0),
            ("a ? b", "`?` has no matching `:`", 5),
            ("a : b", "`:` has no matching `?`", 2),
            ("(a ? b) : c", "`?` has no matching `:`", 6),
            ("", "it names no task", 0),
            ("é", "`é` means nothing here", 0),
        ] {
            let fault = parse(text).condition.unwrap_err();
            assert_eq!((fault.message.as_str(), fault.at), (message, at), "{text}");
        }
    }

    #[test]
    fn a_hostile_text_does_not_use_up_the_stack() {
        let deep = format!("{}a{}", "(".repeat(100_000), ")".repeat(100_000));
        assert!(parse(&deep).condition.is_err());
        assert!(parse(&"a ? ".repeat(100_000)).condition.is_err());
        assert!(
            parse(&format!("a{}", " == a".repeat(100_000)))
                .condition
                .is_err()
        );
        assert!(
            parse(&format!("{}a", "!".repeat(100_001)))
                .condition
                .is_ok()
        );
        assert!(
            parse(&format!("a{}", " && a".repeat(100_000)))
                .condition
                .is_ok()
        );
    }
}
