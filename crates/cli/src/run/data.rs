//! Data that a run has written: places, sizes and previews. The worker loads it with Kedro.

use std::path::PathBuf;

use marks::RunOf;
use project::{LoadRequest, Loaded, MadeWith, Worker};
use runs::{Disk, RunRecord, RunState, Written};
use serde::Serialize;
use tokio::signal::unix::{SignalKind, signal};

use crate::error::CommandError;
use crate::flags::runtime_parameters::NewParameters;
use crate::local::like_a_pod::Way;
use crate::record::manifest;
use crate::record::selection::recorded_selection;
use crate::record::store::Store;
use crate::settings::Settings;
use crate::spine::one_thread;

/// Tolerance between two clocks, in seconds: the end of a write, and the end of the run.
const CLOCKS: f64 = 2.0;

/// Dataset that a run has written.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Data {
    #[serde(flatten)]
    pub(crate) written: Written,
    #[serde(flatten)]
    pub(crate) loaded: Loaded,
    /// Says whether the data was written again after the run.
    #[serde(rename = "is_changed", skip_serializing_if = "std::ops::Not::not")]
    pub(crate) is_changed: bool,
}

/// Limits on loading.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HowMuch {
    /// Most rows of a table.
    pub(crate) rows: u32,
    /// Most bytes of data to load; `None` for no limit.
    pub(crate) most: Option<u64>,
}

/// Gives the settings of a run.
pub(crate) fn made_with(record: &RunRecord, store: &Store) -> Result<MadeWith, CommandError> {
    let manifest = manifest::read(record)?;
    let spec = manifest.workflow();
    // A run without the parameter was started without runtime parameters.
    let params = marks::runtime_parameters::of(spec)?.unwrap_or_default();
    let selection = recorded_selection(record, spec, params, &NewParameters::default());
    let created = record.created.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let run = RunOf {
        name: &record.name,
        uid: &record.uid,
        namespace: record
            .cluster
            .as_ref()
            .map_or("", |place| &*place.namespace),
        created: &created,
    };
    let way = Way::recorded(store, &record.name)?;
    let mut variables = marks::task_variables(spec, run);
    // The manifest says where tasks like pods hand data over (`commands/run.rs`).
    if record.cluster.is_none() && way.is_none() {
        for (name, folder) in [
            (marks::HANDOFF_PATH, store.data(&record.name)),
            (marks::LOAD_VERSIONS, store.load_versions(&record.name)),
        ] {
            variables.insert(name.to_owned(), folder.display().to_string());
        }
    }
    Ok(MadeWith {
        env: selection.env,
        conf_source: selection.conf_source,
        params: selection.configured_params,
        variables,
        buckets: way.map(|way| way.buckets(store, &record.name)),
    })
}

/// Loads what a run has written. Data that cannot be loaded gets a reason.
pub(crate) async fn load(
    written: Vec<Written>,
    state: &RunState,
    made_with: &MadeWith,
    how_much: HowMuch,
    settings: &Settings,
) -> Result<Vec<Data>, CommandError> {
    let mut workers = Workers::new(settings);
    let spinner = settings.printer.spinner("loading the results");
    let mut data = Vec::new();
    for written in written {
        let loaded = match written.disk {
            Some(disk) => out_of_reach(disk),
            None => workers.load(&written, made_with, how_much).await?,
        };
        let is_changed = loaded
            .modified
            .zip(unchanged_until(state))
            .is_some_and(|(modified, end)| modified > end);
        data.push(Data {
            written,
            loaded,
            is_changed,
        });
    }
    spinner.finish_and_clear();
    Ok(data)
}

/// Makes data from the places of a run, without loading it.
pub(crate) fn unloaded(written: Vec<Written>) -> Vec<Data> {
    let plain = |written: Written| Data {
        loaded: written.disk.map(out_of_reach).unwrap_or_default(),
        written,
        is_changed: false,
    };
    written.into_iter().map(plain).collect()
}

/// Latest time, in seconds since 1970, at which the run may have written something; `None` while it runs.
pub(crate) fn unchanged_until(state: &RunState) -> Option<f64> {
    Some(seconds(state.finished?) + CLOCKS)
}

/// Says why this machine cannot load data on a pod's disk.
fn out_of_reach(disk: Disk) -> Loaded {
    problem(match disk {
        Disk::Pod => "it was on the pod's own disk, and is gone with the pod",
        Disk::Volume => "it is on a volume of the pod, not on this machine",
    })
}

fn problem(text: impl Into<String>) -> Loaded {
    Loaded {
        problem: Some(text.into()),
        ..Loaded::default()
    }
}

fn seconds(at: jiff::Timestamp) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "it is compared to the second")]
    let milliseconds = at.as_millisecond() as f64;
    milliseconds / 1000.0
}

/// Worker that loads datasets, replaced if loading one ends it.
struct Workers<'a> {
    settings: &'a Settings,
    running: Option<Worker>,
}

impl<'a> Workers<'a> {
    fn new(settings: &'a Settings) -> Self {
        Self {
            settings,
            running: None,
        }
    }

    async fn load(
        &mut self,
        written: &Written,
        made_with: &MadeWith,
        how_much: HowMuch,
    ) -> Result<Loaded, CommandError> {
        let (root, mut worker) = match self.start().await {
            Ok(started) => started,
            Err(error) => return Ok(problem(error.in_one_line())),
        };
        let request = LoadRequest {
            project: root,
            made_with: made_with.clone(),
            dataset: written.dataset.clone(),
            path: written.path.clone(),
            rows: how_much.rows,
            most: how_much.most,
        };
        let mut polite_kill = signal(SignalKind::terminate())?;
        // An interrupt ends the worker too.
        let loaded = tokio::select! {
            loaded = worker.load(&request) => loaded,
            _ = tokio::signal::ctrl_c() => return Err(CommandError::interrupted()),
            _ = polite_kill.recv() => return Err(CommandError::interrupted()),
        };
        Ok(match loaded {
            Ok(loaded) => {
                self.running = Some(worker);
                loaded
            }
            Err(error) => problem(CommandError::from(error).in_one_line()),
        })
    }

    async fn start(&mut self) -> Result<(PathBuf, Worker), CommandError> {
        let root = self.settings.project()?;
        if let Some(worker) = self.running.take() {
            return Ok((root, worker));
        }
        let interpreter = self.settings.interpreter(&root)?;
        let worker = match self.settings.take_lent_worker(&root) {
            Some(socket) => Worker::connect(&interpreter, &socket).await?,
            None => Worker::start(&interpreter, &root, one_thread())?,
        };
        Ok((root, worker))
    }
}
