//! Processor time of a task's process.
//!
//! The kernel has the time of an ended process only until its parent waits for it. Tokio waits on request and drops the
//! time, so this module reads it before.

use std::time::Duration;

/// Buffer size in bytes: the kernel returns the whole file in one read.
#[cfg(target_os = "linux")]
const LONGEST: usize = 2048;

/// Waits for the end of a child process that nobody waits for yet, and returns its processor time with that of the
/// children that it waited for. None if the system does not tell.
#[cfg(target_os = "linux")]
pub async fn at_the_end_of(process: i32) -> Option<Duration> {
    use rustix::process::{Pid, PidfdFlags, pidfd_open};
    use tokio::io::Interest;
    use tokio::io::unix::AsyncFd;

    let descriptor = pidfd_open(Pid::from_raw(process)?, PidfdFlags::empty()).ok()?;
    #[expect(
        deprecated,
        reason = "sound for a descriptor that is owned; what replaces it is unsafe"
    )]
    let descriptor = AsyncFd::with_interest(descriptor, Interest::READABLE).ok()?;
    // A process descriptor is readable once the process has ended (`pidfd_open(2)`).
    let _ = descriptor.readable().await.ok()?;
    // Use few system calls: this runs for each task.
    let mut stat = [0; LONGEST];
    let mut file = std::fs::File::open(format!("/proc/{process}/stat")).ok()?;
    let read = std::io::Read::read(&mut file, &mut stat).ok()?;
    let ticks = ticks(&String::from_utf8_lossy(&stat[..read]))?;
    let a_second = rustix::param::clock_ticks_per_second();
    Some(Duration::from_millis(
        ticks.saturating_mul(1000).checked_div(a_second)?,
    ))
}

#[cfg(not(target_os = "linux"))]
pub async fn at_the_end_of(_process: i32) -> Option<Duration> {
    None
}

/// Sum of `utime`, `stime`, `cutime` and `cstime`, the fields 14 to 17 of `proc_pid_stat(5)`. Field 2, the name, may
/// contain anything.
#[cfg(any(target_os = "linux", test))]
fn ticks(stat: &str) -> Option<u64> {
    const FIRST: usize = 14 - 3;
    let (_, rest) = stat.rsplit_once(')')?;
    let times = rest.split_ascii_whitespace().skip(FIRST).take(4);
    let times: Vec<u64> = times.map(|time| time.parse().ok()).collect::<Option<_>>()?;
    (times.len() == 4).then(|| times.iter().sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_a_process_and_of_those_it_waited_for_is_added_up() {
        let stat = "7 (a) b) Z 1 7 7 0 -1 4227084 1 2 0 0 30 4 500 6000 20 0 1 0 99";
        assert_eq!(ticks(stat), Some(6534));
        for broken in [
            "",
            "7 (a) Z 1",
            "7 (a) Z 1 7 7 0 -1 4227084 1 2 0 0 x 4 500 6000",
        ] {
            assert_eq!(ticks(broken), None, "{broken}");
        }
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn a_process_that_has_ended_is_still_there_to_be_waited_for() {
        let burn = "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done; exit 3";
        let mut child = tokio::process::Command::new("sh")
            .args(["-c", burn])
            .spawn()
            .unwrap();
        let process = i32::try_from(child.id().unwrap()).unwrap();
        assert!(at_the_end_of(process).await.unwrap() > Duration::ZERO);
        assert_eq!(child.wait().await.unwrap().code(), Some(3));
    }
}
