//! Rules for data that pods write to their own disks: the next pod cannot read it, and it is lost with the pod.

use std::collections::BTreeSet;

use diagnostic::{Diagnostic, Place, Subject};

use super::paths::{DataPath, ancestors};
use super::pods::{Pods, Use};
use crate::rule;

/// Finds local data that one task writes and another one reads, and local data that is lost.
pub(super) fn check(pods: &Pods<'_>) -> Vec<Diagnostic> {
    let mut findings = crossing(pods);
    findings.extend(handed_off(pods));
    findings.extend(lost(pods));
    findings
}

/// Finds tasks that hand data over on a pod's own disk, which no other pod can read.
fn handed_off(pods: &Pods<'_>) -> Option<Diagnostic> {
    let path = pods.config.memory_datasets.path.as_deref();
    let path = path.filter(|path| !path.is_empty() && is_on_disk(path))?;
    let is_handed = |used: &plan::DataUse| used.kind == plan::DataKind::HandOff;
    let mut tasks = pods
        .parts
        .iter()
        .flat_map(|(snapshot, plan)| plan.tasks.iter().map(move |task| (*snapshot, task)));
    // A template of the user may do anything with its files.
    let (_, task) = tasks.find(|(snapshot, task)| {
        let folder = DataPath::of(path, snapshot);
        let root = pods.root(task);
        let places = pods.places.get(task.name.as_str());
        let keeps = places.is_some_and(|places| places.keeps_output(&folder, root));
        let has_input = places.is_some_and(|places| places.may_have_input(&folder, root));
        task.template.is_none()
            && (!keeps && task.outputs.iter().any(is_handed)
                || !has_input && task.inputs.iter().any(is_handed))
    })?;
    let message = format!(
        "`memory_datasets.path` is a folder of each pod (`{path}`): task `{}` shares no volume there with the others",
        task.name
    );
    let help = format!(
        "set it to a URL that every task reaches, e.g. s3://bucket/prefix, or mount a shared volume there in all \
         tasks; or use an environment whose catalog points to a bucket, {}",
        pods.another_environment()
    );
    let place = pods.config.places.of(&["memory_datasets", "path"]);
    Some(
        rule::HANDOFF_WITHOUT_PATH
            .diagnostic(message)
            .at(place)
            .help(help),
    )
}

/// Says whether a path is not the URL of a store. A path that starts with a variable of Argo or Kubernetes may be one.
fn is_on_disk(path: &str) -> bool {
    if path.starts_with("{{") || path.starts_with("$(") {
        return false;
    }
    let scheme = path.split_once("://").map(|(scheme, _)| scheme);
    scheme.is_none_or(|scheme| matches!(scheme, "file" | "local"))
}

fn crossing(pods: &Pods<'_>) -> Vec<Diagnostic> {
    let written: Vec<Use<'_>> = pods.written().collect();
    let mut findings = Vec::new();
    let mut seen = BTreeSet::new();
    for usage in pods.read() {
        let plain = usage.plain();
        let same = |other: &&Use<'_>| {
            other.plain() == plain && std::ptr::eq(other.snapshot, usage.snapshot)
        };
        let Some(maker) = written.iter().find(same) else {
            continue;
        };
        if usage.dataset.place != project::snapshot::DataPlace::Local
            || keeps_output(pods, maker) && may_have_input(pods, &usage)
            || !seen.insert(plain)
        {
            continue;
        }
        findings.push(
            rule::LOCAL_PATH_CROSSES_TASKS
                .diagnostic(format!(
                    "dataset `{plain}` crosses tasks and is on local disk (`{}`) in environment `{}`",
                    usage.shown_path(),
                    usage.snapshot.environment_name()
                ))
                .at(usage.place())
                .help(format!(
                    "tasks on a cluster share no disk: mount a shared volume there in both tasks, or use an environment \
                     whose catalog points to a bucket, {}",
                    pods.another_environment()
                )),
        );
    }
    findings
}

fn lost(pods: &Pods<'_>) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    let mut seen = BTreeSet::new();
    for usage in pods.written() {
        let plain = usage.plain();
        let is_read = usage.snapshot.nodes.iter().any(|node| {
            let mut inputs = node.inputs.iter();
            inputs.any(|input| project::snapshot::without_transcoding(input) == plain)
        });
        if is_read || !usage.is_local() || keeps_output(pods, &usage) || takes_out(pods, &usage) {
            continue;
        }
        if !seen.insert(plain) {
            continue;
        }
        findings.push(
            rule::OUTPUT_LOST_WITH_POD
                .diagnostic(format!(
                    "dataset `{plain}` is written to the disk of a pod (`{}`), and is lost when the pod ends",
                    usage.shown_path()
                ))
                .at(Place::of(Subject::Dataset(plain.to_owned())))
                .help(format!(
                    "mount a volume there, or use an environment whose catalog points to a bucket, {}",
                    pods.another_environment()
                )),
        );
    }
    findings
}

/// Says whether the output of a task outlives its pod.
fn keeps_output(pods: &Pods<'_>, usage: &Use<'_>) -> bool {
    let path = DataPath::of(usage.path(), usage.snapshot);
    let places = pods.places.get(usage.task.name.as_str());
    places.is_some_and(|places| places.keeps_output(&path, pods.root(usage.task)))
}

/// Says whether a task may find the output of another one.
fn may_have_input(pods: &Pods<'_>, usage: &Use<'_>) -> bool {
    let path = DataPath::of(usage.path(), usage.snapshot);
    let places = pods.places.get(usage.task.name.as_str());
    places.is_some_and(|places| places.may_have_input(&path, pods.root(usage.task)))
}

/// Says whether the words of a custom template name the path: the template may then move the files.
fn takes_out(pods: &Pods<'_>, usage: &Use<'_>) -> bool {
    let places = pods.places.get(usage.task.name.as_str());
    let path = DataPath::of(usage.path(), usage.snapshot);
    usage.task.template.is_some()
        && places.is_some_and(|places| {
            let is_named = |part: &str| !part.is_empty() && places.command_line.contains(part);
            ancestors(path.shown()).any(is_named)
        })
}
