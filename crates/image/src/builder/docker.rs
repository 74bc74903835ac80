//! Docker.

use super::{Build, Builder, BuilderKind, answer, common, not_running, question, text};
use crate::{ImageError, Reference};

const DOCKER: BuilderKind = BuilderKind::Docker;

/// Whether Docker works, and with buildx.
pub(super) async fn probe() -> Result<Builder, ImageError> {
    // The client alone builds nothing: this asks the daemon.
    question(DOCKER, &["version", "--format", "{{.Server.Version}}"]).await?;
    let buildx = answer(DOCKER, &["buildx", "version"]).await?.success;
    Ok(Builder::Docker { buildx })
}

/// Whether its store has an image.
pub(super) async fn has(image: &Reference) -> Result<bool, ImageError> {
    let image = image.to_string();
    let words = ["image", "inspect", "--format", "{{.Id}}", &image];
    let answer = answer(DOCKER, &words).await?;
    if !answer.success && !answer.err.to_lowercase().contains("no such image") {
        return Err(not_running(DOCKER, &answer));
    }
    Ok(answer.success)
}

/// The words that build.
pub(super) fn build(build: &Build<'_>, buildx: bool) -> Result<Vec<String>, ImageError> {
    let cannot = |what| ImageError::BuilderCannot {
        builder: DOCKER,
        what,
    };
    let several = build.platform.contains(',');
    let mut words = if buildx {
        text(&["docker", "buildx", "build", "--progress", "plain"])
    } else if several {
        return Err(cannot("build for several platforms without buildx"));
    } else if build
        .ignore_file
        .is_some_and(|file| !file.ends_with(".dockerignore"))
    {
        return Err(cannot(
            "read an ignore file of the Dockerfile's own without buildx",
        ));
    } else {
        text(&["docker", "build"])
    };
    words.extend(common(build));
    if buildx {
        // The store of the daemon has no room for several platforms, a registry has.
        words.push(
            if several && build.push {
                "--push"
            } else {
                "--load"
            }
            .to_owned(),
        );
    }
    words.push(build.context.display().to_string());
    Ok(words)
}

/// The words that push.
pub(super) fn push(image: &Reference) -> Vec<String> {
    text(&["docker", "push", &image.to_string()])
}

/// The digest in what a push said: `v1: digest: sha256:… size: 1234`.
pub(super) fn pushed(log: &str) -> Option<String> {
    log.lines().rev().find_map(|line| {
        let (_, rest) = line.split_once("digest: ")?;
        rest.split_whitespace().next().map(str::to_owned)
    })
}
