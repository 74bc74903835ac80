//! The link to a run in Argo's user interface: the words it can have.

use diagnostic::Diagnostic;

use super::super::argo_config::ArgoConfig;

const WORDS: [&str; 3] = ["{namespace}", "{name}", "{uid}"];

/// Finds words in braces that stand for nothing.
pub(super) fn check(config: &ArgoConfig) -> Vec<Diagnostic> {
    let mut rest = config.ui_url.as_deref().unwrap_or_default();
    let mut findings = Vec::new();
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
