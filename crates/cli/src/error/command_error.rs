//! Error for users: a message, its causes, hints. A file for each library turns its errors into this one.

use std::fmt::Write as _;

use diagnostic::Diagnostic;
use owo_colors::OwoColorize;

use crate::error::exit::Exit;
use crate::terminal::wrapped::wrapped;

/// Hint if there is no run.
pub(super) const START_HERE: &str = "to start one: {program} run";

/// Error of a command that could not do its work.
#[derive(Debug)]
pub(crate) struct CommandError {
    /// Kind of the error, for programs.
    code: &'static str,
    message: String,
    causes: Vec<String>,
    /// Text to show as it is, e.g. the user's own traceback.
    detail: Option<String>,
    hints: Vec<String>,
    /// Findings that prevent the work.
    pub(crate) findings: Vec<Diagnostic>,
    pub(crate) exit: Exit,
}

impl CommandError {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self {
            code: "error",
            message: message.into(),
            causes: Vec::new(),
            detail: None,
            hints: Vec::new(),
            findings: Vec::new(),
            exit: Exit::Error,
        }
    }

    /// Gives the message: what is wrong, or for [`Exit::Success`] why there is nothing to do.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// Gives the kind of the error, for programs: this word never changes.
    pub(crate) fn code(&self) -> &'static str {
        self.code
    }

    /// Gives the causes, the nearest first.
    pub(crate) fn causes(&self) -> &[String] {
        &self.causes
    }

    /// Gives the message and its first cause, for places with little room.
    pub(crate) fn in_one_line(&self) -> String {
        let cause = self.causes.first().map(|cause| format!(": {cause}"));
        format!("{}{}", self.message, cause.unwrap_or_default())
    }

    /// Text to show as it is, e.g. the user's own traceback.
    pub(crate) fn whole_detail(&self) -> Option<&str> {
        self.detail.as_deref()
    }

    /// Gives the advice. `program` is what the user types.
    pub(crate) fn hints(&self, program: &str) -> Vec<String> {
        let hints = self.hints.iter();
        hints
            .map(|hint| hint.replace("{program}", program))
            .collect()
    }

    /// Says whether a hint proposes another spelling.
    pub(crate) fn suggests_another(&self) -> bool {
        self.hints
            .iter()
            .any(|hint| hint.starts_with("did you mean"))
    }

    /// Error for findings that prevent the work.
    pub(crate) fn findings(mut findings: Vec<Diagnostic>) -> Self {
        findings.retain(Diagnostic::is_error);
        Self {
            findings,
            code: "findings",
            ..Self::new(String::new())
        }
    }

    /// Error of a command that the user interrupted.
    pub(crate) fn interrupted() -> Self {
        Self {
            exit: Exit::Interrupted,
            code: "interrupted",
            ..Self::new("interrupted")
        }
    }

    /// Sets the kind of the error.
    #[must_use]
    pub(crate) fn of_kind(mut self, code: &'static str) -> Self {
        self.code = code;
        self
    }

    /// Sets the exit code.
    #[must_use]
    pub(crate) fn with_exit(mut self, exit: Exit) -> Self {
        self.exit = exit;
        self
    }

    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    #[must_use]
    pub(crate) fn maybe_hint(mut self, hint: Option<String>) -> Self {
        self.hints.extend(hint);
        self
    }

    #[must_use]
    pub(super) fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    pub(super) fn maybe_detail(mut self, detail: &str) -> Self {
        self.detail = Some(detail.to_owned()).filter(|detail| !detail.is_empty());
        self
    }

    /// Renders the error for a terminal, without its findings.
    ///
    /// # Arguments
    ///
    /// * `program`: What the user types.
    /// * `width`: Columns of the terminal, if there is one: long messages break between words.
    pub(crate) fn render(&self, program: &str, width: Option<u16>) -> String {
        let fitting = |text: String, indent: &str| match width {
            Some(width) => wrapped(&text, usize::from(width), indent),
            None => text,
        };
        let mut text = String::new();
        if let Some(detail) = &self.detail {
            let _ = writeln!(text, "{}\n", detail.trim_end());
        }
        let error = format!("{} {}", "error:".red().bold(), self.message);
        let _ = writeln!(text, "{}", fitting(error, "       "));
        for cause in &self.causes {
            let cause = format!("  {} {cause}", "caused by:".red());
            let _ = writeln!(text, "{}", fitting(cause, "  "));
        }
        for hint in self.hints(program) {
            let hint = format!("{} {hint}", "hint:".cyan().bold());
            let _ = write!(text, "\n{}", fitting(hint, "      "));
        }
        text
    }

    pub(super) fn from_error(error: &(dyn std::error::Error + 'static)) -> Self {
        let mut result = Self::new(without_number(&error.to_string()));
        let mut source = error.source();
        while let Some(cause) = source {
            result.causes.push(without_number(&cause.to_string()));
            source = cause.source();
        }
        result
    }
}

/// Removes the number of a system error from a text: the words before it say the same.
fn without_number(text: &str) -> String {
    const BEFORE: &str = " (os error ";
    let mut left = text;
    let mut words = String::with_capacity(text.len());
    while let Some((head, tail)) = left.split_once(BEFORE) {
        let digits = tail.bytes().take_while(u8::is_ascii_digit).count();
        words.push_str(head);
        left = tail[digits..].strip_prefix(')').unwrap_or_else(|| {
            words.push_str(BEFORE);
            tail
        });
    }
    words.push_str(left);
    words
}

impl From<std::io::Error> for CommandError {
    fn from(error: std::io::Error) -> Self {
        Self::from_error(&error)
    }
}

impl From<argo::write::Unwritable> for CommandError {
    fn from(error: argo::write::Unwritable) -> Self {
        Self::from_error(&error)
    }
}

impl From<argo::spec::Unreadable> for CommandError {
    fn from(error: argo::spec::Unreadable) -> Self {
        Self::from_error(&error)
    }
}

impl From<serde_json::Error> for CommandError {
    fn from(error: serde_json::Error) -> Self {
        Self::new(format!("cannot write the answer as JSON: {error}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_an_error_of_the_system_is_left_out() {
        for (text, wanted) in [
            (
                "cannot open a: No such file (os error 2)",
                "cannot open a: No such file",
            ),
            ("a (os error 2), b (os error 13): c", "a, b: c"),
            ("a (os error x) (os error 2", "a (os error x) (os error 2"),
            ("", ""),
        ] {
            assert_eq!(without_number(text), wanted);
        }
    }
}
