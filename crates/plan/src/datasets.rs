//! How datasets get from the task that writes them to the tasks that read them.

use rustc_hash::{FxHashMap as HashMap, FxHashSet as HashSet};

use diagnostic::{Diagnostic, Place, Subject};
use project::Snapshot;
use project::config::{ArgoConfig, MemoryMode};
use project::snapshot::{DataPlace, Dataset, Node, without_transcoding};
use serde::Serialize;

use crate::group::Group;
use crate::places::place_of;
use crate::traffic::{AllTraffic, Traffic};

/// How a dataset gets into or out of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DataKind {
    /// Through the catalog, unchanged.
    Catalog,
    /// In the memory of one task; not in the catalog.
    Memory,
    /// In the memory of one task, although the catalog has the dataset (`runner.use_memory_datasets`).
    KeptInMemory,
    /// Stored under the run's own path, because tasks share the dataset and the catalog does not store it.
    HandOff,
}

/// The kind of every dataset.
#[derive(Debug)]
pub(crate) struct Datasets<'a> {
    kinds: HashMap<&'a str, DataKind>,
}

impl<'a> Datasets<'a> {
    pub(crate) fn new(
        snapshot: &'a Snapshot,
        config: &ArgoConfig,
        groups: &[Group],
        traffic: &AllTraffic<'_>,
        findings: &mut Vec<Diagnostic>,
    ) -> Self {
        let mut views = Views {
            snapshot,
            written: None,
        };
        let mut kinds =
            HashMap::with_capacity_and_hasher(snapshot.datasets.len(), rustc_hash::FxBuildHasher);
        for (name, dataset) in &snapshot.datasets {
            let plain = without_transcoding(name);
            let Some(traffic) = traffic.of(plain) else {
                continue;
            };
            let crosses = traffic.maker.is_some() && traffic.reader_outside;
            let kind = if snapshot.taken_over.contains(name) {
                DataKind::HandOff
            } else if dataset.place == DataPlace::Memory {
                let is_made = traffic.maker.is_some() && (plain == name || views.are_written(name));
                if !is_made && !dataset.has_data {
                    findings.push(missing(name, snapshot));
                    let is_here = dataset.registered && traffic.maker.is_some();
                    let kind = if is_here || snapshot.other_sources.is_empty() {
                        DataKind::Memory
                    } else {
                        DataKind::Catalog
                    };
                    kinds.insert(name.as_str(), kind);
                    continue;
                }
                if crosses && config.memory_datasets.mode == MemoryMode::Error {
                    findings.push(crossing(name, dataset, traffic, snapshot));
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
                // Two transcoded names of one file would be two objects in memory.
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

/// The transcoded names (`a@pandas`) that nodes write; collected on the first question.
struct Views<'a> {
    snapshot: &'a Snapshot,
    written: Option<HashSet<&'a str>>,
}

impl Views<'_> {
    fn are_written(&mut self, name: &str) -> bool {
        let nodes = &self.snapshot.nodes;
        let written = self.written.get_or_insert_with(|| {
            let outputs = nodes.iter().flat_map(|node| &node.outputs);
            outputs.map(String::as_str).collect()
        });
        written.contains(name)
    }
}

/// The finding about a dataset that a node reads, but no node writes under this name and no file of the catalog
/// defines. It is a warning if a hook or a class may supply the dataset.
fn missing(name: &str, snapshot: &Snapshot) -> Diagnostic {
    let plain = without_transcoding(name);
    let reads = |node: &&Node| node.inputs.iter().any(|input| input == name);
    let reader = snapshot.nodes.iter().find(reads);
    let who = reader.map_or_else(String::new, |node| {
        format!(" (node `{}` reads it)", node.name)
    });
    let view = snapshot.nodes.iter().find_map(|node| {
        let mut outputs = node.outputs.iter();
        let view = outputs.find(|output| without_transcoding(output) == plain)?;
        Some((node, view))
    });
    let is_registered = snapshot
        .datasets
        .get(name)
        .is_some_and(|dataset| dataset.registered);
    let catalog = if is_registered {
        "in the catalog it is a MemoryDataset without `data`"
    } else {
        "the catalog does not have it"
    };
    let makers = snapshot.makers.get(plain);
    let (message, help) = match view {
        None => {
            let stored = if is_registered {
                "give it a type that reads a file"
            } else {
                "add it to the catalog"
            };
            let message =
                format!("no selected node creates the dataset `{name}`, and {catalog}{who}");
            let help = match makers.and_then(|makers| makers.first()) {
                Some(maker) => format!(
                    "select the node that creates it (`{maker}`), take it from an earlier run on this machine \
                     (`run --from-run @latest`), or {stored}"
                ),
                None => format!("{stored}, or select the node that creates it"),
            };
            (message, help)
        }
        Some((maker, view)) => (
            format!(
                "no node writes the dataset `{name}`, and {catalog}{who}: node `{}` writes `{view}`",
                maker.name
            ),
            format!("add `{name}` to the catalog, with the file of `{view}`"),
        ),
    };
    let place = reader.map_or_else(Place::default, place_of);
    let finding = match snapshot
        .other_source()
        .filter(|_| !is_registered || view.is_none())
    {
        None => Diagnostic::error("missing-dataset", message).help(help),
        Some(source) => Diagnostic::warning("missing-dataset", message)
            .help(format!("if {source} does not provide it, {help}")),
    };
    finding.at(Place {
        subject: Some(Subject::Dataset(name.to_owned())),
        ..place
    })
}

fn crossing(name: &str, dataset: &Dataset, traffic: &Traffic, snapshot: &Snapshot) -> Diagnostic {
    let place = traffic
        .first_reader
        .map_or_else(Place::default, |node| place_of(&snapshot.nodes[node]));
    let what = if dataset.registered {
        "is a MemoryDataset in the catalog"
    } else {
        "is not in the catalog"
    };
    let message = format!("`{name}` crosses tasks and {what}");
    let help =
        "add it to the catalog, or set `memory_datasets.mode` to `persist` or `fuse` in argo.yml";
    let help = if dataset.registered {
        help.replace("add it to the catalog", "give it a type that stores data")
    } else {
        help.to_owned()
    };
    let finding = match snapshot.other_source().filter(|_| !dataset.registered) {
        None => Diagnostic::error("memory-dataset-crosses-tasks", message).help(help),
        Some(source) => Diagnostic::warning("memory-dataset-crosses-tasks", message)
            .help(format!("if {source} does not provide it, {help}")),
    };
    finding.at(Place {
        subject: Some(Subject::Dataset(name.to_owned())),
        ..place
    })
}
