//! Measurements of a plan's tasks from recorded runs: times and resources.

use std::collections::HashMap;

use jiff::Timestamp;
use plan::{Attempt, Plan, Spread, Task};
use runs::{Measured, Query, RunPlace};

use crate::error::CommandError;
use crate::record::manifest;
use crate::record::store::Store;
use crate::settings::Settings;

/// Number of runs to read by default.
pub(crate) const RUNS: usize = 100;

/// Recorded measurements of tasks.
#[derive(Debug, Default)]
pub(crate) struct Experience {
    /// Attempts of each task, in the order of the tasks.
    pub(crate) tasks: Vec<Vec<Measured>>,
    /// Bytes that were too few for killed attempts: by run, task and number.
    too_few: HashMap<(String, String, u32), u64>,
    /// Places of the runs.
    places: Vec<RunPlace>,
}

/// Tasks of a plan, with those of its exit handler.
pub(crate) fn tasks_of(plan: &Plan) -> Vec<&Task> {
    let on_exit = plan.on_exit.iter().flat_map(|exit| &exit.tasks);
    plan.tasks.iter().chain(on_exit).collect()
}

impl Experience {
    /// Reads the recorded runs.
    ///
    /// # Arguments
    ///
    /// * `tasks`: The tasks; records of tasks with other nodes do not count.
    /// * `runs`: Most runs to read.
    /// * `since`: Earliest creation time of a run.
    pub(crate) fn of(
        tasks: &[&Task],
        runs: usize,
        since: Option<Timestamp>,
        settings: &Settings,
    ) -> Result<Self, CommandError> {
        let store = Store::open(settings)?;
        let mut found = Self {
            tasks: vec![Vec::new(); tasks.len()],
            ..Self::default()
        };
        let Ok(history) = store.history() else {
            return Ok(found);
        };
        let nodes: Vec<Vec<String>> = tasks.iter().map(|task| task.nodes.clone()).collect();
        let read = history.experience(&nodes, Query { runs, since })?;
        for name in &read.unreadable {
            settings.printer.important(&format!(
                "cannot read the record of run {name}, so it is left out; to delete the record: {} delete {name}",
                settings.program
            ));
        }
        found.note_limits(&read.attempts, &store)?;
        for attempt in read.attempts {
            if !found.places.contains(&attempt.place) {
                found.places.push(attempt.place.clone());
            }
            found.tasks[attempt.task].push(attempt);
        }
        Ok(found)
    }

    /// Finds out how much memory was too little. If a whole container was killed, no measurement
    /// exists: then the limit in the manifest counts.
    fn note_limits(&mut self, attempts: &[Measured], store: &Store) -> Result<(), CommandError> {
        let mut manifests = HashMap::new();
        for attempt in attempts.iter().filter(|attempt| attempt.out_of_memory) {
            let mut bytes = attempt.used.peak_memory;
            if attempt.place.on_cluster {
                if !manifests.contains_key(&attempt.run) {
                    let record = store.record(&attempt.run)?;
                    manifests.insert(attempt.run.clone(), manifest::read(&record)?);
                }
                let manifest = manifests.get(&attempt.run);
                let limit = manifest
                    .map(|manifest| marks::memory_limit(manifest.workflow(), &attempt.name));
                // A cluster ran this manifest, so its amounts can be read.
                bytes = bytes.max(
                    limit
                        .transpose()
                        .map_err(|error| {
                            let (task, run) = (&attempt.name, &attempt.run);
                            CommandError::new(format!(
                                "cannot read the memory limit of `{task}` in the run {run}: {error}"
                            ))
                        })?
                        .flatten(),
                );
            }
            if let Some(bytes) = bytes {
                self.too_few.insert(key(attempt), bytes);
            }
        }
        Ok(())
    }

    /// Attempts of a task in the form for the statistics.
    pub(crate) fn attempts(&self, task: usize) -> Vec<Attempt> {
        let attempts = self.tasks[task].iter();
        attempts
            .map(|it| Attempt {
                kind: self
                    .places
                    .iter()
                    .position(|place| *place == it.place)
                    .unwrap_or_default(),
                succeeded: it.phase == runs::Phase::Succeeded,
                peak: it.used.peak_memory.filter(|bytes| *bytes > 0),
                cores: cores(it),
                too_few: self.too_few.get(&key(it)).copied(),
            })
            .collect()
    }

    /// Says whether none of the tasks has a record.
    pub(crate) fn is_empty(&self) -> bool {
        self.tasks.iter().all(Vec::is_empty)
    }

    /// Counts the runs on this machine and on clusters, of one task or of all.
    pub(crate) fn runs(&self, task: Option<usize>) -> (usize, usize) {
        let of_tasks = self.tasks.iter().enumerate();
        let attempts = of_tasks
            .filter(|(index, _)| task.is_none_or(|task| task == *index))
            .flat_map(|(_, attempts)| attempts);
        let mut names: Vec<(&str, bool)> = attempts
            .map(|attempt| (attempt.run.as_str(), attempt.place.on_cluster))
            .collect();
        names.sort_unstable();
        names.dedup();
        let there = names.iter().filter(|(_, on_cluster)| *on_cluster).count();
        (names.len() - there, there)
    }

    /// Seconds of a task's successful attempts; only those on clusters, if there are some.
    pub(crate) fn seconds(&self, task: usize) -> Option<Spread> {
        let of = |on_cluster: bool| {
            let attempts = self.tasks[task].iter();
            Spread::of(
                attempts
                    .filter(|attempt| attempt.phase == runs::Phase::Succeeded)
                    .filter(|attempt| attempt.place.on_cluster == on_cluster)
                    .filter_map(|attempt| attempt.seconds),
            )
        };
        of(true).or_else(|| of(false))
    }
}

fn key(attempt: &Measured) -> (String, String, u32) {
    (attempt.run.clone(), attempt.name.clone(), attempt.attempt)
}

/// Seconds below which an attempt shows no need of several cores: what it did at its start counts too much.
const BRIEF: f64 = 1.0;

/// Cores that an attempt kept busy; `None` for one that took no time.
fn cores(attempt: &Measured) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "times of tasks")]
    let seconds = |milliseconds: u64| milliseconds as f64 / 1000.0;
    let whole = attempt.used.milliseconds.map(seconds).or(attempt.seconds)?;
    let cpu = seconds(attempt.used.cpu_milliseconds?);
    let cores = (whole > 0.0).then(|| cpu / whole);
    cores.map(|cores| if whole < BRIEF { cores.min(1.0) } else { cores })
}
