//! Memory of running pods: what they hold, their limits, and whether a pod ended because of its limit.

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;

use pod::control_group;
use pod::own_files::NOT_STARTED;
use rustix::process::Signal;

use super::{Dispatcher, MemoryLimits, Record};
use crate::files::Read;
use crate::message::ProcessEnd;
use crate::operate::CallId;

/// Exit code of a container whose main process the kernel killed.
const KILLED: i32 = 137;

impl<R: Record> Dispatcher<R> {
    /// Creates the control group of a pod with a limit. The engine measures the memory of other pods.
    ///
    /// # Returns
    ///
    /// Words to put before the command of the pod, so that the pod enters the group.
    ///
    /// # Errors
    ///
    /// The kernel refuses the group.
    pub(super) fn enter_control_group(&mut self, call: CallId) -> io::Result<Vec<OsString>> {
        let why_not = self.why_not(call);
        let MemoryLimits::Kernel(groups) = &self.job.limits else {
            return Ok(Vec::new());
        };
        let Some(running) = self.running.get_mut(&call) else {
            return Ok(Vec::new());
        };
        let Some(limit) = running.memory.limit else {
            return Ok(Vec::new());
        };
        let group = groups.make(&running.start.to_string(), limit)?;
        let words = control_group::words(&self.job.places.program, group.folder(), &why_not);
        running.memory.group = Some(group);
        Ok(words.into())
    }

    /// Handles a measurement of a pod's memory, in bytes.
    pub(super) fn holds(&mut self, call: CallId, bytes: u64) {
        let Some(running) = self.running.get_mut(&call) else {
            return;
        };
        let memory = &mut running.memory;
        memory.held = memory.held.max(bytes);
        let is_over = memory.limit.is_some_and(|limit| bytes > limit);
        if is_over && self.job.limits.are_enforced() && memory.group.is_none() {
            memory.is_over = true;
            self.kill(call);
        }
    }

    /// Says whether a pod was killed because of its memory. Sets the peak memory of the pod, and the reason why the command
    /// of a pod with a control group was not started.
    pub(super) fn judge_memory(
        &mut self,
        call: CallId,
        ended: &mut ProcessEnd,
        read: &mut Read,
    ) -> bool {
        let why_not = self.why_not(call);
        let Some(running) = self.running.get_mut(&call) else {
            return false;
        };
        let (held, limit) = (running.memory.held, running.memory.limit);
        let is_over = running.memory.is_over || read.is_out_of_memory;
        let group = running.memory.group.take();
        if held > 0 {
            ended.peak_memory = ended.peak_memory.max(Some(held));
        }
        if self.job.isolation.container_engine().is_some() {
            // The measured values are those of the process that waits for the container.
            (ended.peak_memory, ended.cpu) = (None, None);
        }
        if let Some(group) = group {
            if ended.code == Some(i32::from(NOT_STARTED)) && read.not_started.is_none() {
                read.not_started = std::fs::read_to_string(&why_not).ok();
            }
            // Without this file, a later attempt would report the reason of this one.
            let _ = std::fs::remove_file(&why_not);
            let is_killed =
                ended.code == Some(KILLED) || ended.signal == Some(Signal::KILL.as_raw());
            return is_over || is_killed && group.has_killed();
        }
        if let (Some(peak), Some(limit), false) = (ended.peak_memory, limit, is_over)
            && peak > limit
        {
            let task = self.task(call);
            self.record.exceeds(&task, peak, limit);
        }
        is_over
    }

    /// File for the reason why the command of a pod with a control group was not started.
    fn why_not(&self, call: CallId) -> PathBuf {
        self.report(call).with_extension("not-started")
    }
}
