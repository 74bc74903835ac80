//! The files of a pod: made before it starts, read when it has ended.
//!
//! The paths that a template declares (script, parameters, artifacts, volumes) belong to its pod alone, as on a cluster
//! ([`pod::own_files`]). A pod that declares nothing has no files of its own, and sees this machine as it is.

mod container;
mod declared;
mod declared_outputs;
mod executor;
mod no_files;
mod outputs;
mod sources;
mod volumes;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use argo::artifact::mount_over;
use argo::spec::{Container, Template};
use pod::containers::{MAIN, Plan, PlannedContainer, Role, SUBCOMMAND};
use pod::in_image::{self, ContainerEngine, ImagePlan, NamedInImage};
use pod::own_files::{self, Room, Start};
use runs::private;

use crate::artifacts::{ArtifactLocation, Input, Store};
use crate::containers::are_several;
use crate::launch::{GRACE, Part};
use crate::probe::{Probe, ProbeCommand, command_of};
use container::{Share, declare, last_words, make_room, put_script, rename};
use declared_outputs::{OutputArtifact, OutputParameter};
use executor::of_executor;

pub(crate) use declared::{declares_files, shared_paths};
pub(crate) use no_files::NoFiles;
pub(crate) use outputs::{Lost, Read};
pub(crate) use sources::{InImages, Machine, Sources};
pub use volumes::MountedClaim;
pub(crate) use volumes::{Source, VolumeKind, is_claim, mounted_claim};

/// The files of a pod.
#[derive(Debug)]
pub(crate) struct Files {
    /// Rooms of the containers, in order; none for a container that declares nothing.
    rooms: Vec<Option<Room>>,
    /// Path of each container's termination message, if it may leave one.
    last_words: Vec<Option<String>>,
    /// Index of the container with the outputs.
    main: Option<usize>,
    /// Names of the containers.
    names: Vec<String>,
    /// The folder of the pod.
    folder: PathBuf,
    /// File in which the process of a pod with several containers records their ends.
    ends: Option<PathBuf>,
    /// The container engine, if the containers run in their images.
    engine: Option<ContainerEngine>,
    /// Set if a container that holds more memory than its limit is killed.
    limits_memory: bool,
    store: Store,
    prefix: String,
    parameters: Vec<OutputParameter>,
    artifacts: Vec<OutputArtifact>,
}

impl Files {
    /// Creates the files of a pod, except its input artifacts. Then the commands, variables and folders of `parts` name
    /// these files.
    ///
    /// # Arguments
    ///
    /// * `folder`: A folder for this attempt alone. Files of an earlier attempt are deleted.
    /// * `parts`: Containers to run.
    ///
    /// # Returns
    ///
    /// The files, and the artifacts to load before the pod starts; nothing for a pod of one container that declares
    /// nothing.
    pub(crate) fn make(
        template: &Template,
        folder: &Path,
        parts: &mut [Part],
        machine: Machine<'_>,
        sources: Sources<'_>,
    ) -> Result<Option<(Self, Vec<Input>)>, NoFiles> {
        let are_several = are_several(template);
        let runs_worker = !are_several && parts.iter().any(Part::runs_worker);
        clear(folder)?;
        let main = parts.iter().position(|part| part.known.name == MAIN);
        let last_words = parts.iter().map(last_words).collect();
        let mut rooms = Vec::with_capacity(parts.len());
        let mut inputs = Vec::new();
        for part in parts.iter_mut() {
            let kind = if runs_worker {
                Share::Worker
            } else if part.known.name == MAIN && part.known.role == Role::Main {
                Share::Main
            } else if part.known.role == Role::Main {
                Share::OfSet
            } else {
                Share::Beside
            };
            let room = if are_several {
                folder.join("containers").join(&part.known.name)
            } else {
                folder.to_owned()
            };
            let declared = declare(template, part, kind, are_several, folder, machine, sources)?;
            if declared.is_empty() && !part.launch.in_image {
                rooms.push(None);
                continue;
            }
            let room = make_room(&room, &declared, part, runs_worker, machine)?;
            rename(&mut part.launch, &room);
            put_script(&mut part.launch, &room)?;
            if matches!(kind, Share::Main | Share::OfSet) {
                inputs.extend(inputs_of(template, &room, sources)?);
            }
            rooms.push(Some(room));
        }
        if rooms.iter().all(Option::is_none) && !are_several {
            return Ok(None);
        }
        let ends = are_several.then(|| folder.join("ends.json"));
        if are_several {
            private::make_folder(folder)?;
        }
        let mounts = main.map_or(&[][..], |main| &parts[main].known.container.volume_mounts);
        let mounts = if runs_worker { &[][..] } else { mounts };
        let takes = |path: &str| {
            let mut inputs = template.inputs.artifacts.iter();
            inputs.any(|input| input.path == path)
        };
        let is_mounted = |path: &str| takes(path) || mount_over(mounts, path).is_some();
        let files = Self {
            rooms,
            last_words,
            main,
            names: parts.iter().map(|part| part.known.name.clone()).collect(),
            folder: folder.to_owned(),
            ends,
            engine: machine.in_images.map(|it| it.engine.clone()),
            limits_memory: machine.in_images.is_some_and(|it| it.limits_memory),
            store: sources.store.clone(),
            prefix: sources.prefix.to_owned(),
            parameters: declared_outputs::parameters(template, runs_worker, is_mounted),
            artifacts: if runs_worker {
                Vec::new()
            } else {
                declared_outputs::artifacts(template, is_mounted, &secrets_of(sources))
                    .map_err(NoFiles::Artifact)?
            },
        };
        Ok(Some((files, inputs)))
    }

    /// Builds the command that starts the pod.
    ///
    /// # Arguments
    ///
    /// * `program`: This program, which runs a pod of several containers.
    /// * `project`: Folder in which containers start.
    ///
    /// # Errors
    ///
    /// The folder of a container cannot be found.
    pub(crate) fn start(
        &self,
        parts: &[Part],
        tries: (u32, Duration),
        program: &Path,
        project: &Path,
    ) -> std::io::Result<(Start, Option<Plan>)> {
        let mut containers = Vec::with_capacity(parts.len());
        for (part, room) in parts.iter().zip(&self.rooms) {
            let start = match (room, &self.engine) {
                (Some(room), Some(engine)) => Start {
                    words: vec![
                        program.into(),
                        in_image::SUBCOMMAND.into(),
                        self.in_image(engine, part, room)?.into(),
                    ],
                    folder: project.to_owned(),
                },
                (Some(room), None) => {
                    let words: Vec<OsString> =
                        part.launch.command.iter().map(OsString::from).collect();
                    let folder = part.launch.folder.as_deref().unwrap_or(project);
                    room.start(&words, folder)?
                }
                (None, _) => part.launch.start(project),
            };
            if self.ends.is_none() {
                return Ok((start, None));
            }
            containers.push(PlannedContainer {
                name: part.known.name.clone(),
                role: part.known.role,
                after: part.known.after.clone(),
                words: start.words,
                folder: start.folder,
                variables: if part.launch.in_image {
                    part.launch.variables_for_engine()
                } else {
                    part.launch.variables.clone()
                },
            });
        }
        let plan = Plan {
            containers,
            tries: tries.0,
            wait: tries.1,
            grace: GRACE,
            ends: self.ends.clone().unwrap_or_default(),
        };
        let start = Start {
            words: vec![program.into(), SUBCOMMAND.into()],
            folder: project.to_owned(),
        };
        Ok((start, Some(plan)))
    }
}

impl Files {
    /// Writes the plan of a container that runs in its image, and gives its path.
    fn in_image(
        &self,
        engine: &ContainerEngine,
        part: &Part,
        room: &Room,
    ) -> std::io::Result<PathBuf> {
        let name = self.name_of(part, room);
        let (container, launch) = (&part.known.container, &part.launch);
        let (program, words) = match launch.command.split_first() {
            Some((program, words)) if launch.has_program => (Some(program.as_str()), words),
            _ => (None, &launch.command[..]),
        };
        let limit = container.resources.as_ref();
        let limit = limit.and_then(|limit| limit.memory_limit().ok().flatten());
        let named = NamedInImage {
            name,
            image: &container.image,
            pull: container.image_pull_policy.as_deref().unwrap_or(""),
            program,
            words,
            folder: launch.folder.as_deref(),
            variables: &launch.variables,
            memory: limit.filter(|_| self.limits_memory),
            user: user(container),
        };
        let (binds, outputs) = room.image_files();
        let plan = ImagePlan::new(engine, &named, &binds, outputs, room.why_not())?;
        plan.write(room.folder())
    }
}

impl Files {
    /// Name of a container for the container engine.
    fn name_of(&self, part: &Part, room: &Room) -> String {
        let pod = self.prefix.rsplit('/').next().unwrap_or(&self.prefix);
        let name = format!("{pod}-{}", part.known.name);
        // Runs of other folders may have the same names.
        argo::status::node_id(&name, &room.folder().to_string_lossy())
    }

    /// Readiness probes of the containers.
    ///
    /// # Arguments
    ///
    /// * `project`: The folder that containers start in.
    ///
    /// # Errors
    ///
    /// The folder of a container cannot be found.
    pub(crate) fn probes(&self, parts: &[Part], project: &Path) -> std::io::Result<Vec<Probe>> {
        let mut probes = Vec::new();
        for (part, room) in parts.iter().zip(&self.rooms) {
            let words = command_of(&part.known.container);
            let start = match (words, room, &self.engine) {
                (None, _, _) => None,
                (Some(words), Some(room), Some(engine)) => {
                    let exec = [OsString::from(&engine.program), "exec".into()];
                    let name = OsString::from(self.name_of(part, room));
                    let words = words.into_iter().map(OsString::from);
                    Some(Start {
                        words: exec.into_iter().chain([name]).chain(words).collect(),
                        folder: project.to_owned(),
                    })
                }
                (Some(words), Some(room), None) => {
                    let words = words.iter().map(|word| room.rename(word).into());
                    let folder = part.launch.folder.as_deref().unwrap_or(project);
                    Some(room.start(&words.collect::<Vec<_>>(), folder)?)
                }
                (Some(words), None, _) => Some(part.launch.start_of(&words, project)),
            };
            probes.extend(probe_of(part, start));
        }
        Ok(probes)
    }
}

/// Readiness probe of a container, if it has one.
///
/// # Arguments
///
/// * `start`: The command that the probe runs, if it runs one.
pub(crate) fn probe_of(part: &Part, start: Option<Start>) -> Option<Probe> {
    let variables = if part.launch.in_image {
        // The container has its own; the client of the engine has ours.
        Vec::new()
    } else {
        part.launch.variables.clone()
    };
    let command = start.map(|start| ProbeCommand { start, variables });
    Probe::of(&part.known.container, command)
}

/// User, and group behind a colon, that a container asks for.
fn user(container: &Container) -> Option<String> {
    let context = container.security_context.as_ref()?;
    let user = context.get("runAsUser")?;
    Some(match context.get("runAsGroup") {
        Some(group) => format!("{user}:{group}"),
        None => user.to_string(),
    })
}

/// Removes the files of an earlier attempt. A container that ran as another user may have left some that only that user can
/// remove: then the folder gets another name, and goes with the run.
fn clear(folder: &Path) -> std::io::Result<()> {
    match own_files::remove(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {}
        removed => return removed,
    }
    let mut names = (1..).map(|number| folder.with_extension(format!("left-{number}")));
    let free = names.find(|name| !name.exists());
    free.map_or(Ok(()), |free| fs_err::rename(folder, free))
}

/// Looks up the secrets that artifacts name.
fn secrets_of(sources: Sources<'_>) -> impl Fn(&str, &str) -> Result<String, String> {
    move |name, key| {
        let known = sources
            .texts
            .secrets
            .get(name)
            .and_then(|keys| keys.get(key));
        known.cloned().ok_or_else(|| {
            format!("the key `{key}` of the secret `{name}` is not known: give it with --secret {name}=FILE")
        })
    }
}

/// Input artifacts of a pod.
fn inputs_of(
    template: &Template,
    room: &Room,
    sources: Sources<'_>,
) -> Result<Vec<Input>, NoFiles> {
    let secrets = secrets_of(sources);
    let mut inputs = Vec::new();
    for artifact in &template.inputs.artifacts {
        let mut location = ArtifactLocation::of(artifact, &secrets).map_err(NoFiles::Artifact)?;
        if let Some(ArtifactLocation::Raw { data }) = &mut location {
            *data = of_executor(data);
        }
        let to = room.host_path(Path::new(&artifact.path))?;
        inputs.push(Input {
            artifact: artifact.clone(),
            location,
            to,
            limits: None,
        });
    }
    Ok(inputs)
}
