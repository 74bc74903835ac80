//! A run on a cluster: found by a word, its record kept up to what the cluster says.

use std::collections::BTreeSet;

use cluster::{Cluster, Object, RunView, WorkflowStatus, events};
use jiff::Timestamp;
use runs::{ClusterPlace, LATEST, Phase, RunEvent, RunRecord, RunState, TaskInfo};
use serde_json::Value;
use workflow::TaskOutline;
use workflow::manifest::WorkflowSpec;

use crate::chosen_tasks::tasks_of;
use crate::connection::{Connection, place};
use crate::error::CommandError;
use crate::recorder::Recorder;
use crate::settings::Settings;
use crate::store::Store;
use crate::submission;

/// A run on a cluster.
pub(crate) struct ClusterRun {
    pub(crate) cluster: Cluster,
    pub(crate) record: RunRecord,
    pub(crate) state: RunState,
    /// What its spec says of its tasks.
    pub(crate) outline: Vec<TaskOutline>,
    /// Whether its tasks are known by their pods alone; they are as seen last.
    offloaded: bool,
    /// Whether its Workflow was not there any more when it was last asked for.
    gone: bool,
    recorder: Recorder,
}

/// What is to be known of a run whose nodes are in the controller's database.
const BY_PODS: &str = "the controller keeps the tasks of this run in its database; \
     they are shown by their pods, and without a time or memory where those are gone";

/// A run that a word names.
pub(crate) enum Found {
    /// On this machine.
    Here(Box<(RunRecord, RunState)>),
    /// On a cluster.
    Cluster(Box<ClusterRun>),
}

/// Finds the run that a word names: one on record, or else a Workflow of that name.
pub(crate) async fn find(
    word: &str,
    connection: &Connection,
    settings: &Settings,
) -> Result<Found, CommandError> {
    let is_on_record = Store::open_anywhere(settings)?.select(word).is_ok();
    // The latest may be one that is not on record yet.
    if !is_on_record || word == LATEST {
        submission::recover(connection, settings).await?;
    }
    let store = Store::open_anywhere(settings)?;
    let asks_elsewhere = connection.context.is_some() || connection.namespace.is_some();
    match store.select(word) {
        Ok((record, state)) => match record.cluster.clone() {
            None => Ok(Found::Here(Box::new((record, state)))),
            Some(at) => {
                let cluster = connection.cluster_of(&at).await?;
                let outline = outline_of(&record.manifest);
                Ok(Found::Cluster(Box::new(ClusterRun {
                    cluster,
                    record,
                    state,
                    outline,
                    offloaded: false,
                    gone: false,
                    recorder: Recorder::new(store, settings.printer),
                })))
            }
        },
        Err(unknown) => {
            // Outside of a project there is no record to look in.
            let unknown = settings.project().err().unwrap_or(unknown);
            if word.starts_with('@') || !cluster::is_object_name(word, 63) {
                return Err(unknown);
            }
            let cluster = match connection.cluster(None).await {
                Ok(cluster) => cluster,
                // Nobody spoke of a cluster: that no run has this name is what matters.
                Err(_) if !asks_elsewhere => return Err(unknown),
                Err(error) => return Err(error),
            };
            let workflow = match cluster.read(Object::Workflow, word).await {
                Ok(Some(workflow)) => workflow,
                Ok(None) => {
                    return Err(unknown.hint(format!(
                        "nor is there a Workflow `{word}` in the namespace `{}` of the cluster",
                        cluster.namespace
                    )));
                }
                Err(_) if !asks_elsewhere => return Err(unknown),
                Err(error) => return Err(error.into()),
            };
            let recorder = Recorder::new(Store::create_anywhere(settings)?, settings.printer);
            let run = ClusterRun::adopt(cluster, &workflow, recorder, None);
            Ok(Found::Cluster(Box::new(run)))
        }
    }
}

/// Puts on record where the cluster runs stand that had not ended when they were last
/// looked at: one call for each namespace that has some. It tells of runs that somebody
/// retried since, too. Where a cluster cannot be asked, that is said, and what is on record
/// stays.
pub(crate) async fn bring_up_to_date(
    connection: &Connection,
    settings: &Settings,
) -> Result<(), CommandError> {
    submission::recover(connection, settings).await?;
    let mut places: Vec<(ClusterPlace, Vec<RunRecord>)> = Vec::new();
    let mut failed = Vec::new();
    for (record, state) in Store::open(settings)?.all()? {
        let Some(place) = record.cluster.clone() else {
            continue;
        };
        if matches!(state.phase, Phase::Failed | Phase::Error) {
            failed.push((place, record));
        } else if !state.phase.is_final() {
            match places.iter_mut().find(|(known, _)| *known == place) {
                Some((_, records)) => records.push(record),
                None => places.push((place, vec![record])),
            }
        }
    }
    for (place, record) in failed {
        if let Some((_, records)) = places.iter_mut().find(|(known, _)| *known == place) {
            records.push(record);
        }
    }
    for (place, records) in places {
        if let Err(error) = update(&place, records, connection, settings).await {
            settings.printer.important(&format!(
                "{}; runs in `{}` are shown as they stood when it was last asked",
                error.message(),
                place.namespace
            ));
        }
    }
    Ok(())
}

async fn update(
    place: &ClusterPlace,
    records: Vec<RunRecord>,
    connection: &Connection,
    settings: &Settings,
) -> Result<(), CommandError> {
    let cluster = connection.cluster_of(place).await?;
    let workflows = cluster.list().await?;
    for record in records {
        let there = workflows
            .iter()
            .find(|workflow| workflow["metadata"]["uid"] == *record.uid);
        let store = Store::open_anywhere(settings)?;
        let (record, state) = store.select(&record.name)?;
        let mut run = ClusterRun {
            cluster: cluster.clone(),
            outline: outline_of(&record.manifest),
            record,
            state,
            offloaded: false,
            gone: false,
            recorder: Recorder::new(store, settings.printer),
        };
        match there {
            Some(workflow) => {
                let status = run.status_of(workflow).await?;
                run.take_in(&status, |_, _, _| {});
            }
            None => run.lost(),
        }
    }
    Ok(())
}

/// The runs of argo-kedro in a namespace, whoever submitted them, the newest first. They
/// are not put on record.
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
        let mut record = record(&cluster, &workflow);
        let mut status = status_of(&workflow)?;
        // Where its pods cannot be asked for, the run is shown without its tasks.
        let _ = cluster.bring_back_nodes(&record.name, &mut status).await;
        let view = RunView::new(&record.name, &outline_of(&record.manifest), &status);
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

fn status_of(workflow: &Value) -> Result<WorkflowStatus, CommandError> {
    let mut status: WorkflowStatus =
        serde_json::from_value(workflow["status"].clone()).unwrap_or_default();
    status.suspended = workflow["spec"]["suspend"].as_bool().unwrap_or_default();
    status
        .unpack()
        .map_err(|error| CommandError::new(error.to_string()))?;
    Ok(status)
}

impl ClusterRun {
    /// Puts a Workflow that was just made, or that somebody else made, on record.
    ///
    /// # Arguments
    ///
    /// * `submission`: The note that announced it, if it was made from here.
    pub(crate) fn adopt(
        cluster: Cluster,
        workflow: &Value,
        mut recorder: Recorder,
        submission: Option<&str>,
    ) -> Self {
        let record = record(&cluster, workflow);
        let state = recorder.adopt(&record, submission);
        Self {
            cluster,
            outline: outline_of(&record.manifest),
            record,
            state,
            offloaded: false,
            gone: false,
            recorder,
        }
    }

    /// What is to be known of how its tasks are known, if anything.
    pub(crate) fn note(&self) -> Option<&'static str> {
        self.offloaded.then_some(BY_PODS)
    }

    /// Asks the cluster where the run stands, and puts on record what is new. Whether the
    /// Workflow is still there.
    pub(crate) async fn refresh(&mut self) -> Result<bool, CommandError> {
        let found = self
            .cluster
            .read(Object::Workflow, &self.record.name)
            .await?;
        let found = found.filter(|found| found["metadata"]["uid"] == *self.record.uid);
        self.gone = found.is_none();
        let Some(workflow) = found else {
            return Ok(false);
        };
        self.take_parameters(&workflow);
        let status = self.status_of(&workflow).await?;
        self.take_in(&status, |_, _, _| {});
        Ok(true)
    }

    /// A retry may have given its parameters other values: what is made of the record has these.
    fn take_parameters(&mut self, workflow: &Value) {
        let mut manifest: Value = serde_json::from_str(&self.record.manifest).unwrap_or_default();
        let now = &spec_of(workflow)["arguments"]["parameters"];
        let known = manifest["spec"]["arguments"]["parameters"].as_array_mut();
        let mut is_changed = false;
        for parameter in known.into_iter().flatten() {
            let mut all = now.as_array().into_iter().flatten();
            let Some(now) = all.find(|now| now["name"] == parameter["name"]) else {
                continue;
            };
            if now["value"].is_string() && now["value"] != parameter["value"] {
                parameter["value"] = now["value"].clone();
                is_changed = true;
            }
        }
        if is_changed {
            self.record.manifest = manifest.to_string();
            self.recorder.amend(&self.record);
        }
    }

    /// Its status with its nodes, wherever the controller keeps them.
    async fn status_of(&self, workflow: &Value) -> Result<WorkflowStatus, CommandError> {
        let mut status = status_of(workflow)?;
        self.cluster
            .bring_back_nodes(&self.record.name, &mut status)
            .await?;
        Ok(status)
    }

    /// Whether something of it is not on record that ought to be.
    pub(crate) fn is_behind(&self) -> bool {
        self.recorder.is_behind()
    }

    /// The words that go on with a run that failed.
    pub(crate) fn going_on(&self, program: &str) -> String {
        let name = &self.record.name;
        if self.gone {
            format!("{program} resubmit {name} --from-run")
        } else if self.fails_of_its_image() {
            format!("{program} submit, once the code is right: a retry runs the same image")
        } else {
            format!("{program} retry {name}")
        }
    }

    /// Whether a task failed of what is in its image.
    fn fails_of_its_image(&self) -> bool {
        let mut tasks = self.state.tasks.values();
        tasks.any(|task| {
            matches!(task.phase, Phase::Failed | Phase::Error)
                && cluster::is_of_the_image(task.message.as_deref(), task.cause.as_ref())
        })
    }

    /// Puts on record what is new in a status, and shows it.
    pub(crate) fn take_in(
        &mut self,
        status: &WorkflowStatus,
        mut show: impl FnMut(Timestamp, &RunEvent, &RunState),
    ) {
        if let Some(spec) = &status.stored_workflow_template_spec
            && self.outline.is_empty()
            && let Ok(spec) = serde_json::from_value::<WorkflowSpec>(spec.clone())
        {
            self.outline = workflow::outline(&spec);
        }
        self.offloaded = !status.offloaded.is_empty();
        let view = RunView::new(&self.record.name, &self.outline, status);
        for (at, event) in events(&self.state, &view, Timestamp::now()) {
            self.recorder.append(&self.record.name, at, &event);
            self.state.apply(at, &event);
            show(at, &event, &self.state);
        }
    }

    /// Ids of the workflow's nodes that belong to tasks, or to the tasks of Kedro nodes.
    pub(crate) async fn nodes_of(
        &self,
        words: &[String],
    ) -> Result<BTreeSet<String>, CommandError> {
        if words.is_empty() {
            return Ok(BTreeSet::new());
        }
        let tasks = tasks_of(words, &self.state, &self.outline)?;
        let workflow = self
            .cluster
            .read(Object::Workflow, &self.record.name)
            .await?
            .unwrap_or_default();
        let status = self.status_of(&workflow).await?;
        let view = RunView::new(&self.record.name, &self.outline, &status);
        let chosen = view
            .tasks
            .into_iter()
            .filter(|task| tasks.contains(&task.name));
        Ok(chosen.flat_map(|task| task.ids).collect())
    }

    /// Names of the tasks of a Workflow that are done for good, where these nodes of it run again.
    pub(crate) async fn done_in(
        &self,
        workflow: &Value,
        again: &BTreeSet<String>,
    ) -> Result<BTreeSet<String>, CommandError> {
        let status = self.status_of(workflow).await?;
        let view = RunView::new(&self.record.name, &self.outline, &status);
        let done = view.tasks.into_iter().filter(|task| {
            matches!(task.phase, Phase::Succeeded | Phase::Skipped)
                && !task.ids.iter().any(|id| again.contains(id))
        });
        Ok(done.map(|task| task.name).collect())
    }

    /// Says that the Workflow is gone though its end was not seen.
    pub(crate) fn lost(&mut self) {
        self.gone = true;
        self.end("the Workflow was deleted before its end was seen");
    }

    /// Says that the Workflow was deleted: what ran has ended with it, what did not never will.
    pub(crate) fn deleted(&mut self) {
        self.gone = true;
        if self.state.phase.is_final() {
            return;
        }
        let to_come = if self.state.tasks.is_empty() {
            // No controller has seen it.
            self.outline.iter().map(|task| task.name.clone()).collect()
        } else {
            self.tasks_in(Phase::Pending)
        };
        for task in to_come {
            self.put(&RunEvent::TaskOmitted { task });
        }
        self.end("deleted before it ended");
    }

    /// Ends a run that no controller ends any more.
    fn end(&mut self, why: &str) {
        if self.state.phase.is_final() {
            return;
        }
        for task in self.tasks_in(Phase::Running) {
            self.put(&RunEvent::TaskFinished {
                task,
                phase: Phase::Error,
                message: Some(why.to_owned()),
                exit_code: None,
                peak_memory: None,
                cause: None,
            });
        }
        self.put(&RunEvent::RunFinished {
            phase: Phase::Error,
            message: Some(why.to_owned()),
        });
    }

    fn tasks_in(&self, phase: Phase) -> Vec<String> {
        let tasks = self.state.tasks.iter();
        let found = tasks.filter(|(_, task)| task.phase == phase);
        found.map(|(name, _)| name.clone()).collect()
    }

    /// Puts on record what nobody else will.
    fn put(&mut self, event: &RunEvent) {
        let at = Timestamp::now();
        self.recorder.append(&self.record.name, at, event);
        self.state.apply(at, event);
    }
}

/// Shows the tasks of a run that no controller has seen yet: they are in its manifest.
pub(crate) fn expect_tasks(record: &RunRecord, state: &mut RunState) {
    let is_known = state.tasks.values().any(|task| !task.nodes.is_empty());
    if record.cluster.is_none() || is_known {
        return;
    }
    let tasks = outline_of(&record.manifest);
    state.expect(tasks.into_iter().map(|task| TaskInfo {
        name: task.name,
        nodes: task.nodes,
        upstream: task.upstream,
    }));
}

/// What is kept of a Workflow.
fn record(cluster: &Cluster, workflow: &Value) -> RunRecord {
    let metadata = &workflow["metadata"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    // The spec is what retry and the views need; the rest is the cluster's.
    let manifest = serde_json::json!({
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Workflow",
        "metadata": {
            "name": metadata["name"],
            "generateName": metadata["generateName"],
            "labels": ours(&metadata["labels"]),
            "annotations": ours(&metadata["annotations"]),
        },
        "spec": spec_of(workflow),
    });
    RunRecord {
        name: text(&metadata["name"]),
        uid: text(&metadata["uid"]),
        pipeline: text(&metadata["annotations"]["argo-kedro/pipelines"]),
        environment: text(&metadata["labels"]["argo-kedro/env"]),
        created: text(&metadata["creationTimestamp"])
            .parse()
            .unwrap_or_else(|_| Timestamp::now()),
        manifest: manifest.to_string(),
        cluster: Some(place(cluster)),
        phase: Phase::Pending,
        finished: None,
    }
}

/// What a Workflow runs: its own spec, or the one that the controller keeps of the template
/// it refers to.
pub(crate) fn spec_of(workflow: &Value) -> &Value {
    let stored = &workflow["status"]["storedWorkflowTemplateSpec"];
    match &workflow["spec"]["workflowTemplateRef"] {
        Value::Object(_) if stored.is_object() => stored,
        _ => &workflow["spec"],
    }
}

/// Labels or annotations of ours; the controller's would be wrong in a new run.
fn ours(entries: &Value) -> Value {
    let entries = entries.as_object().into_iter().flatten();
    entries
        .filter(|(name, _)| {
            (name.starts_with("argo-kedro/") && *name != submission::ANNOTATION)
                || name.starts_with("app.kubernetes.io/")
        })
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

/// The tasks that a manifest on record speaks of; none for one of another form.
pub(crate) fn outline_of(manifest: &str) -> Vec<TaskOutline> {
    let spec = serde_json::from_str::<Value>(manifest)
        .ok()
        .and_then(|manifest| serde_json::from_value::<WorkflowSpec>(manifest["spec"].clone()).ok());
    spec.map(|spec| workflow::outline(&spec))
        .unwrap_or_default()
}
