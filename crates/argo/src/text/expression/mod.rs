//! Expressions: the language of expr-lang 1.17, as Argo v4.1.2 uses it.
//!
//! [`parse`] reads a text. [`check`] finds the faults that expr-lang refuses, and the parts that certainly fail or are
//! always absent at run time. An [`Environment`] holds the names that an expression may use; each place of a manifest
//! has its own. [`evaluate()`] gives the value.
//!
//! Source of the rules: expr-lang 1.17.8 (`parser`, `checker`, `builtin`, `vm`), and `util/expr` of Argo.

mod builtins;
mod calls;
mod check;
mod check_operators;
mod environment;
pub(in crate::text) mod evaluate;
mod fault;
mod functions;
mod holds;
mod literal;
mod members;
mod methods;
mod operators;
mod parse;
mod predicate_calls;
mod predicates;
mod signature;
mod sprig;
mod syntax;
mod tokens;
mod types;

pub use check::{Checked, check};
pub use environment::Environment;
pub use evaluate::{Elements, Expression, Failure, Outside, Value, Variables, Version, evaluate};
pub use fault::{Fault, Trouble};
pub use functions::argo_functions;
pub use holds::holds;
pub use parse::parse;
pub use signature::Function;
pub use syntax::{BinaryOperator, ByteRange, Node, Syntax, UnaryOperator};
pub use tokens::{Token, TokenKind, tokens};
pub use types::{Shape, Type};
