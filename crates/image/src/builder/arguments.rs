//! Arguments that builders share.

use super::build::Build;

/// Arguments of a build that docker, podman and buildah share.
pub(super) fn common(build: &Build<'_>) -> Vec<String> {
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

/// Converts words to owned texts.
pub(super) fn text(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}
