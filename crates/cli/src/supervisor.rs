//! Looks after the worker of one task in a container: passes signals on, and when it has
//! ended says what it used and why it failed.
//!
//! The worker is in a process group of its own: Argo's executor signals the whole group of
//! what it started, and a task has to be told once.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use compile::usage;
use engine::report::{self, Report};
use engine::{RedactedLines, Redactor, held_by};
use futures::future::join_all;
use nix::sys::resource::{UsageWho, getrusage};
use runs::{Cause, private};
use rustix::process::{Pid, Signal, kill_process_group};
use tempfile::TempDir;
use tokio::io::AsyncRead;
use tokio::process::Command;
use tokio::signal::unix::{SignalKind, signal};

use crate::error::CommandError;
use crate::error::exit::Exit;
use crate::memory_limit::{self, MemoryLimit};
use crate::pod_secrets;
use crate::record::results;
use crate::render::words::bytes;

/// Where Kubernetes looks for a container's last words.
const LAST_WORDS: &str = "/dev/termination-log";
/// Variables that name other places for both.
const LAST_WORDS_VARIABLE: &str = "ARGO_KEDRO_TERMINATION_LOG";
const USAGE_VARIABLE: &str = "ARGO_KEDRO_USAGE";
/// How long the rest of a worker's output is waited for when it has ended.
const LEFTOVER: Duration = Duration::from_secs(1);
/// How often its memory is looked at.
const LOOK: Duration = Duration::from_millis(250);
/// What a process that a signal ended has for an exit code, and Argo's for the last of them.
const BY_SIGNAL: i32 = 128;
/// The exit code of a task that failed, also where its process ended with 0.
const FAILED: u8 = 1;
/// What a process that SIGTERM ends would have: Argo's retry reads it as a pod that went away.
const STOPPED: u8 = 143;
/// The signals that tell a task to end.
const ENDING: [Signal; 4] = [Signal::TERM, Signal::INT, Signal::HUP, Signal::QUIT];

/// Runs a worker to its end and gives its exit code.
pub(crate) async fn supervise(mut worker: Command) -> Result<u8, CommandError> {
    let started = Instant::now();
    let folder = private_folder();
    let report = folder.as_ref().map(|it| it.path().join("report.json"));
    let report = report.filter(|report| report::begin(report).is_ok());
    let notes = folder.as_ref().map(|it| it.path().join("results.jsonl"));
    let mut signals = Signals::new()?;
    let redactor = pod_secrets::redactor();
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
    let mut is_told = false;
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
                is_told |= ENDING.contains(&number);
                if let Some(group) = group {
                    let _ = kill_process_group(group, number);
                }
            }
        }
    };
    // What the worker left running may hold them open.
    let _ = tokio::time::timeout(LEFTOVER, join_all(output.into_iter().flatten())).await;
    let written = notes.map(|notes| results::of_container(&notes, &redactor));
    let peak = record_usage(started, held, written.unwrap_or_default());
    let said = report.as_deref().and_then(report::take);
    let ended_early = status.success() && said == Some(Report::NotDone);
    let cause = match said {
        Some(Report::Failed(cause)) => Some(redactor.redact_cause(relative(&cause))),
        Some(Report::NotDone) | None => None,
    };
    let is_interrupted = is_told && is_interrupt(cause.as_ref());
    let mut code = exit_code(status, is_interrupted, is_told);
    if ended_early {
        // Kubernetes would take a task that has saved nothing for one that is done.
        say_why(report::ENDED_EARLY);
        let mut error = CommandError::new(report::ENDED_EARLY);
        error.exit = Exit::As(FAILED);
        return Err(error);
    }
    if code == 0 && cause.is_some() {
        code = FAILED;
    }
    if code != 0 && !is_interrupted {
        let limit = memory_limit::read();
        say_why(&last_words(status, cause.as_ref(), peak, limit, &redactor));
    }
    Ok(code)
}

/// A folder that nobody else can read, with a name that nobody can tell beforehand. It goes with
/// what is in it when it is dropped.
fn private_folder() -> Option<TempDir> {
    // A disk that cannot be written to is usual for containers, and so is this one in memory.
    let made =
        tempfile::tempdir().or_else(|error| tempfile::tempdir_in("/dev/shm").map_err(|_| error));
    if let Err(error) = &made {
        // A container whose disk cannot be written to runs its task all the same.
        let _ = writeln!(
            std::io::stderr(),
            "cannot create the file that tells why a task failed: {error}"
        );
    }
    made.ok()
}

/// Writes what a worker says, without secrets.
async fn hand_on(stream: impl AsyncRead + Unpin, redactor: Redactor, mut output: impl Write) {
    let mut lines = RedactedLines::new(stream, redactor);
    while let Some(line) = lines.next().await {
        // Nobody reads any more: the worker goes on all the same.
        let _ = output.write_all(format!("{line}\n").as_bytes());
        if !lines.has_more() {
            let _ = output.flush();
        }
    }
}

/// Bytes of memory it held at most; the other amounts go to files as well. `held` is the most
/// that its processes were seen to hold together, `written` says where its results are.
fn record_usage(started: Instant, held: u64, written: String) -> Option<u64> {
    let used = getrusage(UsageWho::RUSAGE_CHILDREN).ok()?;
    // Linux counts in KiB, macOS in bytes.
    let unit = if cfg!(target_os = "macos") { 1 } else { 1024 };
    // The most of one process.
    let peak = held.max(u64::try_from(used.max_rss()).ok()? * unit);
    let seconds = |time: nix::sys::time::TimeVal| {
        #[expect(clippy::cast_precision_loss, reason = "hundredths are shown")]
        let seconds = time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6;
        seconds
    };
    let cpu = seconds(used.user_time()) + seconds(used.system_time());
    let folder = std::env::var_os(USAGE_VARIABLE)
        .map_or_else(|| PathBuf::from(usage::FOLDER), PathBuf::from);
    let files = [
        (usage::PEAK_MEMORY, peak.to_string()),
        (usage::CPU, format!("{cpu:.2}")),
        (
            usage::DURATION,
            format!("{:.2}", started.elapsed().as_secs_f64()),
        ),
        (usage::WRITTEN, written),
    ];
    // A container whose disk cannot be written to has no usage, and is fine otherwise.
    if private::make_folder(&folder).is_ok() {
        for (name, text) in files {
            let file = folder.join(name);
            // What a task put there, a link among it, is not written to.
            let _ = fs_err::remove_file(&file);
            let _ = private::make(&file, &text);
        }
    }
    Some(peak)
}

fn last_words(
    status: ExitStatus,
    cause: Option<&Cause>,
    peak: Option<u64>,
    limit: MemoryLimit,
    redactor: &Redactor,
) -> String {
    use std::os::unix::process::ExitStatusExt;
    const KILL: i32 = 9;
    let text = match (status.signal(), cause) {
        (None, Some(cause)) => cluster::termination_message(cause),
        (None, None) => match status.code() {
            Some(code) if code > BY_SIGNAL => {
                format!(
                    "its process ended with exit code {code}, although no signal was sent to it"
                )
            }
            _ => return String::new(),
        },
        (Some(number), _) => {
            let held = peak.map(bytes).unwrap_or_default();
            match limit.bytes {
                Some(may) if number == KILL && limit.has_killed => format!(
                    "out of memory (killed by signal {number}): it used {held} of its limit of {}",
                    bytes(may)
                ),
                _ => format!("killed by signal {number}; it used at most {held} of memory"),
            }
        }
    };
    redactor.redact(&text)
}

/// The place in the user's code as it stands in the project.
fn relative(cause: &Cause) -> Cause {
    let mut cause = cause.clone();
    if let (Some(frame), Ok(here)) = (&mut cause.frame, std::env::current_dir())
        && let Ok(file) = Path::new(&frame.file).strip_prefix(here)
    {
        frame.file = file.display().to_string();
    }
    cause
}

fn say_why(text: &str) {
    if text.is_empty() {
        return;
    }
    let named = std::env::var_os(LAST_WORDS_VARIABLE).map(PathBuf::from);
    let file = named.unwrap_or_else(|| PathBuf::from(LAST_WORDS));
    // Kubernetes makes it; where it is not, nobody looks. A task's link is not followed.
    let _ = private::overwrite(&file, text);
}

/// Whether what ended the worker is what a signal makes of it, also where the node has a handler of its own.
fn is_interrupt(cause: Option<&Cause>) -> bool {
    cause.is_some_and(|cause| cause.exception.as_deref() == Some("KeyboardInterrupt"))
}

/// The exit code of the container. One above 128 says that a signal ended it, which a worker that nobody told to end
/// cannot say of itself: Argo would take it for a pod that went away, or for one without memory.
fn exit_code(status: ExitStatus, is_interrupted: bool, is_told: bool) -> u8 {
    use std::os::unix::process::ExitStatusExt;
    if is_interrupted {
        return STOPPED;
    }
    let code = match status.code() {
        Some(code) if code > BY_SIGNAL && !is_told => return FAILED,
        Some(code) => Some(code),
        None => status.signal().map(|number| BY_SIGNAL + number),
    };
    code.and_then(|code| u8::try_from(code).ok())
        .unwrap_or(FAILED)
}

/// The signals that are passed on.
struct Signals {
    streams: Vec<(Signal, tokio::signal::unix::Signal)>,
}

impl Signals {
    fn new() -> std::io::Result<Self> {
        let kinds = [
            (Signal::TERM, SignalKind::terminate()),
            (Signal::INT, SignalKind::interrupt()),
            (Signal::HUP, SignalKind::hangup()),
            (Signal::QUIT, SignalKind::quit()),
            (Signal::USR1, SignalKind::user_defined1()),
            (Signal::USR2, SignalKind::user_defined2()),
        ];
        let streams = kinds
            .into_iter()
            .map(|(number, kind)| Ok((number, signal(kind)?)))
            .collect::<std::io::Result<_>>()?;
        Ok(Self { streams })
    }

    /// The next of them.
    async fn next(&mut self) -> Signal {
        std::future::poll_fn(|context| {
            for (number, stream) in &mut self.streams {
                if stream.poll_recv(context).is_ready() {
                    return std::task::Poll::Ready(*number);
                }
            }
            std::task::Poll::Pending
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;

    use super::*;

    #[test]
    fn only_a_signal_that_came_has_the_exit_code_of_one() {
        let exited = |code: i32| ExitStatus::from_raw(code << 8);
        let signalled = ExitStatus::from_raw;
        for (status, is_interrupted, is_told, code) in [
            (exited(0), false, false, 0),
            (exited(7), false, false, 7),
            (exited(143), false, true, 143),
            (exited(143), false, false, 1),
            (exited(137), false, false, 1),
            (exited(1), true, true, 143),
            (exited(1), false, true, 1),
            (signalled(9), false, false, 137),
            (signalled(15), false, true, 143),
        ] {
            let found = exit_code(status, is_interrupted, is_told);
            assert_eq!(found, code, "{status} {is_interrupted} {is_told}");
        }
    }

    #[test]
    fn who_is_killed_for_its_memory_is_told_so() {
        let words = |signal, limit| {
            let held = Some(1000 << 20);
            let status = ExitStatus::from_raw(signal);
            last_words(status, None, held, limit, &Redactor::default())
        };
        let limit = MemoryLimit {
            bytes: Some(1 << 30),
            has_killed: true,
        };
        assert_eq!(
            words(9, limit),
            "out of memory (killed by signal 9): it used 1000 MiB of its limit of 1.0 GiB"
        );
        let others = "killed by signal 9; it used at most 1000 MiB of memory";
        let not_for_it = MemoryLimit {
            has_killed: false,
            ..limit
        };
        assert_eq!(words(9, not_for_it), others);
        assert_eq!(words(9, MemoryLimit::default()), others);
        assert!(words(15, limit).starts_with("killed by signal 15"));
    }
}
