//! Artifacts: their stores, and their paths in the container.

use argo::document::Template;
use argo::document::read::{entry, field, has, name, text};
use argo::text::tags::has_tag;
use diagnostic::yaml::Yaml;

use super::names::{self, Naming};
use crate::finding::Findings;
use crate::rule::{
    AMBIGUOUS_ARTIFACT_SOURCE, ARTIFACT_FROM_IN_INPUTS, ARTIFACT_WITHOUT_PATH,
    FIELD_NOT_FOR_TEMPLATE, INVALID_ARTIFACT_PATH, MISSING_FIELD,
};

/// The stores, with the key that names the object in each.
const STORES: &[(&str, &str)] = &[
    ("s3", "key"),
    ("git", "repo"),
    ("http", "url"),
    ("artifactory", "url"),
    ("hdfs", "path"),
    ("raw", "data"),
    ("oss", "key"),
    ("gcs", "key"),
    ("azure", "blob"),
    ("plugin", "key"),
];

/// Says whether an artifact names its location.
pub(super) fn has_source(artifact: &Yaml) -> bool {
    STORES.iter().any(|(store, key)| {
        field(artifact, store).is_some_and(|location| text(location, key).is_some())
    })
}

/// Checks the artifacts of a template.
pub(super) fn check(template: &Template<'_>, inline: bool, findings: &mut Findings) {
    let naming = if inline {
        Naming::InlineArtifact
    } else {
        Naming::Artifact
    };
    names::check(template.input_artifacts(), "artifact", naming, findings);
    names::check(template.output_artifacts(), "artifact", naming, findings);
    for artifact in template.input_artifacts() {
        path(template, artifact, findings);
        if let Some((key, _)) = entry(artifact, "from") {
            let message = "an input artifact cannot have `from`";
            let help = "set `from` in the `arguments` of the task or step that runs the template";
            findings.push(ARTIFACT_FROM_IN_INPUTS.at(key, message).help(help));
        }
        location(artifact, findings);
    }
    for artifact in template.output_artifacts() {
        path(template, artifact, findings);
        names::global(artifact, findings);
        location(artifact, findings);
    }
    if let Some(archive) = field(template.yaml, "archiveLocation") {
        location(archive, findings);
    }
}

fn path(template: &Template<'_>, artifact: &Yaml, findings: &mut Findings) {
    let title = name(artifact).unwrap_or_default();
    match (entry(artifact, "path"), template.is_leaf()) {
        (Some((key, _)), false) => {
            let message = "an artifact has a `path` only where a container runs";
            findings.push(FIELD_NOT_FOR_TEMPLATE.at(key, message));
        }
        (None, false) => {}
        (Some((_, value)), true) => match value.as_str() {
            Some("") => without_path(value, title, findings),
            Some(text) if escapes_folder(text) => {
                let message = format!("the path of artifact `{title}` leaves its folder");
                let help = "write it without `..`";
                findings.push(INVALID_ARTIFACT_PATH.at(value, message).help(help));
            }
            _ => {}
        },
        (None, true) => without_path(artifact, title, findings),
    }
}

fn without_path(node: &Yaml, title: &str, findings: &mut Findings) {
    let message = format!("artifact `{title}` has no `path` in the container");
    findings.push(ARTIFACT_WITHOUT_PATH.at(node, message));
}

/// Says whether `..` in a path leads out of the folder where the path begins.
fn escapes_folder(path: &str) -> bool {
    let Some(position) = path
        .find("/../")
        .or_else(|| path.ends_with("/..").then(|| path.len().saturating_sub(3)))
    else {
        return false;
    };
    let safe = path.get(..position).unwrap_or_default();
    if safe.is_empty() {
        return false;
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in path
        .split('/')
        .filter(|part| !part.is_empty() && *part != ".")
    {
        if part == ".." {
            parts.pop();
        } else {
            parts.push(part);
        }
    }
    let cleaned = format!("/{}", parts.join("/"));
    let inside = format!("{}/", safe.trim_end_matches('/'));
    !cleaned.starts_with(&inside) || cleaned.len() <= inside.len()
}

fn location(artifact: &Yaml, findings: &mut Findings) {
    let stores: Vec<_> = STORES
        .iter()
        .filter_map(|(store, _)| entry(artifact, store))
        .collect();
    if let [(first, _), (second, _), ..] = stores.as_slice() {
        let message = format!(
            "the artifact has two stores: `{}` and `{}`",
            first.name, second.name
        );
        findings.push(AMBIGUOUS_ARTIFACT_SOURCE.at(second, message));
    }
    for (store, key) in [("git", "repo"), ("hdfs", "path")] {
        let Some(location) = field(artifact, store) else {
            continue;
        };
        if has(location, key) && text(location, key).is_none() {
            let message = format!("`{store}.{key}` is empty");
            findings.push(MISSING_FIELD.at(location, message));
        }
    }
    if let Some(hdfs) = field(artifact, "hdfs") {
        let path = text(hdfs, "path").unwrap_or_default();
        if !path.is_empty() && !path.starts_with('/') && !has_tag(path) {
            let message = "a path in HDFS starts with `/`";
            let node = field(hdfs, "path").unwrap_or(hdfs);
            findings.push(INVALID_ARTIFACT_PATH.at(node, message));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::escapes_folder;

    #[test]
    fn paths_that_leave_their_folder() {
        assert!(escapes_folder("/tmp/safe/../../etc/passwd") && escapes_folder("/tmp/safe/.."));
        assert!(!escapes_folder("/tmp/safe/file") && !escapes_folder("/tmp/a..b"));
    }
}
