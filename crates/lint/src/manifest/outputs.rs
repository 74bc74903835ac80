//! Output parameters, and the sources of their values.

use argo::document::read::{entry, has, name};
use argo::document::{Template, TemplateKind};
use diagnostic::yaml::Yaml;

use super::names::{self, Naming};
use crate::finding::Findings;
use crate::rule::{AMBIGUOUS_OUTPUT_SOURCE, OUTPUT_WITHOUT_SOURCE, WRONG_OUTPUT_SOURCE};

const SOURCES: [&str; 6] = [
    "path",
    "jqFilter",
    "jsonPath",
    "parameter",
    "expression",
    "supplied",
];

/// Checks the output parameters of a template.
pub(super) fn check(template: &Template<'_>, findings: &mut Findings) {
    names::check(
        template.outputs(),
        "output parameter",
        Naming::Parameter,
        findings,
    );
    for output in template.outputs() {
        names::global(output, findings);
        source(template, output, findings);
    }
}

fn source(template: &Template<'_>, output: &Yaml, findings: &mut Findings) {
    let title = name(output).unwrap_or_default();
    let from = entry(output, "valueFrom");
    if has(output, "value") {
        if let Some((key, _)) = from {
            let message = format!("output `{title}` has both `value` and `valueFrom`");
            findings.push(AMBIGUOUS_OUTPUT_SOURCE.at(key, message));
        }
        return;
    }
    let Some((key, from)) = from else {
        let message = format!("output `{title}` has no value");
        findings.push(
            OUTPUT_WITHOUT_SOURCE
                .at(output, message)
                .help(wanted(template.kind).1),
        );
        return;
    };
    let sources: Vec<_> = SOURCES
        .iter()
        .filter_map(|source| entry(from, source))
        .filter(|(_, value)| value.as_str() != Some(""))
        .collect();
    match sources.as_slice() {
        [] => {
            let message = format!("output `{title}` does not say where its value comes from");
            findings.push(
                OUTPUT_WITHOUT_SOURCE
                    .at(key, message)
                    .help(wanted(template.kind).1),
            );
        }
        [(source, _)] => {
            let (allowed, help) = wanted(template.kind);
            if !allowed.is_empty() && !allowed.contains(&source.name.as_str()) {
                let message = format!("output `{title}` cannot come from `{}` here", source.name);
                findings.push(WRONG_OUTPUT_SOURCE.at(source, message).help(help));
            }
        }
        [(first, _), (second, _), ..] => {
            let message = format!(
                "output `{title}` comes from both `{}` and `{}`",
                first.name, second.name
            );
            findings.push(AMBIGUOUS_OUTPUT_SOURCE.at(second, message));
        }
    }
}

/// Sources that an output of this kind of template can have, with help; none if every source is valid.
fn wanted(kind: TemplateKind) -> (&'static [&'static str], &'static str) {
    match kind {
        TemplateKind::Container | TemplateKind::ContainerSet | TemplateKind::Script => {
            (&["path"], "add `valueFrom: {path: /tmp/file}`")
        }
        TemplateKind::Resource => (
            &["jqFilter", "jsonPath"],
            "add `valueFrom` with `jqFilter` or `jsonPath`",
        ),
        TemplateKind::Dag => (
            &["parameter", "expression"],
            "add `valueFrom: {parameter: \"{{tasks.NAME.outputs.parameters.NAME}}\"}`",
        ),
        TemplateKind::Steps => (
            &["parameter", "expression"],
            "add `valueFrom: {parameter: \"{{steps.NAME.outputs.parameters.NAME}}\"}`",
        ),
        _ => (&[], "add `valueFrom`"),
    }
}
