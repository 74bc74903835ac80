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
    /// Finds what this machine has, its GPUs aside.
    pub fn of_this_machine() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let refresh = RefreshKind::nothing().with_memory(MemoryRefreshKind::nothing().with_ram());
        let system = System::new_with_specifics(refresh);
        // A container's limit is what there is to be had inside of it.
        let memory = system
            .cgroup_limits()
            .map_or(system.total_memory(), |limits| limits.total_memory);
        Self {
            millicores: u64::try_from(cores).unwrap_or(1) * 1000,
            memory: memory.max(1),
            gpus: 0,
        }
    }

    /// No more than `most` of each.
    #[must_use]
    pub fn at_most(self, most: Self) -> Self {
        Self {
            millicores: self.millicores.min(most.millicores),
            memory: self.memory.min(most.memory),
            gpus: self.gpus.min(most.gpus),
        }
    }

    /// No less than `least` of each.
    #[must_use]
    pub fn at_least(self, least: Self) -> Self {
        Self {
            millicores: self.millicores.max(least.millicores),
            memory: self.memory.max(least.memory),
            gpus: self.gpus.max(least.gpus),
        }
    }

    /// Says whether `wanted` is there.
    pub fn holds(self, wanted: Self) -> bool {
        wanted.millicores <= self.millicores
            && wanted.memory <= self.memory
            && wanted.gpus <= self.gpus
    }

    /// Gives what is left without `taken`.
    #[must_use]
    pub fn without(self, taken: Self) -> Self {
        Self {
            millicores: self.millicores.saturating_sub(taken.millicores),
            memory: self.memory.saturating_sub(taken.memory),
            gpus: self.gpus.saturating_sub(taken.gpus),
        }
    }

    /// Gives what there is with `given` back.
    #[must_use]
    pub fn with(self, given: Self) -> Self {
        Self {
            millicores: self.millicores + given.millicores,
            memory: self.memory + given.memory,
            gpus: self.gpus + given.gpus,
        }
    }
}
