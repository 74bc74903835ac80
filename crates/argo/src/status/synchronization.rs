use serde::{Deserialize, Serialize};

use super::omitted::is_omitted;

/// Locks that a Workflow holds and waits for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SynchronizationStatus {
    /// Semaphores of the Workflow.
    #[serde(skip_serializing_if = "is_omitted")]
    pub semaphore: Option<SemaphoreStatus>,
    /// Mutexes of the Workflow.
    #[serde(skip_serializing_if = "is_omitted")]
    pub mutex: Option<MutexStatus>,
}

/// Semaphores that a Workflow holds and waits for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SemaphoreStatus {
    /// Locks that the Workflow holds.
    #[serde(skip_serializing_if = "is_omitted")]
    pub holding: Vec<SemaphoreHolding>,
    /// Locks that the Workflow waits for, with their holders.
    #[serde(skip_serializing_if = "is_omitted")]
    pub waiting: Vec<SemaphoreHolding>,
}

/// One semaphore and its holders.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SemaphoreHolding {
    /// Key of the semaphore.
    #[serde(skip_serializing_if = "is_omitted")]
    pub semaphore: String,
    /// Keys of its holders: ids of nodes, or of Workflows.
    #[serde(skip_serializing_if = "is_omitted")]
    pub holders: Vec<String>,
}

/// Mutexes that a Workflow holds and waits for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MutexStatus {
    /// Locks that the Workflow holds.
    #[serde(skip_serializing_if = "is_omitted")]
    pub holding: Vec<MutexHolding>,
    /// Locks that the Workflow waits for, with their holders.
    #[serde(skip_serializing_if = "is_omitted")]
    pub waiting: Vec<MutexHolding>,
}

/// One mutex and its holder.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MutexHolding {
    /// Key of the mutex.
    #[serde(skip_serializing_if = "is_omitted")]
    pub mutex: String,
    /// Key of its holder: the id of a node, or of a Workflow.
    #[serde(skip_serializing_if = "is_omitted")]
    pub holder: String,
}

/// The lock that a node waits for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NodeSynchronizationStatus {
    /// Key of the lock.
    #[serde(skip_serializing_if = "is_omitted")]
    pub waiting: String,
}
