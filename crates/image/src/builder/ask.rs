//! Questions to builders.

use std::time::Duration;

use super::kind::BuilderKind;
use crate::ImageError;
use crate::process::{self, Answer};

/// Longest time to wait for an answer: a daemon that takes longer is not running.
const PATIENCE: Duration = Duration::from_secs(30);

/// Asks a builder a question that it must answer.
pub(super) async fn question(kind: BuilderKind, words: &[&str]) -> Result<String, ImageError> {
    let answer = answer(kind, words).await?;
    if answer.success {
        Ok(answer.out)
    } else {
        Err(not_running(kind, &answer))
    }
}

/// Asks a builder a question that it may refuse.
pub(super) async fn answer(kind: BuilderKind, words: &[&str]) -> Result<Answer, ImageError> {
    let asked = process::ask(kind.name(), words, PATIENCE).await;
    asked.map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => ImageError::BuilderMissing(kind),
        _ => ImageError::BuilderNotRunning {
            builder: kind,
            reason: error.to_string(),
        },
    })
}

/// Error of a builder that does not work.
pub(super) fn not_running(kind: BuilderKind, answer: &Answer) -> ImageError {
    let lines = answer.err.lines().chain(answer.out.lines());
    let reason = lines.map(str::trim).find(|line| !line.is_empty());
    ImageError::BuilderNotRunning {
        builder: kind,
        reason: reason.unwrap_or("it printed no reason").to_owned(),
    }
}
