//! How a task ended, in the words of the controller and of Argo's executor.

use std::io;

use runs::{Cause, Phase};

use crate::launch::Launch;
use crate::message::Ended;
use crate::operate::End;
use crate::shortage;
use pod::report::{self, Report};

/// How a task ended, in the controller's words (`workflow/controller/operator.go:1785`).
///
/// # Arguments
///
/// * `report`: What the task says of its end; none where it is done, or says nothing.
/// * `missing`: Why its outputs cannot be read.
/// * `is_stopped`: Whether the user has stopped the run.
pub(super) fn verdict(
    ended: Ended,
    report: Option<&Report>,
    missing: Option<&io::Error>,
    is_stopped: bool,
) -> (Phase, Option<String>) {
    if is_stopped && (ended.signal.is_some() || ended.code != Some(0)) {
        return (Phase::Failed, Some("stopped".to_owned()));
    }
    let failed = |message: String| (Phase::Failed, Some(message));
    match (ended.code, ended.signal) {
        (Some(0), _) => match (report, missing) {
            (Some(Report::NotDone), _) => failed(report::ENDED_EARLY.to_owned()),
            // What it did last made a 0 of it.
            (Some(Report::Failed(_)), _) => failed("main: Error (exit code 0)".to_owned()),
            (None, Some(error)) => (Phase::Error, Some(error.to_string())),
            (None, None) => (Phase::Succeeded, None),
        },
        (Some(code), _) => failed(format!("main: Error (exit code {code})")),
        // Argo reports the death by any signal as 137 (`cmd/argoexec/commands/emissary.go`).
        (None, Some(signal)) => failed(format!(
            "main: Error (exit code 137): killed by signal {signal}"
        )),
        (None, None) => (
            Phase::Error,
            Some("its process ended, and its exit code is not known".to_owned()),
        ),
    }
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
        let error = io::Error::other("no file");
        let failed = Report::Failed(Box::default());
        let rows = [
            (code(0), None, None, false, Phase::Succeeded, None),
            (
                code(0),
                None,
                Some(&error),
                false,
                Phase::Error,
                Some("no file"),
            ),
            (
                code(0),
                Some(&Report::NotDone),
                Some(&error),
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
        for (ended, report, missing, is_stopped, phase, message) in rows {
            let expected = (phase, message.map(str::to_owned));
            assert_eq!(verdict(ended, report, missing, is_stopped), expected);
        }
    }
}
