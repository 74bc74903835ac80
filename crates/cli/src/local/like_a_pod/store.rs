//! The folder that stands in for buckets, and what has to be in it before the first task.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use diagnostic::Diagnostic;
use project::Snapshot;
use project::snapshot::{DataPlace, Dataset, is_parameter, without_transcoding};

use super::{copying, tree};
use crate::error::CommandError;
use crate::render::path::shown;

/// Protocols whose paths are no objects of a bucket: what is behind them is there for a pod as well.
const OF_THE_NETWORK: [&str; 5] = ["http", "https", "ftp", "sftp", "ssh"];
/// Part of a path that is another one in each run.
const RUN_ID: &str = "WORKFLOW_ID";

/// The folder that the user names.
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

/// The protocol of a URL whose object the store has; `None` of any other path.
pub(super) fn protocol(path: &str) -> Option<&str> {
    let last = path.rsplit("::").next().unwrap_or(path);
    let (protocol, _) = last.split_once("://")?;
    let is_of_machine = matches!(protocol, "file" | "local" | "memory");
    (!is_of_machine && !OF_THE_NETWORK.contains(&protocol)).then_some(protocol)
}

/// Path in the store of the object of a URL: as `object_path` of `argo_kedro/like_a_pod/store.py`.
pub(super) fn object(url: &str) -> PathBuf {
    let last = url.rsplit("::").next().unwrap_or(url);
    let path = last.split_once("://").map_or(last, |(_, path)| path);
    let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
    let bucket = bucket.split('@').next().unwrap_or(bucket);
    tree::inside(&format!("{bucket}/{key}"))
}

/// Datasets that are read from buckets and that no node makes.
pub(super) fn inputs(snapshot: &Snapshot) -> Vec<(&str, &Dataset)> {
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
        (is_object && !path.contains(RUN_ID)).then_some((name, dataset))
    });
    all.collect()
}

/// Puts an input into the store from where the base environment has it; says so.
pub(super) fn fill(
    store: &Path,
    (name, dataset): (&str, &Dataset),
    base: Option<&Snapshot>,
    root: &Path,
) -> Result<Filled, CommandError> {
    let url = dataset.path.as_deref().unwrap_or_default();
    let target = store.join(object(url));
    let source = base
        .and_then(|base| base.datasets.get(name))
        .filter(|known| known.place == DataPlace::Local)
        .and_then(|known| known.path.as_deref())
        .map(|path| root.join(path));
    let Some(source) = source.filter(|source| source.exists()) else {
        return Ok(Filled::Not(lacking(name, url, &target)));
    };
    if let Some(parent) = target.parent() {
        runs::private::make_folder(parent)?;
    }
    if source.is_dir() {
        copying::copy_folder(&source, &target)?;
    } else {
        fs_err::copy(&source, &target)?;
    }
    Ok(Filled::Note(format!(
        "copied {} to the store, as {url}",
        shown(&source)
    )))
}

/// Result of filling in an input.
pub(super) enum Filled {
    /// Input that is there now, with a sentence about it.
    Note(String),
    /// Input that is nowhere.
    Not(Diagnostic),
}

fn lacking(name: &str, url: &str, target: &Path) -> Diagnostic {
    let place = diagnostic::Place::of(diagnostic::Subject::Dataset(
        without_transcoding(name).to_owned(),
    ));
    Diagnostic::warning(
        "data-not-in-store",
        format!(
            "no node makes `{name}`, so the bucket has to hold {url}; the store does not have it"
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
