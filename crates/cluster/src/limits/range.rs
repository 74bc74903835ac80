//! Ranges: limits on each container and each pod of a namespace.

use argo::needs::{Amounts, ContainerNeed};
use argo::quantity::QuantityError;
use k8s_openapi::api::core::v1::{LimitRange, LimitRangeItem};

use super::amounts;

/// A range.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Range {
    pub(super) name: String,
    /// Minimum and maximum for one container.
    pub(super) least: Amounts,
    pub(super) most: Amounts,
    /// Maximum for all containers of a pod together.
    pub(super) most_of_pod: Amounts,
    /// Defaults for a container without requests.
    pub(super) usual: ContainerNeed,
}

impl Range {
    pub(super) fn of(range: &LimitRange) -> Result<Self, QuantityError> {
        let mut read = Self {
            name: range.metadata.name.clone().unwrap_or_default(),
            ..Self::default()
        };
        for item in range.spec.iter().flat_map(|spec| &spec.limits) {
            read.add(item)?;
        }
        Ok(read)
    }

    /// Adds one item. Kubernetes itself has already completed the defaults: `defaultRequest` from `default`, and this
    /// from `max`.
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
