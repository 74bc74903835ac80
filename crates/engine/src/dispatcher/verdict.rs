//! Ends of tasks, in the words of Argo's controller and executor.

use std::io;

use runs::{Cause, Phase};

use crate::artifacts::ArtifactError;
use crate::files::{Lost, Read};
use crate::launch::Part;
use crate::message::ProcessEnd;
use crate::operate::End;
use crate::shortage;
use pod::BY_SIGNAL;
use pod::containers::{ContainerEnd, MAIN, Role};
use pod::own_files::{NOT_STARTED, why_no_program};
use pod::report::{self, Report};

/// Exit codes of a sidecar that was ended because the main container had ended.
const ENDED_BY_US: [i32; 2] = [137, 143];

/// Says how a task ended, in the controller's words (`workflow/controller/operator.go:1785`).
///
/// # Arguments
///
/// * `report`: Report of the task; none if the task is done, or wrote no report.
/// * `read`: Outputs of the task.
/// * `is_stopped`: Whether the user has stopped the run.
pub(super) fn verdict(
    ended: ProcessEnd,
    report: Option<&Report>,
    read: &Read,
    is_stopped: bool,
) -> (Phase, Option<String>) {
    if is_stopped && (ended.signal.is_some() || ended.code != Some(0)) {
        return (Phase::Failed, Some("stopped".to_owned()));
    }
    let failed = |message: String| (Phase::Failed, Some(message));
    if let Some(ends) = &read.ends {
        return verdict_of_several(ends, read.lost.as_ref());
    }
    if let (Some(code), Some(why)) = (ended.code, &read.not_started) {
        return failed(format!("main: Error (exit code {code}): {why}"));
    }
    match (ended.code, ended.signal) {
        (Some(0), _) => match (report, &read.lost) {
            (Some(Report::NotDone), _) => failed(report::ENDED_EARLY.to_owned()),
            // Something after the failure made the process exit with 0.
            (Some(Report::Failed(_)), _) => failed("main: Error (exit code 0)".to_owned()),
            (None, Some(lost)) => (lost.phase, Some(lost.message.clone())),
            (None, None) => (Phase::Succeeded, None),
        },
        (Some(code), _) => failed(match &read.message {
            Some(message) => format!("main: Error (exit code {code}): {message}"),
            None => format!("main: Error (exit code {code})"),
        }),
        (None, Some(signal)) => {
            let code = BY_SIGNAL + signal;
            failed(match report {
                // Same words as `argo-kedro exec` on a cluster.
                Some(_) => format!("main: Error (exit code {code}): killed by signal {signal}"),
                None => match &read.message {
                    Some(message) => format!("main: Error (exit code {code}): {message}"),
                    None => format!("main: Error (exit code {code})"),
                },
            })
        }
        (None, None) => (
            Phase::Error,
            Some("its process ended, and its exit code is not known".to_owned()),
        ),
    }
}

/// Says how a pod of several containers ended (`inferFailedReason` of `workflow/controller/operator.go`): init
/// containers count first, then main ones by name, the executor, sidecars.
fn verdict_of_several(ends: &[ContainerEnd], lost: Option<&Lost>) -> (Phase, Option<String>) {
    let failed = |role: Role| {
        ends.iter()
            .filter(move |end| end.role == role && end.code != 0)
    };
    let init = failed(Role::Init).next();
    let main = failed(Role::Main).min_by_key(|end| &end.name);
    if let Some(end) = init.or(main) {
        return (Phase::Failed, Some(end.node_message()));
    }
    if let Some(lost) = lost {
        return (lost.phase, Some(lost.message.clone()));
    }
    let mut sidecars = failed(Role::Sidecar).filter(|end| !ENDED_BY_US.contains(&end.code));
    match sidecars.next() {
        Some(end) => (Phase::Failed, Some(end.node_message())),
        None => (Phase::Succeeded, None),
    }
}

/// Ends of the containers of a set, for their nodes (`assessNodeStatus` of `workflow/controller/operator.go`).
pub(super) fn container_ends(
    ends: Option<&[ContainerEnd]>,
) -> Vec<(String, Phase, Option<String>)> {
    let main = ends
        .into_iter()
        .flatten()
        .filter(|end| end.role == Role::Main);
    let ended = |end: &ContainerEnd| {
        let (name, code) = (&end.name, end.code);
        let message = end.message.as_deref().unwrap_or("");
        let message = format!("{name}: Error (exit code {code}): {message}");
        let (phase, message) = match code {
            0 => (Phase::Succeeded, None),
            _ if code == i32::from(NOT_STARTED) => (Phase::Error, Some(message)),
            _ => (Phase::Failed, Some(message)),
        };
        (name.clone(), phase, message)
    };
    main.map(ended).collect()
}

/// The exit code of a pod whose process has ended: that of the container `main`.
pub(super) fn exit_code(ended: ProcessEnd, read: &Read) -> Option<i32> {
    if let Some(ends) = &read.ends {
        let main = ends
            .iter()
            .find(|end| end.role == Role::Main && end.name == MAIN)?;
        let of_executor = read.lost.as_ref().and_then(|lost| lost.exit_code);
        return of_executor.filter(|_| main.code == 0).or(Some(main.code));
    }
    let of_executor = read.lost.as_ref().and_then(|lost| lost.exit_code);
    let of_process = ended.code.or(ended.signal.map(|signal| BY_SIGNAL + signal));
    of_executor.filter(|_| ended.code == Some(0)).or(of_process)
}

/// Tells whether Python raised the exception because of a signal to end.
pub(super) fn is_interrupt(cause: &Cause) -> bool {
    cause.exception.as_deref() == Some("KeyboardInterrupt")
}

/// End of a pod whose process cannot start, in the words of Argo's executor (`cmd/argoexec/commands/emissary.go`).
pub(super) fn cannot_start(parts: &[Part], error: &io::Error) -> End {
    let first = parts.first().and_then(|part| part.launch.command.first());
    let program = first.map_or("", String::as_str);
    // A shortage of the machine is no fault of the container.
    if shortage::of(error).is_some() {
        return End {
            phase: Phase::Error,
            message: Some(why(error)),
            ..End::default()
        };
    }
    let why = why_no_program(program.as_ref(), error);
    let code = i32::from(NOT_STARTED);
    End {
        phase: Phase::Failed,
        message: Some(format!("main: Error (exit code {code}): {why}")),
        exit_code: Some(code),
        ..End::default()
    }
}

/// End of a pod whose artifact cannot be loaded or saved.
pub(super) fn lost(error: &ArtifactError) -> End {
    End {
        phase: error.phase(),
        message: Some(error.node_message()),
        ..End::default()
    }
}

/// Error, with advice if there is any.
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
        let lost = ProcessEnd::default();
        let code = |code| ProcessEnd {
            code: Some(code),
            ..lost
        };
        let signal = ProcessEnd {
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
            // A task that was already done when the run stopped has succeeded.
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
