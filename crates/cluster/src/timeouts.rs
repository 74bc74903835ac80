//! Longest times to wait for a cluster.

use std::time::Duration;

/// Longest time that a connection may take to come about.
pub(crate) const CONNECT: Duration = Duration::from_secs(10);
/// Longest silence before a connection counts as dead: longer than a watch waits
/// ([`crate::watch`]), so that one that slept with the laptop is noticed.
pub(crate) const SILENCE: Duration = Duration::from_secs(75);
