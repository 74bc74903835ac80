//! Ends running tasks: asks them first, kills them later, and at last does so without their worker.

use std::time::Duration;

use jiff::Timestamp;
use rustix::process::Signal;
use tokio::time::Instant;

use super::{Dispatcher, EngineError, Isolation, Record};
use crate::launch::GRACE;
use crate::message::ProcessEnd;
use crate::operate::CallId;
use crate::spawn;

/// Longest wait for the worker to report the end of a killed task. A frozen worker never reports it.
const WORKER_ANSWERS: Duration = Duration::from_secs(1);

impl<R: Record> Dispatcher<R> {
    pub(super) fn interrupt(&mut self) -> Result<(), EngineError> {
        self.interrupted += 1;
        self.scheduler.stop();
        self.operation.interrupt();
        self.give_up_loading()?;
        if self.interrupted == 1 {
            self.kill_at = Some(Instant::now() + GRACE);
            self.signal_all(Signal::TERM);
        } else {
            self.kill_all();
        }
        Ok(())
    }

    pub(super) fn kill_all(&mut self) {
        self.kill_at = None;
        self.give_up_at = Some(Instant::now() + WORKER_ANSWERS);
        self.signal_all(Signal::KILL);
    }

    fn live(&self) -> Vec<CallId> {
        let running = self.running.iter();
        let mut live: Vec<CallId> = running
            .filter(|(_, running)| running.ended.is_none())
            .map(|(index, _)| *index)
            .collect();
        live.sort_unstable();
        live
    }

    fn signal_all(&mut self, signal: Signal) {
        for call in self.live() {
            self.signal(call, signal);
        }
    }

    fn signal(&self, call: CallId, signal: Signal) {
        let Some(running) = self.running.get(&call) else {
            return;
        };
        match &self.job.isolation {
            // Only the worker knows whether the process id still belongs to the task.
            Isolation::Fork(forks) if running.is_fork => forks.signal(call, signal.as_raw()),
            _ => spawn::signal(running.pid, signal),
        }
    }

    /// Kills one task.
    pub(super) fn kill(&self, call: CallId) {
        self.signal(call, Signal::KILL);
    }

    /// Asks one task to end, and schedules its kill.
    pub(super) fn end_one(&mut self, call: CallId) {
        if let Some(running) = self.running.get_mut(&call)
            && running.ended.is_none()
            && running.kill_at.is_none()
        {
            running.kill_at = Some(Instant::now() + GRACE);
            self.signal(call, Signal::TERM);
        }
    }

    /// Kills the forks of a worker that does not answer. A frozen worker has not reaped its forks, so their ids are not
    /// reused.
    fn do_without_worker(&mut self) -> Result<(), EngineError> {
        self.give_up_at = None;
        for index in self.live() {
            if let Some(running) = self.running.get_mut(&index)
                && running.is_fork
            {
                spawn::signal(running.pid, Signal::KILL);
                running.ended = Some(ProcessEnd {
                    signal: Some(Signal::KILL.as_raw()),
                    ..ProcessEnd::default()
                });
                running.over.send_replace(true);
                self.settle(index)?;
            }
        }
        Ok(())
    }

    pub(super) fn next_deadline(&self) -> Instant {
        let of_tasks = self.running.values().filter_map(|running| running.kill_at);
        let look = self.operation.next_look().map(|at| {
            let left = at.duration_since(Timestamp::now());
            Instant::now() + Duration::try_from(left).unwrap_or(Duration::ZERO)
        });
        let deadlines = self.kill_at.into_iter().chain(self.give_up_at);
        deadlines
            .chain(of_tasks)
            .chain(look.filter(|_| self.interrupted == 0))
            .chain(self.next_look_for_locks())
            .min()
            .unwrap_or_else(|| Instant::now() + Duration::from_secs(3600))
    }

    pub(super) fn time_is_up(&mut self) -> Result<(), EngineError> {
        let now = Instant::now();
        if self.kill_at.is_some_and(|at| at <= now) {
            self.kill_all();
        }
        if self.give_up_at.is_some_and(|at| at <= now) {
            self.do_without_worker()?;
        }
        let mut late: Vec<CallId> = Vec::new();
        for call in self.live() {
            if let Some(running) = self.running.get_mut(&call)
                && running.kill_at.is_some_and(|at| at <= now)
            {
                running.kill_at = None;
                late.push(call);
            }
        }
        for call in late {
            self.signal(call, Signal::KILL);
        }
        let now = Timestamp::now();
        if self.interrupted == 0 && self.operation.next_look().is_some_and(|at| at <= now) {
            self.see_locks()?;
            let changes = self.operation.tick(now);
            self.record_changes(&changes, now, None)?;
            self.act(changes);
        }
        if self
            .next_look_for_locks()
            .is_some_and(|at| at <= Instant::now())
        {
            self.look_for_locks()?;
        }
        Ok(())
    }
}
