//! Limits on parallelism and time (`checkParallelism` and `checkTemplateTimeouts` of
//! `workflow/controller/operator.go`).

use argo::status::{NodeStatus, Phase};
use argo::time::Duration;
use jiff::Timestamp;

use super::call::{CallError, CallId, Outcome, State};
use super::operation::Operation;

/// Message of a template that ends at its first failure.
const FAIL_FAST: &str = "template has failed or errored children and failFast enabled";

/// Counts of active and failed calls directly in a boundary.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Counts {
    /// Pods, steps and DAGs that run or are about to.
    active: i64,
    /// Pods among them.
    pods: i64,
    /// Pods, steps and DAGs that have failed.
    failed: i64,
}

impl Operation {
    /// Says whether a limit on parallelism holds a call back.
    pub(super) fn has_no_room(&self, call: CallId) -> bool {
        let pods = i64::try_from(self.pods).unwrap_or(i64::MAX);
        let limit = self.documents.spec.parallelism;
        if limit.is_some_and(|limit| pods >= limit) {
            return true;
        }
        let request = &self.calls[call].request;
        if matches!(request.caller, super::call::Caller::Attempt { .. }) {
            return false;
        }
        let Some(boundary) = request.boundary else {
            return false;
        };
        if self.node(&self.calls[call].id).is_some() {
            return false;
        }
        let template = &self.calls[boundary].template;
        let counts = self.counts.get(&boundary).copied().unwrap_or_default();
        (template.fail_fast == Some(true) && counts.failed > 0)
            || template
                .parallelism
                .is_some_and(|limit| counts.active >= limit)
    }

    /// Says whether a template with `failFast` has its first failure.
    pub(super) fn has_failed_fast(&self, boundary: CallId) -> bool {
        let failed = self
            .counts
            .get(&boundary)
            .is_some_and(|counts| counts.failed > 0);
        failed && self.calls[boundary].template.fail_fast == Some(true)
    }

    /// Holds a call back until a limit on parallelism allows it.
    pub(super) fn hold(&mut self, call: CallId) {
        self.calls[call].state = State::Held;
        let order = self.calls[call].request.order.clone();
        self.held.insert((order, call));
    }

    /// Begins the held calls that the limits now allow.
    pub(super) fn release_held(&mut self) {
        let held: Vec<(Vec<u32>, CallId)> = self.held.iter().cloned().collect();
        for (order, call) in held {
            let is_gone = self.is_gone(call);
            if !is_gone && self.has_no_room(call) {
                continue;
            }
            if !self.held.remove(&(order, call)) {
                continue;
            }
            if is_gone {
                self.calls[call].state = State::Over;
                continue;
            }
            let outcome = self.execute(call);
            if outcome != Outcome::Held {
                self.take_in_outcome(call, outcome);
            }
        }
    }

    /// Says whether the boundary of a call is over.
    fn is_gone(&self, call: CallId) -> bool {
        let boundary = self.calls[call].request.boundary;
        boundary.is_some_and(|boundary| matches!(self.calls[boundary].state, State::Over))
    }

    /// Counts the begin or the end of a group or a pod.
    pub(super) fn count_group(&mut self, call: CallId, by: i64) {
        if let Some(boundary) = self.calls[call].request.boundary {
            self.counts.entry(boundary).or_default().active += by;
        }
    }

    pub(super) fn count_pod(&mut self, call: CallId, by: i64) {
        if let Some(boundary) = self.calls[call].request.boundary {
            self.counts.entry(boundary).or_default().pods += by;
        }
        self.count_group(call, by);
    }

    /// Counts the end of a group or a pod.
    pub(super) fn count_end(&mut self, call: CallId) {
        let is_failed = self
            .phase(&self.calls[call].id)
            .is_some_and(Phase::is_failed);
        match self.calls[call].state {
            State::Pod => self.count_pod(call, -1),
            State::Dag(_) | State::Steps(_) => self.count_group(call, -1),
            _ => return,
        }
        if is_failed && let Some(boundary) = self.calls[call].request.boundary {
            self.counts.entry(boundary).or_default().failed += 1;
        }
    }

    /// Ends a boundary with `failFast` after its first failure, once none of its pods run.
    pub(super) fn fail_fast(&mut self, boundary: CallId) {
        let counts = self.counts.get(&boundary).copied().unwrap_or_default();
        let wants = self.calls[boundary].template.fail_fast == Some(true);
        if !wants || counts.failed == 0 || counts.pods > 0 {
            return;
        }
        match self.calls[boundary].state {
            State::Dag(_) => {}
            State::Steps(_) => {
                let groups = self.calls[boundary].template.steps.len();
                let name = self.calls[boundary].name().to_owned();
                let last = (0..groups).rev().find_map(|group| {
                    let group = u32::try_from(group).unwrap_or(u32::MAX);
                    let node = self.node_named(&argo::status::step_group_name(&name, group))?;
                    Some(node.id.clone())
                });
                if let Some(group) = last {
                    self.mark(&group, Phase::Failed, Some(FAIL_FAST));
                }
            }
            _ => return,
        }
        self.end_group(boundary, Phase::Failed, Some(FAIL_FAST));
    }

    /// Sets a timer for the timeout of a call.
    pub(super) fn watch_timeout(&mut self, call: CallId) {
        let template = &self.calls[call].template;
        let started = self
            .node(&self.calls[call].id)
            .and_then(|node| node.started_at)
            .unwrap_or(self.now);
        let timeout = template.timeout.as_deref().filter(|text| !text.is_empty());
        let own = timeout.and_then(duration).map(|took| later(started, took));
        let pending = Some(template.pending_timeout.as_str()).filter(|text| !text.is_empty());
        let pending = pending.and_then(duration).map(|took| later(started, took));
        let deadline = [self.calls[call].deadline, own].into_iter().flatten().min();
        self.calls[call].deadline = deadline;
        for at in [deadline, pending].into_iter().flatten() {
            self.timers.insert((at, call));
        }
    }

    /// Handles the timeout of a call.
    pub(super) fn time_is_up(&mut self, call: CallId) {
        if Some(call) == self.workflow.timer() {
            self.workflow_is_late();
            return;
        }
        match self.calls[call].state {
            State::Retry(_) => self.look_at_tries(call),
            State::Suspended => self.look_at_suspend(call),
            State::Pod | State::Locked => self.pod_is_late(call),
            _ => {}
        }
    }

    fn pod_is_late(&mut self, call: CallId) {
        let id = self.calls[call].id.clone();
        if self.is_fulfilled(&id) && !self.node(&id).is_some_and(NodeStatus::is_daemoned) {
            return;
        }
        let is_pending = self.phase(&id) == Some(Phase::Pending);
        let is_late = self.calls[call].deadline.is_some_and(|at| at <= self.now);
        let pending = self.calls[call].template.pending_timeout.clone();
        let started = self.node(&id).and_then(|node| node.started_at);
        let waited = duration(&pending)
            .zip(started)
            .is_some_and(|(took, started)| later(started, took) <= self.now);
        if is_pending && (is_late || waited) {
            self.changes.end.push(call);
            self.end_with_error_and_notify(call, CallError::Timeout);
        } else if is_late {
            self.end_pod(
                call,
                "Pod was active on the node longer than the specified deadline",
            );
        }
    }
}

/// Parses seconds, or a duration with units (`ParseStringToDuration`).
pub(super) fn duration(text: &str) -> Option<Duration> {
    match text.parse::<i64>() {
        Ok(seconds) => Some(Duration::new(seconds.saturating_mul(1_000_000_000))),
        Err(_) => Duration::parse(text),
    }
}

pub(super) fn later(time: Timestamp, by: Duration) -> Timestamp {
    let at = time.as_nanosecond() + i128::from(by.nanoseconds());
    Timestamp::from_nanosecond(at).unwrap_or(Timestamp::MAX)
}
