//! Tasks as fresh processes.

use std::ffi::OsString;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};

use pod::containers::Plan;
use pod::own_files::Start;
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::AsyncWriteExt;
use tokio::net::unix::pipe::Sender as PipeEnd;
use tokio::sync::mpsc::Sender;
use tokio::task::spawn_blocking;

use crate::message::{Message, ProcessEnd};
use crate::programs::Programs;

/// Starts a task in a process group of its own, and reports its end. Returns the id of the process.
///
/// # Arguments
///
/// * `instead`: Variables that replace this process' own.
/// * `plan`: Plan for its standard input, if the process runs several containers.
/// * `programs`: Paths of programs.
/// * `output`, `errors`: Streams of the task.
pub(crate) fn start(
    unit: usize,
    (start, plan): (&Start, Option<&Plan>),
    variables: &[(OsString, OsString)],
    instead: Option<&[(OsString, OsString)]>,
    programs: &mut Programs,
    (output, errors): (OwnedFd, OwnedFd),
    messages: Sender<Message>,
) -> io::Result<i32> {
    let Some((program, words)) = start.words.split_first() else {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "the command is empty",
        ));
    };
    let given = variables
        .iter()
        .rev()
        .chain(instead.into_iter().flatten().rev());
    let mut given = given
        .filter(|(name, _)| name == "PATH")
        .map(|(_, path)| path.clone());
    let path = given
        .next()
        .or_else(|| std::env::var_os("PATH").filter(|_| instead.is_none()));
    let found = path.and_then(|path| programs.find(program, &path));
    let mut command = Command::new(found.as_deref().unwrap_or(Path::new(program)));
    command.arg0(program);
    if let Some(variables) = instead {
        command.env_clear().envs(variables.iter().cloned());
    }
    let mut child = command
        .args(words)
        .envs(variables.iter().cloned())
        .current_dir(&start.folder)
        .stdin(if plan.is_some() {
            Stdio::piped()
        } else {
            Stdio::null()
        })
        .stdout(output)
        .stderr(errors)
        .process_group(0)
        .spawn()?;
    let pid = i32::try_from(child.id()).unwrap_or_default();
    if let (Some(plan), Some(input)) = (plan, child.stdin.take()) {
        let plan = serde_json::to_vec(plan)?;
        let mut input = PipeEnd::from_owned_fd(input.into())?;
        tokio::spawn(async move {
            // A killed process no longer reads its input.
            let _ = input.write_all(&plan).await;
        });
    }
    tokio::spawn(async move {
        let cpu = pod::processor_time_at_the_end_of(pid).await;
        let status = end_of(child).await;
        // Kill the processes that the task has left in its group.
        signal(pid, Signal::KILL);
        let ended = match status {
            Ok(status) => ProcessEnd {
                code: status.code(),
                signal: status.signal(),
                peak_memory: None,
                cpu,
            },
            Err(_) => ProcessEnd::default(),
        };
        let _ = messages.send(Message::Ended { unit, ended }).await;
    });
    Ok(pid)
}

/// Waits for the end of a process; returns at once if it has ended.
async fn end_of(mut child: Child) -> io::Result<ExitStatus> {
    match child.try_wait()? {
        Some(status) => Ok(status),
        None => spawn_blocking(move || child.wait()).await?,
    }
}

/// Sends a signal to a process group, if it still exists.
pub(crate) fn signal(group: i32, signal: Signal) {
    if let Some(group) = Pid::from_raw(group) {
        let _ = kill_process_group(group, signal);
    }
}
