//! Workflows of one shape each, as the controller left them (Argo Workflows 4.1.2), and the answers of its own retry
//! function.

#![expect(clippy::expect_used, reason = "a test may stop")]

use serde_json::Value;

/// The shapes by name.
pub(crate) const CASES: [(&str, &str); 11] = [
    ("alone", include_str!("../retry/alone.json")),
    ("cset", include_str!("../retry/cset.json")),
    ("dag", include_str!("../retry/dag.json")),
    ("exit", include_str!("../retry/exit.json")),
    ("handled", include_str!("../retry/handled.json")),
    ("items", include_str!("../retry/items.json")),
    ("nested", include_str!("../retry/nested.json")),
    ("retries", include_str!("../retry/retries.json")),
    ("retrysteps", include_str!("../retry/retrysteps.json")),
    ("steps", include_str!("../retry/steps.json")),
    ("wide", include_str!("../retry/wide.json")),
];

/// The file of a shape.
pub(crate) fn case(name: &str) -> Value {
    let found = CASES.iter().find(|(known, _)| *known == name);
    serde_json::from_str(found.expect("a case of this name").1).expect("a case is JSON")
}
