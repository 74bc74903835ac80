//! What tasks are made of now.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use project::Snapshot;
use project::snapshot::{DataPlace, Dataset, Node, is_parameter, without_transcoding};
use serde_json::json;

use super::content::digest_of;
use super::task::MadeOf;

/// Says what tasks would be made of if they ran now.
///
/// # Arguments
///
/// * `snapshot`: Project with its code.
/// * `root`: Folder of the project.
/// * `tasks`: Names of the tasks, and their nodes.
pub(crate) fn tasks_now(snapshot: &Snapshot, root: &Path, tasks: &[(String, Vec<String>)]) -> Now {
    let nodes = snapshot.nodes.iter();
    let nodes: HashMap<&str, &Node> = nodes.map(|node| (node.name.as_str(), node)).collect();
    let mut makers: HashMap<&str, &str> = HashMap::new();
    for (task, members) in tasks {
        let members = members.iter().filter_map(|name| nodes.get(name.as_str()));
        for output in members.flat_map(|node| &node.outputs) {
            makers.insert(without_transcoding(output), task);
        }
    }
    let project = Project {
        snapshot,
        root,
        makers,
    };
    let made_of = tasks.iter().filter_map(|(task, members)| {
        let members = members.iter().map(|name| nodes.get(name.as_str()).copied());
        let members: Option<Vec<&Node>> = members.collect();
        Some((task.clone(), project.made_of(task, &members?)?))
    });
    Now {
        tasks: made_of.collect(),
    }
}

/// Current code, parameters and inputs of tasks, by the names of the tasks.
#[derive(Debug, Default)]
pub(crate) struct Now {
    pub(super) tasks: BTreeMap<String, MadeOf>,
}

impl Now {
    /// Paths of the files that tasks read and no task makes.
    pub(super) fn paths(&self) -> BTreeSet<&str> {
        let tasks = self.tasks.values();
        tasks
            .flat_map(|task| task.inputs.values())
            .map(String::as_str)
            .collect()
    }
}

struct Project<'a> {
    snapshot: &'a Snapshot,
    root: &'a Path,
    /// Tasks by the datasets that they make, without transcoding.
    makers: HashMap<&'a str, &'a str>,
}

impl Project<'_> {
    /// Finds what a task is made of; `None` if the code of a node is unknown.
    fn made_of(&self, task: &str, nodes: &[&Node]) -> Option<MadeOf> {
        let snapshot = self.snapshot;
        let code = snapshot.code.as_ref()?;
        let mut made_of = MadeOf {
            versions: BTreeMap::from([
                ("Kedro".to_owned(), snapshot.versions.kedro.clone()),
                ("Python".to_owned(), snapshot.versions.python.clone()),
            ]),
            ..MadeOf::default()
        };
        let mut about = Vec::with_capacity(nodes.len());
        for node in nodes {
            let own = code.nodes.get(&node.name)?;
            for file in code.sets.get(own.set)? {
                made_of
                    .code
                    .insert(file.clone(), code.files.get(file)?.clone());
            }
            about.push(json!([node.name, node.inputs, node.outputs, own.call]));
            for name in node.inputs.iter().chain(&node.outputs) {
                let digest = snapshot.digests.get(name)?;
                made_of.values.insert(name.clone(), digest.clone());
                if snapshot.varying.contains_key(name) {
                    let why = "it is something else each time that it is read".to_owned();
                    made_of.unseen.insert(name.clone(), why);
                }
            }
            for name in node.inputs.iter().filter(|name| !is_parameter(name)) {
                self.add_input(&mut made_of, task, name);
            }
        }
        let runner = snapshot.runner.as_ref();
        let runner = runner.map(|runner| json!([runner.name, runner.parameters]));
        made_of.nodes = digest_of(&json!([about, runner]).to_string());
        Some(made_of)
    }

    fn add_input(&self, made_of: &mut MadeOf, task: &str, name: &str) {
        let plain = without_transcoding(name);
        match self.makers.get(plain) {
            // Data between the nodes of one task is internal.
            Some(maker) if *maker == task => return,
            Some(maker) => {
                made_of
                    .upstream
                    .insert(name.to_owned(), (*maker).to_owned());
                return;
            }
            None => {}
        }
        let Some(dataset) = self.snapshot.datasets.get(name) else {
            return;
        };
        let why = match (dataset.place, &dataset.path) {
            // The catalog entry has the data.
            (DataPlace::Memory, _) if dataset.has_data => return,
            (DataPlace::Memory, _) => "no task of the run makes it",
            (DataPlace::Local, Some(path)) => {
                let path = self.root.join(path.trim_start_matches("file://"));
                let path = self.version(name, dataset, &path);
                made_of.inputs.insert(name.to_owned(), path);
                return;
            }
            (DataPlace::Remote, _) => "it is behind a URL",
            (DataPlace::External | DataPlace::Local, _) => "it has no path on this machine",
        };
        made_of.unseen.insert(name.to_owned(), why.to_owned());
    }

    /// Path of the version to read: the requested one, else the last.
    fn version(&self, name: &str, dataset: &Dataset, path: &Path) -> String {
        let asked = self.snapshot.load_versions.get(name).cloned();
        let last = || {
            let entries = fs_err::read_dir(path).ok()?;
            let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
            names.max()
        };
        let version = asked.or_else(last).filter(|_| dataset.versioned);
        let path = match version {
            Some(version) => path
                .join(version)
                .join(path.file_name().unwrap_or_default()),
            None => path.to_owned(),
        };
        path.display().to_string()
    }
}
