//! The tree of a condition; operators of one level group from the left (`stagePlanner.go` of govaluate).

use super::failure::Failure;
use super::operand::{Operand, Operator};
use super::tokens::Token;

/// Deepest nesting of brackets; no real condition needs more.
const MOST_DEPTH: usize = 200;

/// A part of a condition.
#[derive(Debug)]
pub(super) enum Node {
    /// Empty brackets: `()`.
    Nothing,
    /// A value.
    Operand(Operand),
    /// A field of a parameter; Argo supplies no such parameter.
    Field(String),
    /// A prefix operator and its operand.
    Prefix(&'static str, Box<Self>),
    /// A part, then operators of one level with their right sides, applied from left to right.
    Chain(Box<Self>, Vec<(Operator, Self)>),
}

/// Levels of operators, weakest first.
const LEVELS: &[&[&str]] = &[
    &[","],
    &["?", ":", "??"],
    &["||"],
    &["&&"],
    &["==", "!=", ">", ">=", "<", "<=", "=~", "!~", "in"],
    &["^", "&", "|"],
    &[">>", "<<"],
    &["+", "-"],
    &["*", "/", "%"],
    &["**"],
];

/// Makes a tree of tokens whose order is checked. Ignores tokens after a closing bracket without an operator between,
/// as in `(true) false`.
pub(super) fn parse(tokens: Vec<Token>) -> Result<Node, Failure> {
    let mut parser = Parser {
        tokens,
        position: 0,
        depth: 0,
    };
    parser.chain(0)
}

struct Parser {
    tokens: Vec<Token>,
    position: usize,
    depth: usize,
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.position)
    }

    /// Level and text of the next operator.
    fn operator(&self) -> Option<(usize, Operator)> {
        let text = match self.peek()? {
            Token::Comma => ",",
            Token::Comparator(text)
            | Token::Logical(text)
            | Token::Modifier(text)
            | Token::Ternary(text) => text,
            _ => return None,
        };
        let level = LEVELS.iter().position(|level| level.contains(&text))?;
        Some((level, Operator(text)))
    }

    /// Reads a chain of operators of this level or of stronger ones.
    fn chain(&mut self, least: usize) -> Result<Node, Failure> {
        let mut first = self.value()?;
        // Go from the strongest level to the weakest, so that each level is one chain.
        for level in (least..LEVELS.len()).rev() {
            let mut others = Vec::new();
            while let Some((_, operator)) = self.operator().filter(|(found, _)| *found == level) {
                self.position += 1;
                others.push((operator, self.chain(level + 1)?));
            }
            if !others.is_empty() {
                first = Node::Chain(Box::new(first), others);
            }
        }
        Ok(first)
    }

    fn value(&mut self) -> Result<Node, Failure> {
        let Some(token) = self.peek().cloned() else {
            return Ok(Node::Nothing);
        };
        self.position += 1;
        Ok(match token {
            Token::Open => self.brackets()?,
            Token::Close => {
                self.position -= 1;
                Node::Nothing
            }
            Token::Number(number) | Token::Time(number) => Node::Operand(Operand::Number(number)),
            Token::Boolean(value) => Node::Operand(Operand::Boolean(value)),
            Token::Text(text) => Node::Operand(Operand::Text(text)),
            Token::Pattern(pattern) => Node::Operand(Operand::Pattern(pattern)),
            // Only the first parse sees words: Argo turns them into texts before it evaluates.
            Token::Word(word) => Node::Operand(Operand::Text(word)),
            Token::Field(field) => {
                if matches!(self.peek(), Some(Token::Open)) {
                    // govaluate reads the rest as arguments of a method.
                    self.deeper(|parser| parser.chain(0))?;
                }
                Node::Field(field)
            }
            Token::Prefix(symbol) => Node::Prefix(symbol, Box::new(self.value()?)),
            other => {
                return Err(Failure::broken(format!(
                    "a value is missing before `{}`",
                    other.shown()
                )));
            }
        })
    }

    fn brackets(&mut self) -> Result<Node, Failure> {
        let inner = self.deeper(|parser| parser.chain(0))?;
        // govaluate takes any token as the closing bracket.
        self.position += 1;
        Ok(inner)
    }

    fn deeper(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<Node, Failure>,
    ) -> Result<Node, Failure> {
        self.depth += 1;
        if self.depth > MOST_DEPTH {
            return Err(Failure::broken("its brackets are too deep"));
        }
        let node = read(self);
        self.depth -= 1;
        node
    }
}
