//! The paths that a template declares.

use std::path::{Path, PathBuf};

use argo::spec::{Template, Volume};

use super::executor::SCRIPT;
use super::volumes::is_claim;
use crate::containers::{are_several, of_template};
use crate::own_command::runs_worker;

/// The paths of a template that belong to its pod alone. A container that runs Kedro nodes uses this machine's files,
/// so only its global outputs count.
pub(super) fn paths(template: &Template, runs_worker: bool) -> impl Iterator<Item = &str> {
    let outputs = template.outputs.parameters.iter();
    let outputs = outputs.filter(move |output| !runs_worker || output.global_name.is_some());
    let outputs = outputs.filter_map(|output| Some(output.value_from.as_ref()?.path.as_str()));
    let artifacts = template
        .inputs
        .artifacts
        .iter()
        .chain(&template.outputs.artifacts);
    let artifacts = artifacts.filter(move |_| !runs_worker);
    let script = template.script.iter().map(|_| SCRIPT);
    let artifacts = artifacts.map(|artifact| artifact.path.as_str());
    outputs
        .chain(artifacts)
        .chain(script)
        .filter(|path| !path.is_empty())
}

/// The paths of a template that its pod shares with other pods: such pods do not run at the same time.
///
/// # Arguments
///
/// * `kept`: Folders that every pod shares with this machine.
/// * `can_mount`: Whether the pod can have files of its own.
pub(crate) fn shared_paths(
    template: &Template,
    runs_worker: bool,
    kept: &[PathBuf],
    can_mount: bool,
) -> Vec<String> {
    let containers = if runs_worker {
        Vec::new()
    } else {
        of_template(template)
    };
    let mounts = containers
        .iter()
        .flat_map(|known| &known.container.volume_mounts);
    let mounts = mounts.map(|mount| mount.mount_path.as_str());
    // No other program knows the path of the script, so pods can share it.
    let paths = paths(template, runs_worker).filter(|path| *path != SCRIPT);
    let is_shared = |path: &&str| {
        let path = Path::new(path);
        let is_kept = |kept: &PathBuf| path.starts_with(kept) || kept.starts_with(path);
        !can_mount || runs_worker || (path != Path::new("/tmp") && kept.iter().any(is_kept))
    };
    let shared = paths.chain(mounts).filter(is_shared);
    shared.map(str::to_owned).collect()
}

/// Tells whether the pod of a template has files of its own.
///
/// # Arguments
///
/// * `volumes`: Volumes of the Workflow.
/// * `workers_have_claims`: Whether pods that run Kedro nodes mount their claims.
pub(crate) fn declares_files(
    template: &Template,
    volumes: &[Volume],
    workers_have_claims: bool,
) -> bool {
    are_several(template)
        || of_template(template).iter().any(|known| {
            let container = &known.container;
            let runs_worker = runs_worker(container);
            let is_there = Path::new(&container.working_dir).exists();
            let needs_folder = !container.working_dir.is_empty() && !is_there;
            let mounts = &container.volume_mounts;
            let needs_more = if runs_worker {
                workers_have_claims
                    && mounts
                        .iter()
                        .any(|mount| is_claim(mount, template, volumes))
            } else {
                needs_folder || !mounts.is_empty()
            };
            needs_more || paths(template, runs_worker).next().is_some()
        })
}
