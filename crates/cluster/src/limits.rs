//! Limits of a namespace: quotas for all of its pods, and ranges for each. Argo adds containers of its own to each pod
//! (`init` and `wait`, `newExecContainer` in `workflow/controller/workflowpod.go` of Argo Workflows 4.1.2), which count as
//! well.

use std::collections::BTreeMap;

use argo::quantity::QuantityError;
use k8s_openapi::api::core::v1::{ConfigMap, LimitRange, LimitRangeItem, ResourceQuota};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use kube::Api;
use kube::api::ListParams;
use serde_json::Value;

use crate::controller::USUAL_NAMESPACE;
use crate::{Cluster, ClusterError};
use argo::needs::{Amounts, ContainerNeed, MachineNeed, amount_of};

/// The settings of the workflow controller, by the name that Argo's own manifests give them.
const SETTINGS: &str = "workflow-controller-configmap";

/// Names of the containers that Argo adds to a pod. Without init containers (`initlessPod` of the controller), there is
/// one with another name and the same amounts.
const ARGOS: [&str; 2] = ["init", "wait"];
/// Name that Argo gives to the container of a template with one.
const MAIN: &str = "main";

/// Limits of a namespace.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Limits {
    quotas: Vec<Quota>,
    ranges: Vec<Range>,
    /// Amounts that the controller gives to containers, where its settings are known.
    settings: Option<Settings>,
}

/// Amounts that the settings of the controller give to containers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Settings {
    /// To each of Argo's own (`executor.resources`).
    executor: ContainerNeed,
    /// To the container `main` that has none (`mainContainer.resources`).
    main: ContainerNeed,
}

/// A quota: what the pods of the namespace may ask for together, and what they ask for now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Quota {
    name: String,
    hard: Amounts,
    used: Amounts,
}

/// A range.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Range {
    name: String,
    /// The least and the most that one container may have.
    least: Amounts,
    most: Amounts,
    /// The most that the containers of a pod may have together.
    most_of_pod: Amounts,
    /// Amounts for a container that asks for nothing.
    usual: ContainerNeed,
}

/// Reason why a pod of a template would not be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// It never would.
    Always(String),
    /// Not as long as others ask for so much.
    Now(String),
    /// It never would: a quota counts an amount that a container does not have.
    Lacks {
        /// The sentence.
        reason: String,
        /// Says whether it is one of Argo's own containers.
        is_argos: bool,
        /// Says whether nobody else gives it; the controller may, if its settings are not known.
        is_certain: bool,
    },
}

impl Cluster {
    /// Reads the quotas and ranges of the namespace; `None` where the user may not look at them.
    pub async fn limits(&self) -> Result<Option<Limits>, ClusterError> {
        let quotas: Api<ResourceQuota> = Api::namespaced(self.client.clone(), &self.namespace);
        let ranges: Api<LimitRange> = Api::namespaced(self.client.clone(), &self.namespace);
        let all = ListParams::default();
        let (quotas, ranges) = futures::join!(quotas.list(&all), ranges.list(&all));
        let (quotas, ranges) = (
            self.unless_forbidden(quotas)?,
            self.unless_forbidden(ranges)?,
        );
        let (Some(quotas), Some(ranges)) = (quotas, ranges) else {
            return Ok(None);
        };
        let mut limits = Limits {
            quotas: quotas
                .items
                .iter()
                .filter(|quota| counts_each_pod(quota))
                .map(Quota::of)
                .collect::<Result<_, _>>()?,
            ranges: ranges
                .items
                .iter()
                .map(Range::of)
                .collect::<Result<_, _>>()?,
            settings: None,
        };
        if !limits.is_empty() {
            limits.settings = self.settings().await?;
        }
        Ok(Some(limits))
    }

    /// Reads what the settings of the controller give to containers; `None` where they are not found, or the user may not
    /// look.
    async fn settings(&self) -> Result<Option<Settings>, ClusterError> {
        for namespace in [self.namespace.as_str(), USUAL_NAMESPACE] {
            let api: Api<ConfigMap> = Api::namespaced(self.client.clone(), namespace);
            let found = self.unless_forbidden(api.get_opt(SETTINGS).await)?;
            if let Some(settings) = found.flatten() {
                return Ok(Some(Settings::of(&settings)));
            }
        }
        Ok(None)
    }
}

impl Settings {
    /// Reads the keys `executor` and `mainContainer` (`config/config.go` of Argo Workflows 4.1.2), or the same below
    /// `config`, where older controllers have them. The controller does not start with settings that cannot be read, so
    /// they say nothing.
    fn of(settings: &ConfigMap) -> Self {
        let data = settings.data.as_ref();
        let read = |key: &str| -> Option<Value> {
            let documents = diagnostic::yaml::parse(SETTINGS, data?.get(key)?).ok()?;
            Some(documents.first()?.to_json())
        };
        let container = |key: &str| {
            let container = read(key).or_else(|| read("config")?.get(key).cloned());
            container.map_or_else(ContainerNeed::default, |container| {
                ContainerNeed::of(&container["resources"])
            })
        };
        Self {
            executor: container("executor"),
            main: container("mainContainer"),
        }
    }
}

impl Limits {
    /// Says whether the namespace limits nothing.
    pub fn is_empty(&self) -> bool {
        self.quotas.is_empty() && self.ranges.is_empty()
    }

    /// Finds the reason why a pod of a template would not be made; none if it would.
    pub fn why_refused(&self, need: &MachineNeed) -> Option<Refused> {
        if let Some(error) = need.unreadable.first() {
            return Some(Refused::Always(error.to_string()));
        }
        let of_container = need
            .containers
            .iter()
            .chain(&need.init_containers)
            .find_map(|one| self.why_container_refused(one));
        if let Some(reason) = of_container {
            return Some(Refused::Always(reason));
        }
        let pod = Pod::of(need, self);
        if let Some(reason) = self.why_container_refused(&pod.argo) {
            return Some(Refused::Always(format!("{reason}: Argo's own container")));
        }
        for Range {
            name, most_of_pod, ..
        } in &self.ranges
        {
            for (resource, most) in most_of_pod {
                if let Some(asked) = pod.limits.over(resource, *most) {
                    return Some(Refused::Always(format!(
                        "the limit range `{name}` allows {} for a pod, and this pod has {asked}",
                        shown(resource, *most)
                    )));
                }
            }
        }
        let mut now = None;
        for Quota { name, hard, used } in &self.quotas {
            for (key, hard) in hard {
                let (asks, resource) = pod.asked_by(key);
                if let Some(asked) = asks.over(resource, *hard) {
                    return Some(Refused::Always(format!(
                        "the quota `{name}` allows {}, and a pod asks for {asked}",
                        shown(resource, *hard)
                    )));
                }
                let left = hard.saturating_sub(used.get(key).copied().unwrap_or(0));
                if let Some(asked) = asks.over(resource, left) {
                    now = Some(Refused::Now(format!(
                        "the quota `{name}` has {} left, and a pod asks for {asked}",
                        shown(resource, left)
                    )));
                }
            }
        }
        self.what_a_container_lacks(need).or(now)
    }

    fn why_container_refused(&self, container: &ContainerNeed) -> Option<String> {
        for Range {
            name, least, most, ..
        } in &self.ranges
        {
            // Who asks for more than is allowed may have no limit that says it.
            for asked in [&container.limits, &container.requests] {
                for (resource, amount) in asked {
                    if let Some(most) = most.get(resource).filter(|most| amount > *most) {
                        return Some(format!(
                            "the limit range `{name}` allows {} for a container, and one asks for {}",
                            shown(resource, *most),
                            shown(resource, *amount)
                        ));
                    }
                }
            }
            for (resource, amount) in &container.requests {
                if let Some(least) = least.get(resource).filter(|least| amount < *least) {
                    return Some(format!(
                        "the limit range `{name}` wants at least {} of a container, and one asks for {}",
                        shown(resource, *least),
                        shown(resource, *amount)
                    ));
                }
            }
        }
        None
    }

    /// Looks for a container without an amount that a quota counts. Kubernetes wants each container to have it (`Constraints`
    /// in `pkg/quota/v1/evaluator/core/pods.go`), Argo's own among them.
    fn what_a_container_lacks(&self, need: &MachineNeed) -> Option<Refused> {
        if need.has_other_amounts {
            return None;
        }
        let executor = self.executor();
        let argos = ARGOS.map(|name| executor.clone().named(name));
        let own = need.containers.iter().chain(&need.init_containers);
        let all = own.map(|one| (one, false));
        for (container, is_argos) in all.chain(argos.iter().map(|one| (one, true))) {
            if need.patched.contains(&container.name) {
                continue;
            }
            let completed = self.completed(container.clone());
            for Quota { name, hard, .. } in &self.quotas {
                let lacks: Vec<&str> = hard
                    .keys()
                    .map(String::as_str)
                    .filter(|key| !has(&completed, key))
                    .collect();
                if lacks.is_empty() {
                    continue;
                }
                let whose = if is_argos {
                    "Argo's own container"
                } else {
                    "the container"
                };
                let is_certain = self.settings.is_some() || !is_argos && container.name != MAIN;
                let unless = if is_certain {
                    ""
                } else {
                    ", unless the workflow controller gives it, whose settings cannot be seen"
                };
                return Some(Refused::Lacks {
                    reason: format!(
                        "the quota `{name}` wants {} of each container, and {whose} `{}` does not have it{unless}",
                        lacks.join(", "),
                        container.name
                    ),
                    is_argos,
                    is_certain,
                });
            }
        }
        None
    }

    /// Gives what each of Argo's own containers asks for, as far as it is known.
    fn executor(&self) -> ContainerNeed {
        let known = self.settings.as_ref();
        known.map_or_else(ContainerNeed::default, |settings| settings.executor.clone())
    }

    /// Completes what a container asks for in this namespace: what it leaves out, the controller and the ranges give
    /// it.
    fn completed(&self, mut need: ContainerNeed) -> ContainerNeed {
        if let Some(Settings { main, .. }) = self.settings.as_ref()
            && need.name == MAIN
            && need.requests.is_empty()
            && need.limits.is_empty()
        {
            need = main.clone().named(MAIN);
        }
        for Range { usual, .. } in &self.ranges {
            for (own, usual) in [
                (&mut need.limits, &usual.limits),
                (&mut need.requests, &usual.requests),
            ] {
                for (resource, amount) in usual {
                    own.entry(resource.clone()).or_insert(*amount);
                }
            }
        }
        need
    }
}

/// Says whether a container has an amount that a key of a quota wants of each. Of other resources, a quota wants nothing.
fn has(container: &ContainerNeed, key: &str) -> bool {
    let (amounts, resource) = match key.strip_prefix("limits.") {
        Some(resource) => (&container.limits, resource),
        None => (
            &container.requests,
            key.strip_prefix("requests.").unwrap_or(key),
        ),
    };
    !matches!(resource, "cpu" | "memory") || amounts.contains_key(resource)
}

/// Amounts that a pod asks for.
struct Pod {
    /// Amounts that Argo's own container asks for.
    argo: ContainerNeed,
    requests: Sums,
    limits: Sums,
}

/// Sums over the containers of a pod.
#[derive(Default)]
struct Sums {
    /// Of the containers of the template.
    own: Amounts,
    /// Of Argo's container.
    argo: Amounts,
}

impl Pod {
    fn of(need: &MachineNeed, limits: &Limits) -> Self {
        let argo = limits.completed(limits.executor());
        let mut pod = Self {
            argo: argo.clone(),
            requests: Sums::default(),
            limits: Sums::default(),
        };
        for container in &need.containers {
            let container = limits.completed(container.clone());
            add(&mut pod.requests.own, &container.requests);
            // A limit is at least what is asked for.
            add(&mut pod.limits.own, &larger(&container));
        }
        pod.limits.argo = larger(&argo);
        pod.requests.argo = argo.requests;
        pod.requests.own.insert("pods".to_owned(), 1);
        pod
    }

    /// The sums that a key of a quota counts, and the resource. A quota names what is asked for alone, or behind
    /// `requests.`.
    fn asked_by<'a>(&self, key: &'a str) -> (&Sums, &'a str) {
        match key.strip_prefix("limits.") {
            Some(resource) => (&self.limits, resource),
            None => (&self.requests, key.strip_prefix("requests.").unwrap_or(key)),
        }
    }
}

impl Sums {
    /// Says in words how much is asked for of a resource, if that is more than so much.
    fn over(&self, resource: &str, most: u64) -> Option<String> {
        let of = |amounts: &Amounts| amounts.get(resource).copied().unwrap_or(0);
        let argo = of(&self.argo);
        let all = of(&self.own).saturating_add(argo);
        if all <= most {
            return None;
        }
        let all = shown(resource, all);
        Some(match argo {
            0 => all,
            argo => format!(
                "{all}, {} of it for Argo's own container",
                shown(resource, argo)
            ),
        })
    }
}

fn add(sums: &mut Amounts, amounts: &Amounts) {
    for (resource, amount) in amounts {
        let sum = sums.entry(resource.clone()).or_default();
        *sum = sum.saturating_add(*amount);
    }
}

fn larger(container: &ContainerNeed) -> Amounts {
    let mut limits = container.limits.clone();
    for (resource, amount) in &container.requests {
        limits.entry(resource.clone()).or_insert(*amount);
    }
    limits
}

/// Says whether a quota counts each pod that asks for something. Others count pods of a priority, or with a deadline:
/// whether a pod is one of them is not looked at.
fn counts_each_pod(quota: &ResourceQuota) -> bool {
    let Some(spec) = &quota.spec else {
        return true;
    };
    let scopes = spec.scopes.iter().flatten();
    let selected = spec.scope_selector.iter();
    let selected = selected.flat_map(|selector| selector.match_expressions.iter().flatten());
    let names = scopes.chain(selected.map(|expression| &expression.scope_name));
    names.into_iter().all(|scope| scope == "NotBestEffort")
}

impl Quota {
    fn of(quota: &ResourceQuota) -> Result<Self, QuantityError> {
        let status = quota.status.as_ref();
        Ok(Self {
            name: quota.metadata.name.clone().unwrap_or_default(),
            hard: amounts(quota.spec.as_ref().and_then(|spec| spec.hard.as_ref()))?,
            used: amounts(status.and_then(|status| status.used.as_ref()))?,
        })
    }
}

impl Range {
    fn of(range: &LimitRange) -> Result<Self, QuantityError> {
        let mut read = Self {
            name: range.metadata.name.clone().unwrap_or_default(),
            ..Self::default()
        };
        for item in range.spec.iter().flat_map(|spec| &spec.limits) {
            read.add(item)?;
        }
        Ok(read)
    }

    /// Takes in one item. Kubernetes itself completes what a container gets that asks for nothing: `defaultRequest` from
    /// `default`, and this from `max`.
    fn add(&mut self, item: &LimitRangeItem) -> Result<(), QuantityError> {
        match item.type_.as_str() {
            "Container" => {
                self.least.extend(amounts(item.min.as_ref())?);
                self.most.extend(amounts(item.max.as_ref())?);
                let usual = &mut self.usual;
                usual.limits.extend(amounts(item.default.as_ref())?);
                usual
                    .requests
                    .extend(amounts(item.default_request.as_ref())?);
            }
            "Pod" => self.most_of_pod.extend(amounts(item.max.as_ref())?),
            _ => {}
        }
        Ok(())
    }
}

/// Thousandths of a core, bytes, and whole things.
fn amounts(quantities: Option<&BTreeMap<String, Quantity>>) -> Result<Amounts, QuantityError> {
    let quantities = quantities.into_iter().flatten();
    quantities
        .map(|(name, Quantity(text))| Ok((name.clone(), amount_of(name, text)?)))
        .collect()
}

fn shown(resource: &str, amount: u64) -> String {
    match resource {
        "cpu" => format!("{} CPU", thousandths(amount)),
        "memory" => format!("{} MiB of memory", amount >> 20),
        "pods" if amount == 1 => "1 pod".to_owned(),
        other => format!("{amount} {other}"),
    }
}

fn thousandths(millicores: u64) -> String {
    match millicores % 1000 {
        0 => format!("{}", millicores / 1000),
        _ => format!("{millicores}m"),
    }
}

#[cfg(test)]
mod tests {
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
            }],
            settings: Some(Settings {
                // Argo's own containers have amounts, so that no quota refuses them.
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
        // What a range gives to containers that ask for nothing.
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
        // What the controller says goes before it.
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
        // Whose settings cannot be seen may give it.
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
        // A range gives amounts to who has none.
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
        // Amounts that stand elsewhere.
        let mut patched = need.clone();
        patched.patched = ["init", "wait"].map(str::to_owned).into();
        assert_eq!(refused(&with(Some(&none)), &patched), "");
        patched.patched = ["init"].map(str::to_owned).into();
        assert!(refused(&with(Some(&none)), &patched).contains("`wait`"));
        let mut of_pod = need.clone();
        of_pod.has_other_amounts = true;
        assert_eq!(refused(&with(Some(&none)), &of_pod), "");
        // Of other resources than CPU and memory, a quota wants nothing.
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
}
