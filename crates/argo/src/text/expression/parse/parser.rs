//! State of the parser of an expression, and its steps over tokens.

use crate::text::expression::environment::Environment;
use crate::text::expression::fault::{Fault, Trouble};
use crate::text::expression::syntax::{ByteRange, Node, Syntax};
use crate::text::expression::tokens::{Token, TokenKind};

/// Greatest number of nodes in an expression: expr-lang's own limit.
const MOST_NODES: usize = 10_000;
/// Greatest depth of the tree.
const MOST_HEIGHT: u16 = 200;
/// Greatest number of operators in a chain.
const MOST_OPERATORS: u16 = 1000;

/// Parser of an expression.
pub(super) struct Parser<'a> {
    pub(super) tokens: Vec<Token>,
    /// Fault after the last token, if the rest of the text cannot be split into tokens.
    pub(super) fault: Option<Fault>,
    /// Index of the next token.
    pub(super) at: usize,
    pub(super) environment: &'a Environment,
    /// Number of predicates around the next token.
    pub(super) in_predicates: usize,
    /// Number of brackets and operators around the next token.
    pub(super) depth: u16,
    /// Number of nodes made so far.
    pub(super) nodes: usize,
}

/// Result of parsing.
pub(super) type Result<T, E = Box<Fault>> = std::result::Result<T, E>;

/// Fails because the text is not an expression.
pub(super) fn broken<T>(place: ByteRange, message: impl Into<String>) -> Result<T> {
    Err(Box::new(Fault::new(Trouble::Syntax, place, message)))
}

/// Fails with a fault.
pub(super) fn refused<T>(fault: Fault) -> Result<T> {
    Err(Box::new(fault))
}

/// Fails because the expression is too large.
pub(super) fn too_much<T>(place: ByteRange, message: &str) -> Result<T> {
    Err(Box::new(Fault::new(Trouble::Size, place, message)))
}

impl Parser<'_> {
    pub(super) fn look(&self) -> Result<&Token> {
        match (self.tokens.get(self.at), &self.fault) {
            (Some(token), _) => Ok(token),
            (None, Some(fault)) => Err(Box::new(fault.clone())),
            (None, None) => broken(ByteRange::default(), "it ends too early"),
        }
    }

    pub(super) fn is_operator(&self, text: &str) -> Result<bool> {
        Ok(self.look()?.is_operator(text))
    }

    pub(super) fn is_bracket(&self, bracket: char) -> Result<bool> {
        Ok(self.look()?.is_bracket(bracket))
    }

    pub(super) fn take(&mut self) -> Result<Token> {
        let token = self.look()?.clone();
        self.at += 1;
        self.look()?;
        Ok(token)
    }

    /// Skips the operator if it is the next token.
    pub(super) fn skip_operator(&mut self, text: &str) -> Result<bool> {
        let is_there = self.is_operator(text)?;
        if is_there {
            self.take()?;
        }
        Ok(is_there)
    }

    pub(super) fn expect_operator(&mut self, text: &str) -> Result<Token> {
        if self.is_operator(text)? {
            return self.take();
        }
        let token = self.look()?;
        let message = format!("`{text}` is missing before {}", token.shown());
        broken(token.place, message)
    }

    pub(super) fn expect_bracket(&mut self, bracket: char) -> Result<ByteRange> {
        let token = self.look()?;
        if token.is_bracket(bracket) {
            let place = token.place;
            self.at += 1;
            return Ok(place);
        }
        let token = token.clone();
        if token.kind == TokenKind::End {
            return broken(token.place, "a bracket is not closed");
        }
        refused(Self::unexpected_after_value(&token))
    }

    pub(super) fn expect_name(&mut self, what: &str) -> Result<(ByteRange, String)> {
        let token = self.look()?;
        if let TokenKind::Name(name) = &token.kind {
            let found = (token.place, name.clone());
            self.take()?;
            return Ok(found);
        }
        broken(token.place, format!("{what}, not {}", token.shown()))
    }

    /// Fault of a token that cannot follow a value.
    pub(super) fn unexpected_after_value(token: &Token) -> Fault {
        let fault = |message: String| Fault::new(Trouble::Syntax, token.place, message);
        match &token.kind {
            TokenKind::Operator(text) if text == "=" => {
                fault("`=` compares nothing".to_owned()).help("write `==`")
            }
            TokenKind::Operator(text) if text == "&" => {
                fault("`&` is not an operator".to_owned()).help("write `&&`")
            }
            TokenKind::Bracket(bracket @ (')' | ']' | '}')) => {
                fault(format!("`{bracket}` closes nothing"))
            }
            TokenKind::End => fault("it ends too early".to_owned()),
            TokenKind::Name(_)
            | TokenKind::Number(_)
            | TokenKind::Text(_)
            | TokenKind::Bytes(_)
            | TokenKind::Bracket(_) => {
                fault(format!("an operator is missing before {}", token.shown()))
            }
            TokenKind::Operator(_) => fault(format!("{} cannot stand here", token.shown())),
        }
    }

    /// Fault of a token that cannot start a value.
    pub(super) fn unexpected_value(token: &Token) -> Fault {
        let message = match &token.kind {
            TokenKind::End if token.place.start == 0 => "it is empty".to_owned(),
            TokenKind::End => "it ends too early".to_owned(),
            TokenKind::Operator(text) if text == "#" => {
                "`#` stands for an element, and here is not a list of which".to_owned()
            }
            _ => format!("{} stands where a value belongs", token.shown()),
        };
        let help = token.is_operator("=").then(|| "write `==`".to_owned());
        Fault::new(Trouble::Syntax, token.place, message).maybe_help(help)
    }

    pub(super) fn node(&mut self, place: ByteRange, syntax: Syntax) -> Result<Node> {
        self.nodes += 1;
        let (height, length) = match &syntax {
            Syntax::Binary(_, left, right) => (left.height.max(right.height + 1), left.length + 1),
            other => {
                let below = other.parts().iter().map(|part| part.height).max();
                (below.map_or(0, |height| height + 1), 0)
            }
        };
        if self.nodes > MOST_NODES || length > MOST_OPERATORS {
            return too_much(place, "it is too large");
        }
        if height > MOST_HEIGHT {
            return too_much(place, "it nests too deep");
        }
        Ok(Node {
            place,
            height,
            length,
            syntax,
        })
    }
}

pub(super) fn span(nodes: &[Node]) -> ByteRange {
    match (nodes.first(), nodes.last()) {
        (Some(first), Some(last)) => first.place.to(last.place),
        _ => ByteRange::default(),
    }
}
