use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A taint of Kubernetes nodes that the pod tolerates, written as in Kubernetes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Toleration {
    /// Key of the taint. Without a key, and with the operator `Exists`, the pod tolerates every taint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub key: Option<String>,
    /// `Equal`: the taint must have this `value`. `Exists`: it may have any value. Default: `Equal`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub operator: Option<String>,
    /// Value of the taint, for the operator `Equal`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub value: Option<String>,
    /// Effect of the taint: `NoSchedule`, `PreferNoSchedule` or `NoExecute`. Default: every effect.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub effect: Option<String>,
    /// Number of seconds for which the pod tolerates a taint with the effect `NoExecute`. Default: no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "i64")]
    pub toleration_seconds: Option<i64>,
}
