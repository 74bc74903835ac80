//! `kedro argo …` process that waits for this one.

use crate::settings::variables;

/// Ends this program, as SIGTERM does, when the `kedro` that started it is killed: nobody would wait for this program
/// any more. `kedro` passes on all other signals (`python/argo_kedro/_host.py`).
pub(crate) fn end_with_host() {
    let Some(host) = std::env::var_os(variables::HOST) else {
        return;
    };
    let is_parent = || {
        let parent = rustix::process::getppid().map(|parent| parent.as_raw_nonzero().to_string());
        parent.is_some_and(|parent| host == *parent)
    };
    // A task inherits the variable: check the parent too.
    if is_parent() {
        #[cfg(target_os = "linux")]
        {
            use rustix::process::{Signal, getpid, kill_process};
            let _ = rustix::process::set_parent_process_death_signal(Some(Signal::TERM));
            if !is_parent() {
                let _ = kill_process(getpid(), Signal::TERM);
            }
        }
    }
}
