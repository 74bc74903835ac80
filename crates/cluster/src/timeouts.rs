//! Timeouts for a cluster.

use std::time::Duration;

/// Maximum time to establish a connection.
pub(crate) const CONNECT: Duration = Duration::from_secs(10);
/// Maximum silence before a connection counts as dead: longer than a watch waits ([`crate::watch`]), and short enough
/// to notice a connection that slept with the laptop.
pub(crate) const SILENCE: Duration = Duration::from_secs(75);
