//! Quotas: what the pods of a namespace may ask for together.

use argo::needs::Amounts;
use argo::quantity::QuantityError;
use k8s_openapi::api::core::v1::ResourceQuota;

use super::amounts;

/// A quota: what the pods of the namespace may ask for together, and what they ask for now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Quota {
    pub(super) name: String,
    pub(super) hard: Amounts,
    pub(super) used: Amounts,
}

/// Says whether a quota counts each pod that asks for something. Others count pods of a priority, or with a deadline:
/// whether a pod is one of them is not looked at.
pub(super) fn counts_each_pod(quota: &ResourceQuota) -> bool {
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
    pub(super) fn of(quota: &ResourceQuota) -> Result<Self, QuantityError> {
        let status = quota.status.as_ref();
        Ok(Self {
            name: quota.metadata.name.clone().unwrap_or_default(),
            hard: amounts(quota.spec.as_ref().and_then(|spec| spec.hard.as_ref()))?,
            used: amounts(status.and_then(|status| status.used.as_ref()))?,
        })
    }
}
