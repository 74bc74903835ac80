//! The documents under check: which templates there are, and what a reference to one leads to.

use diagnostic::yaml::Yaml;

use super::globals::Globals;
use super::index::Index;
use super::read::{at, entry, field, has, has_tag, list, name, named, text};
use super::survey::Survey;

/// The kinds of document that are checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DocumentKind {
    Workflow,
    WorkflowTemplate,
    ClusterWorkflowTemplate,
    CronWorkflow,
}

impl DocumentKind {
    /// Every kind, by the word in `kind`.
    pub(super) const ALL: [(&'static str, Self); 4] = [
        ("Workflow", Self::Workflow),
        ("WorkflowTemplate", Self::WorkflowTemplate),
        ("ClusterWorkflowTemplate", Self::ClusterWorkflowTemplate),
        ("CronWorkflow", Self::CronWorkflow),
    ];

    /// Whether others run its templates.
    pub(super) fn is_template(self) -> bool {
        matches!(self, Self::WorkflowTemplate | Self::ClusterWorkflowTemplate)
    }
}

/// One document and the workflow in it.
pub(super) struct Document<'a> {
    pub(super) kind: DocumentKind,
    pub(super) yaml: &'a Yaml,
    /// The workflow's `spec`, also where it stands in a `CronWorkflow`.
    pub(super) spec: &'a Yaml,
    /// The number of each template in its list.
    templates: Index<'a>,
}

impl<'a> Document<'a> {
    /// A document of a known kind, if it has a `spec` at all.
    pub(super) fn new(kind: DocumentKind, yaml: &'a Yaml) -> Option<Self> {
        let spec = match kind {
            DocumentKind::CronWorkflow => at(yaml, &["spec", "workflowSpec"])?,
            _ => field(yaml, "spec")?,
        };
        let mut templates = Index::default();
        for (number, template) in list(spec, &["templates"]).iter().enumerate() {
            if let Some(name) = name(template) {
                templates.entry(name).or_insert(number);
            }
        }
        Some(Self {
            kind,
            yaml,
            spec,
            templates,
        })
    }

    /// The template of this name.
    pub(super) fn template(&self, name: &str) -> Option<Template<'a>> {
        let number = *self.templates.get(name)?;
        list(self.spec, &["templates"])
            .get(number)
            .map(Template::new)
    }

    /// Its templates, in the order of the file.
    pub(super) fn templates(&self) -> impl Iterator<Item = Template<'a>> + use<'a> {
        list(self.spec, &["templates"]).iter().map(Template::new)
    }

    /// The names of its templates, in the order of the file.
    pub(super) fn template_names(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        super::read::names(list(self.spec, &["templates"]))
    }
}

/// Every document given, to find templates in.
#[derive(Default)]
pub(super) struct Library<'a> {
    pub(super) documents: Vec<Document<'a>>,
    namespaced: Index<'a>,
    cluster: Index<'a>,
}

impl<'a> Library<'a> {
    /// Adds a document, which others may refer to if it is a template.
    pub(super) fn add(&mut self, document: Document<'a>) {
        let name = at(document.yaml, &["metadata", "name"]).and_then(Yaml::as_str);
        let number = self.documents.len();
        match (document.kind, name) {
            (DocumentKind::WorkflowTemplate, Some(name)) => {
                self.namespaced.entry(name).or_insert(number);
            }
            (DocumentKind::ClusterWorkflowTemplate, Some(name)) => {
                self.cluster.entry(name).or_insert(number);
            }
            _ => {}
        }
        self.documents.push(document);
    }

    /// The document a `templateRef` or `workflowTemplateRef` names.
    pub(super) fn get(&self, reference: &Yaml) -> Option<&Document<'a>> {
        let cluster = reference.get("clusterScope").map(|value| &value.value)
            == Some(&diagnostic::yaml::Value::Bool(true));
        let names = if cluster {
            &self.cluster
        } else {
            &self.namespaced
        };
        self.documents.get(*names.get(text(reference, "name")?)?)
    }
}

/// What a rule may know besides the node it looks at.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    pub(super) library: &'a Library<'a>,
    pub(super) document: &'a Document<'a>,
    pub(super) globals: &'a Globals<'a>,
    pub(super) survey: &'a Survey<'a>,
}

impl<'a> Context<'a> {
    /// The template that a task, step or hook runs, if it is known.
    pub(super) fn resolve(&self, holder: &'a Yaml) -> Option<Template<'a>> {
        if let Some(inline) = field(holder, "inline") {
            return Some(Template::new(inline));
        }
        if let Some(reference) = field(holder, "templateRef") {
            return self
                .library
                .get(reference)?
                .template(text(reference, "template")?);
        }
        self.own_template(text(holder, "template")?)
    }

    /// A template of this workflow, which may live in the `WorkflowTemplate` it refers to.
    pub(super) fn own_template(&self, name: &str) -> Option<Template<'a>> {
        match field(self.document.spec, "workflowTemplateRef") {
            Some(reference) => self.library.get(reference)?.template(name),
            None => self.document.template(name),
        }
    }

    /// The names `own_template` knows; nothing if they cannot be known.
    pub(super) fn own_names(&self) -> Option<Vec<&'a str>> {
        match field(self.document.spec, "workflowTemplateRef") {
            Some(reference) => Some(self.library.get(reference)?.template_names().collect()),
            None => Some(self.document.template_names().collect()),
        }
    }

    /// What the workflow says for a key, or else the `WorkflowTemplate` it refers to.
    pub(super) fn spec_text(&self, key: &str) -> Option<&'a str> {
        text(self.document.spec, key).or_else(|| {
            let reference = field(self.document.spec, "workflowTemplateRef")?;
            text(self.library.get(reference)?.spec, key)
        })
    }

    /// The same key of the `WorkflowTemplate` this workflow refers to.
    pub(super) fn referred(&self) -> Option<&'a Document<'a>> {
        self.library
            .get(field(self.document.spec, "workflowTemplateRef")?)
    }
}

/// What a template does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Container,
    ContainerSet,
    Script,
    Resource,
    Dag,
    Steps,
    Suspend,
    Data,
    Http,
    Plugin,
    /// It does not say.
    Unknown,
}

/// The key of each kind of template.
pub(super) const KINDS: [(&str, Kind); 10] = [
    ("container", Kind::Container),
    ("containerSet", Kind::ContainerSet),
    ("script", Kind::Script),
    ("resource", Kind::Resource),
    ("dag", Kind::Dag),
    ("steps", Kind::Steps),
    ("suspend", Kind::Suspend),
    ("data", Kind::Data),
    ("http", Kind::Http),
    ("plugin", Kind::Plugin),
];

/// A template.
#[derive(Clone, Copy)]
pub(super) struct Template<'a> {
    pub(super) yaml: &'a Yaml,
    pub(super) kind: Kind,
}

impl<'a> Template<'a> {
    /// Reads what kind of template it is.
    pub(super) fn new(yaml: &'a Yaml) -> Self {
        let kind = KINDS
            .iter()
            .find(|(key, _)| has(yaml, key))
            .map_or(Kind::Unknown, |(_, kind)| *kind);
        Self { yaml, kind }
    }

    /// Its name for a message.
    pub(super) fn title(&self) -> String {
        name(self.yaml).map_or_else(
            || "this template".to_owned(),
            |name| format!("template `{name}`"),
        )
    }

    /// Whether it runs something itself.
    pub(super) fn is_leaf(&self) -> bool {
        !matches!(
            self.kind,
            Kind::Dag | Kind::Steps | Kind::Suspend | Kind::Unknown
        )
    }

    /// Whether it has a pod of its own.
    pub(super) fn is_pod(&self) -> bool {
        self.is_leaf() && !matches!(self.kind, Kind::Http | Kind::Plugin)
    }

    /// Whether it has `outputs.result` and an exit code.
    pub(super) fn has_result(&self) -> bool {
        match self.kind {
            Kind::ContainerSet => {
                let containers = list(self.yaml, &["containerSet", "containers"]);
                named(containers, "main").is_some()
            }
            Kind::Container | Kind::Script | Kind::Data | Kind::Http | Kind::Plugin => true,
            _ => false,
        }
    }

    /// Its input parameters.
    pub(super) fn inputs(&self) -> &'a [Yaml] {
        list(self.yaml, &["inputs", "parameters"])
    }

    /// Its input artifacts.
    pub(super) fn input_artifacts(&self) -> &'a [Yaml] {
        list(self.yaml, &["inputs", "artifacts"])
    }

    /// Its output parameters.
    pub(super) fn outputs(&self) -> &'a [Yaml] {
        list(self.yaml, &["outputs", "parameters"])
    }

    /// Its output artifacts.
    pub(super) fn output_artifacts(&self) -> &'a [Yaml] {
        list(self.yaml, &["outputs", "artifacts"])
    }

    /// Its tasks, if it is a DAG.
    pub(super) fn tasks(&self) -> &'a [Yaml] {
        list(self.yaml, &["dag", "tasks"])
    }

    /// Its groups of steps, if it has steps.
    pub(super) fn groups(&self) -> &'a [Yaml] {
        list(self.yaml, &["steps"])
    }

    /// What it calls: its tasks or steps.
    pub(super) fn calls(&self) -> impl Iterator<Item = &'a Yaml> + use<'a> {
        let steps = self.groups().iter().flat_map(Yaml::items);
        self.tasks().iter().chain(steps)
    }
}

/// Whether a call runs once per item.
pub(super) fn is_loop(call: &Yaml) -> bool {
    ["withItems", "withParam", "withSequence"]
        .iter()
        .any(|key| entry(call, key).is_some_and(|(_, value)| value.as_str() != Some("")))
}

/// Whether a call's template can only be known when it runs.
pub(super) fn is_dynamic(call: &Yaml) -> bool {
    let dynamic = |yaml: &Yaml, key| text(yaml, key).is_some_and(has_tag);
    dynamic(call, "template")
        || field(call, "templateRef")
            .is_some_and(|reference| dynamic(reference, "name") || dynamic(reference, "template"))
}
