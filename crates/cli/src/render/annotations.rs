//! Findings as GitHub's workflow commands.

use diagnostic::{Diagnostic, Severity};

/// One `::error file=…::` line for each finding.
pub(crate) fn github(findings: &[Diagnostic]) -> String {
    let mut text = String::new();
    for finding in findings {
        let command = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "notice",
        };
        let mut properties = vec![format!("title={}", property(&finding.code))];
        if let Some(file) = &finding.place.file {
            properties.push(format!("file={}", property(file)));
        }
        if let Some(span) = finding.place.span {
            properties.push(format!("line={}", span.line));
            properties.push(format!("col={}", span.column));
        }
        let mut message = finding.message.clone();
        if let Some(help) = &finding.help {
            message.push_str(". ");
            message.push_str(help);
        }
        text.push_str(&format!(
            "::{command} {}::{}\n",
            properties.join(","),
            escape(&message)
        ));
    }
    text
}

fn escape(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

fn property(text: &str) -> String {
    escape(text).replace(':', "%3A").replace(',', "%2C")
}
