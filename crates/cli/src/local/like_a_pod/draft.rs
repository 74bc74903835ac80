//! The image that pods would have, as a draft: nothing is made yet.

use std::path::PathBuf;

use compile::Options;
use diagnostic::Diagnostic;
use image::Context;
use project::config::ArgoConfig;
use tempfile::TempDir;

use crate::commands::init;
use crate::error::CommandError;
use crate::image::of_pods::PodImage;
use crate::image::of_project;
use crate::settings::Settings;
use crate::spine::{Destination, Opened};

/// Rules about an image whose faults no run on this machine shows: the stand-in for buckets needs no library,
/// argo-kedro is installed, and folders stand for buckets and claims, whatever their names.
const NOT_SEEN_HERE: [&str; 3] = [
    "missing-storage-library",
    "argo-kedro-not-installed",
    "placeholder",
];

/// Image that pods of a project would have, as far as its Dockerfile tells.
pub(crate) struct Draft {
    pub(super) root: PathBuf,
    pub(super) config: ArgoConfig,
    pub(super) context: Context,
    /// Folder with the files of `init` that the project does not have.
    made: Option<TempDir>,
}

impl Draft {
    /// Reads what the image is built from. A fault that no run would show is an error.
    pub(crate) fn of(opened: &Opened, settings: &Settings) -> Result<Self, CommandError> {
        let config = opened.config()?.map_err(CommandError::findings)?;
        let own =
            of_project::folder(opened, &config.deployment).join(&config.deployment.dockerfile);
        let made = if own.is_file() {
            None
        } else {
            Some(make_files(opened, &config, settings)?)
        };
        let dockerfile = made
            .as_ref()
            .map_or(own, |folder| folder.path().join("Dockerfile"));
        let context = of_project::context_of(opened, &config, &dockerfile, settings)?;
        let draft = Self {
            root: opened.root.clone(),
            config,
            context,
            made,
        };
        // Without nodes, only the configuration was read: there is no more to check.
        if !opened.snapshot.nodes.is_empty() {
            draft.check(opened, settings)?;
        }
        Ok(draft)
    }

    fn check(&self, opened: &Opened, settings: &Settings) -> Result<(), CommandError> {
        let (_, plan) = opened.plan()?;
        let image = self.image()?;
        let target = Destination::Cluster(Some(&image));
        let lowered = opened.lower(&plan, &self.config, &Options::default(), target);
        let mut findings = lowered.linted().findings().to_vec();
        findings.retain(|finding| NOT_SEEN_HERE.contains(&&*finding.code));
        if findings.iter().any(Diagnostic::is_error) {
            return Err(CommandError::findings(findings));
        }
        opened.show(&findings, lint::Target::Cluster, settings);
        Ok(())
    }

    /// Says whether the project has no Dockerfile of its own.
    pub(super) fn is_made(&self) -> bool {
        self.made.is_some()
    }

    /// Reads the image from the Dockerfile.
    pub(super) fn image(&self) -> Result<PodImage<'_>, CommandError> {
        let mut image = PodImage::new(&self.root, &self.config, &self.context)?;
        image.is_proposed = self.is_made();
        if image.is_proposed {
            "Dockerfile".clone_into(&mut image.dockerfile_path);
            image.ignore_file = image.ignore_file.map(|_| ".dockerignore".to_owned());
        }
        Ok(image)
    }
}

/// Files that `init` would add, in their own folder.
fn make_files(
    opened: &Opened,
    config: &ArgoConfig,
    settings: &Settings,
) -> Result<TempDir, CommandError> {
    let folder = tempfile::tempdir()?;
    let (dockerfile, ignore_file) = init::image_files(&opened.root, settings)?;
    fs_err::write(folder.path().join("Dockerfile"), dockerfile)?;
    let context = of_project::folder(opened, &config.deployment);
    if !context.join(".dockerignore").is_file() {
        // An ignore file for this Dockerfile alone, where Docker finds it.
        fs_err::write(folder.path().join("Dockerfile.dockerignore"), ignore_file)?;
    }
    Ok(folder)
}
