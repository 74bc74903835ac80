//! Expressions: the language of expr-lang 1.17, as Argo v4.1.2 uses it.
//!
//! [`parse`] reads a text, [`check`] says what expr-lang refuses in it, and what certainly fails or never is when it
//! runs. What an expression may name is an [`Environment`], which is another one in each place of a manifest.
//! [`evaluate()`] gives the value.
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
pub use syntax::{BinaryOperator, Node, Place, Syntax, UnaryOperator};
pub use tokens::{Token, TokenKind, tokens};
pub use types::{Shape, Type};
