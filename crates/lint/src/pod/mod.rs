//! Rules for pods of a cluster: which files they find, and where the files that they write go.
//!
//! A pod has the image, its mounts, and Argo's artifacts. All other data that its tasks read must have a URL, and so
//! must all data that outlives the pod.

mod copied;
mod files;
mod image;
mod inputs;
mod installing_commands;
mod installs;
mod known_packages;
mod locate;
mod makes;
mod mlflow;
mod outputs;
mod packages;
mod paths;
mod placeholders;
mod places;
mod pods;
mod programs;
mod requirements;
mod storage;

use std::collections::BTreeMap;

use diagnostic::Diagnostic;
use diagnostic::yaml::Yaml;
use plan::Plan;
use project::Snapshot;
use project::config::ArgoConfig;

use crate::dockerfile::Dockerfile;
pub use image::{Image, PathInImage};
pub use inputs::{has_remote_inputs, local_inputs};
pub use installing_commands::installed;
pub use installs::Installed;
pub use makes::may_make_folder as makes_folder;
pub use placeholders::{of_image, placeholder};
use pods::Pods;
pub use storage::installs_package;

/// The line of a Dockerfile that copies a path of the project to its place.
pub fn copy_line(image: &Image<'_>, path: &str) -> String {
    copied::line(image, path)
}

/// Says whether only the build context can supply files of the project: neither the base image nor a command of the
/// build does.
pub fn is_all_known(dockerfile: &Dockerfile) -> bool {
    makes::base_is_plain(dockerfile) && !makes::may_fetch(dockerfile)
}

/// Finds missing libraries of stores in this environment, for a run on this machine.
pub fn libraries_here(snapshot: &Snapshot, config: &ArgoConfig, plan: &Plan) -> Vec<Diagnostic> {
    let mut parts = vec![(snapshot, plan)];
    parts.extend(snapshot.on_exit.as_deref().zip(plan.on_exit.as_deref()));
    storage::check(&Pods {
        config,
        parts,
        places: BTreeMap::new(),
        environments: &[],
        image: None,
        runs_here: true,
    })
}

/// Applies the rules for pods to a project. `manifest` is the compiled plan; `environments` are the other environments
/// of the configuration, for advice; `image` is set if the image is built from the project.
pub fn check(
    snapshot: &Snapshot,
    config: &ArgoConfig,
    plan: &Plan,
    manifest: &Yaml,
    environments: &[String],
    image: Option<&Image<'_>>,
) -> Vec<Diagnostic> {
    let places = places::of_tasks(manifest);
    let mut parts = vec![(snapshot, plan)];
    parts.extend(snapshot.on_exit.as_deref().zip(plan.on_exit.as_deref()));
    let pods = Pods {
        config,
        parts,
        places,
        environments,
        image,
        runs_here: false,
    };
    let mut findings = inputs::check(&pods);
    findings.extend(outputs::check(&pods));
    findings.extend(storage::check(&pods));
    findings.extend(mlflow::check(&pods));
    findings.extend(mlflow::check_server(&pods));
    findings.extend(placeholders::check(&pods));
    if let Some(image) = image {
        findings.extend(files::check(&pods, image));
        findings.extend(packages::check(&pods, image));
    }
    findings
}
