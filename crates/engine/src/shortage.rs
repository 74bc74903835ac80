//! Shortages of this machine that delay the start of a task until others end.

use std::io;
use std::os::fd::{AsRawFd, RawFd};

use rustix::io::{Errno, fcntl_dupfd_cloexec};
use rustix::process::{Resource, getrlimit};

/// Number of file descriptors to keep free at the start of a task: for the history and signals.
const SPARE: usize = 16;
/// Number of file descriptors that each running task may still open: two for its log and one for the times.
const OF_LOGS: usize = 3;
/// Number of free descriptors or processes from which on a start needs no exact count.
const PLENTY: u64 = 64;

/// Names the missing resource, if an error means a shortage.
pub(crate) fn of(error: &io::Error) -> Option<&'static str> {
    let number = Errno::from_raw_os_error(error.raw_os_error()?);
    match number {
        Errno::MFILE => Some("too many files are open in this process"),
        Errno::NFILE => Some("too many files are open on this machine"),
        Errno::AGAIN => Some("there are too many processes"),
        Errno::NOMEM => Some("there is not enough memory for one more process"),
        _ => None,
    }
}

/// Gives advice if waiting does not help.
pub(crate) fn advice(error: &io::Error) -> Option<&'static str> {
    let number = Errno::from_raw_os_error(error.raw_os_error()?);
    match number {
        Errno::MFILE => Some("raise the limit: ulimit -n 4096"),
        Errno::NFILE => Some("end other programs, or raise the limit of the machine (fs.file-max)"),
        Errno::AGAIN => Some("end other programs, or raise the limit: ulimit -u 4096"),
        Errno::NOMEM => Some("end other programs"),
        _ => None,
    }
}

/// Fails like the start of a task, if too few descriptors are free.
///
/// # Arguments
///
/// * `running`: Number of running tasks, including this one.
pub(crate) fn look_for_room(running: usize) -> io::Result<()> {
    let of_logs = running.saturating_mul(OF_LOGS);
    if has_plenty(of_logs)? {
        return Ok(());
    }
    let spare = SPARE.saturating_add(of_logs);
    let mut opened = Vec::new();
    for _ in 0..spare {
        opened.push(std::fs::File::open("/dev/null")?);
    }
    Ok(())
}

/// Tells whether far more descriptors are free than a start needs. The system assigns the lowest free number: if a new
/// number is far below the limit, there is room.
fn has_plenty(of_logs: usize) -> io::Result<bool> {
    let Some(limit) = getrlimit(Resource::Nofile).current else {
        return Ok(true);
    };
    let near = limit
        .saturating_sub(PLENTY)
        .saturating_sub(u64::try_from(of_logs).unwrap_or(u64::MAX));
    let Ok(near @ 1..) = RawFd::try_from(near) else {
        return Ok(false);
    };
    let file = std::fs::File::open("/dev/null")?;
    match fcntl_dupfd_cloexec(&file, near) {
        Ok(copy) => Ok(copy.as_raw_fd() == near),
        Err(Errno::MFILE) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_give_back_is_a_shortage_and_nothing_else_is() {
        for (error, wanted) in [
            (Errno::MFILE, "ulimit -n"),
            (Errno::NFILE, "fs.file-max"),
            (Errno::AGAIN, "ulimit -u"),
            (Errno::NOMEM, "end other programs"),
        ] {
            let error = error.into();
            assert!(of(&error).is_some(), "{error}");
            assert!(advice(&error).is_some_and(|advice| advice.contains(wanted)));
        }
        for error in [Errno::NOENT, Errno::ACCESS, Errno::NOSPC] {
            assert_eq!(of(&error.into()), None);
        }
        assert_eq!(of(&io::Error::other("x")), None);
    }
}
