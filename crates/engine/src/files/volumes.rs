//! The volumes of a pod: empty folders, `ConfigMap`s, secrets, claims, and folders of this machine.

use std::collections::BTreeMap;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::{Component, Path, PathBuf};

use argo::spec::{Template, Tree, Volume, VolumeMount, to_json};
use pod::own_files::Declared;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::no_files::NoFiles;
use super::sources::Sources;

/// Field of a volume that is a folder of the machine.
const HOST_PATH: &str = "hostPath";

/// Default mode of a file of a `ConfigMap` or secret (`v1.ConfigMapVolumeSourceDefaultMode` of Kubernetes).
const MODE: u64 = 0o644;

/// The volumes that a container mounts, each as a folder of the pod. Omits volumes that this machine cannot make: the
/// checks before the run refuse them ([`crate::not_here`]).
///
/// # Arguments
///
/// * `folder`: Folder for the files of this attempt alone.
pub(super) fn mounted(
    template: &Template,
    mounts: &[VolumeMount],
    folder: &Path,
    sources: Sources<'_>,
) -> Result<Vec<Declared>, NoFiles> {
    let mut declared = Vec::with_capacity(mounts.len());
    for mount in mounts {
        let mut volumes = template.volumes.iter().chain(sources.volumes);
        let of_name = volumes.find(|volume| volume.name == mount.name);
        let Some((mut from, is_writable)) = make(of_name, mount, folder, sources)? else {
            continue;
        };
        if let Some(path) = mount.sub_path.as_deref().filter(|path| !path.is_empty()) {
            from = inside(&from, path).ok_or_else(|| {
                let name = &mount.name;
                NoFiles::Other(format!(
                    "the `subPath` {path} leads out of the volume `{name}`"
                ))
            })?;
            if !from.exists() {
                fs_err::create_dir_all(&from)?;
            }
        }
        declared.push(Declared::Mount {
            path: PathBuf::from(&mount.mount_path),
            from,
            read_only: mount.read_only || !is_writable,
        });
    }
    Ok(declared)
}

/// Says whether a mount is a claim: one that a volume names, or one from the Workflow's `volumeClaimTemplates`.
///
/// # Arguments
///
/// * `volumes`: Volumes of the Workflow; those of the template override them.
pub(crate) fn is_claim(mount: &VolumeMount, template: &Template, volumes: &[Volume]) -> bool {
    let mut all = template.volumes.iter().chain(volumes);
    let volume = all.find(|volume| volume.name == mount.name);
    volume.is_none_or(|volume| volume.persistent_volume_claim.is_some())
}

/// A claim that a pod mounts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MountedClaim {
    /// Name of the claim.
    pub name: String,
    /// Path in the container.
    pub path: PathBuf,
    /// Mounted folder of the claim, relative to the claim; empty for the whole claim.
    pub sub_path: PathBuf,
}

/// Claim of a mount; none for other volumes, and for one from the Workflow's `volumeClaimTemplates`.
///
/// # Arguments
///
/// * `volumes`: Volumes of the Workflow; those of the template override them.
pub(crate) fn mounted_claim(
    mount: &VolumeMount,
    template: &Template,
    volumes: &[Volume],
) -> Option<MountedClaim> {
    let mut all = template.volumes.iter().chain(volumes);
    let volume = all.find(|volume| volume.name == mount.name)?;
    let claim = volume.persistent_volume_claim.as_ref()?;
    Some(MountedClaim {
        name: claim_name(claim, volume).to_owned(),
        path: PathBuf::from(&mount.mount_path),
        sub_path: mount
            .sub_path
            .as_deref()
            .map(PathBuf::from)
            .unwrap_or_default(),
    })
}

fn claim_name<'a>(claim: &'a Tree, volume: &'a Volume) -> &'a str {
    let name = claim.get("claimName").and_then(Value::as_str);
    name.unwrap_or(&volume.name)
}

/// Makes a volume, if this machine supports its kind.
///
/// # Arguments
///
/// * `volume`: None for a claim of the Workflow's `volumeClaimTemplates`.
///
/// # Returns
///
/// The folder of the volume, and whether it is writable.
fn make(
    volume: Option<&Volume>,
    mount: &VolumeMount,
    folder: &Path,
    sources: Sources<'_>,
) -> Result<Option<(PathBuf, bool)>, NoFiles> {
    // `inside` refuses a claim name that leads out of the folder.
    let claimed = |name: &str| inside(sources.claims, name);
    let Some(volume) = volume else {
        let at = claimed(&mount.name).ok_or_else(|| no_name(&mount.name))?;
        fs_err::create_dir_all(&at)?;
        return Ok(Some((at, true)));
    };
    if let Some(claim) = &volume.persistent_volume_claim {
        let name = claim_name(claim, volume);
        let at = claimed(name).ok_or_else(|| no_name(name))?;
        fs_err::create_dir_all(&at)?;
        let is_read_only = claim.get("readOnly").and_then(Value::as_bool) == Some(true);
        return Ok(Some((at, !is_read_only)));
    }
    if let Some(path) = volume.rest.get(HOST_PATH).and_then(|host| host.get("path")) {
        let path = PathBuf::from(path.as_str().unwrap_or_default());
        let kind = volume.rest.get(HOST_PATH).and_then(|host| host.get("type"));
        if !path.exists() && kind.and_then(Value::as_str) == Some("DirectoryOrCreate") {
            fs_err::create_dir_all(&path)?;
        }
        return Ok(Some((path, true)));
    }
    let at = inside(&folder.join("volumes-of-pod"), &volume.name);
    let at = at.ok_or_else(|| no_name(&volume.name))?;
    if volume.empty_dir.is_some() || volume.ephemeral.is_some() {
        fs_err::create_dir_all(&at)?;
        return Ok(Some((at, true)));
    }
    let Some(source) = Source::of(volume) else {
        return Ok(None);
    };
    let known = match source.kind {
        VolumeKind::ConfigMap => &sources.texts.config_maps,
        VolumeKind::Secret => &sources.texts.secrets,
    };
    let Some(keys) = known.get(&source.name) else {
        if source.is_optional {
            fs_err::create_dir_all(&at)?;
            return Ok(Some((at, false)));
        }
        return Ok(None);
    };
    if !at.exists() {
        fs_err::create_dir_all(&at)?;
        write(&source, keys, &at)?;
    }
    Ok(Some((at, false)))
}

fn no_name(name: &str) -> NoFiles {
    NoFiles::Other(format!("`{name}` cannot be the name of a volume"))
}

/// Writes the files of a `ConfigMap` or secret.
fn write(source: &Source, keys: &BTreeMap<String, String>, at: &Path) -> Result<(), NoFiles> {
    let kind = source.kind.shown();
    let name = &source.name;
    let all: Vec<(String, String, u64)> = match &source.items {
        None => keys
            .keys()
            .map(|key| (key.clone(), key.clone(), source.mode))
            .collect(),
        Some(items) => items.clone(),
    };
    for (key, path, mode) in all {
        let Some(text) = keys.get(&key) else {
            if source.is_optional {
                continue;
            }
            let message = format!("references non-existent {kind} key: {key}");
            return Err(NoFiles::Other(message));
        };
        let file = inside(at, &path).ok_or_else(|| {
            NoFiles::Other(format!(
                "the path {path} of a key leads out of the volume of the {kind} `{name}`"
            ))
        })?;
        if let Some(parent) = file.parent() {
            fs_err::create_dir_all(parent)?;
        }
        fs_err::write(&file, text)?;
        let mode = u32::try_from(mode & 0o777).map_or(0o600, |mode| mode | 0o400);
        fs_err::set_permissions(&file, Permissions::from_mode(mode))?;
    }
    Ok(())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum VolumeKind {
    ConfigMap,
    Secret,
}

impl VolumeKind {
    fn shown(self) -> &'static str {
        match self {
            Self::ConfigMap => "config map",
            Self::Secret => "secret",
        }
    }
}

/// Source of the files of a volume.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) kind: VolumeKind,
    pub(crate) name: String,
    pub(crate) is_optional: bool,
    /// Key, path and mode of each file; if none, every key is a file of its own name.
    items: Option<Vec<(String, String, u64)>>,
    mode: u64,
}

impl Source {
    /// Reads the `ConfigMap` or secret of a volume.
    pub(crate) fn of(volume: &Volume) -> Option<Self> {
        let secret = volume.secret.as_ref().map(to_json);
        let secret = secret.as_ref().and_then(Value::as_object);
        let (kind, tree, name): (VolumeKind, &Tree, &str) = match (&volume.config_map, secret) {
            (Some(tree), _) => (VolumeKind::ConfigMap, tree, "name"),
            (None, Some(tree)) => (VolumeKind::Secret, tree, "secretName"),
            (None, None) => return None,
        };
        let mode = tree
            .get("defaultMode")
            .and_then(Value::as_u64)
            .unwrap_or(MODE);
        let items = tree.get("items").and_then(Value::as_array);
        let items = items.map(|items| {
            let text = |item: &Value, field: &str| item.get(field)?.as_str().map(str::to_owned);
            let item = |item: &Value| {
                let of_its_own = item.get("mode").and_then(Value::as_u64);
                Some((
                    text(item, "key")?,
                    text(item, "path")?,
                    of_its_own.unwrap_or(mode),
                ))
            };
            items.iter().filter_map(item).collect()
        });
        Some(Self {
            kind,
            name: tree.get(name)?.as_str()?.to_owned(),
            is_optional: tree.get("optional").and_then(Value::as_bool) == Some(true),
            items,
            mode,
        })
    }
}

/// Path inside of a folder; nothing if it leads out of the folder.
fn inside(folder: &Path, path: &str) -> Option<PathBuf> {
    let parts = Path::new(path).components();
    let mut found = folder.to_owned();
    for part in parts {
        match part {
            Component::Normal(part) => found.push(part),
            Component::CurDir => {}
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(found)
}
