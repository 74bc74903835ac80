use project::config::Structure;
use serde::{Deserialize, Serialize};

/// Metrics that the controller gives out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metrics {
    /// Counters, gauges and histograms.
    pub prometheus: Vec<Structure>,
}
