//! Documents: what a manifest says, and where in the file it says it.
//!
//! A document keeps its whole YAML tree, so nothing is lost of what Argo does not know, and a finding has a place.
//! What the files have for null counts as absent, as it does for Kubernetes.

mod dag;
mod identity;
pub mod index;
pub mod read;
mod template;

use diagnostic::yaml::Yaml;

use self::index::Index;
use self::read::{at, field, list, name};

pub use dag::{depends_of, graph_of, task_graph};
pub use identity::{API_VERSION, Identity, identify, is_of_argo};
pub use template::{TEMPLATE_KINDS, Template, TemplateKind, is_dynamic, is_loop};

/// A kind of document that has a workflow in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DocumentKind {
    /// A run.
    Workflow,
    /// Templates for the runs of one namespace.
    WorkflowTemplate,
    /// Templates for the runs of the whole cluster.
    ClusterWorkflowTemplate,
    /// Runs by the clock.
    CronWorkflow,
}

impl DocumentKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [
        Self::Workflow,
        Self::WorkflowTemplate,
        Self::ClusterWorkflowTemplate,
        Self::CronWorkflow,
    ];

    /// The word that stands in `kind`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Workflow => "Workflow",
            Self::WorkflowTemplate => "WorkflowTemplate",
            Self::ClusterWorkflowTemplate => "ClusterWorkflowTemplate",
            Self::CronWorkflow => "CronWorkflow",
        }
    }

    /// The kind of a word in `kind`.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// Whether others run the templates of such a document.
    pub fn is_template(self) -> bool {
        matches!(self, Self::WorkflowTemplate | Self::ClusterWorkflowTemplate)
    }
}

/// A document and the workflow in it.
#[derive(Debug)]
pub struct Document<'a> {
    /// Kind of the document.
    pub kind: DocumentKind,
    /// The whole document.
    pub yaml: &'a Yaml,
    /// The workflow's `spec`, also where it stands in a `CronWorkflow`.
    pub spec: &'a Yaml,
    /// Number of each template in the list of templates.
    templates: Index<'a>,
}

impl<'a> Document<'a> {
    /// Reads a document; none if it is not a kind with a workflow, or if the workflow's `spec` is not there.
    pub fn read(yaml: &'a Yaml) -> Option<Self> {
        Self::new(identify(yaml).kind()?, yaml)
    }

    /// A document of a known kind; none if the workflow's `spec` is not there.
    pub fn new(kind: DocumentKind, yaml: &'a Yaml) -> Option<Self> {
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
    pub fn template(&self, name: &str) -> Option<Template<'a>> {
        let number = *self.templates.get(name)?;
        list(self.spec, &["templates"])
            .get(number)
            .map(Template::new)
    }

    /// The name in `metadata`; none if there is none, as for a run with `generateName`.
    pub fn name(&self) -> Option<&'a str> {
        at(self.yaml, &["metadata", "name"]).and_then(Yaml::as_str)
    }

    /// The templates, in the order of the file.
    pub fn templates(&self) -> impl Iterator<Item = Template<'a>> + use<'a> {
        list(self.spec, &["templates"]).iter().map(Template::new)
    }

    /// The names of the templates, in the order of the file.
    pub fn template_names(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        read::names(list(self.spec, &["templates"]))
    }
}
