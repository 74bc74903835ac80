//! Locations, keys and paths of artifacts
//! (`pkg/apis/workflow/v1alpha1/workflow_types.go`, `workflow/common/util.go` of Argo Workflows 4.1.2).

use serde_json::Value;

use crate::spec::{Artifact, Tree, VolumeMount};

/// Kind of a location, in the order in which Argo looks for one (`ArtifactLocation.Get`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LocationKind {
    /// `JFrog` Artifactory.
    Artifactory,
    /// An Azure container.
    Azure,
    /// A git repository.
    Git,
    /// A Google Cloud Storage bucket.
    Gcs,
    /// HDFS.
    Hdfs,
    /// A URL.
    Http,
    /// An Alibaba OSS bucket.
    Oss,
    /// The content itself.
    Raw,
    /// A bucket with the S3 protocol.
    S3,
    /// A location that only a plugin understands.
    Plugin,
}

impl LocationKind {
    /// The artifact's field for this kind of location.
    pub fn field(self) -> &'static str {
        match self {
            Self::Artifactory => "artifactory",
            Self::Azure => "azure",
            Self::Git => "git",
            Self::Gcs => "gcs",
            Self::Hdfs => "hdfs",
            Self::Http => "http",
            Self::Oss => "oss",
            Self::Raw => "raw",
            Self::S3 => "s3",
            Self::Plugin => "plugin",
        }
    }

    /// The field that holds the key; none if this kind of location has no key.
    fn key_field(self) -> Option<&'static str> {
        match self {
            Self::S3 | Self::Gcs | Self::Oss | Self::Plugin => Some("key"),
            Self::Azure => Some("blob"),
            Self::Hdfs => Some("path"),
            Self::Http | Self::Artifactory => Some("url"),
            Self::Git | Self::Raw => None,
        }
    }

    /// The fields that a location must have to be complete (`HasLocation` of each kind).
    fn required_fields(self) -> &'static [&'static str] {
        match self {
            Self::Artifactory => &["url", "usernameSecret"],
            Self::Azure => &["endpoint", "container", "blob"],
            Self::Git => &["repo"],
            Self::Gcs => &["bucket", "key"],
            Self::Hdfs => &["addresses"],
            Self::Http => &["url"],
            Self::Oss => &["bucket", "endpoint", "key"],
            Self::Raw => &[],
            Self::S3 => &["endpoint", "bucket", "key"],
            Self::Plugin => &["name", "configuration", "key"],
        }
    }
}

/// Fault of an artifact: it has no key, or no path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ArtifactError {
    /// The artifact has no location, and no repository is configured.
    #[error(
        "artifact storage is not configured; see the docs for setup instructions: https://argo-workflows.readthedocs.io/en/latest/configure-artifact-repository/"
    )]
    NoLocation,
    /// A raw artifact is its content, and has no key. The misspelling is Argo's.
    #[error("key unsupported: raw artifat does not have key")]
    RawHasNoKey,
    /// A location of this kind has no key.
    #[error("key unsupported: {0} artifact does not have a key")]
    NoKey(&'static str),
    /// The artifact of this name has no path.
    #[error("Artifact '{0}' did not specify a path")]
    NoPath(String),
    /// The path of the artifact of this name leaves the folder that it begins with.
    #[error(
        "Artifact '{0}' attempted to use a path containing '..'. Directory traversal is not permitted"
    )]
    PathLeavesFolder(String),
}

/// The location that an artifact names, complete or not.
pub fn location(artifact: &Artifact) -> Option<(LocationKind, &Tree)> {
    let locations = [
        (LocationKind::Artifactory, &artifact.artifactory),
        (LocationKind::Azure, &artifact.azure),
        (LocationKind::Git, &artifact.git),
        (LocationKind::Gcs, &artifact.gcs),
        (LocationKind::Hdfs, &artifact.hdfs),
        (LocationKind::Http, &artifact.http),
        (LocationKind::Oss, &artifact.oss),
        (LocationKind::Raw, &artifact.raw),
        (LocationKind::S3, &artifact.s3),
        (LocationKind::Plugin, &artifact.plugin),
    ];
    let mut named = locations.into_iter();
    named.find_map(|(kind, tree)| Some((kind, tree.as_ref()?)))
}

fn location_mut(artifact: &mut Artifact) -> Option<(LocationKind, &mut Tree)> {
    let (kind, _) = location(artifact)?;
    let tree = match kind {
        LocationKind::Artifactory => &mut artifact.artifactory,
        LocationKind::Azure => &mut artifact.azure,
        LocationKind::Git => &mut artifact.git,
        LocationKind::Gcs => &mut artifact.gcs,
        LocationKind::Hdfs => &mut artifact.hdfs,
        LocationKind::Http => &mut artifact.http,
        LocationKind::Oss => &mut artifact.oss,
        LocationKind::Raw => &mut artifact.raw,
        LocationKind::S3 => &mut artifact.s3,
        LocationKind::Plugin => &mut artifact.plugin,
    };
    tree.as_mut().map(|tree| (kind, tree))
}

/// True if the location of an artifact is complete, so that no repository is needed.
pub fn has_location(artifact: &Artifact) -> bool {
    location(artifact).is_some_and(|(kind, tree)| {
        let mut needed = kind.required_fields().iter();
        needed.all(|field| match tree.get(*field) {
            None | Some(Value::Null) => false,
            Some(Value::String(text)) => !text.is_empty(),
            Some(Value::Array(values)) => !values.is_empty(),
            Some(_) => true,
        })
    })
}

/// Key of an artifact in its repository, empty if its location names none.
///
/// # Errors
///
/// The artifact has no location, or one that has no key.
pub fn key(artifact: &Artifact) -> Result<String, ArtifactError> {
    let (kind, tree) = location(artifact).ok_or(ArtifactError::NoLocation)?;
    let field = kind.key_field().ok_or_else(|| no_key(kind))?;
    let text = tree.get(field).and_then(Value::as_str).unwrap_or("");
    Ok(match field {
        "url" => text[url_path(text)].to_owned(),
        _ => text.to_owned(),
    })
}

/// Gives an artifact another key.
///
/// # Errors
///
/// The artifact has no location, or one that has no key.
pub fn set_key(artifact: &mut Artifact, key: &str) -> Result<(), ArtifactError> {
    let (kind, tree) = location_mut(artifact).ok_or(ArtifactError::NoLocation)?;
    let field = kind.key_field().ok_or_else(|| no_key(kind))?;
    let text = match (field, tree.get(field).and_then(Value::as_str)) {
        ("url", Some(url)) => {
            let path = url_path(url);
            let slash = if key.starts_with('/') { "" } else { "/" };
            format!("{}{slash}{key}{}", &url[..path.start], &url[path.end..])
        }
        _ => key.to_owned(),
    };
    tree.insert(field.to_owned(), Value::String(text));
    Ok(())
}

/// Narrows an artifact to its part `sub_path`: appends that to the key.
///
/// # Errors
///
/// The artifact has no location, or one that has no key.
pub fn append_to_key(artifact: &mut Artifact, sub_path: &str) -> Result<(), ArtifactError> {
    let whole = join(&[&key(artifact)?, sub_path]);
    set_key(artifact, &whole)
}

fn no_key(kind: LocationKind) -> ArtifactError {
    match kind {
        LocationKind::Raw => ArtifactError::RawHasNoKey,
        kind => ArtifactError::NoKey(kind.field()),
    }
}

/// True if an artifact has a key that is not empty.
pub fn has_key(artifact: &Artifact) -> bool {
    key(artifact).is_ok_and(|key| !key.is_empty())
}

/// True if an input artifact is supplied: it has a location or a key.
pub fn is_supplied(artifact: &Artifact) -> bool {
    has_location(artifact) || has_key(artifact)
}

/// The path of an artifact in the container, without `.`, `..` and double slashes.
///
/// # Errors
///
/// The artifact has no path, or the path's `..` leave the folder before them.
pub fn clean_path(artifact: &Artifact) -> Result<String, ArtifactError> {
    let path = artifact.path.as_str();
    if path.is_empty() {
        return Err(ArtifactError::NoPath(artifact.name.clone()));
    }
    let safe = match path.split_once("/../") {
        Some((before, _)) => before,
        None => path.strip_suffix("/..").unwrap_or_default(),
    };
    let cleaned = clean(path);
    let is_inside = |rest: &str| rest.strip_prefix('/').is_some_and(|rest| !rest.is_empty());
    if !safe.is_empty() && !cleaned.strip_prefix(safe).is_some_and(is_inside) {
        return Err(ArtifactError::PathLeavesFolder(artifact.name.clone()));
    }
    Ok(cleaned)
}

/// The deepest mount that contains a path, if any (`FindOverlappingVolume`).
pub fn mount_over<'a>(mounts: &'a [VolumeMount], path: &str) -> Option<&'a VolumeMount> {
    let path = clean(path);
    let over = mounts.iter().filter(|mount| {
        let at = clean(&mount.mount_path);
        at == "/"
            || path
                .strip_prefix(&at)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    });
    // Of equally deep mounts, take the first.
    over.rev().max_by_key(|mount| mount.mount_path.len())
}

/// Joins parts of a path with slashes, without empty parts, and cleans the result (Go's `path.Join`).
pub fn join(parts: &[&str]) -> String {
    let parts: Vec<&str> = parts
        .iter()
        .copied()
        .filter(|part| !part.is_empty())
        .collect();
    if parts.is_empty() {
        return String::new();
    }
    clean(&parts.join("/"))
}

/// A path without `.`, inner `..`, and double slashes (Go's `path.Clean`).
pub fn clean(path: &str) -> String {
    let is_absolute = path.starts_with('/');
    let mut kept: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => match kept.last() {
                Some(last) if *last != ".." => {
                    kept.pop();
                }
                _ if is_absolute => {}
                _ => kept.push(".."),
            },
            part => kept.push(part),
        }
    }
    match (is_absolute, kept.is_empty()) {
        (true, _) => format!("/{}", kept.join("/")),
        (false, true) => ".".to_owned(),
        (false, false) => kept.join("/"),
    }
}

/// Finds the byte range of the path in a URL.
fn url_path(url: &str) -> std::ops::Range<usize> {
    let end = url.find(['?', '#']).unwrap_or(url.len());
    let authority = url[..end].find("://").map_or(0, |scheme| scheme + 3);
    let start = match url[authority..end].find('/') {
        Some(slash) => authority + slash,
        None if authority > 0 => end,
        None => 0,
    };
    start..end
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::spec::from_json;

    fn artifact(tree: &Value) -> Artifact {
        from_json(tree).unwrap()
    }

    #[test]
    fn a_location_is_whole_or_has_a_key_or_neither() {
        for (tree, is_whole, key) in [
            (json!({"s3": {"key": "a"}}), false, "a"),
            (json!({"s3": {"bucket": "b", "key": "a"}}), false, "a"),
            (
                json!({"s3": {"endpoint": "e", "bucket": "b", "key": "a"}}),
                true,
                "a",
            ),
            (json!({"gcs": {"bucket": "b", "key": "a"}}), true, "a"),
            (json!({"gcs": {"key": "a"}}), false, "a"),
            (json!({"azure": {"blob": "a"}}), false, "a"),
            (json!({"oss": {"bucket": "b", "key": "a"}}), false, "a"),
            (json!({"hdfs": {"path": "/a"}}), false, "/a"),
            (
                json!({"hdfs": {"addresses": ["x"], "path": "/a"}}),
                true,
                "/a",
            ),
            (json!({"http": {"url": "http://h:1/a/b?c#d"}}), true, "/a/b"),
            (json!({"artifactory": {"url": "http://h/a"}}), false, "/a"),
            (json!({"plugin": {"key": "a"}}), false, "a"),
            (json!({"git": {"repo": "r"}}), true, ""),
            (json!({"raw": {"data": ""}}), true, ""),
            (json!({"s3": {"bucket": "b"}}), false, ""),
            (json!({}), false, ""),
        ] {
            let artifact = artifact(&tree);
            assert_eq!(has_location(&artifact), is_whole, "{tree}");
            assert_eq!(super::key(&artifact).unwrap_or_default(), key, "{tree}");
            assert_eq!(
                is_supplied(&artifact),
                is_whole || !key.is_empty(),
                "{tree}"
            );
        }
    }

    #[test]
    fn a_sub_path_goes_to_the_end_of_the_key() {
        for (tree, after) in [
            (
                json!({"s3": {"key": "a/"}}),
                json!({"s3": {"key": "a/x/y"}}),
            ),
            (
                json!({"http": {"url": "https://h/a?q=1"}}),
                json!({"http": {"url": "https://h/a/x/y?q=1"}}),
            ),
            (
                json!({"http": {"url": "https://h"}}),
                json!({"http": {"url": "https://h/x/y"}}),
            ),
        ] {
            let mut artifact = artifact(&tree);
            append_to_key(&mut artifact, "x//y").unwrap();
            assert_eq!(crate::spec::to_json(&artifact), after);
        }
        for (tree, message) in [
            (
                json!({"raw": {"data": "x"}}),
                "key unsupported: raw artifat does not have key",
            ),
            (
                json!({"git": {"repo": "x"}}),
                "key unsupported: git artifact does not have a key",
            ),
        ] {
            let error = append_to_key(&mut artifact(&tree), "x").unwrap_err();
            assert_eq!(error.to_string(), message);
        }
    }

    #[test]
    fn a_path_is_cleaned_and_does_not_leave_its_folder() {
        for (path, cleaned) in [
            ("/tmp/a", Some("/tmp/a")),
            ("/tmp//a/", Some("/tmp/a")),
            ("/tmp/./a", Some("/tmp/a")),
            ("/tmp/safe/x/../y", None),
            ("/tmp/safe/../y", None),
            ("/tmp/safe/..", None),
            ("/../x", Some("/x")),
            ("a/b", Some("a/b")),
            ("", None),
        ] {
            let artifact = artifact(&json!({"name": "n", "path": path}));
            assert_eq!(clean_path(&artifact).ok().as_deref(), cleaned, "{path}");
        }
    }

    #[test]
    fn the_deepest_mount_over_a_path_counts() {
        let mounts: Vec<VolumeMount> = ["/data", "/data/in", "/data/inner", "/"]
            .map(|path| VolumeMount {
                mount_path: path.to_owned(),
                ..VolumeMount::default()
            })
            .into();
        for (path, over) in [
            ("/data/in/a", "/data/in"),
            ("/data/in", "/data/in"),
            ("/data/inn", "/data"),
            ("/else", "/"),
        ] {
            assert_eq!(
                mount_over(&mounts, path).unwrap().mount_path,
                over,
                "{path}"
            );
        }
        assert!(mount_over(&mounts[..3], "/database").is_none());
    }
}
