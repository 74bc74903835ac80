//! `argo.yml`: accepted settings, and the report of each fault.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test may stop")]

use std::fmt::Write as _;

use diagnostic::Diagnostic;
use project::config::{ArgoConfig, BuilderName, ConfigFile, check, check_pipelines, schema};

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
    // Kedro's loader ignores these keys.
    merged.retain(|key, _| !key.starts_with('_'));
    check(&serde_json::Value::Object(merged), &files)
}

/// Lists the findings, one per line: `file:line:column+length code: message; help`.
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
fn a_machine_of_another_family_is_no_misspelt_one() {
    let help = |configured: &str, name: &str| {
        let text = format!("machine_types: {{{configured}: {{mem: 16, cpu: 4}}}}");
        read(&[("conf/base/argo.yml", &text)])
            .unwrap()
            .machine_type_help(name)
    };
    for (configured, name) in [
        ("g2-standard-4", "n1-standard-4"),
        ("g5.xlarge", "m5.xlarge"),
        ("n1-standard-4", "n2-standard-4"),
    ] {
        let said = help(configured, name);
        assert!(said.starts_with("add it to `machine_types`"), "{said}");
    }
    for (configured, name) in [
        ("n1-standard-4", "n1-standart-4"),
        ("large", "lagre"),
        ("gpu-large", "gpy-large"),
        ("m5.xlarge", "m5.xlagre"),
    ] {
        assert_eq!(
            help(configured, name),
            format!("did you mean `{configured}`?")
        );
    }
}

#[test]
fn a_machine_of_googles_name_that_is_configured_gets_no_selector_unasked() {
    let selected = |machine_types: &str| {
        let config = read(&[("conf/base/argo.yml", machine_types)]).unwrap();
        let selector = config.node_selector("g2-standard-4", 1);
        selector.into_iter().next().map(|(label, _)| label)
    };
    assert_eq!(
        selected("machine_types: {g2-standard-4: {mem: 16, cpu: 4, num_gpu: 1}}"),
        None
    );
    let own =
        "machine_types: {g2-standard-4: {mem: 16, cpu: 4, num_gpu: 1, node_selector: {pool: gpu}}}";
    assert_eq!(selected(own).as_deref(), Some("pool"));
    // A known name without configuration is Google's machine.
    let known = "machine_types: {default: {mem: 16, cpu: 4}}";
    assert_eq!(
        selected(known).as_deref(),
        Some("cloud.google.com/gke-accelerator")
    );
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
fn a_link_has_no_words_that_stand_for_nothing() {
    let all = "ui_url: 'https://argo/{namespace}/{name}?uid={uid}'\n";
    assert!(read(&[("argo.yml", all)]).is_ok());
    let wrong = "ui_url: 'https://argo/{workflow}/{name}/{'\n";
    assert_eq!(
        faults(&[("argo.yml", wrong)]),
        "argo.yml:1:1+6 invalid-setting: `ui_url` cannot have `{workflow}`; \
         it can have {namespace}, {name}, {uid}\n"
    );
}

#[test]
fn a_link_is_a_url() {
    for good in [
        "",
        " ",
        "HTTPS://argo.example.com/{name}",
        "http://localhost:2746",
    ] {
        assert!(
            read(&[("argo.yml", &format!("ui_url: '{good}'\n"))]).is_ok(),
            "{good}"
        );
    }
    for wrong in [
        "argo.example.com/{name}",
        "https://",
        "ftp://a/{name}",
        "https://a b",
    ] {
        assert_eq!(
            faults(&[("argo.yml", &format!("ui_url: '{wrong}'\n"))]),
            format!(
                "argo.yml:1:1+6 invalid-setting: `ui_url` is \"{wrong}\", which is no URL; e.g. \
                 https://argo.example.com/workflows/{{namespace}}/{{name}}\n"
            )
        );
    }
}

#[test]
fn a_mapping_that_could_be_a_text_is_told_what_it_lacks() {
    let of = |text: &str| faults(&[("argo.yml", text)]);
    let said = [
        "pod_gc: {strategy: on_pod_completion}\n",
        "pod_gc: {strategy: on_pod_complete, delete_delay: 1h}\n",
        "pod_gc: {strategy: never, delete_delay: 1h, delay: 2h}\n",
        "nodes: {a: {retry: {memory: {factor: 1e300}}}}\n",
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

#[test]
fn every_setting_of_a_pod_is_taken() {
    let config = read(&[("argo.yml", EVERYTHING)]).unwrap();
    let gpu = &config.nodes["tag:gpu"];
    assert_eq!(gpu.retry.as_ref().unwrap().on.len(), 4);
    assert_eq!(gpu.volumes[0].sources(), ["empty_dir"]);
    assert_eq!(gpu.timeout.as_ref().unwrap().as_str(), "90s");
    assert_eq!(gpu.resources["ephemeral-storage"].0, "10Gi");
    let deleted = &config.patches.pods.as_ref().unwrap().0;
    assert!(
        deleted["template"].is_null(),
        "nothing in a patch deletes, and has to reach it"
    );
    let place = config.places.of(&["nodes", "tag:gpu", "retry", "limit"]);
    assert_eq!(place.span.unwrap().line, 11);
}

const EVERYTHING: &str = r#"
image_pull_secrets: [regcred]
active_deadline: 86400
parallelism: 50
archive_logs: true
synchronization: {mutexes: [{name: flights}]}
metrics: [{name: runs, help: Runs, counter: {value: "1"}}]
nodes:
  tag:gpu:
    retry:
      limit: 3
      on: [oom, preempted, error, exit: [3, 4]]
      backoff: {duration: 10, factor: 2, max: 5m}
      memory: {factor: 1.5, max: 64}
    machine_type: g2-standard-4
    mem: 8
    cpu: 500m
    resources: {ephemeral-storage: 10Gi, amd.com/gpu: 1}
    environment:
      - {name: A, value: "1"}
      - {name: B, secret_ref: {name: s, key: k}}
      - {name: C, config_map_ref: {name: c, key: k}}
      - {name: D, field_ref: metadata.name}
    env_from: [{secret: s, prefix: S_}, {config_map: c, optional: true}]
    volumes:
      - {name: shm, mount_path: /dev/shm, empty_dir: {medium: Memory, sizeLimit: 8Gi}}
      - {name: disk, mount_path: /disk, ephemeral: {size: 100, storage_class: fast}}
    service_account: trainer
    image_pull_policy: Always
    node_selector: {pool: gpu}
    affinity: {nodeAffinity: {}}
    tolerations: [{key: spot, operator: Exists, effect: NoSchedule}]
    priority_class: high
    scheduler_name: volcano
    labels: {team: forecasting}
    annotations: {note: x}
    security_context: {runAsUser: 1000}
    container_security_context: {allowPrivilegeEscalation: false}
    active_deadline: 3600
    timeout: 90
    synchronization: {semaphores: [{configMapKeyRef: {name: locks, key: gpu}}]}
    metrics: [{name: took, help: Took, gauge: {realtime: false, value: "{{duration}}"}}]
on_exit: {container: {command: [python, -c], args: [print(1)]}}
patches:
  workflow: {podDisruptionBudget: {minAvailable: 1}}
  pods: {dnsPolicy: ClusterFirst, template: null}
  templates: {"tag:gpu": {daemon: false}}
"#;

#[test]
fn on_is_a_key_though_yaml_takes_it_for_true() {
    let merged = serde_json::json!({"nodes": {"*": {"retry": {"true": ["oom"]}}}});
    let config = check(&merged, &[]).unwrap();
    let retry = config.nodes["*"].retry.as_ref().unwrap();
    assert_eq!(retry.on, [project::config::RetryCause::Oom]);
}

#[test]
fn faults_of_node_settings_are_found_where_they_stand() {
    insta::assert_snapshot!(faults(&[(
        "argo.yml",
        "\
retry: {limit: 3}
nodes:
  fit_model:
    machin_type: large
    retry: {limit: 0, on: [oom, deleted, exit: [0]], backoff: {duration: 1d}}
    tolerations: [{key: a, effects: x}]
    affinity: none
    resources: {ephemeral-storage: lots}
    image_pull_policy: Sometimes
on_exit: notify
parallelism: 0
",
    )]));
    insta::assert_snapshot!(faults(&[(
        "argo.yml",
        "\
machine_types: {large: {mem: 1, cpu: 1}}
nodes:
  tag:gpu:
    machine_type: lage
    template: neo4j
    environment: [{name: A, value: x, config_map_ref: {name: a, key: b}}]
    env_from: [{prefix: X_}]
    volumes: [{name: v, mount_path: /v}]
    resources: {memory: 1Gi}
on_exit: {template: bye, pipeline: reporting}
",
    )]));
}

#[test]
fn a_pipeline_that_is_not_registered_is_found_where_it_is_named() {
    let text = "\
schedules:
  nightly: {cron: '@daily', pipeline: trainig}
  weekly: {cron: '@weekly', pipeline: training}
  hourly: {cron: '@hourly'}
on_exit:
  pipeline: zzz
";
    let config = read(&[("conf/base/argo.yml", text)]).unwrap();
    let registered = ["__default__", "training"].map(str::to_owned);
    let found = check_pipelines(&config, &registered);
    let shown: Vec<String> = found
        .iter()
        .map(|finding| {
            let line = finding.place.span.unwrap().line;
            let file = finding.place.file.as_ref().unwrap();
            let help = finding.help.as_ref().unwrap();
            format!("{file}:{line} {}; {help}", finding.message)
        })
        .collect();
    assert_eq!(
        shown,
        [
            "conf/base/argo.yml:2 the schedule `nightly` runs the pipeline `trainig`, but the project does not register it; \
             did you mean `training`?",
            "conf/base/argo.yml:6 `on_exit` runs the pipeline `zzz`, but the project does not register it; \
             the project registers: __default__, training",
        ]
    );
}

#[test]
fn a_number_for_which_there_is_no_room_is_found_where_it_stands() {
    let large = [
        "machine_types: {large: {mem: 1, cpu: 1, num_gpu: 999999999999999}}",
        "nodes: {'*': {retry: {limit: 99999999999}}}",
        "nodes: {'*': {timeout: 99999999999h}}",
        "nodes: {'*': {retry: {limit: 1, on: []}}}",
    ];
    insta::assert_snapshot!(large.map(|text| faults(&[("argo.yml", text)])).concat(), @r"
    argo.yml:1:50+15 invalid-setting: `machine_types.large.num_gpu` is 999999999999999, but it must be a whole number up to 4294967295
    argo.yml:1:30+11 invalid-setting: `nodes.*.retry.limit` is 99999999999, but it must be a whole number up to 4294967295
    argo.yml:1:24+12 invalid-setting: `nodes.*.timeout`: `99999999999h` is longer than 292 years, and Argo cannot read it
    argo.yml:1:37+1 invalid-setting: `nodes.*.retry.on` is an empty list, but it must be a list with at least one entry
    ");
}

#[test]
fn settings_that_a_later_file_hides_are_known() {
    let base = "\
namespace: argo
nodes:
  '*': {labels: {team: a, tier: gold}, priority_class: high}
  fit: {machine_type: large}
_own: {a: 1, b: 2}
template: {environment: [{name: A, value: x}, {name: B, value: y}]}
machine_types: {default: {mem: 2, cpu: 1}, large: {mem: 8, cpu: 1}}
";
    let cloud = "\
namespace: other
nodes:
  '*': {labels: {team: b}}
_own: {a: 1}
template: {environment: [{name: B, value: z}]}
";
    let texts = [("conf/base/argo.yml", base), ("conf/cloud/argo.yml", cloud)];
    let config = read(&texts).unwrap();
    let [hidden, variables] = config.places.hidden() else {
        panic!("not two sections, but {}", config.places.hidden().len());
    };
    assert_eq!(variables.section, "template");
    assert_eq!(variables.keys, ["environment[A]"]);
    assert_eq!(hidden.section, "nodes");
    assert_eq!(hidden.keys, ["*.labels.tier", "*.priority_class", "fit"]);
    assert_eq!(hidden.file, "conf/base/argo.yml");
    assert_eq!(hidden.by.file.as_deref(), Some("conf/cloud/argo.yml"));
    assert_eq!(hidden.by.span.map(|span| span.line), Some(2));
    // With a soft merge, Kedro's result has all settings.
    let merged = serde_json::json!({"namespace": "other",
        "nodes": {"*": {"labels": {"team": "b", "tier": "gold"}, "priority_class": "high"}, "fit": {"machine_type": "large"}},
        "template": {"environment": [{"name": "A", "value": "x"}, {"name": "B", "value": "z"}]},
        "machine_types": {"default": {"mem": 2, "cpu": 1}, "large": {"mem": 8, "cpu": 1}}});
    let files = texts.map(|(path, text)| ConfigFile {
        path: path.to_owned(),
        text: text.to_owned(),
    });
    assert!(check(&merged, &files).unwrap().places.hidden().is_empty());
}
