//! The size of a document as the cluster stores it.

use diagnostic::yaml::{Value, Yaml};

use super::model::{Document, DocumentKind};
use super::read::field;
use crate::finding::Findings;
use crate::rule::{WORKFLOW_TEMPLATE_TOO_LARGE, WORKFLOW_TOO_LARGE};

const MEBIBYTE: usize = 1 << 20;

/// Checks how large a document is.
pub(super) fn check(document: &Document<'_>, findings: &mut Findings) {
    let size = json(document.spec);
    let node = field(document.yaml, "kind").unwrap_or(document.yaml);
    if document.kind == DocumentKind::Workflow || size > MEBIBYTE {
        if size > MEBIBYTE {
            let message = format!("the workflow has {}, and Argo takes 1 MiB with its status", shown(size));
            let help = "share templates between tasks, or let one task run several nodes";
            findings.push(WORKFLOW_TOO_LARGE.at(node, message).help(help));
        }
    } else if size > MEBIBYTE / 3 {
        let message = format!(
            "the workflow has {}, and from a template it can have about a third of 1 MiB",
            shown(size)
        );
        let help = "its runs store it once more in their status; submit it as a Workflow instead";
        findings.push(WORKFLOW_TEMPLATE_TOO_LARGE.at(node, message).help(help));
    }
}

fn shown(bytes: usize) -> String {
    format!("{} KiB", bytes.div_ceil(1024))
}

/// The length of a value as compact JSON.
fn json(yaml: &Yaml) -> usize {
    match &yaml.value {
        Value::Null => 4,
        Value::Bool(value) => if *value { 4 } else { 5 },
        Value::Integer(number) => {
            let digits = number.unsigned_abs().checked_ilog10().unwrap_or(0) as usize + 1;
            digits + usize::from(*number < 0)
        }
        Value::Float(_) => 8,
        Value::String(text) => quoted(text),
        Value::Sequence(items) => 2 + separators(items.len()) + items.iter().map(json).sum::<usize>(),
        Value::Mapping(entries) => {
            let content: usize = entries.iter().map(|(key, value)| quoted(&key.name) + 1 + json(value)).sum();
            2 + separators(entries.len()) + content
        }
    }
}

fn separators(count: usize) -> usize {
    count.saturating_sub(1)
}

fn quoted(text: &str) -> usize {
    let escaped = text.bytes().filter(|byte| matches!(byte, b'"' | b'\\' | b'\n' | b'\t' | b'\r')).count();
    text.len() + escaped + 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_those_of_compact_json() {
        let text = r#"{"a":[1,-20,true,null],"b":"x\ny\"","c":{}}"#;
        let value: serde_json::Value = serde_json::from_str(text).unwrap();
        assert_eq!(json(&Yaml::from(value)), text.len());
    }
}
