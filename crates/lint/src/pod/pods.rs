//! Pods of a project, and the datasets that their tasks use.

use std::collections::BTreeMap;

use diagnostic::{Place, Subject, without_users};
use plan::{DataKind, Plan, Task};
use project::Snapshot;
use project::config::ArgoConfig;
use project::snapshot::{DataPlace, Dataset, Node, without_transcoding};

use super::image::Image;
use super::places::TaskPlaces;

/// Input of the rules for pods.
pub(super) struct Pods<'a> {
    pub(super) config: &'a ArgoConfig,
    /// The pipeline, and the `on_exit` pipeline.
    pub(super) parts: Vec<(&'a Snapshot, &'a Plan)>,
    /// Places of the pods besides the image, by the name of the task.
    pub(super) places: BTreeMap<&'a str, TaskPlaces>,
    /// Other environments of the configuration, for advice.
    pub(super) environments: &'a [String],
    pub(super) image: Option<&'a Image<'a>>,
    /// Says whether the tasks run in this environment, and so lack everything that it lacks.
    pub(super) runs_here: bool,
}

/// A dataset of the catalog, used by a task.
pub(super) struct Use<'a> {
    pub(super) snapshot: &'a Snapshot,
    pub(super) task: &'a Task,
    /// Name of the dataset, with its transcoding.
    pub(super) name: &'a str,
    pub(super) dataset: &'a Dataset,
}

impl<'a> Use<'a> {
    /// Name of the dataset without its transcoding.
    pub(super) fn plain(&self) -> &'a str {
        without_transcoding(self.name)
    }

    /// Path of the dataset; empty if it has none.
    pub(super) fn path(&self) -> &'a str {
        self.dataset.path.as_deref().unwrap_or_default()
    }

    /// The path for a message.
    pub(super) fn shown_path(&self) -> String {
        without_users(self.path())
    }

    /// Says whether the project defines the dataset's class: such a class may do anything with the path.
    pub(super) fn is_own(&self) -> bool {
        let package = &self.snapshot.project.package;
        let rest = self.dataset.kind.strip_prefix(package.as_str());
        rest.is_some_and(|rest| rest.starts_with('.'))
    }

    /// Says whether the path is a file of this machine. `MLflow`'s datasets keep their files on a server.
    pub(super) fn is_local(&self) -> bool {
        self.dataset.place == DataPlace::Local
            && !self.dataset.kind.to_lowercase().contains("mlflow")
    }

    /// Place where a node reads the dataset: the line of the node's function.
    pub(super) fn place(&self) -> Place {
        let subject = Place::of(Subject::Dataset(self.plain().to_owned()));
        let reads = |node: &&Node| node.inputs.iter().any(|input| input == self.name);
        let reader = self.snapshot.nodes.iter().find(reads);
        match reader.and_then(|node| node.source.as_ref()) {
            Some(source) => subject.line(source.file.clone(), source.line),
            None => subject,
        }
    }
}

impl<'a> Pods<'a> {
    /// The catalog's datasets that tasks read, one item for each task that reads one.
    pub(super) fn read(&self) -> impl Iterator<Item = Use<'a>> {
        self.uses(|task| &task.inputs)
    }

    /// The catalog's datasets that tasks write.
    pub(super) fn written(&self) -> impl Iterator<Item = Use<'a>> {
        self.uses(|task| &task.outputs)
    }

    fn uses(&self, which: fn(&Task) -> &Vec<plan::DataUse>) -> impl Iterator<Item = Use<'a>> {
        self.parts.iter().flat_map(move |(snapshot, plan)| {
            plan.tasks.iter().flat_map(move |task| {
                let used = which(task).iter();
                let used = used.filter(|usage| usage.kind == DataKind::Catalog);
                used.filter_map(move |usage| {
                    Some(Use {
                        snapshot,
                        task,
                        name: &usage.dataset,
                        dataset: snapshot.datasets.get(&usage.dataset)?,
                    })
                })
            })
        })
    }

    /// Advice for another environment, as the end of a sentence: the environment that the user chose, or else another
    /// one.
    pub(super) fn another_environment(&self) -> String {
        const USUAL: &str = "cloud";
        let configuration = self
            .parts
            .first()
            .map(|(snapshot, _)| &snapshot.configuration);
        let chosen = configuration.filter(|configuration| !configuration.is_default);
        if let Some(folder) = chosen.and_then(|chosen| chosen.environment.as_deref()) {
            return format!("e.g. this one: change the catalog in {folder}");
        }
        let is_usual = |name: &&String| *name == USUAL;
        let usual = self.environments.iter().find(is_usual);
        if let Some(name) = usual.or(self.environments.first()) {
            return format!("e.g. --env {name}");
        }
        "which this makes: argo-kedro init --cloud s3://BUCKET/FOLDER".to_owned()
    }

    /// The project's folder in the container of a task, if known.
    pub(super) fn root(&self, task: &Task) -> Option<&str> {
        let places = self.places.get(task.name.as_str());
        let own = places.and_then(|places| places.working_dir.as_deref());
        own.or_else(|| self.image?.dockerfile.working_dir.as_deref())
    }
}

/// Count of the items after the first, for a message: "", " and 1 more", " and 3 more".
pub(super) fn and_more(count: usize) -> String {
    match count {
        0 | 1 => String::new(),
        count => format!(" and {} more", count - 1),
    }
}
