//! `depends`: which results of other tasks a task waits for (`evaluateDependsLogic` in `workflow/controller/dag.go`).
//!
//! Argo reads the names of tasks out of the text (`taskNameRegex` in `workflow/common/ancestry.go`), writes the results
//! that a bare name stands for in its place, and evaluates the whole as an expression. `dependencies` become such a text
//! too. Here both become one tree.

mod evaluate;
mod parse;

pub use evaluate::{Dependency, DependsError, TaskResults, evaluate};
pub use parse::{Depends, DependsFault, Term, parse};

/// A result that a task can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskResult {
    /// The task ended well.
    Succeeded,
    /// The task failed.
    Failed,
    /// The task could not be run.
    Errored,
    /// The `when` of the task was false.
    Skipped,
    /// The `depends` of the task was false.
    Omitted,
    /// The task is a daemon that has started.
    Daemoned,
    /// One item of the task succeeded.
    AnySucceeded,
    /// All items of the task failed.
    AllFailed,
}

impl TaskResult {
    /// Every result.
    pub const ALL: [Self; 8] = [
        Self::Succeeded,
        Self::Failed,
        Self::Errored,
        Self::Skipped,
        Self::Omitted,
        Self::Daemoned,
        Self::AnySucceeded,
        Self::AllFailed,
    ];

    /// The word behind the point.
    pub fn word(self) -> &'static str {
        match self {
            Self::Succeeded => "Succeeded",
            Self::Failed => "Failed",
            Self::Errored => "Errored",
            Self::Skipped => "Skipped",
            Self::Omitted => "Omitted",
            Self::Daemoned => "Daemoned",
            Self::AnySucceeded => "AnySucceeded",
            Self::AllFailed => "AllFailed",
        }
    }

    /// The result that a word stands for.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|result| result.word() == word)
    }

    /// Whether only a task with items has this result.
    pub fn is_of_items(self) -> bool {
        matches!(self, Self::AnySucceeded | Self::AllFailed)
    }
}

/// Words of expressions: what depends on a task of such a name cannot be evaluated.
pub const RESERVED: &[&str] = &[
    "and",
    "contains",
    "else",
    "endsWith",
    "false",
    "if",
    "in",
    "let",
    "matches",
    "nil",
    "not",
    "or",
    "startsWith",
    "true",
];

/// A condition over the results of tasks.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition<'t> {
    /// A task and its result: `a.Failed`. A task alone stands for its good ends: `Succeeded`, `Skipped` or `Daemoned`,
    /// and what its `continueOn` allows.
    Task(Term<'t>),
    /// All of them hold: `a && b`. Nothing holds always.
    All(Vec<Self>),
    /// One of them holds: `a || b`.
    Any(Vec<Self>),
    /// It does not hold: `!a`.
    Not(Box<Self>),
    /// Both hold, or neither: `a == b`.
    Equal(Box<Self>, Box<Self>),
    /// The second holds if the first does, and else the third: `a ? b : c`.
    If(Box<[Self; 3]>),
}

impl<'t> Condition<'t> {
    /// The condition that `dependencies` stand for: each of the tasks has ended well.
    pub fn of_dependencies(names: impl IntoIterator<Item = &'t str>) -> Self {
        let terms = names.into_iter().map(Term::of_dependency);
        Self::All(terms.map(Self::Task).collect())
    }

    /// The terms, in the order of the text.
    pub fn terms(&self) -> Vec<&Term<'t>> {
        let mut terms = Vec::new();
        self.collect(&mut terms);
        terms
    }

    fn collect<'s>(&'s self, terms: &mut Vec<&'s Term<'t>>) {
        match self {
            Self::Task(term) => terms.push(term),
            Self::All(parts) | Self::Any(parts) => {
                for part in parts {
                    part.collect(terms);
                }
            }
            Self::Not(part) => part.collect(terms),
            Self::Equal(left, right) => {
                left.collect(terms);
                right.collect(terms);
            }
            Self::If(parts) => parts.iter().for_each(|part| part.collect(terms)),
        }
    }
}
