//! `MLflow`: `argo.yml` asks for it, but the tasks lack it. They then run without `MLflow`, and report nothing.

use diagnostic::Diagnostic;
use project::Snapshot;
use project::config::ArgoConfig;
use project::snapshot::{MlflowStore, MlflowUse};

use crate::rule;

/// Finds settings that ask for `MLflow` on this machine if it is not installed.
pub(crate) fn check(snapshot: &Snapshot, config: &ArgoConfig) -> Option<Diagnostic> {
    if !is_asked_for(snapshot, config) || snapshot.has_mlflow != Some(false) {
        return None;
    }
    let finding = missing(config, "this environment does not have it");
    Some(finding.help(
        "install it on this machine: pip install kedro-mlflow; to run without MLflow, remove `mlflow` from argo.yml",
    ))
}

/// Says whether `argo.yml` itself asks for one `MLflow` run.
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

/// Finds a missing server for a run on this machine, if only argo.yml asks for `MLflow`. A project that uses `MLflow`
/// by itself records here without a server.
pub(crate) fn server_here(snapshot: &Snapshot, config: &ArgoConfig) -> Option<Diagnostic> {
    let used = snapshot.mlflow.filter(|used| !used.is_joined)?;
    if used.has_address || !is_asked_for(snapshot, config) || is_named_in(snapshot) {
        return None;
    }
    Some(not_recorded(config).help(
        "set MLFLOW_TRACKING_URI in the shell or in `template.environment` of argo.yml, or install kedro-mlflow, which \
         needs no server on this machine; to run without MLflow, remove `mlflow` from argo.yml",
    ))
}

/// Finds a missing server for pods. `is_in_image` says whether the image names one.
pub(crate) fn server_of_pods(
    snapshot: &Snapshot,
    config: &ArgoConfig,
    is_in_image: bool,
) -> Option<Diagnostic> {
    let MlflowUse {
        is_joined, store, ..
    } = snapshot.mlflow?;
    let is_named = is_in_image || is_named_in(snapshot);
    let but = match store {
        _ if !config.mlflow.enabled => return None,
        MlflowStore::Server => return None,
        // `mlflow.yml` has precedence over the variable.
        MlflowStore::Folder => "mlflow.yml names a folder",
        MlflowStore::None if is_named => return None,
        MlflowStore::None => "nothing names a tracking server",
    };
    let finding = if is_joined {
        let lost = format!(
            "tasks record runs in MLflow, but {but}: what they log is lost with their pods"
        );
        rule::MLFLOW_WITHOUT_SERVER.diagnostic(lost)
    } else {
        not_recorded(config)
    };
    Some(finding.help(
        "name the server in `template.environment` of argo.yml (MLFLOW_TRACKING_URI) or, with kedro-mlflow, in \
         mlflow.yml; to leave MLflow alone, write `mlflow: {enabled: false}` into argo.yml",
    ))
}

fn not_recorded(config: &ArgoConfig) -> Diagnostic {
    rule::MLFLOW_WITHOUT_SERVER
        .diagnostic(
            "`mlflow` in argo.yml asks for MLflow, but nothing names a tracking server: no run is recorded in MLflow",
        )
        .at(config.places.of(&["mlflow"]))
}

/// Says whether argo.yml may give containers the address: by its name, or with all keys of a secret or a config map.
fn is_named_in(snapshot: &Snapshot) -> bool {
    let text = snapshot.argo.as_ref().map(ToString::to_string);
    // An output parameter of an init template becomes a variable with an upper-case name.
    let text = text.unwrap_or_default().to_ascii_uppercase();
    ["MLFLOW_TRACKING_URI", "ENV_FROM", "ENVFROM"]
        .iter()
        .any(|name| text.contains(name))
}
