//! Conditions over the results of tasks.

use std::ops::Range;

/// Words of the expression language: Argo cannot evaluate a `depends` that names a task like one of them.
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

/// A task in a condition, with its result if the condition names one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term<'t> {
    /// Name of the task.
    pub task: &'t str,
    /// The word after the point; it may be no valid result.
    pub result: Option<&'t str>,
    /// Byte range of the term in the text.
    pub place: Range<usize>,
}

impl<'t> Term<'t> {
    /// The term for an entry of `dependencies`.
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
    /// A task and its result: `a.Failed`. A task without a result means a good result: `Succeeded`, `Skipped` or
    /// `Daemoned`, and the failures that its `continueOn` allows.
    Task(Term<'t>),
    /// True if all parts are true: `a && b`. An empty list is true.
    All(Vec<Self>),
    /// True if one part is true: `a || b`.
    Any(Vec<Self>),
    /// Negation: `!a`.
    Not(Box<Self>),
    /// Equality of two conditions: `a == b`.
    Equal(Box<Self>, Box<Self>),
    /// The second part if the first is true, else the third: `a ? b : c`.
    If(Box<[Self; 3]>),
}

impl<'t> Condition<'t> {
    /// The condition for `dependencies`: each task has a good result.
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
