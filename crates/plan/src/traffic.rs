//! Which groups write a dataset, and which read it.

use project::Snapshot;
use project::snapshot::{is_parameter, without_transcoding};
use rustc_hash::{FxBuildHasher, FxHashMap as HashMap};

use crate::group::Group;

/// The groups that write and read a dataset, under any transcoding.
#[derive(Debug, Default)]
pub(crate) struct Traffic {
    /// The group that writes the dataset.
    pub(crate) maker: Option<usize>,
    /// Says whether a group other than `maker` reads the dataset.
    pub(crate) reader_outside: bool,
    /// Says whether any group reads the dataset.
    pub(crate) read: bool,
    /// The first node outside of `maker` that reads the dataset.
    pub(crate) first_reader: Option<usize>,
}

/// The traffic of every dataset that nodes use.
#[derive(Debug)]
pub(crate) struct AllTraffic<'a>(HashMap<&'a str, Traffic>);

impl<'a> AllTraffic<'a> {
    pub(crate) fn new(snapshot: &'a Snapshot, groups: &[Group]) -> Self {
        let count = snapshot.datasets.len();
        let mut traffic: HashMap<&str, Traffic> =
            HashMap::with_capacity_and_hasher(count, FxBuildHasher);
        for (index, group) in groups.iter().enumerate() {
            let nodes = group.nodes.iter();
            for output in nodes.flat_map(|node| &snapshot.nodes[*node].outputs) {
                let traffic = traffic.entry(without_transcoding(output)).or_default();
                traffic.maker = Some(index);
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
        Self(traffic)
    }

    /// The traffic of a dataset, by its name with or without its transcoding.
    pub(crate) fn of(&self, name: &str) -> Option<&Traffic> {
        self.0.get(without_transcoding(name))
    }
}
