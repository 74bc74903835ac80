//! Checks as data, which are shown in one place (`crates/cli/src/render/checks.rs`).

use diagnostic::without_users;
use serde::Serialize;

use crate::error::CommandError;

/// Most characters of a detail.
const LONGEST: usize = 400;

/// Result of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum State {
    /// All is well.
    Ok,
    /// Something may go wrong, or cannot be seen from here.
    Warning,
    /// Something will go wrong.
    Failed,
    /// The check needs something that is missing.
    Skipped,
}

/// One check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Check {
    /// Checked thing, in few words.
    pub(crate) name: &'static str,
    /// Result of the check.
    pub(crate) state: State,
    /// Observation, in one sentence.
    pub(crate) detail: String,
    /// Advice that mends the fault.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) mend: Option<Mend>,
}

/// Advice that mends a fault.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Mend {
    /// Text of the advice.
    pub(crate) words: String,
    /// Commands to type, one in each line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) command: Option<String>,
    /// Objects to apply to the cluster, as YAML.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) manifest: Option<String>,
}

impl Check {
    fn new(name: &'static str, state: State, detail: &str) -> Self {
        Self {
            name,
            state,
            detail: one_line(detail),
            mend: None,
        }
    }

    pub(super) fn ok(name: &'static str, detail: impl AsRef<str>) -> Self {
        Self::new(name, State::Ok, detail.as_ref())
    }

    pub(crate) fn warning(name: &'static str, detail: impl AsRef<str>) -> Self {
        Self::new(name, State::Warning, detail.as_ref())
    }

    pub(super) fn failed(name: &'static str, detail: impl AsRef<str>) -> Self {
        Self::new(name, State::Failed, detail.as_ref())
    }

    pub(super) fn skipped(name: &'static str, reason: impl AsRef<str>) -> Self {
        Self::new(name, State::Skipped, reason.as_ref())
    }

    /// Failed check of an error, with the error's hints, or with the help of its findings.
    pub(super) fn of_error(name: &'static str, error: &CommandError, program: &str) -> Self {
        let check = Self::failed(name, error.in_one_line());
        let hints = error.hints(program).join("; ");
        if hints.is_empty() {
            check.mend(
                "try again; if it stays, ask the administrator of the cluster or of the registry",
            )
        } else {
            check.mend(hints)
        }
    }

    /// Says what to do.
    pub(crate) fn mend(mut self, words: impl Into<String>) -> Self {
        self.mend.get_or_insert_default().words = words.into();
        self
    }

    /// Says what to type.
    pub(crate) fn command(mut self, command: impl Into<String>) -> Self {
        self.mend.get_or_insert_default().command = Some(command.into());
        self
    }

    /// Says what to apply to the cluster.
    pub(super) fn manifest(mut self, manifest: impl Into<String>) -> Self {
        self.mend.get_or_insert_default().manifest = Some(manifest.into());
        self
    }
}

/// Puts a text into one line of limited length, without users in URLs.
fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let text = without_users(&words.join(" "));
    match text.char_indices().nth(LONGEST) {
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_detail_is_one_line_without_passwords() {
        let check = Check::failed("x", "a\n  b https://ada:planted@example.com/c");
        assert_eq!(check.detail, "a b https://***@example.com/c");
        let long = Check::ok("x", "ü".repeat(LONGEST + 1));
        assert_eq!(long.detail.chars().count(), LONGEST + 1);
    }
}
