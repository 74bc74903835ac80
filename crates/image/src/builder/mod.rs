//! Programs that build images, and what they keep on this machine.

mod command;
mod containers;
mod docker;
mod given;
mod name;

pub(crate) use given::Given;

use std::fmt;
use std::path::Path;
use std::time::Duration;

use indexmap::IndexMap;

use crate::process::{self, Answer, Cancel, Ended, Progress};
use crate::{ImageError, Reference};

/// A daemon that says nothing for so long is not running.
const PATIENCE: Duration = Duration::from_secs(30);

/// Who builds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BuilderKind {
    /// Docker: buildx where it is there, else the classic builder.
    Docker,
    /// Podman.
    Podman,
    /// Buildah.
    Buildah,
    /// The user's own words.
    Command,
    /// Nobody: the image is there or it is an error.
    None,
}

impl BuilderKind {
    /// Its name, which for a program is what it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Docker => "docker",
            Self::Podman => "podman",
            Self::Buildah => "buildah",
            Self::Command => "command",
            Self::None => "none",
        }
    }
}

impl fmt::Display for BuilderKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// A builder that is there and works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Builder {
    /// Docker.
    Docker {
        /// Whether it has buildx.
        buildx: bool,
    },
    /// Podman or Buildah, which take the same words.
    Containers(BuilderKind),
    /// The user's own words, in which `{image}`, `{context}`, `{dockerfile}`, `{ignore_file}` and `{platform}` are
    /// replaced; the word `{build_args}` becomes `--build-arg=NAME=VALUE` for each.
    Command(Vec<String>),
    /// Nobody.
    None,
}

/// What is built.
#[derive(Debug)]
pub(crate) struct Build<'a> {
    /// Folder to run in.
    pub(crate) folder: &'a Path,
    pub(crate) image: &'a Reference,
    pub(crate) context: &'a Path,
    pub(crate) dockerfile: &'a Path,
    /// The ignore file that counts. Docker finds it beside the Dockerfile.
    pub(crate) ignore_file: &'a Path,
    pub(crate) platform: &'a str,
    pub(crate) target: Option<&'a str>,
    pub(crate) arguments: &'a IndexMap<String, String>,
    /// The user's further words.
    pub(crate) options: &'a [String],
    /// Where several platforms are pushed as they are built.
    pub(crate) pushed: Option<Pushed<'a>>,
}

/// A build that goes to its registry and not into the store.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pushed<'a> {
    /// Whether the registry needs no certificate that holds.
    pub(crate) insecure: bool,
    /// File for what the builder tells of it.
    pub(crate) metadata: &'a Path,
}

impl Builder {
    /// Finds the builder, which has to work; without a wish the first of docker, podman and buildah that does.
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

    /// What it is called.
    pub fn kind(&self) -> BuilderKind {
        match self {
            Self::Docker { .. } => BuilderKind::Docker,
            Self::Containers(kind) => *kind,
            Self::Command(_) => BuilderKind::Command,
            Self::None => BuilderKind::None,
        }
    }

    /// Whether it keeps images on this machine.
    pub fn has_store(&self) -> bool {
        matches!(self, Self::Docker { .. } | Self::Containers(_))
    }

    /// An error where it cannot build for several platforms, or cannot put what it built where it is wanted.
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

    /// Whether its store has an image.
    pub(crate) async fn has(&self, image: &Reference) -> Result<bool, ImageError> {
        match self {
            Self::Docker { .. } => docker::has(image).await,
            Self::Containers(kind) => containers::has(*kind, image).await,
            Self::Command(_) | Self::None => Ok(false),
        }
    }

    /// Builds; gives the digest of what went to its registry.
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

    /// Pushes what its store has; gives the digest, if it says it.
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
        Ok(digest.filter(|digest| crate::reference::is_digest(digest)))
    }

    /// Takes an image from its registry into the store.
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
        // Of several, the one of this machine is taken.
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

fn check(what: &'static str, image: &Reference, ended: &Ended) -> Result<(), ImageError> {
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

/// Asks a builder something that it has to know.
async fn question(kind: BuilderKind, words: &[&str]) -> Result<String, ImageError> {
    let answer = answer(kind, words).await?;
    if answer.success {
        Ok(answer.out)
    } else {
        Err(not_running(kind, &answer))
    }
}

/// Asks a builder something that it may not know.
async fn answer(kind: BuilderKind, words: &[&str]) -> Result<Answer, ImageError> {
    let asked = process::ask(kind.name(), words, PATIENCE).await;
    asked.map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => ImageError::BuilderMissing(kind),
        _ => ImageError::BuilderNotRunning {
            builder: kind,
            reason: error.to_string(),
        },
    })
}

fn not_running(kind: BuilderKind, answer: &Answer) -> ImageError {
    let said = answer.err.lines().chain(answer.out.lines());
    let reason = said.map(str::trim).find(|line| !line.is_empty());
    ImageError::BuilderNotRunning {
        builder: kind,
        reason: reason.unwrap_or("it printed no reason").to_owned(),
    }
}

/// The words that docker, podman and buildah share.
fn common(build: &Build<'_>) -> Vec<String> {
    let mut words = text(&["--platform", build.platform]);
    words.extend(["--file".to_owned(), build.dockerfile.display().to_string()]);
    words.extend(["--tag".to_owned(), build.image.to_string()]);
    if let Some(target) = build.target {
        words.extend(text(&["--target", target]));
    }
    for (name, value) in build.arguments {
        words.push(format!("--build-arg={name}={value}"));
    }
    words.extend(build.options.iter().cloned());
    words
}

fn text(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

#[cfg(test)]
mod tests;
