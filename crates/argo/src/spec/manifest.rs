//! A whole document.

use diagnostic::yaml::{Content, Yaml};
use serde::{Serialize, Serializer};

use super::cron::CronSpec;
use super::field::{self, Field, FieldPath, Tree, Unreadable};
use super::metadata::Metadata;
use super::workflow::WorkflowSpec;

/// Group and version of every kind.
pub const API_VERSION: &str = "argoproj.io/v1alpha1";

/// Kinds of the documents that contain a workflow.
const KINDS: [&str; 4] = [
    "Workflow",
    "WorkflowTemplate",
    "ClusterWorkflowTemplate",
    "CronWorkflow",
];

/// A whole document.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Manifest {
    /// Group and version: always [`API_VERSION`].
    pub api_version: String,
    /// `Workflow`, `WorkflowTemplate`, `ClusterWorkflowTemplate` or `CronWorkflow`.
    pub kind: String,
    /// Name, labels and annotations.
    pub metadata: Metadata,
    /// Spec of the document: the workflow, or the workflow and the times at which it runs.
    pub spec: Spec,
    /// Other fields, such as `status`.
    pub rest: Tree,
}

/// The spec of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Spec {
    /// Spec of a `CronWorkflow`.
    Cron(Box<CronSpec>),
    /// Spec of any other kind.
    Workflow(Box<WorkflowSpec>),
}

impl Default for Spec {
    fn default() -> Self {
        Self::Workflow(Box::default())
    }
}

impl Manifest {
    /// The workflow in the spec, whatever the kind.
    pub fn workflow(&self) -> &WorkflowSpec {
        match &self.spec {
            Spec::Cron(cron) => &cron.workflow_spec,
            Spec::Workflow(workflow) => workflow,
        }
    }

    /// The workflow in the spec, for changes.
    pub fn workflow_mut(&mut self) -> &mut WorkflowSpec {
        match &mut self.spec {
            Spec::Cron(cron) => &mut cron.workflow_spec,
            Spec::Workflow(workflow) => workflow,
        }
    }
}

impl Field for Manifest {
    fn read(node: &Yaml, at: &FieldPath<'_>) -> Result<Self, Unreadable> {
        let mut made = Self::default();
        let is_cron = node.get("kind").and_then(Yaml::as_str) == Some("CronWorkflow");
        if is_cron {
            made.spec = Spec::Cron(Box::default());
        }
        for (key, value) in field::mapping(node, at)? {
            let name = key.name.as_str();
            let at = &at.key(name);
            match name {
                "apiVersion" => made.api_version = field::read_or_absent(value, at)?,
                "kind" => made.kind = field::read_or_absent(value, at)?,
                "metadata" => made.metadata = field::read_or_absent(value, at)?,
                "spec" if is_cron => made.spec = Spec::Cron(field::read_or_absent(value, at)?),
                "spec" => made.spec = Spec::Workflow(field::read_or_absent(value, at)?),
                other => {
                    made.rest.insert(other.to_owned(), value.to_json());
                }
            }
        }
        if !KINDS.contains(&made.kind.as_str()) {
            let kind = node.get("kind").unwrap_or(node);
            let reason = format!(
                "it is `{}`, but must be one of {}",
                made.kind,
                KINDS.join(", ")
            );
            return Err(at.key("kind").unreadable(kind, reason));
        }
        Ok(made)
    }

    fn is_absent(&self) -> bool {
        false
    }

    fn write(&self) -> Yaml {
        let mut entries = Vec::with_capacity(4);
        field::put(&mut entries, "apiVersion", &self.api_version);
        field::put(&mut entries, "kind", &self.kind);
        // Write `metadata` and `spec` even if they are empty.
        entries.push((field::key("metadata"), self.metadata.write()));
        let spec = match &self.spec {
            Spec::Cron(spec) => spec.write(),
            Spec::Workflow(spec) => spec.write(),
        };
        entries.push((field::key("spec"), spec));
        field::put_rest(&mut entries, &self.rest);
        field::node(Content::Mapping(entries))
    }
}

impl Serialize for Manifest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.write().serialize(serializer)
    }
}
