//! Choices of the command line for a manifest.

use indexmap::IndexMap;

use super::cron::Cron;
use crate::from_run::FromRun;

/// Kind of a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ManifestKind {
    /// One run.
    Workflow,
    /// Templates for later runs, from Argo's UI or another workflow.
    WorkflowTemplate,
    /// Runs on a schedule.
    CronWorkflow(Box<Cron>),
}

/// Choices of the command line that argo.yml does not contain.
#[derive(Debug, Clone)]
pub struct Options {
    /// Kind of the manifest.
    pub kind: ManifestKind,
    /// Name of the workflow; generated from the project and pipeline if none.
    pub name: Option<String>,
    /// Image to use instead of the configured one, with its tag or digest.
    pub image: Option<String>,
    /// Namespace to use instead of the configured one.
    pub namespace: Option<String>,
    /// Annotations of the object itself, besides those of every object.
    pub annotations: IndexMap<String, String>,
    /// Places where the run finds the data of an earlier one; none for a run that takes nothing over.
    pub from_run: Option<FromRun>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            kind: ManifestKind::Workflow,
            name: None,
            image: None,
            namespace: None,
            annotations: IndexMap::new(),
            from_run: None,
        }
    }
}
