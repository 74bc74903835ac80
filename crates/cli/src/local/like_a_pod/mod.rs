//! Runs tasks like the pods of a cluster: `run --like-a-pod`.
//!
//! Each task is a fresh process in a folder with the files of the image (`tree.rs`, `room.rs`), with the variables of
//! its container (`environment.rs`), without packages that the image does not install (`packages.rs`), and with a
//! folder in place of buckets (`store.rs`). So a task lacks here what it would lack in a pod, and `findings.rs` says
//! why. The other half is in Python: `argo_kedro/like_a_pod`.

mod as_made;
mod copying;
mod draft;
mod environment;
mod findings;
mod folder;
mod missing_files;
mod packages;
mod pod;
mod pods;
mod prepare;
mod room;
mod rooms;
mod store;
mod tree;

use std::path::{Path, PathBuf};

use ::pod::own_files;
use argo::spec::Manifest;
use clap::Args;
use engine::{MountedClaim, Setup, workers_mount_claims};
use runs::private;
use serde::{Deserialize, Serialize};

use crate::error::CommandError;
use crate::record::store::Store;
pub(crate) use draft::Draft;
pub(crate) use folder::remove_left;
pub(crate) use pods::Pods;
pub(crate) use room::become_worker;

/// Arguments for runs that are like pods.
#[derive(Debug, Clone, Args)]
pub(crate) struct LikeAPodArguments {
    /// Run each task with what its pod would have: the files and packages of the image, the variables of the manifest,
    /// and a folder in place of buckets and claims
    #[arg(long)]
    pub(crate) like_a_pod: bool,

    /// With --like-a-pod: the folder in place of buckets and claims; `s3://bucket/key` is `bucket/key` in it, and the claim
    /// `data` is `data` [default: one that the run keeps]
    #[arg(long, value_name = "FOLDER", requires = "like_a_pod")]
    store: Option<String>,
}

/// File in a run's folder that marks its tasks as like pods.
const WAY: &str = "like-a-pod.json";

/// How the tasks of a run are like pods; a retry keeps it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Way {
    /// Folder in place of buckets and claims, if the user named one.
    store: Option<PathBuf>,
    /// Claims that tasks mount.
    #[serde(default)]
    claims: Vec<MountedClaim>,
}

impl Way {
    /// Reads the arguments; `None` without `--like-a-pod`.
    pub(crate) fn of(arguments: &LikeAPodArguments) -> Result<Option<Self>, CommandError> {
        if !arguments.like_a_pod {
            return Ok(None);
        }
        let store = arguments.store.as_deref();
        Ok(Some(Self {
            store: store.map(store::folder).transpose()?,
            claims: Vec::new(),
        }))
    }

    /// Reads the way of a recorded run; `None` if its tasks are not like pods.
    pub(crate) fn recorded(store: &Store, run: &str) -> Result<Option<Self>, CommandError> {
        let file = store.run(run).join(WAY);
        if !file.exists() {
            return Ok(None);
        }
        let way = serde_json::from_slice(&fs_err::read(&file)?);
        let way = way.map_err(|error| {
            CommandError::new(format!("cannot read `{}`: {error}", file.display()))
        })?;
        Ok(Some(way))
    }

    /// Makes the setup for resolving a run: tasks like pods have their claims.
    ///
    /// # Arguments
    ///
    /// * `way`: `None` if tasks are not like pods.
    ///
    /// # Errors
    ///
    /// Tasks mount a claim, and this machine cannot mount a folder for a process.
    pub(crate) fn setup(way: Option<&Self>, manifest: &Manifest) -> Result<Setup, CommandError> {
        let workers_have_claims = way.is_some() && workers_mount_claims(manifest.workflow());
        if workers_have_claims {
            own_files::possible(&std::env::current_exe()?).map_err(|why| {
                CommandError::new(format!(
                    "tasks mount a claim, and this machine cannot mount a folder for a task: {why}"
                ))
                .hint("to run the tasks without their volumes: {program} run")
            })?;
        }
        Ok(Setup {
            workers_have_claims,
            ..Setup::default()
        })
    }

    /// Folder in place of buckets and claims.
    pub(crate) fn buckets(&self, store: &Store, run: &str) -> PathBuf {
        let named = self.store.clone();
        named.unwrap_or_else(|| store.run(run).join("store"))
    }

    /// File or folder that stands in for a bucket's object or a path on a claim; `None` for other paths.
    pub(crate) fn stand_in(&self, buckets: &Path, path: &str) -> Option<PathBuf> {
        store::stand_in(buckets, &self.claims, path)
    }

    /// Copies this way, with the claims that tasks mount.
    fn with(&self, claims: Vec<MountedClaim>) -> Self {
        Self {
            claims,
            ..self.clone()
        }
    }

    fn record(&self, store: &Store, run: &str) -> Result<(), CommandError> {
        let text = serde_json::to_string(self).map_err(std::io::Error::other)?;
        private::make(&store.run(run).join(WAY), &text)?;
        Ok(())
    }
}
