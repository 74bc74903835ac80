//! Messages to the dispatcher.

use std::io;
use std::time::Duration;

use crate::artifacts::ArtifactError;
use crate::files::Read;

/// End of a task's process.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct ProcessEnd {
    pub(crate) code: Option<i32>,
    pub(crate) signal: Option<i32>,
    pub(crate) peak_memory: Option<u64>,
    /// Time that the process and its children kept processors busy.
    pub(crate) cpu: Option<Duration>,
}

/// Message about a process.
#[derive(Debug)]
pub(crate) enum Message {
    Started {
        unit: usize,
        pid: i32,
    },
    /// The worker could not fork.
    Refused {
        unit: usize,
        error: io::Error,
    },
    /// The artifacts for a start of the task are loaded, or could not be.
    Loaded {
        unit: usize,
        start: usize,
        failed: Option<Box<ArtifactError>>,
    },
    Ended {
        unit: usize,
        ended: ProcessEnd,
    },
    /// A daemon is ready for others.
    Ready {
        unit: usize,
        start: usize,
    },
    /// Outputs of a start of the task.
    Read {
        unit: usize,
        start: usize,
        read: Box<Read>,
    },
    /// Memory that all processes of the task hold together now, in bytes.
    Holds {
        unit: usize,
        bytes: u64,
    },
    WorkerGone,
}

/// Message about the output of processes.
#[derive(Debug)]
pub(crate) enum Printed {
    Line {
        unit: usize,
        is_error: bool,
        line: String,
    },
    Closed {
        unit: usize,
        start: usize,
        /// End of the printed text, if something needs it.
        text: Option<String>,
    },
    LogLost(io::Error),
}
