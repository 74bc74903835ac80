//! Programs that build images, and their stores on this machine.

mod arguments;
mod ask;
mod build;
mod command;
mod containers;
mod docker;
mod files;
mod kind;
mod name;

pub(crate) use build::{Build, Pushed};
pub(crate) use files::BuilderFiles;
pub use kind::{Builder, BuilderKind};

use std::path::Path;

use arguments::text;
use ask::question;

use crate::process::{self, Cancel, ProgramEnd};
use crate::progress::Progress;
use crate::{ImageError, Reference};

impl Builder {
    /// Finds a working builder: the wanted one, or else the first of docker, podman and buildah that works.
    pub async fn find(wish: Option<BuilderKind>, command: &[String]) -> Result<Self, ImageError> {
        match wish {
            Some(BuilderKind::None) => return Ok(Self::None),
            Some(BuilderKind::Command) => return Ok(Self::Command(command.to_vec())),
            Some(kind) => return Self::probe(kind).await,
            None => {}
        }
        let mut problem = None;
        for kind in [
            BuilderKind::Docker,
            BuilderKind::Podman,
            BuilderKind::Buildah,
        ] {
            match Self::probe(kind).await {
                Ok(builder) => return Ok(builder),
                Err(ImageError::BuilderMissing(_)) => {}
                Err(error) => problem = problem.or(Some(error)),
            }
        }
        Err(problem.unwrap_or(ImageError::NoBuilder))
    }

    /// Finds a program that runs containers, which has to work: Docker, or Podman.
    ///
    /// # Returns
    ///
    /// The name of the program, and whether it is Docker: Podman may answer to Docker's name.
    pub async fn that_runs() -> Result<(&'static str, bool), ImageError> {
        let docker = match Self::probe(BuilderKind::Docker).await {
            Ok(builder) => return Ok(("docker", matches!(builder, Self::Docker { .. }))),
            Err(error) => error,
        };
        match Self::probe(BuilderKind::Podman).await {
            Ok(_) => Ok(("podman", false)),
            // Docker is there, and does not work.
            Err(ImageError::BuilderMissing(_)) => Err(docker),
            Err(error) => Err(error),
        }
    }

    /// Fails if the builder cannot build for several platforms, or cannot put the image into its target.
    pub(crate) async fn check_several(&self, only_pushed: bool) -> Result<(), ImageError> {
        let what = match self {
            Self::Docker { buildx: false } => "build for several platforms without buildx",
            Self::Docker { buildx: true } if only_pushed || docker::keeps_several().await? => {
                return Ok(());
            }
            Self::Docker { buildx: true } => {
                "keep an image for several platforms on this machine, because it does not use the containerd image \
                 store; use only --push"
            }
            Self::Containers(_) => "build for several platforms at once; use docker with buildx",
            Self::Command(_) | Self::None => return Ok(()),
        };
        Err(ImageError::BuilderCannot {
            builder: self.kind(),
            what,
        })
    }

    async fn probe(kind: BuilderKind) -> Result<Self, ImageError> {
        if kind == BuilderKind::Docker {
            return docker::probe().await;
        }
        question(kind, &["version"]).await?;
        Ok(Self::Containers(kind))
    }

    /// Says whether the store of the builder has an image.
    pub(crate) async fn has(&self, image: &Reference) -> Result<bool, ImageError> {
        match self {
            Self::Docker { .. } => docker::has(image).await,
            Self::Containers(kind) => containers::has(*kind, image).await,
            Self::Command(_) | Self::None => Ok(false),
        }
    }

    /// Builds an image; gives its digest if the build pushed it.
    pub(crate) async fn build(
        &self,
        build: &Build<'_>,
        progress: &mut Progress<'_>,
        cancel: &Cancel,
    ) -> Result<Option<String>, ImageError> {
        let mut variables = Vec::new();
        let words = match self {
            Self::Docker { buildx } => {
                if !buildx {
                    variables.push(("DOCKER_BUILDKIT", "0"));
                }
                docker::build(build, *buildx)
            }
            Self::Containers(kind) => containers::build(*kind, build),
            Self::Command(words) => command::build(words, build),
            Self::None => {
                return Err(ImageError::NotBuilt {
                    image: Box::new(build.image.clone()),
                });
            }
        };
        let ended = process::run(&words, build.folder, &variables, progress, cancel).await?;
        if ended.status.success() {
            return Ok(build
                .pushed
                .and_then(|pushed| docker::digest_in(pushed.metadata)));
        }
        if build.pushed.is_some() && ended.log.contains("failed to push") {
            check("push", build.image, &ended)?;
        }
        Err(ImageError::BuildFailed {
            status: ended.status.to_string(),
            log: ended.log,
        })
    }

    /// Pushes an image from the store; gives the digest, if the builder prints it.
    pub(crate) async fn push(
        &self,
        image: &Reference,
        insecure: bool,
        progress: &mut Progress<'_>,
        cancel: &Cancel,
    ) -> Result<Option<String>, ImageError> {
        let folder = tempfile::tempdir()?;
        let digest_file = folder.path().join("digest");
        let words = match self {
            Self::Containers(kind) => containers::push(*kind, image, insecure, &digest_file),
            _ => docker::push(image),
        };
        let ended = process::run(&words, folder.path(), &[], progress, cancel).await?;
        check("push", image, &ended)?;
        let digest = match self {
            Self::Containers(_) => fs_err::read_to_string(&digest_file)
                .ok()
                .map(|text| text.trim().to_owned()),
            _ => docker::pushed(&ended.log),
        };
        Ok(digest.filter(|digest| argo::image::is_digest(digest)))
    }

    /// Pulls an image from its registry into the store.
    pub(crate) async fn pull(
        &self,
        image: &Reference,
        platform: &str,
        insecure: bool,
        progress: &mut Progress<'_>,
        cancel: &Cancel,
    ) -> Result<(), ImageError> {
        let program = self.kind().name();
        let mut words = text(&[program, "pull"]);
        // For several platforms, pull the image of this machine's platform.
        if !platform.contains(',') {
            words.extend(text(&["--platform", platform]));
        }
        if insecure && matches!(self, Self::Containers(_)) {
            words.push("--tls-verify=false".to_owned());
        }
        words.push(image.to_string());
        let ended = process::run(&words, Path::new("."), &[], progress, cancel).await?;
        check("pull", image, &ended)
    }
}

fn check(what: &'static str, image: &Reference, ended: &ProgramEnd) -> Result<(), ImageError> {
    if ended.status.success() {
        return Ok(());
    }
    Err(ImageError::TransferFailed {
        what,
        image: Box::new(image.clone()),
        status: ended.status.to_string(),
        log: ended.log.clone(),
    })
}

#[cfg(test)]
mod tests;
