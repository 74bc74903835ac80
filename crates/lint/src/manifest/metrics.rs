//! Metrics of templates and workflows.

use argo::document::read::{at, field, has, list, name, text};
use diagnostic::yaml::{Content, Yaml};

use crate::finding::Findings;
use crate::rule::INVALID_METRIC;

/// Checks `metrics` of a template or workflow.
pub(super) fn check(holder: &Yaml, findings: &mut Findings) {
    for metric in list(holder, &["metrics", "prometheus"]) {
        if let Some((title, node)) = name(metric).zip(field(metric, "name")) {
            word(title, node, "metric", findings);
        }
        for label in list(metric, &["labels"]) {
            if let Some((key, node)) = text(label, "key").zip(field(label, "key")) {
                word(key, node, "label", findings);
            }
        }
        if has(metric, "help") && text(metric, "help").is_none() {
            findings.push(INVALID_METRIC.at(metric, "a metric needs a `help` text"));
        }
        for kind in ["gauge", "counter", "histogram"] {
            let Some(body) = field(metric, kind) else {
                continue;
            };
            if has(body, "value")
                && text(body, "value").is_none()
                && field(body, "value").and_then(Yaml::as_str).is_some()
            {
                findings.push(INVALID_METRIC.at(body, format!("the {kind} has no `value`")));
            }
        }
        realtime(metric, findings);
    }
}

fn word(text: &str, node: &Yaml, what: &str, findings: &mut Findings) {
    let fine = text
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && !text.starts_with(|c: char| c.is_ascii_digit());
    if !fine {
        let message = format!("{what} name `{text}` may have only letters, digits and `_`");
        findings.push(INVALID_METRIC.at(node, message));
    }
}

fn realtime(metric: &Yaml, findings: &mut Findings) {
    let Some(gauge) = field(metric, "gauge") else {
        return;
    };
    let realtime = at(gauge, &["realtime"]).is_some_and(|value| value.value == Content::Bool(true));
    if realtime && text(gauge, "value").is_some_and(|value| value.contains("resourcesDuration.")) {
        let message = "`resourcesDuration` is known only at the end, not in real time";
        findings.push(
            INVALID_METRIC
                .at(gauge, message)
                .help("write `realtime: false`"),
        );
    }
}
