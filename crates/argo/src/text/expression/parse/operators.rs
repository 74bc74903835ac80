//! Parses operators between values, by precedence.

use super::parser::{Parser, Result, broken};
use crate::text::expression::fault::{Fault, Trouble};
use crate::text::expression::syntax::{BinaryOperator, Node, Syntax, UnaryOperator};
use crate::text::expression::tokens::TokenKind;

impl Parser<'_> {
    /// A value, and the operators that follow it.
    pub(super) fn operators(&mut self, least: u16) -> Result<Node> {
        let mut left = self.primary()?;
        let mut before = None;
        loop {
            let token = self.look()?.clone();
            let TokenKind::Operator(text) = &token.kind else {
                break;
            };
            if text == "|" {
                if least > 0 {
                    break;
                }
                self.take()?;
                let (place, name) = self.expect_name("a function has to follow `|`")?;
                left = self.call(place, &name, Some(left), true)?;
                before = None;
                continue;
            }
            let (operator, negated) = if text == "not" {
                match self.negated(least)? {
                    Some(operator) => (operator, true),
                    None => break,
                }
            } else {
                match BinaryOperator::named(text) {
                    Some(operator) if operator.binding().0 >= least => (operator, false),
                    _ => break,
                }
            };
            if before == Some(BinaryOperator::Coalesce) && operator != BinaryOperator::Coalesce {
                let message = format!("`??` and `{}` cannot stand side by side", operator.text());
                let fault = Fault::new(Trouble::Syntax, token.place, message);
                return Err(Box::new(
                    fault.help("put brackets around the part that belongs together"),
                ));
            }
            self.take()?;
            left = self.with_operator(left, operator, negated)?;
            before = Some(operator);
        }
        Ok(left)
    }

    /// Reads a `not` and gives the operator after it, unless that operator binds too weakly.
    pub(super) fn negated(&mut self, least: u16) -> Result<Option<BinaryOperator>> {
        let at = self.at;
        self.take()?;
        let next = self.look()?.clone();
        let operator = match &next.kind {
            TokenKind::Operator(text) => BinaryOperator::named(text),
            _ => None,
        };
        match operator.filter(|operator| operator.may_be_negated()) {
            Some(operator) if operator.binding().0 >= least => Ok(Some(operator)),
            Some(_) => {
                self.at = at;
                Ok(None)
            }
            None => broken(
                next.place,
                format!("{} cannot follow `not` here", next.shown()),
            ),
        }
    }

    pub(super) fn with_operator(
        &mut self,
        left: Node,
        operator: BinaryOperator,
        negated: bool,
    ) -> Result<Node> {
        let (binding, to_the_right) = operator.binding();
        if operator.is_comparison() {
            return self.comparisons(left, operator, binding);
        }
        let right = self.expression(if to_the_right { binding } else { binding + 1 })?;
        let place = left.place.to(right.place);
        let node = self.node(
            place,
            Syntax::Binary(operator, Box::new(left), Box::new(right)),
        )?;
        if negated {
            return self.node(place, Syntax::Unary(UnaryOperator::Not, Box::new(node)));
        }
        Ok(node)
    }

    /// Parses `1 < x < 3`, which means `1 < x && x < 3`.
    pub(super) fn comparisons(
        &mut self,
        first: Node,
        operator: BinaryOperator,
        binding: u16,
    ) -> Result<Node> {
        let right = self.expression(binding + 1)?;
        let mut place = first.place.to(right.place);
        let mut others = Vec::new();
        while let TokenKind::Operator(text) = &self.look()?.kind {
            let Some(next) = BinaryOperator::named(text).filter(|next| next.is_comparison()) else {
                break;
            };
            self.take()?;
            let right = self.expression(binding + 1)?;
            place = place.to(right.place);
            // expr-lang counts one node for each comparison, and one for each `&&`.
            self.nodes += 2;
            others.push((next, right));
        }
        let first = Box::new(first);
        if others.is_empty() {
            return self.node(place, Syntax::Binary(operator, first, Box::new(right)));
        }
        others.insert(0, (operator, right));
        self.node(place, Syntax::Comparisons(first, others))
    }
}
