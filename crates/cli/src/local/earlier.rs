//! An earlier run on this machine, and its results for a new run: `run --from-run`, `resubmit --from-run`.
//!
//! The folder of the earlier run has the files that tasks handed over. Each file gets a second name
//! (a hard link) in the folder of the new run: nobody ever changes such a file, and each of the two
//! runs can be deleted. Data that the catalog puts into the run's own folder is copied into that of
//! the new run. The manifest names versions of datasets ([`compile::FromRun`]).

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};

use argo::spec::Manifest;
use compile::FromRun;
use marks::TaskOutline;
use project::Snapshot;
use project::snapshot::without_transcoding;
use runs::{Phase, RunLock, RunRecord, RunState, Written};

use super::handoff_file::handoff_file;
use super::like_a_pod::Way;
use super::made_of;
use super::share::{append, share};
use super::written;
use crate::error::CommandError;
use crate::record::manifest::{self, outline_of};
use crate::record::store::Store;
use crate::render::words;
use crate::settings::Settings;

/// Label of every manifest with the name of its project.
const PROJECT: &str = "app.kubernetes.io/part-of";

/// A run whose data a new one takes over.
pub(crate) struct Earlier {
    pub(crate) record: RunRecord,
    pub(crate) state: RunState,
    pub(crate) outline: Vec<TaskOutline>,
    manifest: Manifest,
    store: Store,
}

impl Earlier {
    /// Finds the run that a word names.
    ///
    /// # Errors
    ///
    /// There is no such run, it is still running, or it is not of a project on this machine.
    pub(crate) fn find(word: &str, settings: &Settings) -> Result<Self, CommandError> {
        let store = Store::open(settings)?;
        let name = store.name(word)?;
        Self::of(store.record(&name)?, settings)
    }

    /// Reads a run from its record.
    ///
    /// # Errors
    ///
    /// The run is still running, its folder was deleted, or it is not a run of a project on this machine.
    pub(crate) fn of(record: RunRecord, settings: &Settings) -> Result<Self, CommandError> {
        let store = Store::open(settings)?;
        let name = &record.name;
        if record.cluster.is_some() {
            return Err(CommandError::new(format!(
                "run `{name}` is on a cluster, and a run on this machine does not read its data"
            ))
            .hint(format!(
                "to start a run on the cluster that uses its results: {{program}} resubmit {name} --from-run"
            )));
        }
        if record.is_of_files() {
            return Err(CommandError::new(format!(
                "run `{name}` is a run of files, and --from-run needs one of a project"
            ))
            .hint("to see the runs and their pipelines: {program} list"));
        }
        if Way::recorded(&store, name)?.is_some() {
            return Err(like_a_pod(name));
        }
        if RunLock::is_held(&store.run(name))? {
            return Err(still_running(name));
        }
        if !store.has_folder(name) {
            return Err(CommandError::new(format!(
                "the folder of run `{name}` was deleted, and the data of its tasks with it"
            ))
            .hint("name another run, or run the whole pipeline: {program} run"));
        }
        Ok(Self {
            state: store.state(&record)?,
            manifest: manifest::read(&record)?,
            outline: outline_of(&record)?,
            record,
            store,
        })
    }

    /// Refuses a run of another project: one state folder may have runs of several.
    pub(crate) fn check_project(&self, new: &Manifest) -> Result<(), CommandError> {
        let project = |manifest: &Manifest| manifest.metadata.labels.get(PROJECT).cloned();
        match (project(&self.manifest), project(new)) {
            (Some(old), Some(new)) if old != new => Err(CommandError::new(format!(
                "run `{}` is of the project `{old}`, and this is `{new}`",
                self.record.name
            ))
            .hint("name a run of this project: {program} list")),
            _ => Ok(()),
        }
    }

    /// Places where a new run finds the results of this one.
    pub(crate) fn places(&self) -> FromRun {
        FromRun::of(self.manifest.workflow(), &self.record.uid)
    }

    /// Datasets that the selected nodes read, and that only this run has.
    ///
    /// # Errors
    ///
    /// The run has not made one of them.
    pub(crate) fn offers(&self, snapshot: &Snapshot) -> Result<BTreeSet<String>, CommandError> {
        let places = self.places();
        let mut found = BTreeSet::new();
        for dataset in snapshot.to_take_over() {
            let makers = snapshot.makers.get(without_transcoding(dataset));
            let makers = makers.map_or(&[][..], Vec::as_slice);
            let is_made = self.has(dataset, &places.handoff) && self.unfinished(makers).is_none();
            if is_made {
                found.insert(dataset.to_owned());
            } else if snapshot.other_sources.is_empty() {
                return Err(self.has_not(dataset, makers, snapshot));
            }
        }
        Ok(found)
    }

    /// Task of this run that makes a dataset and has not succeeded.
    fn unfinished(&self, makers: &[String]) -> Option<&TaskOutline> {
        let mut tasks = self.outline.iter();
        let task = tasks.find(|task| task.nodes.iter().any(|node| makers.contains(node)))?;
        (!self.has_succeeded(&task.name)).then_some(task)
    }

    /// Says whether a task of this run has succeeded.
    pub(crate) fn has_succeeded(&self, task: &str) -> bool {
        let known = self.state.tasks.get(task);
        known.is_some_and(|known| known.phase == Phase::Succeeded)
    }

    /// Says whether the run handed a dataset over; data behind a URL counts as present.
    fn has(&self, dataset: &str, places: &[String]) -> bool {
        let file = handoff_file(dataset);
        let own = self.store.data(&self.record.name).join(&file);
        let is_there =
            |place: &String| place.contains("://") || Path::new(place).join(&file).is_file();
        own.is_file() || places.iter().any(is_there)
    }

    fn has_not(&self, dataset: &str, makers: &[String], snapshot: &Snapshot) -> CommandError {
        let run = &self.record.name;
        let mut nodes = snapshot.nodes.iter();
        let reader = nodes.find(|node| node.inputs.iter().any(|input| input == dataset));
        let reader = reader.map_or_else(String::new, |node| {
            format!(", which the node `{}` reads", node.name)
        });
        let error = CommandError::new(format!("run `{run}` did not make `{dataset}`{reader}"));
        let Some(maker) = makers.first() else {
            return error.hint(format!(
                "no node of the project makes it: add `{dataset}` to the catalog"
            ));
        };
        let in_run = self.outline.iter().any(|task| task.nodes.contains(maker));
        let error = if in_run && self.unfinished(makers).is_some() {
            error
                .hint(format!(
                    "the node `{maker}` makes it, and it did not succeed in that run; to continue the run: \
                     {{program}} retry {run}"
                ))
        } else if in_run {
            error.hint(format!(
                "the node `{maker}` made it, but its data was in the catalog, in the memory of one task, or was deleted"
            ))
        } else {
            error.hint(format!(
                "the node `{maker}` makes it, and that run did not have this node"
            ))
        };
        error.hint(format!("to make it in the new run: --from-nodes {maker}"))
    }

    /// Gives a new run the data that this one handed over, and the data in its own folder.
    ///
    /// # Arguments
    ///
    /// * `handed`: Datasets to hand over; `None` for all.
    /// * `read`: Datasets that the new run reads but does not make, without transcoding.
    ///
    /// # Errors
    ///
    /// A file cannot be read or written, or data in the run's own folder is behind a URL.
    pub(crate) fn hand_over(
        &self,
        new: (&Store, &RunRecord),
        handed: Option<&BTreeSet<String>>,
        read: &BTreeSet<&str>,
        settings: &Settings,
    ) -> Result<(), CommandError> {
        let (store, run) = (new.0, new.1);
        let own = &self.record.name;
        // The lock keeps other programs from changing the earlier run.
        let lock =
            RunLock::take(&self.store.run(own)).map_err(|error| CommandError::of_state(&error))?;
        let _lock = lock.ok_or_else(|| still_running(own))?;
        let (from, to) = (self.store.data(own), store.data(&run.name));
        let files: Vec<PathBuf> = match handed {
            Some(datasets) => datasets.iter().map(|it| handoff_file(it).into()).collect(),
            None => files_in(&from)?,
        };
        for file in files {
            share(&from.join(&file), &to.join(&file))?;
        }
        self.copy_own_folder((store, run), read, settings)
    }

    /// Copies data that the catalog has put into a folder with the run's id in its path.
    fn copy_own_folder(
        &self,
        (store, run): (&Store, &RunRecord),
        read: &BTreeSet<&str>,
        settings: &Settings,
    ) -> Result<(), CommandError> {
        let mut notes = String::new();
        for written in self.in_own_folder(read, settings)? {
            let to = renamed(Path::new(&written.path), &self.record.uid, &run.uid);
            copy(Path::new(&written.path), &to)?;
            let note = Written {
                path: to.display().to_string(),
                ..written
            };
            notes.push_str(&format!("{}\n", serde_json::to_string(&note)?));
        }
        append(&store.results(&run.name), &notes)
    }

    /// Lists data that a new run reads and the catalog has put into a folder with the run's id in its path.
    ///
    /// # Errors
    ///
    /// Some of it is behind a URL.
    pub(crate) fn in_own_folder(
        &self,
        read: &BTreeSet<&str>,
        settings: &Settings,
    ) -> Result<Vec<Written>, CommandError> {
        let mut found = written::here(&self.store, &self.record.name, settings.printer)?;
        let uid = &self.record.uid;
        found.retain(|written| {
            written.mlflow.is_none()
                && read.contains(without_transcoding(&written.dataset))
                && written.path.split('/').any(|folder| folder == uid)
        });
        match found.iter().find(|written| written.is_url()) {
            None => Ok(found),
            Some(written) => Err(CommandError::new(format!(
                "`{}` is in the folder of run `{}`, and the new run looks in its own: {}",
                written.dataset, self.record.name, written.path
            ))
            .hint("select the node that makes it, or give the dataset a path without WORKFLOW_ID")),
        }
    }

    /// Notes for a new run where this one has written the datasets of tasks that do not run again.
    pub(crate) fn hand_results_over(
        &self,
        (store, run): (&Store, &RunRecord),
        made: &BTreeSet<&str>,
        settings: &Settings,
    ) -> Result<(), CommandError> {
        let mut notes = String::new();
        for written in written::here(&self.store, &self.record.name, settings.printer)? {
            let is_own = written
                .path
                .split('/')
                .any(|folder| folder == self.record.uid);
            if written.mlflow.is_none() && !is_own && made.contains(&*written.dataset) {
                notes.push_str(&format!("{}\n", serde_json::to_string(&written)?));
            }
        }
        append(&store.results(&run.name), &notes)
    }

    /// Records for a new run what the tasks that do not run again are made of.
    pub(crate) fn hand_records_over(
        &self,
        (store, run): (&Store, &RunRecord),
        tasks: &BTreeSet<String>,
    ) -> Result<(), CommandError> {
        let (from, to) = (self.store.run(&self.record.name), store.run(&run.name));
        made_of::copy(&from, &to, tasks).map_err(|error| CommandError::of_state(&error))?;
        Ok(())
    }

    /// Says which data a new run takes over.
    pub(crate) fn say(&self, datasets: &BTreeSet<String>, settings: &Settings) {
        let run = &self.record.name;
        let names: Vec<&str> = datasets.iter().map(String::as_str).collect();
        settings.printer.say(&if names.is_empty() {
            format!(
                "the selected nodes read nothing that only run {run} has: they take the data of the catalog, and of what \
                 has versions those of that run"
            )
        } else {
            format!("takes over {} from run {run}", words::list(&names))
        });
    }
}

/// Datasets that the selected nodes read and do not make, without transcoding.
pub(crate) fn read_from_outside(snapshot: &Snapshot) -> BTreeSet<&str> {
    let made = snapshot.nodes.iter().flat_map(|node| &node.outputs);
    let made: BTreeSet<&str> = made.map(|name| without_transcoding(name)).collect();
    let read = snapshot.nodes.iter().flat_map(|node| &node.inputs);
    let read = read.map(|name| without_transcoding(name));
    read.filter(|name| !made.contains(name)).collect()
}

/// Error: a run cannot take over data of tasks like pods, which is in the folder that stands in for buckets.
pub(crate) fn like_a_pod(run: &str) -> CommandError {
    CommandError::new(format!(
        "the tasks of run `{run}` are like pods, and --from-run is for tasks that are not"
    ))
    .hint("run the whole pipeline, or leave out --like-a-pod")
}

fn still_running(run: &str) -> CommandError {
    CommandError::new(format!(
        "run `{run}` is still running, so its data is not all there"
    ))
    .hint(format!("to wait until it ends: {{program}} watch {run}"))
}

fn files_in(folder: &Path) -> Result<Vec<PathBuf>, CommandError> {
    let entries = match fs_err::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error.into()),
    };
    let mut files = Vec::new();
    for entry in entries {
        let name = PathBuf::from(entry?.file_name());
        // An unfinished file has another ending.
        if name.extension().is_some_and(|ending| ending == "pickle") {
            files.push(name);
        }
    }
    files.sort();
    Ok(files)
}

/// Path with one run's id in place of another's.
fn renamed(path: &Path, old: &str, new: &str) -> PathBuf {
    let parts = path.components().map(|part| match part {
        Component::Normal(name) if name == old => PathBuf::from(new),
        other => PathBuf::from(other.as_os_str()),
    });
    parts.collect()
}

/// Copies a file, or a folder with its content.
fn copy(from: &Path, to: &Path) -> Result<(), CommandError> {
    if let Some(folder) = to.parent() {
        fs_err::create_dir_all(folder)?;
    }
    if !from.is_dir() {
        fs_err::copy(from, to)?;
        return Ok(());
    }
    fs_err::create_dir_all(to)?;
    for entry in fs_err::read_dir(from)? {
        let name = entry?.file_name();
        copy(&from.join(&name), &to.join(&name))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_names_of_folders_are_the_runs() {
        let path = Path::new("/data/u-1/u-12/model.pkl/u-1.x/u-1/model.pkl");
        let new = renamed(path, "u-1", "n");
        assert_eq!(new, Path::new("/data/n/u-12/model.pkl/u-1.x/n/model.pkl"));
    }
}
