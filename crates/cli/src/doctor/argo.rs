//! Argo's kinds, and the controller that looks after them.

use cluster::{Cluster, Controller, Sightings};
use jiff::Timestamp;

use super::check::Check;
use crate::error::CommandError;
use crate::render::words;

pub(super) const KINDS: &str = "Argo Workflows";
pub(super) const CONTROLLER: &str = "controller";

/// Seconds within which a controller must take up a Workflow; a few are normal.
const TAKES_UP: f64 = 60.0;
/// Age in seconds from which a started Workflow says nothing about the controller now.
const IS_NEWS: f64 = 3600.0;
/// Seconds within which a controller must renew its lease; a few are normal.
const RENEWS: f64 = 60.0;

/// Says whether the cluster has Argo's kinds, and whether it validates their fields.
pub(super) async fn kinds(cluster: &Cluster, program: &str) -> Check {
    if let Err(error) = cluster.check_argo().await {
        return Check::of_error(KINDS, &CommandError::from(error), program);
    }
    let fields = cluster.checks_fields().await;
    of_fields(fields.map_err(|error| error.to_string()))
}

fn of_fields(fields: Result<Option<bool>, String>) -> Check {
    match fields {
        Ok(Some(true)) => Check::ok(KINDS, "3.6 or newer, full CRDs"),
        Ok(Some(false)) => Check::ok(
            KINDS,
            "3.6 or newer, minimal CRDs: the API server does not check fields",
        ),
        Ok(None) => Check::ok(KINDS, "3.6 or newer"),
        Err(error) => Check::warning(KINDS, format!("it refuses a simple Workflow: {error}"))
            .mend("ask the administrator of the cluster: an admission webhook or a policy may be in the way"),
    }
}

/// Says whether a workflow controller looks after the namespace.
pub(super) async fn controller(cluster: &Cluster, now: Timestamp, program: &str) -> Check {
    match cluster.controllers().await {
        Ok(seen) => verdict(&seen, &cluster.namespace, now, program),
        Err(error) => Check::of_error(CONTROLLER, &CommandError::from(error), program),
    }
}

fn verdict(seen: &Sightings, namespace: &str, now: Timestamp, program: &str) -> Check {
    let deployments = seen.deployments.as_deref().unwrap_or_default();
    let here = |controller: &&Controller| {
        controller
            .only
            .as_deref()
            .is_none_or(|only| only == namespace)
    };
    if let Some(controller) = deployments.iter().find(|one| here(one) && one.ready > 0) {
        return of_deployment(controller);
    }
    if let Some(controller) = deployments.iter().find(here) {
        let Controller {
            name,
            namespace: place,
            desired,
            ..
        } = controller;
        let detail =
            format!("the Deployment `{name}` in `{place}` has no pod that is ready, of {desired}");
        return Check::failed(CONTROLLER, detail)
            .mend("no run starts until it works; ask who looks after it, or see why")
            .command(format!(
                "kubectl describe deployment {name} -n {place}\nkubectl logs deployment/{name} -n {place}"
            ));
    }
    if let Some(controller) = deployments.first() {
        let only = controller.only.as_deref().unwrap_or_default();
        let detail = format!(
            "the controller in `{}` looks after the namespace `{only}` alone, and not `{namespace}`",
            controller.namespace
        );
        return Check::failed(CONTROLLER, detail).mend(format!(
            "set `namespace: {only}` in argo.yml, or ask for a controller that looks after `{namespace}`"
        ));
    }
    let ago = |moment: Timestamp| words::between(moment, now);
    if let Some(renewed) = seen.renewed {
        if ago(renewed) <= RENEWS {
            return Check::ok(CONTROLLER, "its lease is fresh");
        }
        let since = words::duration(ago(renewed));
        return Check::failed(
            CONTROLLER,
            format!("its lease has not been renewed for {since}"),
        )
        .mend("no run starts until it works: ask the administrator of the cluster");
    }
    match &seen.last {
        Some(last) if last.is_taken_up && ago(last.made) <= IS_NEWS => {
            let since = words::duration(ago(last.made));
            Check::ok(
                CONTROLLER,
                format!("took up `{}`, made {since} ago", last.name),
            )
        }
        Some(last) if !last.is_taken_up && ago(last.made) > TAKES_UP => {
            let since = words::duration(ago(last.made));
            let detail = format!(
                "none has taken up the Workflow `{}`, made {since} ago",
                last.name
            );
            Check::failed(CONTROLLER, detail).mend(format!(
                "ask the administrator of the cluster for a workflow controller that looks after `{namespace}`"
            ))
        }
        _ => {
            let detail = match seen.deployments {
                None => "you may not look at it",
                Some(_) => "found none; it may run elsewhere",
            };
            Check::warning(CONTROLLER, detail)
                .mend(format!(
                    "to see whether one looks after `{namespace}`, run a small pod"
                ))
                .command(format!("{program} doctor --pod"))
        }
    }
}

fn of_deployment(controller: &Controller) -> Check {
    let place = format!("`{}` in `{}`", controller.name, controller.namespace);
    match &controller.version {
        Some(version) => Check::ok(CONTROLLER, format!("{version}, {place}")),
        None => Check::ok(CONTROLLER, place),
    }
}

#[cfg(test)]
mod tests {
    use cluster::LastWorkflow;

    use super::*;
    use crate::doctor::check::State;

    fn controller(ready: i32, only: Option<&str>) -> Vec<Controller> {
        vec![Controller {
            name: "workflow-controller".to_owned(),
            namespace: "argo".to_owned(),
            version: Some("v4.1.2".to_owned()),
            desired: 1,
            ready,
            only: only.map(str::to_owned),
        }]
    }

    #[test]
    fn what_can_be_seen_of_a_controller_says_whether_it_works() {
        let now: Timestamp = "2026-11-27T10:00:00Z".parse().unwrap();
        let at = |text: &str| -> Timestamp { format!("2026-11-27T{text}Z").parse().unwrap() };
        let last = |made: &str, is_taken_up| {
            Some(LastWorkflow {
                name: "flights-1".to_owned(),
                made: at(made),
                is_taken_up,
            })
        };
        let deployed = |deployments| Sightings {
            deployments: Some(deployments),
            ..Sightings::default()
        };
        for (seen, state, said) in [
            (deployed(controller(1, None)), State::Ok, "v4.1.2"),
            (
                deployed(controller(1, Some("flights"))),
                State::Ok,
                "v4.1.2",
            ),
            (
                deployed(controller(0, None)),
                State::Failed,
                "no pod that is ready",
            ),
            (
                deployed(controller(1, Some("argo"))),
                State::Failed,
                "`argo` alone, and not `flights`",
            ),
            (
                Sightings {
                    renewed: Some(at("09:59:50")),
                    ..Sightings::default()
                },
                State::Ok,
                "fresh",
            ),
            (
                Sightings {
                    renewed: Some(at("09:50:00")),
                    ..Sightings::default()
                },
                State::Failed,
                "10m 00s",
            ),
            (
                Sightings {
                    last: last("09:50:00", true),
                    ..Sightings::default()
                },
                State::Ok,
                "`flights-1`",
            ),
            (
                Sightings {
                    last: last("09:50:00", false),
                    ..Sightings::default()
                },
                State::Failed,
                "none has taken up",
            ),
            // The Workflow was made a moment ago.
            (
                Sightings {
                    last: last("09:59:59", false),
                    ..Sightings::default()
                },
                State::Warning,
                "may not look",
            ),
            // An old sighting says nothing about now.
            (
                Sightings {
                    last: last("01:00:00", true),
                    deployments: Some(Vec::new()),
                    ..Sightings::default()
                },
                State::Warning,
                "found none",
            ),
        ] {
            let check = verdict(&seen, "flights", now, "argo-kedro");
            assert_eq!(check.state, state, "{check:?}");
            assert!(check.detail.contains(said), "{check:?}");
            assert_eq!(check.mend.is_none(), state == State::Ok, "{check:?}");
        }
    }

    #[test]
    fn full_and_minimal_crds_are_told_apart() {
        assert!(of_fields(Ok(Some(true))).detail.contains("full"));
        assert!(of_fields(Ok(Some(false))).detail.contains("minimal"));
        assert_eq!(of_fields(Ok(None)).state, State::Ok);
        assert_eq!(of_fields(Err("x".to_owned())).state, State::Warning);
    }
}
