//! A running Workflow.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use argo::spec::Template;
use argo::status::{Phase, WorkflowStatus};
use argo::text::tags::Values;
use jiff::Timestamp;

use super::call::{Call, CallId, State};
use super::documents::{Documents, Source};
use super::event::{Changes, Event};
use super::locks::Locks;
use super::memoize::Remembered;
use super::values::globals;
use super::workflow::{Shutdown, WorkflowState};

/// Notice that a call has to be checked again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Notice {
    /// A call has ended.
    Ended(CallId),
    /// A call has changed, and hooks may depend on it.
    Changed(CallId),
}

/// A running Workflow: its status, and the state that the status does not have.
#[derive(Debug)]
pub(crate) struct Operation {
    pub(super) documents: Documents,
    pub(super) status: WorkflowStatus,
    /// Values known everywhere in the Workflow.
    pub(super) globals: Values,
    pub(super) calls: Vec<Call>,
    /// The call of each node that has one.
    pub(super) by_node: HashMap<String, CallId>,
    pub(super) notices: VecDeque<Notice>,
    pub(super) changes: Changes,
    /// Nodes whose newest children are not on record yet.
    pub(super) linked: indexmap::IndexSet<String>,
    /// Calls held back by limits on parallelism, in the order of the documents.
    pub(super) held: BTreeSet<(Vec<u32>, CallId)>,
    /// Calls that wait for a lock, in order of arrival.
    pub(super) locked: BTreeSet<CallId>,
    /// Times at which to check calls again.
    pub(super) timers: BTreeSet<(Timestamp, CallId)>,
    pub(super) locks: Locks,
    /// Running daemons.
    pub(super) daemons: BTreeSet<CallId>,
    /// Memoized results, by cache and key.
    pub(super) cache: BTreeMap<String, BTreeMap<String, Remembered>>,
    /// Counts of the running pods and groups of each boundary, and of its failed ones.
    pub(super) counts: HashMap<CallId, super::limits::Counts>,
    /// Number of pods that run or are about to.
    pub(super) pods: usize,
    pub(super) workflow: WorkflowState,
    /// Time of the current event.
    pub(super) now: Timestamp,
    /// Calls that refer to a value that will never exist, with the reason.
    pub(super) stuck: BTreeMap<CallId, String>,
}

impl Operation {
    /// Creates a new Workflow, or one that continues from an earlier status.
    ///
    /// # Errors
    ///
    /// The Workflow is not valid. The error has the controller's words.
    pub(crate) fn new(
        source: Source,
        status: WorkflowStatus,
        now: Timestamp,
    ) -> Result<Self, String> {
        let cache = source.cache.clone();
        let documents = Documents::new(source)?;
        let globals = globals(&documents)?;
        let namespace = documents.metadata.namespace.as_deref();
        let namespace = namespace.unwrap_or("default");
        Ok(Self {
            workflow: WorkflowState::default(),
            locks: Locks::new(namespace, &documents.config_maps, documents.take_locks()),
            daemons: BTreeSet::new(),
            cache,
            documents,
            status,
            globals,
            calls: Vec::new(),
            by_node: HashMap::new(),
            notices: VecDeque::new(),
            changes: Changes::default(),
            linked: indexmap::IndexSet::new(),
            held: BTreeSet::new(),
            locked: BTreeSet::new(),
            timers: BTreeSet::new(),
            counts: HashMap::new(),
            pods: 0,
            now,
            stuck: BTreeMap::new(),
        })
    }

    pub(crate) fn status(&self) -> &WorkflowStatus {
        &self.status
    }

    /// Id of the node of a call.
    pub(crate) fn id(&self, call: CallId) -> &str {
        &self.calls[call].id
    }

    /// Name of the node of a call.
    pub(crate) fn name(&self, call: CallId) -> &str {
        self.calls[call].name()
    }

    /// Position of a call in the documents: an earlier call starts first.
    pub(crate) fn order(&self, call: CallId) -> &[u32] {
        &self.calls[call].request.order
    }

    /// Says whether a call belongs to an exit handler.
    pub(crate) fn is_exit(&self, call: CallId) -> bool {
        self.calls[call].request.is_exit
    }

    /// The template of a call with everything replaced.
    pub(crate) fn template(&self, call: CallId) -> &Template {
        &self.calls[call].template
    }

    /// The spec of the Workflow without its templates, merged with that of its `workflowTemplateRef`.
    pub(crate) fn spec(&self) -> &argo::spec::WorkflowSpec {
        &self.documents.spec
    }

    /// `podSpecPatch` of the Workflow.
    pub(crate) fn patch(&self) -> Option<&str> {
        self.documents.spec.pod_spec_patch.as_deref()
    }

    /// Volumes of the Workflow.
    pub(crate) fn volumes(&self) -> &[argo::spec::Volume] {
        &self.documents.spec.volumes
    }

    /// Values known everywhere in the Workflow.
    pub(crate) fn globals(&self) -> &Values {
        &self.globals
    }

    /// Time of the next timer: a wait ends, or a limit is reached.
    pub(crate) fn next_look(&self) -> Option<Timestamp> {
        self.next_timer().map(|(at, _)| at)
    }

    /// The next timer. The controller checks only the pods of a suspended Workflow.
    fn next_timer(&self) -> Option<(Timestamp, CallId)> {
        let mut timers = self.timers.iter().copied();
        timers.find(|(_, call)| !self.workflow.is_suspended || self.runs_out(*call))
    }

    /// Says whether a timer ends pods, which also happens in a suspended Workflow.
    fn runs_out(&self, call: CallId) -> bool {
        Some(call) == self.workflow.timer()
            || (matches!(self.calls[call].state, State::Pod)
                && self.phase(&self.calls[call].id) == Some(Phase::Running))
    }

    /// Begins the Workflow, or continues from its earlier status.
    pub(crate) fn begin(&mut self, now: Timestamp) -> Changes {
        self.now = now;
        self.begin_workflow();
        self.settle()
    }

    /// Applies an event of the pod of a call.
    pub(crate) fn take_in(&mut self, call: CallId, event: Event, now: Timestamp) -> Changes {
        self.now = now;
        self.pod_event(call, event);
        self.settle()
    }

    /// Applies the timers that are due.
    pub(crate) fn tick(&mut self, now: Timestamp) -> Changes {
        self.now = now;
        while let Some((at, call)) = self.next_timer()
            && at <= now
        {
            self.timers.remove(&(at, call));
            self.time_is_up(call);
        }
        self.settle()
    }

    /// Says whether the Workflow is suspended: nothing begins until somebody resumes it.
    pub(crate) fn is_suspended(&self) -> bool {
        self.workflow.is_suspended && !self.status.is_final()
    }

    /// Suspends the Workflow: nothing begins until somebody resumes it.
    pub(crate) fn suspend(&mut self) {
        self.workflow.is_suspended = true;
    }

    /// Ends the Workflow before it is done.
    pub(crate) fn shut_down(&mut self, how: Shutdown, now: Timestamp) -> Changes {
        self.now = now;
        self.shut_down_workflow(how);
        self.settle()
    }

    /// Handles all notices, until nothing more follows.
    pub(super) fn settle(&mut self) -> Changes {
        while !self.workflow.is_suspended {
            while let Some(notice) = self.notices.pop_front() {
                match notice {
                    Notice::Ended(call) => self.ended(call),
                    Notice::Changed(call) => self.changed(call),
                }
            }
            if !self.status.is_final() {
                self.release_locked();
                self.release_held();
            }
            if self.notices.is_empty() && !self.look_at_workflow() {
                break;
            }
        }
        std::mem::take(&mut self.changes)
    }

    /// Says whether the Workflow has not ended but nothing runs or ever will.
    pub(crate) fn is_stuck(&self) -> bool {
        self.pods == 0
            && self.timers.is_empty()
            && !self.status.is_final()
            && !self.workflow.is_suspended
            && !self.waits_for_somebody()
            && !self.waits_for_others()
    }

    fn waits_for_somebody(&self) -> bool {
        let suspended = |call: &Call| matches!(call.state, State::Suspended);
        self.calls.iter().any(suspended)
    }

    /// Lists the missing values of the calls that will never continue.
    pub(crate) fn reasons(&self) -> impl Iterator<Item = (&str, &str)> {
        self.stuck
            .iter()
            .map(|(call, reason)| (self.calls[*call].name(), reason.as_str()))
    }
}
