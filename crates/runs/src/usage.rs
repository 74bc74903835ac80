//! Resources that attempts of tasks used, over all runs.
//!
//! One row per attempt, in a table of its own that the first write creates. So the history of an older version needs no
//! change, and an older program that does not know the table still reads and writes the rest. For an attempt without a
//! row, the table of tasks has the time and memory of the last attempt.

use jiff::Timestamp;
use rusqlite::{Connection, params};

use crate::has_table::prepared;
use crate::{Cause, Phase, RunEvent};

/// Definition of the table; `event` and `task` do not change, for older programs.
const TABLE: &str = "
    CREATE TABLE IF NOT EXISTS usage (
        run TEXT NOT NULL REFERENCES run (name) ON UPDATE CASCADE ON DELETE CASCADE,
        task TEXT NOT NULL,
        attempt INTEGER NOT NULL,
        phase TEXT NOT NULL,
        started TEXT,
        finished TEXT NOT NULL,
        out_of_memory INTEGER NOT NULL,
        peak_memory INTEGER,
        cpu_milliseconds INTEGER,
        milliseconds INTEGER,
        PRIMARY KEY (run, task, attempt)
    ) STRICT, WITHOUT ROWID;";

/// Records the resources of an attempt, if the event is its end. Call this in a write transaction.
///
/// # Arguments
///
/// * `started`: Start time of the task's last attempt.
pub(crate) fn put(
    connection: &Connection,
    run: &str,
    at: Timestamp,
    event: &RunEvent,
    started: Option<Timestamp>,
) -> rusqlite::Result<()> {
    let (task, attempt, phase, message, exit_code, cause, used) = match event {
        RunEvent::AttemptFailed {
            task,
            attempt: Some(attempt),
            message,
            exit_code,
            cause,
            used,
        } => (
            task,
            attempt,
            Phase::Failed,
            message,
            exit_code,
            cause,
            used,
        ),
        RunEvent::TaskFinished {
            task,
            attempt: Some(attempt),
            phase,
            message,
            exit_code,
            cause,
            used,
        } => (task, attempt, *phase, message, exit_code, cause, used),
        _ => return Ok(()),
    };
    let number = |amount: Option<u64>| amount.and_then(|amount| i64::try_from(amount).ok());
    let started = started.filter(|it| *it <= at);
    let insert = "INSERT OR REPLACE INTO usage (run, task, attempt, phase, started, finished, out_of_memory, peak_memory,
             cpu_milliseconds, milliseconds) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
    prepared(connection, "usage", TABLE, insert)?.execute(params![
        run,
        task,
        attempt,
        phase.as_str(),
        started.map(|at| at.to_string()),
        at.to_string(),
        ran_out_of_memory(phase, *exit_code, message.as_deref(), cause.as_ref()),
        number(used.peak_memory),
        number(used.cpu_milliseconds),
        number(used.milliseconds),
    ])?;
    Ok(())
}

/// Says whether an attempt ran out of memory. Exit code 137 is any SIGKILL: a program that stops a run, deletes a pod
/// or removes a machine sends one as well, and leaves a message.
pub(crate) fn ran_out_of_memory(
    phase: Phase,
    exit_code: Option<i32>,
    message: Option<&str>,
    cause: Option<&Cause>,
) -> bool {
    // Texts of Kubernetes, and of `argo-kedro exec`.
    const SURE: [&str; 2] = ["OOMKilled", "out of memory ("];
    // Texts of `retry` about a lost pod, and of the engine and Argo about a stopped run.
    const OTHERS: [&str; 10] = [
        "stopped",
        "workflow shutdown",
        "deleted",
        "node shutdown",
        "shutting down",
        "preempt",
        "evict",
        "low on resource",
        "deadline",
        "timeout",
    ];
    /// Text before the number of a signal: earlier versions used exit code 137 for any signal.
    const KILLED: &str = "killed by signal ";
    if !matches!(phase, Phase::Failed | Phase::Error) {
        return false;
    }
    let cause = cause.map_or("", |cause| cause.message.as_str());
    let texts = [message.unwrap_or_default(), cause];
    if texts
        .iter()
        .any(|text| SURE.iter().any(|sure| text.contains(sure)))
    {
        return true;
    }
    let is_other = |text: &&str| {
        let text = text.to_lowercase();
        let signal = text.split_once(KILLED).map(|(_, rest)| {
            let digits = rest.chars().take_while(char::is_ascii_digit);
            digits.collect::<String>()
        });
        OTHERS.iter().any(|other| text.contains(other)) || signal.is_some_and(|it| it != "9")
    };
    exit_code == Some(137) && !texts.iter().any(is_other)
}
