//! A run with its known state: from the record here, from its cluster, or else from the record about it.

use argo::status::WorkflowStatus;
use jiff::Timestamp;
use runs::{Phase, RunRecord, RunState, Written};
use serde_json::{Map, Value};

use crate::error::CommandError;
use crate::local::written;
use crate::record::store::Store;
use crate::remote::cluster_run::{ClusterRun, expect_tasks};
use crate::remote::connection::Connection;
use crate::remote::find::{FoundRun, RunOnRecord, elsewhere, find};
use crate::run::workflow_object;
use crate::settings::Settings;
use crate::terminal::printer::Printer;

/// Run with its known state.
pub(crate) struct KnownRun {
    pub(crate) record: RunRecord,
    pub(crate) state: RunState,
    /// Command that continues a failed run on a cluster.
    pub(crate) going_on: Option<String>,
    /// Argo's status of the run; `None` if neither the record nor a cluster has one.
    pub(crate) status: Option<WorkflowStatus>,
    /// Workflow as a cluster shows it.
    object: Option<Value>,
    /// Places to which the run has written its datasets, from a cluster.
    told: Option<Vec<Written>>,
}

/// Finds the run that a word names, and asks its cluster for its state.
///
/// # Arguments
///
/// * `whole`: Whether the Workflow is needed too, even of a run that has succeeded.
pub(crate) async fn known_run(
    word: &str,
    connection: &Connection,
    whole: bool,
    settings: &Settings,
) -> Result<KnownRun, CommandError> {
    let found = find(word, connection, settings).await;
    match found.or_else(|error| on_record(word, connection, error, settings))? {
        FoundRun::Here(found) => {
            let state = found.state()?;
            let record = found.record;
            let store = Store::open_anywhere(settings)?;
            let status = match &record.cluster {
                None => store.history()?.status(&record.name)?,
                Some(_) => None,
            };
            Ok(KnownRun {
                record,
                state,
                going_on: None,
                status,
                object: None,
                told: None,
            })
        }
        FoundRun::Cluster(mut run) => {
            // Somebody else may have retried a failed run since.
            if whole || run.state.phase != Phase::Succeeded {
                up_to_date(&mut run, settings).await?;
            }
            let going_on = Some(run.going_on(&settings.program));
            let told = Some(std::mem::take(&mut run.written));
            let (object, status) = run.latest.take().unzip();
            expect_tasks(&run.record, &mut run.state)?;
            Ok(KnownRun {
                record: run.record,
                state: run.state,
                going_on,
                status,
                object,
                told,
            })
        }
    }
}

impl KnownRun {
    /// Run as Argo's own object.
    ///
    /// # Errors
    ///
    /// The record of the run cannot be read.
    pub(crate) fn workflow(&self, store: &Store) -> Result<Map<String, Value>, CommandError> {
        if let (Some(object), Some(status)) = (&self.object, &self.status) {
            return Ok(workflow_object::of_cluster(object.clone(), status));
        }
        let asked = match (self.record.cluster.is_none(), self.state.started) {
            (true, Some(since)) => store.history()?.requests(&self.record.name, since)?,
            _ => Vec::new(),
        };
        workflow_object::of_record(&self.record, &self.state, self.status.clone(), &asked)
    }

    /// Lists the places of the run's datasets that still exist.
    pub(crate) fn written(
        &mut self,
        store: &Store,
        printer: Printer,
    ) -> Result<Vec<Written>, CommandError> {
        match (self.told.take(), &self.record.cluster) {
            (Some(told), _) => Ok(told),
            (None, None) => written::here(store, &self.record.name, printer).map(without_stamps),
            (None, Some(_)) => Ok(store.history()?.written(&self.record.name)?),
        }
    }

    /// Lists the places of the run's datasets, even those that no longer exist.
    pub(crate) fn all_written(
        &mut self,
        store: &Store,
        printer: Printer,
    ) -> Result<Vec<Written>, CommandError> {
        match &self.record.cluster {
            None => written::all_here(store, &self.record.name, printer).map(without_stamps),
            Some(_) => self.written(store, printer),
        }
    }
}

/// Removes the stamps, which only a next run needs.
fn without_stamps(mut written: Vec<Written>) -> Vec<Written> {
    for one in &mut written {
        one.stamp = None;
    }
    written
}

/// Gives the recorded state of a run whose cluster is unknown.
fn on_record(
    word: &str,
    connection: &Connection,
    error: CommandError,
    settings: &Settings,
) -> Result<FoundRun, CommandError> {
    let found = Store::open_anywhere(settings).and_then(|store| {
        let record = store.record(&store.name(word)?)?;
        let state = store.state(&record)?;
        Ok((RunOnRecord::new(record, store), state))
    });
    let Ok((run, state)) = found else {
        return Err(error);
    };
    if elsewhere(&run.record, connection).is_some() {
        return Err(error);
    }
    if !state.phase.is_final() {
        settings.printer.important(&format!(
            "{}; this is the last known state",
            error.message()
        ));
    }
    Ok(FoundRun::Here(Box::new(run)))
}

/// Asks the cluster for the state of a run. If it does not answer, the recorded state stays.
async fn up_to_date(run: &mut ClusterRun, settings: &Settings) -> Result<(), CommandError> {
    match run.refresh().await {
        Ok(true) => {
            for note in run.notes() {
                settings.printer.important(&note);
            }
            if let Some(note) = run.waits_for_a_controller(Timestamp::now()) {
                settings.printer.important(&note);
            }
            Ok(())
        }
        Ok(false) => {
            run.lost();
            Ok(())
        }
        Err(error) if run.state.tasks.is_empty() => Err(error),
        Err(error) => {
            settings.printer.important(&format!(
                "{}; this is the last known state",
                error.message()
            ));
            Ok(())
        }
    }
}
