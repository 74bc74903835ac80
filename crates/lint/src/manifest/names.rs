//! Rules for names in Argo and Kubernetes.

use argo::document::index::Index;
use argo::document::read::text;
use argo::text::tags::has_tag;
use diagnostic::yaml::Yaml;

use crate::finding::Findings;
use crate::rule::{DUPLICATE_NAME, INVALID_NAME, MISSING_FIELD};

/// Kind of the named thing.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Naming {
    /// Templates, tasks, containers of a set: letters, digits and `-`, at most 128 of them.
    Field,
    /// Steps of an inline template, which the cluster does not check: the same, but the name may contain tags.
    InlineStep,
    /// Parameters: letters, digits, `-` and `_`.
    Parameter,
    /// Artifacts: as parameters, but the name may contain tags. The cluster refuses blanks in the tags.
    Artifact,
    /// Artifacts of an inline template: tags may contain blanks.
    InlineArtifact,
}

/// Checks the names of a list: present, valid, unique.
pub(super) fn check(items: &[Yaml], what: &str, naming: Naming, findings: &mut Findings) {
    // Most lists are short, e.g. arguments: compare their names without an index.
    let is_short = items.len() < 16;
    let mut seen = Index::default();
    seen.reserve(if is_short { 0 } else { items.len() });
    for (number, item) in items.iter().enumerate() {
        let Some((name, node)) = valid_name(item, what, naming, findings) else {
            continue;
        };
        let line = if is_short {
            let before = items.get(..number).unwrap_or_default();
            argo::document::read::named(before, name).map(|item| item.span.line)
        } else {
            seen.insert(name, node.span.line)
        };
        if let Some(line) = line {
            taken(node, what, name, line, findings);
        }
    }
}

/// Checks one name; `seen` holds the earlier ones.
pub(super) fn check_name<'a>(
    item: &'a Yaml,
    what: &str,
    naming: Naming,
    seen: &mut Index<'a>,
    findings: &mut Findings,
) {
    if let Some((name, node)) = valid_name(item, what, naming, findings)
        && let Some(line) = seen.insert(name, node.span.line)
    {
        taken(node, what, name, line, findings);
    }
}

/// The words `, on line N`; empty for line 0, which means no file.
pub(super) fn on_line(line: usize) -> String {
    match line {
        0 => String::new(),
        line => format!(", on line {line}"),
    }
}

fn taken(node: &Yaml, what: &str, name: &str, line: usize, findings: &mut Findings) {
    let message = format!("the {what} name `{name}` is used already{}", on_line(line));
    findings.push(DUPLICATE_NAME.at(node, message));
}

/// The name and its node, if the name is present and valid.
fn valid_name<'a>(
    item: &'a Yaml,
    what: &str,
    naming: Naming,
    findings: &mut Findings,
) -> Option<(&'a str, &'a Yaml)> {
    let Some((name, node)) = item
        .get("name")
        .and_then(|node| Some((node.as_str()?, node)))
    else {
        // Other rules report a name that is not a text, and a missing name that the schema requires.
        if item.get("name").is_none() && matches!(what, "template" | "step") {
            findings.push(MISSING_FIELD.at(item, format!("this {what} has no `name`")));
        }
        return None;
    };
    if name.is_empty() {
        findings.push(MISSING_FIELD.at(node, format!("the `name` of this {what} is empty")));
        return None;
    }
    if let Some(problem) = problem(name, naming) {
        findings.push(INVALID_NAME.at(node, format!("{what} name `{name}` {problem}")));
        return None;
    }
    Some((name, node))
}

fn problem(name: &str, naming: Naming) -> Option<&'static str> {
    let letter = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'-';
    match naming {
        Naming::Parameter => {
            let fine = name.bytes().all(|byte| letter(&byte) || byte == b'_');
            (!fine).then_some("may have only letters, digits, `-` and `_`")
        }
        Naming::Artifact => {
            // `Artifact` in `workflow_types.go` sets this pattern.
            let fine = |byte| letter(&byte) || b"_{}.".contains(&byte);
            if name.bytes().all(fine) {
                problem(name, Naming::InlineArtifact)
            } else if has_tag(name) {
                Some(
                    "has a tag with characters other than letters, digits, `-`, `_` and `.`: the cluster rejects it",
                )
            } else {
                problem(name, Naming::Parameter)
            }
        }
        // Argo replaces tags later; the text around them must be valid now.
        Naming::InlineArtifact => problem(&without_tags(name), Naming::Parameter),
        Naming::InlineStep => problem(&without_tags(name), Naming::Field),
        Naming::Field => {
            if !name.bytes().all(|byte| letter(&byte)) {
                Some(if has_tag(name) {
                    "has a tag: the cluster rejects it"
                } else {
                    "may have only letters, digits and `-`"
                })
            } else if name.starts_with('-') {
                Some("starts with `-`")
            } else if name.len() > 128 {
                Some("is longer than 128 characters")
            } else {
                None
            }
        }
    }
}

fn without_tags(text: &str) -> String {
    let mut rest = text;
    let mut filled = String::new();
    while let Some((before, tag)) = rest.split_once("{{") {
        filled.push_str(before);
        filled.push('x');
        rest = tag.split_once("}}").map_or("", |(_, after)| after);
    }
    filled.push_str(rest);
    filled
}

/// Checks a `globalName`.
pub(super) fn global(item: &Yaml, findings: &mut Findings) {
    let Some(name) = text(item, "globalName").filter(|name| !has_tag(name)) else {
        return;
    };
    if let (Some(problem), Some(node)) = (problem(name, Naming::Parameter), item.get("globalName"))
    {
        findings.push(INVALID_NAME.at(node, format!("global name `{name}` {problem}")));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_tags_are_those_that_the_cluster_takes() {
        let step = "run-{{inputs.parameters.x}}";
        assert_eq!(problem(step, Naming::InlineStep), None);
        assert!(problem("-{{item}}", Naming::InlineStep).is_some());
        assert!(problem(step, Naming::Field).is_some());
        let artifact = "a_{{inputs.parameters.x}}";
        assert_eq!(problem(artifact, Naming::Artifact), None);
        for blank in ["a_{{ inputs.parameters.x }}", "{{=inputs.parameters['x']}}"] {
            assert!(problem(blank, Naming::Artifact).is_some());
            assert_eq!(problem(blank, Naming::InlineArtifact), None);
        }
        assert!(problem("a.b", Naming::Artifact).is_some());
    }
}
