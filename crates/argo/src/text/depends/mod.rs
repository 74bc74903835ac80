//! `depends`: the results of other tasks that a task waits for (`evaluateDependsLogic` in
//! `workflow/controller/dag.go`).
//!
//! Argo finds the names of tasks in the text (`taskNameRegex` in `workflow/common/ancestry.go`), replaces each bare
//! name with the results that it means, and evaluates the text as an expression. It turns `dependencies` into such a
//! text too. Here both become one tree.

mod condition;
mod evaluate;
mod parse;
mod result;

pub use condition::{Condition, RESERVED, Term};
pub use evaluate::{Dependency, DependsError, TaskResults, evaluate};
pub use parse::{Depends, DependsFault, parse};
pub use result::TaskResult;
