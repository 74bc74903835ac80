//! The verdict on a variable: what becomes of it.

/// A verdict on a variable: what becomes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The variable is filled in.
    Known,
    /// Argo refuses the workflow; perhaps with what was meant.
    Unresolved(Option<String>),
    /// The variable stays as it is here, for this reason; elsewhere it is filled in.
    Misplaced(&'static str),
    /// The variable stays as it is: Argo has none of this name.
    Foreign,
}
