//! Manifests of a real project, and of pipelines defined here, compared byte by byte.

#![expect(clippy::unwrap_used, reason = "a test may stop")]

use std::fmt::Write as _;

use argo::spec::{Manifest, from_yaml};
use argo::write::to_yaml;
use compile::{Cron, ManifestKind, Options, lower};
use plan::Plan;
use project::Snapshot;
use project::config::{ArgoConfig, check};
use serde_json::{Value, json};

/// The example project as the worker reads it, `--env cloud`.
fn example() -> Snapshot {
    serde_json::from_str(include_str!("fixtures/cloud.json")).unwrap()
}

fn config(snapshot: &Snapshot) -> ArgoConfig {
    check(snapshot.argo.as_ref().unwrap_or(&json!({})), &[]).unwrap()
}

fn planned(snapshot: &Snapshot, config: &ArgoConfig) -> Plan {
    plan::plan(snapshot, config).unwrap()
}

fn manifest(snapshot: &Snapshot, options: &Options) -> Manifest {
    let config = config(snapshot);
    lower(&planned(snapshot, &config), snapshot, &config, options)
}

fn yaml(snapshot: &Snapshot, options: &Options) -> String {
    to_yaml(&manifest(snapshot, options)).unwrap()
}

/// The first nodes of the example.
fn short() -> Snapshot {
    let mut snapshot = example();
    snapshot.nodes.truncate(3);
    snapshot
}

/// A pipeline of `size` nodes; each reads the outputs of the three before it.
fn chain(size: usize) -> Snapshot {
    let nodes: Vec<Value> = (0..size)
        .map(|index| {
            let inputs: Vec<String> = (index.saturating_sub(3)..index)
                .map(|above| format!("data_{above}"))
                .collect();
            json!({"name": format!("make_{index}"), "inputs": inputs, "outputs": [format!("data_{index}")]})
        })
        .collect();
    let datasets: serde_json::Map<String, Value> = (0..size)
        .map(|index| {
            let dataset = json!({"type": "pickle.PickleDataset", "place": "remote", "path": "s3://b/x", "registered": true});
            (format!("data_{index}"), dataset)
        })
        .collect();
    snapshot(&json!(nodes), &Value::Object(datasets), &json!({}))
}

fn snapshot(nodes: &Value, datasets: &Value, argo: &Value) -> Snapshot {
    serde_json::from_value(json!({
        "project": {"name": "made-here", "package": "made_here", "path": "/project"},
        "environment": "base",
        "pipelines": ["__default__"],
        "registered": ["__default__"],
        "nodes": nodes,
        "datasets": datasets,
        "parameters": {},
        "argo": argo,
        "versions": {"kedro": "1.7.0", "python": "3.12.0", "argo_kedro": "1.0.0a1"},
    }))
    .unwrap()
}

#[test]
fn the_example_as_a_workflow() {
    insta::assert_snapshot!(yaml(&example(), &Options::default()));
}

#[test]
fn the_example_as_a_template_and_by_the_clock() {
    let template = Options {
        kind: ManifestKind::WorkflowTemplate,
        ..Options::default()
    };
    let clock = Options {
        kind: ManifestKind::CronWorkflow(Box::new(Cron {
            schedules: vec!["0 6 * * *".to_owned(), "30 18 * * 1-5".to_owned()],
            timezone: Some("Europe/Berlin".to_owned()),
            ..Cron::default()
        })),
        name: Some("nightly".to_owned()),
        image: Some("registry/flights@sha256:0123".to_owned()),
        ..Options::default()
    };
    for options in [template, clock] {
        insta::assert_snapshot!(yaml(&short(), &options));
    }
}

#[test]
fn a_schedule_of_argo_yml_names_its_object_and_says_everything() {
    let schedule = serde_json::from_value(json!({
        "cron": "@daily", "timezone": "Asia/Tokyo", "concurrency_policy": "replace",
        "starting_deadline_seconds": 600, "successful_history": 5, "failed_history": 0,
        "suspend": true,
    }))
    .unwrap();
    let of = |name: Option<&str>| Options {
        kind: ManifestKind::CronWorkflow(Box::new(Cron::of("every-night", &schedule))),
        name: name.map(str::to_owned),
        ..Options::default()
    };
    let mut snapshot = short();
    snapshot.project.name = "x".repeat(60);
    let generated = manifest(&snapshot, &of(None)).metadata.name.unwrap();
    assert_eq!(generated, format!("{}-every-night", "x".repeat(40)));
    let manifest = manifest(&snapshot, &of(Some("flights")));
    assert_eq!(
        manifest.metadata.name.as_deref(),
        Some("flights-every-night")
    );
    let mut spec = serde_json::to_value(&manifest).unwrap()["spec"].take();
    spec.as_object_mut().unwrap().remove("workflowSpec");
    insta::assert_json_snapshot!(spec);
}

#[test]
fn custom_and_init_templates_secrets_gpus_and_scratch() {
    let nodes = json!([
        {"name": "yes", "inputs": ["raw"], "outputs": ["clean"]},
        {"name": "1_000", "inputs": ["clean"], "outputs": ["model"], "machine_type": "g2-standard-24"},
        {"name": "rank", "inputs": ["model"], "outputs": ["scores"], "template": "neo4j"},
    ]);
    let dataset = json!({"type": "x", "place": "remote", "path": "s3://b/x", "registered": true});
    let datasets = json!({"raw": dataset, "clean": dataset, "model": dataset, "scores": dataset});
    let argo = json!({
        "namespace": "argo-workflows",
        "deployment": {"image": "registry/image", "tag": "v1"},
        "machine_types": {"default": {"mem": "1536Mi", "cpu": "500m", "emph_storage": 20}},
        "service_account": "runner",
        "pod_gc": "never",
        "template": {
            "environment": [
                {"name": "TOKEN", "secret_ref": {"name": "secret", "key": "TOKEN"}},
                {"name": "ON", "value": "yes\nno"},
            ],
            "templates": [
                {"name": "boot", "container": {"command": ["python", "-c"], "args": "print(1)\n",
                    "env": [{"name": "EXTRA", "value": "1"}]},
                 "outputs": {"parameters": [{"name": "run_token", "path": "/tmp/token"}]}},
                {"name": "neo4j", "container": {"command": ["sh", "-c"],
                    "args": ["kedro run -n \"{{inputs.parameters.kedro_nodes}}\""],
                    "volume_mounts": [{"name": "keys", "mount_path": "/keys"}]},
                 "sidecars": [{"name": "neo4j", "image": "neo4j:5", "command": ["neo4j"], "args": "console"}],
                 "volumes": [{"name": "keys", "secret_ref": {"name": "neo4j", "key": "password", "path": "pw"}}]},
            ],
            "init_templates": ["boot"],
        },
    });
    insta::assert_snapshot!(yaml(
        &snapshot(&nodes, &datasets, &argo),
        &Options::default()
    ));
}

#[test]
fn parameters_keep_their_types_and_reach_every_task() {
    let mut snapshot = chain(1);
    let given = json!({"model": {"depth": 3, "rates": [0.1, 1]}, "day": "2020-01-01", "text": "it's \"{{x}}\" for $(HOME)"});
    snapshot.runtime_parameters = given.as_object().unwrap().clone();
    let manifest = manifest(&snapshot, &Options::default());
    let arguments = &manifest.workflow().arguments;
    let text = arguments.parameters[0].value.as_ref().unwrap();
    assert_eq!(serde_json::from_str::<Value>(text).unwrap(), given);
    assert!(!text.contains("{{") && !text.contains('$'), "{text}");
    let container = manifest.workflow().templates[1].container.as_ref().unwrap();
    assert!(
        container
            .args
            .contains(&"--params={{workflow.parameters.params}}".to_owned())
    );
}

#[test]
fn what_a_container_asks_for_reads_back_as_amounts() {
    let manifest = manifest(&example(), &Options::default());
    let templates = &manifest.workflow().templates;
    let container = |name: &str| {
        let template = templates.iter().find(|template| template.name == name);
        template.unwrap().container.clone().unwrap()
    };
    let resources = container("training").resources.unwrap();
    assert_eq!(
        (resources.millicores(), resources.memory()),
        (Ok(1000), Ok(3 << 30))
    );
    let mut limited = resources.clone();
    limited.requests.clear();
    limited.limits.insert("cpu".to_owned(), "250m".into());
    assert_eq!(
        (limited.millicores(), limited.memory()),
        (Ok(250), Ok(3 << 30))
    );
    // An unreadable amount is an error, not zero.
    limited.limits.insert("cpu".to_owned(), "{{x}}".into());
    assert!(limited.millicores().is_err());
}

#[test]
fn more_than_200_tasks_go_under_inline() {
    for (size, inline) in [(200, false), (201, true)] {
        let manifest = manifest(&chain(size), &Options::default());
        let entry = &manifest.workflow().templates[0];
        assert_eq!(entry.dag.is_none(), inline, "{size}");
        assert_eq!(entry.steps.is_empty(), !inline, "{size}");
        if inline {
            let dag = marks::main_dag(manifest.workflow()).unwrap().dag;
            assert_eq!(dag.tasks.len(), size);
        }
    }
}

#[test]
fn a_wide_pipeline() {
    insta::assert_snapshot!(yaml(&chain(201), &Options::default()));
}

#[test]
fn a_dependency_that_another_one_has_is_left_out() {
    let manifest = manifest(&chain(5), &Options::default());
    let dag = manifest.workflow().templates[0].dag.as_ref().unwrap();
    let mut text = String::new();
    for task in &dag.tasks {
        writeln!(text, "{}: {}", task.name, task.dependencies.join(" ")).unwrap();
    }
    assert_eq!(
        text,
        "make-0: \nmake-1: make-0\nmake-2: make-1\nmake-3: make-2\nmake-4: make-3\n"
    );
}

#[test]
fn a_manifest_reads_back_as_it_was_written() {
    for snapshot in [example(), chain(250)] {
        let manifest = manifest(&snapshot, &Options::default());
        let text = to_yaml(&manifest).unwrap();
        assert_eq!(from_yaml(&text).unwrap(), manifest);
        assert_eq!(to_yaml(&from_yaml(&text).unwrap()).unwrap(), text);
    }
}

#[test]
fn no_anchors_and_words_that_yaml_takes_for_others_are_quoted() {
    let nodes = json!([{"name": "yes", "inputs": [], "outputs": ["null"]},
        {"name": "0123", "inputs": ["null"], "outputs": []}]);
    let datasets =
        json!({"null": {"type": "MemoryDataset", "place": "memory", "registered": false}});
    let text = yaml(
        &snapshot(&nodes, &datasets, &json!({})),
        &Options::default(),
    );
    for word in ["name: \"yes\"", "value: \"null\"", "value: \"0123\""] {
        assert!(text.contains(word), "{word} is not in\n{text}");
    }
    assert!(!text.contains('&') && !text.contains('*'));
}

#[test]
fn a_node_that_its_task_is_named_after_needs_no_argument() {
    let nodes = json!([
        {"name": "fit_model", "inputs": [], "outputs": []},
        {"name": "fit-model", "inputs": [], "outputs": []},
        {"name": "ns.fit_model", "inputs": [], "outputs": []},
        {"name": "Fit", "inputs": [], "outputs": []},
    ]);
    let manifest = manifest(
        &snapshot(&nodes, &json!({}), &json!({})),
        &Options::default(),
    );
    let template = manifest.workflow().template("pipeline").unwrap();
    let dag = template.dag.as_ref().unwrap();
    for (task, node) in dag.tasks.iter().zip(nodes.as_array().unwrap()) {
        let said = match task.arguments.parameters.first() {
            Some(nodes) => nodes.value.clone().unwrap().0,
            None => task.name.replace('-', "_"),
        };
        assert_eq!(said, node["name"].as_str().unwrap(), "{}", task.name);
    }
    let tasks = dag.tasks.iter();
    let needed = tasks.filter(|task| !task.arguments.parameters.is_empty());
    // The first two would get the same name, so both get longer ones.
    assert_eq!(needed.count(), 3);
}

#[test]
fn a_thousand_nodes_fit_in_a_quarter_mebibyte() {
    let text = yaml(&chain(1000), &Options::default());
    assert!(text.len() <= 256 * 1024, "{} bytes", text.len());
}

#[test]
fn what_no_task_makes_and_has_versions_is_read_in_one_version() {
    let variable = |argo: &Value, versioned: bool, outputs: &[&str]| {
        let nodes = json!([{"name": "read", "inputs": ["raw@pandas"], "outputs": outputs}]);
        let raw = json!({"type": "pandas.CSVDataset", "place": "remote", "path": "s3://b/raw",
            "registered": true, "versioned": versioned});
        let snapshot = snapshot(&nodes, &json!({"raw@pandas": raw}), argo);
        let manifest = serde_json::to_value(manifest(&snapshot, &Options::default())).unwrap();
        let variables = manifest["spec"]["templates"][1]["container"]["env"].clone();
        let mut variables = variables.as_array().unwrap().iter();
        let found = variables.find(|variable| variable["name"] == "ARGO_KEDRO_LOAD_VERSIONS");
        found.map(|variable| variable["value"].as_str().unwrap().to_owned())
    };
    let argo = json!({"memory_datasets": {"path": "s3://b/handoff/"}});
    assert_eq!(
        variable(&argo, true, &[]).as_deref(),
        Some("s3://b/handoff/{{workflow.uid}}/load-versions")
    );
    assert_eq!(variable(&argo, false, &[]), None);
    assert_eq!(variable(&argo, true, &["raw@spark"]), None);
    assert_eq!(variable(&json!({}), true, &[]), None);
}
