//! Isolation of the tasks of a run: forks, processes, or like pods.

use engine::{ContainerEngine, Forks, Isolation, Resolved};
use image::Builder;
use project::Worker;
use tokio::signal::unix::{SignalKind, signal};

use crate::error::CommandError;
use crate::flags::selection::Selection;
use crate::local::how::{How, IsolationName};
use crate::local::like_a_pod::{Draft, Pods, Way};
use crate::record::store::Store;
use crate::settings::Settings;
use crate::spine::Opened;

/// Isolation, chosen before the worker runs.
pub(crate) enum ChosenIsolation {
    /// Tasks as forks of the worker.
    Forks,
    /// Tasks as fresh processes.
    Processes,
    /// Tasks like pods.
    Pods(Box<Pods>),
}

impl ChosenIsolation {
    pub(crate) fn is_like_pods(&self) -> bool {
        matches!(self, Self::Pods(_))
    }

    /// Gives the engine's isolation, with the worker that forks, and the pods if there are any.
    pub(crate) fn with(self, worker: Worker) -> (Isolation, Option<Pods>) {
        match self {
            Self::Forks => {
                let (stream, child) = worker.into_parts();
                (Isolation::Fork(Forks::new(stream, child)), None)
            }
            Self::Processes => (Isolation::Spawn, None),
            Self::Pods(pods) => (pods.isolation(), Some(*pods)),
        }
    }
}

/// Prepares tasks like pods; for other tasks, decides whether they can be forks.
pub(crate) async fn isolation_of(
    like_a_pod: Option<(Draft, &Way)>,
    resolved: &Resolved,
    run: (&Store, &str),
    (opened, selection): (&mut Opened, &Selection),
    how: &How,
    settings: &Settings,
) -> Result<ChosenIsolation, CommandError> {
    let Some((draft, way)) = like_a_pod else {
        return isolation(how, &mut opened.worker, settings).await;
    };
    if let Some(note) = Pods::note(resolved) {
        settings.printer.say(&note);
    }
    let run = (run.0, run.1, resolved);
    let mut polite_kill = signal(SignalKind::terminate())?;
    let prepared = tokio::select! {
        biased;
        _ = tokio::signal::ctrl_c() => return Err(CommandError::interrupted()),
        _ = polite_kill.recv() => return Err(CommandError::interrupted()),
        prepared = Box::pin(draft.prepare(way, opened, selection, run, settings)) => prepared?,
    };
    Ok(ChosenIsolation::Pods(Box::new(prepared)))
}

/// Decides how the containers of manifests are kept apart.
///
/// # Arguments
///
/// * `was_in_images`: Whether containers ran in their images before, if the run continues.
///
/// # Errors
///
/// No container engine works here.
pub(super) async fn of_files(
    how: &How,
    was_in_images: bool,
) -> Result<(Isolation, Option<Pods>), CommandError> {
    let in_images = match how.here.isolation {
        None => was_in_images,
        Some(name) => name == IsolationName::Container,
    };
    if !in_images {
        return Ok((Isolation::Spawn, None));
    }
    let (program, is_docker) = Builder::that_runs().await.map_err(|error| {
        CommandError::new(format!("no program here runs containers: {error}"))
            .hint("install docker or podman, and check it: docker version, or podman info")
    })?;
    let program = program.into();
    Ok((
        Isolation::InImages(ContainerEngine { program, is_docker }),
        None,
    ))
}

/// Decides how to isolate tasks, and warns if that differs from the user's choice.
async fn isolation(
    how: &How,
    worker: &mut Worker,
    settings: &Settings,
) -> Result<ChosenIsolation, CommandError> {
    if how.here.isolation == Some(IsolationName::Spawn) {
        return Ok(ChosenIsolation::Processes);
    }
    let mut polite_kill = signal(SignalKind::terminate())?;
    let hazards = tokio::select! {
        hazards = worker.hazards() => hazards?,
        _ = tokio::signal::ctrl_c() => return Err(CommandError::interrupted()),
        _ = polite_kill.recv() => return Err(CommandError::interrupted()),
    };
    for hazard in &hazards {
        settings.printer.say(&format!(
            "{hazard}; so each task is a new process instead of a fork (--isolation spawn)"
        ));
    }
    if hazards.is_empty() {
        Ok(ChosenIsolation::Forks)
    } else {
        Ok(ChosenIsolation::Processes)
    }
}
