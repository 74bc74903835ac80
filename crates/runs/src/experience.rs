//! Recorded attempts of tasks over several runs, as the basis for sizes and costs.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use rusqlite::{Connection, Row};
use serde::Serialize;

use crate::columns::{self, moment};
use crate::usage::ran_out_of_memory;
use crate::used::Used;
use crate::{History, HistoryError, Phase};

/// Query for runs.
#[derive(Debug, Clone, Copy)]
pub struct Query {
    /// Maximum number of runs, latest recorded first; a run in which none of the tasks ended does not count.
    pub runs: usize,
    /// Earliest creation time of a run.
    pub since: Option<Timestamp>,
}

/// Place and configuration of a run: measurements from another place may differ.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct RunPlace {
    /// Set for a run on a cluster; not set for one on this machine.
    pub on_cluster: bool,
    /// Configuration environment.
    pub environment: String,
}

/// An attempt that ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// Index of the task in the query.
    pub task: usize,
    /// Name of the run.
    pub run: String,
    /// Name of the task in the run.
    pub name: String,
    /// Number of the attempt, from 1.
    pub attempt: u32,
    /// Place of the run.
    pub place: RunPlace,
    /// Final phase.
    pub phase: Phase,
    /// Duration in seconds; on a cluster, that of the pod.
    pub seconds: Option<f64>,
    /// Resources that the attempt used.
    pub used: Used,
    /// Set if the attempt ran out of memory: it needed more than it held.
    pub out_of_memory: bool,
}

/// Recorded attempts of tasks.
#[derive(Debug, Default)]
pub struct Experience {
    /// Attempts, newest run first.
    pub attempts: Vec<Measured>,
    /// Names of runs whose record cannot be read.
    pub unreadable: Vec<String>,
}

impl History {
    /// Reads the recorded attempts of tasks.
    ///
    /// # Arguments
    ///
    /// * `tasks`: Nodes of each task, in any order. A task with other nodes is a different task, even with the same
    ///   name.
    ///
    /// A run whose record cannot be read does not affect the others.
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

/// Says whether the error is about a single value and not about the file.
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

/// Place of a run; none for a run that is too old.
fn of_run(row: &Row<'_>, since: Option<Timestamp>) -> rusqlite::Result<Option<RunPlace>> {
    let created = moment(row, 3)?;
    if since.is_some() && created < since {
        return Ok(None);
    }
    Ok(Some(RunPlace {
        environment: row.get(1)?,
        on_cluster: row.get(2)?,
    }))
}

/// Reads one run after another.
struct Reader<'a> {
    connection: &'a Connection,
    has_table: bool,
    /// Queried tasks, by their sorted nodes.
    wanted: HashMap<Vec<String>, usize>,
    /// Tasks already looked up, by the JSON text of their nodes.
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

    fn read(&mut self, run: &str, place: &RunPlace) -> rusqlite::Result<Vec<Measured>> {
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
                phase: columns::phase(row, 2)?,
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
        place: &RunPlace,
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
                phase: columns::phase(row, 2)?,
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

    /// Finds the queried task of a row.
    fn task(&mut self, row: &Row<'_>) -> rusqlite::Result<Option<usize>> {
        let text = row.get_ref(1)?;
        if let Some(known) = text.as_str().ok().and_then(|text| self.seen.get(text)) {
            return Ok(*known);
        }
        let mut nodes: Vec<String> = columns::parsed(row, 1)?.unwrap_or_default();
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
