use argo::quantity::{self, QuantityError};
use indexmap::IndexMap;
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
    ///
    /// # Errors
    ///
    /// Returns what is wrong with the amount.
    pub fn millicores(&self) -> Result<u64, QuantityError> {
        self.asked("cpu").map_or(Ok(0), quantity::thousandths)
    }

    /// Bytes of memory that are asked for; zero if none are.
    ///
    /// # Errors
    ///
    /// Returns what is wrong with the amount.
    pub fn memory(&self) -> Result<u64, QuantityError> {
        self.asked("memory").map_or(Ok(0), quantity::whole)
    }

    /// GPUs that are asked for, of whichever make.
    ///
    /// # Errors
    ///
    /// Returns what is wrong with the amount.
    pub fn gpus(&self) -> Result<u64, QuantityError> {
        let asked = GPUS.iter().filter_map(|name| self.asked(name));
        asked.map(quantity::whole).sum()
    }

    /// Bytes of memory beyond which Kubernetes kills the container, if there is a limit.
    ///
    /// # Errors
    ///
    /// Returns what is wrong with the amount.
    pub fn memory_limit(&self) -> Result<Option<u64>, QuantityError> {
        let limit = self.limits.get("memory");
        limit.map(|limit| quantity::whole(limit)).transpose()
    }

    /// A limit without a request is the request as well, as in Kubernetes.
    fn asked(&self, name: &str) -> Option<&str> {
        let amount = self.requests.get(name).or_else(|| self.limits.get(name));
        amount.map(String::as_str)
    }
}
