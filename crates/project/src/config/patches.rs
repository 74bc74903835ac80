use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Structure;

/// Changes to the manifest, laid over it as Kubernetes' strategic merge does: mappings
/// merge, lists of named things merge by name, other lists are replaced, `null` deletes,
/// and so does `$patch: delete` in a named thing. The result is checked like the rest.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Patches {
    /// Laid over the `spec` of the workflow.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Structure")]
    pub workflow: Option<Structure>,
    /// Laid over the `spec` of every pod, by Argo itself (`podSpecPatch`).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Structure")]
    pub pods: Option<Structure>,
    /// Laid over the templates of the nodes that a selector picks, as in `nodes`; or over
    /// the one template called NAME: `template:NAME`.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub templates: IndexMap<String, Structure>,
}

impl Patches {
    /// What a key of `templates` starts with that names a template and picks no nodes.
    pub const TEMPLATE: &'static str = "template:";
}
