//! The file `files.json` in the folder of a run of files: documents, stubs and images, which a retry needs beside the manifest.
//!
//! The file holds no values of secrets, only the paths of their files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use argo::spec::{Manifest, from_json, to_json};
use engine::{Images, Setup, Stub};
use runs::private;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::read::{Keys, SecretSource};
use crate::error::CommandError;

/// Content of `files.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct FilesRecord {
    /// Folder in which the run was started.
    pub(super) folder: PathBuf,
    /// Documents that the Workflow may refer to.
    others: Vec<Value>,
    config_maps: BTreeMap<String, Keys>,
    /// Source of each Secret, by the names of the Secrets.
    pub(super) secrets: BTreeMap<String, SecretSource>,
    stubs: Vec<String>,
    images: Vec<String>,
    #[serde(default)]
    ignores_unsupported: bool,
    /// Set if containers run in their images.
    #[serde(default)]
    pub(super) in_images: bool,
}

impl FilesRecord {
    pub(super) fn new(
        folder: &Path,
        setup: &Setup,
        secrets: BTreeMap<String, SecretSource>,
        (stubs, images): (&[String], &[String]),
    ) -> Self {
        Self {
            folder: folder.to_owned(),
            others: setup.others.iter().map(to_json).collect(),
            config_maps: setup.config_maps.clone(),
            secrets,
            stubs: stubs.to_vec(),
            images: images.to_vec(),
            ignores_unsupported: setup.ignores_unsupported,
            in_images: false,
        }
    }

    fn file(folder_of_run: &Path) -> PathBuf {
        folder_of_run.join("files.json")
    }

    /// Writes the file into the folder of its run.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub(super) fn write(&self, folder_of_run: &Path) -> Result<(), CommandError> {
        let text = serde_json::to_string(self)?;
        private::make(&Self::file(folder_of_run), &text)
            .map_err(|error| CommandError::of_state(&error))?;
        Ok(())
    }

    /// Reads the file in the folder of a run.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or is missing: an earlier version wrote none.
    pub(super) fn read(folder_of_run: &Path, run: &str) -> Result<Self, CommandError> {
        let file = Self::file(folder_of_run);
        if !file.exists() {
            return Err(CommandError::new(format!(
                "an earlier version of argo-kedro started run `{run}`, and did not note what a retry needs"
            ))
            .hint("to start a new run: {program} run FILE"));
        }
        let text = fs_err::read_to_string(&file)?;
        Ok(serde_json::from_str(&text)?)
    }

    /// Setup of the run, without its secrets.
    ///
    /// # Errors
    ///
    /// A document cannot be read.
    pub(super) fn setup(&self) -> Result<Setup, CommandError> {
        let others = self.others.iter().map(from_json::<Manifest>);
        Ok(Setup {
            others: others.collect::<Result<_, _>>()?,
            config_maps: self.config_maps.clone(),
            stubs: self.stubs()?,
            ignores_unsupported: self.ignores_unsupported,
            ..Setup::default()
        })
    }

    pub(super) fn stubs(&self) -> Result<Vec<Stub>, CommandError> {
        stubs(&self.stubs)
    }

    pub(super) fn images(&self) -> Result<Images, CommandError> {
        images(&self.images)
    }
}

/// Tasks that run no process.
///
/// # Errors
///
/// A word is not TASK=END.
pub(super) fn stubs(words: &[String]) -> Result<Vec<Stub>, CommandError> {
    let stubs: Result<Vec<Stub>, _> = words.iter().map(|word| Stub::read(word)).collect();
    stubs.map_err(|error| CommandError::new(error.to_string()))
}

/// Commands that stand for images.
///
/// # Errors
///
/// A word is not IMAGE=COMMAND.
pub(super) fn images(words: &[String]) -> Result<Images, CommandError> {
    let mut images = Images::default();
    for word in words {
        images.add(word).map_err(|error| {
            CommandError::new(error)
                .hint("write the image and its command: --image nginx:1.13=nginx")
        })?;
    }
    Ok(images)
}
