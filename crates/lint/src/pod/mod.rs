//! What the pods of a cluster find, and what becomes of what they write.
//!
//! A pod has the image, what is mounted into it, and what Argo brings it. All else that its tasks read has to be behind a
//! URL, and so has all that is to outlive it.

mod copied;
mod files;
mod inputs;
mod installs;
mod known_packages;
mod makes;
mod outputs;
mod packages;
mod paths;
mod placeholders;
mod places;
mod programs;
mod requirements;
mod storage;

use std::collections::BTreeMap;

use diagnostic::yaml::Yaml;
use diagnostic::{Diagnostic, Place, Subject, without_users};
use plan::{DataKind, Plan, Task};
use project::Snapshot;
use project::config::ArgoConfig;
use project::snapshot::{DataPlace, Dataset, Node, without_transcoding};

use crate::dockerfile::Dockerfile;
pub use inputs::local_inputs;
pub use installs::{Installed, installed};
pub use makes::may_make_folder as makes_folder;
use paths::DataPath;
pub use placeholders::{of_image, placeholder};
use places::TaskPlaces;
pub use storage::brings;

/// The image of the pods, where it is built from the project.
pub struct Image<'a> {
    /// What it is built by.
    pub dockerfile: &'a Dockerfile,
    /// The Dockerfile as the user would type it.
    pub dockerfile_path: &'a str,
    /// The ignore file of the build context as the user would type it, if there is one.
    pub ignore_file: Option<&'a str>,
    /// The project's folder below that of the build context; empty where they are the same.
    pub folder: &'a str,
    /// Where a path, relative to the project or absolute, is.
    pub find: &'a dyn Fn(&str) -> Found,
    /// The text of a file of the project, if it is there and gets into the image.
    pub read: &'a dyn Fn(&str) -> Option<String>,
    /// Whether a text stands in the files of the configuration.
    pub is_written: &'a dyn Fn(&str) -> bool,
}

impl Image<'_> {
    /// Where a path of the project is, once the image is built: what no `COPY` takes stays behind in the build context. A
    /// base image of the user's own may have it.
    pub fn found(&self, path: &str) -> Found {
        let found = (self.find)(path);
        let may_be_there = || {
            copied::may_take(self, path)
                || makes::may_hold(self.dockerfile, &DataPath::Inside(path.to_owned()))
                || !makes::base_is_plain(self.dockerfile)
        };
        if found == Found::InImage && !may_be_there() {
            return Found::NotCopied;
        }
        found
    }
}

/// Where a file is, or a folder with files in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// In the build context: the upper bound of what is in the image.
    InImage,
    /// In the folder of the build context; the line of the ignore file keeps it out, where one does.
    KeptOut(Option<usize>),
    /// In that folder; a pattern of argo-kedro's own keeps it out.
    KeptOutByUs,
    /// In the build context; no `COPY` takes it from there.
    NotCopied,
    /// On this machine, and not in the folder of the build context.
    Elsewhere,
    /// Not on this machine, or a folder without files.
    Nowhere,
}

/// The line of a Dockerfile that takes a path of the project to its place.
pub fn copy_line(image: &Image<'_>, path: &str) -> String {
    copied::line(image, path)
}

/// Whether nothing but the build context brings files of the project into the image: neither what it is based on, nor a
/// command of its build.
pub fn is_all_known(dockerfile: &Dockerfile) -> bool {
    makes::base_is_plain(dockerfile) && !makes::may_fetch(dockerfile)
}

/// Everything the rules say of the pods of a project. `manifest` is what the plan was compiled to; `environments` are the
/// other environments that its configuration has, for advice; `image` is given where the image is built from the
/// project.
pub fn check(
    snapshot: &Snapshot,
    config: &ArgoConfig,
    plan: &Plan,
    manifest: &Yaml,
    environments: &[String],
    image: Option<&Image<'_>>,
) -> Vec<Diagnostic> {
    let places = places::of_tasks(manifest);
    let mut parts = vec![(snapshot, plan)];
    parts.extend(snapshot.on_exit.as_deref().zip(plan.on_exit.as_deref()));
    let pods = Pods {
        config,
        parts,
        places,
        environments,
        image,
    };
    let mut findings = inputs::check(&pods);
    findings.extend(outputs::check(&pods));
    findings.extend(storage::check(&pods));
    findings.extend(placeholders::check(&pods));
    if let Some(image) = image {
        findings.extend(files::check(&pods, image));
        findings.extend(packages::check(&pods, image));
    }
    findings
}

/// What the rules look at.
struct Pods<'a> {
    config: &'a ArgoConfig,
    /// The pipeline, and that of `on_exit`.
    parts: Vec<(&'a Snapshot, &'a Plan)>,
    /// By name of the task: what its pod has besides the image.
    places: BTreeMap<&'a str, TaskPlaces>,
    environments: &'a [String],
    image: Option<&'a Image<'a>>,
}

/// A dataset of the catalog as a task uses it.
struct Use<'a> {
    snapshot: &'a Snapshot,
    task: &'a Task,
    /// With its transcoding.
    name: &'a str,
    dataset: &'a Dataset,
}

impl<'a> Use<'a> {
    fn plain(&self) -> &'a str {
        without_transcoding(self.name)
    }

    fn path(&self) -> &'a str {
        self.dataset.path.as_deref().unwrap_or_default()
    }

    /// The path for a message.
    fn shown_path(&self) -> String {
        without_users(self.path())
    }

    /// Whether its class is the project's own, of which nobody knows what it does with its path.
    fn is_own(&self) -> bool {
        let package = &self.snapshot.project.package;
        let rest = self.dataset.kind.strip_prefix(package.as_str());
        rest.is_some_and(|rest| rest.starts_with('.'))
    }

    /// Whether its path is a file of the machine. `MLflow`'s datasets keep theirs on a server.
    fn is_local(&self) -> bool {
        self.dataset.place == DataPlace::Local
            && !self.dataset.kind.to_lowercase().contains("mlflow")
    }

    /// Where a node reads it, by the line of its function.
    fn place(&self) -> Place {
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
    /// The catalog's datasets that tasks read and that no task of the same pipeline makes, one use each.
    fn read(&self) -> impl Iterator<Item = Use<'a>> {
        self.uses(|task| &task.inputs)
    }

    /// The catalog's datasets that tasks write.
    fn written(&self) -> impl Iterator<Item = Use<'a>> {
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

    /// Which environment may be for the cluster, for the end of advice. Whoever has chosen one changes that.
    fn another_environment(&self) -> String {
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
        let base = configuration.and_then(|configuration| configuration.base.as_deref());
        let folder = base.and_then(|base| Some(base.rsplit_once('/')?.0));
        let folder = folder.unwrap_or("conf");
        format!("which you make first: mkdir {folder}/{USUAL}")
    }

    /// The project's folder in the container of a task, where that is known.
    fn root(&self, task: &Task) -> Option<&str> {
        let places = self.places.get(task.name.as_str());
        let own = places.and_then(|places| places.working_dir.as_deref());
        own.or_else(|| self.image?.dockerfile.working_dir.as_deref())
    }
}

/// A word for how many more there are: "", " and 1 more", " and 3 more".
fn and_more(count: usize) -> String {
    match count {
        0 | 1 => String::new(),
        count => format!(" and {} more", count - 1),
    }
}
