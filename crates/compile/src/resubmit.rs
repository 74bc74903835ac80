//! A Workflow's spec once more, with something changed: for a new run of an old one.
//!
//! Works on the spec as it is on record, so that nothing in it gets lost.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::lower::{
    HANDOFF_PATH, RUN_VERSION, RUNTIME_PARAMETERS as PARAMETERS, decode_runtime_parameters,
    encode_runtime_parameters,
};
use crate::name_list;

/// Variable that says where else to look for handed-off datasets, comma separated
/// (`python/argo_kedro/hooks.py`).
pub const HANDOFF_FROM: &str = "ARGO_KEDRO_HANDOFF_FROM";
/// Variable that says which runs' versions of datasets are this run's as well: their unique ids, comma separated
/// (`python/argo_kedro/versions.py`).
const RUN_VERSION_FROM: &str = "ARGO_KEDRO_RUN_VERSION_FROM";
const UID: &str = "{{workflow.uid}}";

/// What is different in the new run.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Changes {
    /// Image of the tasks.
    pub image: Option<String>,
    /// Workflow parameters: name and value.
    pub parameters: Vec<(String, String)>,
    /// Kedro runtime parameters, over those that the old run had.
    pub runtime_parameters: Map<String, Value>,
    /// What the new run takes over from the old one.
    pub taken_over: Option<TakenOver>,
}

/// What a run takes over from another one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TakenOver {
    /// Unique id of the other run.
    pub uid: String,
    /// Tasks that succeeded in it, and are not run again.
    pub tasks: BTreeSet<String>,
}

/// The spec with the changes. Tasks that are not run again are left out, and the others read
/// what they handed on from where it is.
pub fn changed(spec: &Value, changes: &Changes) -> Value {
    let mut spec = spec.clone();
    if let Some(object) = spec.as_object_mut() {
        // How the old run was ended is not how the new one begins.
        object.remove("shutdown");
        object.remove("suspend");
    }
    if let Some(image) = &changes.image
        && let Some(old) = image_of_tasks(&spec)
    {
        replace_image(&mut spec, &old, image);
    }
    let mut parameters = changes.parameters.clone();
    if !changes.runtime_parameters.is_empty() {
        let mut all = runtime_parameters_of(&spec).unwrap_or_default();
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
    spec
}

/// What of a spec is left to run once tasks of its DAG are done: without them, and without the templates that only they
/// run. It says what a cluster still has to have, and is no Workflow to be made.
pub fn left_to_run(spec: &Value, done: &BTreeSet<String>) -> Value {
    let mut spec = spec.clone();
    leave_out(&mut spec, done);
    let first = ["entrypoint", "onExit"].iter();
    let mut runs: BTreeSet<String> = first
        .filter_map(|key| spec[*key].as_str().map(str::to_owned))
        .collect();
    named_templates(&spec["hooks"], &mut runs);
    let templates = match spec["templates"].take() {
        Value::Array(templates) => templates,
        _ => Vec::new(),
    };
    let is_run = |template: &Value, runs: &BTreeSet<String>| {
        let name = template["name"].as_str();
        name.is_some_and(|name| runs.contains(name))
    };
    loop {
        let before = runs.len();
        for template in &templates {
            if is_run(template, &runs) {
                named_templates(template, &mut runs);
            }
        }
        if runs.len() == before {
            break;
        }
    }
    let left = templates.into_iter();
    spec["templates"] = left.filter(|template| is_run(template, &runs)).collect();
    spec
}

/// The templates that tasks, steps and hooks run, wherever they stand.
fn named_templates(value: &Value, names: &mut BTreeSet<String>) {
    match value {
        Value::Object(entries) => {
            for (key, inner) in entries {
                match inner.as_str() {
                    // The exit handler of a task or step, as Argo had it before hooks.
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

/// Containers that run Kedro nodes.
fn task_containers(spec: &mut Value) -> impl Iterator<Item = &mut Value> {
    let templates = spec["templates"].as_array_mut().into_iter().flatten();
    templates
        .filter_map(|template| template.get_mut("container"))
        .filter(|container| runs_nodes(container))
}

fn runs_nodes(container: &Value) -> bool {
    container["command"] == json!(["argo-kedro", "exec"])
}

fn image_of_tasks(spec: &Value) -> Option<String> {
    let templates = spec["templates"].as_array()?;
    templates
        .iter()
        .map(|template| &template["container"])
        .find(|container| runs_nodes(container))
        .and_then(|container| container["image"].as_str())
        .map(str::to_owned)
}

/// Custom templates share the image of the tasks; sidecars have their own.
fn replace_image(value: &mut Value, old: &str, new: &str) {
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

fn set_parameter(spec: &mut Value, name: &str, value: &str) {
    let parameters = &mut spec["arguments"]["parameters"];
    if !parameters.is_array() {
        *parameters = json!([]);
    }
    if let Some(list) = parameters.as_array_mut() {
        match list.iter_mut().find(|known| known["name"] == name) {
            Some(known) => known["value"] = value.into(),
            None => list.push(json!({"name": name, "value": value})),
        }
    }
}

/// The Kedro runtime parameters that a Workflow says it is run with; none if it says none.
pub fn runtime_parameters_of(spec: &Value) -> Option<Map<String, Value>> {
    let parameters = spec["arguments"]["parameters"].as_array()?;
    let own = parameters.iter().find(|own| own["name"] == PARAMETERS)?;
    decode_runtime_parameters(own["value"].as_str()?)
}

/// The configuration folder that the tasks of a Workflow read; none where that is the project's own.
pub fn conf_source_of(spec: &Value) -> Option<String> {
    let templates = spec["templates"].as_array()?.iter();
    let containers = templates.map(|template| &template["container"]);
    let mut words = containers
        .filter(|container| runs_nodes(container))
        .filter_map(|container| container["args"].as_array())
        .flatten();
    let source = words.find_map(|word| word.as_str()?.strip_prefix("--conf-source="))?;
    // Kubernetes would make one `$` of two (`lower/parameters.rs`).
    Some(source.replace("$$", "$"))
}

/// Lays parameters over others, group by group.
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

/// A run without runtime parameters has containers that take none.
fn take_runtime_parameters(spec: &mut Value) {
    let word = format!("--params={{{{workflow.parameters.{PARAMETERS}}}}}");
    for container in task_containers(spec) {
        if let Some(words) = container["args"].as_array_mut()
            && !words.iter().any(|known| *known == word)
        {
            words.push(word.clone().into());
        }
    }
}

/// Leaves tasks out of the DAG. Init templates have no nodes and always run: others read
/// what they hand on.
fn leave_out(spec: &mut Value, done: &BTreeSet<String>) {
    let entrypoint = spec["entrypoint"].clone();
    let templates = spec["templates"].as_array_mut().into_iter().flatten();
    let Some(entry) = templates
        .into_iter()
        .find(|template| template["name"] == entrypoint)
    else {
        return;
    };
    let is_wide = entry.get("steps").is_some();
    let dag = if is_wide {
        entry.pointer_mut("/steps/0/0/inline/dag/tasks")
    } else {
        entry.pointer_mut("/dag/tasks")
    };
    let Some(tasks) = dag.and_then(Value::as_array_mut) else {
        return;
    };
    let is_done = |name: &Value| name.as_str().is_some_and(|name| done.contains(name));
    tasks.retain(|task| !is_done(&task["name"]));
    for task in tasks {
        let Some(dependencies) = task["dependencies"].as_array_mut() else {
            continue;
        };
        dependencies.retain(|name| !is_done(name));
        if dependencies.is_empty()
            && let Some(task) = task.as_object_mut()
        {
            task.remove("dependencies");
        }
    }
}

/// What the old run handed on or saved as a version, and what it took over itself, is where it was.
fn look_elsewhere(spec: &mut Value, uid: &str) {
    for template in spec["templates"].as_array_mut().into_iter().flatten() {
        let Some(variables) = template
            .pointer_mut("/container/env")
            .and_then(Value::as_array_mut)
        else {
            continue;
        };
        let text = |name: &str| {
            let found = variables.iter().find(|variable| variable["name"] == name);
            found.and_then(|variable| variable["value"].as_str())
        };
        let place = text(HANDOFF_PATH).map(|path| path.replace(UID, uid));
        let version = text(RUN_VERSION).map(|_| uid.to_owned());
        for (name, of_old_run) in [(HANDOFF_FROM, place), (RUN_VERSION_FROM, version)] {
            let Some(of_old_run) = of_old_run else {
                continue;
            };
            let known = variables.iter().find(|variable| variable["name"] == name);
            let earlier = known.and_then(|variable| variable["value"].as_str());
            let mut all = vec![of_old_run];
            all.extend(earlier.into_iter().flat_map(name_list::read));
            let all = name_list::written_with_tags(&all);
            variables.retain(|variable| variable["name"] != name);
            variables.push(json!({"name": name, "value": all}));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
            let left = left_to_run(&spec, &done);
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
        assert_eq!(
            left_to_run(&json!({}), &BTreeSet::new())["templates"],
            json!([])
        );
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
