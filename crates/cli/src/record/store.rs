//! Runs of a project on disk: their history, and a folder each.
//!
//! ```text
//! .argo-kedro/            ignored by git: it has its own .gitignore
//!   history.db            every event of every run, and its state
//!   runs/NAME/logs/       output of each task
//!   runs/NAME/data/       datasets that are handed from task to task
//!   runs/NAME/outputs/    files that tasks hand on as parameters of the workflow
//!   runs/NAME/results.jsonl   where the tasks have written their datasets
//!   runs/NAME/like-a-pod.json how its tasks are like pods (`like_a_pod`)
//!   runs/NAME/store/      the folder that stands in for buckets then
//!   runs/NAME/pod/        the folders of its tasks, while they run
//! ```

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use runs::private;
use runs::{History, Phase, RunList, RunLock, RunRecord, RunState};
use uuid::Uuid;

use crate::error::CommandError;
use crate::render::path::shown;
use crate::settings::Settings;
use crate::terminal::printer::Printer;

/// Longest wait for killed tasks to end, and time after which the user hears of the wait.
const TASKS_END: Duration = Duration::from_secs(15);
const TASKS_ARE_TOLD: Duration = Duration::from_secs(1);
const AGAIN: Duration = Duration::from_millis(10);

/// Letters of a generated name: those of Kubernetes, without vowels that could make words.
const LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
const LETTERS_OF_A_NAME: usize = 5;

/// Run to record.
pub(crate) struct NewRun<'a> {
    /// Beginning of its name, if the name is not fixed.
    pub(crate) prefix: &'a str,
    /// Name of the run; if it is already used, letters are added.
    pub(crate) fixed: Option<&'a str>,
    /// Text of its manifest.
    pub(crate) manifest: &'a str,
    /// Kedro pipelines that it runs; empty for a run of files.
    pub(crate) pipeline: String,
    /// Kedro environment; empty for a run of files.
    pub(crate) environment: String,
}

/// The runs of a project.
pub(crate) struct Store {
    folder: PathBuf,
    history: Option<History>,
}

impl Store {
    /// Opens the existing store; creates nothing.
    pub(crate) fn open(settings: &Settings) -> Result<Self, CommandError> {
        let folder = settings.state(&settings.folder_of_runs()?);
        let file = folder.join("history.db");
        let history = if file.exists() {
            Some(History::open_to_read(&file)?)
        } else {
            None
        };
        Ok(Self { folder, history })
    }

    /// Opens the existing store, or [`Self::nowhere`] outside of a project: runs on a cluster can
    /// be read from any folder.
    pub(crate) fn open_anywhere(settings: &Settings) -> Result<Self, CommandError> {
        match settings.folder_of_runs_if_any()? {
            Some(_) => Self::open(settings),
            None => Ok(Self::nowhere()),
        }
    }

    /// Opens the store for writing, if there is a project.
    pub(crate) fn create_anywhere(settings: &Settings) -> Result<Self, CommandError> {
        match settings.project_if_any()? {
            Some(project) => Self::create(settings, &project),
            None => Ok(Self::nowhere()),
        }
    }

    /// Store without a record.
    pub(crate) fn nowhere() -> Self {
        Self {
            folder: PathBuf::new(),
            history: None,
        }
    }

    /// Opens the store for writing, and creates what is missing.
    pub(crate) fn create(settings: &Settings, project: &Path) -> Result<Self, CommandError> {
        let folder = settings.state(project);
        private::make_folder(&folder).map_err(|error| CommandError::of_state(&error))?;
        private::make(&folder.join(".gitignore"), "*\n")
            .map_err(|error| CommandError::of_state(&error))?;
        let folder =
            fs_err::canonicalize(folder).map_err(|error| CommandError::of_state(&error))?;
        let history = Some(History::open(&folder.join("history.db"))?);
        Ok(Self { folder, history })
    }

    /// History, which always exists after [`Self::create`].
    pub(crate) fn history(&self) -> Result<&History, CommandError> {
        let missing = || CommandError::from(runs::SelectError::Empty);
        self.history.as_ref().ok_or_else(missing)
    }

    /// Every run, the newest first.
    pub(crate) fn all(&self) -> Result<RunList, CommandError> {
        let Some(history) = &self.history else {
            return Ok(RunList::default());
        };
        let mut list = history.runs()?;
        for run in &mut list.runs {
            if self.is_given_up(&run.record, run.phase)? {
                run.interrupt();
            }
        }
        Ok(list)
    }

    /// Names of all runs, the newest first; empty before the first run.
    pub(crate) fn names(&self) -> Result<Vec<String>, CommandError> {
        match &self.history {
            Some(history) => Ok(history.names()?),
            None => Ok(Vec::new()),
        }
    }

    /// Name of the run that a word means.
    pub(crate) fn name(&self, word: &str) -> Result<String, CommandError> {
        let names = self.history()?.names()?;
        Ok(runs::select(word, &names)?.to_owned())
    }

    /// Run that a word names.
    pub(crate) fn select(&self, word: &str) -> Result<(RunRecord, RunState), CommandError> {
        self.load(&self.name(word)?)
    }

    /// Run of this name.
    pub(crate) fn load(&self, name: &str) -> Result<(RunRecord, RunState), CommandError> {
        let record = self.record(name)?;
        let state = self.state(&record)?;
        Ok((record, state))
    }

    /// Record of this run, without its state.
    pub(crate) fn record(&self, name: &str) -> Result<RunRecord, CommandError> {
        let unknown = || CommandError::from(runs::SelectError::Unknown(name.to_owned()));
        self.history()?.run(name)?.ok_or_else(unknown)
    }

    /// Counts the events of a run that could not be read.
    pub(crate) fn unread(&self, name: &str) -> Result<u32, CommandError> {
        let Some(history) = &self.history else {
            return Ok(0);
        };
        Ok(history.summary(name)?.map_or(0, |run| run.unread))
    }

    /// State of a run; a run is over if no program works on it.
    pub(crate) fn state(&self, record: &RunRecord) -> Result<RunState, CommandError> {
        let mut state = self.history()?.state(&record.name)?;
        if self.is_given_up(record, state.phase)? {
            state.interrupt();
        }
        Ok(state)
    }

    /// Says whether a run on this machine is unfinished in its record, but no program works on it.
    /// A run on a cluster continues without this program.
    fn is_given_up(&self, record: &RunRecord, phase: Phase) -> Result<bool, CommandError> {
        Ok(record.cluster.is_none()
            && matches!(phase, Phase::Pending | Phase::Running)
            && !RunLock::is_held(&self.run(&record.name))?)
    }

    /// Records a new run and takes its lock.
    pub(crate) fn new_run(&self, new: &NewRun<'_>) -> Result<(RunRecord, RunLock), CommandError> {
        let history = self.history()?;
        let uid = Uuid::now_v7();
        let name = match new.fixed {
            Some(name) if history.run(name)?.is_some() => format!("{name}-{}", suffix(uid)),
            Some(name) => name.to_owned(),
            None => format!("{}{}", new.prefix, suffix(uid)),
        };
        let record = RunRecord {
            name,
            uid: uid.to_string(),
            pipeline: new.pipeline.clone(),
            environment: new.environment.clone(),
            created: Timestamp::now(),
            manifest: new.manifest.to_owned(),
            cluster: None,
            phase: Phase::Pending,
            finished: None,
        };
        private::make_folder(&self.logs(&record.name))
            .map_err(|error| CommandError::of_state(&error))?;
        private::make_folder(&self.data(&record.name))
            .map_err(|error| CommandError::of_state(&error))?;
        let lock = self.lock(&record.name)?;
        history.create(&record)?;
        Ok((record, lock))
    }

    /// State of a run whose lock the caller holds: no other program works on it.
    pub(crate) fn state_under_lock(
        &self,
        name: &str,
        _: &RunLock,
    ) -> Result<RunState, CommandError> {
        let mut state = self.history()?.state(name)?;
        state.interrupt();
        Ok(state)
    }

    /// Takes the lock of a run's tasks. Waits while `engine::Keeper` ends the tasks of a killed program.
    pub(crate) async fn lock_tasks(
        &self,
        name: &str,
        printer: Printer,
    ) -> Result<File, CommandError> {
        let started = Instant::now();
        let mut is_told = false;
        loop {
            if let Some(lock) =
                runs::lock_tasks(&self.run(name)).map_err(|error| CommandError::of_state(&error))?
            {
                return Ok(lock);
            }
            if started.elapsed() > TASKS_END {
                return Err(CommandError::new(format!(
                    "tasks of run `{name}` are still running, although the program that started them has ended"
                ))
                .hint(format!("to continue when they have ended: {{program}} retry {name}")));
            }
            if !is_told && started.elapsed() > TASKS_ARE_TOLD {
                printer.say("waiting for tasks of an earlier program, which was killed");
                is_told = true;
            }
            tokio::time::sleep(AGAIN).await;
        }
    }

    /// Takes the lock of a run.
    pub(crate) fn lock(&self, name: &str) -> Result<RunLock, CommandError> {
        let busy = || {
            CommandError::new(format!("run `{name}` is still running"))
                .hint(format!("to see its state: {{program}} status {name}"))
        };
        if !self.has_folder(name) {
            return Err(CommandError::new(format!(
                "the folder of run `{name}` does not exist: {}",
                shown(&self.run(name))
            ))
            .hint("the data of its tasks was in this folder, so the run cannot be continued; to start a new run: {program} run")
            .hint(format!("to delete its record: {{program}} delete {name}")));
        }
        RunLock::take(&self.run(name))
            .map_err(|error| CommandError::of_state(&error))?
            .ok_or_else(busy)
    }

    /// Says whether the folder of a run still exists.
    pub(crate) fn has_folder(&self, name: &str) -> bool {
        self.run(name).is_dir()
    }

    /// Folder of all runs.
    pub(crate) fn runs(&self) -> PathBuf {
        self.folder.join("runs")
    }

    /// Folder of a run.
    pub(crate) fn run(&self, name: &str) -> PathBuf {
        self.folder.join("runs").join(name)
    }

    /// Folder of a run's logs.
    pub(crate) fn logs(&self, name: &str) -> PathBuf {
        self.run(name).join("logs")
    }

    /// File that lists where a run's tasks have written their datasets.
    pub(crate) fn results(&self, name: &str) -> PathBuf {
        self.run(name).join("results.jsonl")
    }

    /// Folder of notes about the versions that a run reads.
    pub(crate) fn load_versions(&self, name: &str) -> PathBuf {
        self.run(name).join("load-versions")
    }

    /// Folder of the data that a run's tasks hand over.
    pub(crate) fn data(&self, name: &str) -> PathBuf {
        self.run(name).join("data")
    }
}

fn suffix(uid: Uuid) -> String {
    // The last bytes of a version 7 id are random.
    uid.as_bytes()
        .iter()
        .rev()
        .take(LETTERS_OF_A_NAME)
        .map(|byte| char::from(LETTERS[usize::from(*byte) % LETTERS.len()]))
        .collect()
}

#[cfg(test)]
mod tests {
    use runs::{RunEvent, TaskInfo};

    use super::*;

    #[test]
    fn what_a_retry_goes_on_with_is_read_under_the_lock() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("history.db");
        let store = Store {
            folder: folder.path().to_owned(),
            history: Some(History::open(&file).unwrap()),
        };
        let record = RunRecord {
            name: "a".to_owned(),
            uid: "1".to_owned(),
            pipeline: "__default__".to_owned(),
            environment: "local".to_owned(),
            created: Timestamp::UNIX_EPOCH,
            manifest: String::new(),
            cluster: None,
            phase: Phase::Pending,
            finished: None,
        };
        store.history().unwrap().create(&record).unwrap();
        fs_err::create_dir_all(store.run("a")).unwrap();
        // Another program, with the same history.
        let other = History::open(&file).unwrap();
        let tell = |event: &RunEvent| other.append("a", Timestamp::UNIX_EPOCH, event).unwrap();
        let task = "t".to_owned();
        tell(&RunEvent::RunStarted {
            tasks: vec![TaskInfo {
                name: task.clone(),
                nodes: Vec::new(),
                upstream: Vec::new(),
            }],
            outstanding: vec![task.clone()],
        });
        tell(&RunEvent::TaskStarted {
            task: task.clone(),
            attempt: None,
        });
        let (_, before) = store.select("a").unwrap();
        assert_eq!(before.outstanding(), ["t"]);
        tell(&RunEvent::TaskFinished {
            task,
            phase: Phase::Succeeded,
            message: None,
            exit_code: Some(0),
            used: runs::Used::default(),
            cause: None,
            attempt: None,
        });
        let lock = store.lock("a").unwrap();
        let state = store.state_under_lock("a", &lock).unwrap();
        assert!(state.outstanding().is_empty());
        // Only the program with the lock works on the run.
        assert_eq!(state.phase, Phase::Failed);
    }
}
