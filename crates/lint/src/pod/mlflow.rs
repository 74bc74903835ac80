//! `MLflow` in the image of the pods.

use diagnostic::Diagnostic;

use super::installs::Installs;
use super::packages::names;
use super::pods::Pods;
use crate::mlflow::{is_asked_for, missing, server_of_pods};

/// Packages that contain `MLflow` or depend on it.
const MLFLOW_PACKAGES: [&str; 4] = ["mlflow", "mlflow-skinny", "mlflow-tracing", "kedro-mlflow"];

/// Finds settings that ask for `MLflow` in pods whose image lacks it.
pub(super) fn check(pods: &Pods<'_>) -> Option<Diagnostic> {
    let (snapshot, _) = pods.parts.first()?;
    if !is_asked_for(snapshot, pods.config) {
        return None;
    }
    let is_here = snapshot.has_mlflow.unwrap_or(true);
    let installs = pods.image.map(|image| (image, Installs::of(image)));
    let brings = |line: &str| MLFLOW_PACKAGES.iter().any(|package| names(line, package));
    let why = match &installs {
        Some((_, installs)) if installs.name(&brings) => return None,
        Some((_, installs)) if !installs.is_open && !is_here => {
            "neither this environment nor the image has it".to_owned()
        }
        Some((image, installs)) if !installs.is_open => installs.lacks_it(image),
        // The packages of the image are unknown.
        _ if !is_here => "this environment does not have it".to_owned(),
        _ => return None,
    };
    let image = installs.as_ref().map_or_else(
        || "the requirements of the image".to_owned(),
        |(_, installs)| installs.where_to_name_it(),
    );
    let here = if is_here {
        ""
    } else {
        ", and install it on this machine: pip install kedro-mlflow"
    };
    Some(missing(pods.config, &why).help(format!(
        "add `kedro-mlflow` or `mlflow` to {image}{here}; to run without MLflow, remove `mlflow` from argo.yml"
    )))
}

/// Finds a missing server for the runs that pods record.
pub(super) fn check_server(pods: &Pods<'_>) -> Option<Diagnostic> {
    let (snapshot, _) = pods.parts.first()?;
    let variables = pods.image.map(|image| &image.dockerfile.environment);
    let is_in_image = variables.is_some_and(|found| found.contains_key("MLFLOW_TRACKING_URI"));
    server_of_pods(snapshot, pods.config, is_in_image)
}
