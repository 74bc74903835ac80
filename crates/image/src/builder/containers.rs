//! Podman and Buildah.

use std::path::Path;

use super::arguments::{common, text};
use super::ask::{answer, not_running};
use super::build::Build;
use super::kind::BuilderKind;
use crate::{ImageError, Reference};

/// Says whether the store has an image.
pub(super) async fn has(kind: BuilderKind, image: &Reference) -> Result<bool, ImageError> {
    const ABSENT: [&str; 4] = ["not known", "no such", "unable to find", "not found"];
    let image = image.to_string();
    let answer = answer(kind, &["images", "--quiet", &image]).await?;
    let message = answer.err.to_lowercase();
    if !answer.success && !ABSENT.iter().any(|words| message.contains(words)) {
        return Err(not_running(kind, &answer));
    }
    Ok(answer.success && !answer.out.is_empty())
}

/// Command line that builds an image.
pub(super) fn build(kind: BuilderKind, build: &Build<'_>) -> Vec<String> {
    // Keep layers, so that a change of the code does not install the packages again. Remove the container of a failed
    // build.
    let mut words = text(&[kind.name(), "build", "--layers", "--force-rm"]);
    let ignore_file = build.ignore_file.display().to_string();
    words.extend(["--ignorefile".to_owned(), ignore_file]);
    words.extend(common(build));
    words.push(build.context.display().to_string());
    words
}

/// Command line that pushes an image.
pub(super) fn push(
    kind: BuilderKind,
    image: &Reference,
    insecure: bool,
    digest_file: &Path,
) -> Vec<String> {
    let mut words = text(&[kind.name(), "push", "--digestfile"]);
    words.push(digest_file.display().to_string());
    if insecure {
        words.push("--tls-verify=false".to_owned());
    }
    words.push(image.to_string());
    words
}
