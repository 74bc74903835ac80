//! Argo's documents as types, as Argo's own Go types read them
//! (`pkg/apis/workflow/v1alpha1/workflow_types.go` of Argo Workflows 4.1.2).
//!
//! The order of the fields is that in which they are written. Fields without a type stay in the tree: `rest`. A field
//! that is absent, `null` or empty is one thing, as in Go; where Go tells them apart the type is an `Option`.
//!
//! There is one way in and one way out: [`Field::read`] and [`Field::write`], from and to the tree that [`crate::write`]
//! makes YAML of.

mod any_string;
mod artifact;
mod container;
mod cron;
mod environment;
mod field;
mod item;
mod metadata;
mod parameters;
mod record;
mod resources;
mod retry;
mod script;
mod task;
mod template;
mod volumes;
mod workflow;

use diagnostic::yaml::{Value as Node, Yaml};
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

pub use any_string::{AnyString, IntOrString};
pub use artifact::Artifact;
pub use container::{
    Container, ContainerNode, ContainerSet, ContainerSetRetryStrategy, LocalObjectReference,
};
pub use cron::{CronSpec, StopStrategy};
pub use environment::{
    ConfigMapKeySelector, EnvFromSource, EnvVar, EnvVarSource, ObjectFieldSelector, OptionalName,
    SecretKeySelector,
};
pub use field::{At, Field, Unreadable};
pub use item::Item;
pub use metadata::{LabelValueFrom, Metadata, TemplateMetadata, WorkflowMetadata};
pub use parameters::{Arguments, Inputs, Outputs, Parameter, ValueFrom};
pub use resources::Resources;
pub use retry::{Backoff, RetryStrategy};
pub use script::Script;
pub use task::{
    ContinueOn, Dag, LifecycleHook, ParallelSteps, Sequence, Task, TemplateRef, WorkflowTemplateRef,
};
pub use template::{Cache, Memoize, Metrics, Suspend, Synchronization, Template};
pub use volumes::{
    ClaimResources, ClaimSpec, ClaimTemplate, Ephemeral, KeyToPath, SecretVolume, Toleration,
    Volume, VolumeMount,
};
pub use workflow::{PodGc, TtlStrategy, WorkflowSpec};

/// Group and version of every kind.
pub const API_VERSION: &str = "argoproj.io/v1alpha1";

/// A mapping that has no type here, such as Kubernetes's `affinity`.
pub type Tree = Map<String, Value>;

/// Kinds of the documents that have a spec of a workflow.
const KINDS: [&str; 4] = [
    "Workflow",
    "WorkflowTemplate",
    "ClusterWorkflowTemplate",
    "CronWorkflow",
];

/// A whole document.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Manifest {
    /// Always [`API_VERSION`].
    pub api_version: String,
    /// `Workflow`, `WorkflowTemplate`, `ClusterWorkflowTemplate` or `CronWorkflow`.
    pub kind: String,
    /// Name, labels and annotations.
    pub metadata: Metadata,
    /// What runs, or what runs and when.
    pub spec: Spec,
    /// Other fields, such as `status`.
    pub rest: Tree,
}

/// The spec of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Spec {
    /// Of a `CronWorkflow`.
    Cron(Box<CronSpec>),
    /// Of any other kind.
    Workflow(Box<WorkflowSpec>),
}

impl Default for Spec {
    fn default() -> Self {
        Self::Workflow(Box::default())
    }
}

impl Manifest {
    /// The workflow inside, whatever the kind.
    pub fn workflow(&self) -> &WorkflowSpec {
        match &self.spec {
            Spec::Cron(cron) => &cron.workflow_spec,
            Spec::Workflow(workflow) => workflow,
        }
    }

    /// The workflow inside, to be changed.
    pub fn workflow_mut(&mut self) -> &mut WorkflowSpec {
        match &mut self.spec {
            Spec::Cron(cron) => &mut cron.workflow_spec,
            Spec::Workflow(workflow) => workflow,
        }
    }
}

impl Field for Manifest {
    fn read(node: &Yaml, at: &At<'_>) -> Result<Self, Unreadable> {
        let mut made = Self::default();
        let is_cron = node.get("kind").and_then(Yaml::as_str) == Some("CronWorkflow");
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
        // Both are written even where they are empty.
        entries.push((field::key("metadata"), self.metadata.write()));
        let spec = match &self.spec {
            Spec::Cron(spec) => spec.write(),
            Spec::Workflow(spec) => spec.write(),
        };
        entries.push((field::key("spec"), spec));
        field::put_rest(&mut entries, &self.rest);
        field::node(Node::Mapping(entries))
    }
}

impl Serialize for Manifest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.write().serialize(serializer)
    }
}

/// Reads a document or a part of one from its tree.
///
/// # Errors
///
/// Returns the field that Argo cannot read.
pub fn read<T: Field>(tree: &Yaml) -> Result<T, Unreadable> {
    T::read(tree, &At::DOCUMENT)
}

/// A text that is no document which Argo can read.
#[derive(Debug, thiserror::Error)]
pub enum NotADocument {
    /// The text is not YAML.
    #[error("the manifest is not YAML: {0}")]
    NotYaml(String),
    /// The text begins as JSON and is none.
    #[error("the manifest is not JSON: {0}")]
    NotJson(String),
    /// The text has no document, or several.
    #[error("the manifest has {0} documents, and must have one")]
    NotOne(usize),
    /// Argo cannot read a field.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
}

/// Reads a document that is YAML.
///
/// # Errors
///
/// Returns what is wrong with the text, or the field that Argo cannot read.
pub fn from_yaml(text: &str) -> Result<Manifest, NotADocument> {
    let documents = diagnostic::yaml::parse("manifest", text)
        .map_err(|diagnostic| NotADocument::NotYaml(diagnostic.message))?;
    match documents.as_slice() {
        [document] => Ok(read(document)?),
        all => Err(NotADocument::NotOne(all.len())),
    }
}

/// Reads a document that is JSON or YAML.
///
/// # Errors
///
/// Returns what is wrong with the text, or the field that Argo cannot read.
pub fn from_text(text: &str) -> Result<Manifest, NotADocument> {
    if !text.starts_with('{') {
        return from_yaml(text);
    }
    let value: Value =
        serde_json::from_str(text).map_err(|error| NotADocument::NotJson(error.to_string()))?;
    Ok(from_json(&value)?)
}

/// Reads a document or a part of one that is JSON.
///
/// # Errors
///
/// Returns the field that Argo cannot read.
pub fn from_json<T: Field>(value: &Value) -> Result<T, Unreadable> {
    read(&Yaml::from(value.clone()))
}

/// A document or a part of one as JSON.
pub fn to_json(part: &impl Field) -> Value {
    part.write().to_json()
}
