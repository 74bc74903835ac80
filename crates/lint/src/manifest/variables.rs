//! `{{variables}}`: whether Argo replaces them in their place.

use argo::document::read::{field, list, name, named, texts};
use argo::document::{Template, TemplateKind};
use argo::graph::NamedGraph;
use argo::scope::nodes::{Node, Nodes, item, left_behind, reference, split};
use argo::scope::{TemplateScope, Verdict};
use diagnostic::yaml::Yaml;

use super::context::Context;
use super::named_tasks::named_tasks;
use super::reference::Reference;
use super::scope::report;
use super::skipped;
use super::tags::{Tag, tags};
use crate::finding::Findings;
use crate::rule::{REFERENCE_TO_LATER_STEP, REFERENCE_TO_NON_ANCESTOR, VARIABLE_IN_INLINE};

/// Checks the variables of a template and of its inline templates.
pub(super) fn check<'a>(
    context: Context<'a>,
    template: Template<'a>,
    graph: Option<&NamedGraph<'a>>,
    findings: &mut Findings,
) {
    let scope = TemplateScope::new(context.scope(), template);
    let nodes = match template.kind {
        TemplateKind::Dag => Some(Nodes::tasks(context.scope(), &template)),
        TemplateKind::Steps => Some(Nodes::steps(context.scope(), &template)),
        _ => None,
    };
    for (key, value) in template.yaml.entries() {
        match (key.name.as_str(), &nodes) {
            ("steps", Some(_)) => {}
            ("dag", Some(_)) => {
                if let Some(target) = field(value, "target") {
                    plain(&scope, target, false, findings);
                }
            }
            (_, Some(nodes)) => {
                check_outer_fields(&scope, nodes, key.name == "metrics", value, findings);
            }
            (key, None) => plain(&scope, value, key == "metrics", findings),
        }
    }
    if let Some(nodes) = nodes {
        Calls {
            scope: &scope,
            nodes: &nodes,
            references: Vec::new(),
        }
        .check(context, graph, findings);
    }
}

fn plain(scope: &TemplateScope<'_>, value: &Yaml, in_metrics: bool, findings: &mut Findings) {
    names_in(value, &mut |node, tag| {
        report(node, tag, scope.resolve(tag, in_metrics), findings);
    });
}

/// Checks the fields of a template with tasks or steps, except the tasks and steps themselves: the template's outputs
/// know all of them.
fn check_outer_fields(
    scope: &TemplateScope<'_>,
    nodes: &Nodes<'_>,
    in_metrics: bool,
    value: &Yaml,
    findings: &mut Findings,
) {
    names_in(value, &mut |node, tag| {
        let verdict = match reference(nodes, tag) {
            Some(reference) => {
                let (name, what) = split(reference);
                left_behind(nodes, name, what).map_or_else(Verdict::Unresolved, |_| Verdict::Known)
            }
            None => scope.resolve(tag, in_metrics),
        };
        report(node, tag, verdict, findings);
    });
}

/// Calls `each` with every `{{name}}` in a tree; skips names that contain other tags.
fn names_in<'a>(value: &'a Yaml, each: &mut impl FnMut(&'a Yaml, &'a str)) {
    texts(value, &mut |node, text| {
        for tag in tags(text) {
            match tag {
                Tag::Name(tag) if !tag.contains("{{") && !tag.contains('\n') => each(node, tag),
                _ => {}
            }
        }
    });
}

struct Calls<'a, 's> {
    scope: &'s TemplateScope<'a>,
    nodes: &'s Nodes<'a>,
    references: Vec<Reference<'a>>,
}

impl<'a> Calls<'a, '_> {
    fn check(
        mut self,
        context: Context<'a>,
        graph: Option<&NamedGraph<'a>>,
        findings: &mut Findings,
    ) {
        let nodes = self.nodes;
        for (number, node) in nodes.all.iter().enumerate() {
            if !context.survey.has_tags(node.call) {
                continue;
            }
            for (key, value) in node.call.entries() {
                if key.name == "inline" {
                    self.inline(number, node, value, findings);
                    continue;
                }
                names_in(value, &mut |spot, tag| {
                    let verdict = self.resolve(number, node, &key.name, spot, tag);
                    report(spot, tag, verdict, findings);
                });
                self.take_expressions(number, &key.name, value);
            }
        }
        self.check_order(graph, findings);
        for reference in self.references.iter().filter(|it| !it.in_expression) {
            skipped::check(context, nodes, reference, findings);
        }
    }

    fn resolve(
        &mut self,
        from: usize,
        node: &Node<'a>,
        key: &'a str,
        spot: &'a Yaml,
        tag: &'a str,
    ) -> Verdict {
        if let Some(reference) = reference(self.nodes, tag) {
            let (name, what) = split(reference);
            return match left_behind(self.nodes, name, what) {
                Err(help) => Verdict::Unresolved(help),
                Ok(None) => Verdict::Known,
                Ok(Some(to)) => {
                    self.references.push(Reference {
                        from,
                        to,
                        node: spot,
                        tag,
                        what,
                        key,
                        in_expression: false,
                    });
                    Verdict::Known
                }
            };
        }
        match item(node.call, tag) {
            Some(verdict) => verdict,
            None => self.scope.resolve(tag, false),
        }
    }

    /// Adds the references of expressions in tags. The rules for expressions check whether a task has the output.
    fn take_expressions(&mut self, from: usize, key: &'a str, value: &'a Yaml) {
        let nodes = self.nodes;
        texts(value, &mut |node, text| {
            for tag in tags(text) {
                let Tag::Expression(tag) = tag else { continue };
                let named = named_tasks(tag, nodes.word);
                let numbers = named.iter().filter_map(|name| nodes.number(name));
                self.references.extend(numbers.map(|to| Reference {
                    from,
                    to,
                    node,
                    tag,
                    what: "",
                    key,
                    in_expression: true,
                }));
            }
        });
    }

    /// Checks the texts of an inline template, which Argo fills in together with its task.
    fn inline(
        &mut self,
        number: usize,
        node: &Node<'a>,
        inline: &'a Yaml,
        findings: &mut Findings,
    ) {
        let inputs = list(inline, &["inputs", "parameters"]);
        names_in(inline, &mut |spot, tag| {
            let own = tag
                .strip_prefix("inputs.parameters.")
                .is_some_and(|input| named(inputs, input).is_some());
            if own {
                return;
            }
            match self.resolve(number, node, "inline", spot, tag) {
                Verdict::Unresolved(_) => {
                    let message = format!(
                        "Argo looks for `{{{{{tag}}}}}` outside of the inline template, in the task"
                    );
                    let help = "move the inline template to `templates` and give it a name";
                    findings.push(VARIABLE_IN_INLINE.at(spot, message).help(help));
                }
                // The variable may belong to a loop or a retry of the inline template itself.
                Verdict::Misplaced(_) | Verdict::Known => {}
                Verdict::Foreign => report(spot, tag, Verdict::Foreign, findings),
            }
        });
    }

    /// Checks that the task or step of each reference has ended by then.
    fn check_order(&mut self, graph: Option<&NamedGraph<'a>>, findings: &mut Findings) {
        let in_hooks = |reference: &Reference<'_>| {
            reference.from == reference.to && matches!(reference.key, "hooks" | "onExit")
        };
        if let Some(graph) = graph {
            // On a cycle, no task comes before another.
            if !graph.is_acyclic() {
                self.references.clear();
                return;
            }
            let questions: Vec<_> = self
                .references
                .iter()
                .map(|one| (one.from, one.to))
                .collect();
            let answers = graph.are_ancestors(&questions);
            let mut kept = Vec::new();
            for (reference, answer) in self.references.drain(..).zip(answers) {
                if answer {
                    kept.push(reference);
                } else if !in_hooks(&reference) {
                    non_ancestor(self.nodes, &reference, findings);
                }
            }
            self.references = kept;
            return;
        }
        let nodes = self.nodes;
        self.references.retain(|reference| {
            let group = |number: usize| nodes.all.get(number).map(|node| node.group);
            let ready = group(reference.to) < group(reference.from);
            if !ready && !in_hooks(reference) {
                later_step(nodes, reference, findings);
            }
            ready
        });
    }
}

fn non_ancestor(nodes: &Nodes<'_>, reference: &Reference<'_>, findings: &mut Findings) {
    let title = |number: usize| {
        nodes
            .all
            .get(number)
            .and_then(|node| name(node.call))
            .unwrap_or_default()
    };
    let (from, to) = (title(reference.from), title(reference.to));
    let finding = if reference.from == reference.to {
        let message = format!("task `{from}` uses its own output `{}`", reference.shown());
        REFERENCE_TO_NON_ANCESTOR.at(reference.node, message)
    } else {
        let message = format!(
            "task `{from}` uses `{}`, but it does not depend on `{to}`",
            reference.shown()
        );
        let help =
            format!("let `{from}` depend on `{to}`; otherwise the workflow may hang forever");
        REFERENCE_TO_NON_ANCESTOR
            .at(reference.node, message)
            .help(help)
    };
    findings.push(finding);
}

fn later_step(nodes: &Nodes<'_>, reference: &Reference<'_>, findings: &mut Findings) {
    let title = |number: usize| {
        nodes
            .all
            .get(number)
            .and_then(|node| name(node.call))
            .unwrap_or_default()
    };
    let (from, to) = (title(reference.from), title(reference.to));
    let message = if reference.from == reference.to {
        format!("step `{from}` uses its own output `{}`", reference.shown())
    } else {
        format!(
            "step `{from}` uses `{}`, but `{to}` does not end before it",
            reference.shown()
        )
    };
    let help = format!("move `{from}` into a group after that of `{to}`");
    findings.push(
        REFERENCE_TO_LATER_STEP
            .at(reference.node, message)
            .help(help),
    );
}
