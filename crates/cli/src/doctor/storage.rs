//! The storage that data cross by, as this machine reaches it.

use std::path::Path;
use std::time::Duration;

use project::config::ArgoConfig;
use project::{ReachProblem, Reached, Use};

use super::check::{Check, State};
use crate::error::CommandError;
use crate::install::install_command;
use crate::spine::{Opened, reach};

pub(super) const NAME: &str = "storage";

/// Limit for all places together: the worker imports the storage libraries first, then gives each
/// place a shorter limit.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// Writes, reads and deletes a small object wherever the data of the pipeline cross.
pub(super) async fn reach(
    opened: &mut Opened,
    request: project::Request,
    config: &ArgoConfig,
    program: &str,
) -> Check {
    let path = config.memory_datasets.folder();
    match reach::reach(opened, request, config, &[], None).await {
        Ok(reached) => verdict(&reached, path, &opened.interpreter, program),
        Err(error) => Check::of_error(NAME, &CommandError::from(error), program),
    }
}

fn verdict(reached: &[Reached], handoff: Option<&str>, interpreter: &Path, program: &str) -> Check {
    let wrong: Vec<&Reached> = reached
        .iter()
        .filter(|place| place.problem.is_some())
        .collect();
    let is_grave = |place: &&&Reached| state(place) == State::Failed;
    if let Some(first) = wrong.iter().find(is_grave).or(wrong.first()) {
        let others = match wrong.len() {
            1 => String::new(),
            count => format!(" (and {} more)", count - 1),
        };
        let check = of_problem(first, interpreter, program);
        return Check {
            detail: format!("{}{others}", check.detail),
            ..check
        };
    }
    let local = handoff.filter(|_| !reached.iter().any(|place| place.used == Use::Handoff));
    let local = local.map(|path| format!("{path} is a folder of the pods"));
    let (inputs, written): (Vec<&Reached>, Vec<&Reached>) =
        reached.iter().partition(|place| place.used == Use::Read);
    let written = written.iter();
    let mut tried: Vec<String> = written
        .map(|place| format!("{}: written, read, deleted", place.path))
        .collect();
    tried.extend(inputs.first().map(|first| match inputs.len() {
        1 => format!("{}: read", first.path),
        count => format!("{} and {} more inputs: read", first.path, count - 1),
    }));
    match (tried.is_empty(), local) {
        (true, None) => Check::ok(NAME, "none: no path of the project is remote"),
        (true, Some(local)) => {
            Check::skipped(NAME, format!("{local}; to try it: {program} doctor --pod"))
        }
        (false, local) => {
            let all: Vec<String> = tried.into_iter().chain(local).collect();
            Check::ok(NAME, all.join("; "))
        }
    }
}

/// Says how much a problem matters for a machine that only submits.
fn state(place: &Reached) -> State {
    match place.problem {
        None => State::Ok,
        Some(ReachProblem::UnknownProtocol | ReachProblem::UnknownVariable) => State::Warning,
        // The data may come later.
        Some(ReachProblem::NotThere) if place.used == Use::Read => State::Warning,
        // Runs delete nothing.
        Some(_) if place.step == "delete" => State::Warning,
        Some(_) => State::Failed,
    }
}

fn of_problem(place: &Reached, interpreter: &Path, program: &str) -> Check {
    use ReachProblem as P;
    let step = if place.step.is_empty() {
        "reach"
    } else {
        &place.step
    };
    let (path, message) = (&place.path, &place.message);
    let detail = match place.problem {
        Some(P::NoLibrary) => format!("the package `{message}` for {path} is not installed"),
        _ => format!("cannot {step} {path}: {message}"),
    };
    let check = match state(place) {
        State::Warning => Check::warning(NAME, detail),
        _ => Check::failed(NAME, detail),
    };
    let in_pod = format!("{program} doctor --pod");
    match place.problem {
        Some(P::NoLibrary) => check
            .mend("install it, and add it to the requirements of the image")
            .command(install_command(interpreter, message)),
        Some(P::Credentials) => check.mend(
            "add them to conf/local/credentials.yml, or set the environment variables that they are made of",
        ),
        Some(P::Denied) => check
            .mend(format!(
                "log in to the storage, or ask for the right to {step} there; if pods alone have it, try it in one"
            ))
            .command(in_pod),
        Some(P::NotThere) if place.used == Use::Read => check.mend(
            "no task makes it: copy it there, as `init --cloud` shows it, or correct its path in the catalog",
        ),
        Some(P::NotThere) => check.mend("create it, or correct the path in the catalog or argo.yml"),
        Some(P::NoAnswer) => check
            .mend("check the endpoint and the network; if pods alone reach it, try it in one")
            .command(in_pod),
        Some(P::UnknownVariable) => check
            .mend("set the variable here as well, or try it in a pod")
            .command(in_pod),
        _ if step == "delete" => {
            check.mend("runs need no right to delete; delete the object `argo-kedro-doctor-…` there by hand")
        }
        _ => check
            .mend("if pods alone reach it, try it in one")
            .command(in_pod),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(used: Use, step: &str, problem: Option<ReachProblem>) -> Reached {
        Reached {
            used,
            path: "s3://flights/handoff".to_owned(),
            datasets: Vec::new(),
            step: step.to_owned(),
            problem,
            message: "Access Denied".to_owned(),
        }
    }

    #[test]
    fn what_runs_need_is_failed_and_what_they_may_do_without_is_warned() {
        use ReachProblem as P;
        for (used, step, problem, expected) in [
            (Use::Handoff, "", None, State::Ok),
            (Use::Handoff, "write", Some(P::Denied), State::Failed),
            (Use::Written, "read", Some(P::Denied), State::Failed),
            (Use::Written, "delete", Some(P::Denied), State::Warning),
            (Use::Read, "read", Some(P::NotThere), State::Warning),
            (Use::Written, "write", Some(P::NotThere), State::Failed),
            (Use::Handoff, "", Some(P::NoAnswer), State::Failed),
            (Use::Handoff, "", Some(P::NoLibrary), State::Failed),
            (Use::Written, "", Some(P::UnknownVariable), State::Warning),
        ] {
            let place = place(used, step, problem);
            let check = verdict(
                std::slice::from_ref(&place),
                None,
                Path::new("python"),
                "argo-kedro",
            );
            assert_eq!(check.state, expected, "{place:?}");
            assert_eq!(check.mend.is_none(), expected == State::Ok, "{check:?}");
        }
    }

    #[test]
    fn the_gravest_is_told_and_the_others_are_counted() {
        let all = [
            place(Use::Read, "read", Some(ReachProblem::NotThere)),
            place(Use::Handoff, "write", Some(ReachProblem::Denied)),
        ];
        let check = verdict(&all, None, Path::new("python"), "argo-kedro");
        assert_eq!(
            check.detail,
            "cannot write s3://flights/handoff: Access Denied (and 1 more)"
        );
    }

    #[test]
    fn a_folder_of_the_pods_is_not_tried_here() {
        let of = |path| verdict(&[], path, Path::new("python"), "argo-kedro");
        assert_eq!(of(None).state, State::Ok);
        let check = of(Some("/mnt/shared"));
        assert_eq!(check.state, State::Skipped);
        assert!(check.detail.contains("--pod"));
    }
}
