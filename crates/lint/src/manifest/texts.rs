//! Every text of a document: expressions in tags, and unclosed tags.

use std::collections::HashMap;

use argo::document::Template;
use argo::document::read::texts;
use argo::text::expression::Environment;
use diagnostic::yaml::{Content, Yaml};

use super::context::Context;
use super::expression;
use super::tags::{Tag, tags};
use crate::finding::{DocumentPart, Findings};
use crate::rule::UNCLOSED_TAG;

/// Checks every text of a document.
pub(super) fn check(context: Context<'_>, findings: &mut Findings) {
    let mut environment: Option<Environment> = None;
    let mut places: Option<Places<'_>> = None;
    for &(node, text) in &context.survey.tagged {
        for tag in tags(text) {
            match tag {
                // An expression that contains other tags is known only at run time.
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

/// Templates that contain expressions.
struct Places<'a> {
    templates: Vec<(Template<'a>, Option<Environment>)>,
    /// Number of a template, by the address of a text in it.
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

/// Records the texts of a template that contain an expression. Skips inline templates: Argo replaces their tags with
/// those of the task, and once more by themselves.
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

/// Says whether Argo reads the text after an unclosed `{{` as a variable: Argo looks for the end of the tag in the
/// whole JSON of the template, and knows no variable with such a name (`resolveAllVariables` in `validate.go`). Argo
/// ignores any other text.
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

/// The template that contains a text.
pub(super) fn template_of<'a>(context: Context<'a>, wanted: &Yaml) -> Option<Template<'a>> {
    context.workflow.document.templates().find(|template| {
        let mut found = false;
        texts(template.yaml, &mut |node, _| {
            found |= node.address() == wanted.address();
        });
        found
    })
}
