//! Findings as SARIF 2.1.0, for code scanning.

use diagnostic::{Diagnostic, Severity};
use serde_json::{Value, json};

/// Address of the folder with the pages of this version's rules.
const PAGES: &str = concat!(
    env!("CARGO_PKG_REPOSITORY"),
    "/blob/v",
    env!("CARGO_PKG_VERSION"),
    "/docs/rules"
);

/// File for findings about the whole project: GitHub refuses all results if one has no file.
const OF_PROJECT: &str = "pyproject.toml";

/// Complete log.
pub(crate) fn sarif(findings: &[Diagnostic]) -> Value {
    let mut codes: Vec<&str> = findings
        .iter()
        .map(|finding| finding.code.as_ref())
        .collect();
    codes.sort_unstable();
    codes.dedup();
    let rules: Vec<Value> = codes.iter().map(|code| rule(code)).collect();
    let results: Vec<Value> = findings.iter().map(result).collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "argo-kedro",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            "results": results,
        }],
    })
}

fn rule(code: &str) -> Value {
    match lint::explain(code) {
        Some(rule) => json!({
            "id": code,
            "shortDescription": {"text": rule.summary},
            "helpUri": format!("{PAGES}/{code}.md"),
            "help": {"text": rule.page, "markdown": rule.page},
        }),
        None => json!({"id": code}),
    }
}

fn result(finding: &Diagnostic) -> Value {
    let level = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    };
    let mut text = finding.message.clone();
    if let Some(help) = &finding.help {
        text.push_str(". ");
        text.push_str(help);
    }
    let mut result = json!({
        "ruleId": finding.code,
        "level": level,
        "message": {"text": text},
    });
    let file = finding.place.file.as_deref().unwrap_or(OF_PROJECT);
    let mut location = json!({"physicalLocation": {"artifactLocation": {"uri": file}}});
    if let Some(span) = finding.place.span {
        location["physicalLocation"]["region"] = json!({
            "startLine": span.line,
            "startColumn": span.column,
            "endColumn": span.column + span.length,
        });
    }
    if let Some(subject) = &finding.place.subject {
        location["logicalLocations"] = json!([{"name": subject.name(), "kind": subject.kind()}]);
    }
    result["locations"] = json!([location]);
    result
}
