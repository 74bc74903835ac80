//! A Workflow that goes on.

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
use super::workflow::{Shutdown, Whole};

/// Notice that something is to be looked at again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Notice {
    /// A call has ended.
    Ended(CallId),
    /// A call has changed, and hooks may want to know.
    Changed(CallId),
}

/// A Workflow that goes on: its status, and what the status does not say of the way to the next one.
#[derive(Debug)]
pub(crate) struct Operation {
    pub(super) documents: Documents,
    pub(super) status: WorkflowStatus,
    /// Values that everything in the Workflow knows.
    pub(super) globals: Values,
    pub(super) calls: Vec<Call>,
    /// The call of each node that has one.
    pub(super) by_node: HashMap<String, CallId>,
    pub(super) notices: VecDeque<Notice>,
    pub(super) changes: Changes,
    /// Nodes that have children which are not on record yet.
    pub(super) linked: indexmap::IndexSet<String>,
    /// Calls that there is no room for yet, in the order of the documents.
    pub(super) held: BTreeSet<(Vec<u32>, CallId)>,
    /// Calls that wait for a lock, in the order in which they came.
    pub(super) locked: BTreeSet<CallId>,
    /// Times at which to look at calls again.
    pub(super) timers: BTreeSet<(Timestamp, CallId)>,
    pub(super) locks: Locks,
    /// Daemons that run.
    pub(super) daemons: BTreeSet<CallId>,
    /// Results that are remembered: by caches, by keys.
    pub(super) cache: BTreeMap<String, BTreeMap<String, Remembered>>,
    /// Counts of the running pods and groups of each boundary, and of its failed ones.
    pub(super) counts: HashMap<CallId, super::limits::Counts>,
    /// Pods that run or are on their way.
    pub(super) pods: usize,
    pub(super) whole: Whole,
    /// The clock of the event that is being taken in.
    pub(super) now: Timestamp,
    /// Calls that refer to something that will never be there.
    pub(super) stuck: BTreeMap<CallId, String>,
}

impl Operation {
    /// A Workflow that nothing has run of, or one with the status that it had before.
    ///
    /// # Errors
    ///
    /// The Workflow cannot be understood; in the controller's words.
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
            whole: Whole::default(),
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

    /// The status.
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

    /// Place of a call in the documents: what comes first there starts first.
    pub(crate) fn order(&self, call: CallId) -> &[u32] {
        &self.calls[call].request.order
    }

    /// Says whether a call belongs to an exit handler.
    pub(crate) fn is_exit(&self, call: CallId) -> bool {
        self.calls[call].request.is_exit
    }

    /// The template of a call with everything filled in.
    pub(crate) fn template(&self, call: CallId) -> &Template {
        &self.calls[call].template
    }

    /// The spec of the Workflow, merged with that of its `workflowTemplateRef`, but for its templates.
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

    /// Values that everything in the Workflow knows.
    pub(crate) fn globals(&self) -> &Values {
        &self.globals
    }

    /// Time at which something happens by itself next: a wait ends, a limit is reached.
    pub(crate) fn next_look(&self) -> Option<Timestamp> {
        self.next_timer().map(|(at, _)| at)
    }

    /// The next timer. In a suspended Workflow the controller looks at nothing but its pods.
    fn next_timer(&self) -> Option<(Timestamp, CallId)> {
        let mut timers = self.timers.iter().copied();
        timers.find(|(_, call)| !self.whole.is_suspended || self.runs_out(*call))
    }

    /// Says whether a timer is one that ends pods, also while nothing else happens.
    fn runs_out(&self, call: CallId) -> bool {
        Some(call) == self.whole.timer()
            || (matches!(self.calls[call].state, State::Pod)
                && self.phase(&self.calls[call].id) == Some(Phase::Running))
    }

    /// Begins, or goes on with the status of before.
    pub(crate) fn begin(&mut self, now: Timestamp) -> Changes {
        self.now = now;
        self.begin_whole();
        self.settle()
    }

    /// Takes in what happens to the pod of a call.
    pub(crate) fn take_in(&mut self, call: CallId, event: Event, now: Timestamp) -> Changes {
        self.now = now;
        self.pod_event(call, event);
        self.settle()
    }

    /// Takes in that time has passed.
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

    /// Says whether nothing begins until somebody resumes the Workflow.
    pub(crate) fn is_suspended(&self) -> bool {
        self.whole.is_suspended && !self.status.is_final()
    }

    /// Keeps everything from beginning until somebody resumes the Workflow.
    pub(crate) fn suspend(&mut self) {
        self.whole.is_suspended = true;
    }

    /// Ends the Workflow before it is done.
    pub(crate) fn shut_down(&mut self, how: Shutdown, now: Timestamp) -> Changes {
        self.now = now;
        self.shut_down_whole(how);
        self.settle()
    }

    /// Goes on until nothing more follows from what has happened.
    pub(super) fn settle(&mut self) -> Changes {
        while !self.whole.is_suspended {
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
            if self.notices.is_empty() && !self.look_at_whole() {
                break;
            }
        }
        std::mem::take(&mut self.changes)
    }

    /// Says whether nothing runs and nothing will, although the Workflow has not ended.
    pub(crate) fn is_stuck(&self) -> bool {
        self.pods == 0
            && self.timers.is_empty()
            && !self.status.is_final()
            && !self.whole.is_suspended
            && !self.waits_for_somebody()
            && !self.waits_for_others()
    }

    fn waits_for_somebody(&self) -> bool {
        let suspended = |call: &Call| matches!(call.state, State::Suspended);
        self.calls.iter().any(suspended)
    }

    /// Lists what the calls that will never go on are waiting for.
    pub(crate) fn reasons(&self) -> impl Iterator<Item = (&str, &str)> {
        self.stuck
            .iter()
            .map(|(call, reason)| (self.calls[*call].name(), reason.as_str()))
    }
}
