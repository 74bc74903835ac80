//! Memory limit of this program's container, from its control group: a killed process gets no other message about it.

use std::path::Path;

/// Folder of the control groups in a container.
const CONTROL_GROUPS: &str = "/sys/fs/cgroup";
/// Lower bound of the value that version 1 reports without a limit; the value depends on the page size.
const NO_LIMIT: u64 = 1 << 62;

/// Memory limit of a container, as far as it is known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MemoryLimit {
    /// Limit in bytes; none if there is none, or if it cannot be read.
    pub bytes: Option<u64>,
    /// Set if a process was killed because of the limit.
    pub has_killed: bool,
}

/// Reads the limit of this container.
pub(crate) fn read() -> MemoryLimit {
    read_in(Path::new(CONTROL_GROUPS))
}

/// Reads both versions of control groups
/// (`Documentation/admin-guide/cgroup-v2.rst` and `cgroup-v1/memory.rst` of Linux).
fn read_in(folder: &Path) -> MemoryLimit {
    let text = |names: [&str; 2]| {
        let found = names
            .iter()
            .find_map(|name| fs_err::read_to_string(folder.join(name)).ok());
        found.unwrap_or_default()
    };
    let limit = text(["memory.max", "memory/memory.limit_in_bytes"]);
    let events = text(["memory.events", "memory/memory.oom_control"]);
    let killed = events
        .lines()
        .find_map(|line| line.strip_prefix("oom_kill "))
        .and_then(|count| count.trim().parse::<u64>().ok());
    MemoryLimit {
        bytes: limit.trim().parse().ok().filter(|bytes| *bytes < NO_LIMIT),
        has_killed: killed.is_some_and(|count| count > 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(files: &[(&str, &str)]) -> MemoryLimit {
        let folder = tempfile::tempdir().unwrap();
        fs_err::create_dir(folder.path().join("memory")).unwrap();
        for (name, text) in files {
            fs_err::write(folder.path().join(name), text).unwrap();
        }
        read_in(folder.path())
    }

    #[test]
    fn both_versions_of_control_groups_are_read() {
        let exceeded = MemoryLimit {
            bytes: Some(1 << 30),
            has_killed: true,
        };
        let second = [
            ("memory.max", "1073741824\n"),
            ("memory.events", "low 0\noom 1\noom_kill 1\n"),
        ];
        assert_eq!(read(&second), exceeded);
        let first = [
            ("memory/memory.limit_in_bytes", "1073741824\n"),
            (
                "memory/memory.oom_control",
                "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n",
            ),
        ];
        assert_eq!(read(&first), exceeded);
        let unlimited = [("memory.max", "max\n"), ("memory.events", "oom_kill 0\n")];
        assert_eq!(read(&unlimited), MemoryLimit::default());
        let unlimited = [("memory/memory.limit_in_bytes", "9223372036854771712\n")];
        assert_eq!(read(&unlimited), MemoryLimit::default());
        assert_eq!(read(&[]), MemoryLimit::default());
    }
}
