//! Volumes that several pods see: data on one of them may cross tasks.

use std::path::Path;

use plan::{Plan, Task};
use project::config::{ArgoConfig, PodVolume};
use serde_json::Value;

/// Where in the containers of a task volumes are that other pods see as well.
pub(crate) fn mounts(task: &Task, plan: &Plan, config: &ArgoConfig) -> Vec<String> {
    let said = plan.settings_of(task).map(|said| &said.values.volumes);
    let volumes = said.into_iter().flatten();
    let mut mounts: Vec<String> = volumes
        .filter(|volume| is_shared(volume))
        .map(|volume| volume.mount_path.clone())
        .collect();
    // Which volume a patch mounts where, only the patched manifest tells: it gets the benefit of the doubt.
    let patches = &config.patches;
    let all = patches.workflow.iter().chain(&patches.pods);
    for patch in all.chain(patches.templates.values()) {
        patch
            .0
            .values()
            .for_each(|value| mounted(value, &mut mounts));
    }
    mounts
}

/// Whether a path is on one of these mounts.
pub(crate) fn holds(mounts: &[String], path: &str) -> bool {
    let path = Path::new(path.strip_prefix("file://").unwrap_or(path));
    mounts.iter().any(|mount| path.starts_with(mount))
}

fn is_shared(volume: &PodVolume) -> bool {
    volume.persistent_volume_claim.is_some() || volume.source.is_some()
}

fn mounted(value: &Value, mounts: &mut Vec<String>) {
    match value {
        Value::Object(entries) => {
            if let Some(path) = entries.get("mountPath").and_then(Value::as_str) {
                mounts.push(path.to_owned());
            }
            entries.values().for_each(|inner| mounted(inner, mounts));
        }
        Value::Array(items) => items.iter().for_each(|item| mounted(item, mounts)),
        _ => {}
    }
}
