//! The files of one container: its declared paths, its room, and its script.

use std::ffi::{OsStr, OsString};
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use argo::spec::{Template, VolumeMount};
use pod::own_files::{self, Declared, Room, Surroundings};

use super::executor::{SCRIPT, of_executor};
use super::no_files::NoFiles;
use super::sources::{Machine, Sources};
use super::volumes::is_claim;
use super::{declared, volumes};
use crate::launch::{Launch, Part};

/// Default path of a container's termination message in Kubernetes.
const LAST_WORDS: &str = "/dev/termination-log";

/// Part that a container has in the files of its pod.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Share {
    /// Container that runs Kedro nodes: global outputs, and claims if it has them.
    Worker,
    /// Main container: all files that the template declares.
    Main,
    /// Container of a set: the input artifacts of the template.
    OfSet,
    /// Init container or sidecar: only its own volumes.
    Beside,
}

/// Declares the files of a container.
pub(super) fn declare(
    template: &Template,
    part: &mut Part,
    kind: Share,
    are_several: bool,
    folder: &Path,
    machine: Machine<'_>,
    sources: Sources<'_>,
) -> Result<Vec<Declared>, NoFiles> {
    let own = |path: &str| Declared::Own(path.into());
    let mut declared: Vec<Declared> = match kind {
        Share::Worker => declared::paths(template, true).map(own).collect(),
        Share::Main => declared::paths(template, false).map(own).collect(),
        Share::OfSet => {
            let inputs = template.inputs.artifacts.iter();
            inputs.map(|input| own(&input.path)).collect()
        }
        Share::Beside => Vec::new(),
    };
    if kind == Share::Worker {
        if machine.workers_have_claims {
            let mounts = part.known.container.volume_mounts.iter();
            let claims = mounts.filter(|mount| is_claim(mount, template, sources.volumes));
            let claims: Vec<VolumeMount> = claims.cloned().collect();
            declared.extend(volumes::mounted(template, &claims, folder, sources)?);
        }
        return Ok(declared);
    }
    if let Some(path) = last_words(part) {
        declared.push(own(&path));
    }
    if part.launch.in_image {
        let mounts = &part.known.container.volume_mounts;
        let mounted = volumes::mounted(template, mounts, folder, sources)?;
        for mount in &mounted {
            open_to_all(mount, folder)?;
        }
        declared.extend(mounted);
        return Ok(declared);
    }
    if are_several {
        // A declared path below `/tmp` gives each container its own `/tmp`.
        declared.push(own("/tmp/argo"));
    }
    let is_at_root = |declared: &Declared| declared.path().parent() == Some(Path::new("/"));
    if part.launch.folder.is_none() && !machine.has_project && declared.iter().any(is_at_root) {
        // Containers start in `/` by default, so the command may name the file without the slash.
        part.launch.folder = Some("/".into());
    }
    let mounts = &part.known.container.volume_mounts;
    declared.extend(volumes::mounted(template, mounts, folder, sources)?);
    if let Some(path) = part
        .launch
        .folder
        .as_ref()
        .filter(|path| path.is_absolute())
    {
        let is_own = !declared.is_empty() && path.starts_with("/tmp");
        let is_kept = machine.kept.iter().any(|kept| path.starts_with(kept));
        if (is_own && !is_kept) || !path.exists() {
            // Kubernetes creates a working folder that the image lacks.
            let from = folder.join("working-folders").join(&part.known.name);
            fs_err::create_dir_all(&from)?;
            declared.push(Declared::Mount {
                path: path.clone(),
                from,
                read_only: false,
            });
        }
    }
    Ok(declared)
}

/// Path of a container's termination message, if the container may leave one.
pub(super) fn last_words(part: &Part) -> Option<String> {
    let container = &part.known.container;
    let path = container.rest.get("terminationMessagePath");
    if let Some(path) = path.and_then(|path| path.as_str()) {
        return Some(path.to_owned());
    }
    if part.launch.in_image {
        // Nobody knows what the program of an image writes.
        return Some(LAST_WORDS.to_owned());
    }
    let texts = part.launch.command.iter().chain(&part.launch.source);
    let mut texts = texts.map(String::as_str);
    texts
        .any(|text| text.contains(LAST_WORDS))
        .then(|| LAST_WORDS.to_owned())
}

/// Creates the room of a container.
pub(super) fn make_room(
    folder: &Path,
    declared: &[Declared],
    part: &Part,
    runs_worker: bool,
    machine: Machine<'_>,
) -> Result<Room, NoFiles> {
    if part.launch.in_image {
        let room = Room::for_image(folder, declared)?;
        if let Some(path) = last_words(part) {
            let file = room.host_path(Path::new(&path))?;
            if let Some(parent) = file.parent() {
                fs_err::create_dir_all(parent)?;
            }
            fs_err::write(&file, "")?;
            fs_err::set_permissions(&file, Permissions::from_mode(0o666))?;
        }
        return Ok(room);
    }
    let variables = part.launch.variables.iter();
    let variables = variables.map(|(name, value)| (name.as_os_str(), value.as_os_str()));
    let own: Vec<(OsString, OsString)> = std::env::vars_os().collect();
    let own = own
        .iter()
        .map(|(name, value)| (name.as_os_str(), value.as_os_str()));
    let program = part.launch.command.first().map(OsStr::new);
    let mut kept = machine.kept.to_vec();
    kept.extend(own_files::needed(program, own.chain(variables)));
    let around = Surroundings {
        program: machine.program,
        kept: &kept,
        can_mount: machine.can_mount && (!runs_worker || machine.workers_have_claims),
    };
    Ok(Room::new(folder, declared, &around)?)
}

/// Lets every user into a volume of the pod, as Kubernetes does: the image says which user its program is.
fn open_to_all(mount: &Declared, pod: &Path) -> std::io::Result<()> {
    match mount {
        Declared::Mount {
            from,
            read_only: false,
            ..
        } if from.starts_with(pod) && from.is_dir() => {
            fs_err::set_permissions(from, Permissions::from_mode(0o777))
        }
        _ => Ok(()),
    }
}

/// Replaces the paths that the pod cannot have for itself in its command, variables and script.
pub(super) fn rename(launch: &mut Launch, room: &Room) {
    for word in launch.command.iter_mut().chain(&mut launch.source) {
        *word = room.rename(word);
    }
    for (_, value) in &mut launch.variables {
        if let Some(text) = value.to_str() {
            *value = room.rename(text).into();
        }
    }
    launch.variables.splice(0..0, room.variables());
}

/// Writes the script of a pod to its file, and appends the path to the command
/// (`workflow/controller/operator.go:3600`).
pub(super) fn put_script(launch: &mut Launch, room: &Room) -> std::io::Result<()> {
    let Some(source) = launch.source.take() else {
        return Ok(());
    };
    let source = of_executor(&source);
    let file = room.host_path(Path::new(SCRIPT))?;
    if let Some(parent) = file.parent() {
        fs_err::create_dir_all(parent)?;
    }
    fs_err::write(&file, source)?;
    fs_err::set_permissions(&file, Permissions::from_mode(0o755))?;
    launch.command.push(room.rename(SCRIPT));
    Ok(())
}
