//! The folder that stands in for buckets and for volumes of claims, and its content before the first task.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use diagnostic::Diagnostic;
use engine::MountedClaim;
use project::Snapshot;
use project::snapshot::{DataPlace, Dataset, is_parameter, without_transcoding};

use super::{copying, tree};
use crate::error::CommandError;
use crate::render::path::shown;

/// Protocols that name no bucket: a pod reaches the same data.
const OF_THE_NETWORK: [&str; 5] = ["http", "https", "ftp", "sftp", "ssh"];
/// Part of a path that differs in each run.
const RUN_ID: &str = "WORKFLOW_ID";

/// Folder that the user names.
pub(super) fn folder(word: &str) -> Result<PathBuf, CommandError> {
    let path = word.strip_prefix("file://").unwrap_or(word);
    if path.contains("://") {
        return Err(CommandError::new(format!(
            "`--store {word}` is not a folder: it stands in for buckets on this machine"
        ))
        .hint("name a folder, e.g. --store build/store")
        .hint("to use the bucket itself: {program} run --env cloud"));
    }
    Ok(std::path::absolute(path)?)
}

/// Protocol of a URL whose object the store has; `None` for other paths.
pub(super) fn protocol(path: &str) -> Option<&str> {
    let last = path.rsplit("::").next().unwrap_or(path);
    let (protocol, _) = last.split_once("://")?;
    let is_of_machine = matches!(protocol, "file" | "local" | "memory");
    (!is_of_machine && !OF_THE_NETWORK.contains(&protocol)).then_some(protocol)
}

/// Path in the store of a URL's object, as `object_path` of `argo_kedro/like_a_pod/store.py` gives it.
pub(super) fn object(url: &str) -> PathBuf {
    let last = url.rsplit("::").next().unwrap_or(url);
    let path = last.split_once("://").map_or(last, |(_, path)| path);
    let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
    let bucket = bucket.split('@').next().unwrap_or(bucket);
    tree::inside(&format!("{bucket}/{key}"))
}

/// Folder in the store of what a claim has at its path.
fn of_claim(claim: &MountedClaim) -> PathBuf {
    Path::new(&claim.name).join(tree::inside(&claim.sub_path.to_string_lossy()))
}

/// Claim that has a path, and the rest of the path.
fn claim_of<'a>(claims: &'a [MountedClaim], path: &str) -> Option<(&'a MountedClaim, PathBuf)> {
    let path = Path::new(path.strip_prefix("file://").unwrap_or(path));
    let having = claims.iter().filter_map(|claim| {
        let rest = path.strip_prefix(&claim.path).ok()?;
        Some((claim, tree::inside(&rest.to_string_lossy())))
    });
    having.max_by_key(|(claim, _)| claim.path.components().count())
}

/// File or folder in the store that stands in for a bucket's URL or a path on a claim; `None` for other paths.
///
/// # Arguments
///
/// * `claims`: Claims that tasks mount.
pub(super) fn stand_in(store: &Path, claims: &[MountedClaim], path: &str) -> Option<PathBuf> {
    if protocol(path).is_some() {
        return Some(store.join(object(path)));
    }
    let (claim, rest) = claim_of(claims, path)?;
    Some(store.join(of_claim(claim)).join(rest))
}

/// Datasets that are read from buckets and claims, and that no node makes.
pub(super) fn inputs<'a>(
    snapshot: &'a Snapshot,
    claims: &[MountedClaim],
) -> Vec<(&'a str, &'a Dataset)> {
    let nodes = snapshot.nodes.iter();
    let made: BTreeSet<&str> = nodes
        .clone()
        .flat_map(|node| &node.outputs)
        .map(|name| without_transcoding(name))
        .collect();
    let read: BTreeSet<&str> = nodes
        .flat_map(|node| &node.inputs)
        .filter(|name| !is_parameter(name) && !made.contains(without_transcoding(name)))
        .map(String::as_str)
        .collect();
    let all = read.into_iter().filter_map(|name| {
        let dataset = snapshot.datasets.get(name)?;
        let path = dataset.path.as_deref()?;
        let is_object = dataset.place == DataPlace::Remote && protocol(path).is_some();
        let is_in_store = is_object || claim_of(claims, path).is_some();
        (is_in_store && !path.contains(RUN_ID)).then_some((name, dataset))
    });
    all.collect()
}

/// Describes the storage of a cluster that has a path.
pub(super) fn holder(claims: &[MountedClaim], path: &str) -> String {
    match claim_of(claims, path) {
        Some((claim, _)) => format!("the volume of the claim `{}`", claim.name),
        None => "the bucket".to_owned(),
    }
}

/// Copies an input into the store from its place in the base environment, and says so.
///
/// # Arguments
///
/// * `name`, `url`: The dataset, and its path on the cluster.
/// * `target`, `holder`: Its place in the store, and the cluster's storage that has it.
pub(super) fn fill(
    (name, url): (&str, &str),
    (target, holder): (&Path, &str),
    base: Option<&Snapshot>,
    root: &Path,
) -> Result<Filled, CommandError> {
    let source = base
        .and_then(|base| base.datasets.get(name))
        .filter(|known| known.place == DataPlace::Local)
        .and_then(|known| known.path.as_deref())
        .map(|path| root.join(path));
    let Some(source) = source.filter(|source| source.exists()) else {
        return Ok(Filled::Not(lacking(name, (url, holder), target)));
    };
    if let Some(parent) = target.parent() {
        runs::private::make_folder(parent)?;
    }
    if source.is_dir() {
        copying::copy_folder(&source, target)?;
    } else {
        fs_err::copy(&source, target)?;
    }
    Ok(Filled::Note(format!(
        "copied {} to the store, as {url}",
        shown(&source)
    )))
}

/// Result of copying an input.
pub(super) enum Filled {
    /// Input that is there now, with a message about it.
    Note(String),
    /// Input that is missing.
    Not(Diagnostic),
}

fn lacking(name: &str, (url, holder): (&str, &str), target: &Path) -> Diagnostic {
    let place = diagnostic::Place::of(diagnostic::Subject::Dataset(
        without_transcoding(name).to_owned(),
    ));
    Diagnostic::warning(
        "data-not-in-store",
        format!(
            "no node makes `{name}`, so {holder} has to hold {url}; the store does not have it"
        ),
    )
    .at(place)
    .help(format!(
        "put it there: {}; or give it a path in the base environment that exists on this machine",
        shown(target)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_on_the_claim_that_is_mounted_innermost() {
        let claim = |name: &str, path: &str, sub_path: &str| MountedClaim {
            name: name.to_owned(),
            path: path.into(),
            sub_path: sub_path.into(),
        };
        let claims = [claim("all", "/mnt", ""), claim("own", "/mnt/own", "team/a")];
        for (path, expected) in [
            ("/mnt/raw/a.csv", Some("/store/all/raw/a.csv")),
            ("file:///mnt/own/b.csv", Some("/store/own/team/a/b.csv")),
            (
                "/mnt/own/../../../etc/passwd",
                Some("/store/own/team/a/etc/passwd"),
            ),
            ("s3://bucket/c.csv", Some("/store/bucket/c.csv")),
            ("/mnt2/a.csv", None),
            ("data/a.csv", None),
        ] {
            let found = stand_in(Path::new("/store"), &claims, path);
            assert_eq!(found.as_deref(), expected.map(Path::new), "{path}");
        }
    }

    #[test]
    fn an_object_is_below_its_bucket_and_never_above_the_store() {
        for (url, path) in [
            ("s3://bucket/a/b.csv", "bucket/a/b.csv"),
            (
                "abfss://box@account.dfs.core.windows.net/a.csv",
                "box/a.csv",
            ),
            ("zip://a.csv::gs://bucket/a.zip", "bucket/a.zip"),
            ("s3://bucket/../../etc/passwd", "etc/passwd"),
            ("s3://bucket", "bucket"),
        ] {
            assert_eq!(object(url), Path::new(path), "{url}");
        }
        assert_eq!(protocol("s3://b/a"), Some("s3"));
        for other in ["data/a.csv", "file:///a", "https://a/b"] {
            assert_eq!(protocol(other), None, "{other}");
        }
        assert!(folder("s3://bucket").is_err());
        assert_eq!(folder("file:///a/b").unwrap(), Path::new("/a/b"));
    }
}
