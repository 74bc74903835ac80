//! Errors of saving and loading artifacts, in the words of Argo's executor.

use std::io;

use argo::status::Phase;

/// The answer of a bucket that has no such key.
pub(super) const NO_SUCH_KEY: &str = "The specified key does not exist.";

/// The exit code of a container of the executor that fails.
const EXIT_CODE: u8 = 64;

/// The container of the pod in which something fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Container {
    /// The one that loads, before the user's.
    Init,
    /// The user's: what runs there packs the outputs at the end.
    Main,
    /// The one that saves, after the user's.
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
    /// Set if no such artifact is there, which is fine for one that is optional.
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

    /// The message of the node, as the controller makes it of the container that failed (`inferFailedReason` in
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

    /// The phase of the node.
    pub fn phase(&self) -> Phase {
        match self.container {
            Container::Main => Phase::Failed,
            Container::Init | Container::Wait => Phase::Error,
        }
    }
}

/// An error of the system in Go's words, e.g. `no such file or directory`.
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
