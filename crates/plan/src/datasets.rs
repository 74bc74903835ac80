//! How each dataset gets from the task that makes it to those that read it.

use rustc_hash::FxHashMap as HashMap;

use diagnostic::{Diagnostic, Place, Subject};
use project::Snapshot;
use project::config::{ArgoConfig, MemoryMode};
use project::snapshot::{DataPlace, is_parameter, without_transcoding};
use serde::Serialize;

use crate::group::Group;
use crate::plan::place_of;

/// How a dataset gets into or out of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DataKind {
    /// Through the catalog, untouched.
    Catalog,
    /// In the memory of one task; it is in no catalog.
    Memory,
    /// In the memory of one task, though the catalog has it (`runner.use_memory_datasets`).
    KeptInMemory,
    /// Stored under the run's own path, since tasks share it and the catalog lacks it.
    HandOff,
}

/// The kind of every dataset.
#[derive(Debug)]
pub(crate) struct Datasets<'a> {
    kinds: HashMap<&'a str, DataKind>,
}

/// Who makes a dataset and who reads it, by group.
#[derive(Default)]
struct Traffic {
    maker: Option<usize>,
    reader_outside: bool,
    read: bool,
    first_reader: Option<usize>,
}

impl<'a> Datasets<'a> {
    pub(crate) fn new(
        snapshot: &'a Snapshot,
        config: &ArgoConfig,
        groups: &[Group],
        findings: &mut Vec<Diagnostic>,
    ) -> Self {
        let traffic = traffic(snapshot, groups);
        let mut kinds =
            HashMap::with_capacity_and_hasher(snapshot.datasets.len(), rustc_hash::FxBuildHasher);
        for (name, dataset) in &snapshot.datasets {
            let plain = without_transcoding(name);
            let Some(traffic) = traffic.get(plain) else {
                continue;
            };
            let crosses = traffic.maker.is_some() && traffic.reader_outside;
            let kind = if dataset.place == DataPlace::Memory {
                if traffic.maker.is_none() && !dataset.registered {
                    findings.push(missing(name, traffic, snapshot));
                }
                if crosses && config.memory_datasets.mode == MemoryMode::Error {
                    findings.push(crossing(name, traffic, snapshot));
                }
                if crosses {
                    DataKind::HandOff
                } else {
                    DataKind::Memory
                }
            } else if config.runner.use_memory_datasets
                && traffic.maker.is_some_and(|group| groups[group].nodes.len() > 1)
                && traffic.read
                && !traffic.reader_outside
                // Two names of one transcoded file would be two objects in memory.
                && plain == name
                && !snapshot.readers.contains_key(plain)
            {
                DataKind::KeptInMemory
            } else {
                DataKind::Catalog
            };
            kinds.insert(name.as_str(), kind);
        }
        Self { kinds }
    }

    /// The kind of a dataset, by its name with its transcoding.
    pub(crate) fn kind(&self, name: &str) -> DataKind {
        self.kinds.get(name).copied().unwrap_or(DataKind::Memory)
    }
}

fn traffic<'a>(snapshot: &'a Snapshot, groups: &[Group]) -> HashMap<&'a str, Traffic> {
    let mut traffic: HashMap<&str, Traffic> =
        HashMap::with_capacity_and_hasher(snapshot.datasets.len(), rustc_hash::FxBuildHasher);
    for (index, group) in groups.iter().enumerate() {
        for output in group
            .nodes
            .iter()
            .flat_map(|node| &snapshot.nodes[*node].outputs)
        {
            traffic
                .entry(without_transcoding(output))
                .or_default()
                .maker = Some(index);
        }
    }
    for (index, group) in groups.iter().enumerate() {
        for node in &group.nodes {
            for input in &snapshot.nodes[*node].inputs {
                if is_parameter(input) {
                    continue;
                }
                let traffic = traffic.entry(without_transcoding(input)).or_default();
                traffic.read = true;
                if traffic.maker != Some(index) {
                    traffic.reader_outside = true;
                    traffic.first_reader.get_or_insert(*node);
                }
            }
        }
    }
    traffic
}

fn missing(name: &str, traffic: &Traffic, snapshot: &Snapshot) -> Diagnostic {
    let reader = traffic.first_reader.map(|node| &snapshot.nodes[node]);
    let who = reader.map_or_else(String::new, |node| {
        format!(" (node `{}` reads it)", node.name)
    });
    let place = reader.map_or_else(Place::default, place_of);
    Diagnostic::error(
        "missing-dataset",
        format!("no selected node makes `{name}`, and the catalog does not have it{who}"),
    )
    .at(Place {
        subject: Some(Subject::Dataset(name.to_owned())),
        ..place
    })
    .help("add it to the catalog, or select the node that makes it")
}

fn crossing(name: &str, traffic: &Traffic, snapshot: &Snapshot) -> Diagnostic {
    let place = traffic
        .first_reader
        .map_or_else(Place::default, |node| place_of(&snapshot.nodes[node]));
    Diagnostic::error(
        "memory-dataset-crosses-tasks",
        format!("`{name}` crosses tasks and is not in the catalog"),
    )
    .at(Place {
        subject: Some(Subject::Dataset(name.to_owned())),
        ..place
    })
    .help("add it to the catalog, or set `memory_datasets.mode` to `persist` or `fuse` in argo.yml")
}
