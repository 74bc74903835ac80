//! Templates that run themselves.

use argo::document::Template;
use argo::document::read::{field, has, name, text};
use argo::graph::NamedGraph;

use super::context::Context;
use super::dag::chain;
use crate::finding::Findings;
use crate::rule::ENDLESS_RECURSION;

/// Checks that no template runs itself unconditionally.
pub(super) fn check(context: Context<'_>, findings: &mut Findings) {
    let templates: Vec<_> = context.workflow.document.templates().collect();
    let graph = NamedGraph::new(templates.iter().map(|template| {
        let mut called = Vec::new();
        unconditional(template, &mut called);
        (name(template.yaml), called)
    }));
    if graph.is_acyclic() {
        return;
    }
    for cycle in graph.cycles() {
        let titles: Vec<_> = cycle
            .iter()
            .chain(cycle.first())
            .filter_map(|number| {
                templates
                    .get(*number)
                    .and_then(|template| name(template.yaml))
            })
            .collect();
        let Some(template) = cycle.first().and_then(|first| templates.get(*first)) else {
            continue;
        };
        let node = field(template.yaml, "name").unwrap_or(template.yaml);
        let message = format!(
            "the templates run each other in an endless loop: `{}`",
            chain(&titles)
        );
        let help = "Argo stops at a depth of 100; put a `when` on the way";
        findings.push(ENDLESS_RECURSION.at(node, message).help(help));
    }
}

/// The templates that a template always runs.
fn unconditional<'a>(template: &Template<'a>, called: &mut Vec<&'a str>) {
    for call in template.calls() {
        // A loop may be empty, and a task with `depends` may never run.
        let always = !["when", "withParam", "depends"]
            .iter()
            .any(|key| has(call, key));
        if !always {
            continue;
        }
        // Neighbouring calls often run the same template; skip the repeated name.
        called.extend(text(call, "template").filter(|name| called.last() != Some(name)));
        if let Some(inline) = field(call, "inline") {
            unconditional(&Template::new(inline), called);
        }
    }
}
