//! Limits of a namespace: quotas for all its pods, and ranges for each. They include the containers that Argo adds to
//! each pod (`init` and `wait`, `newExecContainer` in `workflow/controller/workflowpod.go` of Argo Workflows 4.1.2).

mod pod;
mod quota;
mod range;
mod settings;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use argo::quantity::QuantityError;
use k8s_openapi::api::core::v1::{LimitRange, ResourceQuota};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use kube::Api;
use kube::api::ListParams;

use crate::{Cluster, ClusterError};
use argo::needs::{Amounts, ContainerNeed, MachineNeed, amount_of};
use pod::Pod;
use quota::{Quota, counts_each_pod};
use range::Range;
use settings::Settings;

/// Names of the containers that Argo adds to a pod. Without init containers (`initlessPod` of the controller), there is
/// one container with another name and the same amounts.
const ARGOS: [&str; 2] = ["init", "wait"];
/// Name of the only container of a template.
const MAIN: &str = "main";

/// Limits of a namespace.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Limits {
    quotas: Vec<Quota>,
    ranges: Vec<Range>,
    /// Amounts that the controller gives to containers, if its settings are known.
    settings: Option<Settings>,
}

/// Reason why the cluster would not create a pod of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// The pod could never start.
    Always(String),
    /// The pod cannot start as long as other pods use up the quota.
    Now(String),
    /// The pod could never start: a quota requires an amount that a container lacks.
    Lacks {
        /// Reason as a sentence.
        reason: String,
        /// Set if it is one of Argo's own containers.
        is_argos: bool,
        /// Set if nothing else sets the amount; with unknown settings, the controller may.
        is_certain: bool,
    },
}

impl Cluster {
    /// Reads the quotas and ranges of the namespace; `None` if the user may not read them.
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
}

impl Limits {
    /// Says whether the namespace limits nothing.
    pub fn is_empty(&self) -> bool {
        self.quotas.is_empty() && self.ranges.is_empty()
    }

    /// Reason why the cluster would not create a pod of a template; none if it would.
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
        let is_idle = self.asks_for_nothing(need);
        for Quota {
            name, hard, used, ..
        } in self.quotas.iter().filter(|quota| quota.counts(is_idle))
        {
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
        self.what_a_container_lacks(need, is_idle).or(now)
    }

    /// Says whether a pod requests neither CPU nor memory, as far as it is known: `ComputePodQOS` in
    /// `pkg/apis/core/v1/helper/qos/qos.go` of Kubernetes 1.34.
    fn asks_for_nothing(&self, need: &MachineNeed) -> bool {
        let own = need.containers.iter().chain(&need.init_containers);
        let asks = |container: ContainerNeed| {
            let container = self.completed(container);
            let amounts = container.requests.iter().chain(&container.limits);
            amounts.into_iter().any(|(resource, amount)| {
                matches!(resource.as_str(), "cpu" | "memory") && *amount > 0
            })
        };
        !need.has_other_amounts
            && need.patched.is_empty()
            && !own.cloned().chain([self.executor()]).any(asks)
    }

    fn why_container_refused(&self, container: &ContainerNeed) -> Option<String> {
        for Range {
            name, least, most, ..
        } in &self.ranges
        {
            // Check requests too: a container may request more than the maximum without a limit.
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

    /// Finds a container without an amount that a quota counts. Kubernetes requires it of each container (`Constraints`
    /// in `pkg/quota/v1/evaluator/core/pods.go` of Kubernetes 1.34), including Argo's own. Since 1.34 it also accepts
    /// amounts of the whole pod, which are `has_other_amounts` here.
    fn what_a_container_lacks(&self, need: &MachineNeed, is_idle: bool) -> Option<Refused> {
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
            for Quota { name, hard, .. } in self.quotas.iter().filter(|it| it.counts(is_idle)) {
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

    /// Amounts of each of Argo's own containers, as far as they are known.
    fn executor(&self) -> ContainerNeed {
        let known = self.settings.as_ref();
        known.map_or_else(ContainerNeed::default, |settings| settings.executor.clone())
    }

    /// Adds the missing amounts of a container, from the controller and the ranges of this namespace.
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

/// Says whether a container has the amount for a key of a quota. A quota requires only amounts of CPU and memory.
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

/// Converts quantities to thousandths of a core, bytes, or whole numbers.
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
