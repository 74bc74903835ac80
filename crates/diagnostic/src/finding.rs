use std::borrow::Cow;

use serde::Serialize;

use crate::{Place, Span};

/// Severity of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Information; nothing will go wrong because of it.
    Info,
    /// Likely a mistake, or a surprise later.
    Warning,
    /// A fault that prevents the run from succeeding.
    Error,
}

/// One finding about a user's files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// Stable kebab-case name of the rule, e.g. `unknown-key`.
    pub code: Cow<'static, str>,
    /// Severity: an error or a warning.
    pub severity: Severity,
    /// Fault: one sentence without a full stop.
    pub message: String,
    /// Place of the fault.
    pub place: Place,
    /// Advice: what to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

impl Diagnostic {
    /// Creates a finding without a place.
    pub fn new(
        code: impl Into<Cow<'static, str>>,
        severity: Severity,
        message: impl Into<String>,
    ) -> Self {
        Self {
            code: code.into(),
            severity,
            message: message.into(),
            place: Place::default(),
            help: None,
        }
    }

    /// Creates an error.
    pub fn error(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Error, message)
    }

    /// Creates a warning.
    pub fn warning(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Warning, message)
    }

    /// Creates a finding that is only information.
    pub fn info(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Info, message)
    }

    /// Sets the place.
    #[must_use]
    pub fn at(mut self, place: Place) -> Self {
        self.place = place;
        self
    }

    /// Sets the place to a span of `file`.
    #[must_use]
    pub fn at_span(mut self, file: impl Into<String>, span: Span) -> Self {
        self.place.file = Some(file.into());
        self.place.span = Some(span);
        self
    }

    /// Sets the advice.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Sets the advice, if there is any.
    #[must_use]
    pub fn maybe_help(mut self, help: Option<String>) -> Self {
        self.help = help.or(self.help);
        self
    }

    /// Says whether this finding fails a lint.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}
