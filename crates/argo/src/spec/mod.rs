//! Argo's documents as types, read as Argo's Go types are (`pkg/apis/workflow/v1alpha1/workflow_types.go` of Argo
//! Workflows 4.1.2).
//!
//! The order of the fields is the order of output. Fields without a type stay in the tree `rest`. An absent, `null` or
//! empty field is the same, as in Go; where Go distinguishes them, the type is an `Option`.
//!
//! [`Field::read`] is the only way in, and [`Field::write`] the only way out: from and to the tree that
//! [`crate::write`] turns into YAML.

mod any_string;
mod artifact;
mod container;
mod continue_on;
mod cron;
mod environment;
mod field;
mod hook;
mod item;
mod json;
mod manifest;
mod metadata;
mod parameters;
mod record;
mod resources;
mod retry;
mod script;
mod sequence;
mod template;
mod template_ref;
mod text;
mod volumes;
mod workflow;

pub use any_string::{AnyString, IntOrString};
pub use artifact::Artifact;
pub use container::{
    Container, ContainerNode, ContainerSet, ContainerSetRetryStrategy, LocalObjectReference,
};
pub use continue_on::ContinueOn;
pub use cron::{CronSpec, StopStrategy};
pub use environment::{
    ConfigMapKeySelector, EnvFromSource, EnvVar, EnvVarSource, ObjectFieldSelector, OptionalName,
    SecretKeySelector,
};
pub use field::{Field, FieldPath, Tree, Unreadable};
pub use hook::LifecycleHook;
pub use item::Item;
pub use json::{from_json, read, to_json};
pub use manifest::{API_VERSION, Manifest, Spec};
pub use metadata::{LabelValueFrom, Metadata, TemplateMetadata, WorkflowMetadata};
pub use parameters::{Arguments, Inputs, Outputs, Parameter, ValueFrom};
pub use resources::Resources;
pub use retry::{Backoff, RetryStrategy};
pub use script::Script;
pub use sequence::Sequence;
pub use template::{
    Cache, Dag, Memoize, Metrics, ParallelSteps, Suspend, Synchronization, Task, Template,
};
pub use template_ref::{TemplateRef, WorkflowTemplateRef};
pub use text::{NotADocument, from_text, from_yaml};
pub use volumes::{
    ClaimResources, ClaimSpec, ClaimTemplate, Ephemeral, KeyToPath, SecretVolume, Toleration,
    Volume, VolumeMount,
};
pub use workflow::{PodGc, TtlStrategy, WorkflowSpec};
