//! A run on a cluster: found by a word, its record kept up to what the cluster says.
//!
//! Long, since finding a run, its record and its state share one type; it gets a folder of its own.

use std::collections::{BTreeSet, HashMap};

use cluster::{Cluster, Object, Observed};
use jiff::{SignedDuration, Timestamp};
use marks::TaskOutline;
use runs::{
    ClusterPlace, LATEST, Phase, RunEvent, RunRecord, RunState, RunSummary, TaskInfo, Written,
    events,
};
use serde_json::Value;

use crate::error::CommandError;
use crate::record::chosen_tasks::tasks_of;
use crate::record::manifest::{self, outline_of, outline_of_spec};
use crate::record::recorder::Recorder;
use crate::record::store::Store;
use crate::remote::connection::{Connection, place};
use crate::remote::submission;
use crate::settings::Settings;

/// A run on a cluster.
pub(crate) struct ClusterRun {
    pub(crate) cluster: Cluster,
    pub(crate) record: RunRecord,
    pub(crate) state: RunState,
    /// What its spec says of its tasks.
    pub(crate) outline: Vec<TaskOutline>,
    /// Where its tasks have written what they make, as far as they have said so.
    pub(crate) written: Vec<Written>,
    /// Whether its tasks are known by their pods alone; they are as seen last.
    offloaded: bool,
    /// Whether its Workflow was not there any more when it was last asked for.
    gone: bool,
    /// Whether the Workflow had no status when it was last read: no workflow controller has begun it.
    unseen: bool,
    recorder: Recorder,
}

/// Time that a workflow controller may take to begin a run; after it, the user is told that none has begun it.
pub(crate) const PICKED_UP: SignedDuration = SignedDuration::from_secs(20);

/// Label that says whether a Workflow is in Argo's archive; `Persisted`: there alone
/// (`workflow/common/common.go` of Argo Workflows 4.1.2).
const ARCHIVING_STATUS: &str = "workflows.argoproj.io/workflow-archiving-status";

/// What is to be known of a run whose nodes are in the controller's database.
const BY_PODS: &str = "the workflow controller keeps the tasks of this run in its own database; so the tasks are \
    shown by their pods; times and memory are missing for pods that no longer exist";

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
    let is_on_record = Store::open_anywhere(settings)?.name(word).is_ok();
    // The latest may be one that is not on record yet.
    if !is_on_record || word == LATEST {
        submission::recover(connection, settings).await?;
    }
    let store = Store::open_anywhere(settings)?;
    let name = match store.name(word) {
        Ok(name) => name,
        // Outside of a project there is no record to look in.
        Err(unknown) => {
            let unknown = settings.project().err().unwrap_or(unknown);
            return find_on_cluster(word, unknown, connection, settings).await;
        }
    };
    let (record, state) = store.load(&name)?;
    if let Some(elsewhere) = elsewhere(&record, connection) {
        return find_on_cluster(word, elsewhere, connection, settings).await;
    }
    match record.cluster.clone() {
        None => Ok(Found::Here(Box::new((record, state)))),
        Some(at) => {
            let cluster = connection.cluster_of(&at, settings).await?;
            let recorder = Recorder::new(store, settings.printer);
            let outline = outline_of(&record)?;
            let run = ClusterRun::on_record(cluster, (record, outline), state, recorder);
            Ok(Found::Cluster(Box::new(run)))
        }
    }
}

/// Says so where a run on record is not in the namespace that was asked for.
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

/// Finds a Workflow that is not on record.
///
/// # Arguments
///
/// * `unknown`: What is said where there is none.
async fn find_on_cluster(
    word: &str,
    unknown: CommandError,
    connection: &Connection,
    settings: &Settings,
) -> Result<Found, CommandError> {
    if word.starts_with('@') || (word.len() > 63 || !argo::names::is_object_name(word)) {
        return Err(unknown);
    }
    let asks_elsewhere = connection.asks_elsewhere();
    let cluster = match connection.cluster(None).await {
        Ok(cluster) => cluster,
        // Nobody spoke of a cluster: that no run has this name is what matters.
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
    // A run of the same name that is elsewhere keeps it on record.
    let is_taken = match store.history() {
        Ok(history) => history
            .run(word)?
            .is_some_and(|known| elsewhere(&known, connection).is_some()),
        Err(_) => false,
    };
    let store = if is_taken { Store::nowhere() } else { store };
    let recorder = Recorder::new(store, settings.printer);
    let run = ClusterRun::adopt(cluster, &workflow, recorder, None);
    Ok(Found::Cluster(Box::new(run)))
}

/// The error that no run has a name, where a cluster could not be asked: worth a word only where a variable names one.
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

/// Finds the run on a cluster that a word names, for a command that is for those alone.
pub(crate) async fn find_of_cluster(
    word: &str,
    connection: &Connection,
    settings: &Settings,
) -> Result<Box<ClusterRun>, CommandError> {
    let found = find(word, connection, settings).await;
    match found.map_err(CommandError::on_cluster)? {
        Found::Cluster(run) => Ok(run),
        Found::Here(found) => {
            let (record, state) = *found;
            let name = &record.name;
            let error = CommandError::new(format!(
                "run `{name}` is on this machine, and this command is for runs on a cluster"
            ));
            Err(if state.phase.is_final() {
                error.hint(format!("to see how it ended: {{program}} status {name}"))
            } else {
                error.hint(format!("to stop it: {{program}} stop {name}"))
            })
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

/// The runs on record that a cluster has to be asked about.
struct ToAsk {
    /// Runs that had not ended when they were last looked at.
    go_on: Vec<RunRecord>,
    /// Runs that had failed, and may have been retried since.
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
        // A list has no more than the beginning of those that are in Argo's archive alone; they are read one by one.
        .filter(|workflow| workflow["metadata"]["labels"][ARCHIVING_STATUS] != "Persisted")
        .filter_map(|workflow| Some((workflow["metadata"]["uid"].as_str()?, workflow)))
        .collect();
    let there = |record: &RunRecord| by_uid.get(&*record.uid).copied();
    // One that failed and is gone has nothing more to tell.
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
            // The list of an Argo Server may be older than the run; in its archive are runs that are deleted.
            None => {
                if !run.refresh().await? {
                    run.lost();
                }
            }
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
        let mut observed = match Observed::read(&workflow) {
            Ok(observed) => observed,
            Err(error) => {
                let text = format!("run {} is not in this list: {error}", record.name);
                settings.printer.important(&text);
                continue;
            }
        };
        // Where its pods cannot be asked for, the run is shown without its tasks.
        let status = &mut observed.status;
        let _ = cluster.bring_back_nodes(&record.name, status).await;
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
        let outline = outline_of_spec(spec_of(workflow));
        Self::on_record(cluster, (record, outline), state, recorder)
    }

    /// A run as it is on record.
    fn on_record(
        cluster: Cluster,
        (record, outline): (RunRecord, Vec<TaskOutline>),
        state: RunState,
        recorder: Recorder,
    ) -> Self {
        Self {
            cluster,
            outline,
            written: recorder.written(&record.name),
            record,
            state,
            offloaded: false,
            gone: false,
            unseen: false,
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
        if found.is_none() {
            self.is_asked_where_it_is()?;
        }
        self.gone = found.is_none();
        let Some(workflow) = found else {
            return Ok(false);
        };
        self.take_parameters(&workflow)?;
        let observed = self.observed(&workflow).await?;
        self.take_in(&observed, |_, _, _| {});
        Ok(true)
    }

    /// An Argo Server that does not know a run of a kubeconfig may be that of another cluster: this says nothing of the run.
    fn is_asked_where_it_is(&self) -> Result<(), CommandError> {
        let place = self.record.cluster.as_ref();
        let is_of_kubeconfig = place.is_some_and(|place| place.argo_server().is_none());
        if !is_of_kubeconfig || !self.cluster.is_through_argo_server() {
            return Ok(());
        }
        Err(CommandError::new(format!(
            "the Argo Server at {} has no run `{}`, which was submitted through a kubeconfig",
            self.cluster.server, self.record.name
        ))
        .hint("leave out --argo-server"))
    }

    /// A retry may have given its parameters other values: what is made of the record has these.
    fn take_parameters(&mut self, workflow: &Value) -> Result<(), CommandError> {
        let mut manifest = manifest::read(&self.record)?;
        let now = manifest::arguments_of_spec(spec_of(workflow))?;
        let mut is_changed = false;
        for parameter in &mut manifest.workflow_mut().arguments.parameters {
            let mut all = now.parameters.iter();
            let now = all.find(|now| now.name == parameter.name);
            if let Some(value) = now.and_then(|now| now.value.as_ref())
                && Some(value) != parameter.value.as_ref()
            {
                parameter.value = Some(value.clone());
                is_changed = true;
            }
        }
        if is_changed {
            self.record.manifest = manifest::text(&manifest);
            self.recorder.amend(&self.record);
        }
        Ok(())
    }

    /// Reads where the Workflow stands, with its nodes, wherever the controller keeps them.
    async fn observed(&self, workflow: &Value) -> Result<Observed, CommandError> {
        let mut observed = Observed::read(workflow)?;
        self.cluster
            .bring_back_nodes(&self.record.name, &mut observed.status)
            .await?;
        Ok(observed)
    }

    /// Whether something of it is not on record that ought to be.
    pub(crate) fn is_behind(&self) -> bool {
        self.recorder.is_behind()
    }

    /// Says that nobody looks after it, if it should have been picked up by now.
    pub(crate) fn waits_for_a_controller(&self, now: Timestamp) -> Option<String> {
        let is_late = now.duration_since(self.record.created) > PICKED_UP;
        (self.unseen && is_late).then(|| self.not_picked_up())
    }

    /// The message for a run that no workflow controller has begun.
    pub(crate) fn not_picked_up(&self) -> String {
        format!(
            "no workflow controller has started the run yet; check that a controller runs and that it manages the \
             namespace `{}`",
            self.cluster.namespace
        )
    }

    /// The words that go on with a run that failed.
    pub(crate) fn going_on(&self, program: &str) -> String {
        let name = &self.record.name;
        if self.gone {
            format!("{program} resubmit {name} --from-run")
        } else if self.fails_of_its_image() {
            format!(
                "{program} submit, after you have corrected the code: a retry uses the same image"
            )
        } else {
            format!("{program} retry {name}")
        }
    }

    /// Whether a task failed because of its image, e.g. code that does not import; a retry uses the same image.
    fn fails_of_its_image(&self) -> bool {
        let mut tasks = self.state.tasks.values();
        tasks.any(|task| {
            matches!(task.phase, Phase::Failed | Phase::Error)
                && runs::is_of_the_image(task.message.as_deref(), task.cause.as_ref())
        })
    }

    /// Puts on record what is new in a status, and shows it.
    pub(crate) fn take_in(
        &mut self,
        observed: &Observed,
        mut show: impl FnMut(Timestamp, &RunEvent, &RunState),
    ) {
        let status = &observed.status;
        if let Some(spec) = &status.stored_workflow_spec
            && self.outline.is_empty()
        {
            self.outline = outline_of_spec(spec);
        }
        self.offloaded = !status.offload_node_status_version.is_empty();
        self.unseen = status.phase.is_none();
        let view = observed.view(&self.record.name, &self.outline);
        let now = Timestamp::now();
        let news = events(&self.state, &view, now);
        // Who has seen all of it before has put it on record.
        if !news.is_empty() || self.recorder.is_behind() {
            let missing = |on_record: &RunState| events(on_record, &view, now);
            let name = &self.record.name;
            self.recorder.bring_up(name, observed.version, missing);
        }
        let written = view.written(&self.written);
        if written != self.written {
            let name = &self.record.name;
            self.recorder.put_written(name, observed.version, &written);
            self.written = written;
        }
        for (at, event) in news {
            let event = self.state.numbered(event);
            self.state.apply(at, &event);
            show(at, &event, &self.state);
        }
    }

    /// Takes over what an earlier run has written for this one: of the tasks that this one does not have.
    pub(crate) fn take_over(&mut self, written: &[Written]) {
        let is_own = |name: &str| self.outline.iter().any(|task| task.name == name);
        // An MLflow run is of one workflow.
        let others = written
            .iter()
            .filter(|written| written.mlflow.is_none() && !is_own(&written.task));
        self.written = others.cloned().collect();
        self.recorder
            .put_written(&self.record.name, None, &self.written);
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
        let observed = self.observed(&workflow).await?;
        let view = observed.view(&self.record.name, &self.outline);
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
        let observed = self.observed(workflow).await?;
        let view = observed.view(&self.record.name, &self.outline);
        let done = view.tasks.into_iter().filter(|task| {
            matches!(task.phase, Phase::Succeeded | Phase::Skipped)
                && !task.ids.iter().any(|id| again.contains(id))
        });
        Ok(done.map(|task| task.name).collect())
    }

    /// Says that the Workflow is gone though its end was not seen.
    pub(crate) fn lost(&mut self) {
        self.gone = true;
        self.end(|state| {
            ending(
                state,
                "the Workflow was deleted; the record does not show how it ended",
            )
        });
    }

    /// Says that the Workflow was deleted: what ran has ended with it, what did not never will.
    pub(crate) fn deleted(&mut self) {
        self.gone = true;
        let outline: Vec<String> = self.outline.iter().map(|task| task.name.clone()).collect();
        self.end(|state| {
            let to_come = if state.tasks.is_empty() {
                // No controller has seen it.
                outline.clone()
            } else {
                tasks_in(state, Phase::Pending)
            };
            let omitted = to_come
                .into_iter()
                .map(|task| RunEvent::TaskOmitted { task });
            omitted.chain(ending(state, DELETED)).collect()
        });
    }

    /// Ends a run that no controller ends any more, and puts on record what nobody else will.
    fn end(&mut self, how: impl Fn(&RunState) -> Vec<RunEvent>) {
        let now = Timestamp::now();
        let events = |state: &RunState| -> Vec<(Timestamp, RunEvent)> {
            if state.phase.is_final() {
                return Vec::new();
            }
            how(state).into_iter().map(|event| (now, event)).collect()
        };
        let news = events(&self.state);
        if !news.is_empty() || self.recorder.is_behind() {
            self.recorder.bring_up(&self.record.name, None, events);
        }
        for (at, event) in news {
            self.state.apply(at, &event);
        }
    }
}

/// Why a run ended that was deleted from here.
const DELETED: &str = "deleted before it ended";

/// The events that end a run whose Workflow was deleted: no controller ends it.
fn ending(state: &RunState, why: &str) -> Vec<RunEvent> {
    let tasks = tasks_in(state, Phase::Running).into_iter();
    let ended = tasks.map(|task| RunEvent::TaskFinished {
        task,
        attempt: None,
        phase: Phase::Error,
        message: Some(why.to_owned()),
        exit_code: None,
        used: runs::Used::default(),
        cause: None,
    });
    let run = RunEvent::RunFinished {
        phase: Phase::Error,
        message: Some(why.to_owned()),
    };
    ended.chain([run]).collect()
}

fn tasks_in(state: &RunState, phase: Phase) -> Vec<String> {
    let tasks = state.tasks.iter();
    let found = tasks.filter(|(_, task)| task.phase == phase);
    found.map(|(name, _)| name.clone()).collect()
}

/// Shows the tasks of a run that no controller has seen yet: they are in its manifest.
pub(crate) fn expect_tasks(record: &RunRecord, state: &mut RunState) -> Result<(), CommandError> {
    let is_known = state.tasks.values().any(|task| !task.nodes.is_empty());
    if record.cluster.is_none() || is_known {
        return Ok(());
    }
    let tasks = outline_of(record)?;
    state.expect(tasks.into_iter().map(|task| TaskInfo {
        name: task.name,
        nodes: task.nodes,
        upstream: task.upstream,
    }));
    Ok(())
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
