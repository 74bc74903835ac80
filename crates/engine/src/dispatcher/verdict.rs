//! How a task ended, in the words of the controller and of Argo's executor.

use std::io;

use runs::{Cause, Phase};

use crate::artifacts::ArtifactError;
use crate::files::Read;
use crate::launch::Launch;
use crate::message::Ended;
use crate::operate::End;
use crate::shortage;
use pod::report::{self, Report};

/// What a container's exit code is more than the signal that ended it (`cmd/argoexec/commands/emissary.go`).
const BY_SIGNAL: i32 = 128;

/// How a task ended, in the controller's words (`workflow/controller/operator.go:1785`).
///
/// # Arguments
///
/// * `report`: What the task says of its end; none where it is done, or says nothing.
/// * `read`: What it has made.
/// * `is_stopped`: Whether the user has stopped the run.
pub(super) fn verdict(
    ended: Ended,
    report: Option<&Report>,
    read: &Read,
    is_stopped: bool,
) -> (Phase, Option<String>) {
    if is_stopped && (ended.signal.is_some() || ended.code != Some(0)) {
        return (Phase::Failed, Some("stopped".to_owned()));
    }
    let failed = |message: String| (Phase::Failed, Some(message));
    match (ended.code, ended.signal) {
        (Some(code), _) if let Some(why) = &read.not_started => {
            failed(format!("main: Error (exit code {code}): {why}"))
        }
        (Some(0), _) => match (report, &read.lost) {
            (Some(Report::NotDone), _) => failed(report::ENDED_EARLY.to_owned()),
            // What it did last made a 0 of it.
            (Some(Report::Failed(_)), _) => failed("main: Error (exit code 0)".to_owned()),
            (None, Some(lost)) => (lost.phase, Some(lost.message.clone())),
            (None, None) => (Phase::Succeeded, None),
        },
        (Some(code), _) => failed(format!("main: Error (exit code {code})")),
        (None, Some(signal)) => {
            let code = BY_SIGNAL + signal;
            failed(match report {
                // As `argo-kedro exec` says it on a cluster.
                Some(_) => format!("main: Error (exit code {code}): killed by signal {signal}"),
                None => format!("main: Error (exit code {code})"),
            })
        }
        (None, None) => (
            Phase::Error,
            Some("its process ended, and its exit code is not known".to_owned()),
        ),
    }
}

/// The exit code of a pod whose process has ended.
pub(super) fn exit_code(ended: Ended, read: &Read) -> Option<i32> {
    let of_executor = read.lost.as_ref().and_then(|lost| lost.exit_code);
    let of_process = ended.code.or(ended.signal.map(|signal| BY_SIGNAL + signal));
    of_executor.filter(|_| ended.code == Some(0)).or(of_process)
}

/// Whether an exception is what Python makes of a signal that ends the process.
pub(super) fn is_interrupt(cause: &Cause) -> bool {
    cause.exception.as_deref() == Some("KeyboardInterrupt")
}

/// How a pod ends whose process cannot start, in the words of Argo's executor (`cmd/argoexec/commands/emissary.go`).
pub(super) fn cannot_start(launch: &Launch, error: &io::Error) -> End {
    let program = launch.command.first().map_or("", String::as_str);
    let failed = |message: String| End {
        phase: Phase::Failed,
        message: Some(format!("main: Error (exit code 64): {message}")),
        exit_code: Some(64),
        ..End::default()
    };
    match error.kind() {
        io::ErrorKind::PermissionDenied if program.contains('/') => failed(format!(
            "failed to find name in PATH: exec: {program:?}: permission denied"
        )),
        io::ErrorKind::NotFound if program.contains('/') => failed(format!(
            "failed to find name in PATH: stat {program}: no such file or directory"
        )),
        io::ErrorKind::NotFound => failed(format!(
            "failed to find name in PATH: exec: {program:?}: executable file not found in $PATH"
        )),
        // What this machine lacks is no fault of the container.
        _ if shortage::of(error).is_some() => End {
            phase: Phase::Error,
            message: Some(why(error)),
            ..End::default()
        },
        _ => failed(format!("cannot start `{program}`: {}", why(error))),
    }
}

/// How a pod ends that cannot have an artifact.
pub(super) fn lost(error: &ArtifactError) -> End {
    End {
        phase: error.phase(),
        message: Some(error.node_message()),
        ..End::default()
    }
}

/// An error with what to do about it.
pub(super) fn why(error: &io::Error) -> String {
    match (shortage::of(error), shortage::advice(error)) {
        (Some(what), Some(advice)) => format!("{what}; {advice}"),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::Lost;

    #[test]
    fn verdicts() {
        let lost = Ended::default();
        let code = |code| Ended {
            code: Some(code),
            ..lost
        };
        let signal = Ended {
            signal: Some(9),
            ..lost
        };
        let error = Some(Lost {
            phase: Phase::Error,
            message: "no file".to_owned(),
            exit_code: None,
        });
        let failed = Report::Failed(Box::default());
        let rows = [
            (code(0), None, None, false, Phase::Succeeded, None),
            (
                code(0),
                None,
                error.clone(),
                false,
                Phase::Error,
                Some("no file"),
            ),
            (
                code(0),
                Some(&Report::NotDone),
                error.clone(),
                false,
                Phase::Failed,
                Some(report::ENDED_EARLY),
            ),
            (
                code(0),
                Some(&failed),
                None,
                false,
                Phase::Failed,
                Some("main: Error (exit code 0)"),
            ),
            (
                code(3),
                Some(&failed),
                None,
                false,
                Phase::Failed,
                Some("main: Error (exit code 3)"),
            ),
            (
                signal,
                None,
                None,
                false,
                Phase::Failed,
                Some("main: Error (exit code 137)"),
            ),
            (
                signal,
                Some(&Report::NotDone),
                None,
                false,
                Phase::Failed,
                Some("main: Error (exit code 137): killed by signal 9"),
            ),
            (
                lost,
                None,
                None,
                false,
                Phase::Error,
                Some("its process ended, and its exit code is not known"),
            ),
            // Who is done when the run is stopped has succeeded.
            (code(0), None, None, true, Phase::Succeeded, None),
            (code(143), None, None, true, Phase::Failed, Some("stopped")),
            (signal, None, None, true, Phase::Failed, Some("stopped")),
        ];
        for (ended, report, lost, is_stopped, phase, message) in rows {
            let expected = (phase, message.map(str::to_owned));
            let read = Read {
                lost,
                ..Read::default()
            };
            assert_eq!(verdict(ended, report, &read, is_stopped), expected);
        }
    }
}
