//! The variables that exist in one place, and their values if the manifest states them.

use diagnostic::did_you_mean;
use diagnostic::yaml::{Content, Yaml};

use super::globals::Globals;
use super::workflow::Scope;
use crate::document::read::{at, field, list, name, named, text};
use crate::document::{Template, TemplateKind, is_loop, task_graph};
use crate::library::{Library, Workflow};
use crate::text::expression::{Environment, Type};
use crate::text::tags::has_tag;

/// A variable that exists in a place.
#[derive(Clone, Debug, PartialEq)]
pub struct Variable {
    /// The full name, such as `inputs.parameters.path`. It ends with `.*` if any name may follow.
    pub name: String,
    /// The kind of its value.
    pub kind: Type,
    /// The value, if the manifest states it.
    pub value: Option<String>,
}

/// Error: no task, step or template has the wanted name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownName {
    /// Name that was meant, perhaps.
    pub suggestion: Option<String>,
    /// The existing names.
    pub names: Vec<String>,
}

/// The variables that the fields of a task or step may use, or else the fields of a template; without a name, the
/// variables of the first workflow as a whole.
///
/// # Errors
///
/// Returns the existing names if no task, step or template has the wanted name.
pub fn variables(
    library: &Library<'_>,
    wanted: Option<&str>,
) -> Result<Vec<Variable>, UnknownName> {
    let mut names = Vec::new();
    for document in &library.documents {
        let globals = Globals::new(library, document);
        let scope = Scope {
            workflow: Workflow { library, document },
            globals: &globals,
        };
        let Some(wanted) = wanted else {
            return Ok(listed(scope, None, &scope.of_workflow()));
        };
        for template in document.templates() {
            names.extend(template.calls().filter_map(name));
            if let Some(call) = template.calls().find(|call| name(call) == Some(wanted)) {
                let environment = scope.of_place(&template, is_loop(call));
                let earlier = earlier(&template, call);
                let mut found = listed(scope, Some(&template), &environment);
                found.retain(|variable| {
                    let name = &variable.name;
                    let node = name
                        .strip_prefix("tasks.")
                        .or_else(|| name.strip_prefix("steps."));
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
                let environment = scope.of_place(&template, false);
                return Ok(listed(scope, Some(&template), &environment));
            }
        }
    }
    names.sort_unstable();
    names.dedup();
    Err(UnknownName {
        suggestion: wanted.and_then(|wanted| did_you_mean(wanted, names.iter().copied())),
        names: names.into_iter().map(str::to_owned).collect(),
    })
}

/// The tasks or steps of a template that end before `call` starts.
fn earlier<'a>(template: &Template<'a>, call: &Yaml) -> Vec<&'a str> {
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
    let graph = task_graph(template);
    let above = tasks
        .iter()
        .position(is_it)
        .map_or(&[][..], |task| graph.dependencies(task));
    let reached = graph.with_dependencies(above.iter().copied());
    tasks
        .iter()
        .zip(reached)
        .filter(|(_, is_reached)| *is_reached)
        .filter_map(|(task, _)| name(task))
        .collect()
}

fn listed(
    scope: Scope<'_>,
    template: Option<&Template<'_>>,
    environment: &Environment,
) -> Vec<Variable> {
    environment
        .variables()
        .into_iter()
        .filter(|(name, _)| !is_letter_of_date(name))
        .map(|(name, kind)| Variable {
            value: scope.value(template, &name),
            name,
            kind,
        })
        .collect()
}

/// Says whether a name is one of the many like `workflow.creationTimestamp.Y`.
fn is_letter_of_date(name: &str) -> bool {
    name.strip_prefix("workflow.creationTimestamp.")
        .is_some_and(|letter| letter.len() == 1)
}

impl Scope<'_> {
    /// The value of a variable in a template, or in the workflow as a whole, if the manifest states it.
    ///
    /// A run may get other parameters. The arguments of calls to the template are not considered.
    pub fn value(&self, template: Option<&Template<'_>>, variable: &str) -> Option<String> {
        let spec = self.workflow.document.spec;
        if let Some(wanted) = variable.strip_prefix("workflow.parameters.") {
            return argument(spec, wanted)
                .or_else(|| argument(self.workflow.referred()?.spec, wanted));
        }
        if let Some(wanted) = variable.strip_prefix("inputs.parameters.") {
            let template = template?;
            let is_entrypoint =
                name(template.yaml).is_some() && name(template.yaml) == self.workflow.entrypoint();
            let given = is_entrypoint.then(|| argument(spec, wanted)).flatten();
            return given.or_else(|| literal(named(template.inputs(), wanted)?));
        }
        let metadata = field(self.workflow.document.yaml, "metadata")?;
        match variable {
            "workflow.name" => text(metadata, "name").map(str::to_owned),
            "workflow.namespace" => text(metadata, "namespace").map(str::to_owned),
            "workflow.mainEntrypoint" => self.workflow.entrypoint().map(str::to_owned),
            "workflow.serviceAccountName" => {
                self.workflow.text("serviceAccountName").map(str::to_owned)
            }
            "workflow.priority" => at(spec, &["priority"]).and_then(plain),
            _ => None,
        }
    }
}

/// The value of a parameter in the workflow's arguments.
fn argument(spec: &Yaml, wanted: &str) -> Option<String> {
    literal(named(list(spec, &["arguments", "parameters"]), wanted)?)
}

/// The value of a parameter, or else its default, if it contains no tag.
fn literal(parameter: &Yaml) -> Option<String> {
    field(parameter, "value")
        .or_else(|| field(parameter, "default"))
        .and_then(plain)
        .filter(|value| !has_tag(value))
}

fn plain(node: &Yaml) -> Option<String> {
    match &node.value {
        Content::String(text) => Some(text.clone()),
        Content::Bool(value) => Some(value.to_string()),
        Content::Integer(number) => Some(number.to_string()),
        Content::Float(number) => Some(number.to_string()),
        _ => None,
    }
}
