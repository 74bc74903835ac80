//! Job for the dispatcher, and the errors because of which it cannot go on.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io;
use std::path::PathBuf;

use argo::status::retry::RetryError;
use pod::in_image::ContainerEngine;

use crate::resolve::Resolved;
use crate::{Budget, Forks, Gpus, Images, Keeper};

/// Isolation of tasks from each other.
#[derive(Debug)]
pub enum Isolation {
    /// Each is a fork of a warm worker, where its command is argo-kedro's own.
    Fork(Forks),
    /// Each is a fresh process.
    Spawn,
    /// Each is a fresh process; where its command is argo-kedro's own, it has these variables instead of this process'
    /// own.
    Apart(Vec<(OsString, OsString)>),
    /// Each container runs in its own image.
    InImages(ContainerEngine),
}

impl Isolation {
    /// The container engine, if containers run in their images.
    pub(crate) fn container_engine(&self) -> Option<&ContainerEngine> {
        match self {
            Self::InImages(engine) => Some(engine),
            Self::Fork(_) | Self::Spawn | Self::Apart(_) => None,
        }
    }
}

/// Folders of a run, and what pods find on this machine.
#[derive(Debug, Default)]
pub struct Places {
    /// Folder of the project, or in which the run of files was started.
    pub project: PathBuf,
    /// Set if this folder is that of a project, which the images are made of.
    pub has_project: bool,
    /// Folder for logs and reports, one file each a task.
    pub logs: PathBuf,
    /// Folder for the files of pods, one folder each.
    pub pods: PathBuf,
    /// Folder for the claims of the run, one folder each.
    pub claims: PathBuf,
    /// Folder for the artifacts of the run, which stands for the repository of a cluster.
    pub artifacts: PathBuf,
    /// Path of this program, which gets a pod to its own files.
    pub program: PathBuf,
    /// Set if pods can have files of their own on this machine ([`pod::own_files::possible`]).
    pub can_mount: bool,
}

/// Workflow to run, and the machine to run it on.
#[derive(Debug)]
pub struct Job {
    /// The workflow.
    pub resolved: Resolved,
    /// Names of tasks that run again although they have succeeded before, with all tasks after them.
    pub again: BTreeSet<String>,
    /// Says whether the tasks in `again` run alone, without the other tasks that failed and without those after them.
    pub is_alone: bool,
    /// Isolation of tasks from each other.
    pub isolation: Isolation,
    /// Processors and memory of the machine.
    pub machine: Budget,
    /// The GPUs it has.
    pub gpus: Gpus,
    /// Folders of the run.
    pub places: Places,
    /// Commands of images, for containers that have none.
    pub images: Images,
    /// Variables of every task beside this process' own; a container's come on top.
    pub environment: Vec<(OsString, OsString)>,
    /// Set if somebody watches the lines that tasks print; else they are in the logs alone.
    pub is_watched: bool,
    /// Set if a task that holds more memory than its limit is killed.
    pub enforces_limits: bool,
    /// Tasks that run no process, and how they end.
    pub stubs: Vec<crate::Stub>,
    /// Ends the tasks when this process is killed.
    pub keeper: Option<Keeper>,
}

/// Error because of which a run could not go on.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// An event could not be put on record.
    #[error("cannot write the events of the run to the history")]
    Record(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The record says that nothing is left to run, or cannot be gone on with.
    #[error("cannot continue the run")]
    Retry(#[from] RetryError),
    /// The Workflow cannot be understood.
    #[error("cannot run this workflow: {0}")]
    Workflow(String),
    /// A pipe, a file or a signal handler could not be made.
    #[error("cannot run tasks on this machine")]
    Io(#[from] io::Error),
    /// The warm worker is gone.
    #[error("the process that runs the tasks has ended")]
    WorkerGone,
}
