//! The project itself: its code and its configuration must be in the image.

use diagnostic::{Diagnostic, Place};
use project::Snapshot;

use super::image::{Image, PathInImage};
use super::installs::Installs;
use super::paths::is_below;
use super::pods::{Pods, and_more};
use super::{copied, makes};
use crate::dockerfile::has_suffix;
use crate::rule;

/// Finds files of the project that a pod would lack.
pub(super) fn check(pods: &Pods<'_>, image: &Image<'_>) -> Vec<Diagnostic> {
    let Some((snapshot, _)) = pods.parts.first() else {
        return Vec::new();
    };
    let mut findings = code(pods, snapshot, image);
    let mounts_configuration = pods.config.nodes.values().any(|settings| {
        let mut volumes = settings.volumes.iter();
        volumes.any(|volume| volume.mount_path.contains("conf"))
    });
    if !mounts_configuration {
        findings.extend(configuration(pods, snapshot, image));
    }
    findings
}

/// An excluded path, and the reason.
type KeptOut<'a> = (&'a str, PathInImage);

fn kept_out<'a>(image: &Image<'_>, path: &'a str) -> Option<KeptOut<'a>> {
    let found = image.locate(path);
    let is_out = matches!(
        found,
        PathInImage::KeptOut(_) | PathInImage::KeptOutByUs | PathInImage::NotCopied
    );
    is_out.then_some((path, found))
}

fn code(pods: &Pods<'_>, snapshot: &Snapshot, image: &Image<'_>) -> Vec<Diagnostic> {
    let project = &snapshot.project;
    let mut wanted = vec!["pyproject.toml".to_owned()];
    if !installs_a_wheel(image) {
        wanted.push(format!("{}/{}", project.source, project.package));
        let nodes = pods.parts.iter().flat_map(|(snapshot, _)| &snapshot.nodes);
        let files = nodes.filter_map(|node| Some(node.source.as_ref()?.file.clone()));
        let mut files: Vec<String> = files.filter(|file| !file.starts_with('/')).collect();
        files.sort_unstable();
        files.dedup();
        wanted.extend(files);
    }
    // A package from an index may be the project itself.
    let may_install = || Installs::of(image).is_open;
    let missing: Vec<KeptOut<'_>> = wanted
        .iter()
        .filter_map(|path| kept_out(image, path))
        .filter(|(path, found)| {
            *found != PathInImage::NotCopied || *path == "pyproject.toml" || !may_install()
        })
        .collect();
    let is_inside = |path: &str| {
        missing
            .iter()
            .any(|(other, _)| *other != path && is_below(path, other))
    };
    let outermost = missing.iter().filter(|(path, _)| !is_inside(path));
    let fetches = makes::may_fetch(image.dockerfile) || !makes::base_is_plain(image.dockerfile);
    outermost
        .map(|(path, found)| not_in_image(image, path, *found, "", fetches))
        .collect()
}

fn not_in_image(
    image: &Image<'_>,
    path: &str,
    found: PathInImage,
    more: &str,
    fetches: bool,
) -> Diagnostic {
    let ignore_file = image.ignore_file.unwrap_or(".dockerignore");
    let dockerfile = image.dockerfile_path;
    let (why, help) = match found {
        PathInImage::NotCopied => (
            format!("{dockerfile} does not copy `{path}`{more} into the image"),
            format!(
                "add this line to {dockerfile}: {}",
                copied::line(image, path)
            ),
        ),
        PathInImage::KeptOutByUs => (
            format!("argo-kedro excludes `{path}`{more} from images"),
            format!("to include it, add `!{path}` to {ignore_file}"),
        ),
        _ => (
            format!("{ignore_file} excludes `{path}`{more} from the image"),
            format!("remove the line from {ignore_file}, or add `!{path}` at its end"),
        ),
    };
    let message = format!("{why}, but every pod needs it");
    let finding = if fetches {
        rule::PROJECT_NOT_IN_IMAGE.warning(message)
    } else {
        rule::PROJECT_NOT_IN_IMAGE.diagnostic(message)
    };
    finding.at(at(image, found)).help(help)
}

fn at(image: &Image<'_>, found: PathInImage) -> Place {
    match (image.ignore_file, found) {
        (Some(file), PathInImage::KeptOut(Some(line))) => Place::default().line(file, line),
        _ => Place {
            file: Some(image.dockerfile_path.to_owned()),
            ..Place::default()
        },
    }
}

/// Says whether a wheel may install the project's package.
fn installs_a_wheel(image: &Image<'_>) -> bool {
    let words = image
        .dockerfile
        .commands()
        .flat_map(|command| &command.words);
    let mut words =
        words.filter(|word| !word.contains("argo-kedro") && !word.contains("argo_kedro"));
    words.any(|word| has_suffix(word, "whl") || word == "dist" || word.contains("dist/"))
}

fn configuration(pods: &Pods<'_>, snapshot: &Snapshot, image: &Image<'_>) -> Vec<Diagnostic> {
    let configuration = &snapshot.configuration;
    let base = configuration.base.iter().map(|folder| (folder, false));
    let own = configuration.environment.iter();
    let own = own.map(|folder| (folder, configuration.is_default));
    let fetches = makes::may_fetch(image.dockerfile);
    let mut findings = Vec::new();
    for (folder, is_default) in base.chain(own) {
        let files = configuration.files.iter();
        let missing: Vec<KeptOut<'_>> = files
            .filter(|file| is_below(file, folder))
            .filter_map(|file| kept_out(image, file))
            .collect();
        if let Some((file, found)) = missing.first() {
            let more = and_more(missing.len());
            findings.push(if is_default {
                let verb = if more.is_empty() { "is" } else { "are" };
                of_this_machine(pods, image, file, *found, &format!("{more} {verb}"))
            } else {
                not_in_image(
                    image,
                    file,
                    *found,
                    &more,
                    fetches && *found == PathInImage::NotCopied,
                )
            });
        }
        let is_missing = missing.is_empty() || is_default;
        if is_missing && !has_folder(image, folder) {
            findings.push(no_folder(pods, image, folder));
        }
    }
    findings
}

fn of_this_machine(
    pods: &Pods<'_>,
    image: &Image<'_>,
    file: &str,
    found: PathInImage,
    are: &str,
) -> Diagnostic {
    let message = format!(
        "`{file}`{are} used on this machine, but not in the image: pods run with other configuration than the one \
         that was checked"
    );
    rule::CONFIGURATION_NOT_IN_IMAGE
        .diagnostic(message)
        .at(at(image, found))
        .help(format!(
            "put the configuration of the pods into an environment for the cluster, {}",
            pods.another_environment()
        ))
}

/// Says whether the image has a folder of the configuration, even an empty one.
fn has_folder(image: &Image<'_>, folder: &str) -> bool {
    let inside = format!("{folder}/");
    matches!(image.locate(&inside), PathInImage::InImage)
        || makes::may_make_folder(image.dockerfile, folder)
}

fn no_folder(pods: &Pods<'_>, image: &Image<'_>, folder: &str) -> Diagnostic {
    let found = image.locate(&format!("{folder}/"));
    let message = format!(
        "the image does not have the folder `{folder}`, but Kedro needs it: every pod will fail"
    );
    let may_come = found == PathInImage::NotCopied && makes::may_fetch(image.dockerfile);
    let finding = if makes::base_is_plain(image.dockerfile) && !may_come {
        rule::MISSING_CONFIGURATION_FOLDER.diagnostic(message)
    } else {
        rule::MISSING_CONFIGURATION_FOLDER.warning(message)
    };
    let make = format!(
        "add this line at the end of {}: RUN mkdir -p {folder}",
        image.dockerfile_path
    );
    let mut parts = pods.parts.iter();
    let is_default = parts.any(|(snapshot, _)| snapshot.configuration.is_default);
    finding.at(at(image, found)).help(if is_default {
        let another = pods.another_environment();
        format!("{make}; or use another environment, {another}")
    } else {
        make
    })
}
