use indexmap::IndexMap;
use project::config::{Cpu, Memory};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Resources of device plugins that are whole GPUs.
const GPUS: [&str; 2] = ["nvidia.com/gpu", "amd.com/gpu"];

/// What a container asks for and may use, as quantities by resource.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resources {
    /// What the scheduler keeps free for it.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub requests: IndexMap<String, String>,
    /// What it may use at most.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub limits: IndexMap<String, String>,
    /// Fields that come from patches and have no type here.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

impl Resources {
    /// Thousandths of a core that are asked for; zero if none are.
    pub fn millicores(&self) -> u64 {
        let cpu = self.asked("cpu").and_then(Cpu::from_quantity);
        cpu.map_or(0, Cpu::millicores)
    }

    /// Bytes of memory that are asked for; zero if none are.
    pub fn memory(&self) -> u64 {
        let memory = self.asked("memory").and_then(Memory::from_quantity);
        memory.map_or(0, Memory::bytes)
    }

    /// GPUs that are asked for, of whichever make.
    pub fn gpus(&self) -> u64 {
        let number = |name: &str| self.asked(name)?.parse::<u64>().ok();
        GPUS.iter().filter_map(|name| number(name)).sum()
    }

    /// Bytes of memory beyond which Kubernetes kills the container, if there is a limit.
    pub fn memory_limit(&self) -> Option<u64> {
        let limit = Memory::from_quantity(self.limits.get("memory")?)?;
        Some(limit.bytes())
    }

    /// A limit without a request is the request as well, as in Kubernetes.
    fn asked(&self, name: &str) -> Option<&str> {
        let amount = self.requests.get(name).or_else(|| self.limits.get(name));
        amount.map(String::as_str)
    }
}
