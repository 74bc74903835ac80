//! Ends the tasks of a program that is gone.
//!
//! A program that is killed can end nothing any more. So a small process beside it is told
//! which process groups are tasks, and kills what is left of them when the program's end of
//! the pipe closes. As long as that takes it holds a lock: whoever goes on with the run waits
//! for it. What a user's code has put into a group of its own is no task, and holds nothing.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufRead, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};

/// How often a killed group is looked at.
const AGAIN: Duration = Duration::from_millis(5);

/// The process that ends the tasks of this one.
#[derive(Debug)]
pub struct Keeper {
    process: Child,
}

impl Keeper {
    /// Starts it: `program` with `words` has to call [`keep`] on its standard input.
    ///
    /// The process has `lock` as its standard output and writes nothing to it.
    pub fn start(program: &Path, words: &[&str], lock: File) -> io::Result<Self> {
        let process = Command::new(program)
            .args(words)
            .stdin(Stdio::piped())
            .stdout(Stdio::from(lock))
            .stderr(Stdio::null())
            // Ctrl-C on the terminal is the program's to handle.
            .process_group(0)
            .spawn()?;
        Ok(Self { process })
    }

    /// Tells it of a process group that is a task.
    pub(crate) fn add(&mut self, group: i32) {
        self.tell(&format!("+{group}\n"));
    }

    /// Tells it that a task has ended.
    pub(crate) fn remove(&mut self, group: i32) {
        self.tell(&format!("-{group}\n"));
    }

    fn tell(&mut self, line: &str) {
        // Somebody may have ended it: the run goes on without.
        if let Some(pipe) = &mut self.process.stdin {
            let _ = pipe.write_all(line.as_bytes());
        }
    }
}

/// Is the process beside a program: reads which groups are tasks, and kills those that are
/// left at the end.
pub fn keep(words: impl BufRead) {
    let mut groups = BTreeSet::new();
    for line in words.lines().map_while(Result::ok) {
        let (is_new, group) = match (line.strip_prefix('+'), line.strip_prefix('-')) {
            (Some(group), _) => (true, group),
            (_, Some(group)) => (false, group),
            _ => continue,
        };
        let Some(group) = group.parse::<i32>().ok().filter(|group| *group > 0) else {
            continue;
        };
        if is_new {
            groups.insert(group);
        } else {
            groups.remove(&group);
        }
    }
    let groups: Vec<Pid> = groups.into_iter().filter_map(Pid::from_raw).collect();
    for group in &groups {
        let _ = kill_process_group(*group, Signal::KILL);
    }
    for group in groups {
        while is_alive(group) {
            std::thread::sleep(AGAIN);
        }
    }
}

/// Whether a group has a process that runs. One that has ended and that nobody has asked for
/// its end is still there for the kernel.
fn is_alive(group: Pid) -> bool {
    if test_kill_process_group(group) == Err(rustix::io::Errno::SRCH) {
        return false;
    }
    let Ok(processes) = std::fs::read_dir("/proc") else {
        return true;
    };
    let stat =
        processes.filter_map(|entry| std::fs::read_to_string(entry.ok()?.path().join("stat")).ok());
    let mut known = stat
        .filter_map(|stat| state_and_group(&stat))
        .filter(|(_, of)| *of == group.as_raw_nonzero().get())
        .peekable();
    // No such files: not Linux.
    known.peek().is_none() || known.any(|(state, _)| !matches!(state, 'Z' | 'X'))
}

/// The state of a process and its group, of a line of `/proc/PID/stat`.
fn state_and_group(stat: &str) -> Option<(char, i32)> {
    // The name before it may hold anything.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    let state = fields.next()?.chars().next()?;
    Some((state, fields.nth(1)?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sleeper() -> Child {
        Command::new("sleep")
            .arg("600")
            .process_group(0)
            .spawn()
            .unwrap()
    }

    #[test]
    fn what_is_left_is_killed_and_what_has_ended_is_not_touched() {
        let (mut left, mut other) = (sleeper(), sleeper());
        let words = format!(
            "+{}\n+{}\n-{}\nx\n+0\n+-1\n",
            left.id(),
            other.id(),
            other.id()
        );
        // Nobody asks for its end here until `keep` has come back.
        keep(words.as_bytes());
        assert!(!left.wait().unwrap().success());
        assert!(other.try_wait().unwrap().is_none());
        other.kill().unwrap();
        other.wait().unwrap();
    }

    #[test]
    fn the_name_of_a_process_can_hold_anything() {
        let stat = "12 (a) b) R 1 77 77 0 -1";
        assert_eq!(state_and_group(stat), Some(('R', 77)));
        assert_eq!(state_and_group("nothing"), None);
    }
}
