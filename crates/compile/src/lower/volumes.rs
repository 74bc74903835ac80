//! Volumes and their mounts.

use indexmap::IndexMap;
use plan::TaskSettings;
use project::config::{Memory, PodVolume, Structure, VolumeMount as ConfiguredMount};

use super::classes::Class;
use super::context::Context;
use argo::spec::{
    AnyString, ClaimResources, ClaimSpec, ClaimTemplate, Ephemeral, SecretVolume, Tree, Volume,
    VolumeMount,
};

const SCRATCH: &str = "scratch";

/// Mounts of the volumes of a task.
pub(super) fn mounts(
    class: &Class,
    task_settings: &TaskSettings,
    context: &Context<'_>,
) -> Vec<VolumeMount> {
    let scratch = class.machine.scratch.map(|_| VolumeMount {
        name: SCRATCH.to_owned(),
        mount_path: context.config.template.emph_storage_mount_path.clone(),
        ..VolumeMount::default()
    });
    let volumes = task_settings
        .values
        .volumes
        .iter()
        .map(|volume| VolumeMount {
            name: volume.name.clone(),
            mount_path: volume.mount_path.clone(),
            sub_path: volume.sub_path.clone(),
            read_only: volume.read_only,
            ..VolumeMount::default()
        });
    scratch.into_iter().chain(volumes).collect()
}

/// The volumes of a task.
pub(super) fn volumes(class: &Class, task_settings: &TaskSettings) -> Vec<Volume> {
    let scratch = class.machine.scratch.map(|size| Volume {
        name: SCRATCH.to_owned(),
        ephemeral: Some(claim(size, None, vec!["ReadWriteOnce".to_owned()])),
        ..Volume::default()
    });
    let volumes = task_settings.values.volumes.iter().map(volume);
    scratch.into_iter().chain(volumes).collect()
}

fn volume(configured: &PodVolume) -> Volume {
    Volume {
        name: configured.name.clone(),
        secret: configured
            .secret
            .clone()
            .map(|secret| SecretVolume::unchecked(secret.0)),
        config_map: tree(configured.config_map.as_ref()),
        persistent_volume_claim: tree(configured.persistent_volume_claim.as_ref()),
        empty_dir: tree(configured.empty_dir.as_ref()),
        ephemeral: configured.ephemeral.as_ref().map(|ephemeral| {
            let class = ephemeral.storage_class.clone();
            claim(ephemeral.size, class, ephemeral.access_modes.clone())
        }),
        ..Volume::unchecked(tree(configured.source.as_ref()).unwrap_or_default())
    }
}

fn tree(configured: Option<&Structure>) -> Option<Tree> {
    configured.map(|structure| structure.0.clone())
}

/// Says whether a volume contains secrets.
pub(super) fn is_secret(volume: &Volume) -> bool {
    let projected = &volume
        .rest
        .get("projected")
        .map(|source| &source["sources"]);
    let mut sources = projected
        .and_then(serde_json::Value::as_array)
        .into_iter()
        .flatten();
    volume.secret.is_some()
        || volume.rest.contains_key("secret")
        || sources.any(|source| source.get("secret").is_some())
}

fn claim(size: Memory, storage_class: Option<String>, access_modes: Vec<String>) -> Ephemeral {
    Ephemeral {
        volume_claim_template: ClaimTemplate {
            spec: ClaimSpec {
                access_modes,
                storage_class_name: storage_class,
                resources: ClaimResources {
                    requests: IndexMap::from([("storage".to_owned(), AnyString(size.to_string()))]),
                    ..ClaimResources::default()
                },
                ..ClaimSpec::default()
            },
            ..ClaimTemplate::default()
        },
        ..Ephemeral::default()
    }
}

/// A configured mount of a custom template.
pub(super) fn mount(mount: &ConfiguredMount) -> VolumeMount {
    VolumeMount {
        name: mount.name.clone(),
        mount_path: mount.mount_path.clone(),
        read_only: mount.read_only,
        ..VolumeMount::default()
    }
}
