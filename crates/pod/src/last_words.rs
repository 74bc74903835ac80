//! Termination message of a container: the reason why its task failed, for Kubernetes.

use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;

use runs::{Cause, private, termination_message};

use crate::exit_code::BY_SIGNAL;
use crate::{MemoryLimit, Redactor, bytes};

/// Default file of the termination message in Kubernetes.
const FILE: &str = "/dev/termination-log";
/// Variable that names another file.
const VARIABLE: &str = "ARGO_KEDRO_TERMINATION_LOG";
/// Signal that kills a process for its memory.
const KILL: i32 = 9;

/// Composes the reason why a task failed; empty if its exit code says everything.
///
/// # Arguments
///
/// * `cause`: Cause in its report.
/// * `peak`: Maximum of its memory in bytes.
/// * `limit`: Limit of the container.
pub(crate) fn last_words(
    status: ExitStatus,
    cause: Option<&Cause>,
    peak: Option<u64>,
    limit: MemoryLimit,
    redactor: &Redactor,
) -> String {
    let text = match (status.signal(), cause) {
        (None, Some(cause)) => termination_message::write(cause),
        (None, None) => match status.code() {
            Some(code) if code > BY_SIGNAL => {
                format!(
                    "its process ended with exit code {code}, although no signal was sent to it"
                )
            }
            _ => return String::new(),
        },
        (Some(number), _) => {
            let held = peak.map(bytes).unwrap_or_default();
            match limit.bytes {
                Some(may) if number == KILL && limit.has_killed => format!(
                    "out of memory (killed by signal {number}): it used {held} of its limit of {}",
                    bytes(may)
                ),
                _ => format!("killed by signal {number}; it used at most {held} of memory"),
            }
        }
    };
    redactor.redact(&text)
}

/// Makes the file in the cause relative to the project.
pub(crate) fn relative(cause: &Cause) -> Cause {
    let mut cause = cause.clone();
    if let (Some(frame), Ok(here)) = (&mut cause.frame, std::env::current_dir())
        && let Ok(file) = Path::new(&frame.file).strip_prefix(here)
    {
        frame.file = file.display().to_string();
    }
    cause
}

/// Writes the termination message.
pub(crate) fn leave(text: &str) {
    if text.is_empty() {
        return;
    }
    let named = std::env::var_os(VARIABLE).map(PathBuf::from);
    let file = named.unwrap_or_else(|| PathBuf::from(FILE));
    // Kubernetes creates the file; without it, nobody reads the message. Does not follow a task's link.
    let _ = private::overwrite(&file, text);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_killed_for_its_memory_is_told_so() {
        let words = |signal, limit| {
            let held = Some(1000 << 20);
            let status = ExitStatus::from_raw(signal);
            last_words(status, None, held, limit, &Redactor::default())
        };
        let limit = MemoryLimit {
            bytes: Some(1 << 30),
            has_killed: true,
        };
        assert_eq!(
            words(9, limit),
            "out of memory (killed by signal 9): it used 1000 MiB of its limit of 1.0 GiB"
        );
        let others = "killed by signal 9; it used at most 1000 MiB of memory";
        let not_for_it = MemoryLimit {
            has_killed: false,
            ..limit
        };
        assert_eq!(words(9, not_for_it), others);
        assert_eq!(words(9, MemoryLimit::default()), others);
        assert!(words(15, limit).starts_with("killed by signal 15"));
    }
}
