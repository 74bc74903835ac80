//! Measures the memory of running tasks at intervals.

use std::time::Duration;

use pod::held_by;
use tokio::sync::mpsc::Sender;
use tokio::sync::watch;

use crate::message::Message;

/// Wait before the first look: most trivial tasks end sooner.
const FIRST: Duration = Duration::from_millis(100);
/// Time between two looks.
const PAUSE: Duration = Duration::from_millis(200);
/// Limit on the cost of measuring: one part in this many of a processor's time.
const SHARE: u32 = 25;
/// Longest pause between two looks, with any number of processes.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// A running task: its number, and the root of its processes.
pub(crate) type Watched = (usize, i32);

/// Reports the memory that running tasks hold, until the sender of `running` is dropped.
pub(crate) async fn look(mut running: watch::Receiver<Vec<Watched>>, messages: Sender<Message>) {
    let mut pause = FIRST;
    while running.wait_for(|tasks| !tasks.is_empty()).await.is_ok() {
        tokio::time::sleep(pause).await;
        let tasks = running.borrow().clone();
        if tasks.is_empty() {
            continue;
        }
        // Reading many processes takes a while, and must not block the tasks.
        let read = tokio::task::spawn_blocking(move || {
            let before = busy();
            let roots: Vec<i32> = tasks.iter().map(|(_, root)| *root).collect();
            let held = held_by(&roots);
            let held = tasks.into_iter().map(|(unit, _)| unit).zip(held);
            (held, busy().saturating_sub(before))
        });
        let Ok((held, cost)) = read.await else { return };
        for (unit, bytes) in held.filter(|(_, bytes)| *bytes > 0) {
            let _ = messages.send(Message::Holds { unit, bytes }).await;
        }
        pause = (cost * SHARE).clamp(PAUSE, LONGEST_PAUSE);
    }
}

/// Measures how long this thread has kept a processor busy.
fn busy() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    time.try_into().unwrap_or_default()
}
