//! `{{workflow.*}}`: variables of the workflow that every template can use.

use std::collections::HashSet;

use crate::document::read::{all_named, at, field, has, list, name, text};
use crate::document::{Document, Template};
use crate::library::Library;
use crate::text::expression::{Environment, Type};
use crate::text::tags::has_tag;
use diagnostic::did_you_mean;
use diagnostic::yaml::Yaml;

/// The variables under `workflow.`.
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each says whether one variable is known"
)]
pub struct Globals<'a> {
    parameters: Vec<&'a str>,
    /// Says whether a workflow that runs the templates may add parameters.
    open: bool,
    labels: HashSet<&'a str>,
    annotations: HashSet<&'a str>,
    has_priority: bool,
    has_exit: bool,
    outputs: HashSet<&'a str>,
    artifacts: HashSet<&'a str>,
    /// Says whether the name of some global output is known only at run time.
    open_outputs: bool,
}

/// Names that always exist.
const ALWAYS: &[&str] = &[
    "name",
    "namespace",
    "uid",
    "mainEntrypoint",
    "serviceAccountName",
    "status",
    "creationTimestamp",
    "scheduledTime",
    "duration",
    "parameters",
    "labels",
    "annotations",
    "outputs",
    "failures",
    "priority",
];

impl<'a> Globals<'a> {
    /// Reads the variables of the workflow in `document`.
    pub fn new(library: &Library<'a>, document: &Document<'a>) -> Self {
        let reference = field(document.spec, "workflowTemplateRef");
        let referred = reference.and_then(|reference| library.get(reference));
        let specs: Vec<&'a Yaml> = [Some(document.spec), referred.map(|document| document.spec)]
            .into_iter()
            .flatten()
            .collect();
        let keys = |what: &str| {
            let mut keys: HashSet<&'a str> = HashSet::new();
            let mut add = |holder: &'a Yaml, key: &str| {
                keys.extend(
                    field(holder, key)
                        .map_or(&[][..], Yaml::entries)
                        .iter()
                        .map(|(key, _)| key.name.as_str()),
                );
            };
            for holder in [
                at(document.yaml, &["metadata"]),
                at(document.yaml, &["spec", "workflowMetadata"]),
            ]
            .into_iter()
            .chain(specs.iter().map(|spec| field(spec, "workflowMetadata")))
            .flatten()
            {
                add(holder, what);
                if what == "labels" {
                    add(holder, "labelsFrom");
                }
            }
            keys
        };
        let mut globals = Self {
            parameters: specs
                .iter()
                .flat_map(|spec| list(spec, &["arguments", "parameters"]))
                .filter_map(name)
                .collect(),
            open: document.kind.is_template()
                || reference.is_some() && referred.is_none()
                || !specs
                    .iter()
                    .all(|spec| all_named(list(spec, &["arguments", "parameters"]))),
            labels: keys("labels"),
            annotations: keys("annotations"),
            has_priority: specs.iter().any(|spec| has(spec, "priority")),
            has_exit: document.kind.is_template()
                || specs
                    .iter()
                    .any(|spec| has(spec, "onExit") || has(spec, "hooks")),
            outputs: HashSet::new(),
            artifacts: HashSet::new(),
            open_outputs: false,
        };
        for other in &library.documents {
            for template in other.templates() {
                globals.add_outputs(library, &template);
            }
        }
        // Unknown outputs of another file do not matter, unless this workflow runs that file.
        globals.open_outputs = false;
        let mut reached = vec![document];
        reached.extend(referred);
        let mut next = 0;
        while let Some(document) = reached.get(next).copied() {
            next += 1;
            for template in document.templates() {
                for other in globals.add_outputs(library, &template) {
                    if !reached.iter().any(|known| std::ptr::eq(*known, other)) {
                        reached.push(other);
                    }
                }
            }
        }
        globals
    }

    /// Adds the global outputs of a template; gives the documents whose templates it runs.
    fn add_outputs<'l>(
        &mut self,
        library: &'l Library<'a>,
        template: &Template<'a>,
    ) -> Vec<&'l Document<'a>> {
        let mut others = Vec::new();
        for (outputs, names) in [
            (template.outputs(), &mut self.outputs),
            (template.output_artifacts(), &mut self.artifacts),
        ] {
            for global in outputs
                .iter()
                .filter_map(|output| text(output, "globalName"))
            {
                self.open_outputs |= has_tag(global);
                names.insert(global);
            }
        }
        for call in template.calls() {
            if let Some(reference) = field(call, "templateRef") {
                match library.get(reference) {
                    Some(other) => others.push(other),
                    // The outputs of a template in a missing document are unknown.
                    None => self.open_outputs = true,
                }
            }
            if let Some(inline) = field(call, "inline") {
                others.extend(self.add_outputs(library, &Template::new(inline)));
            }
        }
        others
    }

    /// Says whether `workflow.REST` is known; if not, perhaps the name that was meant.
    pub fn resolve(&self, rest: &str) -> Result<(), Option<String>> {
        let (first, left) = rest
            .split_once('.')
            .map_or((rest, None), |(first, left)| (first, Some(left)));
        let known = match (first, left) {
            (
                "name" | "namespace" | "uid" | "mainEntrypoint" | "serviceAccountName" | "status",
                None,
            )
            | ("creationTimestamp" | "scheduledTime" | "duration", _)
            | ("labels" | "annotations", None | Some("json")) => true,
            ("parameters", None | Some("json")) => self.open || !self.parameters.is_empty(),
            ("failures", None) => self.has_exit,
            ("priority", None) => self.has_priority,
            ("parameters", Some(name)) => {
                if self.open || self.parameters.contains(&name) {
                    true
                } else {
                    return Err(did_you_mean(name, self.parameters.iter().copied()));
                }
            }
            ("labels", Some(name)) => self.labels.contains(name),
            ("annotations", Some(name)) => self.annotations.contains(name),
            ("outputs", Some(left)) => match left.split_once('.') {
                Some(("parameters", name)) => self.open_outputs || self.outputs.contains(name),
                Some(("artifacts", name)) => self.open_outputs || self.artifacts.contains(name),
                _ => false,
            },
            _ => {
                return Err(did_you_mean(
                    first,
                    ALWAYS.iter().copied().filter(|name| *name != first),
                ));
            }
        };
        if known { Ok(()) } else { Err(None) }
    }

    /// Adds the workflow's names to an environment: its parameters, its metadata, and its outputs.
    ///
    /// Labels and annotations may also come from the person who submits the workflow.
    pub fn add_to(&self, environment: &mut Environment) {
        for name in [
            "name",
            "namespace",
            "uid",
            "mainEntrypoint",
            "serviceAccountName",
            "status",
            "duration",
            "parameters.json",
            "labels.json",
            "annotations.json",
            "creationTimestamp.RFC3339",
            "creationTimestamp.s",
        ] {
            environment.add(&format!("workflow.{name}"), Type::Text);
        }
        for letter in "BbmAadHIMSYypZzL".chars() {
            environment.add(&format!("workflow.creationTimestamp.{letter}"), Type::Text);
        }
        for name in ["scheduledTime", "failures"] {
            environment.add(&format!("workflow.{name}"), Type::Any);
        }
        if self.has_priority || self.open {
            environment.add("workflow.priority", Type::Any);
        }
        for name in &self.parameters {
            environment.add(&format!("workflow.parameters.{name}"), Type::Text);
        }
        if self.open {
            environment.open("workflow.parameters");
        }
        environment.open("workflow.labels");
        environment.open("workflow.annotations");
        if self.has_outputs() {
            environment.add("workflow.outputs", Type::Any);
        }
    }

    /// Says whether a template has outputs for the whole workflow.
    pub fn has_outputs(&self) -> bool {
        self.open_outputs || self.open || !self.outputs.is_empty() || !self.artifacts.is_empty()
    }

    /// The parameters of this workflow.
    pub fn parameters(&self) -> &[&'a str] {
        &self.parameters
    }
}
