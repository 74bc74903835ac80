//! The variables that exist in one place of a manifest, and their values where the manifest says them.

use argo::document::read::{at, field, list, name, named, text};
use argo::document::{Document, Template, TemplateKind, is_loop};
use argo::library::{Library, Workflow};
use argo::text::expression::Environment;
use argo::text::tags::has_tag;
use diagnostic::did_you_mean;
use diagnostic::yaml::{Value, Yaml};

use super::context::Context;
use super::globals::Globals;
use super::survey::Survey;
use super::{ManifestFile, dag, environments};
use crate::finding::Findings;

/// A variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Its full name, such as `inputs.parameters.path`. It ends with `.*` where any name may stand there.
    pub name: String,
    /// Its value, if the manifest says it.
    pub value: Option<String>,
}

/// There is no task, step or template of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotThere {
    /// What was meant, perhaps.
    pub meant: Option<String>,
    /// The names that are there.
    pub names: Vec<String>,
}

/// The variables that the fields of a task or step, or else those of a template, may name; without a name, those of the
/// first workflow as a whole.
///
/// # Errors
///
/// Returns which names there are, if no task, step or template has this one.
pub fn known(files: &[ManifestFile], wanted: Option<&str>) -> Result<Vec<Known>, NotThere> {
    let mut library = Library::default();
    for file in files {
        for yaml in &file.documents {
            if let Some(document) = Document::read(yaml) {
                library.add(document);
            }
        }
    }
    let mut names = Vec::new();
    for document in &library.documents {
        let globals = Globals::new(&library, document);
        let survey = Survey::default();
        let context = Context {
            workflow: Workflow {
                library: &library,
                document,
            },
            globals: &globals,
            survey: &survey,
        };
        let Some(wanted) = wanted else {
            return Ok(listed(context, None, &environments::of_workflow(context)));
        };
        for template in document.templates() {
            names.extend(template.calls().filter_map(name));
            if let Some(call) = template.calls().find(|call| name(call) == Some(wanted)) {
                let environment = environments::of_place(context, &template, is_loop(call));
                let earlier = earlier(context, &template, call);
                let mut found = listed(context, Some(&template), &environment);
                found.retain(|known| {
                    let node = known
                        .name
                        .strip_prefix("tasks.")
                        .or_else(|| known.name.strip_prefix("steps."));
                    node.is_none_or(|node| {
                        earlier.iter().any(|name| {
                            node.strip_prefix(name)
                                .is_some_and(|rest| rest.starts_with('.'))
                        })
                    })
                });
                return Ok(found);
            }
        }
        for template in document.templates() {
            names.extend(name(template.yaml));
            if name(template.yaml) == Some(wanted) {
                let environment = environments::of_place(context, &template, false);
                return Ok(listed(context, Some(&template), &environment));
            }
        }
    }
    names.sort_unstable();
    names.dedup();
    Err(NotThere {
        meant: wanted.and_then(|wanted| did_you_mean(wanted, names.iter().copied())),
        names: names.into_iter().map(str::to_owned).collect(),
    })
}

/// The tasks or steps that have ended before another one of the same template starts.
fn earlier<'a>(context: Context<'a>, template: &Template<'a>, call: &Yaml) -> Vec<&'a str> {
    let is_it = |other: &Yaml| std::ptr::eq(other, call);
    if template.kind == TemplateKind::Steps {
        return template
            .groups()
            .iter()
            .take_while(|group| !group.items().iter().any(is_it))
            .flat_map(Yaml::items)
            .filter_map(name)
            .collect();
    }
    let tasks = template.tasks();
    let graph = dag::check(context, template, false, &mut Findings::default());
    let above = tasks
        .iter()
        .position(is_it)
        .map_or(&[][..], |task| graph.of(task));
    let reached = graph.needed(above.iter().copied());
    tasks
        .iter()
        .zip(reached)
        .filter(|(_, is_reached)| *is_reached)
        .filter_map(|(task, _)| name(task))
        .collect()
}

fn listed(
    context: Context<'_>,
    template: Option<&Template<'_>>,
    environment: &Environment,
) -> Vec<Known> {
    environment
        .variables()
        .into_iter()
        .filter(|(name, _)| !is_letter_of_date(name))
        .map(|(name, _)| Known {
            value: value(context, template, &name),
            name,
        })
        .collect()
}

/// `workflow.creationTimestamp.Y` and its kin, of which there are many.
fn is_letter_of_date(name: &str) -> bool {
    name.strip_prefix("workflow.creationTimestamp.")
        .is_some_and(|letter| letter.len() == 1)
}

/// The value of a variable, if the manifest says it.
fn value(context: Context<'_>, template: Option<&Template<'_>>, variable: &str) -> Option<String> {
    let spec = context.workflow.document.spec;
    if let Some(wanted) = variable.strip_prefix("workflow.parameters.") {
        return argument(spec, wanted)
            .or_else(|| argument(context.workflow.referred()?.spec, wanted));
    }
    if let Some(wanted) = variable.strip_prefix("inputs.parameters.") {
        let template = template?;
        let is_entrypoint =
            name(template.yaml).is_some() && name(template.yaml) == context.workflow.entrypoint();
        let given = is_entrypoint.then(|| argument(spec, wanted)).flatten();
        return given.or_else(|| literal(named(template.inputs(), wanted)?));
    }
    let metadata = field(context.workflow.document.yaml, "metadata")?;
    match variable {
        "workflow.name" => text(metadata, "name").map(str::to_owned),
        "workflow.namespace" => text(metadata, "namespace").map(str::to_owned),
        "workflow.mainEntrypoint" => context.workflow.entrypoint().map(str::to_owned),
        "workflow.serviceAccountName" => context
            .workflow
            .text("serviceAccountName")
            .map(str::to_owned),
        "workflow.priority" => at(spec, &["priority"]).and_then(plain),
        _ => None,
    }
}

/// The value of a parameter that the workflow is given.
fn argument(spec: &Yaml, wanted: &str) -> Option<String> {
    literal(named(list(spec, &["arguments", "parameters"]), wanted)?)
}

/// The value of a parameter, or else its default, where no tag is in it.
fn literal(parameter: &Yaml) -> Option<String> {
    field(parameter, "value")
        .or_else(|| field(parameter, "default"))
        .and_then(plain)
        .filter(|value| !has_tag(value))
}

fn plain(node: &Yaml) -> Option<String> {
    match &node.value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(value) => Some(value.to_string()),
        Value::Integer(number) => Some(number.to_string()),
        Value::Float(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Whether a template has tasks or steps.
pub(super) fn has_nodes(template: &Template<'_>) -> bool {
    matches!(template.kind, TemplateKind::Dag | TemplateKind::Steps)
}
