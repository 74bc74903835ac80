//! Check of the link to a run in Argo's user interface: its format and its placeholders.

use diagnostic::Diagnostic;

use super::super::argo_config::ArgoConfig;

const WORDS: [&str; 3] = ["{namespace}", "{name}", "{uid}"];

/// Finds a text that terminals do not show as a link, and unknown placeholders.
pub(super) fn check(config: &ArgoConfig) -> Vec<Diagnostic> {
    // An empty text unsets the link, e.g. in one environment.
    let url = config.ui_url.as_deref().unwrap_or_default().trim();
    if url.is_empty() {
        return Vec::new();
    }
    let mut findings = Vec::new();
    let is_url = url.split_once("://").is_some_and(|(scheme, rest)| {
        let is_known = ["http", "https"]
            .iter()
            .any(|known| scheme.eq_ignore_ascii_case(known));
        is_known && !rest.is_empty() && !rest.starts_with('/')
    });
    if !is_url || url.contains(char::is_whitespace) {
        findings.push(
            Diagnostic::error(
                "invalid-setting",
                format!("`ui_url` is {url:?}, which is no URL"),
            )
            .at(config.places.of(&["ui_url"]))
            .help("e.g. https://argo.example.com/workflows/{namespace}/{name}"),
        );
    }
    let mut rest = url;
    while let Some((_, after)) = rest.split_once('{') {
        let Some((word, behind)) = after.split_once('}') else {
            break;
        };
        rest = behind;
        let word = format!("{{{word}}}");
        if !WORDS.contains(&word.as_str()) {
            let message = format!("`ui_url` cannot have `{word}`");
            findings.push(
                Diagnostic::error("invalid-setting", message)
                    .at(config.places.of(&["ui_url"]))
                    .help(format!("it can have {}", WORDS.join(", "))),
            );
        }
    }
    findings
}
