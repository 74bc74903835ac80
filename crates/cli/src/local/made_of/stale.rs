//! Tasks that need not run, because nothing has changed since their last success; and why the others run.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use compile::FromRun;
use plan::{DataKind, Plan, Task};
use project::Snapshot;
use project::snapshot::{is_parameter, without_transcoding};
use runs::{RunRecord, Written, private};

use super::content;
use super::now::Now;
use super::record::{self, Recorded};
use super::task::{Content, Line, MadeOf, SucceededTask};
use crate::error::CommandError;
use crate::local::handoff_file::{handoff_file, version_file};
use crate::local::share::{append, share};
use crate::local::written;
use crate::record::store::Store;
use crate::render::words;
use crate::settings::Settings;
use crate::terminal::printer::Printer;

/// Result of the comparison.
#[derive(Debug, Default)]
pub(crate) struct Stale {
    /// Tasks that are unchanged.
    skipped: Vec<Skipped>,
    /// Names of the tasks that run, in the order of the plan, each with its reason.
    pub(crate) reasons: Vec<(String, String)>,
}

/// Task that is unchanged since its last success.
#[derive(Debug)]
struct Skipped {
    /// Name of the run of that success.
    run: String,
    ended: SucceededTask,
    /// Unchanged files that the task read.
    contents: Vec<Content>,
    /// Datasets that the task handed on.
    handed: Vec<String>,
    /// Places to which the task wrote its datasets.
    written: Vec<Written>,
}

impl Stale {
    /// Compares tasks with their last successes.
    ///
    /// # Errors
    ///
    /// The record of a run cannot be read.
    pub(crate) fn find(plan: &Plan, now: &Now, settings: &Settings) -> Result<Self, CommandError> {
        let store = Store::open(settings)?;
        let mut comparison = Comparison {
            now,
            runs: last_runs(&store, plan, settings.printer)?,
            store: &store,
            digests: HashMap::new(),
            found: Self::default(),
        };
        for task in &plan.tasks {
            match comparison.at(task) {
                Ok(skipped) => comparison.found.skipped.push(skipped),
                Err(reason) => comparison.found.reasons.push((task.name.clone(), reason)),
            }
        }
        Ok(comparison.found)
    }

    /// Names of the unchanged tasks.
    pub(crate) fn skipped(&self) -> BTreeSet<String> {
        let skipped = self.skipped.iter();
        skipped.map(|task| task.ended.task.clone()).collect()
    }

    /// Places where the new run finds the results of skipped tasks.
    pub(crate) fn places(&self) -> Option<FromRun> {
        let mut versions: Vec<String> = Vec::new();
        for task in &self.skipped {
            let uid = task.ended.uid();
            if !versions.iter().any(|known| known == uid) {
                versions.push(uid.to_owned());
            }
        }
        (!versions.is_empty()).then_some(FromRun {
            handoff: Vec::new(),
            versions,
        })
    }

    /// Says which tasks are skipped, and why the others run.
    pub(crate) fn say(&self, settings: &Settings) {
        const SHOWN: usize = 20;
        let printer = settings.printer;
        let names: Vec<&str> = self.skipped.iter().map(|it| &*it.ended.task).collect();
        if !names.is_empty() {
            let verb = if names.len() == 1 { "is" } else { "are" };
            let last = self.skipped.iter().map(|it| it.run.as_str());
            let runs: BTreeSet<&str> = last.collect();
            let runs: Vec<&str> = runs.into_iter().collect();
            printer.say(&format!(
                "skipped, because nothing has changed since {}: {} {verb} as before",
                words::list(&runs),
                words::list(&names)
            ));
        }
        for (task, reason) in self.reasons.iter().take(SHOWN) {
            printer.say(&format!("{task} runs: {reason}"));
        }
        if self.reasons.len() > SHOWN {
            printer.say(&format!(
                "{} more run; to see why: {} run --only-stale --dry-run",
                words::count(self.reasons.len() - SHOWN, "task"),
                settings.program
            ));
        }
    }

    /// Gives a new run the results of skipped tasks, and records them as unchanged.
    ///
    /// # Errors
    ///
    /// A file cannot be read or written.
    pub(crate) fn hand_over(
        &self,
        (store, run): (&Store, &RunRecord),
        snapshot: &Snapshot,
    ) -> Result<(), CommandError> {
        let mut notes = String::new();
        let mut lines = Vec::new();
        for task in &self.skipped {
            for dataset in &task.handed {
                let file = handoff_file(dataset);
                let from = store.data(&task.run).join(&file);
                share(&from, &store.data(&run.name).join(&file))?;
            }
            for written in &task.written {
                notes.push_str(&format!("{}\n", serde_json::to_string(written)?));
                note_version((store, run), written, snapshot)?;
            }
            lines.extend(task.contents.iter().cloned().map(Line::Content));
            lines.push(Line::Task(task.ended.clone()));
        }
        append(&store.results(&run.name), &notes)?;
        record::add(&store.run(&run.name), &lines)
            .map_err(|error| CommandError::of_state(&error))?;
        Ok(())
    }
}

/// Notes for a new run which version its tasks read of a dataset that none of them makes.
fn note_version(
    (store, run): (&Store, &RunRecord),
    written: &Written,
    snapshot: &Snapshot,
) -> Result<(), CommandError> {
    let dataset = snapshot.datasets.get(&written.dataset);
    if !dataset.is_some_and(|dataset| dataset.versioned) {
        return Ok(());
    }
    // Kedro's paths of versions end in `VERSION/NAME`.
    let version = Path::new(&written.path).parent().and_then(Path::file_name);
    let Some(version) = version.and_then(|name| name.to_str()) else {
        return Ok(());
    };
    let folder = store.load_versions(&run.name);
    private::make_folder(&folder).map_err(|error| CommandError::of_state(&error))?;
    let file = folder.join(version_file(without_transcoding(&written.dataset)));
    private::make(&file, version).map_err(|error| CommandError::of_state(&error))?;
    Ok(())
}

/// Last success of a task.
struct Last {
    run: String,
    ended: SucceededTask,
    contents: BTreeMap<String, Content>,
    written: Vec<Written>,
}

/// Finds the last success of each task: the newest run that has one counts.
fn last_runs(
    store: &Store,
    plan: &Plan,
    printer: Printer,
) -> Result<BTreeMap<String, Last>, CommandError> {
    let mut wanted: BTreeSet<&str> = plan.tasks.iter().map(|task| task.name.as_str()).collect();
    let mut found = BTreeMap::new();
    for run in store.names()? {
        if wanted.is_empty() {
            break;
        }
        let recorded = record::read(&store.run(&run));
        let recorded = recorded.map_err(|error| CommandError::of_state(&error))?;
        let Some(Recorded { tasks, contents }) = recorded else {
            continue;
        };
        if !tasks.keys().any(|task| wanted.contains(task.as_str())) {
            continue;
        }
        let written = written::all_here(store, &run, printer)?;
        for (task, ended) in tasks {
            if wanted.remove(task.as_str()) {
                let files = ended.files();
                let contents = files
                    .filter_map(|file| Some((file.0.clone(), contents.get(&file)?.clone())))
                    .collect();
                let last = Last {
                    run: run.clone(),
                    ended,
                    contents,
                    written: written.clone(),
                };
                found.insert(task, last);
            }
        }
    }
    Ok(found)
}

struct Comparison<'a> {
    now: &'a Now,
    runs: BTreeMap<String, Last>,
    store: &'a Store,
    /// Digests of files that the comparison had to read.
    digests: HashMap<String, Option<String>>,
    found: Stale,
}

impl Comparison<'_> {
    /// Compares a task, after the tasks before it.
    ///
    /// # Errors
    ///
    /// The reason why the task runs.
    fn at(&mut self, task: &Task) -> Result<Skipped, String> {
        let Some(now) = self.now.tasks.get(&task.name) else {
            return Err("nobody can see what it is made of".to_owned());
        };
        let Some(last) = self.runs.remove(&task.name) else {
            return Err("no good run yet".to_owned());
        };
        self.compare(now, &last)?;
        let handed = self.handed(task, &last)?;
        let written = written(task, &last)?;
        Ok(Skipped {
            run: last.run,
            contents: last.contents.into_values().collect(),
            ended: last.ended,
            handed,
            written,
        })
    }

    fn compare(&mut self, now: &MadeOf, last: &Last) -> Result<(), String> {
        let before = &last.ended.made_of;
        if let Some((name, why)) = now.unseen.iter().next() {
            return Err(format!("cannot see whether `{name}` has changed: {why}"));
        }
        if now.nodes != before.nodes {
            return Err("its nodes are others, or what they read, write or are given".to_owned());
        }
        for (name, version) in &now.versions {
            if before.versions.get(name) != Some(version) {
                let old = before.versions.get(name).map_or("", String::as_str);
                return Err(format!("{name} {version}, and it was {old}"));
            }
        }
        let files = changed(&before.code, &now.code);
        if !files.is_empty() {
            return Err(format!("code changed: {}", words::list(&files)));
        }
        if let Some(name) = changed(&before.values, &now.values).first() {
            return Err(if is_parameter(name) {
                format!("`{name}` changed")
            } else {
                format!("the catalog entry of `{name}` changed")
            });
        }
        for (dataset, maker) in &now.upstream {
            if before.upstream.get(dataset) != Some(maker) {
                return Err(format!("`{dataset}` comes from `{maker}` now"));
            }
            let mut skipped = self.found.skipped.iter();
            let Some(known) = skipped.find(|it| it.ended.task == *maker) else {
                return Err(format!("`{maker}` runs"));
            };
            if last.ended.read.get(maker) != Some(&known.ended.id) {
                return Err(format!("`{maker}` ran again in {}", known.run));
            }
        }
        for (dataset, path) in &now.inputs {
            if before.inputs.get(dataset) != Some(path) {
                return Err(format!("`{dataset}` is read from another place: {path}"));
            }
            let Some(read) = last.contents.get(path) else {
                return Err(format!("what `{dataset}` was is not on record: {path}"));
            };
            match self.is_as_it_was(path, read) {
                Some(true) => {}
                Some(false) => return Err(format!("`{dataset}` changed: {path}")),
                None => return Err(format!("cannot read `{dataset}`: {path}")),
            }
        }
        Ok(())
    }

    /// Says whether a file has the content that a task has read; `None` if the file cannot be read.
    fn is_as_it_was(&mut self, path: &str, read: &Content) -> Option<bool> {
        if read.is_settled && content::stamp(Path::new(path)).ok()? == read.stamp {
            return Some(true);
        }
        let digest = self.digests.entry(path.to_owned()).or_insert_with(|| {
            let now = content::read(Path::new(path)).ok();
            now.map(|content| content.digest)
        });
        digest.as_ref().map(|digest| *digest == read.digest)
    }

    /// Datasets that a task has handed on, if they still exist.
    fn handed(&self, task: &Task, last: &Last) -> Result<Vec<String>, String> {
        let mut handed = Vec::new();
        for usage in task
            .outputs
            .iter()
            .filter(|usage| usage.kind == DataKind::HandOff)
        {
            let file = self
                .store
                .data(&last.run)
                .join(handoff_file(&usage.dataset));
            if !file.is_file() {
                return Err(format!(
                    "`{}`, which it hands on, is no longer in the folder of {}",
                    usage.dataset, last.run
                ));
            }
            handed.push(usage.dataset.clone());
        }
        Ok(handed)
    }
}

/// Places to which a task has written, if they are unchanged since.
fn written(task: &Task, last: &Last) -> Result<Vec<Written>, String> {
    let mut found = Vec::new();
    for usage in task
        .outputs
        .iter()
        .filter(|usage| usage.kind == DataKind::Catalog)
    {
        let name = &usage.dataset;
        let unseen =
            |why: &str| format!("cannot see whether its result `{name}` is as it was: {why}");
        let mut all = last.written.iter();
        let Some(written) = all.find(|written| written.dataset == *name) else {
            return Err(unseen("it has no path on this machine"));
        };
        let Some(stamp) = &written.stamp else {
            return Err(unseen("it is behind a URL, or is gone"));
        };
        let path = &written.path;
        if path.split('/').any(|folder| folder == last.ended.uid()) {
            return Err(format!(
                "its result `{name}` is in a folder of its own run: {path}"
            ));
        }
        match content::stamp(Path::new(path)) {
            Ok(now) if now == *stamp => found.push(written.clone()),
            Ok(_) => return Err(format!("its result `{name}` was changed since: {path}")),
            Err(_) => return Err(format!("its result `{name}` is gone: {path}")),
        }
    }
    Ok(found)
}

/// Names whose values differ.
fn changed<'a>(
    before: &'a BTreeMap<String, String>,
    now: &'a BTreeMap<String, String>,
) -> Vec<&'a str> {
    let gone = before.keys().filter(|name| !now.contains_key(*name));
    let other = now
        .iter()
        .filter(|(name, value)| before.get(*name) != Some(value));
    let mut all: Vec<&str> = gone
        .chain(other.map(|(name, _)| name))
        .map(String::as_str)
        .collect();
    all.sort_unstable();
    all
}
