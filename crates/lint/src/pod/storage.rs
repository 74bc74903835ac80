//! Libraries of stores: fsspec imports one for the protocol of a path when a task opens the path.

use std::collections::BTreeMap;

use diagnostic::{Diagnostic, Place, Subject};
use project::snapshot::Library;

use super::installs::Installs;
use super::packages::names;
use super::pods::{Pods, Use, and_more};
use crate::rule;

/// Library that a task needs.
struct Wanted<'a> {
    library: &'a Library,
    /// The datasets that need the library.
    datasets: Vec<&'a str>,
    /// Says whether the task certainly imports the library.
    is_certain: bool,
}

/// Finds libraries that the environment or the image lacks.
pub(super) fn check(pods: &Pods<'_>) -> Vec<Diagnostic> {
    let wanted = wanted(pods);
    if wanted.is_empty() {
        return Vec::new();
    }
    let installs = pods.image.map(|image| (image, Installs::of(image)));
    let found = wanted.into_iter().filter_map(|(protocol, wanted)| {
        let package = wanted.library.package.as_str();
        let is_here = wanted.library.installed;
        let in_image = installs.as_ref();
        let (why, is_certain) = match in_image {
            Some((_, installs)) if installs.name(&|line| installs_package(line, package)) => {
                return None;
            }
            Some((_, installs)) if !installs.is_open && !is_here => (
                "neither this environment nor the image has it".to_owned(),
                true,
            ),
            // This environment has the library although no file names it: perhaps as the dependency of another package.
            Some((image, installs)) if !installs.is_open && is_of_stores(package) => {
                (installs.lacks_it(image), false)
            }
            _ if !is_here => (
                "this environment does not have it".to_owned(),
                pods.runs_here,
            ),
            _ => return None,
        };
        let who = match &wanted.datasets[..] {
            [] => "`memory_datasets.path` needs".to_owned(),
            [one, ..] if wanted.datasets.len() == 1 => format!("`{one}` needs"),
            [one, ..] => format!("`{one}`{} need", and_more(wanted.datasets.len())),
        };
        let message = format!("{who} `{package}` for `{protocol}://`, but {why}");
        let finding = if is_certain && wanted.is_certain {
            rule::MISSING_STORAGE_LIBRARY.diagnostic(message)
        } else {
            rule::MISSING_STORAGE_LIBRARY.warning(message)
        };
        let at = match wanted.datasets.first() {
            Some(dataset) => Place::of(Subject::Dataset((*dataset).to_owned())),
            None => pods.config.places.of(&["memory_datasets", "path"]),
        };
        let image = in_image.map(|(_, installs)| installs.where_to_name_it());
        let image = image.unwrap_or_else(|| "the requirements of the image".to_owned());
        Some(finding.at(at).help(if is_here {
            format!("add `{package}` to {image}")
        } else {
            format!(
                "add `{package}` to {image}, and install it on this machine: pip install {package}"
            )
        }))
    });
    found.collect()
}

fn wanted<'a>(pods: &Pods<'a>) -> BTreeMap<&'a str, Wanted<'a>> {
    let mut found: BTreeMap<&'a str, Wanted<'a>> = BTreeMap::new();
    let parts = pods.parts.clone();
    let of_path = |path: &str| {
        let parts = parts.iter();
        parts
            .flat_map(|(snapshot, _)| &snapshot.storage)
            .filter(|(protocol, _)| {
                path.split("::").any(|part| {
                    part.strip_prefix(protocol.as_str())
                        .is_some_and(|rest| rest.starts_with("://"))
                })
            })
            .map(|(protocol, library)| (protocol.as_str(), library))
            .collect::<Vec<_>>()
    };
    for usage in pods.read().chain(pods.written()) {
        if is_its_own_reader(&usage) {
            continue;
        }
        for (protocol, library) in of_path(usage.path()) {
            let entry = found.entry(protocol).or_insert_with(|| Wanted::of(library));
            entry.is_certain |= !usage.is_own();
            if !entry.datasets.contains(&usage.plain()) {
                entry.datasets.push(usage.plain());
            }
        }
    }
    let hands_off = pods
        .parts
        .iter()
        .flat_map(|(_, plan)| &plan.tasks)
        .any(|task| !task.handoff().is_empty());
    let path = pods.config.memory_datasets.path.as_deref();
    for (protocol, library) in path
        .filter(|_| hands_off)
        .map(of_path)
        .into_iter()
        .flatten()
    {
        let entry = found.entry(protocol).or_insert_with(|| Wanted::of(library));
        entry.is_certain = true;
    }
    found
}

impl<'a> Wanted<'a> {
    fn of(library: &'a Library) -> Self {
        Self {
            library,
            datasets: Vec::new(),
            is_certain: false,
        }
    }
}

/// Says whether a dataset reads its store without fsspec: with Spark, a library of its format, or a database.
fn is_its_own_reader(usage: &Use<'_>) -> bool {
    let kind = usage.dataset.kind.to_lowercase();
    let first = kind
        .trim_start_matches("kedro_datasets.")
        .split('.')
        .next()
        .unwrap_or_default();
    matches!(
        first,
        "spark" | "databricks" | "ibis" | "snowflake" | "redis" | "api" | "mlflow" | "kedro_mlflow"
    ) || kind.contains("delta")
        || kind.contains("mlflow")
        || kind.contains("spark")
}

/// Says whether a package serves only one store, so that a project that needs it names it.
fn is_of_stores(package: &str) -> bool {
    matches!(
        package,
        "s3fs"
            | "gcsfs"
            | "adlfs"
            | "ossfs"
            | "ocifs"
            | "boxfs"
            | "dropboxdrivefs"
            | "gdrive-fsspec"
            | "lakefs-spec"
            | "tosfs"
            | "webdav4"
    )
}

/// Says whether a requirement installs a package: by its name, or through an extra (`fsspec[s3]`, `pandas[aws]`).
pub fn installs_package(line: &str, package: &str) -> bool {
    let extras: &[&str] = match package {
        "s3fs" => &["s3", "s3fs", "s3fs-base", "spark-s3", "aws"],
        "gcsfs" => &["gcs", "gs", "gcsfs", "gcp", "google", "spark-gcs"],
        "adlfs" => &["abfs", "adl", "adlfs", "azure", "az", "spark-azure"],
        "ossfs" => &["oss"],
        "aiohttp" => &[
            "http", "s3", "s3fs", "aws", "gcs", "gs", "gcp", "abfs", "azure", "full",
        ],
        _ => &[],
    };
    let by_name = match package {
        // The libraries of these stores depend on aiohttp.
        "aiohttp" => ["s3fs", "gcsfs", "adlfs", "aiobotocore"]
            .iter()
            .any(|other| names(line, other)),
        "s3fs" => names(line, "dvc-s3"),
        "gcsfs" => names(line, "dvc-gs"),
        "adlfs" => names(line, "dvc-azure"),
        _ => false,
    };
    let lower = line.to_lowercase();
    let in_brackets = lower
        .split('[')
        .skip(1)
        .filter_map(|rest| Some(rest.split_once(']')?.0));
    let mut given = in_brackets
        .flat_map(|inside| inside.split(','))
        .map(|extra| extra.trim().trim_matches(['"', '\'']));
    names(line, package)
        || by_name
        || given.any(|extra| {
            let of_spark = package == "s3fs"
                && names(line, "kedro-datasets")
                && (extra.starts_with("databricks") || extra.starts_with("spark"));
            extras.contains(&extra) || of_spark || extra == "full" || extra == "all"
        })
}
