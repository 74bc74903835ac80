//! Errors of saving and loading artifacts, in the words of Argo's executor.

use std::io;

use argo::status::Phase;

/// Answer of a bucket that lacks the key.
pub(super) const NO_SUCH_KEY: &str = "The specified key does not exist.";

/// Exit code of an executor container that fails.
const EXIT_CODE: u8 = 64;

/// Container of the pod in which an error occurs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Container {
    /// Init container, which loads the inputs.
    Init,
    /// Container of the user, which packs the outputs when its command ends.
    Main,
    /// Wait container, which saves the outputs.
    Wait,
}

/// Error of saving or loading an artifact.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ArtifactError {
    /// Container of the pod in which Argo would fail.
    pub container: Container,
    /// Message of the executor.
    pub message: String,
    /// Set if the artifact is missing, which is no error for an optional one.
    pub is_not_found: bool,
}

impl ArtifactError {
    pub(super) fn new(container: Container, message: impl Into<String>) -> Self {
        Self {
            container,
            message: message.into(),
            is_not_found: false,
        }
    }

    pub(super) fn not_found(container: Container, message: impl Into<String>) -> Self {
        Self {
            is_not_found: true,
            ..Self::new(container, message)
        }
    }

    /// Message of the node, as the controller derives it from the failed container (`inferFailedReason` in
    /// `workflow/controller/operator.go`).
    pub fn node_message(&self) -> String {
        let container = match self.container {
            Container::Init => "init",
            Container::Main => "main",
            Container::Wait => "wait",
        };
        format!(
            "{container}: Error (exit code {EXIT_CODE}): {}",
            self.message
        )
    }

    /// Phase of the node.
    pub fn phase(&self) -> Phase {
        match self.container {
            Container::Main => Phase::Failed,
            Container::Init | Container::Wait => Phase::Error,
        }
    }
}

/// Error of the system in Go's words, e.g. `no such file or directory`.
pub(super) fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    if error.raw_os_error().is_none() {
        return text;
    }
    let text = text.split(" (os error ").next().unwrap_or_default();
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_lowercase().chain(letters).collect(),
        None => String::new(),
    }
}
