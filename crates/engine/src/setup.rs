//! Setup of a run: what it has beside its Workflow, and what of the Workflow does not run here.

use std::collections::BTreeMap;

use argo::spec::{EnvVarSource, Manifest};

use crate::Stub;
use crate::operate::Remembered;

/// Setup of a run: the objects that a cluster would have beside the Workflow, and what the user has chosen.
#[derive(Debug, Clone, Default)]
pub struct Setup {
    /// Documents that it may refer to: `WorkflowTemplate`s and `ClusterWorkflowTemplate`s.
    pub others: Vec<Manifest>,
    /// Texts of `ConfigMap`s: by their names, by keys.
    pub config_maps: BTreeMap<String, BTreeMap<String, String>>,
    /// Texts of secrets: by their names, by keys.
    pub secrets: BTreeMap<String, BTreeMap<String, String>>,
    /// Results that earlier runs have left: by caches, by keys.
    pub cache: BTreeMap<String, BTreeMap<String, Remembered>>,
    /// Tasks that run no process: their templates may be of any kind.
    pub stubs: Vec<Stub>,
    /// Set if pods that run Kedro nodes have their claims, as they are processes with files of their own: the others of
    /// their volumes they do not have on this machine.
    pub workers_have_claims: bool,
    /// Set to leave out what does not run here and takes nothing from a task, and say so.
    pub ignores_unsupported: bool,
}

/// Texts that pods take from outside of the manifest.
#[derive(Clone, Default)]
pub(crate) struct Texts {
    /// Texts of `ConfigMap`s: by their names, by keys.
    pub(crate) config_maps: BTreeMap<String, BTreeMap<String, String>>,
    /// Texts of secrets: by their names, by keys.
    pub(crate) secrets: BTreeMap<String, BTreeMap<String, String>>,
    /// Texts of variables for which neither has one, by the names of the variables.
    pub(crate) variables: BTreeMap<String, String>,
}

impl Texts {
    /// The text of a variable that comes from a secret, a `ConfigMap` or elsewhere.
    pub(crate) fn of_variable(&self, name: &str, from: &EnvVarSource) -> Option<&String> {
        let secret = from.secret_key_ref.as_ref();
        let secret = secret.and_then(|key| self.secrets.get(&key.name)?.get(&key.key));
        let config_map = from.config_map_key_ref.as_ref();
        let config_map = config_map.and_then(|key| self.config_maps.get(&key.name)?.get(&key.key));
        secret.or(config_map).or_else(|| self.variables.get(name))
    }
}

impl std::fmt::Debug for Texts {
    /// Secrets stay out.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Texts").finish_non_exhaustive()
    }
}

/// A field of the manifest that this engine does not run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsupported {
    /// Path in the manifest.
    pub field: String,
    /// Reason: something is not supported, or is missing to run the workflow.
    pub reason: String,
    /// Set if tasks lack nothing without it.
    pub is_harmless: bool,
}

/// Gives a field that tasks cannot do without.
pub(crate) fn unsupported(field: &str, reason: String) -> Unsupported {
    Unsupported {
        field: field.to_owned(),
        reason,
        is_harmless: false,
    }
}
