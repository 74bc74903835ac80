use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::prices::Price;
use super::quantity::{Cpu, Memory};

/// Default name of the machine type of nodes that request none.
pub const DEFAULT_MACHINE_TYPE: &str = "default";

/// Share of a machine that a task gets. Kubernetes takes these values as requests and as limits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MachineType {
    /// Memory: a number of GiB, or a Kubernetes quantity such as `1536Mi`.
    pub mem: Memory,
    /// CPU: a number of cores, or a Kubernetes quantity such as `500m`.
    pub cpu: Cpu,
    /// Number of NVIDIA GPUs. Default: 0.
    #[serde(default)]
    pub num_gpu: u32,
    /// Size of a scratch volume: a number of GiB, or a Kubernetes quantity. The volume is mounted at
    /// `template.emph_storage_mount_path` and is deleted with the pod. Default: no volume.
    #[serde(default)]
    #[schemars(with = "Memory")]
    pub emph_storage: Option<Memory>,
    /// Labels that the Kubernetes node must have. Default: none. Google's g2 machine types (`g2-standard-4`, …) work
    /// without an entry in `machine_types`, and then require a node with their GPU.
    #[serde(default)]
    #[schemars(with = "IndexMap<String, String>")]
    pub node_selector: Option<IndexMap<String, String>>,
    /// Price of this machine for one hour, in the currency of `prices`. It replaces the prices of the single resources
    /// for tasks that ask for exactly this machine. Default: none. Example: `1.2`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Price")]
    pub price_hour: Option<Price>,
}

impl Default for MachineType {
    /// One core and 2 GiB: the machine type `default` of a project that configures none.
    fn default() -> Self {
        Self {
            mem: Memory::gib(2),
            cpu: Cpu::cores(1),
            num_gpu: 0,
            emph_storage: None,
            node_selector: None,
            price_hour: None,
        }
    }
}

/// Google's g2 family: name, cores, GiB of memory, GPUs
/// (`README.md` of argo-kedro 0.1.41, "GPU support").
const KNOWN: [(&str, u32, u32, u32); 8] = [
    ("g2-standard-4", 4, 16, 1),
    ("g2-standard-8", 8, 32, 1),
    ("g2-standard-12", 12, 48, 1),
    ("g2-standard-16", 16, 64, 1),
    ("g2-standard-24", 24, 96, 2),
    ("g2-standard-32", 32, 128, 1),
    ("g2-standard-48", 48, 192, 4),
    ("g2-standard-96", 96, 384, 8),
];

/// Built-in machine types: name, cores, GiB of memory, GPUs.
pub fn known_machine_types() -> &'static [(&'static str, u32, u32, u32)] {
    &KNOWN
}

/// Label of the GPU in the machines of the g2 family.
pub(super) const G2_GPU: (&str, &str) = ("cloud.google.com/gke-accelerator", "nvidia-l4");

/// Finds a built-in machine type by name.
pub fn known_machine_type(name: &str) -> Option<MachineType> {
    let (_, cpu, mem, num_gpu) = KNOWN.iter().find(|known| known.0 == name)?;
    Some(MachineType {
        mem: Memory::gib(*mem),
        cpu: Cpu::cores(*cpu),
        num_gpu: *num_gpu,
        emph_storage: None,
        node_selector: None,
        price_hour: None,
    })
}
