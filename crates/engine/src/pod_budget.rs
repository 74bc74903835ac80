//! Budget of a container or a pod.

use argo::quantity::QuantityError;
use argo::spec::Container;

use crate::Budget;

/// Budget of a container or a pod: its requests, and its memory limit.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct PodBudget {
    pub(crate) needs: Budget,
    /// Memory limit in bytes.
    pub(crate) memory_limit: Option<u64>,
}

impl PodBudget {
    /// Adds the budgets of two containers.
    pub(crate) fn and(self, other: Self) -> Self {
        let both = |one: Option<u64>, other: Option<u64>| Some(one?.saturating_add(other?));
        Self {
            needs: self.needs.with(other.needs),
            memory_limit: both(self.memory_limit, other.memory_limit),
        }
    }

    /// Reads the budget of a container.
    pub(crate) fn read(container: &Container) -> Result<Self, QuantityError> {
        let Some(resources) = &container.resources else {
            return Ok(Self::default());
        };
        Ok(Self {
            needs: Budget {
                millicores: resources.millicores()?,
                memory: resources.memory()?,
                gpus: resources.gpus()?,
            },
            memory_limit: resources.memory_limit()?,
        })
    }
}
