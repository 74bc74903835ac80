//! A run on a cluster, whose record follows the cluster.

use std::collections::BTreeSet;

use argo::status::WorkflowStatus;
use cluster::{Cluster, ClusterError, Object, Observed};
use jiff::{SignedDuration, Timestamp};
use marks::TaskOutline;
use runs::{Phase, RunEvent, RunRecord, RunState, TaskInfo, Written, events};
use serde_json::Value;

use crate::error::CommandError;
use crate::record::chosen_tasks::tasks_of;
use crate::record::manifest::{self, outline_of, outline_of_spec};
use crate::record::recorder::Recorder;
use crate::remote::ending::{DELETED, ending, tasks_in};
use crate::remote::recorded::{record, spec_of};

/// A run on a cluster.
pub(crate) struct ClusterRun {
    pub(crate) cluster: Cluster,
    pub(crate) record: RunRecord,
    pub(crate) state: RunState,
    /// Tasks in its spec.
    pub(crate) outline: Vec<TaskOutline>,
    /// Places to which its tasks have written their datasets, as far as the tasks have noted them.
    pub(crate) written: Vec<Written>,
    /// Workflow from the last read, and its status with its nodes.
    pub(crate) latest: Option<(Value, WorkflowStatus)>,
    /// Says whether only pods show its tasks, because the controller keeps its nodes in a database;
    /// from the last read.
    offloaded: bool,
    /// Names of the tasks with unreadable notes on their results; from the last read.
    with_unread_notes: Vec<String>,
    /// Says whether the last read found no Workflow.
    gone: bool,
    /// Says whether the Workflow had no status at the last read: no workflow controller has begun it.
    unseen: bool,
    recorder: Recorder,
}

/// Time limit for a workflow controller to begin a run; after that, the user gets a message.
pub(crate) const PICKED_UP: SignedDuration = SignedDuration::from_secs(20);

/// Note on a run whose nodes are only in the controller's database.
const BY_PODS: &str = "the workflow controller keeps the tasks of this run in its own database; so the tasks are \
    shown by their pods; times and memory are missing for pods that no longer exist";

impl ClusterRun {
    /// Records a Workflow that this program or another one has created.
    ///
    /// # Arguments
    ///
    /// * `submission`: Note that announced the Workflow, if it was created from here.
    ///
    /// # Errors
    ///
    /// The metadata of the Workflow cannot be read. Nothing is recorded then, and the note stays.
    pub(crate) fn adopt(
        cluster: Cluster,
        workflow: &Value,
        mut recorder: Recorder,
        submission: Option<&str>,
    ) -> Result<Self, ClusterError> {
        let record = record(&cluster, workflow)?;
        let state = recorder.adopt(&record, submission);
        let outline = outline_of_spec(spec_of(workflow));
        Ok(Self::on_record(cluster, (record, outline), state, recorder))
    }

    /// Makes a run from its record.
    pub(super) fn on_record(
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
            latest: None,
            offloaded: false,
            with_unread_notes: Vec::new(),
            gone: false,
            unseen: false,
            recorder,
        }
    }

    /// Says what is missing from the known state of its tasks.
    pub(crate) fn notes(&self) -> Vec<String> {
        let by_pods = self.offloaded.then(|| BY_PODS.to_owned());
        let unread = self.with_unread_notes.iter().map(|task| {
            format!(
                "cannot read all that the task {task} says of its results, so results may be missing"
            )
        });
        by_pods.into_iter().chain(unread).collect()
    }

    /// Asks the cluster for the state of the run, and records what is new. Says whether the Workflow still exists.
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
        self.latest = Some((workflow, observed.status));
        Ok(true)
    }

    /// Fails if the Argo Server may be that of another cluster: its answer about a run of a
    /// kubeconfig means nothing then.
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

    /// Updates the parameters in the record: a retry may have changed them.
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

    /// Reads the state of a Workflow with its nodes, even if the controller keeps them elsewhere.
    pub(super) async fn observed(&self, workflow: &Value) -> Result<Observed, CommandError> {
        let mut observed = Observed::read(workflow)?;
        self.cluster
            .bring_back_nodes(&self.record.name, &mut observed.status)
            .await?;
        Ok(observed)
    }

    /// Says whether the record lacks something about the run.
    pub(crate) fn is_behind(&self) -> bool {
        self.recorder.is_behind()
    }

    /// Message that no controller looks after the run, if one should have begun it by now.
    pub(crate) fn waits_for_a_controller(&self, now: Timestamp) -> Option<String> {
        let is_late = now.duration_since(self.record.created) > PICKED_UP;
        (self.unseen && is_late).then(|| self.not_picked_up())
    }

    /// Message for a run that no workflow controller has begun.
    pub(crate) fn not_picked_up(&self) -> String {
        format!(
            "no workflow controller has started the run yet; check that a controller runs and that it manages the \
             namespace `{}`",
            self.cluster.namespace
        )
    }

    /// Command that continues a failed run.
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

    /// Says whether a task failed because of its image, e.g. code that cannot be imported; a retry
    /// uses the same image.
    fn fails_of_its_image(&self) -> bool {
        let mut tasks = self.state.tasks.values();
        tasks.any(|task| {
            matches!(task.phase, Phase::Failed | Phase::Error)
                && runs::is_of_the_image(task.message.as_deref(), task.cause.as_ref())
        })
    }

    /// Records and shows what is new in a status.
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
        // Nothing new: another program has recorded all of it.
        if !news.is_empty() || self.recorder.is_behind() {
            let missing = |on_record: &RunState| events(on_record, &view, now);
            let name = &self.record.name;
            self.recorder.bring_up(name, observed.version, missing);
        }
        self.with_unread_notes = view.tasks_with_unread_notes();
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

    /// Takes over the places that an earlier run has written for this one, for tasks that this one does not have.
    pub(crate) fn take_over(&mut self, written: &[Written]) {
        let is_own = |name: &str| self.outline.iter().any(|task| task.name == name);
        // An MLflow run belongs to one workflow.
        let others = written
            .iter()
            .filter(|written| written.mlflow.is_none() && !is_own(&written.task));
        self.written = others.cloned().collect();
        self.recorder
            .put_written(&self.record.name, None, &self.written);
    }

    /// Ids of the workflow's nodes that belong to tasks or Kedro nodes.
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

    /// Names of the tasks of a Workflow that stay done when these of its nodes run again.
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

    /// Ends a run whose Workflow is gone without a seen end.
    pub(crate) fn lost(&mut self) {
        self.gone = true;
        self.end(|state| {
            ending(
                state,
                "the Workflow was deleted; the record does not show how it ended",
            )
        });
    }

    /// Ends a run whose Workflow was deleted: running tasks have ended, the others never start.
    pub(crate) fn deleted(&mut self) {
        self.gone = true;
        let outline: Vec<String> = self.outline.iter().map(|task| task.name.clone()).collect();
        self.end(|state| {
            let to_come = if state.tasks.is_empty() {
                // No controller has seen the run.
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

    /// Ends a run without a controller, and records events that no other program records.
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

/// Adds the tasks of the manifest for a run that no controller has seen yet.
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
