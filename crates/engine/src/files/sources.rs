//! Sources of the files of a pod: the machine and the workflow.

use std::path::{Path, PathBuf};

use pod::in_image::ContainerEngine;

use crate::artifacts::Store;
use crate::setup::Texts;

/// Parts of this machine that the files of all pods of a run need.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Machine<'a> {
    /// Path of this program.
    pub(crate) program: &'a Path,
    /// Folders that every pod shares with this machine.
    pub(crate) kept: &'a [PathBuf],
    /// Set if pods can have files of their own on this machine.
    pub(crate) can_mount: bool,
    /// Set if pods that run Kedro nodes mount their claims.
    pub(crate) workers_have_claims: bool,
    /// Set if containers start in the folder of a project, as in the project's image.
    pub(crate) has_project: bool,
    /// Way in which containers run in their images, if they do.
    pub(crate) in_images: Option<InImages<'a>>,
}

/// Way in which containers run in their images.
#[derive(Debug, Clone, Copy)]
pub(crate) struct InImages<'a> {
    /// The container engine.
    pub(crate) engine: &'a ContainerEngine,
    /// Set if a container that holds more memory than its limit is killed.
    pub(crate) limits_memory: bool,
}

/// Parts of the workflow that provide files of a pod.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sources<'a> {
    /// `ConfigMap`s and secrets.
    pub(crate) texts: &'a Texts,
    /// Volumes of the Workflow; those of the template override them.
    pub(crate) volumes: &'a [argo::spec::Volume],
    /// Folder for the claims of the run, one folder per claim.
    pub(crate) claims: &'a Path,
    /// Artifacts of the run.
    pub(crate) store: &'a Store,
    /// Key under which an artifact without a key is saved.
    pub(crate) prefix: &'a str,
}
