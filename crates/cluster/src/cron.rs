//! `CronWorkflow`s: their state, and runs of them at any time.

use jiff::Timestamp;
use runs::Phase;
use serde_json::{Value, json};

use crate::argo_server::action::Action;
use crate::observed::phase_of;
use crate::{Cluster, ClusterError, Object};

/// Label selector for objects of argo-kedro.
const MANAGED: &str = "app.kubernetes.io/managed-by=argo-kedro";
/// Label on Workflows of a `CronWorkflow`, with its name.
const CRON_LABEL: &str = "workflows.argoproj.io/cron-workflow";
/// Annotation with the scheduled time of a Workflow.
const SCHEDULED_TIME: &str = "workflows.argoproj.io/scheduled-time";
/// Maximum length of a Workflow's name, and of the suffix that the API server adds.
const LONGEST: usize = 63;
const GENERATED: usize = 5;

/// A `CronWorkflow` of argo-kedro.
#[derive(Debug, Clone, PartialEq)]
pub struct Scheduled {
    /// Name of the `CronWorkflow`.
    pub name: String,
    /// Cron expressions of the schedule.
    pub schedules: Vec<String>,
    /// Time zone of the schedules; if none, UTC or the controller's own.
    pub timezone: Option<String>,
    /// Set if the `CronWorkflow` is suspended and starts nothing.
    pub suspended: bool,
    /// Last run: creation time, name and phase.
    pub last: Option<(Timestamp, String, Phase)>,
    /// The object.
    pub object: Value,
}

impl Cluster {
    /// Lists the namespace's `CronWorkflow`s of argo-kedro, by name, in two requests.
    pub async fn schedules(&self) -> Result<Vec<Scheduled>, ClusterError> {
        let (found, runs) = futures::join!(
            self.list_of(Object::CronWorkflow, MANAGED),
            self.list_of(Object::Workflow, CRON_LABEL),
        );
        let runs = runs?;
        let mut all: Vec<Scheduled> = found?
            .into_iter()
            .map(|object| Scheduled::new(object, &runs))
            .collect::<Result<_, _>>()?;
        all.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(all)
    }

    /// Names of `CronWorkflow`s from earlier deployments of the same project, whose schedules are not in the current
    /// deployment.
    pub async fn schedules_left(&self, deployed: &[&Value]) -> Result<Vec<String>, ClusterError> {
        let there = self.list_of(Object::CronWorkflow, MANAGED).await?;
        Ok(left(deployed, &there))
    }

    /// Suspends a `CronWorkflow`, or resumes it.
    pub async fn suspend_schedule(&self, name: &str, suspended: bool) -> Result<(), ClusterError> {
        if let Some(server) = &self.argo_server {
            let action = if suspended {
                Action::Suspend
            } else {
                Action::Resume
            };
            let asked = self.api_call("patch", Object::CronWorkflow, name);
            server.act(Object::CronWorkflow, &action, &asked).await?;
            return Ok(());
        }
        // Null removes the field, as if the schedule had never been suspended.
        let patch = json!({"spec": {"suspend": suspended.then_some(true)}});
        self.patch_of(Object::CronWorkflow, name, &patch).await
    }
}

impl Scheduled {
    fn new(object: Value, runs: &[Value]) -> Result<Self, ClusterError> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let name = text(&object["metadata"]["name"]);
        let spec = &object["spec"];
        let last = runs
            .iter()
            .filter(|run| run["metadata"]["labels"][CRON_LABEL] == *name)
            .map(|run| {
                let name = text(&run["metadata"]["name"]);
                let made = text(&run["metadata"]["creationTimestamp"]);
                let made = made.parse().map_err(|error| {
                    ClusterError::Api(format!(
                        "cannot read `metadata.creationTimestamp` of the Workflow `{name}`: {error}"
                    ))
                })?;
                Ok((made, name, phase_of(run)?))
            })
            .collect::<Result<Vec<_>, ClusterError>>()?
            .into_iter()
            .max_by(|one: &(Timestamp, String, Phase), other| {
                (one.0, &one.1).cmp(&(other.0, &other.1))
            });
        let several = spec["schedules"].as_array().into_iter().flatten();
        // Argo before 3.6 had only one expression.
        let schedules = several
            .chain(spec.get("schedule"))
            .filter_map(Value::as_str);
        Ok(Self {
            schedules: schedules.map(str::to_owned).collect(),
            timezone: spec["timezone"].as_str().map(str::to_owned),
            suspended: spec["suspend"].as_bool().unwrap_or_default(),
            last,
            name,
            object,
        })
    }
}

/// Builds the Workflow of a `CronWorkflow` for a start now (`ConvertCronWorkflowToWorkflow`,
/// `workflow/common/convert.go` of Argo Workflows 4.1.2).
pub fn run_of(cron: &Value, now: Timestamp) -> Value {
    let name = cron["metadata"]["name"].as_str().unwrap_or_default();
    let spec = &cron["spec"]["workflowSpec"];
    let mut metadata = json!({
        "generateName": generate_name(name),
        "labels": {},
        "annotations": {},
        "ownerReferences": [{
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": Object::CronWorkflow.kind(),
            "name": name,
            "uid": cron["metadata"]["uid"],
            "controller": true,
            "blockOwnerDeletion": true,
        }],
    });
    // The controller adds the metadata of the workflow's spec later; add it here at once.
    for source in [&spec["workflowMetadata"], &cron["spec"]["workflowMetadata"]] {
        for of in ["labels", "annotations"] {
            for (key, value) in source[of].as_object().into_iter().flatten() {
                metadata[of][key] = value.clone();
            }
        }
    }
    metadata["labels"][CRON_LABEL] = name.into();
    let instance = "workflows.argoproj.io/controller-instanceid";
    if let Some(id) = cron["metadata"]["labels"].get(instance) {
        metadata["labels"][instance] = id.clone();
    }
    let seconds = Timestamp::from_second(now.as_second()).unwrap_or(now);
    metadata["annotations"][SCHEDULED_TIME] = seconds.to_string().into();
    json!({
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": Object::Workflow.kind(),
        "metadata": metadata,
        "spec": spec,
    })
}

/// Names of the project's objects that are not in the current deployment.
fn left(deployed: &[&Value], there: &[Value]) -> Vec<String> {
    let names: Vec<&str> = deployed
        .iter()
        .filter_map(|object| name_of(object))
        .collect();
    let projects: Vec<_> = deployed
        .iter()
        .filter_map(|object| project_of(object))
        .collect();
    let mut left: Vec<String> = there
        .iter()
        .filter(|object| project_of(object).is_some_and(|project| projects.contains(&project)))
        .filter_map(name_of)
        .filter(|name| !names.contains(name))
        .map(str::to_owned)
        .collect();
    left.sort();
    left
}

fn name_of(object: &Value) -> Option<&str> {
    object["metadata"]["name"].as_str()
}

/// Common prefix of a project's schedule names, and the environment whose `argo.yml` has them; none for a typed
/// schedule.
fn project_of(object: &Value) -> Option<(&str, Option<&str>)> {
    let metadata = &object["metadata"];
    let schedule = metadata["annotations"][marks::SCHEDULE].as_str()?;
    let project = name_of(object)?.strip_suffix(schedule)?.strip_suffix('-')?;
    Some((project, metadata["labels"]["argo-kedro/env"].as_str()))
}

/// Prefix for the names of runs, with room for the suffix from the API server.
pub fn generate_name(name: &str) -> String {
    let room = LONGEST - GENERATED - 1;
    let short: String = name.chars().take(room).collect();
    format!("{short}-")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cron(name: &str) -> Value {
        json!({
            "metadata": {"name": name, "uid": "u-1", "labels": {}},
            "spec": {
                "schedules": ["0 3 * * *"],
                "timezone": "Asia/Tokyo",
                "workflowMetadata": {"labels": {"team": "b"}},
                "workflowSpec": {
                    "entrypoint": "pipeline",
                    "workflowMetadata": {
                        "labels": {"team": "a", "app.kubernetes.io/managed-by": "argo-kedro"},
                        "annotations": {"argo-kedro/pipelines": "__default__"},
                    },
                },
            },
        })
    }

    #[test]
    fn a_run_at_any_time_is_like_one_that_the_clock_makes() {
        let now = "2026-01-02T03:04:05.678Z".parse().unwrap();
        insta::assert_json_snapshot!(run_of(&cron("nightly"), now));
    }

    #[test]
    fn what_is_not_deployed_any_more_is_left_of_the_same_project_alone() {
        let of = |name: &str, schedule: Option<&str>| {
            json!({"metadata": {"name": name, "labels": {"argo-kedro/env": "dev"},
                "annotations": {marks::SCHEDULE: schedule}}})
        };
        let mut of_production = of("flights-nightly", Some("nightly"));
        of_production["metadata"]["labels"]["argo-kedro/env"] = "prod".into();
        let deployed = of("flights-daily", Some("daily"));
        let there = [
            of("flights-weekly", Some("weekly")),
            of("flights-daily", Some("daily")),
            of("flights-eu-daily", Some("daily")),
            of("flights-typed", None),
            of_production,
            of("other", Some("daily")),
            json!({"metadata": {"name": "flights-by-hand"}}),
        ];
        assert_eq!(left(&[&deployed], &there), ["flights-weekly"]);
        assert_eq!(left(&[], &there), Vec::<String>::new());
    }

    #[test]
    fn the_last_run_is_the_newest_of_its_own() {
        let run = |name: &str, of: &str, at: &str, phase: Value| {
            json!({
                "metadata": {"name": name, "labels": {CRON_LABEL: of}, "creationTimestamp": at},
                "status": {"phase": phase},
            })
        };
        let runs = [
            run("a", "nightly", "2026-01-02T03:00:00Z", "Failed".into()),
            run("b", "nightly", "2026-01-03T03:00:00Z", Value::Null),
            run("c", "other", "2026-01-04T03:00:00Z", "Succeeded".into()),
        ];
        let found = Scheduled::new(cron("nightly"), &runs).unwrap();
        let last = found.last.unwrap();
        assert_eq!((last.1.as_str(), last.2), ("b", Phase::Pending));
        assert_eq!(found.schedules, ["0 3 * * *"]);
        assert_eq!(Scheduled::new(cron("new"), &runs).unwrap().last, None);
        for (at, phase) in [("2026-01-05T03:00:00Z", "Done"), ("yesterday", "Failed")] {
            let odd = [run("d", "nightly", at, phase.into())];
            let error = Scheduled::new(cron("nightly"), &odd).unwrap_err();
            assert!(error.to_string().contains("cannot read"), "{error}");
        }
    }

    #[test]
    fn names_of_runs_have_room_for_what_the_api_server_adds() {
        assert_eq!(generate_name("a"), "a-");
        assert_eq!(generate_name(&"a".repeat(63)).len(), LONGEST - GENERATED);
    }
}
