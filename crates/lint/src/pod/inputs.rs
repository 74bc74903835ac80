//! Rules for data that tasks read and no task writes: it must exist before the run.

use std::collections::BTreeSet;

use diagnostic::{Diagnostic, Place, Subject};
use project::Snapshot;
use project::snapshot::{DataPlace, Dataset, is_parameter, without_transcoding};

use super::image::{Image, PathInImage};
use super::paths::{DataPath, overlap};
use super::pods::{Pods, Use};
use super::{copied, makes};
use crate::rule;

/// Texts that differ in each run: the worker's placeholder for the run's id
/// (`python/argo_kedro/worker/configuration.py`), and tags that Argo replaces.
const OF_ONE_RUN: [&str; 4] = [
    "WORKFLOW_ID",
    "{{workflow.uid}}",
    "{{workflow.name}}",
    "{{pod.name}}",
];

/// Inputs that no pod can find.
pub(super) fn check(pods: &Pods<'_>) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    let mut seen = BTreeSet::new();
    for usage in unwritten_datasets(pods) {
        let finding = of_one_run(pods, &usage).or_else(|| not_in_image(pods, &usage));
        if let Some(finding) = finding
            && seen.insert(usage.plain())
        {
            findings.push(finding);
        }
    }
    findings
}

/// Paths in the project of datasets that nodes read and no node writes.
pub fn local_inputs(snapshot: &Snapshot) -> Vec<String> {
    let mut found: Vec<String> = raw_inputs(snapshot)
        .filter(|dataset| dataset.place == DataPlace::Local)
        .filter_map(
            |dataset| match DataPath::of(dataset.path.as_deref()?, snapshot) {
                DataPath::Inside(path) => Some(path),
                DataPath::Outside(_) => None,
            },
        )
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// Says whether a store holds a dataset that nodes read and no node writes.
pub fn has_remote_inputs(snapshot: &Snapshot) -> bool {
    raw_inputs(snapshot).any(|dataset| dataset.place == DataPlace::Remote)
}

/// Datasets of the catalog that nodes read and no node writes.
fn raw_inputs(snapshot: &Snapshot) -> impl Iterator<Item = &Dataset> {
    let made: BTreeSet<&str> = snapshot
        .nodes
        .iter()
        .flat_map(|node| &node.outputs)
        .map(|output| without_transcoding(output))
        .collect();
    let read = snapshot.nodes.iter().flat_map(|node| &node.inputs);
    read.filter(move |name| !is_parameter(name) && !made.contains(without_transcoding(name)))
        .filter_map(|name| snapshot.datasets.get(name))
}

/// Datasets that no task writes, neither by name nor as a part of another dataset's path, nor the other way around.
fn unwritten_datasets<'a>(pods: &Pods<'a>) -> impl Iterator<Item = Use<'a>> {
    let written: Vec<Use<'a>> = pods.written().collect();
    pods.read().filter(move |usage| {
        let is_made = |other: &Use<'a>| {
            let same =
                other.plain() == usage.plain() && std::ptr::eq(other.snapshot, usage.snapshot);
            same || !usage.path().is_empty() && overlap(other.path(), usage.path())
        };
        !written.iter().any(is_made)
    })
}

fn of_one_run(pods: &Pods<'_>, usage: &Use<'_>) -> Option<Diagnostic> {
    let path = usage.path();
    let every = pods.config.nodes.get("*");
    let every = every.into_iter().flat_map(|settings| &settings.environment);
    let variables = pods.config.template.environment.iter().chain(every);
    let of_pod = variables.filter(|variable| {
        let field = variable.field_ref.as_deref();
        matches!(field, Some("metadata.name" | "metadata.uid"))
    });
    let mut words = OF_ONE_RUN
        .into_iter()
        .chain(of_pod.map(|variable| variable.name.as_str()));
    words.find(|word| has_word(path, word))?;
    // Init templates run before the pipeline, and know the run.
    if !pods.config.template.init_templates.is_empty() {
        return None;
    }
    Some(
        rule::INPUT_WITH_RUN_ID
            .diagnostic(format!(
                "no task writes `{}`, but its path has the id of the run (`{}`): every run looks into a new, \
                 empty folder",
                usage.plain(),
                usage.shown_path()
            ))
            .at(usage.place())
            .help(
                "use a path without `WORKFLOW_ID` for input data; only data that tasks write belong into the folder \
                 of the run",
            ),
    )
}

/// Says whether a path contains a whole word, with no letter of the same case beside it: `run_WORKFLOW_ID` does,
/// `WORKFLOW_IDS` does not.
fn has_word(path: &str, word: &str) -> bool {
    let goes_on = |own: Option<char>, other: Option<char>| {
        own.zip(other).is_some_and(|(own, other)| {
            own.is_ascii_uppercase() && other.is_ascii_uppercase()
                || own.is_ascii_lowercase() && other.is_ascii_lowercase()
        })
    };
    path.match_indices(word).any(|(start, _)| {
        let before = path[..start].chars().next_back();
        let after = path[start + word.len()..].chars().next();
        !goes_on(word.chars().next(), before) && !goes_on(word.chars().next_back(), after)
    })
}

fn not_in_image(pods: &Pods<'_>, usage: &Use<'_>) -> Option<Diagnostic> {
    let image = pods.image?;
    if !usage.is_local() {
        return None;
    }
    let mut path = DataPath::of(usage.path(), usage.snapshot);
    let root = pods.root(usage.task);
    let project = &usage.snapshot.project.path;
    if let DataPath::Inside(_) = path
        && usage.path().contains(project.as_str())
        && root != Some(project.as_str())
        && (image.is_written)(project)
    {
        // The configuration contains the absolute path itself, so the path belongs to this machine.
        path = DataPath::Outside(usage.path().to_owned());
    }
    let places = pods.places.get(usage.task.name.as_str());
    if places.is_some_and(|places| places.may_have_input(&path, root))
        || makes::may_hold(image.dockerfile, &path)
    {
        return None;
    }
    let plain = usage.plain();
    let shown = path.shown();
    let found = match &path {
        DataPath::Inside(inside) => image.locate(inside),
        DataPath::Outside(_) => PathInImage::Elsewhere,
    };
    let ignore_file = image.ignore_file.unwrap_or(".dockerignore");
    let store = format!(
        "or use an environment whose catalog reads it from a bucket, {}",
        pods.another_environment()
    );
    let mut at = usage.place();
    let (why, help, is_certain) = match found {
        PathInImage::InImage => return None,
        PathInImage::KeptOut(None) => (
            format!("the image will not have `{shown}`"),
            format!("put a copy of it into the project, {store}"),
            true,
        ),
        PathInImage::KeptOut(Some(line)) => {
            at = Place::of(Subject::Dataset(plain.to_owned())).line(ignore_file, line);
            (
                format!("{ignore_file} excludes `{shown}` from the image"),
                format!("add `!{shown}` at the end of {ignore_file}, {store}"),
                true,
            )
        }
        PathInImage::KeptOutByUs => (
            format!("argo-kedro excludes `{shown}` from images"),
            format!("to include it, add `!{shown}` to {ignore_file}, {store}"),
            true,
        ),
        PathInImage::NotCopied => (
            format!(
                "{} does not copy `{shown}` into the image",
                image.dockerfile_path
            ),
            format!(
                "add this line to {}: {}; {store}",
                image.dockerfile_path,
                copied::line(image, shown)
            ),
            true,
        ),
        PathInImage::Elsewhere => (
            format!("`{shown}` is outside of the build context"),
            format!("put it into the project, mount a volume there, {store}"),
            true,
        ),
        PathInImage::Nowhere => (
            format!("`{shown}` does not exist on this machine"),
            format!("put it there before the image is built, {store}"),
            !usage.is_own(),
        ),
    };
    let message = format!("no task writes `{plain}`, and {why}: the pod that reads it will fail");
    let is_certain = is_certain && is_certain_of(image);
    let rule = rule::INPUT_NOT_IN_IMAGE;
    let finding = if is_certain {
        rule.diagnostic(message)
    } else {
        rule.warning(message)
    };
    Some(finding.at(at).help(help))
}

/// Says whether only the build context can supply a file: a base image of the user may contain it, and the build may
/// download it.
fn is_certain_of(image: &Image<'_>) -> bool {
    makes::base_is_plain(image.dockerfile) && !makes::may_fetch(image.dockerfile)
}
