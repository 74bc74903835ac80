//! What the dispatcher is told.

use std::io;
use std::time::Duration;

/// How a task's process ended.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) signal: Option<i32>,
    pub(crate) peak_memory: Option<u64>,
    /// Time that it kept processors busy, with the processes that it waited for.
    pub(crate) cpu: Option<Duration>,
}

/// What the dispatcher is told of the processes.
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
    Ended {
        unit: usize,
        ended: Ended,
    },
    /// All its processes together hold so many bytes of memory now.
    Holds {
        unit: usize,
        bytes: u64,
    },
    WorkerGone,
}

/// What the dispatcher is told of what they print.
#[derive(Debug)]
pub(crate) enum Output {
    Line {
        unit: usize,
        is_error: bool,
        line: String,
    },
    Closed {
        unit: usize,
        start: usize,
    },
    LogLost(io::Error),
}
