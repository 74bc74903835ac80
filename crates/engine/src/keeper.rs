//! Ends the tasks of a program that was killed.
//!
//! A killed program cannot end its tasks. So the program notes the process groups of its tasks in a file, and a small
//! process beside it kills the rest of them when the program's end of a pipe closes. Until then that process holds a
//! lock: another program that continues the run waits for the lock. If the file cannot be written, the notes go through
//! the pipe, which wakes the process each time. A process group that a user's code starts itself is no task, and does
//! not hold the lock.
//!
//! A program can be killed between the start of a task and the note about it. So it first announces the path of the
//! task's report, which is in the task's environment.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, BufRead, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};

use pod::{in_image, report};
use runs::private;

/// Pause between two checks of a killed group.
const AGAIN: Duration = Duration::from_millis(5);

/// Number of searches for a task that was about to start. There may be none.
const LOOKS: u32 = 40;

/// Process that ends the tasks of this one.
#[derive(Debug)]
pub struct Keeper {
    process: Child,
    /// File of the notes; none if it cannot be written.
    notes: Option<File>,
    /// Lines that the process has not received yet.
    unsent: String,
}

impl Keeper {
    /// Starts the process: `program` with `words`, `pods` and `notes` has to call [`keep`].
    ///
    /// The process has `lock` as its standard output and writes nothing to it.
    pub fn start(
        program: &Path,
        words: &[&str],
        pods: &Path,
        notes: &Path,
        lock: File,
    ) -> io::Result<Self> {
        // Notes of an earlier program are useless: that program and its tasks have ended.
        let file = match std::fs::remove_file(notes) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => None,
            _ => private::open_to_append(notes).ok(),
        };
        let process = Command::new(program)
            .args(words)
            .args([pods, notes])
            .stdin(Stdio::piped())
            .stdout(Stdio::from(lock))
            .stderr(Stdio::null())
            // The program itself handles Ctrl-C on the terminal.
            .process_group(0)
            .spawn()?;
        Ok(Self {
            process,
            notes: file,
            unsent: String::new(),
        })
    }

    /// Announces the start of a task that will write its report to a path.
    pub(crate) fn announce(&mut self, report: &OsStr) {
        let report = report.as_bytes().escape_ascii();
        self.unsent.push_str(&format!("?{report}\n"));
        self.tell();
    }

    /// Notes the process group of the task that was announced last.
    pub(crate) fn add(&mut self, group: i32) {
        self.unsent.push_str(&format!("+{group}\n"));
    }

    /// Notes that a task has ended.
    pub(crate) fn remove(&mut self, group: i32) {
        self.unsent.push_str(&format!("-{group}\n"));
    }

    /// Sends the notes to the process. Call this before the program waits for anything.
    pub(crate) fn tell(&mut self) {
        if self.unsent.is_empty() {
            return;
        }
        let noted = self
            .notes
            .as_mut()
            .map(|notes| notes.write_all(self.unsent.as_bytes()));
        if !matches!(noted, Some(Ok(()))) {
            // Use the pipe from now on, so that the lines keep their order.
            self.notes = None;
            // The process may have been killed: the run continues without it.
            if let Some(pipe) = &mut self.process.stdin {
                let _ = pipe.write_all(self.unsent.as_bytes());
            }
        }
        self.unsent.clear();
    }
}

/// Runs the process beside a program: waits for the end of the program, reads which groups are tasks, and kills those
/// that are left.
///
/// # Arguments
///
/// * `pipe`: Pipe that closes when the program ends.
/// * `pods`: Folder with the files of the run's pods: containers that run in their images outlive their processes.
/// * `notes`: File of the notes.
pub fn keep(mut pipe: impl Read, pods: &Path, notes: &Path) {
    // Without a file, all notes come through the pipe. Open it now: somebody may remove the folder while the program
    // runs.
    let file = File::open(notes);
    let (mut lines, mut told) = (Vec::new(), Vec::new());
    // A read error counts as the end of the program.
    let _ = pipe.read_to_end(&mut told);
    if let Ok(mut file) = file {
        // Ignore an error: nobody would receive the report of it.
        let _ = file.read_to_end(&mut lines);
    }
    // Drop a line that a full disk has cut: the pipe repeats it.
    let whole = lines.iter().rposition(|byte| *byte == b'\n');
    lines.truncate(whole.map_or(0, |end| end + 1));
    lines.extend(told);
    end_groups(&lines);
    // Whoever goes on with the run tries again, and says why it cannot be.
    let _ = in_image::remove_left_of_run(pods);
    let _ = std::fs::remove_file(notes);
}

fn end_groups(lines: &[u8]) {
    let mut groups = BTreeSet::new();
    let mut announced = None;
    for line in lines.lines().map_while(Result::ok) {
        if let Some(report) = line.strip_prefix('?') {
            announced = Some(report.to_owned());
        } else if let Some(group) = line.strip_prefix('+').and_then(group) {
            announced = None;
            groups.insert(group);
        } else if let Some(group) = line.strip_prefix('-').and_then(group) {
            groups.remove(&group);
        }
    }
    groups.extend(announced.into_iter().flat_map(|report| started(&report)));
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

fn group(text: &str) -> Option<i32> {
    text.parse().ok().filter(|group| *group > 0)
}

/// Finds the process groups of a task that the program was starting.
///
/// The process of the task holds the pipe open until it becomes the task, so it exists by now. The kernel closes the
/// pipe a moment before the environment can be read.
fn started(report: &str) -> Vec<i32> {
    for _ in 0..LOOKS {
        let found = leaders(report);
        if !found.is_empty() {
            return found;
        }
        std::thread::sleep(AGAIN);
    }
    Vec::new()
}

/// Finds each process that leads a group and has the path of a report in its environment.
fn leaders(report: &str) -> Vec<i32> {
    // Systems other than Linux have no such folder.
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let wanted = format!("{}={report}", report::VARIABLE);
    let leaders = processes.filter_map(|entry| {
        let pid = entry.file_name().to_str().and_then(group)?;
        let stat = std::fs::read_to_string(entry.path().join("stat")).ok()?;
        state_and_group(&stat).filter(|(_, group)| *group == pid)?;
        let environment = std::fs::read(entry.path().join("environ")).ok()?;
        let mut variables = environment.split(|byte| *byte == 0);
        variables
            .any(|variable| variable.escape_ascii().to_string() == wanted)
            .then_some(pid)
    });
    leaders.collect()
}

/// Says whether a group has a running process. For the kernel, an ended process exists until its parent has waited for
/// it.
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
    // Systems other than Linux have no such files.
    known.peek().is_none() || known.any(|(state, _)| !matches!(state, 'Z' | 'X'))
}

/// State and group of a process, from a line of `/proc/PID/stat`.
fn state_and_group(stat: &str) -> Option<(char, i32)> {
    // The process name before the last `)` may contain any letters.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    let state = fields.next()?.chars().next()?;
    Some((state, fields.nth(1)?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pipe that deletes the notes before it closes.
    struct Removes<'a>(&'a Path);

    impl Read for Removes<'_> {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            std::fs::remove_file(self.0)?;
            Ok(0)
        }
    }

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
        // The test waits for the process only after `keep` has returned.
        end_groups(words.as_bytes());
        assert!(!left.wait().unwrap().success());
        assert!(other.try_wait().unwrap().is_none());
        other.kill().unwrap();
        other.wait().unwrap();
    }

    #[test]
    fn what_is_told_comes_behind_what_is_noted() {
        let folder = tempfile::tempdir().unwrap();
        let notes = folder.path().join("notes");
        let (mut left, mut other) = (sleeper(), sleeper());
        // A full disk cut the last line, and the pipe repeats it.
        let noted = format!("+{}\n+{}\n-{}", other.id(), left.id(), left.id());
        std::fs::write(&notes, noted).unwrap();
        let told = format!("-{}\n", other.id());
        keep(told.as_bytes(), folder.path(), &notes);
        assert!(!left.wait().unwrap().success());
        assert!(other.try_wait().unwrap().is_none());
        assert!(!notes.exists());
        other.kill().unwrap();
        other.wait().unwrap();
        // Notes count even if somebody removes their file meanwhile.
        let mut left = sleeper();
        std::fs::write(&notes, format!("+{}\n", left.id())).unwrap();
        keep(Removes(&notes), folder.path(), &notes);
        assert!(!left.wait().unwrap().success());
        // Without a file, the pipe has all the notes.
        let mut left = sleeper();
        keep(
            format!("+{}\n", left.id()).as_bytes(),
            folder.path(),
            &notes,
        );
        assert!(!left.wait().unwrap().success());
    }

    #[test]
    fn a_task_that_was_announced_and_not_told_of_is_killed() {
        let report = OsStr::new("/a\nb/report-1.json");
        let mut announced = Command::new("sleep")
            .arg("600")
            .env(report::VARIABLE, report)
            .process_group(0)
            .spawn()
            .unwrap();
        let line = format!("?{}\n", report.as_bytes().escape_ascii());
        let told = format!("{line}+{}\n-{0}\n", announced.id());
        end_groups(told.as_bytes());
        assert!(announced.try_wait().unwrap().is_none());
        end_groups(line.as_bytes());
        assert!(!announced.wait().unwrap().success());
    }

    #[test]
    fn the_name_of_a_process_can_hold_anything() {
        let stat = "12 (a) b) R 1 77 77 0 -1";
        assert_eq!(state_and_group(stat), Some(('R', 77)));
        assert_eq!(state_and_group("nothing"), None);
    }
}
