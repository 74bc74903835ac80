//! The exit code that a container ends with.

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

/// Exit code of a process that a signal ended, less the number of the signal.
pub const BY_SIGNAL: i32 = 128;
/// The exit code of a task that failed, also where its process ended with 0.
pub(crate) const FAILED: u8 = 1;
/// Exit code of a process that SIGTERM ends: Argo's retry reads it as a pod that went away.
const STOPPED: u8 = 143;

/// The exit code of the container. One above 128 says that a signal ended it, which a worker that nobody told to end
/// cannot say of itself: Argo would take it for a pod that went away, or for one without memory.
pub(crate) fn exit_code(status: ExitStatus, is_interrupted: bool, is_told: bool) -> u8 {
    if is_interrupted {
        return STOPPED;
    }
    let code = match status.code() {
        Some(code) if code > BY_SIGNAL && !is_told => return FAILED,
        Some(code) => Some(code),
        None => status.signal().map(|number| BY_SIGNAL + number),
    };
    code.and_then(|code| u8::try_from(code).ok())
        .unwrap_or(FAILED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_signal_that_came_has_the_exit_code_of_one() {
        let exited = |code: i32| ExitStatus::from_raw(code << 8);
        let signalled = ExitStatus::from_raw;
        for (status, is_interrupted, is_told, code) in [
            (exited(0), false, false, 0),
            (exited(7), false, false, 7),
            (exited(143), false, true, 143),
            (exited(143), false, false, 1),
            (exited(137), false, false, 1),
            (exited(1), true, true, 143),
            (exited(1), false, true, 1),
            (signalled(9), false, false, 137),
            (signalled(15), false, true, 143),
        ] {
            let found = exit_code(status, is_interrupted, is_told);
            assert_eq!(found, code, "{status} {is_interrupted} {is_told}");
        }
    }
}
