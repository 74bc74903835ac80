//! Description of the pods of a run: a file that the program writes and its tasks read.

use std::collections::BTreeMap;
use std::path::PathBuf;

use engine::MountedClaim;
use serde::{Deserialize, Serialize};

use super::packages::Hidden;
use super::store;

/// Description of the pods of a run; `argo_kedro/like_a_pod` reads the same file.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Pod {
    /// Folder with the files of the image.
    pub(super) image: PathBuf,
    /// Folder for the folders of the tasks.
    pub(super) rooms: PathBuf,
    /// Folder for copies of the image that no task has taken yet.
    pub(super) spares: PathBuf,
    /// Folder of the project in the image.
    pub(super) working_dir: PathBuf,
    /// Variables of the image that are paths in it: name and value.
    pub(super) paths: Vec<(String, String)>,
    /// Folder of the project on this machine.
    pub(super) project: PathBuf,
    /// The user's home on this machine.
    pub(super) home: PathBuf,
    /// Folders in `project` and `home` that a task uses.
    pub(super) open: Vec<PathBuf>,
    /// Folder that stands in for buckets and claims.
    pub(super) store: PathBuf,
    /// The claims that tasks mount.
    pub(super) claims: Vec<MountedClaim>,
    /// Protocols that the store serves besides the usual ones.
    pub(super) protocols: Vec<String>,
    /// Packages that the image lacks.
    pub(super) hidden: Hidden,
    /// Names of the variables of the user's shell.
    pub(super) shell: Vec<String>,
    /// Folder for notes about what tasks lack.
    pub(super) notes: PathBuf,
}

impl Pod {
    /// Folder of a task.
    pub(super) fn room(&self, task: &str) -> PathBuf {
        self.rooms.join(task)
    }

    /// File or folder that stands in for a bucket's object or a path on a claim; `None` for other paths.
    pub(super) fn stand_in(&self, path: &str) -> Option<PathBuf> {
        store::stand_in(&self.store, &self.claims, path)
    }

    /// The project's folder in that of a task.
    pub(super) fn project_in(&self, task: &str) -> PathBuf {
        self.room(task).join(ROOT).join(&self.working_dir)
    }
}

/// Root of the image, in the folder of a task.
pub(super) const ROOT: &str = "root";
/// The user's home, in the folder of a task; it is empty at first.
pub(super) const HOME: &str = "home";

/// Paths in the image that tasks have written, each with its task.
pub(super) type Written = BTreeMap<PathBuf, String>;
