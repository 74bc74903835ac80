//! Updates recorded runs from their clusters, and lists the runs of a namespace.

use std::collections::HashMap;

use cluster::Observed;
use jiff::Timestamp;
use runs::{ClusterPlace, Phase, RunRecord, RunState, RunSummary, events};
use serde_json::Value;

use crate::error::CommandError;
use crate::record::manifest::{outline_of, outline_of_spec};
use crate::record::recorder::Recorder;
use crate::record::store::Store;
use crate::remote::cluster_run::ClusterRun;
use crate::remote::connection::Connection;
use crate::remote::recorded::{record, spec_of};
use crate::remote::submission;
use crate::settings::Settings;

/// Label that says whether a Workflow is in Argo's archive; `Persisted`: only there
/// (`workflow/common/common.go` of Argo Workflows 4.1.2).
const ARCHIVING_STATUS: &str = "workflows.argoproj.io/workflow-archiving-status";

/// Updates the record of runs that had not ended at the last look: one call for each namespace that has some. It also
/// finds runs that somebody has retried since. If a cluster does not answer, a warning says so, and the record stays.
pub(crate) async fn bring_up_to_date(
    connection: &Connection,
    settings: &Settings,
) -> Result<(), CommandError> {
    submission::recover(connection, settings).await?;
    let mut places: Vec<(ClusterPlace, ToAsk)> = Vec::new();
    let list = Store::open(settings)?.all()?.runs;
    let of_cluster = |run: RunSummary| Some((run.record.cluster.clone()?, run));
    let (failed, others): (Vec<_>, Vec<_>) = list
        .into_iter()
        .filter_map(of_cluster)
        .partition(|(_, run)| matches!(run.phase, Phase::Failed | Phase::Error));
    for (place, run) in others {
        if run.phase.is_final() {
            continue;
        }
        match places.iter_mut().find(|(known, _)| *known == place) {
            Some((_, to_ask)) => to_ask.go_on.push(run.record),
            None => places.push((
                place,
                ToAsk {
                    go_on: vec![run.record],
                    failed: Vec::new(),
                },
            )),
        }
    }
    for (place, run) in failed {
        if let Some((_, to_ask)) = places.iter_mut().find(|(known, _)| *known == place) {
            to_ask.failed.push(run.record);
        }
    }
    for (place, to_ask) in places {
        if let Err(error) = update(&place, to_ask, connection, settings).await {
            settings.printer.important(&format!(
                "{}; the runs in the namespace `{}` are shown in their last known state",
                error.message(),
                place.namespace
            ));
        }
    }
    Ok(())
}

/// Recorded runs to ask a cluster about.
struct ToAsk {
    /// Runs that had not ended at the last look.
    go_on: Vec<RunRecord>,
    /// Runs that had failed; somebody may have retried them since.
    failed: Vec<RunRecord>,
}

async fn update(
    place: &ClusterPlace,
    to_ask: ToAsk,
    connection: &Connection,
    settings: &Settings,
) -> Result<(), CommandError> {
    let cluster = connection.cluster_of(place, settings).await?;
    let workflows = cluster.list().await?;
    let by_uid: HashMap<&str, &Value> = workflows
        .iter()
        // A list has only the beginning of Workflows that are only in Argo's archive; they are read one by one.
        .filter(|workflow| workflow["metadata"]["labels"][ARCHIVING_STATUS] != "Persisted")
        .filter_map(|workflow| Some((workflow["metadata"]["uid"].as_str()?, workflow)))
        .collect();
    let there = |record: &RunRecord| by_uid.get(&*record.uid).copied();
    // A failed run that is gone has no news.
    let failed = to_ask.failed.into_iter();
    let failed = failed.filter(|record| there(record).is_some());
    for record in to_ask.go_on.into_iter().chain(failed) {
        let store = Store::open_anywhere(settings)?;
        let workflow = there(&record);
        let (record, state) = store.load(&record.name)?;
        let recorder = Recorder::new(store, settings.printer);
        let outline = outline_of(&record)?;
        let mut run = ClusterRun::on_record(cluster.clone(), (record, outline), state, recorder);
        match workflow {
            Some(workflow) => {
                let observed = run.observed(workflow).await?;
                run.take_in(&observed, |_, _, _| {});
            }
            // The list of an Argo Server may be older than the run, and its archive has deleted runs.
            None => {
                if !run.refresh().await? {
                    run.lost();
                }
            }
        }
    }
    Ok(())
}

/// Runs of argo-kedro in a namespace, whoever submitted them, the newest first. They are not recorded.
pub(crate) async fn in_namespace(
    connection: &Connection,
    settings: &Settings,
) -> Result<Vec<(RunRecord, RunState)>, CommandError> {
    let cluster = connection.cluster(None).await?;
    settings.printer.say(&format!(
        "{} in {}",
        cluster.namespace,
        cluster.context.as_deref().unwrap_or(&cluster.server)
    ));
    let mut runs = Vec::new();
    for workflow in cluster.list().await? {
        let read =
            record(&cluster, &workflow).and_then(|record| Ok((record, Observed::read(&workflow)?)));
        let (mut record, mut observed) = match read {
            Ok(read) => read,
            Err(error) => {
                let name = workflow["metadata"]["name"]
                    .as_str()
                    .unwrap_or("without a name");
                let text = format!("run {name} is not in this list: {error}");
                settings.printer.important(&text);
                continue;
            }
        };
        let status = &mut observed.status;
        if let Err(error) = cluster.bring_back_nodes(&record.name, status).await {
            let text = format!("run {} is shown without its tasks: {error}", record.name);
            settings.printer.important(&text);
        }
        let outline = outline_of_spec(spec_of(&workflow));
        let view = observed.view(&record.name, &outline);
        let mut state = RunState::default();
        for (at, event) in events(&state, &view, Timestamp::now()) {
            state.apply(at, &event);
        }
        record.phase = state.phase;
        record.finished = state.finished;
        runs.push((record, state));
    }
    runs.sort_by(|(one, _), (other, _)| {
        (other.created, &one.name).cmp(&(one.created, &other.name))
    });
    Ok(runs)
}
