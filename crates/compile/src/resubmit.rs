//! Copies of a Workflow's spec with changes: for a new run from an old one.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use argo::spec::{EnvVar, Parameter, Unreadable, WorkflowSpec, from_json, to_json};
use marks::runtime_parameters::{self, NAME as PARAMETERS};
use marks::{EXEC, HANDOFF_PATH, RUN_VERSION, main_dag_mut, name_list};

use crate::from_run::{HANDOFF_FROM, RUN_VERSION_FROM, UID, task_containers};
use crate::lower::encode_runtime_parameters;

/// Changes in the new run.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Changes {
    /// Image of the tasks.
    pub image: Option<String>,
    /// Workflow parameters: name and value.
    pub parameters: Vec<(String, String)>,
    /// Kedro runtime parameters, merged over those of the old run.
    pub runtime_parameters: Map<String, Value>,
    /// Tasks and data that the new run reuses from the old one.
    pub taken_over: Option<TakenOver>,
}

/// Tasks and data that a run reuses from another one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TakenOver {
    /// Unique id of the other run.
    pub uid: String,
    /// Successful tasks of the other run, which the new run skips.
    pub tasks: BTreeSet<String>,
}

/// The spec with the changes. Omits tasks that need not run again; the other tasks read the data of those where it is.
///
/// # Errors
///
/// Returns the field of the spec that Argo cannot read.
pub fn changed(spec: &WorkflowSpec, changes: &Changes) -> Result<WorkflowSpec, Unreadable> {
    let mut spec = spec.clone();
    // The new run must not inherit how the old one was stopped.
    spec.shutdown.clear();
    spec.suspend = None;
    if let Some(image) = &changes.image
        && let Some(old) = image_of_tasks(&spec)
    {
        let mut tree = to_json(&spec);
        replace_image(&mut tree, &old, image);
        spec = from_json(&tree)?;
    }
    let mut parameters = changes.parameters.clone();
    if !changes.runtime_parameters.is_empty() {
        // The old run had no runtime parameters if the workflow parameter is missing.
        let mut all = runtime_parameters::of(&spec)?.unwrap_or_default();
        lay_over(&mut all, changes.runtime_parameters.clone());
        parameters.push((PARAMETERS.to_owned(), encode_runtime_parameters(&all)));
        take_runtime_parameters(&mut spec);
    }
    for (name, value) in &parameters {
        set_parameter(&mut spec, name, value);
    }
    if let Some(taken_over) = &changes.taken_over {
        leave_out(&mut spec, &taken_over.tasks);
        look_elsewhere(&mut spec, &taken_over.uid);
    }
    Ok(spec)
}

/// The spec that is left after some tasks of its DAG are done: without these, and without the templates that only they
/// use. It tells what the cluster still needs; it is not meant to run.
pub fn left_to_run(spec: &WorkflowSpec, done: &BTreeSet<String>) -> WorkflowSpec {
    let mut spec = spec.clone();
    leave_out(&mut spec, done);
    let mut runs = BTreeSet::from([spec.entrypoint.clone()]);
    runs.extend(spec.on_exit.clone());
    runs.extend(spec.hooks.values().map(|hook| hook.template.clone()));
    let templates = std::mem::take(&mut spec.templates);
    loop {
        let before = runs.len();
        for template in &templates {
            if runs.contains(&template.name) {
                named_templates(&to_json(template), &mut runs);
            }
        }
        if runs.len() == before {
            break;
        }
    }
    let left = templates.into_iter();
    spec.templates = left
        .filter(|template| runs.contains(&template.name))
        .collect();
    spec
}

/// The spec without some tasks of its DAG. The other tasks do not wait for them.
pub fn without(spec: &WorkflowSpec, tasks: &BTreeSet<String>) -> WorkflowSpec {
    let mut spec = spec.clone();
    leave_out(&mut spec, tasks);
    spec
}

/// Collects the templates that tasks, steps and hooks run, at any depth.
fn named_templates(value: &Value, names: &mut BTreeSet<String>) {
    match value {
        Value::Object(entries) => {
            for (key, inner) in entries {
                match inner.as_str() {
                    // Before hooks, Argo had `onExit` for the exit handler of a task or step.
                    Some(name) if key == "template" || key == "onExit" => {
                        names.insert(name.to_owned());
                    }
                    _ => named_templates(inner, names),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| named_templates(item, names)),
        _ => {}
    }
}

fn image_of_tasks(spec: &WorkflowSpec) -> Option<String> {
    let mut images = task_containers(spec).map(|container| container.image.clone());
    images.find(|image| !image.is_empty())
}

/// Replaces an image everywhere in a document: custom templates use the image of the tasks, sidecars have their own.
pub fn replace_image(value: &mut Value, old: &str, new: &str) {
    match value {
        Value::Object(entries) => {
            for (key, inner) in entries {
                if key == "image" && inner == old {
                    *inner = new.into();
                } else {
                    replace_image(inner, old, new);
                }
            }
        }
        Value::Array(items) => items
            .iter_mut()
            .for_each(|item| replace_image(item, old, new)),
        _ => {}
    }
}

fn set_parameter(spec: &mut WorkflowSpec, name: &str, value: &str) {
    let parameters = &mut spec.arguments.parameters;
    match parameters.iter_mut().find(|known| known.name == name) {
        Some(known) => known.value = Some(value.into()),
        None => parameters.push(Parameter::new(name, value)),
    }
}

/// The configuration folder that a Workflow's tasks read; none for the project's own.
pub fn conf_source_of(spec: &WorkflowSpec) -> Option<String> {
    let mut words = task_containers(spec).flat_map(|container| &container.args);
    let source = words.find_map(|word| word.strip_prefix("--conf-source="))?;
    // Kubernetes turns `$$` into `$` (`lower/parameters.rs`).
    Some(source.replace("$$", "$"))
}

/// Merges parameters over others, group by group.
pub fn lay_over(below: &mut Map<String, Value>, parameters: Map<String, Value>) {
    for (name, value) in parameters {
        match (below.get_mut(&name), value) {
            (Some(Value::Object(group)), Value::Object(inner)) => lay_over(group, inner),
            (_, value) => {
                below.insert(name, value);
            }
        }
    }
}

/// Adds the argument for runtime parameters: containers of a run without such parameters lack it.
fn take_runtime_parameters(spec: &mut WorkflowSpec) {
    let word = format!("--params={{{{workflow.parameters.{PARAMETERS}}}}}");
    let containers = spec.templates.iter_mut();
    for container in containers.filter_map(|template| template.container.as_mut()) {
        if container.command == EXEC && !container.args.contains(&word) {
            container.args.push(word.clone());
        }
    }
}

/// Removes tasks from the DAG. Init templates have no nodes and always run: other tasks read their outputs.
fn leave_out(spec: &mut WorkflowSpec, done: &BTreeSet<String>) {
    let Some(dag) = main_dag_mut(spec) else {
        return;
    };
    dag.tasks.retain(|task| !done.contains(&task.name));
    for task in &mut dag.tasks {
        task.dependencies.retain(|name| !done.contains(name));
    }
}

/// Makes the new run search in the old run's places: for data that the old run handed off or saved as a version, and
/// for data that it took over itself.
fn look_elsewhere(spec: &mut WorkflowSpec, uid: &str) {
    let containers = spec.templates.iter_mut();
    for container in containers.filter_map(|template| template.container.as_mut()) {
        let variables = &mut container.env;
        let text = |name: &str| {
            let found = variables.iter().find(|variable| variable.name == name);
            found.and_then(|variable| variable.value.as_deref())
        };
        let place = text(HANDOFF_PATH).map(|path| path.replace(UID, uid));
        let version = text(RUN_VERSION).map(|_| uid.to_owned());
        for (name, of_old_run) in [(HANDOFF_FROM, place), (RUN_VERSION_FROM, version)] {
            let Some(of_old_run) = of_old_run else {
                continue;
            };
            let known = variables.iter().find(|variable| variable.name == name);
            let earlier = known.and_then(|variable| variable.value.as_deref());
            let mut all = vec![of_old_run];
            all.extend(earlier.into_iter().flat_map(name_list::read));
            let all = name_list::written_with_tags(&all);
            variables.retain(|variable| variable.name != name);
            variables.push(EnvVar::new(name, all));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn changed(spec: &Value, changes: &Changes) -> Value {
        to_json(&super::changed(&from_json(spec).unwrap(), changes).unwrap())
    }

    fn spec() -> Value {
        let container = |image: &str| {
            json!({"image": image, "command": ["argo-kedro", "exec"], "args": ["--nodes=x"],
                "env": [{"name": "ARGO_KEDRO_HANDOFF_PATH", "value": "s3://b/{{workflow.uid}}"},
                    {"name": "ARGO_KEDRO_RUN_VERSION", "value": "{{workflow.uid}}"}]})
        };
        json!({
            "entrypoint": "pipeline", "shutdown": "Stop",
            "templates": [
                {"name": "pipeline", "dag": {"tasks": [
                    {"name": "a", "template": "default"},
                    {"name": "b", "template": "default", "dependencies": ["a"]},
                    {"name": "c", "template": "default", "dependencies": ["a", "b"]}]}},
                {"name": "default", "container": container("registry/x:1"),
                 "sidecars": [{"name": "db", "image": "other:1"}]},
                {"name": "custom", "container": {"image": "registry/x:1", "command": ["sh"]}},
            ],
        })
    }

    #[test]
    fn another_image_is_that_of_every_container_of_the_project() {
        let new = changed(
            &spec(),
            &Changes {
                image: Some("registry/x:2".to_owned()),
                ..Changes::default()
            },
        );
        let templates = &new["templates"];
        assert_eq!(templates[1]["container"]["image"], "registry/x:2");
        assert_eq!(templates[1]["sidecars"][0]["image"], "other:1");
        assert_eq!(templates[2]["container"]["image"], "registry/x:2");
        assert_eq!(new["shutdown"], Value::Null);
    }

    #[test]
    fn runtime_parameters_go_over_the_old_ones_and_reach_containers_that_had_none() {
        let over = |value: &Value| Changes {
            runtime_parameters: value.as_object().cloned().unwrap(),
            ..Changes::default()
        };
        let once = changed(
            &spec(),
            &over(&json!({"model": {"depth": 3, "name": "$x"}})),
        );
        let words = &once["templates"][1]["container"]["args"];
        assert_eq!(words[1], "--params={{workflow.parameters.params}}");
        let twice = changed(&once, &over(&json!({"model": {"depth": 4}})));
        assert_eq!(twice["templates"][1]["container"]["args"], *words);
        let text = twice["arguments"]["parameters"][0]["value"]
            .as_str()
            .unwrap();
        assert!(!text.contains('$'), "{text}");
        assert_eq!(
            serde_json::from_str::<Value>(text).unwrap(),
            json!({"model": {"depth": 4, "name": "$x"}})
        );
    }

    #[test]
    fn what_is_left_to_run_has_only_the_templates_that_are_still_run() {
        let spec = json!({
            "entrypoint": "pipeline", "onExit": "exit", "serviceAccountName": "x",
            "hooks": {"running": {"template": "told", "expression": "true"}},
            "templates": [
                {"name": "pipeline", "dag": {"tasks": [
                    {"name": "a", "template": "one"},
                    {"name": "b", "template": "two", "dependencies": ["a"], "onExit": "after"},
                    {"name": "c", "template": "two", "dependencies": ["a"]}]}},
                {"name": "below"}, {"name": "one"}, {"name": "after"},
                {"name": "two", "steps": [[{"name": "s", "template": "below"}]]},
                {"name": "exit"}, {"name": "told"}, {"name": "never"},
            ],
        });
        let left = |done: &[&str]| -> Vec<String> {
            let done = done.iter().map(|name| (*name).to_owned()).collect();
            let left = to_json(&left_to_run(&from_json(&spec).unwrap(), &done));
            assert_eq!(left["serviceAccountName"], "x");
            let templates = left["templates"].as_array().unwrap().iter();
            templates
                .map(|template| template["name"].as_str().unwrap().to_owned())
                .collect()
        };
        let all = ["pipeline", "below", "one", "after", "two", "exit", "told"];
        assert_eq!(left(&[]), all);
        let without_one: Vec<&str> = all.into_iter().filter(|name| *name != "one").collect();
        assert_eq!(left(&["a"]), without_one);
        assert_eq!(left(&["a", "b", "c"]), ["pipeline", "exit", "told"]);
        let nothing = left_to_run(&WorkflowSpec::default(), &BTreeSet::new());
        assert_eq!(nothing.templates, []);
    }

    #[test]
    fn what_is_done_is_left_out_and_its_data_is_read_where_it_is() {
        let taken_over = |uid: &str, tasks: &[&str]| Changes {
            taken_over: Some(TakenOver {
                uid: uid.to_owned(),
                tasks: tasks.iter().map(|name| (*name).to_owned()).collect(),
            }),
            ..Changes::default()
        };
        let once = changed(&spec(), &taken_over("u1", &["a"]));
        assert_eq!(
            once["templates"][0]["dag"]["tasks"],
            json!([{"name": "b", "template": "default"},
                {"name": "c", "template": "default", "dependencies": ["b"]}])
        );
        let twice = changed(&once, &taken_over("u2", &["b"]));
        let variables = &twice["templates"][1]["container"]["env"];
        assert_eq!(variables[0]["value"], "s3://b/{{workflow.uid}}");
        assert_eq!(
            variables.as_array().unwrap()[2..],
            [
                json!({"name": "ARGO_KEDRO_HANDOFF_FROM", "value": "s3://b/u2,s3://b/u1"}),
                json!({"name": "ARGO_KEDRO_RUN_VERSION_FROM", "value": "u2,u1"})
            ]
        );
    }
}
