//! Signals to the first process of a container.
//!
//! The kernel ignores a signal to the first process of a container, unless the process handles the signal. In a pod, the first
//! process is Argo's `emissary`, so the signal ends the command.

use std::path::Path;

use rustix::process::Signal;

use super::engine::ContainerEngine;

/// Passes a signal on to a container.
///
/// # Returns
///
/// Whether the container was killed instead, because it ignores a signal that would have ended it in a pod.
pub(super) async fn tell(engine: &ContainerEngine, name: &str, signal: Signal) -> bool {
    let number = signal.as_raw();
    let pid = engine
        .ask("inspect", ["--format", "{{.State.Pid}}", name])
        .await;
    let is_deaf = pid.is_ok_and(|pid| is_deaf(&pid, number));
    let sent = if is_deaf {
        Signal::KILL.as_raw()
    } else {
        number
    };
    let words = ["--signal", &sent.to_string(), name].map(str::to_owned);
    // The container may have ended meanwhile.
    engine.ask("kill", words).await.is_ok() && is_deaf
}

/// Says whether a process neither handles nor ignores a signal. False for a process in a virtual machine, as with Docker
/// Desktop: `/proc` does not have it.
fn is_deaf(pid: &str, signal: i32) -> bool {
    let status = Path::new("/proc").join(pid).join("status");
    let Ok(status) = std::fs::read_to_string(status) else {
        return false;
    };
    handles(&status, signal) == Some(false)
}

fn handles(status: &str, signal: i32) -> Option<bool> {
    let has = |field: &str| {
        let mut lines = status.lines();
        let mask = lines.find_map(|line| line.strip_prefix(field))?;
        let mask = u64::from_str_radix(mask.trim(), 16).ok()?;
        Some(mask >> (signal - 1) & 1 == 1)
    };
    Some(has("SigIgn:")? || has("SigCgt:")?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_neither_handles_nor_ignores_a_signal_is_deaf() {
        let status = "Name:\tsleep\nSigIgn:\t0000000000000001\nSigCgt:\t0000000000004002\n";
        for (signal, expected) in [(1, true), (2, true), (15, true), (3, false)] {
            assert_eq!(handles(status, signal), Some(expected), "{signal}");
        }
        assert_eq!(handles("Name:\tx\n", 15), None);
        assert!(!is_deaf("no-such-process", 15));
    }
}
