use indexmap::IndexMap;

use super::any_string::AnyString;
use super::record::record;
use crate::quantity::{self, QuantityError};

/// Names of the resources that count whole GPUs.
const GPUS: [&str; 2] = ["nvidia.com/gpu", "amd.com/gpu"];

record! {
    /// Resources that a container asks for, and its limits, as quantities by name.
    pub struct Resources {
        /// Amounts that the scheduler reserves for the container.
        pub requests: IndexMap<String, AnyString> = "requests",
        /// Greatest amounts that the container may use.
        pub limits: IndexMap<String, AnyString> = "limits",
    }
}

impl Resources {
    /// Requested thousandths of a core; zero without a request.
    ///
    /// # Errors
    ///
    /// Returns what is wrong with the amount.
    pub fn millicores(&self) -> Result<u64, QuantityError> {
        self.asked("cpu").map_or(Ok(0), quantity::thousandths)
    }

    /// Requested bytes of memory; zero without a request.
    ///
    /// # Errors
    ///
    /// Returns what is wrong with the amount.
    pub fn memory(&self) -> Result<u64, QuantityError> {
        self.asked("memory").map_or(Ok(0), quantity::whole)
    }

    /// Requested GPUs, of any make.
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

    /// The requested amount. A limit without a request counts as the request, as in Kubernetes.
    fn asked(&self, name: &str) -> Option<&str> {
        let amount = self.requests.get(name).or_else(|| self.limits.get(name));
        amount.map(|amount| &**amount)
    }
}
