//! Sends a request to a run that another program on this machine works on.
//!
//! The history gets the request first. Then a signal tells the program that holds the run's lock to
//! look. Programs ignore this signal unless they wait for it, so it cannot harm another program.

use argo::status::waits::{NodeSelector, waiting, wanted};
use argo::status::{NodeStatus, WorkflowStatus};
use jiff::Timestamp;
use runs::{Request, RunLock, RunRequest, RunState};
use rustix::process::{Pid, Signal, kill_process};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::error::CommandError;
use crate::record::store::Store;
use crate::settings::Settings;

/// Signal for a new request to a run. A process ignores it by default.
const ASKED: Signal = Signal::URG;

/// Reports each request to the run that this process works on.
///
/// # Errors
///
/// The process cannot wait for the signal.
pub(crate) fn wakes() -> Result<UnboundedReceiver<()>, CommandError> {
    let mut stream = signal(SignalKind::from_raw(ASKED.as_raw()))?;
    let (sender, receiver) = unbounded_channel();
    tokio::spawn(async move { while stream.recv().await.is_some() && sender.send(()).is_ok() {} });
    Ok(receiver)
}

/// Sends a request to a run.
///
/// # Arguments
///
/// * `name`: Name of the run.
/// * `state`: State of the run.
///
/// # Errors
///
/// No program works on the run, one on another machine does, or the request cannot be written.
pub(crate) fn ask(
    name: &str,
    state: &RunState,
    request: Request,
    settings: &Settings,
) -> Result<(), CommandError> {
    let store = Store::create(settings, &settings.folder_of_runs()?)?;
    let folder = store.run(name);
    let unknown = |error: std::io::Error| {
        CommandError::new(format!(
            "cannot find the process that runs `{name}`: {error}"
        ))
        .hint("stop it with Ctrl-C in the terminal where it runs")
    };
    let Some(holder) = RunLock::holder(&folder).map_err(unknown)? else {
        return Err(nobody_works_on(name, state));
    };
    if !holder.is_here() {
        return Err(CommandError::new(format!(
            "run `{name}` is on another machine: {}",
            holder.machine
        ))
        .hint("use this command on that machine"));
    }
    let process = Pid::from_raw(holder.process).filter(|_| !holder.id.is_empty());
    let Some(process) = process else {
        return Err(CommandError::new(format!(
            "run `{name}` was started by an earlier version of argo-kedro, which listens to no other program"
        ))
        .hint("stop it with Ctrl-C in the terminal where it runs"));
    };
    let history = store.history()?;
    let asked = RunRequest {
        by: settings.user(),
        request,
    };
    let number = history.ask(name, &holder.id, Timestamp::now(), &asked)?;
    // The run may have ended meanwhile.
    let is_held = RunLock::holder(&folder).map_err(unknown)?.as_ref() == Some(&holder);
    if is_held {
        let told = kill_process(process, ASKED);
        if let Err(error) = told
            && history.take_back(number)?
        {
            return Err(unknown(error.into()));
        }
        return Ok(());
    }
    if history.take_back(number)? {
        return Err(nobody_works_on(name, &store.load(name)?.1));
    }
    Ok(())
}

fn nobody_works_on(name: &str, state: &RunState) -> CommandError {
    let message = state.message.as_deref().unwrap_or_default();
    if message.starts_with(runs::PROCESS_GONE) {
        let suspended = if message == runs::PROCESS_GONE {
            ""
        } else {
            ", which was suspended"
        };
        return CommandError::new(format!(
            "the process of run `{name}`{suspended} no longer exists"
        ))
        .hint(format!("to continue the run: {{program}} retry {name}"));
    }
    CommandError::new(format!("run `{name}` has ended already"))
        .hint(format!("to see how it ended: {{program}} status {name}"))
}

/// Recorded status of a run here.
///
/// # Errors
///
/// The history cannot be read.
pub(crate) fn status(name: &str, settings: &Settings) -> Result<WorkflowStatus, CommandError> {
    let status = Store::open(settings)?.history()?.status(name)?;
    Ok(status.unwrap_or_default())
}

/// Nodes of a run that wait for a user and that the selector means.
pub(crate) fn chosen<'a>(
    status: &'a WorkflowStatus,
    which: Option<&NodeSelector>,
    name: &str,
) -> Vec<&'a NodeStatus> {
    waiting(status)
        .filter(|node| which.is_none_or(|which| which.matches(node, name)))
        .collect()
}

/// Refuses values that no node asks for, and nodes that would get no value.
///
/// # Errors
///
/// No node takes a value, or a value is missing.
pub(crate) fn check_outputs(
    nodes: &[&NodeStatus],
    given: &[(String, String)],
) -> Result<(), CommandError> {
    let all: Vec<(&NodeStatus, &str, bool)> = nodes
        .iter()
        .flat_map(|node| {
            wanted(node)
                .into_iter()
                .map(|(name, has)| (*node, name, has))
        })
        .collect();
    let is_wanted = |name: &str| all.iter().any(|(_, wanted, _)| *wanted == name);
    if let Some((name, _)) = given.iter().find(|(name, _)| !is_wanted(name)) {
        let error = CommandError::new(format!(
            "no suspended task asks for the output parameter `{name}`"
        ));
        let names = all.iter().map(|(_, name, _)| *name);
        return Err(match diagnostic::did_you_mean(name, names) {
            Some(hint) => error.hint(hint),
            None => error,
        });
    }
    let is_missing = |name: &str, has_default: bool| {
        !has_default && !given.iter().any(|(given, _)| given == name)
    };
    match all.iter().find(|(_, name, has)| is_missing(name, *has)) {
        None => Ok(()),
        Some((node, name, _)) => Err(CommandError::new(format!(
            "`{}` needs a value for its output parameter `{name}`",
            node.display_name
        ))
        .hint(format!("give the value: --output-parameter {name}=VALUE"))),
    }
}
