use serde_json::json;

use super::*;

#[test]
fn what_is_named_only_when_the_run_is_made_is_not_asked_for() {
    let open = "{{workflow.parameters.x}}";
    let needs = Needs::of(
        &json!({
            "imagePullSecrets": [{"name": open}],
            "serviceAccountName": open,
            "templates": [{"name": "work", "container": {
                "env": [
                    {"name": "A", "valueFrom": {"secretKeyRef": {"name": open, "key": "a"}}},
                    {"name": "B", "valueFrom": {"secretKeyRef": {"name": "s", "key": open}}},
                    {"name": "C", "valueFrom": {"configMapKeyRef": {"name": open, "key": "d"}}}]},
             "volumes": [{"name": "v", "secret": {"secretName": open}},
                 {"name": "w", "configMap": {"name": open}},
                 {"name": "y", "persistentVolumeClaim": {"claimName": open}}]}],
        }),
        "spec",
    );
    let known = BTreeMap::from([("s".to_owned(), BTreeSet::new())]);
    assert_eq!(needs.secrets, known);
    let (machines, fields) = (needs.machines.clone(), needs.fields.clone());
    assert_eq!(
        needs,
        Needs {
            secrets: known,
            machines,
            fields,
            ..Needs::default()
        }
    );
}

#[test]
fn whatever_a_manifest_refers_to_is_found() {
    let needs = Needs::of(
        &json!({
            "serviceAccountName": "runner",
            "imagePullSecrets": [{"name": "pull"}],
            "templates": [
                {"name": "dag", "dag": {"tasks": []}},
                {"name": "work", "container": {
                    "env": [
                        {"name": "A", "valueFrom": {"secretKeyRef": {"name": "s", "key": "a"}}},
                        {"name": "B", "valueFrom": {"secretKeyRef": {"name": "s", "key": "b"}}},
                        {"name": "C", "valueFrom": {"secretKeyRef":
                            {"name": "maybe", "key": "c", "optional": true}}},
                        {"name": "D", "valueFrom": {"configMapKeyRef": {"name": "m", "key": "d"}}}],
                    "envFrom": [{"secretRef": {"name": "all"}}],
                    "resources": {"requests": {"cpu": "500m", "memory": "1Gi"},
                        "limits": {"cpu": "1", "nvidia.com/gpu": "2"}}},
                 "sidecars": [{"name": "x", "resources": {"requests": {"memory": "1Gi"}}}],
                 "nodeSelector": {"pool": "gpu"},
                 "tolerations": [{"key": "nvidia.com/gpu", "operator": "Exists"}],
                 "volumes": [{"name": "v", "secret": {"secretName": "files",
                     "items": [{"key": "k", "path": "p"}]}},
                     {"name": "w", "configMap": {"name": "maps"}},
                     {"name": "x", "configMap": {"name": "perhaps", "optional": true}},
                     {"name": "z", "secret": {"secretName": "perhaps", "optional": true}},
                     {"name": "y", "persistentVolumeClaim": {"claimName": "disk"}},
                     {"name": "e", "ephemeral": {"volumeClaimTemplate": {"spec":
                         {"storageClassName": "fast"}}}},
                     {"name": "f", "ephemeral": {"volumeClaimTemplate": {"spec": {}}}}]},
                {"name": "other", "serviceAccountName": "special", "script": {"source": "x"},
                 "executor": {"serviceAccountName": "executor"},
                 "priorityClassName": "{{workflow.parameters.urgency}}"},
                {"name": "more", "script": {"source": "x"}, "priorityClassName": "high"},
            ],
            "podPriorityClassName": "low",
            "volumeClaimTemplates": [{"spec": {"storageClassName": ""}},
                {"spec": {"storageClassName": "slow"}}],
        }),
        "spec",
    );
    let keys = |keys: &[&str]| keys.iter().map(|key| (*key).to_owned()).collect();
    assert_eq!(
        needs.secrets,
        BTreeMap::from([
            ("all".to_owned(), keys(&[])),
            ("files".to_owned(), keys(&["k"])),
            ("pull".to_owned(), keys(&[])),
            ("s".to_owned(), keys(&["a", "b"])),
        ])
    );
    assert_eq!(
        needs.config_maps,
        BTreeMap::from([
            ("m".to_owned(), keys(&["d"])),
            ("maps".to_owned(), keys(&[])),
        ])
    );
    assert_eq!(needs.pull_secrets, keys(&["pull"]));
    assert_eq!(needs.claims, keys(&["disk"]));
    assert_eq!(needs.service_accounts, keys(&["runner", "special"]));
    assert_eq!(needs.reporters, keys(&["executor", "runner"]));
    assert_eq!(needs.priority_classes, keys(&["high", "low"]));
    let classes = [None, Some("fast".to_owned()), Some("slow".to_owned())];
    assert_eq!(needs.storage_classes, BTreeSet::from(classes));
    let unreadable = Needs::of(
        &json!({"templates": [{"name": "x", "container":
        {"resources": {"requests": {"cpu": "2 cores", "memory": "1Gi"}}}}]}),
        "spec",
    );
    let machine = &unreadable.machines[0];
    assert_eq!((machine.unreadable.len(), machine.memory), (1, 1 << 30));
    let names = |needs: &[ContainerNeed]| -> Vec<String> {
        needs.iter().map(|need| need.name.clone()).collect()
    };
    assert_eq!(names(&needs.machines[0].containers), ["x", "main"]);
    let work = &needs.machines[0];
    assert_eq!((work.millicores, work.memory), (500, 2 << 30));
    assert_eq!(work.extended["nvidia.com/gpu"], 2);
    assert_eq!(work.node_selector["pool"], "gpu");
    assert!(work.tolerated.contains("nvidia.com/gpu"));
}

#[test]
fn the_first_field_that_names_an_object_is_known() {
    let volume =
        |volume: Value| json!({"name": "w", "script": {"source": "x"}, "volumes": [volume]});
    let secret = json!({"name": "t", "valueFrom": {"secretKeyRef": {"name": "s", "key": "a"}}});
    let perhaps = json!({"name": "t", "valueFrom": {"secretKeyRef":
        {"name": "perhaps", "key": "a", "optional": true}}});
    let needs = Needs::of(
        &json!({
            "serviceAccountName": "runner",
            "imagePullSecrets": [{"name": "pull"}],
            "podPriorityClassName": "low",
            "templates": [
                {"name": "work", "container": {"env": [perhaps, secret.clone()]}},
                {"name": "again", "container": {"env": [secret]}},
                volume(json!({"name": "v", "secret": {"secretName": "files"}})),
                volume(json!({"name": "v", "configMap": {"name": "maps"}})),
                volume(json!({"name": "v", "persistentVolumeClaim": {"claimName": "disk"}})),
                {"name": "other", "serviceAccountName": "special", "script": {"source": "x"}},
            ],
        }),
        "spec",
    );
    for (kind, name, field) in [
        (SERVICE_ACCOUNT, "runner", "serviceAccountName"),
        (
            SERVICE_ACCOUNT,
            "special",
            "templates[5].serviceAccountName",
        ),
        (SECRET, "pull", "imagePullSecrets[0].name"),
        (
            SECRET,
            "s",
            "templates[0].container.env[1].valueFrom.secretKeyRef.name",
        ),
        (SECRET, "files", "templates[2].volumes[0].secret.secretName"),
        (CONFIG_MAP, "maps", "templates[3].volumes[0].configMap.name"),
        (
            VOLUME_CLAIM,
            "disk",
            "templates[4].volumes[0].persistentVolumeClaim.claimName",
        ),
        (PRIORITY_CLASS, "low", "podPriorityClassName"),
    ] {
        assert_eq!(needs.field(kind, name), Some(&*format!("spec.{field}")));
    }
    assert_eq!(needs.field(SECRET, "perhaps"), None);
    assert_eq!(needs.field(SERVICE_ACCOUNT, "default"), None);
}

#[test]
fn amounts_that_do_not_stand_at_the_container_are_known_to_be_elsewhere() {
    let of = |spec: Value| {
        let mut spec = spec;
        spec["templates"] = json!([{"name": "work", "container": {"name": "ignored"},
            "initContainers": [{"name": "fetch", "resources": {"requests": {"cpu": 1}}}]}]);
        Needs::of(&spec, "spec").machines.remove(0)
    };
    let plain = of(json!({}));
    assert_eq!(plain.containers[0].name, "main");
    assert_eq!(plain.init_containers[0].name, "fetch");
    assert_eq!(plain.init_containers[0].requests["cpu"], 1000);
    assert!(plain.patched.is_empty() && !plain.has_other_amounts);
    let patched = of(json!({"podSpecPatch":
        "{containers: [{name: wait, resources: {limits: {cpu: 1}}}, {name: main, tty: true}], \
          initContainers: [{name: init, resources: {}}]}"}));
    let names = ["init", "wait"].map(str::to_owned);
    assert_eq!(patched.patched, BTreeSet::from(names));
    assert!(!patched.has_other_amounts);
    for elsewhere in [
        json!({"podResources": {"limits": {"cpu": 1}}}),
        json!({"podSpecPatch": "resources: {limits: {cpu: 1}}"}),
        json!({"podSpecPatch": "{{workflow.parameters.patch}}"}),
        json!({"podSpecPatch": "containers: ["}),
    ] {
        assert!(of(elsewhere.clone()).has_other_amounts, "{elsewhere}");
    }
}
