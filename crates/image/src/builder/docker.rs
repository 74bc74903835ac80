//! Docker.

use std::path::Path;

use super::arguments::{common, text};
use super::ask::{answer, not_running, question};
use super::build::Build;
use super::kind::{Builder, BuilderKind};
use crate::{ImageError, Reference};

const DOCKER: BuilderKind = BuilderKind::Docker;

/// Checks whether Docker works, and whether it has buildx. Podman may use the name `docker`, but takes other arguments.
pub(super) async fn probe() -> Result<Builder, ImageError> {
    let client = answer(DOCKER, &["--version"]).await?;
    if client.out.to_lowercase().starts_with("podman") {
        question(BuilderKind::Podman, &["version"]).await?;
        return Ok(Builder::Containers(BuilderKind::Podman));
    }
    // The client cannot build alone, so ask for the daemon's version.
    question(DOCKER, &["version", "--format", "{{.Server.Version}}"]).await?;
    let buildx = answer(DOCKER, &["buildx", "version"]).await?.success;
    Ok(Builder::Docker { buildx })
}

/// Says whether the store has an image.
pub(super) async fn has(image: &Reference) -> Result<bool, ImageError> {
    let image = image.to_string();
    let words = ["image", "inspect", "--format", "{{.Id}}", &image];
    let answer = answer(DOCKER, &words).await?;
    if !answer.success && !answer.err.to_lowercase().contains("no such image") {
        return Err(not_running(DOCKER, &answer));
    }
    Ok(answer.success)
}

/// Says whether the store can keep an image for several platforms: only containerd's can.
pub(super) async fn keeps_several() -> Result<bool, ImageError> {
    let words = ["info", "--format", "{{json .DriverStatus}}"];
    Ok(question(DOCKER, &words).await?.contains("io.containerd."))
}

/// Command line that builds an image.
pub(super) fn build(build: &Build<'_>, buildx: bool) -> Vec<String> {
    let mut words = if buildx {
        text(&["docker", "buildx", "build", "--progress", "plain"])
    } else {
        text(&["docker", "build"])
    };
    words.extend(common(build));
    match build.pushed {
        Some(pushed) => {
            let insecure = if pushed.insecure {
                ",registry.insecure=true"
            } else {
                ""
            };
            words.push(format!("--output=type=image,push=true{insecure}"));
            let file = pushed.metadata.display();
            words.push(format!("--metadata-file={file}"));
        }
        None if buildx => words.push("--load".to_owned()),
        None => {}
    }
    words.push(build.context.display().to_string());
    words
}

/// The digest in the metadata of a build with a push.
pub(super) fn digest_in(metadata: &Path) -> Option<String> {
    let text = fs_err::read_to_string(metadata).ok()?;
    let metadata: serde_json::Value = serde_json::from_str(&text).ok()?;
    Some(metadata["containerimage.digest"].as_str()?.to_owned())
}

/// Command line that pushes an image.
pub(super) fn push(image: &Reference) -> Vec<String> {
    text(&["docker", "push", &image.to_string()])
}

/// Digest in the output of a push: `v1: digest: sha256:… size: 1234`.
pub(super) fn pushed(log: &str) -> Option<String> {
    log.lines().rev().find_map(|line| {
        let (_, rest) = line.split_once("digest: ")?;
        rest.split_whitespace().next().map(str::to_owned)
    })
}
