//! Job of the dispatcher, and the errors that stop it.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io;
use std::path::PathBuf;

use argo::status::retry::RetryError;
use pod::in_image::ContainerEngine;

use crate::resolve::Resolved;
use crate::{Budget, ControlGroups, Forks, Gpus, Images, Keeper};

/// Isolation of tasks from each other.
#[derive(Debug)]
pub enum Isolation {
    /// Each task whose command is argo-kedro's own is a fork of a warm worker.
    Fork(Forks),
    /// Each task is a fresh process.
    Spawn,
    /// Each task is a fresh process. If its command is argo-kedro's own, it has these variables instead of this
    /// process' own.
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

/// What kills a task that holds more memory than its limit.
#[derive(Debug, Default)]
pub enum MemoryLimits {
    /// Nothing: the end of the run says which tasks a cluster would kill.
    #[default]
    None,
    /// The engine: it measures the memory of the processes several times a second.
    Measured,
    /// The kernel, for each task with a process of its own. The engine kills forks of the worker: the memory that they share
    /// with it counts on a cluster, and not for the kernel.
    Kernel(ControlGroups),
}

impl MemoryLimits {
    /// Says whether a task that holds too much memory is killed.
    pub(crate) fn are_enforced(&self) -> bool {
        !matches!(self, Self::None)
    }
}

/// Folders of a run, and the parts of this machine that pods use.
#[derive(Debug, Default)]
pub struct Places {
    /// Folder of the project; for a run of files, the folder in which the run was started.
    pub project: PathBuf,
    /// Set if `project` is the folder of a Kedro project, from which the images are built.
    pub has_project: bool,
    /// Folder for logs and reports, one file of each per task.
    pub logs: PathBuf,
    /// Folder for the files of pods, one folder per pod.
    pub pods: PathBuf,
    /// Folder for the claims of the run, one folder per claim.
    pub claims: PathBuf,
    /// Folder for the artifacts of the run, which stands for the repository of a cluster.
    pub artifacts: PathBuf,
    /// Path of this program, which starts the pods that have files of their own.
    pub program: PathBuf,
    /// Set if pods can have files of their own on this machine ([`pod::own_files::possible`]).
    pub can_mount: bool,
}

/// Workflow to run, and the machine for it.
#[derive(Debug)]
pub struct Job {
    /// The workflow.
    pub resolved: Resolved,
    /// Names of tasks that run again although they succeeded before, with all tasks after them.
    pub again: BTreeSet<String>,
    /// Set if the tasks in `again` run alone, without other failed tasks and the tasks after those.
    pub is_alone: bool,
    /// Isolation of tasks from each other.
    pub isolation: Isolation,
    /// Processors and memory of the machine.
    pub machine: Budget,
    /// GPUs of the machine.
    pub gpus: Gpus,
    /// Folders of the run.
    pub places: Places,
    /// Commands of images, for containers without a command.
    pub images: Images,
    /// Variables of every task in addition to this process' own; those of a container override them.
    pub environment: Vec<(OsString, OsString)>,
    /// Set if somebody watches the printed lines; otherwise only the logs have them.
    pub is_watched: bool,
    /// What kills a task that holds more memory than its limit.
    pub limits: MemoryLimits,
    /// Tasks that run no process, and their ends.
    pub stubs: Vec<crate::Stub>,
    /// Ends the tasks when this process is killed.
    pub keeper: Option<Keeper>,
}

/// Error that stops a run.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// Writing an event failed.
    #[error("cannot write the events of the run to the history")]
    Record(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The record says that nothing is left to run, or does not allow a retry.
    #[error("cannot continue the run")]
    Retry(#[from] RetryError),
    /// The Workflow is not valid for this engine.
    #[error("cannot run this workflow: {0}")]
    Workflow(String),
    /// Making a pipe, a file or a signal handler failed.
    #[error("cannot run tasks on this machine")]
    Io(#[from] io::Error),
    /// The warm worker has ended.
    #[error("the process that runs the tasks has ended")]
    WorkerGone,
}
