//! Sums of the amounts of a pod's containers, including Argo's own.

use argo::needs::{Amounts, ContainerNeed, MachineNeed};

use super::{Limits, shown};

/// Amounts of a pod.
pub(super) struct Pod {
    /// Amounts of Argo's own container.
    pub(super) argo: ContainerNeed,
    pub(super) requests: Sums,
    pub(super) limits: Sums,
}

/// Sums over the containers of a pod.
#[derive(Default)]
pub(super) struct Sums {
    /// Amounts of the containers of the template.
    pub(super) own: Amounts,
    /// Amounts of Argo's container.
    pub(super) argo: Amounts,
}

impl Pod {
    pub(super) fn of(need: &MachineNeed, limits: &Limits) -> Self {
        let argo = limits.completed(limits.executor());
        let mut pod = Self {
            argo: argo.clone(),
            requests: Sums::default(),
            limits: Sums::default(),
        };
        for container in &need.containers {
            let container = limits.completed(container.clone());
            add(&mut pod.requests.own, &container.requests);
            // A limit is never below the request.
            add(&mut pod.limits.own, &larger(&container));
        }
        pod.limits.argo = larger(&argo);
        pod.requests.argo = argo.requests;
        pod.requests.own.insert("pods".to_owned(), 1);
        pod
    }

    /// Sums for a key of a quota, and its resource. The key of a request is the resource alone, or with the prefix
    /// `requests.`.
    pub(super) fn asked_by<'a>(&self, key: &'a str) -> (&Sums, &'a str) {
        match key.strip_prefix("limits.") {
            Some(resource) => (&self.limits, resource),
            None => (&self.requests, key.strip_prefix("requests.").unwrap_or(key)),
        }
    }
}

impl Sums {
    /// Describes the sum for a resource, if it is above a maximum.
    pub(super) fn over(&self, resource: &str, most: u64) -> Option<String> {
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
