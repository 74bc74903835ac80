//! `MLflow`: `argo.yml` asks for it, and the tasks do not have it. They then run as without it, and say nothing.

use diagnostic::Diagnostic;
use project::Snapshot;
use project::config::ArgoConfig;

use crate::rule;

/// Looks at settings that ask for `MLflow` on this machine, where it is not installed.
pub(crate) fn check(snapshot: &Snapshot, config: &ArgoConfig) -> Option<Diagnostic> {
    if !is_asked_for(snapshot, config) || snapshot.has_mlflow != Some(false) {
        return None;
    }
    let finding = missing(config, "this environment does not have it");
    Some(finding.help(
        "install it on this machine: pip install kedro-mlflow; to run without MLflow, remove `mlflow` from argo.yml",
    ))
}

/// Says whether `argo.yml` itself asks for one run of `MLflow`.
pub(crate) fn is_asked_for(snapshot: &Snapshot, config: &ArgoConfig) -> bool {
    let written = snapshot.argo.as_ref().and_then(|argo| argo.get("mlflow"));
    let says_something = written.is_some_and(|it| it.as_object().is_some_and(|it| !it.is_empty()));
    says_something && config.mlflow.enabled
}

/// The finding; `why` follows "but".
pub(crate) fn missing(config: &ArgoConfig, why: &str) -> Diagnostic {
    rule::MISSING_MLFLOW
        .diagnostic(format!(
            "`mlflow` in argo.yml asks for MLflow, but {why}: no run is recorded in MLflow"
        ))
        .at(config.places.of(&["mlflow"]))
}
