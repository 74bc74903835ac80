//! `retryStrategy`: limits, waits, and the expression that decides.

use argo::document::read::{entry, field, has, lacks};
use argo::scope;
use argo::text::tags::has_tag;
use diagnostic::yaml::Yaml;

use super::durations::{self, Style, whole_number};
use super::expression::{self, Wants};
use crate::finding::Findings;
use crate::rule::{
    BACKOFF_WITHOUT_DURATION, BACKOFF_WITHOUT_LIMIT, ENDLESS_RETRY, INVALID_RETRY_NUMBER,
};

/// Checks a `retryStrategy`.
pub(super) fn check(strategy: &Yaml, findings: &mut Findings) {
    number(strategy, "limit", 0, findings);
    if let Some(backoff) = field(strategy, "backoff") {
        check_backoff(strategy, backoff, findings);
    }
    if let Some((_, node)) = entry(strategy, "expression")
        && node.as_str() != Some("")
    {
        expression::check(node, &scope::RETRY, Wants::Boolean, findings);
    }
    let bounded = has(strategy, "limit")
        || has(strategy, "expression")
        || field(strategy, "backoff").is_some_and(|backoff| has(backoff, "maxDuration"));
    if !bounded {
        let message = "without `limit` a task that always fails is tried for ever";
        findings.push(
            ENDLESS_RETRY
                .at(strategy, message)
                .help("add for example `limit: \"2\"`"),
        );
    }
}

fn check_backoff(strategy: &Yaml, backoff: &Yaml, findings: &mut Findings) {
    for key in ["duration", "maxDuration", "cap"] {
        durations::check(backoff, key, Style::Seconds, findings);
    }
    number(backoff, "factor", 1, findings);
    if lacks(backoff, "duration") {
        let message = "`backoff` does not say how long to wait: `duration` is missing";
        findings.push(
            BACKOFF_WITHOUT_DURATION
                .at(backoff, message)
                .help("add `duration: \"10s\"`"),
        );
    } else if !has(strategy, "limit") {
        let message =
            "without `limit` Argo does not wait between attempts, whatever `backoff` says";
        findings.push(
            BACKOFF_WITHOUT_LIMIT
                .at(backoff, message)
                .help("add `limit`"),
        );
    }
}

fn number(holder: &Yaml, key: &str, least: i64, findings: &mut Findings) {
    let Some((_, node)) = entry(holder, key) else {
        return;
    };
    let tagged = node.as_str().is_some_and(has_tag);
    let scalar = node.items().is_empty() && node.entries().is_empty();
    if tagged || !scalar || matches!(node.kind(), "a boolean" | "a number") {
        return;
    }
    if whole_number(node).is_none_or(|number| number < least) {
        let message = format!("`{key}` has to be a whole number, {least} or more");
        findings.push(INVALID_RETRY_NUMBER.at(node, message));
    }
}
