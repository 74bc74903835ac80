//! Process that stands for a pod of several containers.

use std::io;

use tokio::sync::watch;
use tokio::task::JoinSet;

use super::plan::{ContainerEnd, MAIN, Plan, PlannedContainer, Role};
use super::started::run_once;
use crate::own_files::NOT_STARTED;
use crate::signals::{ENDING, Signals};

/// Exit code of a container that did not start because the pod was stopped.
const STOPPED: i32 = 143;

/// Runs the containers of a pod to their end, and writes their ends to the plan's file.
///
/// # Returns
///
/// The exit code of the pod: that of the failed init container, otherwise of the container `main`, otherwise of the
/// first failed one.
///
/// # Errors
///
/// The signal handlers or the file cannot be created.
pub async fn run(plan: Plan) -> io::Result<i32> {
    let mut signals = Signals::new()?;
    // The whole process group gets a signal, so running containers know; only prevent further starts.
    let (stop, is_stopping) = watch::channel(false);
    tokio::spawn(async move {
        loop {
            if ENDING.contains(&signals.next().await) {
                stop.send_replace(true);
            }
        }
    });
    let mut ends = Vec::new();
    let mut failed_init = None;
    for init in plan.containers.iter().filter(|it| it.role == Role::Init) {
        let (code, message) = if *is_stopping.borrow() {
            (STOPPED, None)
        } else {
            run_once(init, None).await
        };
        ends.push(ContainerEnd {
            name: init.name.clone(),
            role: Role::Init,
            code,
            message,
        });
        if code != 0 {
            failed_init = Some(code);
            break;
        }
    }
    if failed_init.is_none() {
        ends.extend(run_beside(&plan, &is_stopping).await);
    }
    fs_err::write(&plan.ends, serde_json::to_vec(&ends)?)?;
    Ok(failed_init.unwrap_or_else(|| code_of_pod(&ends)))
}

fn code_of_pod(ends: &[ContainerEnd]) -> i32 {
    let main: Vec<&ContainerEnd> = ends.iter().filter(|end| end.role == Role::Main).collect();
    let named = main.iter().find(|end| end.name == MAIN);
    let failed = main.iter().find(|end| end.code != 0);
    named.or(failed).map_or(0, |end| end.code)
}

/// Runs the main containers, each after its dependencies, with the sidecars beside them.
async fn run_beside(plan: &Plan, is_stopping: &watch::Receiver<bool>) -> Vec<ContainerEnd> {
    let (stop, stopped) = watch::channel(false);
    let mut sidecars = JoinSet::new();
    for sidecar in plan.containers.iter().filter(|it| it.role == Role::Sidecar) {
        let (sidecar, stop) = (sidecar.clone(), (stopped.clone(), plan.grace));
        sidecars.spawn(async move {
            let (code, message) = run_once(&sidecar, Some(stop)).await;
            ContainerEnd {
                name: sidecar.name,
                role: Role::Sidecar,
                code,
                message,
            }
        });
    }
    let main: Vec<&PlannedContainer> = plan
        .containers
        .iter()
        .filter(|it| it.role == Role::Main)
        .collect();
    let codes: Vec<_> = main.iter().map(|_| watch::channel(None)).collect();
    let mut running = JoinSet::new();
    for (planned, (code, _)) in main.iter().zip(&codes) {
        let before = planned.after.iter().filter_map(|name| {
            let at = main.iter().position(|it| it.name == *name)?;
            Some((name.clone(), codes[at].1.clone()))
        });
        let before: Vec<_> = before.collect();
        let (planned, code) = ((*planned).clone(), code.clone());
        let (tries, wait, is_stopping) = (plan.tries.max(1), plan.wait, is_stopping.clone());
        running.spawn(async move {
            let (exit, message) = match failed_before(before, &is_stopping).await {
                Some(failed) => failed,
                None => run_again(&planned, tries, wait, &is_stopping).await,
            };
            code.send_replace(Some(exit));
            ContainerEnd {
                name: planned.name,
                role: Role::Main,
                code: exit,
                message,
            }
        });
    }
    let mut ends = Vec::new();
    while let Some(end) = running.join_next().await {
        ends.extend(end);
    }
    stop.send_replace(true);
    while let Some(end) = sidecars.join_next().await {
        ends.extend(end);
    }
    // Sort by the order in the plan, not by the order in which they ended.
    let place = |name: &str| plan.containers.iter().position(|it| it.name == name);
    ends.sort_by_key(|end| place(&end.name));
    ends
}

/// Waits for the dependencies of a container. Returns its end if one of them fails, or if the pod is stopped.
async fn failed_before(
    before: Vec<(String, watch::Receiver<Option<i32>>)>,
    is_stopping: &watch::Receiver<bool>,
) -> Option<(i32, Option<String>)> {
    for (name, mut code) in before {
        let code = code.wait_for(Option::is_some).await.map(|code| *code);
        match code {
            Ok(Some(0)) => {}
            Ok(Some(code)) => {
                // Message of Argo's `emissary`.
                let message = format!("dependency {name:?} exited with non-zero code: {code}");
                return Some((i32::from(NOT_STARTED), Some(message)));
            }
            Ok(None) | Err(_) => return Some((STOPPED, None)),
        }
    }
    is_stopping.borrow().then_some((STOPPED, None))
}

/// Runs a container until it succeeds, or until its tries are used up.
async fn run_again(
    planned: &PlannedContainer,
    tries: u32,
    wait: std::time::Duration,
    is_stopping: &watch::Receiver<bool>,
) -> (i32, Option<String>) {
    let mut left = tries;
    loop {
        let (code, message) = run_once(planned, None).await;
        left -= 1;
        // A container that cannot start is not retried.
        if code == 0 || message.is_some() || left == 0 || *is_stopping.borrow() {
            return (code, message);
        }
        tokio::time::sleep(wait).await;
    }
}
