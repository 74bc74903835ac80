//! Memory that the processes of a task hold together.
//!
//! The kernel remembers the maximum of each process, but a cluster counts all processes of a container. So this module
//! adds them up at intervals, from `/proc` on Linux.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Folder of the processes on Linux.
const PROCESSES: &str = "/proc";
/// Maximum number of generations to follow upwards.
const MOST_GENERATIONS: usize = 100;

/// Memory in bytes of each process with all its descendants: the current sum, or the past maximum of one of them if
/// that is larger. Zero for a process that has ended, and on systems without `/proc`.
pub fn held_by(roots: &[i32]) -> Vec<u64> {
    held_in(Path::new(PROCESSES), roots)
}

fn held_in(folder: &Path, roots: &[i32]) -> Vec<u64> {
    let parents = parents(folder);
    let mut members: BTreeMap<i32, Vec<i32>> = BTreeMap::new();
    for (process, origin) in &parents {
        if let Some(root) = root_of(*process, origin, &parents, roots) {
            members.entry(root).or_default().push(*process);
        }
    }
    roots
        .iter()
        .map(|root| {
            members
                .get(root)
                .map_or(0, |tree| held_together(folder, tree))
        })
        .collect()
}

/// Parent and group of a process.
struct Origin {
    parent: i32,
    group: i32,
}

/// Lists all processes.
fn parents(folder: &Path) -> BTreeMap<i32, Origin> {
    let Ok(entries) = fs_err::read_dir(folder) else {
        return BTreeMap::new();
    };
    let processes = entries.filter_map(|entry| {
        let process: i32 = entry.ok()?.file_name().to_str()?.parse().ok()?;
        // The process may have ended by now.
        let stat = fs_err::read(process_file(folder, process, "stat")).ok()?;
        Some((process, origin(&String::from_utf8_lossy(&stat))?))
    });
    processes.collect()
}

/// Parses `pid (name) state ppid pgrp …`; the name may contain anything (`proc_pid_stat(5)`).
fn origin(stat: &str) -> Option<Origin> {
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_ascii_whitespace().skip(1);
    Some(Origin {
        parent: fields.next()?.parse().ok()?,
        group: fields.next()?.parse().ok()?,
    })
}

/// Root of a process, by its group or by its ancestors. A process whose parent has ended is still in the group, unless
/// it left on purpose.
fn root_of(
    process: i32,
    origin: &Origin,
    parents: &BTreeMap<i32, Origin>,
    roots: &[i32],
) -> Option<i32> {
    let (mut process, mut origin) = (process, origin);
    for _ in 0..MOST_GENERATIONS {
        for candidate in [process, origin.group] {
            if roots.contains(&candidate) {
                return Some(candidate);
            }
        }
        process = origin.parent;
        origin = parents.get(&process)?;
    }
    None
}

fn held_together(folder: &Path, tree: &[i32]) -> u64 {
    let alone = tree.iter().map(|process| most_ever(folder, *process)).max();
    let alone = alone.unwrap_or_default();
    if tree.len() < 2 {
        return alone;
    }
    // Memory that several processes share, e.g. after a fork, counts once.
    let parts: Vec<(u64, u64)> = tree
        .iter()
        .map(|process| own_and_shared(folder, *process))
        .collect();
    let own: u64 = parts.iter().map(|(own, _)| own).sum();
    let shared = parts.iter().map(|(_, shared)| *shared).max();
    alone.max(own + shared.unwrap_or_default())
}

/// Maximum that a process ever held by itself (`VmHWM`).
fn most_ever(folder: &Path, process: i32) -> u64 {
    let amounts = amounts(&process_file(folder, process, "status"));
    amounts.get("VmHWM").copied().unwrap_or_default()
}

/// Reads the private memory of a process, and the memory that it shares (`Documentation/filesystems/proc.rst` of
/// Linux).
fn own_and_shared(folder: &Path, process: i32) -> (u64, u64) {
    let amounts = amounts(&process_file(folder, process, "smaps_rollup"));
    let amount = |name| amounts.get(name).copied().unwrap_or_default();
    let own = amount("Private_Clean") + amount("Private_Dirty") + amount("Private_Hugetlb");
    (own, amount("Shared_Clean") + amount("Shared_Dirty"))
}

/// Parses lines like `VmHWM:  1234 kB`; amounts in bytes.
fn amounts(file: &Path) -> BTreeMap<String, u64> {
    // The process may have ended, or belong to another user.
    let text = fs_err::read_to_string(file).unwrap_or_default();
    let amounts = text.lines().filter_map(|line| {
        let (name, amount) = line.split_once(':')?;
        let kibibytes: u64 = amount.trim().strip_suffix(" kB")?.parse().ok()?;
        Some((name.to_owned(), kibibytes * 1024))
    });
    amounts.collect()
}

fn process_file(folder: &Path, process: i32, name: &str) -> PathBuf {
    folder.join(process.to_string()).join(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A process: id, parent, group, maximum, private memory and shared memory, in KiB.
    type Process = (i32, i32, i32, u64, u64, u64);

    fn held(processes: &[Process], roots: &[i32]) -> Vec<u64> {
        let folder = tempfile::tempdir().unwrap();
        for (process, parent, group, most, own, shared) in processes {
            let write = |name: &str, text: String| {
                let file = process_file(folder.path(), *process, name);
                fs_err::create_dir_all(file.parent().unwrap()).unwrap();
                fs_err::write(file, text).unwrap();
            };
            write("stat", format!("{process} (a) b) S {parent} {group} 1 0"));
            write("status", format!("Name:\ta b\nVmHWM:\t{most} kB\n"));
            write(
                "smaps_rollup",
                format!(
                    "55-7f ---p 00 00:00 0 [rollup]\nRss: 9 kB\nShared_Clean: {shared} kB\n\
                     Shared_Dirty: 0 kB\nPrivate_Clean: 1 kB\nPrivate_Dirty: {} kB\n",
                    own - 1
                ),
            );
        }
        held_in(folder.path(), roots)
            .iter()
            .map(|bytes| bytes / 1024)
            .collect()
    }

    #[test]
    fn the_processes_of_a_task_are_added_up() {
        // A worker; its task, with two workers of a pool that share 50 with it, one with a child; another task; an
        // unrelated process.
        let processes = [
            (10, 1, 10, 500, 400, 50),
            (20, 10, 20, 100, 40, 50),
            (21, 20, 20, 90, 30, 50),
            (22, 20, 22, 90, 35, 50),
            (23, 22, 22, 9, 3, 4),
            (30, 10, 30, 77, 60, 10),
            (40, 1, 40, 1000, 900, 0),
        ];
        assert_eq!(held(&processes, &[20, 30, 99]), [158, 77, 0]);
    }

    #[test]
    fn a_process_whose_parent_is_gone_counts_by_its_group() {
        let processes = [(20, 1, 20, 10, 10, 1), (21, 1, 20, 10, 5, 1)];
        assert_eq!(held(&processes, &[20]), [16]);
        // The first process has ended, and its child continues.
        assert_eq!(held(&processes[1..], &[20]), [10]);
    }

    #[test]
    fn the_most_that_one_held_is_not_forgotten() {
        let processes = [(20, 1, 20, 1000, 10, 1), (21, 20, 20, 10, 5, 1)];
        assert_eq!(held(&processes, &[20]), [1000]);
    }

    #[test]
    fn parents_in_a_circle_end() {
        assert_eq!(held(&[(2, 3, 2, 1, 1, 0), (3, 2, 3, 1, 1, 0)], &[9]), [0]);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_holds_memory() {
        let own = i32::try_from(std::process::id()).unwrap();
        assert!(held_by(&[own])[0] > 0);
    }
}
