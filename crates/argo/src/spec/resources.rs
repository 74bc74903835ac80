use indexmap::IndexMap;

use super::any_string::AnyString;
use super::record::record;
use crate::quantity::{self, QuantityError};

/// Resources of device plugins that are whole GPUs.
const GPUS: [&str; 2] = ["nvidia.com/gpu", "amd.com/gpu"];

record! {
    /// Resources that a container asks for and may use, as quantities by name.
    pub struct Resources {
        /// Amounts that the scheduler keeps free for it.
        pub requests: IndexMap<String, AnyString> = "requests",
        /// Amounts that it may use at most.
        pub limits: IndexMap<String, AnyString> = "limits",
    }
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
        amount.map(|amount| &**amount)
    }
}
