//! Parses the contents of brackets: arguments of calls, predicates, arrays and maps.

use super::parser::{Parser, Result, broken, refused};
use crate::text::expression::functions::is_builtin;
use crate::text::expression::predicates::{self, Argument};
use crate::text::expression::syntax::{ByteRange, Node, Syntax};
use crate::text::expression::tokens::TokenKind;

impl Parser<'_> {
    /// A call of the function `name`; `first` is the value before a `|`.
    pub(super) fn call(
        &mut self,
        start: ByteRange,
        name: &str,
        first: Option<Node>,
        may_be_overridden: bool,
    ) -> Result<Node> {
        let overridden = may_be_overridden && self.environment.knows(name);
        let start = first.as_ref().map_or(start, |first| first.place.to(start));
        if let Some(wanted) = predicates::arguments(name).filter(|_| !overridden) {
            let (arguments, end) = self.predicate_arguments(name, wanted, first)?;
            return self.node(start.to(end), Syntax::Builtin(name.to_owned(), arguments));
        }
        let name_place = ByteRange {
            start: start.end.saturating_sub(name.len()).max(start.start),
            end: start.end,
        };
        let callee = if is_builtin(name) && !overridden {
            None
        } else {
            Some(self.node(name_place, Syntax::Name(name.to_owned()))?)
        };
        let (arguments, end) = self.arguments(first)?;
        let syntax = match callee {
            None => Syntax::Builtin(name.to_owned(), arguments),
            Some(callee) => Syntax::Call(Box::new(callee), arguments),
        };
        self.node(start.to(end), syntax)
    }

    pub(super) fn predicate_arguments(
        &mut self,
        name: &str,
        wanted: &[Argument],
        first: Option<Node>,
    ) -> Result<(Vec<Node>, ByteRange)> {
        self.open_arguments(name)?;
        let mut arguments: Vec<Node> = first.into_iter().collect();
        let skipped = arguments.len();
        for (number, argument) in wanted.iter().skip(skipped).enumerate() {
            if self.is_bracket(')')? {
                if argument.optional {
                    break;
                }
                let place = self.look()?.place;
                return broken(place, format!("`{name}` needs more than that"));
            }
            if number > 0 {
                self.expect_operator(",")?;
            }
            let node = if argument.predicate {
                self.predicate()?
            } else {
                self.expression(0)?
            };
            arguments.push(node);
        }
        self.skip_operator(",")?;
        let end = self.expect_bracket(')')?;
        Ok((arguments, end))
    }

    pub(super) fn open_arguments(&mut self, name: &str) -> Result<()> {
        if self.is_bracket('(')? {
            self.take()?;
            return Ok(());
        }
        let place = self.look()?.place;
        broken(place, format!("`(` is missing after `{name}`"))
    }

    pub(super) fn arguments(&mut self, first: Option<Node>) -> Result<(Vec<Node>, ByteRange)> {
        let mut arguments: Vec<Node> = first.into_iter().collect();
        let skipped = arguments.len();
        if !self.is_bracket('(')? {
            let place = self.look()?.place;
            return broken(place, "`(` is missing after the name of a function");
        }
        self.take()?;
        while !self.is_bracket(')')? {
            if arguments.len() > skipped {
                self.comma(')')?;
                if self.is_bracket(')')? {
                    break;
                }
            }
            arguments.push(self.expression(0)?);
        }
        let end = self.expect_bracket(')')?;
        Ok((arguments, end))
    }

    pub(super) fn comma(&mut self, close: char) -> Result<()> {
        if self.skip_operator(",")? {
            return Ok(());
        }
        let token = self.look()?.clone();
        if token.kind == TokenKind::End {
            let message = format!("a bracket is not closed: `{close}` is missing");
            return broken(token.place, message);
        }
        refused(Self::unexpected_after_value(&token))
    }

    pub(super) fn predicate(&mut self) -> Result<Node> {
        let start = self.look()?.place;
        self.in_predicates += 1;
        let (node, end) = if self.is_bracket('{')? {
            self.take()?;
            let node = self.sequence()?;
            let end = self.expect_bracket('}')?;
            (node, end)
        } else {
            let node = self.expression(0)?;
            let next = self.look()?;
            if next.is_operator(";") {
                return broken(next.place, "`;` needs `{` and `}` around it here");
            }
            let end = node.place;
            (node, end)
        };
        self.in_predicates -= 1;
        self.node(start.to(end), Syntax::Predicate(Box::new(node)))
    }

    pub(super) fn array(&mut self) -> Result<Node> {
        let start = self.take()?.place;
        let mut nodes = Vec::new();
        while !self.is_bracket(']')? {
            if !nodes.is_empty() {
                self.comma(']')?;
                if self.is_bracket(']')? {
                    break;
                }
            }
            nodes.push(self.expression(0)?);
        }
        let end = self.expect_bracket(']')?;
        self.node(start.to(end), Syntax::Array(nodes))
    }

    pub(super) fn map(&mut self) -> Result<Node> {
        let start = self.take()?.place;
        let mut pairs = Vec::new();
        while !self.is_bracket('}')? {
            if !pairs.is_empty() {
                self.comma('}')?;
                if self.is_bracket('}')? {
                    break;
                }
            }
            let token = self.look()?.clone();
            let key = match &token.kind {
                TokenKind::Name(text) | TokenKind::Number(text) | TokenKind::Text(text) => {
                    self.take()?;
                    self.node(token.place, Syntax::Text(text.clone()))?
                }
                TokenKind::Bracket('(') => self.expression(0)?,
                _ => {
                    let message =
                        format!("{} stands where the key of a map belongs", token.shown());
                    return broken(token.place, message);
                }
            };
            self.expect_operator(":")?;
            let value = self.expression(0)?;
            // expr-lang counts the pair as one more node.
            self.nodes += 1;
            pairs.push((key, value));
        }
        let end = self.expect_bracket('}')?;
        self.node(start.to(end), Syntax::Map(pairs))
    }
}
