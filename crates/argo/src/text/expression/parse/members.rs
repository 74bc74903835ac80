//! Parses what follows a value: members, indices, slices and pipes.

use super::parser::{Parser, Result, broken};
use crate::text::expression::literal;
use crate::text::expression::syntax::{Node, Syntax};
use crate::text::expression::tokens::TokenKind;

impl Parser<'_> {
    pub(super) fn postfix(&mut self, mut node: Node) -> Result<Node> {
        loop {
            let token = self.look()?.clone();
            let optional = token.is_operator("?.");
            if optional || token.is_operator(".") {
                self.take()?;
                if !(optional && self.is_bracket('[')?) {
                    node = self.field(node, optional)?;
                    continue;
                }
            } else if !token.is_bracket('[') {
                return Ok(node);
            }
            self.take()?;
            node = self.index(node, optional)?;
        }
    }

    /// Reads the name after a `.` or `?.`.
    pub(super) fn field(&mut self, node: Node, optional: bool) -> Result<Node> {
        let token = self.look()?.clone();
        let name = match &token.kind {
            TokenKind::Name(name) => name.clone(),
            TokenKind::Operator(word) if literal::is_name(word) => word.clone(),
            _ => {
                let message = format!("a name has to follow `.`, not {}", token.shown());
                return broken(token.place, message);
            }
        };
        self.take()?;
        let property = Box::new(self.node(token.place, Syntax::Text(name))?);
        let (of, in_chain) = match node.syntax {
            Syntax::Chain(inner) => (inner, true),
            _ => (Box::new(node), false),
        };
        let place = of.place.to(token.place);
        let mut node = self.node(
            place,
            Syntax::Member {
                of,
                property,
                optional,
            },
        )?;
        if self.is_bracket('(')? {
            let (arguments, end) = self.arguments(None)?;
            node = self.node(place.to(end), Syntax::Call(Box::new(node), arguments))?;
        }
        if in_chain || optional {
            let place = node.place;
            node = self.node(place, Syntax::Chain(Box::new(node)))?;
        }
        Ok(node)
    }

    /// Reads the index or the slice after a `[`.
    pub(super) fn index(&mut self, node: Node, optional: bool) -> Result<Node> {
        let start = node.place;
        let from = if self.is_operator(":")? {
            None
        } else {
            Some(Box::new(self.expression(0)?))
        };
        if self.skip_operator(":")? {
            let to = if self.is_bracket(']')? {
                None
            } else {
                Some(Box::new(self.expression(0)?))
            };
            let end = self.expect_bracket(']')?;
            let of = Box::new(node);
            return self.node(start.to(end), Syntax::Slice { of, from, to });
        }
        let end = self.expect_bracket(']')?;
        let place = start.to(end);
        let Some(property) = from else {
            return broken(place, "an index is missing");
        };
        let of = Box::new(node);
        let node = self.node(
            place,
            Syntax::Member {
                of,
                property,
                optional,
            },
        )?;
        if optional {
            return self.node(place, Syntax::Chain(Box::new(node)));
        }
        Ok(node)
    }
}
