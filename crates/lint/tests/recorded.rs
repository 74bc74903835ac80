//! Tests the rules on real projects: plans, lowers and lints recorded snapshots.

#![expect(clippy::unwrap_used, reason = "a test may stop")]

#[path = "../../project/tests/recording/mod.rs"]
mod recording;

use compile::Options;
use diagnostic::{Diagnostic, Severity};
use lint::Target;
use lint::manifest::ManifestFile;
use recording::{Recording, recording};
use serde_json::{Value, json};

/// The findings of `argo-kedro lint`, without those about the image.
fn findings(recording: &Recording, target: Target) -> Vec<Diagnostic> {
    let snapshot = &recording.snapshot;
    let config = match recording.config() {
        Ok(config) => config,
        Err(findings) => return findings,
    };
    let plan = match plan::plan(snapshot, &config) {
        Ok(plan) => plan,
        Err(mut findings) => {
            findings.extend(lint::project::check_snapshot(snapshot));
            return findings;
        }
    };
    let compile::Lowered {
        manifest,
        mut findings,
        ..
    } = compile::lower_and_check(&plan, snapshot, &config, &Options::default());
    findings.extend(lint::project::check(snapshot, &config, &plan, target));
    findings.extend(lint::manifest::check(&[ManifestFile {
        path: String::new(),
        documents: vec![argo::spec::Field::write(&manifest)],
    }]));
    findings
}

fn on_a_cluster(name: &str) -> Vec<Diagnostic> {
    findings(&recording(name), Target::Cluster)
}

/// The only finding of a rule.
fn only<'a>(findings: &'a [Diagnostic], code: &str) -> &'a Diagnostic {
    let mut found = findings.iter().filter(|finding| finding.code == code);
    let first = found
        .next()
        .unwrap_or_else(|| panic!("no {code} in {findings:?}"));
    assert_eq!(found.next(), None);
    first
}

fn text(finding: &Diagnostic) -> String {
    serde_json::to_string(finding).unwrap()
}

#[test]
fn credentials_that_another_environment_has_are_missing_in_this_one() {
    for target in [Target::Cluster, Target::Local] {
        for name in ["credentials_not_named", "credentials_here"] {
            assert_eq!(findings(&recording(name), target), [], "{name}");
        }
        let found = findings(&recording("credentials_elsewhere"), target);
        let finding = only(&found, "missing-credentials");
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(finding.severity, Severity::Warning);
        let message = "`x` needs the credentials `store`";
        assert!(finding.message.starts_with(message), "{finding:?}");
        let help = finding.help.as_ref().unwrap();
        assert!(help.contains("conf/local/credentials.yml"), "{help}");
    }
}

#[test]
fn a_fault_in_an_environments_file_is_placed_in_that_file() {
    let found = on_a_cluster("fault_in_cloud");
    let finding = only(&found, "invalid-setting");
    assert_eq!(finding.place.file.as_deref(), Some("conf/cloud/argo.yml"));
    let help = finding.help.as_ref().unwrap();
    assert!(help.contains("tag"), "{help}");
}

#[test]
fn what_is_wrong_with_the_configuration_is_named() {
    let large = json!({"large": {"mem": 1, "cpu": 1}});
    let cases: [(Value, &str, &str); 7] = [
        (
            json!({"default_machine_type": "n1-standard-4", "machine_types": large}),
            "unknown-machine-type",
            "add it to `machine_types` in argo.yml: {n1-standard-4: {mem: GIB, cpu: CORES}}; configured: large",
        ),
        (
            json!({"default_machine_type": "lrage", "machine_types": large}),
            "unknown-machine-type",
            "large",
        ),
        (
            json!({"machine_types": large}),
            "unused-machine-type",
            "large",
        ),
        (
            json!({"deployment": {"tag": "v1"}}),
            "image-not-configured",
            "deployment.image",
        ),
        (
            json!({"memory_datasets": {"mode": "error"}}),
            "memory-dataset-crosses-tasks",
            "number",
        ),
        (json!({"deployment": {}}), "handoff-without-path", "number"),
        (
            json!({"memory_datasets": {"path": ""}}),
            "handoff-without-path",
            "number",
        ),
    ];
    for (argo, code, name) in cases {
        let mut recording = recording("two_tasks");
        recording.snapshot.argo = Some(argo);
        let found = findings(&recording, Target::Cluster);
        let finding = text(only(&found, code));
        assert!(finding.contains(name), "{finding}");
    }
}

#[test]
fn amounts_that_no_machine_has_are_found() {
    let large =
        |mem: Value, cpu: Value| json!({"machine_types": {"large": {"mem": mem, "cpu": cpu}}});
    let cases: [(Value, &[&str]); 8] = [
        (
            json!({"nodes": {"*": {"retry": {"limit": 1, "memory": {"max": "640m"}}}}}),
            &["`nodes.*.retry.memory.max` is 1 byte"],
        ),
        (
            large(json!("512m"), json!(1)),
            &["`machine_types.large.mem` is 1 byte"],
        ),
        (
            large(json!("1000Ki"), json!("1Gi")),
            &[
                "`machine_types.large.mem` is 1024000 bytes",
                "`machine_types.large.cpu` is 1073741824 cores",
            ],
        ),
        (
            large(json!(1e300), json!(1)),
            &["`machine_types.large.mem` is 17179869183 GiB"],
        ),
        (
            json!({"nodes": {"*": {"mem": 0.000_000_001}}}),
            &["`nodes.*.mem` is 1 byte"],
        ),
        (large(json!("1Mi"), json!("1m")), &[]),
        (large(json!("1000Ti"), json!(100_000)), &[]),
        (json!({"nodes": {"*": {"mem": "0.5Gi"}}}), &[]),
    ];
    for (argo, expected) in cases {
        let mut recording = recording("two_tasks");
        recording.snapshot.argo = Some(argo.clone());
        let found = findings(&recording, Target::Local);
        let found = found
            .iter()
            .filter(|finding| finding.code == "implausible-amount");
        let found: Vec<&str> = found.map(|finding| finding.message.as_str()).collect();
        assert_eq!(found, expected, "{argo}");
    }
}

#[test]
fn what_a_hook_may_bring_is_a_warning_on_a_cluster() {
    let mut recording = recording("two_tasks");
    let snapshot = &mut recording.snapshot;
    snapshot.argo = Some(json!({"deployment": {"image": "registry/shop"}}));
    snapshot.parameters.insert("params:a".to_owned(), false);
    let severities = |recording: &Recording| -> Vec<(String, Severity)> {
        let found = findings(recording, Target::Cluster).into_iter();
        found
            .map(|finding| (finding.code.into_owned(), finding.severity))
            .collect()
    };
    let codes = ["missing-parameter", "handoff-without-path"];
    let all = |severity| codes.map(|code| (code.to_owned(), severity));
    assert_eq!(severities(&recording), all(Severity::Error));
    recording.snapshot.other_sources = vec!["the hook `H.after_catalog_created`".to_owned()];
    assert_eq!(severities(&recording), all(Severity::Warning));
    // The catalog says that the dataset is in memory, so no hook stores it.
    recording.snapshot.datasets["number"].registered = true;
    let found = findings(&recording, Target::Cluster);
    let finding = only(&found, "handoff-without-path");
    assert_eq!(finding.severity, Severity::Error);
    assert!(
        !finding.message.contains("not in the catalog"),
        "{finding:?}"
    );
}

#[test]
fn an_unknown_machine_type_is_placed_at_the_node_that_asks() {
    let recording = recording("misspelt_machine_type");
    let found = findings(&recording, Target::Cluster);
    let finding = only(&found, "unknown-machine-type");
    let help = finding.help.as_ref().unwrap().to_lowercase();
    assert!(help.contains("did you mean `large`"), "{help}");
    let declared = recording.snapshot.nodes[0].declared.as_ref().unwrap();
    assert_eq!(finding.place.file.as_deref(), Some(declared.file.as_str()));
    assert_eq!(finding.place.span.unwrap().line, declared.line);
}

#[test]
fn a_cycle_through_a_group_names_the_path() {
    let found = on_a_cluster("cycle");
    let finding = only(&found, "group-cycle");
    assert!(finding.message.contains("loop"), "{finding:?}");
    assert!(text(finding).contains("two"), "{finding:?}");
}

#[test]
fn names_that_argo_would_make_one_are_a_warning() {
    let found = on_a_cluster("names");
    let finding = only(&found, "task-name-clash");
    assert_eq!(finding.severity, Severity::Warning);
    for name in ["`a_b`", "`a-b`"] {
        assert!(finding.message.contains(name), "{finding:?}");
    }
}

#[test]
fn a_fused_dataset_that_is_read_elsewhere_is_noted() {
    let recording = recording("read_elsewhere");
    let found = findings(&recording, Target::Cluster);
    let finding = only(&found, "fused-dataset-read-elsewhere");
    assert!(finding.message.contains("node `reads`"), "{finding:?}");
    let plan = plan::plan(&recording.snapshot, &recording.config().unwrap()).unwrap();
    assert_eq!(plan.tasks[0].name, "group");
    assert_eq!(
        serde_json::to_value(&plan.tasks[0].outputs[0]).unwrap(),
        json!({"dataset": "b", "kind": "catalog"})
    );
}

#[test]
fn a_selector_that_picks_nothing_is_a_warning_with_its_line() {
    let found = findings(&recording("node_settings"), Target::Local);
    let finding = only(&found, "selector-without-nodes");
    assert_eq!(finding.severity, Severity::Warning);
    assert_eq!(finding.place.file.as_deref(), Some("conf/base/argo.yml"));
    let line = finding.place.span.unwrap().line;
    assert_eq!(line, 8);
}

#[test]
fn a_machine_that_is_known_by_name_is_asked_for_as_a_whole() {
    let found = on_a_cluster("machine_of_google");
    let finding = only(&found, "whole-machine");
    assert_eq!(finding.severity, Severity::Info);
    assert!(
        finding
            .message
            .contains("n asks for all of a g2-standard-24: 24 cores and 96 GiB"),
        "{finding:?}"
    );
    let help = finding.help.as_deref().unwrap();
    assert!(
        help.contains("{mem: 72, cpu: 21, num_gpu: 2, node_selector: {"),
        "{help}"
    );
    // The user describes this machine type in argo.yml.
    let found = on_a_cluster("earlier_plugin");
    assert!(
        found.iter().all(|finding| finding.code != "whole-machine"),
        "{found:?}"
    );
}
