//! Parses an expression, operators by precedence, like expr-lang's parser.

use super::environment::Environment;
use super::literal::{self, Number};
use super::syntax::{ByteRange, Node, Syntax, UnaryOperator};
use super::tokens::{Token, TokenKind, tokens};

mod brackets;
mod members;
mod operators;
mod parser;

use parser::{Parser, Result, broken, refused, span, too_much};

/// Deepest nesting of brackets. No real expression needs more, and the parser's stack is large enough for it.
const MOST_NESTED: u16 = 100;

/// Parses an expression. `environment` holds the names that hide functions of expr-lang.
pub fn parse(text: &str, environment: &Environment) -> Result<Node> {
    let (tokens, fault) = tokens(text);
    let mut parser = Parser {
        tokens,
        fault,
        at: 0,
        environment,
        in_predicates: 0,
        depth: 0,
        nodes: 0,
    };
    parser.look()?;
    let node = parser.sequence()?;
    let token = parser.look()?;
    if token.kind == TokenKind::End {
        return Ok(node);
    }
    let token = token.clone();
    refused(Parser::unexpected_after_value(&token))
}

impl Parser<'_> {
    pub(super) fn sequence(&mut self) -> Result<Node> {
        let first = self.expression(0)?;
        let mut nodes = vec![first];
        while self.skip_operator(";")? {
            if self.look()?.kind == TokenKind::End {
                break;
            }
            nodes.push(self.expression(0)?);
        }
        if nodes.len() > 1 {
            let place = span(&nodes);
            return self.node(place, Syntax::Sequence(nodes));
        }
        match nodes.pop() {
            Some(node) => Ok(node),
            None => broken(ByteRange::default(), "it is empty"),
        }
    }

    pub(super) fn expression(&mut self, least: u16) -> Result<Node> {
        self.depth += 1;
        if self.depth > MOST_NESTED {
            return too_much(self.look()?.place, "it nests too deep");
        }
        let node = match &self.look()?.kind {
            TokenKind::Operator(word) if least == 0 && word == "let" => self.declaration()?,
            TokenKind::Operator(word) if least == 0 && word == "if" => self.condition()?,
            _ => {
                let node = self.operators(least)?;
                if least == 0 {
                    self.ternary(node)?
                } else {
                    node
                }
            }
        };
        self.depth -= 1;
        Ok(node)
    }

    fn declaration(&mut self) -> Result<Node> {
        let start = self.take()?.place;
        let (_, name) = self.expect_name("a name has to follow `let`")?;
        self.expect_operator("=")?;
        let value = Box::new(self.expression(0)?);
        self.expect_operator(";")?;
        let then = Box::new(self.sequence()?);
        let place = start.to(then.place);
        self.node(place, Syntax::Let { name, value, then })
    }

    fn condition(&mut self) -> Result<Node> {
        let start = self.take()?.place;
        let condition = Box::new(self.expression(0)?);
        let yes = Some(Box::new(self.block()?));
        self.expect_operator("else")?;
        let no = Box::new(if self.is_operator("if")? {
            self.expression(0)?
        } else {
            self.block()?
        });
        let place = start.to(no.place);
        self.node(place, Syntax::Conditional { condition, yes, no })
    }

    pub(super) fn block(&mut self) -> Result<Node> {
        self.expect_bracket('{')?;
        let node = self.sequence()?;
        self.expect_bracket('}')?;
        Ok(node)
    }

    /// Parses `a ? b : c ? d : e` in a loop, not by recursion.
    fn ternary(&mut self, mut node: Node) -> Result<Node> {
        let mut asked = Vec::new();
        loop {
            while self.skip_operator("?")? {
                let yes = if self.skip_operator(":")? {
                    None
                } else {
                    let yes = self.expression(0)?;
                    self.expect_operator(":")?;
                    Some(Box::new(yes))
                };
                asked.push((Box::new(node), yes));
                if self.is_operator("let")? || self.is_operator("if")? {
                    node = self.expression(0)?;
                    break;
                }
                node = self.operators(0)?;
            }
            while let Some((condition, yes)) = asked.pop() {
                let place = condition.place.to(node.place);
                let no = Box::new(node);
                node = self.node(place, Syntax::Conditional { condition, yes, no })?;
            }
            if !self.is_operator("?")? {
                return Ok(node);
            }
        }
    }

    pub(super) fn primary(&mut self) -> Result<Node> {
        let node = match &self.look()?.kind {
            TokenKind::Operator(_) => self.after_operator()?,
            TokenKind::Bracket('(') => self.bracketed()?,
            TokenKind::Bracket('[') => self.array()?,
            TokenKind::Bracket('{') => self.map()?,
            TokenKind::Name(_) => return self.name(),
            TokenKind::Number(_) => return self.literal(),
            TokenKind::Text(_) | TokenKind::Bytes(_) => self.literal()?,
            TokenKind::Bracket(_) | TokenKind::End => {
                return refused(Self::unexpected_value(self.look()?));
            }
        };
        self.postfix(node)
    }

    fn bracketed(&mut self) -> Result<Node> {
        self.take()?;
        let node = self.sequence()?;
        self.expect_bracket(')')?;
        Ok(node)
    }

    /// A value that starts with an operator.
    fn after_operator(&mut self) -> Result<Node> {
        let token = self.look()?.clone();
        let TokenKind::Operator(text) = &token.kind else {
            return refused(Self::unexpected_value(&token));
        };
        if let Some(operator) = UnaryOperator::named(text) {
            self.take()?;
            let operand = Box::new(self.expression(operator.binding())?);
            let place = token.place.to(operand.place);
            return self.node(place, Syntax::Unary(operator, operand));
        }
        if self.in_predicates > 0 && matches!(text.as_str(), "#" | ".") {
            return self.pointer(&token);
        }
        if text == "::" {
            self.take()?;
            let (place, name) = self.expect_name("a function has to follow `::`")?;
            return self.call(place, &name, None, false);
        }
        refused(Self::unexpected_value(&token))
    }

    pub(super) fn literal(&mut self) -> Result<Node> {
        let token = self.take()?;
        let syntax = match token.kind {
            TokenKind::Text(text) => Syntax::Text(text),
            TokenKind::Bytes(bytes) => Syntax::Bytes(bytes),
            TokenKind::Number(text) => match literal::number(&text) {
                Some(Number::Integer(number)) => Syntax::Integer(number),
                Some(Number::Float(number)) => Syntax::Float(number),
                None => {
                    let message = format!("`{text}` is not a number, or is too large");
                    return broken(token.place, message);
                }
            },
            _ => return refused(Self::unexpected_value(&token)),
        };
        self.node(token.place, syntax)
    }

    pub(super) fn name(&mut self) -> Result<Node> {
        let (place, name) = self.expect_name("a name is missing")?;
        let literal = match name.as_str() {
            "true" => Some(Syntax::Boolean(true)),
            "false" => Some(Syntax::Boolean(false)),
            "nil" => Some(Syntax::Nil),
            _ => None,
        };
        if let Some(literal) = literal {
            return self.node(place, literal);
        }
        let node = if self.is_bracket('(')? {
            self.call(place, &name, None, true)?
        } else {
            self.node(place, Syntax::Name(name))?
        };
        self.postfix(node)
    }

    fn pointer(&mut self, token: &Token) -> Result<Node> {
        let mut name = String::new();
        let mut place = token.place;
        if token.is_operator("#") {
            self.take()?;
            let next = self.look()?;
            if let TokenKind::Name(text) = &next.kind {
                name.clone_from(text);
                place = place.to(next.place);
                self.take()?;
            }
        } else {
            // In `.field`, the point is part of the member that follows.
            place.end = place.start;
        }
        self.node(place, Syntax::Pointer(name))
    }
}
