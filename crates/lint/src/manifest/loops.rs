//! Loops: `withItems`, `withParam`, `withSequence`.

use argo::document::is_loop;
use argo::document::read::{entry, field, has};
use argo::loops::of_list;
use argo::text::tags::has_tag;
use diagnostic::yaml::{Content, Yaml};

use super::durations::whole_number;
use crate::finding::Findings;
use crate::rule::{INVALID_LOOP, SEVERAL_LOOPS};

/// Checks the loop of a task or step.
pub(super) fn check(call: &Yaml, findings: &mut Findings) {
    if !is_loop(call) {
        return;
    }
    let loops: Vec<_> = ["withItems", "withParam", "withSequence"]
        .iter()
        .filter_map(|key| entry(call, key))
        .filter(|(_, value)| value.as_str() != Some(""))
        .collect();
    if let [(first, _), (second, _), ..] = loops.as_slice() {
        let message = format!(
            "`{}` and `{}` cannot be used together",
            first.name, second.name
        );
        findings.push(SEVERAL_LOOPS.at(second, message));
    }
    for (key, value) in loops {
        match key.name.as_str() {
            "withItems" => items(value, findings),
            "withParam" => parameter(value, findings),
            _ => sequence(value, findings),
        }
    }
}

fn items(list: &Yaml, findings: &mut Findings) {
    for item in list.items() {
        if item.value == Content::Null {
            findings.push(INVALID_LOOP.at(item, "an item cannot be null"));
        }
    }
}

/// Checks a `withParam` without tags: it must be a JSON list. Argo's validator does not check that, and the controller
/// fails when it reaches the task (`expandStep` in `workflow/controller/steps.go`). Go reads `null` as an empty list.
fn parameter(node: &Yaml, findings: &mut Findings) {
    let Some(text) = node.as_str().filter(|text| !has_tag(text)) else {
        return;
    };
    if of_list("", text).is_err() {
        let message = "`withParam` is not a list in JSON";
        let help = "write for example `'[\"a\", \"b\"]'`, or use `withItems`";
        findings.push(INVALID_LOOP.at(node, message).help(help));
    }
}

fn sequence(node: &Yaml, findings: &mut Findings) {
    if has(node, "count")
        && let Some((key, _)) = entry(node, "end")
    {
        let message = "`count` and `end` cannot be used together";
        findings.push(SEVERAL_LOOPS.at(key, message));
    }
    if !has(node, "count") && !has(node, "end") && !node.entries().is_empty() {
        let message = "the sequence has no end";
        findings.push(INVALID_LOOP.at(node, message).help("add `count` or `end`"));
    }
    for key in ["count", "start", "end"] {
        let Some(number) = field(node, key) else {
            continue;
        };
        let wrong = number
            .as_str()
            .is_some_and(|text| !has_tag(text) && whole_number(number).is_none());
        if wrong {
            let message = format!("`{key}` must be a whole number");
            findings.push(INVALID_LOOP.at(number, message));
        }
    }
}
