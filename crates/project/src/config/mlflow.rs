use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Settings for a workflow as one `MLflow` run. It is one without a word here, if the tasks have `kedro-mlflow`, or
/// `MLflow` and the variable `MLFLOW_TRACKING_URI`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Mlflow {
    /// Says whether a workflow is one `MLflow` run. With `false`, argo-kedro leaves `MLflow` alone, and `kedro-mlflow`
    /// starts a run in each task. Default: `true`.
    pub enabled: bool,
    /// Name of the `MLflow` run. `tracking.run.name` of `mlflow.yml` wins over it. Default: the name of the workflow.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub run_name: Option<String>,
}

impl Default for Mlflow {
    fn default() -> Self {
        Self {
            enabled: true,
            run_name: None,
        }
    }
}
