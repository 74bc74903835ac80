//! Reads an expression: operators by how tightly they bind, as expr-lang's parser does.

use super::environment::Environment;
use super::fault::{Fault, Trouble};
use super::literal::{self, Number};
use super::syntax::{BinaryOperator, Node, Place, Syntax, UnaryOperator};
use super::tokens::{Token, TokenKind, tokens};

mod brackets;

/// Most nodes of an expression: expr-lang's own limit.
const MOST_NODES: usize = 10_000;
/// Most brackets in each other: nobody writes as many, and the reader's stack is large enough for them.
const MOST_NESTED: u16 = 100;
/// Most depth of the tree.
const MOST_HEIGHT: u16 = 200;
/// Most operators that follow each other.
const MOST_OPERATORS: u16 = 1000;

/// Reads an expression. `environment` says which names stand for something else than a function of expr-lang.
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

struct Parser<'a> {
    tokens: Vec<Token>,
    /// Fault after the last token, if the text cannot be read to its end.
    fault: Option<Fault>,
    at: usize,
    environment: &'a Environment,
    in_predicates: usize,
    depth: u16,
    nodes: usize,
}

type Result<T, E = Box<Fault>> = std::result::Result<T, E>;

fn broken<T>(place: Place, message: impl Into<String>) -> Result<T> {
    Err(Box::new(Fault::new(Trouble::Syntax, place, message)))
}

fn refused<T>(fault: Fault) -> Result<T> {
    Err(Box::new(fault))
}

fn too_much<T>(place: Place, message: &str) -> Result<T> {
    Err(Box::new(Fault::new(Trouble::Size, place, message)))
}

impl Parser<'_> {
    fn look(&self) -> Result<&Token> {
        match (self.tokens.get(self.at), &self.fault) {
            (Some(token), _) => Ok(token),
            (None, Some(fault)) => Err(Box::new(fault.clone())),
            (None, None) => broken(Place::default(), "it ends too early"),
        }
    }

    fn is_operator(&self, text: &str) -> Result<bool> {
        Ok(self.look()?.is_operator(text))
    }

    fn is_bracket(&self, bracket: char) -> Result<bool> {
        Ok(self.look()?.is_bracket(bracket))
    }

    fn take(&mut self) -> Result<Token> {
        let token = self.look()?.clone();
        self.at += 1;
        self.look()?;
        Ok(token)
    }

    /// Takes the operator if it is there.
    fn skip_operator(&mut self, text: &str) -> Result<bool> {
        let is_there = self.is_operator(text)?;
        if is_there {
            self.take()?;
        }
        Ok(is_there)
    }

    fn expect_operator(&mut self, text: &str) -> Result<Token> {
        if self.is_operator(text)? {
            return self.take();
        }
        let token = self.look()?;
        let message = format!("`{text}` is missing before {}", token.shown());
        broken(token.place, message)
    }

    fn expect_bracket(&mut self, bracket: char) -> Result<Place> {
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

    fn expect_name(&mut self, what: &str) -> Result<(Place, String)> {
        let token = self.look()?;
        if let TokenKind::Name(name) = &token.kind {
            let found = (token.place, name.clone());
            self.take()?;
            return Ok(found);
        }
        broken(token.place, format!("{what}, not {}", token.shown()))
    }

    /// Fault of a token that cannot follow a value.
    fn unexpected_after_value(token: &Token) -> Fault {
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
    fn unexpected_value(token: &Token) -> Fault {
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

    fn node(&mut self, place: Place, syntax: Syntax) -> Result<Node> {
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

    fn sequence(&mut self) -> Result<Node> {
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
            None => broken(Place::default(), "it is empty"),
        }
    }

    fn expression(&mut self, least: u16) -> Result<Node> {
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

    /// A value, and whatever operators follow it.
    fn operators(&mut self, least: u16) -> Result<Node> {
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

    /// The operator after a `not`, which it takes, unless the operator binds too loosely.
    fn negated(&mut self, least: u16) -> Result<Option<BinaryOperator>> {
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

    fn with_operator(
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

    /// `1 < x < 3` is `1 < x && x < 3`.
    fn comparisons(&mut self, first: Node, operator: BinaryOperator, binding: u16) -> Result<Node> {
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
            // expr-lang has a node for each comparison, and for each `&&`.
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

    fn block(&mut self) -> Result<Node> {
        self.expect_bracket('{')?;
        let node = self.sequence()?;
        self.expect_bracket('}')?;
        Ok(node)
    }

    /// `a ? b : c ? d : e`, without going deeper for each.
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

    fn primary(&mut self) -> Result<Node> {
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

    fn literal(&mut self) -> Result<Node> {
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

    fn name(&mut self) -> Result<Node> {
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
            // `.field`: the point belongs to what follows.
            place.end = place.start;
        }
        self.node(place, Syntax::Pointer(name))
    }

    fn postfix(&mut self, mut node: Node) -> Result<Node> {
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
    fn field(&mut self, node: Node, optional: bool) -> Result<Node> {
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
    fn index(&mut self, node: Node, optional: bool) -> Result<Node> {
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

fn span(nodes: &[Node]) -> Place {
    match (nodes.first(), nodes.last()) {
        (Some(first), Some(last)) => first.place.to(last.place),
        _ => Place::default(),
    }
}
