//! An error for programs: one line of JSON on standard error, `{"error": {…}}` (`--errors json`, `-o json`).
//!
//! `code`, `message`, `hints` and `exit_code` are always present. `causes`, `detail` (the user's traceback, the
//! findings as text) and `findings` (as in `lint -o json`) are present if an error has them.

use serde_json::{Value, json};

use crate::error::CommandError;

/// Document of a command's error.
///
/// # Arguments
///
/// * `findings`: Findings of the error as text, if it has some.
/// * `program`: What the user types.
pub(crate) fn of_error(error: &CommandError, findings: Option<&str>, program: &str) -> Value {
    let message = match findings {
        None => error.message().to_owned(),
        Some(_) => error
            .findings
            .iter()
            .map(|finding| finding.message.as_str())
            .collect::<Vec<_>>()
            .join("; "),
    };
    let mut document = document(
        error.code(),
        &message,
        &error.hints(program),
        error.exit.code(),
    );
    let about = &mut document["error"];
    if !error.causes().is_empty() {
        let causes = error.causes().iter().map(|cause| plain(cause));
        about["causes"] = causes.collect::<Vec<_>>().into();
    }
    if let Some(detail) = findings.or(error.whole_detail()) {
        about["detail"] = plain(detail).trim_end().into();
    }
    if !error.findings.is_empty() {
        about["findings"] = json!(error.findings);
    }
    document
}

/// Document of a command line that cannot be parsed.
pub(crate) fn of_usage(message: &str, hints: &[String]) -> Value {
    let exit = crate::error::exit::Exit::Error;
    document("usage", message, hints, exit.code())
}

fn document(code: &str, message: &str, hints: &[String], exit_code: u8) -> Value {
    let hints: Vec<String> = hints.iter().map(|hint| plain(hint)).collect();
    json!({"error": {
        "code": code,
        "message": plain(message),
        "hints": hints,
        "exit_code": exit_code,
    }})
}

/// A text without colours.
fn plain(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
}

#[cfg(test)]
mod tests {
    use diagnostic::Diagnostic;

    use super::*;

    #[test]
    fn an_error_has_its_kind_its_message_and_what_to_do() {
        let unknown = runs::SelectError::Unknown("a\u{1b}[31mb".to_owned());
        assert_eq!(
            of_error(&unknown.into(), None, "kedro argo"),
            json!({"error": {
                "code": "unknown_run",
                "message": "no run has the name `ab`",
                "hints": ["to see all runs: kedro argo list"],
                "exit_code": 2,
            }})
        );
        let failed = project::Error::Failed(project::Failure::ProjectImportFailed {
            message: "ValueError: x".to_owned(),
            traceback: "Traceback\n".to_owned(),
            missing_module: None,
        });
        let document = of_error(&failed.into(), None, "");
        assert_eq!(document["error"]["code"], "project_import_failed");
        assert_eq!(document["error"]["detail"], "Traceback");
    }

    #[test]
    fn findings_are_there_as_data_and_as_text() {
        let findings = vec![Diagnostic::error("unknown-key", "no key `a`").help("take b")];
        let error = CommandError::findings(findings);
        let document = of_error(&error, Some("\u{1b}[1merror\u{1b}[0m: no key\n"), "");
        let about = &document["error"];
        assert_eq!(about["code"], "findings");
        assert_eq!(about["message"], "no key `a`");
        assert_eq!(about["detail"], "error: no key");
        assert_eq!(about["findings"][0]["code"], "unknown-key");
    }
}
