//! Every text of a document: expressions in tags, and tags that do not end.

use std::collections::HashMap;

use argo::document::Template;
use argo::document::read::texts;
use argo::text::expression::Environment;
use diagnostic::yaml::{Content, Yaml};

use super::context::Context;
use super::expression;
use super::tags::{Tag, tags};
use crate::finding::{Findings, Spot};
use crate::rule::UNCLOSED_TAG;

/// Checks every text of a document.
pub(super) fn check(context: Context<'_>, findings: &mut Findings) {
    let mut environment: Option<Environment> = None;
    let mut places: Option<Places<'_>> = None;
    for &(node, text) in &context.survey.tagged {
        for tag in tags(text) {
            match tag {
                // An expression made of other tags is known only when it runs.
                Tag::Expression(expression) if !expression.contains("{{") => {
                    let places = places.get_or_insert_with(|| Places::new(context));
                    let environment = places.environment(context, node).unwrap_or_else(|| {
                        environment.get_or_insert_with(|| context.scope().of_tags())
                    });
                    expression::check_tag(node, expression, environment, findings);
                }
                Tag::Open(rest) => {
                    let message = "`{{` starts a tag, but `}}` is missing";
                    let help = "add `}}`; a literal `{{` can be written `{{=\"{{\"}}`";
                    let finding = UNCLOSED_TAG.at(node, message).help(help);
                    let refused = is_refused(rest) && template_of(context, node).is_some();
                    findings.push(if refused { finding.error() } else { finding });
                }
                _ => {}
            }
        }
    }
}

/// Templates that expressions stand in.
struct Places<'a> {
    templates: Vec<(Template<'a>, Option<Environment>)>,
    /// The number of the template by the address of the text.
    numbers: HashMap<usize, usize>,
}

impl<'a> Places<'a> {
    fn new(context: Context<'a>) -> Self {
        let mut templates = Vec::new();
        let mut numbers = HashMap::new();
        for template in context.workflow.document.templates() {
            add_texts(template.yaml, templates.len(), &mut numbers);
            templates.push((template, None));
        }
        Self { templates, numbers }
    }

    fn environment(&mut self, context: Context<'a>, node: &Yaml) -> Option<&Environment> {
        let number = self.numbers.get(&node.address())?;
        let (template, environment) = self.templates.get_mut(*number)?;
        Some(environment.get_or_insert_with(|| context.scope().of_tags_in(template)))
    }
}

/// Notes the texts of a template that hold an expression, but for inline templates: those are filled in where their task
/// stands, and by themselves as well.
fn add_texts(node: &Yaml, number: usize, numbers: &mut HashMap<usize, usize>) {
    match &node.value {
        Content::String(text) if text.contains("{{=") => {
            numbers.insert(node.address(), number);
        }
        Content::Sequence(items) => items
            .iter()
            .for_each(|item| add_texts(item, number, numbers)),
        Content::Mapping(entries) => {
            for (key, value) in entries {
                if key.name != "inline" {
                    add_texts(value, number, numbers);
                }
            }
        }
        _ => {}
    }
}

/// Says whether Argo takes the text that follows for a variable: it looks for the end of the tag in all the JSON of the template, and
/// knows no variable of such a name (`resolveAllVariables` in `validate.go`). Anything else stays as it is.
pub(super) fn is_refused(rest: &str) -> bool {
    const VARIABLES: [&str; 6] = ["inputs.", "item.", "pod.", "steps.", "tasks.", "workflow."];
    const PASSED: [&str; 5] = [
        "steps.name",
        "tasks.name",
        "workflow.creationTimestamp",
        "workflow.duration",
        "workflow.scheduledTime",
    ];
    let starts_with = |start: &&str| rest.starts_with(*start);
    VARIABLES.iter().any(starts_with) && !PASSED.iter().any(starts_with)
}

/// The template that a text stands in.
pub(super) fn template_of<'a>(context: Context<'a>, wanted: &Yaml) -> Option<Template<'a>> {
    context.workflow.document.templates().find(|template| {
        let mut found = false;
        texts(template.yaml, &mut |node, _| {
            found |= node.address() == wanted.address();
        });
        found
    })
}
