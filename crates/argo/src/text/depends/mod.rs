//! `depends`: which results of other tasks a task waits for (`evaluateDependsLogic` in `workflow/controller/dag.go`).
//!
//! Argo reads the names of tasks out of the text (`taskNameRegex` in `workflow/common/ancestry.go`), writes the results
//! that a bare name stands for in its place, and evaluates the whole as an expression. `dependencies` become such a text
//! too. Here both become one tree.

mod condition;
mod evaluate;
mod parse;
mod result;

pub use condition::{Condition, RESERVED, Term};
pub use evaluate::{Dependency, DependsError, TaskResults, evaluate};
pub use parse::{Depends, DependsFault, parse};
pub use result::TaskResult;
