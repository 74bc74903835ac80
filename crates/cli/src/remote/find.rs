//! Finds the run that a word names: in the record, or on a cluster.

use cluster::Object;
use runs::{LATEST, RunRecord, RunState};

use crate::error::CommandError;
use crate::record::manifest::outline_of;
use crate::record::recorder::Recorder;
use crate::record::store::Store;
use crate::remote::cluster_run::ClusterRun;
use crate::remote::connection::Connection;
use crate::remote::submission;
use crate::settings::Settings;

/// Run that a word names.
pub(crate) enum FoundRun {
    /// Run on this machine, or one whose cluster does not answer.
    Here(Box<RunOnRecord>),
    /// Run on a cluster.
    Cluster(Box<ClusterRun>),
}

/// Recorded run.
pub(crate) struct RunOnRecord {
    pub(crate) record: RunRecord,
    store: Store,
}

impl RunOnRecord {
    pub(crate) fn new(record: RunRecord, store: Store) -> Self {
        Self { record, store }
    }

    /// Reads the state of the run; it is over if no program works on it.
    ///
    /// # Errors
    ///
    /// The record cannot be read.
    pub(crate) fn state(&self) -> Result<RunState, CommandError> {
        self.store.state(&self.record)
    }
}

/// Finds the run that a word names: a recorded one, or else a Workflow of that name.
pub(crate) async fn find(
    word: &str,
    connection: &Connection,
    settings: &Settings,
) -> Result<FoundRun, CommandError> {
    let is_on_record = Store::open_anywhere(settings)?.name(word).is_ok();
    // The latest run may not be recorded yet.
    if !is_on_record || word == LATEST {
        submission::recover(connection, settings).await?;
    }
    let store = Store::open_anywhere(settings)?;
    let name = match store.name(word) {
        Ok(name) => name,
        // Without a project there is no record.
        Err(unknown) => {
            let unknown = settings.folder_of_runs().err().unwrap_or(unknown);
            return find_on_cluster(word, unknown, connection, settings).await;
        }
    };
    let record = store.record(&name)?;
    if let Some(elsewhere) = elsewhere(&record, connection) {
        return find_on_cluster(word, elsewhere, connection, settings).await;
    }
    match record.cluster.clone() {
        None => Ok(FoundRun::Here(Box::new(RunOnRecord::new(record, store)))),
        Some(at) => {
            let state = store.state(&record)?;
            let cluster = connection.cluster_of(&at, settings).await?;
            let recorder = Recorder::new(store, settings.printer);
            let outline = outline_of(&record)?;
            let run = ClusterRun::on_record(cluster, (record, outline), state, recorder);
            Ok(FoundRun::Cluster(Box::new(run)))
        }
    }
}

/// Error for a recorded run that is not in the requested namespace.
pub(crate) fn elsewhere(record: &RunRecord, connection: &Connection) -> Option<CommandError> {
    let asked = connection.namespace.as_ref()?;
    let name = &record.name;
    let place = match &record.cluster {
        Some(place) if place.namespace == *asked => return None,
        Some(place) => format!("in the namespace `{}`", place.namespace),
        None => "on this machine".to_owned(),
    };
    let error = CommandError::new(format!("run `{name}` is {place}, not in `{asked}`"));
    Some(error.hint("leave out --namespace").hint(format!(
        "or name a run of `{asked}`: {{program}} list --cluster --namespace {asked}"
    )))
}

/// Finds a Workflow that is not recorded.
///
/// # Arguments
///
/// * `unknown`: Error if there is none.
async fn find_on_cluster(
    word: &str,
    unknown: CommandError,
    connection: &Connection,
    settings: &Settings,
) -> Result<FoundRun, CommandError> {
    if word.starts_with('@') || (word.len() > 63 || !argo::names::is_object_name(word)) {
        return Err(unknown);
    }
    let asks_elsewhere = connection.asks_elsewhere();
    let cluster = match connection.cluster(None).await {
        Ok(cluster) => cluster,
        // The user did not name a cluster: the unknown name matters more.
        Err(error) if !asks_elsewhere => return Err(without_answer(unknown, &error, connection)),
        Err(error) => return Err(error),
    };
    let workflow = match cluster.read(Object::Workflow, word).await {
        Ok(Some(workflow)) => workflow,
        Ok(None) => {
            return Err(unknown.hint(format!(
                "the namespace `{}` of the cluster has no Workflow `{word}` either",
                cluster.namespace
            )));
        }
        Err(error) if !asks_elsewhere => {
            return Err(without_answer(unknown, &error.into(), connection));
        }
        Err(error) => return Err(error.into()),
    };
    let store = Store::create_anywhere(settings)?;
    // A recorded run elsewhere already has this name.
    let is_taken = match store.history() {
        Ok(history) => history
            .run(word)?
            .is_some_and(|known| elsewhere(&known, connection).is_some()),
        Err(_) => false,
    };
    let store = if is_taken { Store::nowhere() } else { store };
    let recorder = Recorder::new(store, settings.printer);
    let run = ClusterRun::adopt(cluster, &workflow, recorder, None)?;
    Ok(FoundRun::Cluster(Box::new(run)))
}

/// Adds to the error about an unknown name that the cluster did not answer, if a variable names the cluster.
fn without_answer(
    unknown: CommandError,
    error: &CommandError,
    connection: &Connection,
) -> CommandError {
    if connection.names_argo_server() {
        unknown.hint(format!(
            "the Argo Server that `ARGO_SERVER` names was not asked: {}",
            error.in_one_line()
        ))
    } else {
        unknown
    }
}
