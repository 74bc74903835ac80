//! Manifests of projects with all settings of `argo.yml` for pods.

#![expect(clippy::unwrap_used, reason = "a test may stop")]

mod everything;

use argo::spec::{Manifest, Template, from_yaml};
use argo::write::to_yaml;
use compile::{Cron, Lowered, ManifestKind, Options, lower_and_check};
use diagnostic::Diagnostic;
use everything::{EVERYTHING, MACHINES, config, flights, snapshot};
use project::Snapshot;
use serde_json::json;

fn lowered(snapshot: &Snapshot, text: &str, options: &Options) -> (Manifest, Vec<Diagnostic>) {
    let config = config(text);
    let plan = plan::plan(snapshot, &config).unwrap();
    let Lowered {
        manifest, findings, ..
    } = lower_and_check(&plan, snapshot, &config, options);
    let written = to_yaml(&manifest).unwrap();
    assert_eq!(from_yaml(&written).unwrap(), manifest, "{written}");
    (manifest, findings)
}

fn yaml(snapshot: &Snapshot, text: &str) -> String {
    let (manifest, findings) = lowered(snapshot, text, &Options::default());
    assert!(findings.is_empty(), "{findings:?}");
    to_yaml(&manifest).unwrap()
}

#[test]
fn everything_that_a_pod_needs() {
    insta::assert_snapshot!(yaml(&flights(), &format!("{MACHINES}{EVERYTHING}")));
}

#[test]
fn everything_by_the_clock() {
    let options = Options {
        kind: ManifestKind::CronWorkflow(Box::new(Cron {
            schedules: vec!["0 6 * * *".to_owned()],
            timezone: None,
            ..Cron::default()
        })),
        ..Options::default()
    };
    let text = format!("{MACHINES}{EVERYTHING}");
    let (manifest, _) = lowered(&flights(), &text, &options);
    insta::assert_snapshot!(to_yaml(&manifest).unwrap());
}

#[test]
fn a_kedro_pipeline_and_a_template_when_the_workflow_has_ended() {
    let mut snapshot_ = flights();
    snapshot_.on_exit = Some(Box::new(snapshot(
        "tidy",
        &json!([
            {"name": "drop_tables", "inputs": [], "outputs": ["flights"]},
            {"name": "tell", "inputs": ["flights"], "outputs": []},
        ]),
    )));
    let text = format!("{MACHINES}on_exit: {{pipeline: tidy}}\nnodes: {{'*': {{retry: {{}}}}}}\n");
    insta::assert_snapshot!(yaml(&snapshot_, &text));
    let text = format!("{MACHINES}on_exit: {{template: neo4j}}\n");
    let (manifest, _) = lowered(&flights(), &text, &Options::default());
    let spec = manifest.workflow();
    assert_eq!(spec.on_exit.as_deref(), Some("neo4j"));
    let names: Vec<&str> = spec
        .templates
        .iter()
        .map(|known| known.name.as_str())
        .collect();
    // Tasks in the custom template use a copy of it, which takes inputs.
    assert_eq!(names, ["pipeline", "default", "neo4j-2", "neo4j"]);
}

#[test]
fn people_hear_of_the_end_beside_the_users_exit_handler() {
    let text = format!(
        "{MACHINES}ui_url: 'https://argo/{{namespace}}/{{name}}'
on_exit: {{template: neo4j}}
schedules: {{nightly: {{cron: '@daily'}}}}
notify:
  - slack: {{secret_ref: {{name: slack, key: url}}}}
  - {{schedules: [nightly], webhook: {{url: 'https://a/$(X)', token_ref: {{name: hook, key: token}}}}}}
"
    );
    let (manifest, _) = lowered(&flights(), &text, &Options::default());
    let spec = manifest.workflow();
    assert_eq!(spec.on_exit.as_deref(), Some("on-end"));
    insta::assert_snapshot!(
        to_yaml(&vec![
            template(&manifest, "notify").clone(),
            template(&manifest, "on-end").clone()
        ])
        .unwrap()
    );
    // The schedule `nightly` also sends the notification that is limited to it.
    let options = Options {
        kind: ManifestKind::CronWorkflow(Box::new(Cron {
            name: Some("nightly".to_owned()),
            schedules: vec!["@daily".to_owned()],
            ..Cron::default()
        })),
        ..Options::default()
    };
    let (manifest, _) = lowered(&flights(), &text, &options);
    let container = template(&manifest, "notify").container.as_ref().unwrap();
    let names: Vec<&str> = container.env.iter().map(|it| it.name.as_str()).collect();
    assert!(names.contains(&"NOTIFY_2_TOKEN"), "{names:?}");
}

fn template<'a>(manifest: &'a Manifest, name: &str) -> &'a Template {
    manifest.workflow().template(name).unwrap()
}

#[test]
fn tasks_hear_of_mlflow_only_what_argo_yml_says() {
    let of = |config: &str| {
        let text = format!("{MACHINES}{config}");
        let (manifest, _) = lowered(&flights(), &text, &Options::default());
        let container = template(&manifest, "default").container.as_ref().unwrap();
        let mut variables = container.env.iter();
        variables
            .find(|it| it.name == "ARGO_KEDRO_MLFLOW")
            .and_then(|it| it.value.clone())
    };
    assert_eq!(of("mlflow: {enabled: true}\n"), None);
    let said = of("mlflow: {enabled: false}\n");
    assert_eq!(said.as_deref(), Some(r#"{"enabled":false}"#));
    let said = of("mlflow: {run_name: nightly}\n");
    assert_eq!(
        said.as_deref(),
        Some(r#"{"enabled":true,"run_name":"nightly"}"#)
    );
}

#[test]
fn tasks_with_the_same_settings_share_a_template_whatever_selected_them() {
    let text = format!(
        "{MACHINES}nodes: {{clean: {{timeout: 60}}, '*t*n*': {{}}, count: {{timeout: 1m}}, tra*: {{timeout: 60}}}}\n"
    );
    let (manifest, _) = lowered(&flights(), &text, &Options::default());
    let templates = &manifest.workflow().templates;
    let names: Vec<&str> = templates.iter().map(|known| known.name.as_str()).collect();
    assert_eq!(names, ["pipeline", "default", "default-2", "neo4j"]);
    assert_eq!(
        template(&manifest, "default").timeout.as_deref(),
        Some("60s")
    );
    assert_eq!(
        template(&manifest, "default-2").timeout.as_deref(),
        Some("1m")
    );
    let dag = templates[0].dag.as_ref().unwrap();
    let used: Vec<&str> = dag
        .tasks
        .iter()
        .map(|task| task.template.as_str())
        .collect();
    assert_eq!(used, ["default", "default-2", "default", "neo4j"]);
}

/// Lists the findings, one in each line.
fn faults(text: &str) -> String {
    let text = format!("{text}{MACHINES}");
    let (_, findings) = lowered(&flights(), &text, &Options::default());
    let lines = findings.iter().map(|finding| {
        let span = finding.place.span.unwrap();
        let help = finding.help.as_ref().map(|help| format!("; {help}"));
        format!(
            "{}:{}: {}{}\n",
            span.line,
            span.column,
            finding.message,
            help.unwrap_or_default()
        )
    });
    lines.collect()
}

#[test]
fn a_patch_that_does_not_apply_is_named_where_it_stands() {
    insta::assert_snapshot!(faults(
        "\
patches:
  workflow:
    templates: {main: {}}
  templates:
    'template:defaul': {daemon: true}
    'template:pipeline': {name: other}
    'template:default': {container: {env: [{name: A, when: x}]}}
    clean:
      container: {env: [{name: NOPE, $patch: delete}]}
    'c*': {timeout: [1]}
    train: {timeout: 5, container: {args: {a: b}}}
"
    ));
}

#[test]
fn a_patch_reaches_what_it_is_for_and_nothing_else() {
    let text = "
patches:
  workflow: {ttlStrategy: null, hostNetwork: false, templates: [{name: extra, suspend: {duration: '1'}}]}
  templates:
    train:
      container: {env: [{name: NUM_CPU, value: '9'}], workingDir: /tmp, resources: {claims: [{name: gpu}]}}
      initContainers: [{name: wait, image: busybox}]
      inputs: {artifacts: [{name: note, path: /note, raw: {data: x}}]}
      outputs: {artifacts: [{name: all, path: /tmp/all}]}
    '*': {daemon: false}
    'template:pipeline': {dag: {failFast: false, tasks: [{name: extra, template: extra, when: a == b}]}}
";
    let (manifest, findings) = lowered(
        &flights(),
        &format!("{MACHINES}{text}"),
        &Options::default(),
    );
    assert!(findings.is_empty(), "{findings:?}");
    let spec = manifest.workflow();
    assert_eq!(spec.ttl_strategy, None);
    assert_eq!(spec.rest["hostNetwork"], false);
    let suspend = template(&manifest, "extra").suspend.as_ref().unwrap();
    assert_eq!(suspend.duration, "1");
    let patched = template(&manifest, "default-2");
    let container = patched.container.as_ref().unwrap();
    assert_eq!(container.env[1].value.as_deref(), Some("9"));
    assert_eq!(container.working_dir, "/tmp");
    assert_eq!(patched.init_containers[0].name, "wait");
    let resources = container.resources.as_ref().unwrap();
    assert_eq!(resources.rest["claims"][0]["name"], "gpu");
    assert_eq!(patched.inputs.artifacts[0].path, "/note");
    assert_eq!(patched.outputs.artifacts[0].name, "all");
    let dag = template(&manifest, "pipeline").dag.as_ref().unwrap();
    assert_eq!(dag.fail_fast, Some(false));
    assert_eq!(dag.tasks.last().unwrap().when, "a == b");
    let untouched = template(&manifest, "default");
    assert_eq!(untouched.daemon, Some(false));
    assert_eq!(untouched.container.as_ref().unwrap().working_dir, "");
}
