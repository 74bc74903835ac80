//! A variable that refers to another task or step.

use diagnostic::yaml::Yaml;

use super::expression::shortened;

/// A variable that refers to another task or step.
pub(super) struct Reference<'a> {
    /// The task or step that contains the variable.
    pub(super) from: usize,
    /// The task or step that the variable refers to.
    pub(super) to: usize,
    pub(super) node: &'a Yaml,
    pub(super) tag: &'a str,
    pub(super) what: &'a str,
    /// The key of the task or step under which the variable is.
    pub(super) key: &'a str,
    /// Says whether the tag is an expression, which computes with the value.
    pub(super) in_expression: bool,
}

impl Reference<'_> {
    /// The tag as written.
    pub(super) fn shown(&self) -> String {
        let mark = if self.in_expression { "=" } else { "" };
        format!("{{{{{mark}{}}}}}", shortened(self.tag))
    }
}
