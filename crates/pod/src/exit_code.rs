//! Exit code of a container.

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

/// Base of the exit code of a process that a signal ended; the number of the signal is added.
pub const BY_SIGNAL: i32 = 128;
/// Exit code of a failed task, even if its process ended with 0.
pub(crate) const FAILED: u8 = 1;
/// Exit code after SIGTERM, which Argo's retry reads as a lost pod.
const STOPPED: u8 = 143;

/// Exit code of the container. A code above 128 means a signal; a worker that nobody stopped must not return one,
/// because Argo would read it as a lost pod or as one out of memory.
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
