//! Global outputs that are used before a task produces them.
//!
//! Argo visits the templates in the order of the calls: from the entrypoint, then from the exit handler, then the
//! others. It knows a global output from the step on that produces it (`addOutputsToScope` of
//! `workflow/validate/validate.go`).

use std::collections::HashSet;

use argo::document::read::{field, has, text, texts};
use argo::document::{Template, TemplateKind};
use argo::library::Workflow;
use argo::text::tags::has_tag;
use diagnostic::yaml::Yaml;

use super::context::Context;
use super::tags::{Tag, tags};
use crate::finding::{DocumentPart, Findings};
use crate::rule::UNRESOLVED_VARIABLE;

/// Start of the name of a global output.
const OUTPUTS: &str = "workflow.outputs.";

/// Deepest nesting of calls that the rule follows; Argo runs no deeper ones.
const DEEPEST: usize = 100;

/// Checks that each global output is produced before it is used.
pub(super) fn check(context: Context<'_>, findings: &mut Findings) {
    let workflow = context.workflow;
    let spec = workflow.document.spec;
    let mut texts = context.survey.tagged.iter();
    if !texts.any(|(_, text)| text.contains(OUTPUTS)) || has(spec, "workflowTemplateRef") {
        return;
    }
    let mut walk = Walk {
        context,
        findings,
        seen: HashSet::new(),
        known: HashSet::new(),
        is_open: workflow.document.templates().any(is_open),
    };
    for key in ["entrypoint", "onExit"] {
        if let Some(template) = text(spec, key).and_then(|name| workflow.template(name)) {
            walk.visit(workflow, template, 0);
        }
    }
    for template in workflow.document.templates() {
        walk.visit(workflow, template, 0);
    }
}

/// Says whether a template has a global output whose name is known only at run time.
fn is_open(template: Template<'_>) -> bool {
    let mut outputs = template.outputs().iter().chain(template.output_artifacts());
    outputs.any(|output| text(output, "globalName").is_some_and(has_tag))
}

struct Walk<'a, 'f> {
    context: Context<'a>,
    findings: &'f mut Findings,
    /// Addresses of the visited templates; Argo visits each once.
    seen: HashSet<usize>,
    /// Names of the global outputs produced so far.
    known: HashSet<String>,
    /// Says whether an unknown name may exist: some output's name is known only at run time, or a template is missing.
    is_open: bool,
}

impl<'a> Walk<'a, '_> {
    fn visit(&mut self, workflow: Workflow<'a>, template: Template<'a>, depth: usize) {
        if !self.seen.insert(template.yaml.address()) {
            return;
        }
        if depth > DEEPEST {
            self.is_open = true;
            return;
        }
        let is_own = std::ptr::eq(workflow.document, self.context.workflow.document);
        match template.kind {
            TemplateKind::Steps => {
                for step in template.calls() {
                    let called = self.enter(workflow, step, depth);
                    if has(step, "hooks") || has(step, "onExit") {
                        self.make(called);
                    }
                    self.look_at(step, is_own);
                    self.make(called);
                }
            }
            TemplateKind::Dag => {
                // Argo may visit independent tasks in any order.
                self.make_all(workflow, template, &mut HashSet::new(), depth);
                for task in template.calls() {
                    self.enter(workflow, task, depth);
                    self.look_at(task, is_own);
                }
            }
            _ => self.look_at(template.yaml, is_own),
        }
        let outputs = field(template.yaml, "outputs").filter(|_| template.has_nodes());
        if let Some(outputs) = outputs {
            self.look_at(outputs, is_own);
        }
    }

    /// Visits the template of a task or step.
    fn enter(&mut self, from: Workflow<'a>, call: &'a Yaml, depth: usize) -> Option<Template<'a>> {
        let (workflow, template) = self.called(from, call)?;
        self.visit(workflow, template, depth + 1);
        Some(template)
    }

    /// The template of a task or step, and the workflow that contains it.
    fn called(
        &mut self,
        from: Workflow<'a>,
        call: &'a Yaml,
    ) -> Option<(Workflow<'a>, Template<'a>)> {
        let Some(template) = from.resolve(call) else {
            self.is_open = true;
            return None;
        };
        let reference = field(call, "templateRef").filter(|_| !has(call, "inline"));
        let document = reference.and_then(|reference| from.library.get(reference));
        let workflow = Workflow {
            document: document.unwrap_or(from.document),
            ..from
        };
        Some((workflow, template))
    }

    /// Adds the global outputs of a task.
    fn make(&mut self, called: Option<Template<'a>>) {
        let Some(template) = called else {
            return;
        };
        self.is_open |= is_open(template);
        for (kind, outputs) in [
            ("parameters", template.outputs()),
            ("artifacts", template.output_artifacts()),
        ] {
            let names = outputs
                .iter()
                .filter_map(|output| text(output, "globalName"));
            self.known
                .extend(names.map(|name| format!("{OUTPUTS}{kind}.{name}")));
        }
    }

    /// Adds the global outputs of all tasks of a template, and of the templates that they run.
    fn make_all(
        &mut self,
        from: Workflow<'a>,
        template: Template<'a>,
        seen: &mut HashSet<usize>,
        depth: usize,
    ) {
        if !seen.insert(template.yaml.address()) {
            return;
        }
        if depth > DEEPEST {
            self.is_open = true;
            return;
        }
        for call in template.calls() {
            if let Some((workflow, template)) = self.called(from, call) {
                self.make(Some(template));
                self.make_all(workflow, template, seen, depth + 1);
            }
        }
    }

    /// Reports global outputs that are used too early.
    fn look_at(&mut self, node: &'a Yaml, is_own: bool) {
        if self.is_open || !is_own {
            return;
        }
        let context = self.context;
        let (known, findings) = (&self.known, &mut *self.findings);
        let mut look = |node: &'a Yaml| {
            texts(node, &mut |spot, text| {
                let names = tags(text).filter_map(|tag| match tag {
                    Tag::Name(name) => Some(name),
                    _ => None,
                });
                for name in names {
                    let rest = name.strip_prefix("workflow.").unwrap_or_default();
                    // Another rule reports outputs that no template produces.
                    let is_early = name.starts_with(OUTPUTS)
                        && !known.contains(name)
                        && context.globals.resolve(rest).is_ok();
                    if is_early {
                        findings.push(early(spot, name));
                    }
                }
            });
        };
        // The walk visits an inline template separately.
        for (key, value) in node.entries() {
            if key.name != "inline" {
                look(value);
            }
        }
    }
}

fn early(spot: &Yaml, name: &str) -> crate::finding::Finding {
    let message = format!(
        "`{{{{{name}}}}}` is not known yet when Argo checks this place, and Argo refuses it"
    );
    let (of, output) = name.rsplit_once('.').unwrap_or((name, ""));
    let help = format!(
        "let a later step use it, or write `{{{{={of}['{output}']}}}}`, which is looked up when it runs"
    );
    UNRESOLVED_VARIABLE.at(spot, message).help(help)
}
