//! Syntax tree of a path: its parts contain scripts, and scripts contain paths.

use crate::text::expression::evaluate::value::Value;

/// A part of a path.
pub(super) enum Token {
    /// `$`
    Root,
    /// `@`
    Current,
    /// `*`
    Wildcard,
    /// `..`
    Recursive,
    /// `length`
    Length,
    /// `.a`, `['a']`
    Key(String),
    /// `[0]`
    Index(i64),
    /// `[(@.length-1)]`
    Script(Script),
    /// `[?(@.a > 1)]`
    Filter(Script),
    /// `[0,1]`, `['a','b']`
    Union(Vec<Argument>),
    /// `[from:to:step]`
    Range(Box<[Option<Argument>; 3]>),
}

/// A part of a union or a range.
pub(super) enum Argument {
    /// `0`
    Number(i64),
    /// `'a'`
    Key(String),
    /// `(@.length-1)`
    Script(Script),
}

/// A parsed script.
pub(super) struct Script {
    pub(super) text: String,
    /// The weakest operator; none in a constant.
    pub(super) operator: Option<Operator>,
}

/// Operand of an operator.
pub(super) enum Operand {
    /// Missing operand.
    Nothing,
    /// Text without an operator.
    Text(String),
    /// JSON literal.
    Value(Value),
    /// Operator with operands of its own.
    Operator(Box<Operator>),
}

/// Operator of a script.
pub(super) enum Operator {
    /// Symbol, left and right operand.
    Of(&'static str, Operand, Operand),
    /// Path that begins with `@` or `$`.
    Path(Vec<Token>),
}
