//! Outputs of a pod: parameters and artifacts, as Argo's executor reads them.

use std::io;
use std::path::{Path, PathBuf};

use argo::status::{Parameter, Phase};

use super::Files;
use super::declared_outputs::{OutputArtifact, OutputParameter};
use crate::artifacts::{ArtifactError, Container, MadeArtifact, read_parameter, save_all};
use pod::containers::{ContainerEnd, Role, read_ends};
use pod::in_image;
use pod::own_files::{self, ResolvedPath, Room};

/// Exit code of the executor if it fails (`cmd/argoexec/commands/emissary.go`).
const EXECUTOR_FAILED: i32 = 64;

/// The system's error number for a missing file.
const NOT_FOUND: i32 = rustix::io::Errno::NOENT.raw_os_error();

/// Maximum number of bytes that Kubernetes reads of a termination message.
const LONGEST_MESSAGE: u64 = 4096;

/// Outputs read from a pod.
#[derive(Debug, Default)]
pub(crate) struct Read {
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) artifacts: Vec<argo::status::Artifact>,
    /// Lost output, because of which a successful pod fails.
    pub(crate) lost: Option<Lost>,
    /// Reason why the command was not started, if it was not.
    pub(crate) not_started: Option<String>,
    /// Termination message of the only container.
    pub(crate) message: Option<String>,
    /// Says whether the kernel killed its only container for its memory, where that ran in its image.
    pub(crate) is_out_of_memory: bool,
    /// Ends of several containers.
    pub(crate) ends: Option<Vec<ContainerEnd>>,
}

impl Read {
    /// Tells whether an init container failed, so that no other container ran.
    pub(crate) fn failed_before_main(&self) -> bool {
        let mut ends = self.ends.iter().flatten();
        ends.any(|end| end.role == Role::Init && end.code != 0)
    }
}

/// Output that is missing, or that cannot be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Lost {
    pub(crate) phase: Phase,
    pub(crate) message: String,
    /// Exit code of the user's container, which also packs the outputs after its command.
    pub(crate) exit_code: Option<i32>,
}

impl From<&ArtifactError> for Lost {
    fn from(error: &ArtifactError) -> Self {
        Self {
            phase: error.phase(),
            message: error.node_message(),
            exit_code: (error.container == Container::Main).then_some(EXECUTOR_FAILED),
        }
    }
}

impl Files {
    /// Reads the outputs of the pod, and removes its files. Blocks.
    pub(crate) fn read(mut self) -> Read {
        let mut read = Read::default();
        // A container outlives the process that waits for it.
        let removed = match &self.engine {
            Some(_) => in_image::remove_left(&self.folder),
            None => Ok(()),
        };
        match removed.and_then(|()| self.read_all(&mut read)) {
            Ok(()) => {}
            Err(error) => {
                read.lost = Some(Lost {
                    phase: Phase::Error,
                    message: format!("cannot read what the pod has written: {error}"),
                    exit_code: None,
                });
            }
        }
        self.remove();
        read
    }

    /// Removes the files.
    pub(crate) fn remove(self) {
        if self.engine.is_some() && in_image::remove_left(&self.folder).is_err() {
            // Its plan stays, and whoever goes on with the run tries again.
            return;
        }
        // Files that remain are removed with the run.
        let _ = own_files::remove(&self.folder);
    }

    fn read_all(&mut self, read: &mut Read) -> io::Result<()> {
        read.ends = self.ends()?;
        let Some(room) = self.main_room() else {
            return Ok(());
        };
        room.collect()?;
        if read.ends.is_none() {
            read.not_started = room.why_not_started()?;
            read.is_out_of_memory = in_image::was_out_of_memory(room.folder());
            read.message = match self.main {
                Some(main) => self.message(main)?,
                None => None,
            };
        }
        if read.failed_before_main() {
            return Ok(());
        }
        let mut first = None;
        for output in &self.parameters {
            let (parameter, lost) = self.parameter(output);
            read.parameters.push(parameter);
            first = first.or(lost);
        }
        let paths: Vec<PathBuf> = self.artifacts.iter().map(|it| self.path(it)).collect();
        let outputs = self.artifacts.iter().zip(&paths);
        let outputs = outputs.map(|(output, path)| MadeArtifact {
            artifact: &output.artifact,
            bucket: output.bucket.as_ref(),
            path,
            resolved: self.find(&output.artifact.path).map(|found| found.resolved),
            is_mounted: output.is_mounted,
        });
        let saved = save_all(&self.store, outputs.collect(), &self.prefix);
        read.artifacts = saved
            .artifacts
            .iter()
            .map(crate::operate::artifact)
            .collect();
        // The user's container packs before the executor reads, so its errors come first.
        let errors: Vec<ArtifactError> = first.into_iter().chain(saved.error).collect();
        let of_main = errors
            .iter()
            .find(|error| error.container == Container::Main);
        read.lost = of_main.or(errors.first()).map(Lost::from);
        Ok(())
    }

    /// Reads how the containers ended; nothing for a pod of one container, or one killed before it recorded the ends.
    fn ends(&self) -> std::io::Result<Option<Vec<ContainerEnd>>> {
        let Some(file) = &self.ends else {
            return Ok(None);
        };
        let mut ends = read_ends(file)?;
        for end in ends.iter_mut().flatten() {
            let at = self.names.iter().position(|name| *name == end.name);
            if let Some(at) = at
                && end.message.is_none()
            {
                let room = self.rooms[at].as_ref();
                let not_started = room.map(Room::why_not_started).transpose()?;
                end.message = match not_started.flatten() {
                    Some(why) => Some(why),
                    None => self.message(at)?,
                };
            }
        }
        Ok(ends)
    }

    /// Reads the termination message of a container.
    ///
    /// # Errors
    ///
    /// The message cannot be read.
    fn message(&self, at: usize) -> std::io::Result<Option<String>> {
        let (Some(path), Some(room)) = (&self.last_words[at], &self.rooms[at]) else {
            return Ok(None);
        };
        let found = room.find(Path::new(path));
        let text = found.and_then(|found| beginning(&found.resolved, LONGEST_MESSAGE));
        match text {
            Ok(text) => Ok(Some(text).filter(|text| !text.is_empty())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn main_room(&mut self) -> Option<&mut Room> {
        self.rooms.get_mut(self.main?)?.as_mut()
    }

    fn find(&self, path: &str) -> io::Result<ResolvedPath> {
        let room = self.main.and_then(|main| self.rooms.get(main)?.as_ref());
        let room = room.ok_or_else(|| io::Error::from_raw_os_error(NOT_FOUND))?;
        room.find(Path::new(path))
    }

    /// Path of an artifact on this machine. An unknown path counts as a missing artifact, which has its own error.
    fn path(&self, output: &OutputArtifact) -> PathBuf {
        let path = &output.artifact.path;
        self.find(path)
            .map_or_else(|_| path.into(), |found| found.path)
    }

    fn parameter(&self, output: &OutputParameter) -> (Parameter, Option<ArtifactError>) {
        let found = self.find(&output.path);
        let file = match &found {
            Ok(found) => Ok(found.resolved.as_path()),
            Err(error) => Err(copy(error)),
        };
        let text = read_parameter(&output.path, file, output.is_mounted);
        let (value, lost) = match (text, &output.default) {
            (Ok(text), _) => (Some(text), None),
            (Err(_), Some(default)) => (Some(default.clone()), None),
            // The user's container failed while it copied the file, which leaves an empty copy.
            (Err(error), None) if error.container == Container::Main => {
                (Some(String::new()), Some(error))
            }
            (Err(error), None) => (None, Some(error)),
        };
        let parameter = Parameter {
            name: output.name.clone(),
            value,
            value_from: Some(serde_json::json!({"path": output.path})),
            global_name: output.global_name.clone(),
            ..Parameter::default()
        };
        (parameter, lost)
    }
}

/// The beginning of a file.
fn beginning(file: &Path, most: u64) -> io::Result<String> {
    let mut bytes = Vec::new();
    io::Read::read_to_end(
        &mut io::Read::take(std::fs::File::open(file)?, most),
        &mut bytes,
    )?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Copies an error of the system, so that Argo's words can be derived from it.
fn copy(error: &io::Error) -> io::Error {
    match error.raw_os_error() {
        Some(number) => io::Error::from_raw_os_error(number),
        None => io::Error::new(error.kind(), error.to_string()),
    }
}
