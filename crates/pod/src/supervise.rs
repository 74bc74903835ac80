//! Supervises the worker of one task in a container: passes signals on, and reports what it used and why it failed.
//!
//! The worker has a process group of its own: Argo's executor signals its whole group, but a task must get each signal
//! only once.

use std::io::{self, Write};
use std::process::Stdio;
use std::time::{Duration, Instant};

use futures::future::join_all;
use runs::Cause;
use rustix::process::{Pid, kill_process_group};
use tempfile::TempDir;
use tokio::io::AsyncRead;
use tokio::process::Command;

use crate::exit_code::{FAILED, exit_code};
use crate::report::{self, Report};
use crate::signals::{ENDING, Signals};
use crate::{RedactedLines, Redactor, held_by, last_words, memory_limit, results, secrets, usage};

/// Stop waiting for output this long after exit: a grandchild may hold the pipe.
const LEFTOVER: Duration = Duration::from_secs(1);
/// Pause between two looks at the worker's memory.
const LOOK: Duration = Duration::from_millis(250);

/// End of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ending {
    /// Exit code of the container.
    pub exit_code: u8,
    /// Message about the end that nothing else reports.
    pub message: Option<&'static str>,
}

/// Runs a worker to its end.
///
/// # Errors
///
/// The worker cannot be started, or waiting for its end fails.
pub async fn supervise(mut worker: Command) -> io::Result<Ending> {
    let started = Instant::now();
    let folder = private_folder();
    let report = folder.as_ref().map(|it| it.path().join("report.json"));
    let report = report.filter(|report| report::begin(report).is_ok());
    let notes = folder.as_ref().map(|it| it.path().join("results.jsonl"));
    let mut signals = Signals::new()?;
    let redactor = secrets::redactor();
    if !redactor.is_empty() {
        worker.stdout(Stdio::piped()).stderr(Stdio::piped());
    }
    if let Some(report) = &report {
        worker.env(report::VARIABLE, report);
    }
    if let Some(notes) = &notes {
        worker.env(results::VARIABLE, notes);
    }
    let mut child = worker.process_group(0).spawn()?;
    let output = [
        child
            .stdout
            .take()
            .map(|stream| tokio::spawn(hand_on(stream, redactor.clone(), std::io::stdout()))),
        child
            .stderr
            .take()
            .map(|stream| tokio::spawn(hand_on(stream, redactor.clone(), std::io::stderr()))),
    ];
    let group = child
        .id()
        .and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
    let mut is_stopping = false;
    let mut held = 0;
    let mut looks = tokio::time::interval_at((started + LOOK).into(), LOOK);
    looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let status = loop {
        tokio::select! {
            status = child.wait() => break status?,
            _ = looks.tick() => {
                let root = group.map(|group| group.as_raw_nonzero().get());
                held = held_by(root.as_slice()).into_iter().fold(held, u64::max);
            }
            number = signals.next() => {
                is_stopping |= ENDING.contains(&number);
                if let Some(group) = group {
                    let _ = kill_process_group(group, number);
                }
            }
        }
    };
    // Grandchildren may hold the pipes open.
    let _ = tokio::time::timeout(LEFTOVER, join_all(output.into_iter().flatten())).await;
    let written = notes.map(|notes| results::of_container(&notes, &redactor));
    let peak = usage::record(started, held, written.unwrap_or_default());
    let said = report.as_deref().and_then(report::take);
    let ended_early = status.success() && said == Some(Report::NotDone);
    let cause = match said {
        Some(Report::Failed(cause)) => Some(redactor.redact_cause(last_words::relative(&cause))),
        Some(Report::NotDone) | None => None,
    };
    let is_interrupted = is_stopping && is_interrupt(cause.as_ref());
    let mut code = exit_code(status, is_interrupted, is_stopping);
    if ended_early {
        // Without a message, Kubernetes would count a task that saved nothing as done.
        last_words::leave(report::ENDED_EARLY);
        return Ok(Ending {
            exit_code: FAILED,
            message: Some(report::ENDED_EARLY),
        });
    }
    if code == 0 && cause.is_some() {
        code = FAILED;
    }
    if code != 0 && !is_interrupted {
        let limit = memory_limit::read();
        last_words::leave(&last_words::last_words(
            status,
            cause.as_ref(),
            peak,
            limit,
            &redactor,
        ));
    }
    Ok(Ending {
        exit_code: code,
        message: None,
    })
}

/// Private temporary folder with a random name. Dropping it removes it.
fn private_folder() -> Option<TempDir> {
    // Containers often have a read-only disk; `/dev/shm` is in memory.
    let made =
        tempfile::tempdir().or_else(|error| tempfile::tempdir_in("/dev/shm").map_err(|_| error));
    if let Err(error) = &made {
        // The task runs without the folder too.
        let _ = writeln!(
            std::io::stderr(),
            "cannot create the file that tells why a task failed: {error}"
        );
    }
    made.ok()
}

/// Copies the output of a worker, without secrets.
async fn hand_on(stream: impl AsyncRead + Unpin, redactor: Redactor, mut output: impl Write) {
    let mut lines = RedactedLines::new(stream, redactor);
    while let Some(line) = lines.next().await {
        // The worker continues even if nobody reads its output.
        let _ = output.write_all(format!("{line}\n").as_bytes());
        if !lines.has_more() {
            let _ = output.flush();
        }
    }
}

/// Says whether the exception comes from a signal, even if the node has its own handler.
fn is_interrupt(cause: Option<&Cause>) -> bool {
    cause.is_some_and(|cause| cause.exception.as_deref() == Some("KeyboardInterrupt"))
}
