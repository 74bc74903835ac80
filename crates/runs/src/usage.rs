//! What attempts of tasks used, run after run: read for sizes and costs.
//!
//! One row an attempt, in a table of its own that is made when there is something to put into it. So a history of an
//! older version needs no change, and an older program that knows nothing of the table reads and writes the rest as
//! before. Of an attempt without a row, the table of tasks says what the last one took and held.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use rusqlite::{Connection, Row, params};
use serde::{Deserialize, Serialize};

use crate::stored::{self, moment};
use crate::{Cause, History, HistoryError, Phase, RunEvent, TaskState};

/// What an attempt of a task used, as far as somebody measured it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Used {
    /// Most memory that its processes held together, in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peak_memory: Option<u64>,
    /// Time that its processes kept processors busy, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_milliseconds: Option<u64>,
    /// Time that its main process took, in milliseconds: on a cluster less than the time of its pod.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub milliseconds: Option<u64>,
}

/// Which runs are asked for.
#[derive(Debug, Clone, Copy)]
pub struct Query {
    /// Most runs, the one that was put on record last first; runs in which none of the tasks ended do not count.
    pub runs: usize,
    /// The earliest moment at which a run was made.
    pub since: Option<Timestamp>,
}

/// Where a run was, and with which configuration: what is measured elsewhere may differ.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct Place {
    /// Whether it ran on a cluster; on this machine otherwise.
    pub on_cluster: bool,
    /// Configuration environment.
    pub environment: String,
}

/// An attempt that ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// Which of the tasks that were asked for.
    pub task: usize,
    /// The run.
    pub run: String,
    /// Name of the task in the run.
    pub name: String,
    /// The attempt, from 1.
    pub attempt: u32,
    /// Where the run was.
    pub place: Place,
    /// How it ended.
    pub phase: Phase,
    /// From its start to its end, in seconds; on a cluster, the time of its pod.
    pub seconds: Option<f64>,
    /// What it used.
    pub used: Used,
    /// Whether it was killed for its memory: it needed more than it held.
    pub out_of_memory: bool,
}

/// What is on record of tasks.
#[derive(Debug, Default)]
pub struct Experience {
    /// Their attempts, those of the newest run first.
    pub attempts: Vec<Measured>,
    /// Names of runs whose record cannot be read.
    pub unreadable: Vec<String>,
}

/// The table; `event` and `task` are kept as they are, for older programs.
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

/// Puts on record what an attempt used, where the event is the end of one. To be called in a transaction that may
/// write, with what is on record of the task.
pub(crate) fn put(
    connection: &Connection,
    run: &str,
    at: Timestamp,
    event: &RunEvent,
    known: &TaskState,
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
    let started = known.started.filter(|it| *it <= at);
    connection.execute_batch(TABLE)?;
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO usage (run, task, attempt, phase, started, finished, out_of_memory, peak_memory,
                 cpu_milliseconds, milliseconds) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        )?
        .execute(params![
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

/// Whether an attempt was killed for its memory. Exit code 137 is any SIGKILL: who stops a run, deletes a pod or takes
/// a machine away sends one as well, and says so.
fn ran_out_of_memory(
    phase: Phase,
    exit_code: Option<i32>,
    message: Option<&str>,
    cause: Option<&Cause>,
) -> bool {
    // Of Kubernetes, and of `argo-kedro exec`.
    const SURE: [&str; 2] = ["OOMKilled", "out of memory ("];
    // As `retry` tells a pod that went away, and what the engine and Argo say of a run that was ended.
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
    /// The engine says 137 for any signal.
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

impl History {
    /// What is on record of the attempts of tasks.
    ///
    /// # Arguments
    ///
    /// * `tasks`: The nodes of each task. A task of other nodes is another one, whatever its name; their order says
    ///   nothing.
    ///
    /// A run whose record cannot be read costs no other.
    pub fn experience(
        &self,
        tasks: &[Vec<String>],
        query: Query,
    ) -> Result<Experience, HistoryError> {
        self.read_experience(tasks, query)
            .map_err(|source| self.database(source))
    }

    fn read_experience(&self, tasks: &[Vec<String>], query: Query) -> rusqlite::Result<Experience> {
        let mut reader = Reader::new(&self.connection, tasks)?;
        let mut found = Experience::default();
        let mut taken = 0;
        let mut statement = self.connection.prepare(
            "SELECT name, environment, server IS NOT NULL, created FROM run ORDER BY number DESC",
        )?;
        let mut rows = statement.query([])?;
        while taken < query.runs
            && let Some(row) = rows.next()?
        {
            let name: String = row.get(0)?;
            let attempts = of_run(row, query.since)
                .and_then(|place| place.map_or(Ok(Vec::new()), |place| reader.read(&name, &place)));
            match attempts {
                Ok(attempts) => {
                    taken += usize::from(!attempts.is_empty());
                    found.attempts.extend(attempts);
                }
                Err(error) if is_of_a_value(&error) => found.unreadable.push(name),
                Err(error) => return Err(error),
            }
        }
        Ok(found)
    }
}

/// Whether one value cannot be read, rather than the file.
fn is_of_a_value(error: &rusqlite::Error) -> bool {
    use rusqlite::Error as E;
    matches!(
        error,
        E::FromSqlConversionFailure(..)
            | E::InvalidColumnType(..)
            | E::Utf8Error(..)
            | E::IntegralValueOutOfRange(..)
    )
}

/// Where a run was; none if it was made too early.
fn of_run(row: &Row<'_>, since: Option<Timestamp>) -> rusqlite::Result<Option<Place>> {
    let created = moment(row, 3)?;
    if since.is_some() && created < since {
        return Ok(None);
    }
    Ok(Some(Place {
        environment: row.get(1)?,
        on_cluster: row.get(2)?,
    }))
}

/// Reads runs, one after the other.
struct Reader<'a> {
    connection: &'a Connection,
    has_table: bool,
    /// The tasks by their nodes, sorted.
    wanted: HashMap<Vec<String>, usize>,
    /// The same by what the table has of their nodes, as it was seen so far.
    seen: HashMap<String, Option<usize>>,
}

impl<'a> Reader<'a> {
    fn new(connection: &'a Connection, tasks: &[Vec<String>]) -> rusqlite::Result<Self> {
        let table = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'usage'";
        let sorted = |nodes: &Vec<String>| {
            let mut nodes = nodes.clone();
            nodes.sort_unstable();
            nodes
        };
        Ok(Self {
            connection,
            has_table: connection.prepare(table)?.exists([])?,
            wanted: tasks
                .iter()
                .enumerate()
                .map(|(index, nodes)| (sorted(nodes), index))
                .collect(),
            seen: HashMap::new(),
        })
    }

    fn read(&mut self, run: &str, place: &Place) -> rusqlite::Result<Vec<Measured>> {
        let mut tasks: HashMap<String, usize> = HashMap::new();
        let mut last = Vec::new();
        let mut statement = self.connection.prepare_cached(
            "SELECT name, nodes, phase, attempts, started, finished, exit_code, message, peak_memory
             FROM task WHERE run = ?1 AND attempts > 0",
        )?;
        let mut rows = statement.query([run])?;
        while let Some(row) = rows.next()? {
            let Some(task) = self.task(row)? else {
                continue;
            };
            let attempt = Measured {
                task,
                run: run.to_owned(),
                name: row.get(0)?,
                attempt: row.get(3)?,
                place: place.clone(),
                phase: stored::phase(row, 2)?,
                seconds: seconds(moment(row, 4)?, moment(row, 5)?),
                used: Used {
                    peak_memory: amount(row, 8)?,
                    ..Used::default()
                },
                out_of_memory: false,
            };
            tasks.insert(attempt.name.clone(), task);
            if attempt.phase.is_final() {
                let (code, message) = (row.get(6)?, row.get::<_, Option<String>>(7)?);
                last.push(Measured {
                    out_of_memory: ran_out_of_memory(attempt.phase, code, message.as_deref(), None),
                    ..attempt
                });
            }
        }
        let mut found = if self.has_table && !tasks.is_empty() {
            self.attempts(run, place, &tasks)?
        } else {
            Vec::new()
        };
        let known: HashSet<(String, u32)> = found
            .iter()
            .map(|attempt| (attempt.name.clone(), attempt.attempt))
            .collect();
        found.extend(
            last.into_iter()
                .filter(|attempt| !known.contains(&(attempt.name.clone(), attempt.attempt))),
        );
        Ok(found)
    }

    fn attempts(
        &self,
        run: &str,
        place: &Place,
        tasks: &HashMap<String, usize>,
    ) -> rusqlite::Result<Vec<Measured>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT task, attempt, phase, started, finished, out_of_memory, peak_memory, cpu_milliseconds, milliseconds
             FROM usage WHERE run = ?1",
        )?;
        let mut rows = statement.query([run])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let name: String = row.get(0)?;
            let Some(task) = tasks.get(&name) else {
                continue;
            };
            found.push(Measured {
                task: *task,
                run: run.to_owned(),
                name,
                attempt: row.get(1)?,
                place: place.clone(),
                phase: stored::phase(row, 2)?,
                seconds: seconds(moment(row, 3)?, moment(row, 4)?),
                used: Used {
                    peak_memory: amount(row, 6)?,
                    cpu_milliseconds: amount(row, 7)?,
                    milliseconds: amount(row, 8)?,
                },
                out_of_memory: row.get(5)?,
            });
        }
        Ok(found)
    }

    /// Which of the tasks that were asked for a row is about.
    fn task(&mut self, row: &Row<'_>) -> rusqlite::Result<Option<usize>> {
        let text = row.get_ref(1)?;
        if let Some(known) = text.as_str().ok().and_then(|text| self.seen.get(text)) {
            return Ok(*known);
        }
        let mut nodes: Vec<String> = stored::parsed(row, 1)?.unwrap_or_default();
        nodes.sort_unstable();
        let task = self.wanted.get(&nodes).copied();
        self.seen.insert(row.get(1)?, task);
        Ok(task)
    }
}

fn seconds(started: Option<Timestamp>, finished: Option<Timestamp>) -> Option<f64> {
    let seconds = finished?.duration_since(started?).as_secs_f64();
    (seconds >= 0.0).then_some(seconds)
}

fn amount(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<u64>> {
    let amount: Option<i64> = row.get(column)?;
    Ok(amount.and_then(|amount| u64::try_from(amount).ok()))
}
