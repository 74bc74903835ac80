//! The verdict on a variable: what Argo does with it.

/// A verdict on a variable: what Argo does with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Argo fills in the variable.
    Known,
    /// Argo refuses the workflow; with the name that was meant, if there is a similar one.
    Unresolved(Option<String>),
    /// Argo does not fill in the variable here, for this reason; it does in other places.
    Misplaced(&'static str),
    /// Argo has no variable with this name, and leaves the text as it is.
    Foreign,
}
