//! Containers of a pod, with the pod's `podSpecPatch` applied.

use std::time::Duration;

use argo::merge::strategic;
use argo::spec::{Container, ContainerNode, Template, from_json, to_json};
use argo::text::tags::{Strict, substitute};
use pod::containers::{MAIN, Role};
use serde_json::Value;

use crate::pod_budget::PodBudget;
use crate::surroundings::Surroundings;

/// A container of a pod.
#[derive(Debug, Clone)]
pub(crate) struct PodContainer {
    pub(crate) name: String,
    /// Role of the container in the pod.
    pub(crate) role: Role,
    /// Names of the containers that have to succeed before this one starts.
    pub(crate) after: Vec<String>,
    pub(crate) container: Container,
    /// Script text that the container runs.
    pub(crate) source: Option<String>,
}

/// Says whether the pod of a template has more than its main container.
pub(crate) fn are_several(template: &Template) -> bool {
    template.container_set.is_some()
        || !template.init_containers.is_empty()
        || !template.sidecars.is_empty()
}

/// Containers of a template: init containers, main ones, sidecars. None for a template without a pod.
pub(crate) fn of_template(template: &Template) -> Vec<PodContainer> {
    let one = |name: &str, role: Role, container: Container| PodContainer {
        name: name.to_owned(),
        role,
        after: Vec::new(),
        container,
        source: None,
    };
    let script = template.script.as_ref();
    let script = script.map(|script| PodContainer {
        source: Some(script.source.clone()),
        ..one(MAIN, Role::Main, script.container.clone())
    });
    let main = template.container.as_ref();
    let main = main.map(|container| one(MAIN, Role::Main, container.clone()));
    let set = template.container_set.iter();
    let set = set.flat_map(|set| {
        set.containers.iter().map(|node| {
            let mut container = container_of(node);
            container
                .volume_mounts
                .extend(set.volume_mounts.iter().cloned());
            PodContainer {
                after: node.dependencies.clone(),
                ..one(&node.name, Role::Main, container)
            }
        })
    });
    let main: Vec<PodContainer> = main.or(script).into_iter().chain(set).collect();
    if main.is_empty() {
        return main;
    }
    let beside = |containers: &[Container], role: Role| -> Vec<PodContainer> {
        let all = containers.iter().map(|container| {
            let mut container = container.clone();
            // (`workflow/controller/workflowpod.go`, `addInitContainers` and `addSidecars`.)
            if container.mirror_volume_mounts == Some(true) {
                let mounts = main
                    .iter()
                    .take(1)
                    .flat_map(|main| &main.container.volume_mounts);
                container.volume_mounts.extend(mounts.cloned());
            }
            one(&container.name.clone(), role, container)
        });
        all.collect()
    };
    let init = beside(&template.init_containers, Role::Init);
    let sidecars = beside(&template.sidecars, Role::Sidecar);
    init.into_iter().chain(main).chain(sidecars).collect()
}

/// Containers of a pod, with the pod's `podSpecPatch` applied (`workflow/controller/workflowpod.go:299`).
///
/// # Errors
///
/// A patch cannot be read. The error has Argo's words.
pub(crate) fn of_pod(
    template: &Template,
    around: Surroundings<'_>,
) -> Result<Vec<PodContainer>, String> {
    let mut containers = of_template(template);
    let of_workflow = around.patch.map(|patch| {
        substitute(patch, around.values, Strict::No).map_err(|failure| failure.to_string())
    });
    let of_template = template.pod_spec_patch.clone().map(Ok);
    for patch in [of_workflow, of_template].into_iter().flatten() {
        let patch = patch?;
        if patch.trim().is_empty() {
            continue;
        }
        let documents = diagnostic::yaml::parse("podSpecPatch", &patch)
            .map_err(|fault| format!("Error applying PodSpecPatch: {}", fault.message))?;
        let Some(patch) = documents.first().map(diagnostic::yaml::Yaml::to_json) else {
            continue;
        };
        for known in &mut containers {
            let list = if known.role == Role::Init {
                "initContainers"
            } else {
                "containers"
            };
            let list = patch
                .get(list)
                .and_then(Value::as_array)
                .into_iter()
                .flatten();
            let is_this =
                |entry: &&Value| entry.get("name").and_then(Value::as_str) == Some(&known.name);
            if let Some(patch) = list.into_iter().find(is_this) {
                let merged = strategic(&to_json(&known.container), patch);
                known.container = from_json(&merged)
                    .map_err(|error| format!("Error applying PodSpecPatch: {error}"))?;
            }
        }
    }
    Ok(containers)
}

/// Adds up what a pod requests: the sum over its containers, or the request of one init container if that is larger.
///
/// # Errors
///
/// An amount cannot be read.
pub(crate) fn budget(containers: &[PodContainer]) -> Result<PodBudget, String> {
    let mut together: Option<PodBudget> = None;
    let mut alone = PodBudget::default();
    for known in containers {
        let budget = PodBudget::read(&known.container).map_err(|error| {
            let name = &known.name;
            format!("the resources of the container `{name}` cannot be read: {error}")
        })?;
        if known.role == Role::Init {
            alone.needs = alone.needs.at_least(budget.needs);
        } else {
            together = Some(together.map_or(budget, |known| known.and(budget)));
        }
    }
    let together = together.unwrap_or_default();
    Ok(PodBudget {
        needs: together.needs.at_least(alone.needs),
        ..together
    })
}

/// Reads the number of tries of the containers of a set, and the pause between two tries
/// (`ContainerSetTemplate.GetRetryStrategy`).
///
/// # Errors
///
/// A number cannot be read.
pub(crate) fn tries(template: &Template) -> Result<(u32, Duration), String> {
    let strategy = template.container_set.as_ref();
    let strategy = strategy.and_then(|set| set.retry_strategy.as_ref());
    let Some(strategy) = strategy else {
        return Ok((1, Duration::ZERO));
    };
    let unreadable = |field: &str, text: &str| {
        format!("`containerSet.retryStrategy.{field}` cannot be read: {text:?}")
    };
    let Some(tries) = strategy.retries.as_ref().map(ToString::to_string) else {
        return Ok((1, Duration::ZERO));
    };
    let tries = tries.parse().map_err(|_| unreadable("retries", &tries))?;
    let text = &strategy.duration;
    if text.is_empty() {
        return Ok((tries, Duration::ZERO));
    }
    let wait = argo::time::Duration::parse(text);
    let wait = wait.and_then(|wait| u64::try_from(wait.nanoseconds()).ok());
    let wait = wait.ok_or_else(|| unreadable("duration", text))?;
    Ok((tries, Duration::from_nanos(wait)))
}

fn container_of(node: &ContainerNode) -> Container {
    let node = node.clone();
    Container {
        name: node.name,
        image: node.image,
        command: node.command,
        args: node.args,
        env_from: node.env_from,
        env: node.env,
        resources: node.resources,
        volume_mounts: node.volume_mounts,
        working_dir: node.working_dir,
        image_pull_policy: node.image_pull_policy,
        security_context: node.security_context,
        rest: node.rest,
        ..Container::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use argo::spec::from_json;
    use serde_json::json;

    fn asks(memory: &str) -> Value {
        json!({"limits": {"memory": memory}, "requests": {"cpu": "1", "memory": memory}})
    }

    #[test]
    fn a_pod_asks_for_what_its_containers_ask_for_together() {
        let template = |others: Value| -> Template {
            let mut template = json!({
                "container": {"image": "i", "resources": asks("100")},
                "initContainers": [{"name": "a", "image": "i", "resources": asks("500")}],
            });
            for (key, value) in others.as_object().unwrap() {
                template[key] = value.clone();
            }
            from_json(&template).unwrap()
        };
        let of = |template: &Template| {
            let budget = budget(&of_template(template)).unwrap();
            (
                budget.needs.millicores,
                budget.needs.memory,
                budget.memory_limit,
            )
        };
        assert_eq!(of(&template(json!({}))), (1000, 500, Some(100)));
        let beside = json!({"sidecars": [{"name": "s", "image": "i", "resources": asks("700")}]});
        assert_eq!(of(&template(beside)), (2000, 800, Some(800)));
        let unlimited = json!({"sidecars": [{"name": "s", "image": "i"}]});
        assert_eq!(of(&template(unlimited)), (1000, 500, None));
        let wrong = json!({"sidecars": [{"name": "s", "image": "i", "resources": asks("1X")}]});
        let wrong = budget(&of_template(&template(wrong))).unwrap_err();
        assert!(wrong.contains("container `s`"), "{wrong}");
    }

    #[test]
    fn containers_are_tried_as_often_as_their_set_says() {
        let tries = |strategy: Value| {
            let set = json!({"containerSet": {"containers": [], "retryStrategy": strategy}});
            tries(&from_json(&set).unwrap())
        };
        let seconds = Duration::from_secs;
        for (strategy, expected) in [
            (
                json!({"retries": "3", "duration": "2s"}),
                Some((3, seconds(2))),
            ),
            (json!({"retries": 2}), Some((2, seconds(0)))),
            (json!({}), Some((1, seconds(0)))),
            (json!({"retries": "many"}), None),
            (json!({"retries": 2, "duration": "2 s"}), None),
            (json!({"retries": 2, "duration": "-2s"}), None),
        ] {
            assert_eq!(tries(strategy.clone()).ok(), expected, "{strategy}");
        }
    }
}
