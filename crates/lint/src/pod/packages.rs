//! Rule for the packages of the image: argo-kedro must be one of them.

use diagnostic::{Diagnostic, Place};

use super::image::Image;
use super::installs::Installs;
use super::makes;
use super::pods::Pods;
use crate::rule;

/// Says whether a requirement, or a word of a command, names a package; ignores case, and treats `-`, `_` and `.`
/// alike.
pub(super) fn names(text: &str, package: &str) -> bool {
    let plain = |letter: char| match letter {
        '_' | '.' => '-',
        letter => letter.to_ascii_lowercase(),
    };
    let (text, package): (String, String) = (
        text.chars().map(plain).collect(),
        package.chars().map(plain).collect(),
    );
    let is_letter =
        |letter: Option<char>| letter.is_some_and(|it| it.is_ascii_alphanumeric() || it == '-');
    text.match_indices(&package).any(|(start, _)| {
        let before = text[..start].chars().next_back();
        let after = text[start + package.len()..].chars().next();
        !is_letter(before) && !is_letter(after)
    })
}

/// Finds a Dockerfile that does not install argo-kedro, which starts every task.
pub(super) fn check(pods: &Pods<'_>, image: &Image<'_>) -> Option<Diagnostic> {
    let starts_it = |name: &str| {
        let places = pods.places.get(name);
        places.is_none_or(|places| places.command_line.contains("argo-kedro"))
    };
    let mut tasks = pods.parts.iter().flat_map(|(_, plan)| &plan.tasks);
    if !tasks.any(|task| starts_it(&task.name)) {
        return None;
    }
    let installs = Installs::of(image);
    // A path can mean the package: a wheel such as `/tmp/argo-kedro-wheel` or `argo_kedro-1.0-….whl`, or the source
    // folder `kedro-argo`.
    let of_command = |word: &String| {
        let word = word.to_lowercase().replace('_', "-");
        word.contains("argo-kedro") || word.contains("/kedro-argo")
    };
    if installs.words.iter().any(of_command)
        || installs.name(&|line| names(line, "argo-kedro") || line.contains("/kedro-argo"))
    {
        return None;
    }
    let at = Place {
        file: Some(image.dockerfile_path.to_owned()),
        ..Place::default()
    };
    let finding = if installs.is_open {
        let unless = if makes::base_is_plain(image.dockerfile) {
            "something that it installs brings argo-kedro".to_owned()
        } else {
            format!("`{}` has it", image.dockerfile.bases.join(", "))
        };
        rule::ARGO_KEDRO_NOT_INSTALLED.warning(format!(
            "the Dockerfile does not seem to install argo-kedro: unless {unless}, every pod will fail"
        ))
    } else {
        let files = match installs.files()[..] {
            [] => String::new(),
            ref files => format!(", and neither does {}", files.join(", ")),
        };
        rule::ARGO_KEDRO_NOT_INSTALLED.diagnostic(format!(
            "the Dockerfile does not install argo-kedro{files}: no pod can run its task"
        ))
    };
    Some(finding.at(at).help(
        "install it like the Dockerfile that `argo-kedro init` writes; for an example: argo-kedro lint --explain \
         argo-kedro-not-installed",
    ))
}
