//! One container: its start, output, end and stop.

use std::io::{self, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::watch;

use super::plan::{MAIN, PlannedContainer};
use crate::exit_code::BY_SIGNAL;
use crate::own_files::{NOT_STARTED, why_no_program};

/// Stop waiting for output this long after exit: a grandchild may hold the pipe.
const LEFTOVER: Duration = Duration::from_secs(1);

/// Runs a container once.
///
/// # Arguments
///
/// * `stop`: Signal to stop the container, and its grace period; without it, the container runs to its own end.
///
/// # Returns
///
/// The exit code of the container, and the reason if it could not start.
pub(super) async fn run_once(
    planned: &PlannedContainer,
    stop: Option<(watch::Receiver<bool>, Duration)>,
) -> (i32, Option<String>) {
    let mut child = match start(planned) {
        Ok(child) => child,
        Err(error) => {
            let program = planned.words.first().cloned().unwrap_or_default();
            return (
                i32::from(NOT_STARTED),
                Some(why_no_program(&program, &error)),
            );
        }
    };
    let shown = [
        child
            .stdout
            .take()
            .map(|it| tokio::spawn(show(it, planned.name.clone()))),
        child
            .stderr
            .take()
            .map(|it| tokio::spawn(show(it, planned.name.clone()))),
    ];
    let ended = match stop {
        None => child.wait().await,
        Some((stop, grace)) => wait_or_end(&mut child, stop, grace).await,
    };
    // Grandchildren may hold the pipes open.
    let rest = futures::future::join_all(shown.into_iter().flatten());
    let _ = tokio::time::timeout(LEFTOVER, rest).await;
    match ended {
        Ok(status) => (code_of(status), None),
        Err(error) => (i32::from(NOT_STARTED), Some(error.to_string())),
    }
}

fn start(planned: &PlannedContainer) -> io::Result<Child> {
    let Some((program, words)) = planned.words.split_first() else {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "the command is empty",
        ));
    };
    let mut command = Command::new(program);
    command
        .args(words)
        .envs(planned.variables.iter().cloned())
        .current_dir(&planned.folder)
        .stdin(Stdio::null());
    if planned.name != MAIN {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
    }
    command.spawn()
}

/// Waits for a container; if asked to stop, sends SIGTERM and later kills it.
async fn wait_or_end(
    child: &mut Child,
    mut stop: watch::Receiver<bool>,
    grace: Duration,
) -> io::Result<ExitStatus> {
    tokio::select! {
        status = child.wait() => return status,
        // A dropped sender also means stop.
        _ = stop.wait_for(|stop| *stop) => {}
    }
    let id = child
        .id()
        .and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
    if let Some(id) = id {
        // The process may have ended meanwhile.
        let _ = kill_process(id, Signal::TERM);
    }
    if let Ok(status) = tokio::time::timeout(grace, child.wait()).await {
        return status;
    }
    child.start_kill()?;
    child.wait().await
}

/// Prints the output of a container other than the main one, with its name before each line.
async fn show(stream: impl AsyncRead + Unpin, name: String) {
    let mut lines = BufReader::new(stream);
    let mut line = Vec::new();
    loop {
        line.clear();
        match lines.read_until(b'\n', &mut line).await {
            Ok(read) if read > 0 => {}
            _ => return,
        }
        if line.last() != Some(&b'\n') {
            line.push(b'\n');
        }
        let mut text = format!("{name}: ").into_bytes();
        text.extend_from_slice(&line);
        // The container continues even if nobody reads its output.
        let _ = io::stderr().write_all(&text);
    }
}

fn code_of(status: ExitStatus) -> i32 {
    let of_signal = status.signal().map(|signal| BY_SIGNAL + signal);
    status
        .code()
        .or(of_signal)
        .unwrap_or(i32::from(NOT_STARTED))
}
