//! Resources that an attempt of a task used.

use serde::{Deserialize, Serialize};

/// Resources that an attempt of a task used, as far as somebody measured them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Used {
    /// Most memory that the processes held together, in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peak_memory: Option<u64>,
    /// Time that the processes kept processors busy, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_milliseconds: Option<u64>,
    /// Time that the main process took, in milliseconds: on a cluster less than the time of its pod.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub milliseconds: Option<u64>,
}
