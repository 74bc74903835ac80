//! Templates, and the tasks and steps in them.

use diagnostic::yaml::Yaml;

use super::read::{entry, field, has, list, name, named, text};
use crate::text::tags::has_tag;

/// A kind of template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TemplateKind {
    /// Runs a container.
    Container,
    /// Runs several containers in one pod.
    ContainerSet,
    /// Runs a script in a container.
    Script,
    /// Creates, changes or deletes an object of the cluster.
    Resource,
    /// Runs each task after the tasks that it depends on.
    Dag,
    /// Runs groups of steps, one group after the other.
    Steps,
    /// Waits.
    Suspend,
    /// Lists the files in a store.
    Data,
    /// Sends a request.
    Http,
    /// Runs a plugin of the executor.
    Plugin,
    /// Has no key of a known kind.
    Unknown,
}

/// The key of each kind of template.
pub const TEMPLATE_KINDS: [(&str, TemplateKind); 10] = [
    ("container", TemplateKind::Container),
    ("containerSet", TemplateKind::ContainerSet),
    ("script", TemplateKind::Script),
    ("resource", TemplateKind::Resource),
    ("dag", TemplateKind::Dag),
    ("steps", TemplateKind::Steps),
    ("suspend", TemplateKind::Suspend),
    ("data", TemplateKind::Data),
    ("http", TemplateKind::Http),
    ("plugin", TemplateKind::Plugin),
];

/// A template.
#[derive(Clone, Copy, Debug)]
pub struct Template<'a> {
    /// The whole template.
    pub yaml: &'a Yaml,
    /// Kind of the template: a container, a DAG, ….
    pub kind: TemplateKind,
}

impl<'a> Template<'a> {
    /// Reads the kind of a template.
    pub fn new(yaml: &'a Yaml) -> Self {
        let kind = TEMPLATE_KINDS
            .iter()
            .find(|(key, _)| has(yaml, key))
            .map_or(TemplateKind::Unknown, |(_, kind)| *kind);
        Self { yaml, kind }
    }

    /// The name of the template, for a message.
    pub fn title(&self) -> String {
        name(self.yaml).map_or_else(
            || "this template".to_owned(),
            |name| format!("template `{name}`"),
        )
    }

    /// Says whether the template does work itself, without other templates.
    pub fn is_leaf(&self) -> bool {
        !matches!(
            self.kind,
            TemplateKind::Dag | TemplateKind::Steps | TemplateKind::Suspend | TemplateKind::Unknown
        )
    }

    /// Says whether the template has tasks or steps.
    pub fn has_nodes(&self) -> bool {
        matches!(self.kind, TemplateKind::Dag | TemplateKind::Steps)
    }

    /// Says whether the template has a pod of its own.
    pub fn is_pod(&self) -> bool {
        self.is_leaf() && !matches!(self.kind, TemplateKind::Http | TemplateKind::Plugin)
    }

    /// Says whether the template produces `outputs.result` and an exit code.
    pub fn has_result(&self) -> bool {
        match self.kind {
            TemplateKind::ContainerSet => {
                let containers = list(self.yaml, &["containerSet", "containers"]);
                named(containers, "main").is_some()
            }
            TemplateKind::Container
            | TemplateKind::Script
            | TemplateKind::Data
            | TemplateKind::Http
            | TemplateKind::Plugin => true,
            _ => false,
        }
    }

    /// The input parameters.
    pub fn inputs(&self) -> &'a [Yaml] {
        list(self.yaml, &["inputs", "parameters"])
    }

    /// The input artifacts.
    pub fn input_artifacts(&self) -> &'a [Yaml] {
        list(self.yaml, &["inputs", "artifacts"])
    }

    /// The output parameters.
    pub fn outputs(&self) -> &'a [Yaml] {
        list(self.yaml, &["outputs", "parameters"])
    }

    /// The output artifacts.
    pub fn output_artifacts(&self) -> &'a [Yaml] {
        list(self.yaml, &["outputs", "artifacts"])
    }

    /// The tasks of a DAG.
    pub fn tasks(&self) -> &'a [Yaml] {
        list(self.yaml, &["dag", "tasks"])
    }

    /// The groups of steps.
    pub fn groups(&self) -> &'a [Yaml] {
        list(self.yaml, &["steps"])
    }

    /// The calls of the template: its tasks or steps.
    pub fn calls(&self) -> impl Iterator<Item = &'a Yaml> + use<'a> {
        let steps = self.groups().iter().flat_map(Yaml::items);
        self.tasks().iter().chain(steps)
    }
}

/// Says whether a call runs once per item.
pub fn is_loop(call: &Yaml) -> bool {
    ["withItems", "withParam", "withSequence"]
        .iter()
        .any(|key| entry(call, key).is_some_and(|(_, value)| value.as_str() != Some("")))
}

/// Says whether a call's template is known only when the workflow runs.
pub fn is_dynamic(call: &Yaml) -> bool {
    let dynamic = |yaml: &Yaml, key| text(yaml, key).is_some_and(has_tag);
    dynamic(call, "template")
        || field(call, "templateRef")
            .is_some_and(|reference| dynamic(reference, "name") || dynamic(reference, "template"))
}
