//! What a namespace allows: quotas for all of its pods, and ranges for each.

use std::collections::BTreeMap;

use argo::quantity::{self, QuantityError};
use k8s_openapi::api::core::v1::{LimitRange, ResourceQuota};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use kube::Api;
use kube::api::ListParams;

use crate::needs::MachineNeed;
use crate::{Cluster, ClusterError};

/// What a namespace allows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Limits {
    quotas: Vec<Quota>,
    ranges: Vec<Range>,
}

/// A quota: what the pods of the namespace may ask for together, and what they ask for now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Quota {
    name: String,
    hard: Amounts,
    used: Amounts,
}

/// A range: what one container may have at most.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Range {
    name: String,
    most: Amounts,
}

type Amounts = BTreeMap<String, u64>;

/// Why a pod of a template would not be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// It never would.
    Always(String),
    /// Not as long as others ask for so much.
    Now(String),
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
        Ok(Some(Limits {
            quotas: quotas
                .items
                .iter()
                .map(Quota::of)
                .collect::<Result<_, _>>()?,
            ranges: ranges
                .items
                .iter()
                .map(Range::of)
                .collect::<Result<_, _>>()?,
        }))
    }
}

impl Limits {
    /// Whether the namespace limits nothing.
    pub fn is_empty(&self) -> bool {
        self.quotas.is_empty() && self.ranges.is_empty()
    }

    /// Why a pod of a template would not be made; none if it would.
    pub fn why_refused(&self, need: &MachineNeed) -> Option<Refused> {
        if let Some(error) = need.unreadable.first() {
            return Some(Refused::Always(error.to_string()));
        }
        let wanted = wanted(need);
        for Range { name, most } in &self.ranges {
            for (resource, amount) in &wanted {
                if let Some(most) = most.get(resource).filter(|most| amount > *most) {
                    return Some(Refused::Always(format!(
                        "the limit range `{name}` allows {} of {}",
                        shown(resource, *most),
                        shown(resource, *amount)
                    )));
                }
            }
        }
        let mut now = None;
        for Quota { name, hard, used } in &self.quotas {
            for (resource, amount) in &wanted {
                // A quota names what is asked for alone, or behind `requests.`. A limit is at least what is asked for.
                let names = [
                    resource.clone(),
                    format!("requests.{resource}"),
                    format!("limits.{resource}"),
                ];
                for key in names {
                    let Some(hard) = hard.get(&key) else { continue };
                    let left = hard.saturating_sub(used.get(&key).copied().unwrap_or(0));
                    if amount > hard {
                        return Some(Refused::Always(format!(
                            "the quota `{name}` allows {} of {}",
                            shown(resource, *hard),
                            shown(resource, *amount)
                        )));
                    }
                    if *amount > left {
                        now = Some(Refused::Now(format!(
                            "the quota `{name}` has {} of {} left",
                            shown(resource, left),
                            shown(resource, *amount)
                        )));
                    }
                }
            }
        }
        now
    }
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
        let items = range.spec.iter().flat_map(|spec| &spec.limits);
        let of_containers = items.filter(|item| item.type_ == "Container");
        let mut most = Amounts::new();
        for item in of_containers {
            most.extend(amounts(item.max.as_ref())?);
        }
        Ok(Self {
            name: range.metadata.name.clone().unwrap_or_default(),
            most,
        })
    }
}

/// Thousandths of a core, bytes, and whole things.
fn amounts(quantities: Option<&BTreeMap<String, Quantity>>) -> Result<Amounts, QuantityError> {
    let quantities = quantities.into_iter().flatten();
    quantities
        .map(|(name, Quantity(text))| {
            let amount = match name.rsplit('.').next().unwrap_or(name) {
                "cpu" => quantity::thousandths(text)?,
                _ => quantity::whole(text)?,
            };
            Ok((name.clone(), amount))
        })
        .collect()
}

/// What one pod asks for.
fn wanted(need: &MachineNeed) -> Amounts {
    let mut wanted = need.extended.clone();
    wanted.insert("cpu".to_owned(), need.millicores);
    wanted.insert("memory".to_owned(), need.memory);
    wanted.insert("pods".to_owned(), 1);
    wanted
}

fn shown(resource: &str, amount: u64) -> String {
    match resource {
        "cpu" => format!("{} CPU", thousandths(amount)),
        "memory" => format!("{} MiB of memory", amount >> 20),
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

    #[test]
    fn a_pod_keeps_to_quotas_and_ranges() {
        let need = MachineNeed {
            millicores: 2000,
            memory: 4 << 30,
            extended: BTreeMap::from([("nvidia.com/gpu".to_owned(), 1)]),
            ..MachineNeed::default()
        };
        let quota = |hard: &[(&str, &str)], used: &[(&str, &str)]| Limits {
            quotas: vec![Quota {
                name: "team".to_owned(),
                hard: amounts_of(hard),
                used: amounts_of(used),
            }],
            ranges: Vec::new(),
        };
        let range = |most: &[(&str, &str)]| Limits {
            quotas: Vec::new(),
            ranges: vec![Range {
                name: "small".to_owned(),
                most: amounts_of(most),
            }],
        };
        for (limits, expected) in [
            (Limits::default(), None),
            (
                quota(&[("requests.cpu", "4")], &[("requests.cpu", "2")]),
                None,
            ),
            (
                quota(&[("requests.cpu", "4")], &[("requests.cpu", "3")]),
                Some(Refused::Now(
                    "the quota `team` has 1 CPU of 2 CPU left".to_owned(),
                )),
            ),
            (
                quota(&[("memory", "2Gi")], &[]),
                Some(Refused::Always(
                    "the quota `team` allows 2048 MiB of memory of 4096 MiB of memory".to_owned(),
                )),
            ),
            (
                quota(&[("requests.nvidia.com/gpu", "0")], &[]),
                Some(Refused::Always(
                    "the quota `team` allows 0 nvidia.com/gpu of 1 nvidia.com/gpu".to_owned(),
                )),
            ),
            (
                quota(&[("requests.cpu", "0")], &[]),
                Some(Refused::Always(
                    "the quota `team` allows 0 CPU of 2 CPU".to_owned(),
                )),
            ),
            (
                quota(&[("pods", "5")], &[("pods", "5")]),
                Some(Refused::Now(
                    "the quota `team` has 0 pods of 1 pods left".to_owned(),
                )),
            ),
            (
                range(&[("cpu", "1500m")]),
                Some(Refused::Always(
                    "the limit range `small` allows 1500m CPU of 2 CPU".to_owned(),
                )),
            ),
            (range(&[("memory", "4Gi")]), None),
        ] {
            assert_eq!(limits.why_refused(&need), expected, "{limits:?}");
        }
    }
}
