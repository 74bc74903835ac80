//! Stored state of runs: each event updates it, so that reading the state needs no events.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::columns::{json, moment, parsed, phase, unreadable};
use crate::event::Scope;
use crate::{Phase, RunEvent, RunState, TaskState, usage};

/// Records an event with the new state, unless the event is on record. Call this in a write transaction.
///
/// # Arguments
///
/// * `state`: Recorded state of the run, or at least the part that the event changes. The event is applied to it.
///
/// Says whether the event was new.
pub(crate) fn put(
    connection: &Connection,
    run: &str,
    at: Timestamp,
    event: &RunEvent,
    state: &mut RunState,
) -> rusqlite::Result<bool> {
    let event = state.numbered(event.clone());
    let key = key(at, &event);
    if let Some(key) = &key {
        let known = connection
            .prepare_cached("SELECT 1 FROM event WHERE run = ?1 AND key = ?2")?
            .exists([run, key])?;
        if known {
            return Ok(false);
        }
    }
    let (tasks, succeeded) = (state.tasks.len(), has_succeeded(state, &event));
    if !state.apply(at, &event) {
        return Ok(false);
    }
    put_event(connection, run, at, &event, key.as_deref())?;
    match event.scope() {
        Scope::Nothing => {}
        Scope::Run => save_run(connection, run, state)?,
        Scope::All => save(connection, run, state)?,
        Scope::Task(name) => {
            if let Some(task) = state.tasks.get(name) {
                save_task(connection, run, name, task)?;
                usage::put(connection, run, at, &event, task.started)?;
            }
            count(
                connection,
                run,
                state.tasks.len() - tasks,
                i64::from(has_succeeded(state, &event)) - i64::from(succeeded),
            )?;
        }
    }
    Ok(true)
}

/// Writes only an event. Call this in a write transaction.
///
/// # Arguments
///
/// * `key`: Key of the event; none if a single program writes about the run.
pub(crate) fn put_event(
    connection: &Connection,
    run: &str,
    at: Timestamp,
    event: &RunEvent,
    key: Option<&str>,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO event (run, number, at, event, key) VALUES
             (?1, (SELECT coalesce(max(number), 0) + 1 FROM event WHERE run = ?1), ?2, ?3, ?4)",
        )?
        .execute(params![run, at.to_string(), json(event)?, key])?;
    Ok(())
}

/// Says whether the task of an event has succeeded.
pub(crate) fn has_succeeded(state: &RunState, event: &RunEvent) -> bool {
    let Scope::Task(name) = event.scope() else {
        return false;
    };
    let task = state.tasks.get(name);
    task.is_some_and(|task| task.phase == Phase::Succeeded)
}

/// Unique key of an event within its run; none for an event that may repeat.
fn key(at: Timestamp, event: &RunEvent) -> Option<String> {
    // Events that belong to no attempt have a time, and may repeat after a retry.
    let once = |what: &str| Some(format!("{at} {what}"));
    match event {
        RunEvent::LogLine { .. } | RunEvent::RunWaiting { .. } | RunEvent::TaskWaiting { .. } => {
            None
        }
        RunEvent::RunStarted { tasks, .. } => once(&format!("run_started {}", tasks.len())),
        RunEvent::RunFinished { .. } => once("run_finished"),
        RunEvent::TaskStarted { task, attempt } => {
            attempt.map(|number| format!("{task} {number} task_started"))
        }
        RunEvent::AttemptFailed { task, attempt, .. } => {
            attempt.map(|number| format!("{task} {number} attempt_failed"))
        }
        RunEvent::TaskFinished { task, attempt, .. } => match attempt {
            Some(number) => Some(format!("{task} {number} task_finished")),
            None => once(&format!("{task} task_finished")),
        },
        RunEvent::TaskOmitted { task } => once(&format!("{task} task_omitted")),
        RunEvent::TaskSkipped { task, .. } => once(&format!("{task} task_skipped")),
    }
}

/// Loads the part of a run's state that an event changes.
pub(crate) fn load_for(
    connection: &Connection,
    run: &str,
    event: &RunEvent,
) -> rusqlite::Result<RunState> {
    match event.scope() {
        Scope::Nothing => Ok(RunState::default()),
        Scope::Run => load_run(connection, run),
        Scope::Task(task) => load_task(connection, run, task),
        Scope::All => load(connection, run),
    }
}

/// Loads the state of a run with all tasks.
pub(crate) fn load(connection: &Connection, run: &str) -> rusqlite::Result<RunState> {
    let mut state = load_run(connection, run)?;
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {TASK} FROM task WHERE run = ?1 ORDER BY position"
    ))?;
    let mut rows = statement.query([run])?;
    while let Some(row) = rows.next()? {
        state.tasks.insert(row.get(0)?, task(row)?);
    }
    Ok(state)
}

/// Loads the state of a run with one task.
fn load_task(connection: &Connection, run: &str, name: &str) -> rusqlite::Result<RunState> {
    let mut state = load_run(connection, run)?;
    let known = connection
        .prepare_cached(&format!(
            "SELECT {TASK} FROM task WHERE run = ?1 AND name = ?2"
        ))?
        .query_row([run, name], task)
        .optional()?;
    if let Some(task) = known {
        state.tasks.insert(name.to_owned(), task);
    }
    Ok(state)
}

fn load_run(connection: &Connection, run: &str) -> rusqlite::Result<RunState> {
    let state = connection
        .prepare_cached("SELECT phase, message, started, finished FROM run WHERE name = ?1")?
        .query_row([run], |row| {
            Ok(RunState {
                phase: phase(row, 0)?,
                message: row.get(1)?,
                started: moment(row, 2)?,
                finished: moment(row, 3)?,
                ..RunState::default()
            })
        })
        .optional()?;
    Ok(state.unwrap_or_default())
}

/// Columns of a task, as [`task`] reads them.
const TASK: &str = "name, nodes, upstream, phase, attempts, attempts_now, waiting, started, finished, message, \
     exit_code, peak_memory, cause, before";

fn task(row: &Row<'_>) -> rusqlite::Result<TaskState> {
    Ok(TaskState {
        nodes: parsed(row, 1)?.unwrap_or_default(),
        upstream: parsed(row, 2)?.unwrap_or_default(),
        phase: phase(row, 3)?,
        attempts: row.get(4)?,
        attempts_now: row.get(5)?,
        waiting: moment(row, 6)?,
        started: moment(row, 7)?,
        finished: moment(row, 8)?,
        message: row.get(9)?,
        exit_code: row.get(10)?,
        peak_memory: row
            .get::<_, Option<i64>>(11)?
            .and_then(|bytes| u64::try_from(bytes).ok()),
        cause: parsed(row, 12)?,
        before: parsed(row, 13)?,
    })
}

/// Writes the whole state of a run.
pub(crate) fn save(connection: &Connection, run: &str, state: &RunState) -> rusqlite::Result<()> {
    for (position, (name, task)) in state.tasks.iter().enumerate() {
        put_task(connection, run, name, number(position), task)?;
    }
    connection
        .prepare_cached("UPDATE run SET tasks = 0, succeeded = 0 WHERE name = ?1")?
        .execute([run])?;
    let succeeded = number(state.count(Phase::Succeeded));
    count(connection, run, state.tasks.len(), succeeded)?;
    save_run(connection, run, state)
}

/// Writes the state of a run without its tasks.
pub(crate) fn save_run(
    connection: &Connection,
    run: &str,
    state: &RunState,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "UPDATE run SET phase = ?2, message = ?3, started = ?4, finished = ?5 WHERE name = ?1",
        )?
        .execute(params![
            run,
            state.phase.as_str(),
            state.message,
            text(state.started),
            text(state.finished),
        ])?;
    Ok(())
}

/// Updates the counts of tasks and of successful tasks.
pub(crate) fn count(
    connection: &Connection,
    run: &str,
    tasks: usize,
    succeeded: i64,
) -> rusqlite::Result<()> {
    if tasks == 0 && succeeded == 0 {
        return Ok(());
    }
    connection
        .prepare_cached(
            "UPDATE run SET tasks = tasks + ?2, succeeded = succeeded + ?3 WHERE name = ?1",
        )?
        .execute(params![run, number(tasks), succeeded])?;
    Ok(())
}

/// Writes the state of a changed task.
pub(crate) fn save_task(
    connection: &Connection,
    run: &str,
    name: &str,
    task: &TaskState,
) -> rusqlite::Result<()> {
    let written = connection
        .prepare_cached(
            "UPDATE task SET phase = ?3, attempts = ?4, attempts_now = ?5, waiting = ?6, started = ?7, finished = ?8,
                 message = ?9, exit_code = ?10, peak_memory = ?11, cause = ?12, before = ?13
             WHERE run = ?1 AND name = ?2",
        )?
        .execute(params![
            run,
            name,
            task.phase.as_str(),
            task.attempts,
            task.attempts_now,
            text(task.waiting),
            text(task.started),
            text(task.finished),
            task.message,
            task.exit_code,
            bytes(task.peak_memory),
            task.cause.as_ref().map(json).transpose()?,
            task.before.as_ref().map(json).transpose()?,
        ])?;
    if written == 0 {
        // A new task comes after all tasks of its run.
        let position = connection
            .prepare_cached("SELECT coalesce(max(position), -1) + 1 FROM task WHERE run = ?1")?
            .query_row([run], |row| row.get(0))?;
        put_task(connection, run, name, position, task)?;
    }
    Ok(())
}

/// Writes all columns of a task.
fn put_task(
    connection: &Connection,
    run: &str,
    name: &str,
    position: i64,
    task: &TaskState,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO task (run, name, position, nodes, upstream, phase, attempts, attempts_now, waiting,
                 started, finished, message, exit_code, peak_memory, cause, before)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
        )?
        .execute(params![
            run,
            name,
            position,
            json(&task.nodes)?,
            json(&task.upstream)?,
            task.phase.as_str(),
            task.attempts,
            task.attempts_now,
            text(task.waiting),
            text(task.started),
            text(task.finished),
            task.message,
            task.exit_code,
            bytes(task.peak_memory),
            task.cause.as_ref().map(json).transpose()?,
            task.before.as_ref().map(json).transpose()?,
        ])?;
    Ok(())
}

fn bytes(amount: Option<u64>) -> Option<i64> {
    amount.and_then(|bytes| i64::try_from(bytes).ok())
}

/// Parses a row of number, time and event.
pub(crate) fn numbered_event(row: &Row<'_>) -> rusqlite::Result<(i64, Timestamp, RunEvent)> {
    let at = moment(row, 1)?.ok_or_else(|| unreadable(1, "it is missing"))?;
    let event = parsed(row, 2)?.ok_or_else(|| unreadable(2, "it is missing"))?;
    Ok((row.get(0)?, at, event))
}

fn text(at: Option<Timestamp>) -> Option<String> {
    at.map(|at| at.to_string())
}

pub(crate) fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
