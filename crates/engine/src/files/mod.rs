//! The files of a pod: made before it starts, read when it has ended.
//!
//! What a template declares (the script, the paths of parameters and artifacts, volumes) is the pod's own, as on a cluster
//! ([`pod::own_files`]). A pod that declares nothing has no files of its own, and sees this machine as it is.

mod declared;
mod outputs;
mod volumes;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use argo::artifact::mount_over;
use argo::spec::{Container, Template, VolumeMount};
use pod::own_files::{self, Declared, Room, Start, Surroundings};

use crate::artifacts::{ArtifactError, Input, Place, Store};
use crate::expand::expand;
use crate::launch::Launch;
use crate::resolve::Texts;

pub(crate) use declared::{declares_files, shared_paths};
#[cfg(test)]
pub(crate) use outputs::Lost;
pub(crate) use outputs::Read;
use outputs::{OutputArtifact, OutputParameter};
pub(crate) use volumes::{Kind, Source};

/// Path of the script in a pod (`workflow/common/common.go`).
const SCRIPT: &str = "/argo/staging/script";

/// What the files of all pods of a run have to do with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Machine<'a> {
    /// This program.
    pub(crate) program: &'a Path,
    /// Folders that every pod sees as they are.
    pub(crate) kept: &'a [PathBuf],
    /// Whether pods can have files of their own on this machine.
    pub(crate) can_mount: bool,
}

/// What a pod takes from its workflow.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sources<'a> {
    /// `ConfigMap`s and secrets.
    pub(crate) texts: &'a Texts,
    /// Volumes of the Workflow; those of the template come first.
    pub(crate) volumes: &'a [argo::spec::Volume],
    /// Artifacts of the run.
    pub(crate) store: &'a Store,
    /// Key under which an artifact without a key is saved.
    pub(crate) prefix: &'a str,
}

/// The files of a pod.
#[derive(Debug)]
pub(crate) struct Files {
    room: Room,
    /// The folder of the room.
    folder: PathBuf,
    store: Store,
    prefix: String,
    parameters: Vec<OutputParameter>,
    artifacts: Vec<OutputArtifact>,
}

/// Why a pod cannot have its files.
#[derive(Debug)]
pub(crate) enum NoFiles {
    /// In the words of Argo's executor.
    Artifact(ArtifactError),
    /// What is wrong with this machine, or with a path.
    Other(String),
}

impl From<std::io::Error> for NoFiles {
    fn from(error: std::io::Error) -> Self {
        Self::Other(error.to_string())
    }
}

impl Files {
    /// Makes the files of a pod, but for the artifacts that it takes. Its words, variables and folder name them afterwards.
    ///
    /// # Arguments
    ///
    /// * `folder`: A folder for this attempt alone. What an earlier one has left there goes.
    /// * `launch`: What it runs.
    ///
    /// # Returns
    ///
    /// The files, and the artifacts that have to be loaded before the pod starts; nothing for a pod that declares nothing.
    pub(crate) fn make(
        template: &Template,
        container: &Container,
        folder: &Path,
        launch: &mut Launch,
        machine: Machine<'_>,
        sources: Sources<'_>,
    ) -> Result<Option<(Self, Vec<Input>)>, NoFiles> {
        let runs_worker = launch.worker_words().is_some();
        let mut declared: Vec<Declared> = declared::paths(template, runs_worker)
            .map(|path| Declared::Own(path.into()))
            .collect();
        let mut mounts: &[VolumeMount] = &[];
        if !runs_worker {
            mounts = &container.volume_mounts;
        }
        let can_mount = machine.can_mount && !runs_worker;
        own_files::remove(folder)?;
        declared.extend(volumes::mounted(template, mounts, folder, sources)?);
        let working = launch.folder.as_ref().filter(|_| !runs_worker);
        if let Some(path) = working.filter(|path| path.is_absolute()) {
            let is_own = !declared.is_empty() && path.starts_with("/tmp");
            let is_kept = machine.kept.iter().any(|kept| path.starts_with(kept));
            if (is_own && !is_kept) || !path.exists() {
                // Kubernetes makes it where the image has none.
                let from = folder.join("working-folder");
                fs_err::create_dir_all(&from)?;
                let path = path.clone();
                declared.push(Declared::Mount {
                    path,
                    from,
                    read_only: false,
                });
            }
        }
        if declared.is_empty() {
            return Ok(None);
        }
        let variables = launch.variables.iter();
        let variables = variables.map(|(name, value)| (name.as_os_str(), value.as_os_str()));
        let own: Vec<(OsString, OsString)> = std::env::vars_os().collect();
        let own = own
            .iter()
            .map(|(name, value)| (name.as_os_str(), value.as_os_str()));
        let program = launch.command.first().map(std::ffi::OsStr::new);
        let mut kept = machine.kept.to_vec();
        kept.extend(own_files::needed(program, own.chain(variables)));
        let around = Surroundings {
            program: machine.program,
            kept: &kept,
            can_mount,
        };
        let room = Room::new(folder, &declared, &around)
            .map_err(|error| NoFiles::Other(error.to_string()))?;
        rename(launch, &room);
        put_script(launch, &room)?;
        let inputs = if runs_worker {
            Vec::new()
        } else {
            inputs(template, &room, sources)?
        };
        let takes = |path: &str| {
            let mut inputs = template.inputs.artifacts.iter();
            inputs.any(|input| input.path == path)
        };
        let is_mounted = |path: &str| takes(path) || mount_over(mounts, path).is_some();
        let files = Self {
            room,
            folder: folder.to_owned(),
            store: sources.store.clone(),
            prefix: sources.prefix.to_owned(),
            parameters: outputs::parameters(template, runs_worker, is_mounted),
            artifacts: if runs_worker {
                Vec::new()
            } else {
                outputs::artifacts(template, is_mounted)
            },
        };
        Ok(Some((files, inputs)))
    }

    /// How to start the command of the pod.
    ///
    /// # Errors
    ///
    /// Its folder cannot be found.
    pub(crate) fn start(&self, launch: &Launch, project: &Path) -> std::io::Result<Start> {
        let words: Vec<OsString> = launch.command.iter().map(OsString::from).collect();
        self.room
            .start(&words, launch.folder.as_deref().unwrap_or(project))
    }

    /// Why the command was not started, if it was not.
    ///
    /// # Errors
    ///
    /// That cannot be read.
    pub(crate) fn why_not_started(&self) -> std::io::Result<Option<String>> {
        self.room.why_not_started()
    }
}

/// Has the words, variables and script of a pod name the paths that it cannot have for itself.
fn rename(launch: &mut Launch, room: &Room) {
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

/// Puts the text that a pod runs into its file, whose path comes behind the words (`workflow/controller/operator.go:3600`).
fn put_script(launch: &mut Launch, room: &Room) -> std::io::Result<()> {
    let Some(source) = launch.source.take() else {
        return Ok(());
    };
    let source = of_executor(&source);
    let file = room.host_path(Path::new(SCRIPT))?;
    if let Some(parent) = file.parent() {
        fs_err::create_dir_all(parent)?;
    }
    fs_err::write(&file, source)?;
    launch.command.push(room.rename(SCRIPT));
    Ok(())
}

/// A text of the template as the executor reads it: the template comes to it in a variable, in which Kubernetes replaces
/// `$(NAME)` and `$$`.
fn of_executor(text: &str) -> String {
    expand(text, |name| {
        (name == "ARGO_CONTAINER_NAME").then(|| "init".to_owned())
    })
}

/// The artifacts that a pod takes.
fn inputs(template: &Template, room: &Room, sources: Sources<'_>) -> Result<Vec<Input>, NoFiles> {
    let secrets = |name: &str, key: &str| {
        let known = sources
            .texts
            .secrets
            .get(name)
            .and_then(|keys| keys.get(key));
        known.cloned().ok_or_else(|| {
            format!("the key `{key}` of the secret `{name}` is not known: give it with --secret {name}=FILE")
        })
    };
    let mut inputs = Vec::new();
    for artifact in &template.inputs.artifacts {
        let mut place = Place::of(artifact, &secrets).map_err(NoFiles::Artifact)?;
        if let Some(Place::Raw { data }) = &mut place {
            *data = of_executor(data);
        }
        let to = room
            .host_path(Path::new(&artifact.path))
            .map_err(|error| NoFiles::Other(error.to_string()))?;
        inputs.push(Input {
            artifact: artifact.clone(),
            place,
            to,
            limits: None,
        });
    }
    Ok(inputs)
}
