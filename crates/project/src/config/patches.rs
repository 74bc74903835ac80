use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::structure::Structure;

/// Changes to the compiled manifest. A patch works as Kubernetes' strategic merge: mappings merge, lists of named
/// things merge by name, and other lists are replaced. `null` deletes a field, and `$patch: delete` deletes a named
/// thing. The result is checked like any other manifest.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Patches {
    /// Patch of the workflow's `spec`. Example: `{podDisruptionBudget: {minAvailable: 1}}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Structure")]
    pub workflow: Option<Structure>,
    /// Patch of the `spec` of every pod. Argo applies it (`podSpecPatch`). Example: `{dnsPolicy: ClusterFirst}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Structure")]
    pub pods: Option<Structure>,
    /// Patches of templates, by selector. A selector picks the templates of the same nodes as in `nodes`.
    /// `template:NAME` picks the one template of this name.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub templates: IndexMap<String, Structure>,
}

impl Patches {
    /// Prefix of a key in `templates` that names a template instead of nodes.
    pub const TEMPLATE: &'static str = "template:";
}
