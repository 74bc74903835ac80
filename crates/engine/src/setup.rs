//! Setup of a run: its inputs beside the Workflow, and the unsupported parts of the Workflow.

use std::collections::BTreeMap;

use argo::spec::{EnvVarSource, Manifest};

use crate::Stub;
use crate::operate::Remembered;

/// Setup of a run: objects that a cluster would have beside the Workflow, and the choices of the user.
#[derive(Debug, Clone, Default)]
pub struct Setup {
    /// Documents to which the Workflow may refer: `WorkflowTemplate`s and `ClusterWorkflowTemplate`s.
    pub others: Vec<Manifest>,
    /// Texts of `ConfigMap`s, by name and key.
    pub config_maps: BTreeMap<String, BTreeMap<String, String>>,
    /// Texts of secrets, by name and key.
    pub secrets: BTreeMap<String, BTreeMap<String, String>>,
    /// Results of earlier runs, by cache and key.
    pub cache: BTreeMap<String, BTreeMap<String, Remembered>>,
    /// Tasks that run no process, so their templates may be of any kind.
    pub stubs: Vec<Stub>,
    /// Set if pods that run Kedro nodes are processes with files of their own, and so mount their claims. This machine
    /// does not have their other volumes.
    pub workers_have_claims: bool,
    /// Set to omit unsupported fields without which tasks lack nothing, with a note.
    pub ignores_unsupported: bool,
}

/// Texts from outside of the manifest, for pods.
#[derive(Clone, Default)]
pub(crate) struct Texts {
    /// Texts of `ConfigMap`s, by name and key.
    pub(crate) config_maps: BTreeMap<String, BTreeMap<String, String>>,
    /// Texts of secrets, by name and key.
    pub(crate) secrets: BTreeMap<String, BTreeMap<String, String>>,
    /// Texts of variables that neither map has, by the name of the variable.
    pub(crate) variables: BTreeMap<String, String>,
}

impl Texts {
    /// Text of a variable from a secret, a `ConfigMap` or another source.
    pub(crate) fn of_variable(&self, name: &str, from: &EnvVarSource) -> Option<&String> {
        let secret = from.secret_key_ref.as_ref();
        let secret = secret.and_then(|key| self.secrets.get(&key.name)?.get(&key.key));
        let config_map = from.config_map_key_ref.as_ref();
        let config_map = config_map.and_then(|key| self.config_maps.get(&key.name)?.get(&key.key));
        secret.or(config_map).or_else(|| self.variables.get(name))
    }
}

impl std::fmt::Debug for Texts {
    /// Omits the secrets.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Texts").finish_non_exhaustive()
    }
}

/// Field of the manifest that this engine does not support.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsupported {
    /// Path in the manifest.
    pub field: String,
    /// Reason: a lack of support, or a missing input.
    pub reason: String,
    /// Set if tasks lack nothing without the field.
    pub is_harmless: bool,
}

/// Creates an unsupported field that tasks need.
pub(crate) fn unsupported(field: &str, reason: String) -> Unsupported {
    Unsupported {
        field: field.to_owned(),
        reason,
        is_harmless: false,
    }
}
