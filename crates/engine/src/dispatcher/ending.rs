//! Ends the tasks that run: told first, then killed, and at last without their worker.

use std::time::Duration;

use rustix::process::Signal;
use tokio::time::Instant;

use super::{Dispatcher, EngineError, Isolation, Record};
use crate::message::Ended;
use crate::spawn;

/// How long a task may take to end when it is told to; the cluster's default grace.
const GRACE: Duration = Duration::from_secs(30);
/// How long the worker may take to say that a killed task has ended. One that is frozen never
/// says so.
const WORKER_ANSWERS: Duration = Duration::from_secs(1);

impl<R: Record> Dispatcher<R> {
    pub(super) fn interrupt(&mut self) {
        self.interrupted += 1;
        self.scheduler.stop();
        self.operation.stop();
        if self.interrupted == 1 {
            self.kill_at = Some(Instant::now() + GRACE);
            self.signal_all(Signal::TERM);
        } else {
            self.kill_all();
        }
    }

    pub(super) fn kill_all(&mut self) {
        self.kill_at = None;
        self.give_up_at = Some(Instant::now() + WORKER_ANSWERS);
        self.signal_all(Signal::KILL);
    }

    fn live(&self) -> Vec<usize> {
        let running = self.running.iter();
        let mut live: Vec<usize> = running
            .filter(|(_, running)| running.ended.is_none())
            .map(|(index, _)| *index)
            .collect();
        live.sort_unstable();
        live
    }

    fn signal_all(&mut self, signal: Signal) {
        for index in self.live() {
            let running = &self.running[&index];
            match &self.job.isolation {
                // The worker alone knows whether the process is still the task's.
                Isolation::Fork(forks) if running.is_fork => forks.signal(index, signal.as_raw()),
                _ => spawn::signal(running.pid, signal),
            }
        }
    }

    /// Ends the forks of a worker that does not answer. It has not asked the kernel for their
    /// ends either, so their ids are still theirs.
    fn do_without_worker(&mut self) -> Result<(), EngineError> {
        self.give_up_at = None;
        for index in self.live() {
            if let Some(running) = self.running.get_mut(&index)
                && running.is_fork
            {
                spawn::signal(running.pid, Signal::KILL);
                running.ended = Some(Ended {
                    signal: Some(Signal::KILL.as_raw()),
                    ..Ended::default()
                });
                running.over.send_replace(true);
                self.settle(index)?;
            }
        }
        Ok(())
    }

    pub(super) fn next_deadline(&self) -> Instant {
        let deadlines = self.kill_at.into_iter().chain(self.give_up_at);
        deadlines
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
        Ok(())
    }
}
