//! Ends the tasks of a program that is gone.
//!
//! A program that is killed can end nothing any more. So the program notes in a file which process groups are tasks, and a
//! small process beside it kills what is left of them when the program's end of a pipe closes. As long as that takes it
//! holds a lock: whoever goes on with the run waits for it. What cannot be noted in the file is told through the pipe, and
//! wakes the process each time. What a user's code has put into a group of its own is no task, and holds nothing.
//!
//! A program can be killed between the start of a task and the line that tells of it. So it
//! announces the start with the path of the task's report, which is in the task's environment.

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

/// Pause between two looks at a killed group.
const AGAIN: Duration = Duration::from_millis(5);

/// Number of looks for a task that was starting. There may be none.
const LOOKS: u32 = 40;

/// The process that ends the tasks of this one.
#[derive(Debug)]
pub struct Keeper {
    process: Child,
    /// File of the notes; none where it cannot be written.
    notes: Option<File>,
    /// Lines that it has not been told yet.
    untold: String,
}

impl Keeper {
    /// Starts it: `program` with `words`, and `pods` and `notes` behind them, has to call [`keep`].
    ///
    /// The process has `lock` as its standard output and writes nothing to it.
    pub fn start(
        program: &Path,
        words: &[&str],
        pods: &Path,
        notes: &Path,
        lock: File,
    ) -> io::Result<Self> {
        // Those of an earlier program are of no use: it has ended, and so have its tasks.
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
            // Ctrl-C on the terminal is the program's to handle.
            .process_group(0)
            .spawn()?;
        Ok(Self {
            process,
            notes: file,
            untold: String::new(),
        })
    }

    /// Tells it that a task starts that writes its report to a path.
    pub(crate) fn announce(&mut self, report: &OsStr) {
        let report = report.as_bytes().escape_ascii();
        self.untold.push_str(&format!("?{report}\n"));
        self.tell();
    }

    /// Notes a process group that is a task, the one that was announced last.
    pub(crate) fn add(&mut self, group: i32) {
        self.untold.push_str(&format!("+{group}\n"));
    }

    /// Notes that a task has ended.
    pub(crate) fn remove(&mut self, group: i32) {
        self.untold.push_str(&format!("-{group}\n"));
    }

    /// Tells it what was noted. It is to know that before the program waits for anything.
    pub(crate) fn tell(&mut self) {
        if self.untold.is_empty() {
            return;
        }
        let noted = self
            .notes
            .as_mut()
            .map(|notes| notes.write_all(self.untold.as_bytes()));
        if !matches!(noted, Some(Ok(()))) {
            // From now on, so that the lines stay in their order.
            self.notes = None;
            // Somebody may have ended it: the run goes on without.
            if let Some(pipe) = &mut self.process.stdin {
                let _ = pipe.write_all(self.untold.as_bytes());
            }
        }
        self.untold.clear();
    }
}

/// Does the work of the process beside a program: waits for the end of the program, reads which groups are tasks, and kills
/// those that are left.
///
/// # Arguments
///
/// * `pipe`: Pipe that closes when the program ends.
/// * `pods`: Folder with the files of the run's pods: containers that run in their images outlive their processes.
/// * `notes`: File of the notes.
pub fn keep(mut pipe: impl Read, pods: &Path, notes: &Path) {
    // There may be none: then all of it is told. It is opened first, since somebody may remove the folder meanwhile.
    let file = File::open(notes);
    let (mut lines, mut told) = (Vec::new(), Vec::new());
    // A pipe that cannot be read has closed.
    let _ = pipe.read_to_end(&mut told);
    if let Ok(mut file) = file {
        // Nobody would hear that it cannot be read.
        let _ = file.read_to_end(&mut lines);
    }
    // A line that a full disk has cut is told again.
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

/// The groups of a task that the program was starting.
///
/// The process of the task has the pipe open until it becomes the task, so it is there now. The kernel closes
/// the pipe a moment before the environment can be read.
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

/// The group of each process that leads one and has the path of a report in its environment.
fn leaders(report: &str) -> Vec<i32> {
    // Without such a folder it is not Linux.
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

/// Says whether a group has a process that runs. One that has ended and that nobody has asked for
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

    /// A pipe that closes when the notes are gone.
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
        // Nobody asks for its end here until `keep` has come back.
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
        // The last line was cut by a full disk, and told again.
        let noted = format!("+{}\n+{}\n-{}", other.id(), left.id(), left.id());
        std::fs::write(&notes, noted).unwrap();
        let told = format!("-{}\n", other.id());
        keep(told.as_bytes(), folder.path(), &notes);
        assert!(!left.wait().unwrap().success());
        assert!(other.try_wait().unwrap().is_none());
        assert!(!notes.exists());
        other.kill().unwrap();
        other.wait().unwrap();
        // Notes that somebody removes meanwhile count all the same.
        let mut left = sleeper();
        std::fs::write(&notes, format!("+{}\n", left.id())).unwrap();
        keep(Removes(&notes), folder.path(), &notes);
        assert!(!left.wait().unwrap().success());
        // Without notes, all is told.
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
