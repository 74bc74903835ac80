//! Conditions over the results of tasks.

use std::ops::Range;

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

/// A task in a condition, and its result if one is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term<'t> {
    /// Name of the task.
    pub task: &'t str,
    /// The word behind the point, which need not be a result.
    pub result: Option<&'t str>,
    /// The bytes of the text at which it stands.
    pub place: Range<usize>,
}

impl<'t> Term<'t> {
    /// The term that an entry of `dependencies` is.
    pub fn of_dependency(task: &'t str) -> Self {
        Self {
            task,
            result: None,
            place: 0..task.len(),
        }
    }
}

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
    /// Negation: `!a`.
    Not(Box<Self>),
    /// Equality of two conditions: `a == b`.
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
