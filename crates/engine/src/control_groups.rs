//! Control groups of Linux: the kernel kills a pod that holds more memory than its limit.
//!
//! Both versions work where this program may make groups below its own
//! (`Documentation/admin-guide/cgroup-v2.rst` and `cgroup-v1/memory.rst` of Linux).

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process;

/// Folder of the control groups.
const ROOT: &str = "/sys/fs/cgroup";
/// Limit of the group that `find` creates as a test, in bytes.
const ENOUGH: u64 = 1 << 30;

/// Place in which this program makes control groups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ControlGroups {
    /// Folder of this program's own group.
    own: PathBuf,
    version: Version,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Version {
    One,
    Two,
}

/// Control group of one pod. Dropping it removes the group, if its processes have ended.
#[derive(Debug)]
pub(crate) struct ControlGroup {
    folder: PathBuf,
    version: Version,
}

impl ControlGroups {
    /// Finds the place for groups, and tests it by creating one.
    ///
    /// # Returns
    ///
    /// None if the kernel has no groups for memory, or if this program may not create any.
    pub fn find() -> Option<Self> {
        let own = fs::read_to_string("/proc/self/cgroup").ok()?;
        let groups = Self::of_process(&own, Path::new(ROOT))?;
        for entry in fs::read_dir(&groups.own).ok()?.flatten() {
            if is_left(&entry.file_name().to_string_lossy()) {
                // A group that still has processes stays.
                let _ = fs::remove_dir(entry.path());
            }
        }
        groups.make("try", ENOUGH).ok()?;
        Some(groups)
    }

    /// Reads the group of a process from its `/proc/PID/cgroup`.
    fn of_process(text: &str, root: &Path) -> Option<Self> {
        let group = |controller: &str| {
            text.lines().find_map(|line| {
                let mut fields = line.splitn(3, ':').skip(1);
                let controllers = fields.next()?;
                let path = fields.next()?;
                let is_meant = controllers.split(',').any(|known| known == controller);
                is_meant.then(|| path.trim_start_matches('/').to_owned())
            })
        };
        if let Some(path) = group("memory") {
            return Some(Self {
                own: root.join("memory").join(path),
                version: Version::One,
            });
        }
        Some(Self {
            own: root.join(group("")?),
            version: Version::Two,
        })
    }

    /// Creates the group of a pod.
    ///
    /// # Arguments
    ///
    /// * `name`: Name that no other group of this program has.
    /// * `limit`: Bytes of memory.
    ///
    /// # Errors
    ///
    /// The kernel refuses the group, or the group has no limit for memory.
    pub(crate) fn make(&self, name: &str, limit: u64) -> io::Result<ControlGroup> {
        let folder = self.own.join(format!("{PREFIX}{}-{name}", process::id()));
        fs::create_dir(&folder)?;
        // If a limit cannot be set, the drop removes the group.
        let group = ControlGroup {
            folder,
            version: self.version,
        };
        let (memory, others) = match self.version {
            Version::One => (
                "memory.limit_in_bytes",
                vec![("memory.memsw.limit_in_bytes", limit)],
            ),
            // With `oom.group`, as the kubelet sets it, the kernel kills all processes of the pod.
            Version::Two => (
                "memory.max",
                vec![("memory.swap.max", 0), ("memory.oom.group", 1)],
            ),
        };
        group.set(memory, limit)?;
        for (file, value) in others {
            // A kernel without swap has no such file.
            match group.set(file, value) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(group)
    }
}

impl ControlGroup {
    /// Folder of the group.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Says whether the kernel killed a process of the pod because of the limit.
    pub(crate) fn has_killed(&self) -> bool {
        let file = match self.version {
            Version::One => "memory.oom_control",
            Version::Two => "memory.events",
        };
        let events = fs::read_to_string(self.folder.join(file));
        events.is_ok_and(|events| {
            let mut lines = events.lines();
            let count = lines.find_map(|line| line.strip_prefix("oom_kill "));
            count.is_some_and(|count| count.trim() != "0")
        })
    }

    fn set(&self, file: &str, value: u64) -> io::Result<()> {
        // Do not create a missing file: only the kernel's own files have an effect.
        let mut options = fs::OpenOptions::new();
        let mut file = options.write(true).open(self.folder.join(file))?;
        io::Write::write_all(&mut file, value.to_string().as_bytes())
    }
}

impl Drop for ControlGroup {
    fn drop(&mut self) {
        // A group with processes stays; a later run removes it.
        let _ = fs::remove_dir(&self.folder);
    }
}

/// Beginning of the names of all groups; the process id of the program follows.
const PREFIX: &str = "argo-kedro-";

/// Says whether a group belongs to a program that has ended.
fn is_left(group: &str) -> bool {
    let pid = group
        .strip_prefix(PREFIX)
        .and_then(|rest| rest.split('-').next());
    let pid = pid.filter(|pid| pid.parse::<u32>().is_ok());
    pid.is_some_and(|pid| !Path::new("/proc").join(pid).exists())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_group_of_a_process_is_found_in_both_versions() {
        let root = Path::new("/groups");
        let found = |text: &str| {
            let groups = ControlGroups::of_process(text, root)?;
            Some((groups.own.display().to_string(), groups.version))
        };
        let first = "9:name=systemd:/x\n4:cpu,memory:/a/b:c\n0::/\n";
        let expected = ("/groups/memory/a/b:c".to_owned(), Version::One);
        assert_eq!(found(first), Some(expected));
        let expected = ("/groups/user.slice/a".to_owned(), Version::Two);
        assert_eq!(found("0::/user.slice/a\n"), Some(expected));
        assert_eq!(found("1:cpu:/\n"), None);
        assert_eq!(found("nonsense"), None);
    }

    #[test]
    fn groups_of_programs_that_run_are_kept() {
        assert!(!is_left(&format!("{PREFIX}{}-1", process::id())));
        // Process ids are smaller.
        assert!(is_left(&format!("{PREFIX}4194999999-try")));
        for other in ["argo-kedro-x-1", "kubepods", "argo-kedro-", "4194999999"] {
            assert!(!is_left(other), "{other}");
        }
    }

    #[test]
    fn a_folder_that_is_no_control_group_gets_no_limit() {
        let root = tempfile::tempdir().unwrap();
        for version in [Version::One, Version::Two] {
            let groups = ControlGroups {
                own: root.path().to_owned(),
                version,
            };
            assert!(groups.make("a", 1).is_err(), "{version:?}");
            assert_eq!(fs::read_dir(root.path()).unwrap().count(), 0);
        }
    }
}
