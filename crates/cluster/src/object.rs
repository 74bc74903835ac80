//! Argo's objects, with the fields that this crate reads.

use std::borrow::Cow;

use argo::status::WorkflowStatus;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::{Deserialize, Serialize};

pub(crate) const GROUP: &str = "argoproj.io";
pub(crate) const VERSION: &str = "v1alpha1";

/// Kind of object that this crate handles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Object {
    /// A single run.
    Workflow,
    /// A definition to run on request.
    WorkflowTemplate,
    /// A definition to run on a schedule.
    CronWorkflow,
}

impl Object {
    /// Kind, as in manifests.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Workflow => "Workflow",
            Self::WorkflowTemplate => "WorkflowTemplate",
            Self::CronWorkflow => "CronWorkflow",
        }
    }

    /// Plural with its group, as in permissions.
    pub fn resource(self) -> &'static str {
        match self {
            Self::Workflow => "workflows.argoproj.io",
            Self::WorkflowTemplate => "workflowtemplates.argoproj.io",
            Self::CronWorkflow => "cronworkflows.argoproj.io",
        }
    }

    /// Plural without its group.
    pub(crate) fn plural(self) -> &'static str {
        match self {
            Self::Workflow => "workflows",
            Self::WorkflowTemplate => "workflowtemplates",
            Self::CronWorkflow => "cronworkflows",
        }
    }

    /// Object for the kind of a manifest.
    pub fn of_kind(kind: &str) -> Option<Self> {
        [Self::Workflow, Self::WorkflowTemplate, Self::CronWorkflow]
            .into_iter()
            .find(|object| object.kind() == kind)
    }
}

/// A Workflow as a watch reads it: identity and progress, without most of its spec, which is the larger half.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Workflow {
    pub(crate) metadata: ObjectMeta,
    #[serde(default)]
    pub(crate) spec: Seen,
    #[serde(default)]
    pub(crate) status: WorkflowStatus,
}

/// Part of a spec that is read.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Seen {
    #[serde(default)]
    pub(crate) suspend: Option<bool>,
}

impl kube::Resource for Workflow {
    type DynamicType = ();
    type Scope = kube::core::NamespaceResourceScope;

    fn kind((): &()) -> Cow<'_, str> {
        Object::Workflow.kind().into()
    }

    fn group((): &()) -> Cow<'_, str> {
        GROUP.into()
    }

    fn version((): &()) -> Cow<'_, str> {
        VERSION.into()
    }

    fn plural((): &()) -> Cow<'_, str> {
        Object::Workflow.plural().into()
    }

    fn meta(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn meta_mut(&mut self) -> &mut ObjectMeta {
        &mut self.metadata
    }
}
