use sysinfo::{MemoryRefreshKind, RefreshKind, System};

/// An amount of CPU, memory and GPUs: what a machine has, or what a task asks for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Budget {
    /// Thousandths of a core.
    pub millicores: u64,
    /// Bytes of memory.
    pub memory: u64,
    /// GPUs.
    pub gpus: u64,
}

impl Budget {
    /// Measures this machine, without its GPUs.
    pub fn of_this_machine() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let refresh = RefreshKind::nothing().with_memory(MemoryRefreshKind::nothing().with_ram());
        let system = System::new_with_specifics(refresh);
        // Inside a container, the limit of the container counts.
        let memory = system
            .cgroup_limits()
            .map_or(system.total_memory(), |limits| limits.total_memory);
        Self {
            millicores: u64::try_from(cores).unwrap_or(1) * 1000,
            memory: memory.max(1),
            gpus: 0,
        }
    }

    /// Caps each amount at that of `most`.
    #[must_use]
    pub fn at_most(self, most: Self) -> Self {
        Self {
            millicores: self.millicores.min(most.millicores),
            memory: self.memory.min(most.memory),
            gpus: self.gpus.min(most.gpus),
        }
    }

    /// Raises each amount to that of `least`.
    #[must_use]
    pub fn at_least(self, least: Self) -> Self {
        Self {
            millicores: self.millicores.max(least.millicores),
            memory: self.memory.max(least.memory),
            gpus: self.gpus.max(least.gpus),
        }
    }

    /// Says whether `wanted` fits.
    pub fn holds(self, wanted: Self) -> bool {
        wanted.millicores <= self.millicores
            && wanted.memory <= self.memory
            && wanted.gpus <= self.gpus
    }

    /// Subtracts `taken`.
    #[must_use]
    pub fn without(self, taken: Self) -> Self {
        Self {
            millicores: self.millicores.saturating_sub(taken.millicores),
            memory: self.memory.saturating_sub(taken.memory),
            gpus: self.gpus.saturating_sub(taken.gpus),
        }
    }

    /// Adds `given`.
    #[must_use]
    pub fn with(self, given: Self) -> Self {
        Self {
            millicores: self.millicores + given.millicores,
            memory: self.memory + given.memory,
            gpus: self.gpus + given.gpus,
        }
    }
}
