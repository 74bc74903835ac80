//! Requests of other programs to a running run.

use argo::status::NodeStatus;
use jiff::Timestamp;
use runs::{Request, RunEvent, RunRequest, SUSPENDED};

use super::{Dispatcher, EngineError, Record};
use crate::operate::{Changes, Shutdown};

impl<R: Record> Dispatcher<R> {
    /// Carries out the requests to this run.
    pub(super) fn take_requests(&mut self) -> Result<(), EngineError> {
        for asked in self.record.requests().map_err(EngineError::Record)? {
            if self.interrupted > 0 || self.operation.status().is_final() {
                continue;
            }
            let now = Timestamp::now();
            self.see_locks()?;
            let changes = self.ask(&asked, now);
            self.record_changes(&changes, now, None)?;
            self.tell_suspended(now)?;
            self.act(changes);
        }
        Ok(())
    }

    fn ask(&mut self, asked: &RunRequest, now: Timestamp) -> Changes {
        let operation = &mut self.operation;
        match &asked.request {
            Request::Stop => operation.shut_down(Shutdown::Stop, now),
            Request::Terminate => operation.shut_down(Shutdown::Terminate, now),
            Request::Suspend => {
                operation.suspend();
                Changes::default()
            }
            Request::Resume { nodes, outputs } => {
                let is_meant = nodes
                    .as_ref()
                    .map(|nodes| |node: &NodeStatus| nodes.contains(&node.id));
                let is_meant = is_meant
                    .as_ref()
                    .map(|is_meant| is_meant as &dyn Fn(&NodeStatus) -> bool);
                operation.resume(is_meant, outputs, &asked.by, now)
            }
            Request::Refuse { nodes, message } => {
                let is_meant = |node: &NodeStatus| nodes.contains(&node.id);
                operation.refuse(&is_meant, message, now)
            }
            Request::Unknown => Changes::default(),
        }
    }

    /// Reports that the run is suspended, or that it is resumed.
    pub(super) fn tell_suspended(&mut self, now: Timestamp) -> Result<(), EngineError> {
        let message = self.operation.is_suspended().then(|| SUSPENDED.to_owned());
        let state = self.record.state();
        if state.phase.is_final() || state.message == message {
            return Ok(());
        }
        self.record_event(now, RunEvent::RunWaiting { message })
    }
}
