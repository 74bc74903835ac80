//! `argo.yml`: what is accepted, and how each fault is reported.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test may stop")]

use std::fmt::Write as _;

use diagnostic::Diagnostic;
use project::config::{ArgoConfig, BuilderName, ConfigFile, check, schema};

fn read(texts: &[(&str, &str)]) -> Result<ArgoConfig, Vec<Diagnostic>> {
    let mut merged = serde_json::Map::new();
    let mut files = Vec::new();
    for (path, text) in texts {
        if let Ok(documents) = diagnostic::yaml::parse(path, text)
            && let Some(serde_json::Value::Object(entries)) =
                documents.first().map(diagnostic::yaml::Yaml::to_json)
        {
            merged.extend(entries);
        }
        files.push(ConfigFile {
            path: (*path).to_owned(),
            text: (*text).to_owned(),
        });
    }
    check(&serde_json::Value::Object(merged), &files)
}

/// What is wrong, a line a finding: `file:line:column+length code: message; help`.
fn faults(texts: &[(&str, &str)]) -> String {
    let mut lines = String::new();
    for finding in read(texts).expect_err("no fault was found") {
        let place = &finding.place;
        let span = place.span.map_or_else(String::new, |span| {
            format!("{}:{}+{}", span.line, span.column, span.length)
        });
        let help = finding
            .help
            .map(|help| format!("; {help}"))
            .unwrap_or_default();
        let file = place.file.clone().unwrap_or_default();
        writeln!(
            lines,
            "{file}:{span} {}: {}{help}",
            finding.code, finding.message
        )
        .unwrap();
    }
    lines
}

#[test]
fn the_keys_of_the_earlier_plugin_work() {
    let config = read(&[(
        "argo.yml",
        r#"
namespace: argo-workflows
deployment: {image: registry/image, tag: "v1", target_platform: linux/amd64, context: ./, dockerfile: Dockerfile}
machine_types: { default: {mem: 16, cpu: 4, num_gpu: 0}, small: {mem: 1536Mi, cpu: 500m, num_gpu: 1, emph_storage: 20} }
default_machine_type: default
runner: {use_memory_datasets: true}
template:
  environment:
    - {name: TOKEN, secret_ref: {name: secret, key: TOKEN}}
    - {name: LOG_LEVEL, value: INFO}
  templates:
    - name: init-run
      container:
        name: init-run
        command: [python, -c]
        args:
          - print(1)
        outputs:
          parameters:
            - {name: run_id, valueFrom: {path: /tmp/run_id}}
    - name: neo4j
      container: {name: kedro, command: [sh, -c], args: "kedro run", env: [{name: A, value: b}]}
      sidecars: [{name: neo4j, image: "neo4j:5"}]
      outputs: {parameters: [{name: x, path: /tmp/x}]}
  init_templates: [init-run]
"#,
    )])
    .unwrap();
    assert_eq!(
        config.machine_type("default").unwrap().mem.to_string(),
        "16Gi"
    );
    assert_eq!(
        config.machine_type("small").unwrap().cpu.to_string(),
        "500m"
    );
    assert_eq!(config.machine_type("g2-standard-24").unwrap().num_gpu, 2);
    let template = &config.template;
    let outputs: Vec<_> = template.templates[0].output_parameters().collect();
    assert_eq!(outputs[0].file(), Some("/tmp/run_id"));
    assert_eq!(template.templates[1].container.args, ["kedro run"]);
}

#[test]
fn nothing_at_all_is_the_default() {
    let config = read(&[]).unwrap();
    assert_eq!(config, ArgoConfig::default());
    assert_eq!(
        config.machine_type("default").unwrap().mem.to_string(),
        "2Gi"
    );
    assert!(config.machine_type("nope").is_none());
}

#[test]
fn a_section_whose_lines_are_all_comments_is_empty() {
    assert_eq!(
        read(&[("argo.yml", "template:\nrunner:\n")]).unwrap(),
        ArgoConfig::default()
    );
}

#[test]
fn every_fault_is_reported_where_it_stands() {
    insta::assert_snapshot!(faults(&[(
        "conf/base/argo.yml",
        "\
namespce: x
deployment: {image: a, tags: b}
machine_types:
  default: {mem: lots, cpu: [1]}
  big: {cpu: 4, num_gpu: 1.5, gpu: 1}
runner: {use_memory_datasets: sometimes}
template:
  environment:
    - {name: PORT, value: 8080}
    - {name: A, secret_ref: {name: b}}
  init_templates: boot
memory_datasets: {mode: persits}
grouping: tags
pod_gc: 3
ttl: {after_completion: -1}
",
    )]));
}

#[test]
fn a_fault_is_found_in_the_file_its_key_came_from() {
    insta::assert_snapshot!(faults(&[
        (
            "conf/base/argo.yml",
            "namespace: a\nrunner: {use_memory_dataset: true}\n"
        ),
        ("conf/cloud/argo.yml", "\nnamespace: [b]\n"),
    ]));
}

#[test]
fn names_have_to_refer_to_something() {
    insta::assert_snapshot!(faults(&[(
        "argo.yml",
        "\
default_machine_type: larg
machine_types: {large: {mem: 1, cpu: 1}}
template:
  templates: [{name: boot, container: {command: [a]}}]
  init_templates: [boo]
  default_template: kedro
  environment:
    - {name: A}
    - {name: B, value: x, secret_ref: {name: a, key: b}}
    - {name: 1A, value: x}
",
    )]));
}

#[test]
fn what_cannot_be_built_so_is_said() {
    let of = |deployment: &str| {
        let text = format!("deployment: {{image: a, {deployment}}}\n");
        faults(&[("argo.yml", &text)])
    };
    let said = [
        "builder: command",
        "builder: docker, build_command: [make, '{image}']",
        "build_command: [make]",
        "build_command: [make, '{image}'], build_args: {A: b}",
        "build_args: {'A B': c, '': d}",
        "target_platform: ''",
        "builder: dokcer",
        "build_args: {A: 1}",
    ]
    .map(of);
    insta::assert_snapshot!(said.concat());
}

#[test]
fn a_build_command_says_who_builds() {
    let text = "deployment: {image: a, build_command: [make, '{image}', '{build_args}'], build_args: {A: b}}";
    let config = read(&[("argo.yml", text)]).unwrap();
    assert_eq!(config.deployment.builder(), Some(BuilderName::Command));
    assert_eq!(ArgoConfig::default().deployment.builder(), None);
}

#[test]
fn broken_yaml_is_one_fault() {
    insta::assert_snapshot!(faults(&[("argo.yml", "a: [1\nb: 2\n")]));
}

#[test]
fn the_schema_describes_every_key() {
    let schema = schema();
    let mut missing = Vec::new();
    let definitions = schema["$defs"].as_object().unwrap().iter();
    for (name, definition) in definitions.chain([(&"argo.yml".to_owned(), &schema)]) {
        for (key, property) in definition["properties"].as_object().into_iter().flatten() {
            if property.get("description").is_none() {
                missing.push(format!("{name}.{key}"));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:?}");
}
