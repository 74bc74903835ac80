//! Locks of Workflows (`synchronization`) that runs in one folder share.

use engine::{LocksOfOthers, OwnLock};
use jiff::Timestamp;
use runs::{History, LockOfRun, RunLock};

use crate::record::store::Store;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Locks that other runs hold or wait for. A run whose program has ended holds none.
///
/// # Arguments
///
/// * `turn`: Priority of this run, and its creation time: a higher priority comes first, then an earlier time
///   (`workflow/sync/priority_queue.go`).
///
/// # Errors
///
/// The locks cannot be read.
pub(super) fn of_others(
    (history, store): (&History, &Store),
    run: &str,
    (priority, created): (i64, Timestamp),
) -> Result<LocksOfOthers, Failure> {
    let works = |run: &str, program: &str| {
        // A program that cannot be checked may still work.
        let holder = RunLock::holder(&store.run(run));
        holder.map_or(true, |holder| {
            holder.is_some_and(|holder| holder.id == program)
        })
    };
    let mut found = LocksOfOthers::default();
    for other in history.locks_of_others(run, works)? {
        let turn = |priority: i64, created: Timestamp, run: &str| {
            (std::cmp::Reverse(priority), created, run.to_owned())
        };
        let is_before =
            turn(other.priority, other.created, &other.run) < turn(priority, created, run);
        if other.lock.is_held {
            *found.held.entry(other.lock.key).or_default() += 1;
        } else if is_before {
            found.wanted_before.insert(other.lock.key);
        }
    }
    Ok(found)
}

/// Records which locks a run holds or waits for.
///
/// # Errors
///
/// The locks cannot be written.
pub(super) fn put(
    history: &History,
    (run, program): (&str, &str),
    turn: (i64, Timestamp),
    locks: &[OwnLock],
) -> Result<(), Failure> {
    let locks: Vec<LockOfRun> = locks
        .iter()
        .map(|lock| LockOfRun {
            key: lock.key.clone(),
            node: lock.node.clone(),
            is_held: lock.is_held,
        })
        .collect();
    Ok(history.put_locks(run, program, turn, &locks)?)
}
