use k8s_openapi::api::core::v1::ConfigMap;
use serde_json::Value;

use super::*;

fn amounts_of(list: &[(&str, &str)]) -> Amounts {
    let quantities = list
        .iter()
        .map(|(name, text)| ((*name).to_owned(), Quantity((*text).to_owned())));
    amounts(Some(&quantities.collect())).unwrap()
}

fn container(list: &[(&str, &str)]) -> ContainerNeed {
    ContainerNeed {
        name: MAIN.to_owned(),
        requests: amounts_of(list),
        limits: amounts_of(list),
    }
}

fn quota(hard: &[(&str, &str)], used: &[(&str, &str)]) -> Limits {
    Limits {
        quotas: vec![Quota {
            name: "team".to_owned(),
            hard: amounts_of(hard),
            used: amounts_of(used),
            spares_idle: false,
        }],
        settings: Some(Settings {
            // Argo's own containers have amounts, so no quota refuses them.
            executor: container(&[("cpu", "0"), ("memory", "0")]),
            ..Settings::default()
        }),
        ..Limits::default()
    }
}

fn range(range: Range) -> Limits {
    let name = "small".to_owned();
    Limits {
        ranges: vec![Range { name, ..range }],
        ..Limits::default()
    }
}

fn of_task(containers: Vec<ContainerNeed>) -> MachineNeed {
    MachineNeed {
        containers,
        ..MachineNeed::default()
    }
}

fn refused(limits: &Limits, need: &MachineNeed) -> String {
    match limits.why_refused(need) {
        None => String::new(),
        Some(Refused::Always(why)) => format!("always: {why}"),
        Some(Refused::Now(why)) => format!("now: {why}"),
        Some(Refused::Lacks {
            reason, is_certain, ..
        }) => format!("{}: {reason}", if is_certain { "lacks" } else { "perhaps" }),
    }
}

#[test]
fn a_pod_keeps_to_quotas_and_ranges() {
    let need = of_task(vec![container(&[
        ("cpu", "2"),
        ("memory", "4Gi"),
        ("nvidia.com/gpu", "1"),
    ])]);
    let most = |most: &[(&str, &str)]| {
        range(Range {
            most: amounts_of(most),
            ..Range::default()
        })
    };
    for (limits, expected) in [
        (Limits::default(), ""),
        (
            quota(&[("requests.cpu", "4")], &[("requests.cpu", "2")]),
            "",
        ),
        (
            quota(&[("requests.cpu", "4")], &[("requests.cpu", "3")]),
            "now: the quota `team` has 1 CPU left, and a pod asks for 2 CPU",
        ),
        (
            quota(&[("memory", "2Gi")], &[]),
            "always: the quota `team` allows 2048 MiB of memory, and a pod asks for 4096 MiB of memory",
        ),
        (
            quota(&[("requests.nvidia.com/gpu", "0")], &[]),
            "always: the quota `team` allows 0 nvidia.com/gpu, and a pod asks for 1 nvidia.com/gpu",
        ),
        (
            quota(&[("limits.cpu", "0")], &[]),
            "always: the quota `team` allows 0 CPU, and a pod asks for 2 CPU",
        ),
        (
            quota(&[("pods", "5")], &[("pods", "5")]),
            "now: the quota `team` has 0 pods left, and a pod asks for 1 pod",
        ),
        (
            most(&[("cpu", "1500m")]),
            "always: the limit range `small` allows 1500m CPU for a container, and one asks for 2 CPU",
        ),
        (most(&[("memory", "4Gi")]), ""),
        (
            range(Range {
                least: amounts_of(&[("cpu", "3")]),
                ..Range::default()
            }),
            "always: the limit range `small` wants at least 3 CPU of a container, and one asks for 2 CPU",
        ),
    ] {
        assert_eq!(refused(&limits, &need), expected, "{limits:?}");
    }
}

#[test]
fn argos_own_container_counts_for_a_quota_as_far_as_it_is_known() {
    let need = of_task(vec![container(&[("cpu", "2"), ("memory", "1Gi")])]);
    let mut limits = quota(&[("requests.cpu", "2")], &[]);
    assert_eq!(refused(&limits, &need), "");
    limits.settings = None;
    // Defaults of a range for containers without requests.
    limits.ranges = vec![Range {
        usual: ContainerNeed {
            requests: amounts_of(&[("cpu", "50m")]),
            limits: amounts_of(&[("cpu", "1")]),
            ..ContainerNeed::default()
        },
        ..Range::default()
    }];
    assert_eq!(
        refused(&limits, &need),
        "always: the quota `team` allows 2 CPU, and a pod asks for 2050m CPU, 50m CPU of it for Argo's own container"
    );
    // The settings of the controller override the range.
    let resources = "{resources: {requests: {cpu: 0.1}, limits: {memory: 64Mi}}}";
    for settings in [
        settings("executor", resources),
        settings("config", &format!("executor: {resources}")),
    ] {
        limits.settings = Some(Settings::of(&settings));
        assert!(
            refused(&limits, &need).contains(" 2100m CPU, 100m CPU of it"),
            "{:?}",
            limits.settings
        );
    }
    for settings in [
        settings("executor", "imagePullPolicy: Always"),
        settings("parallelism", "1"),
    ] {
        assert_eq!(Settings::of(&settings), Settings::default());
    }
}

fn settings(key: &str, text: &str) -> ConfigMap {
    ConfigMap {
        data: Some(BTreeMap::from([(key.to_owned(), text.to_owned())])),
        ..ConfigMap::default()
    }
}

#[test]
fn a_quota_wants_its_amounts_of_each_container() {
    let all = [("cpu", "1"), ("memory", "1Gi")];
    let need = of_task(vec![container(&all)]);
    let with = |settings: Option<&ConfigMap>| {
        let hard = [
            ("limits.cpu", "9"),
            ("requests.memory", "9Gi"),
            ("pods", "9"),
        ];
        Limits {
            settings: settings.map(Settings::of),
            ..quota(&hard, &[])
        }
    };
    let none = settings("parallelism", "1");
    let of_argo = "lacks: the quota `team` wants limits.cpu, requests.memory of each container, and Argo's own \
                   container `init` does not have it";
    assert_eq!(refused(&with(Some(&none)), &need), of_argo);
    // Unknown settings may provide the amounts.
    assert_eq!(
        refused(&with(None), &need),
        format!(
            "{}, unless the workflow controller gives it, whose settings cannot be seen",
            of_argo.replace("lacks:", "perhaps:")
        )
    );
    let enough = "resources: {limits: {cpu: 100m, memory: 64Mi}}";
    let executor = settings("executor", enough);
    assert_eq!(refused(&with(Some(&executor)), &need), "");
    let requests = settings(
        "executor",
        "resources: {requests: {cpu: 100m, memory: 64Mi}}",
    );
    assert_eq!(
        refused(&with(Some(&requests)), &need),
        of_argo.replace("limits.cpu, requests.memory", "limits.cpu")
    );
    // A range provides missing amounts.
    let mut ranged = with(Some(&none));
    ranged.ranges = vec![Range {
        usual: ContainerNeed {
            requests: amounts_of(&[("memory", "64Mi")]),
            limits: amounts_of(&[("cpu", "100m")]),
            ..ContainerNeed::default()
        },
        ..Range::default()
    }];
    assert_eq!(refused(&ranged, &need), "");
    let nothing = of_task(vec![ContainerNeed::default().named("main")]);
    assert_eq!(refused(&ranged, &nothing), "");
    // The task's own containers.
    let mut first = need.clone();
    first.init_containers = vec![ContainerNeed::default().named("fetch")];
    for (need, name) in [
        (&nothing, "main"),
        (
            &of_task(vec![
                container(&all),
                ContainerNeed::default().named("side"),
            ]),
            "side",
        ),
        (&first, "fetch"),
    ] {
        let said = refused(&with(Some(&executor)), need);
        assert!(said.starts_with("lacks:"), "{said}");
        assert!(said.contains(&format!("the container `{name}`")), "{said}");
    }
    let both = ConfigMap {
        data: Some(BTreeMap::from(
            ["executor", "mainContainer"].map(|key| (key.to_owned(), enough.to_owned())),
        )),
        ..ConfigMap::default()
    };
    assert_eq!(refused(&with(Some(&both)), &nothing), "");
    // Amounts from a patch or of the whole pod.
    let mut patched = need.clone();
    patched.patched = ["init", "wait"].map(str::to_owned).into();
    assert_eq!(refused(&with(Some(&none)), &patched), "");
    patched.patched = ["init"].map(str::to_owned).into();
    assert!(refused(&with(Some(&none)), &patched).contains("`wait`"));
    let mut of_pod = need.clone();
    of_pod.has_other_amounts = true;
    assert_eq!(refused(&with(Some(&none)), &of_pod), "");
    // A quota requires only amounts of CPU and memory.
    let other = Limits {
        settings: Some(Settings::default()),
        ..quota(
            &[
                ("requests.nvidia.com/gpu", "9"),
                ("limits.ephemeral-storage", "9Gi"),
            ],
            &[],
        )
    };
    assert_eq!(refused(&other, &need), "");
}

#[test]
fn a_quota_for_pods_that_ask_for_something_spares_the_others() {
    let idle = of_task(vec![ContainerNeed::default().named("side")]);
    let asks = of_task(vec![container(&[("cpu", "1"), ("memory", "1Gi")])]);
    let mut limits = quota(&[("requests.cpu", "9")], &[]);
    limits.settings = Some(Settings::default());
    assert!(refused(&limits, &idle).starts_with("lacks:"));
    limits.quotas[0].spares_idle = true;
    assert_eq!(refused(&limits, &idle), "");
    assert!(refused(&limits, &asks).contains("`init` does not have it"));
    // A default of a range counts as a request.
    limits.ranges = vec![Range {
        usual: ContainerNeed {
            limits: amounts_of(&[("memory", "64Mi")]),
            ..ContainerNeed::default()
        },
        ..Range::default()
    }];
    assert!(refused(&limits, &idle).contains("`side` does not have it"));
}

#[test]
fn a_range_counts_for_argos_own_container() {
    let need = of_task(vec![container(&[("cpu", "2")])]);
    let mut limits = range(Range {
        least: amounts_of(&[("memory", "128Mi")]),
        ..Range::default()
    });
    assert_eq!(refused(&limits, &need), "");
    let small = settings("executor", "resources: {requests: {memory: 64Mi}}");
    limits.settings = Some(Settings::of(&small));
    assert_eq!(
        refused(&limits, &need),
        "always: the limit range `small` wants at least 128 MiB of memory of a container, and one asks for 64 MiB of \
         memory: Argo's own container"
    );
}

#[test]
fn quotas_for_some_pods_are_left_out() {
    let counts = |spec: Value| {
        counts_each_pod(&serde_json::from_value(serde_json::json!({"spec": spec})).unwrap())
    };
    let by = |scope: &str| serde_json::json!({"scopeSelector": {"matchExpressions": [{"scopeName": scope, "operator": "Exists"}]}});
    assert!(counts(serde_json::json!({"hard": {}})));
    assert!(counts(serde_json::json!({"scopes": ["NotBestEffort"]})));
    assert!(!counts(
        serde_json::json!({"scopes": ["NotBestEffort", "Terminating"]})
    ));
    assert!(!counts(serde_json::json!({"scopes": ["BestEffort"]})));
    assert!(!counts(by("PriorityClass")));
}

#[test]
fn a_range_for_pods_adds_containers_up_and_one_for_containers_does_not() {
    let need = of_task(vec![
        container(&[("cpu", "2")]),
        container(&[("cpu", "1")]),
        ContainerNeed::default(),
    ]);
    let most = amounts_of(&[("cpu", "2")]);
    let of_containers = range(Range {
        most: most.clone(),
        ..Range::default()
    });
    assert_eq!(refused(&of_containers, &need), "");
    let of_pods = range(Range {
        most_of_pod: most,
        ..Range::default()
    });
    assert_eq!(
        refused(&of_pods, &need),
        "always: the limit range `small` allows 2 CPU for a pod, and this pod has 3 CPU"
    );
}
