//! Quotas: limits on all pods of a namespace together.

use argo::needs::Amounts;
use argo::quantity::QuantityError;
use k8s_openapi::api::core::v1::ResourceQuota;

use super::amounts;

/// Scope of pods that request CPU or memory.
const NOT_BEST_EFFORT: &str = "NotBestEffort";

/// A quota: the limits on all pods of the namespace together, and the amounts already used.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Quota {
    pub(super) name: String,
    pub(super) hard: Amounts,
    pub(super) used: Amounts,
    /// Set if pods without requests for CPU and memory do not count (the scope `NotBestEffort`).
    pub(super) spares_idle: bool,
}

/// Says whether a quota counts each pod with requests. Other quotas count pods with a priority or a deadline; this
/// check ignores them.
pub(super) fn counts_each_pod(quota: &ResourceQuota) -> bool {
    scopes(quota).all(|scope| scope == NOT_BEST_EFFORT)
}

fn scopes(quota: &ResourceQuota) -> impl Iterator<Item = &String> {
    quota.spec.iter().flat_map(|spec| {
        let selected = spec.scope_selector.iter();
        let selected = selected.flat_map(|selector| selector.match_expressions.iter().flatten());
        let named = spec.scopes.iter().flatten();
        named.chain(selected.map(|expression| &expression.scope_name))
    })
}

impl Quota {
    /// Says whether the quota counts a pod. `is_idle` means a pod that requests neither CPU nor memory.
    pub(super) fn counts(&self, is_idle: bool) -> bool {
        !(is_idle && self.spares_idle)
    }

    pub(super) fn of(quota: &ResourceQuota) -> Result<Self, QuantityError> {
        let status = quota.status.as_ref();
        Ok(Self {
            name: quota.metadata.name.clone().unwrap_or_default(),
            hard: amounts(quota.spec.as_ref().and_then(|spec| spec.hard.as_ref()))?,
            used: amounts(status.and_then(|status| status.used.as_ref()))?,
            spares_idle: scopes(quota).any(|scope| scope == NOT_BEST_EFFORT),
        })
    }
}
