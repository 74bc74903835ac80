//! The runs of a project on disk: their history, and a folder each.
//!
//! ```text
//! .argo-kedro/            ignored by git, by itself
//!   history.db            every event of every run
//!   runs/NAME/logs/       output of each task
//!   runs/NAME/data/       datasets that are handed from task to task
//!   runs/NAME/results.jsonl   where the tasks have written what they make
//! ```

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use runs::private;
use runs::{History, Phase, RunLock, RunRecord, RunState};
use uuid::Uuid;

use crate::error::CommandError;
use crate::settings::Settings;

/// Letters of a generated name: Kubernetes' own, without vowels that could make words.
const LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
const LETTERS_OF_A_NAME: usize = 5;

/// The runs of a project.
pub(crate) struct Store {
    folder: PathBuf,
    history: Option<History>,
}

impl Store {
    /// Opens what there is; makes nothing.
    pub(crate) fn open(settings: &Settings) -> Result<Self, CommandError> {
        let folder = settings.state(&settings.project()?);
        let file = folder.join("history.db");
        let history = if file.exists() {
            Some(History::open(&file)?)
        } else {
            None
        };
        Ok(Self { folder, history })
    }

    /// Opens what there is, or nothing outside of a project: a run on a cluster can be
    /// looked at from anywhere.
    pub(crate) fn open_anywhere(settings: &Settings) -> Result<Self, CommandError> {
        match settings.project() {
            Ok(_) => Self::open(settings),
            Err(_) => Ok(Self::nowhere()),
        }
    }

    /// Opens it to write, where there is a project to write it in.
    pub(crate) fn create_anywhere(settings: &Settings) -> Result<Self, CommandError> {
        match settings.project() {
            Ok(project) => Self::create(settings, &project),
            Err(_) => Ok(Self::nowhere()),
        }
    }

    /// No record at all.
    pub(crate) fn nowhere() -> Self {
        Self {
            folder: PathBuf::new(),
            history: None,
        }
    }

    /// Opens it to write, and makes what is not there.
    pub(crate) fn create(settings: &Settings, project: &Path) -> Result<Self, CommandError> {
        let folder = settings.state(project);
        private::make_folder(&folder)?;
        private::make(&folder.join(".gitignore"), "*\n")?;
        let folder = fs_err::canonicalize(folder)?;
        let history = Some(History::open(&folder.join("history.db"))?);
        Ok(Self { folder, history })
    }

    /// The history; there is one after [`Self::create`].
    pub(crate) fn history(&self) -> Result<&History, CommandError> {
        let missing = || CommandError::from(runs::SelectError::Empty);
        self.history.as_ref().ok_or_else(missing)
    }

    /// Every run with its state, the newest first.
    pub(crate) fn all(&self) -> Result<Vec<(RunRecord, RunState)>, CommandError> {
        let Some(history) = &self.history else {
            return Ok(Vec::new());
        };
        let records = history.runs()?;
        records
            .into_iter()
            .map(|record| {
                let state = self.state(&record)?;
                Ok((record, state))
            })
            .collect()
    }

    /// The run that a word names.
    pub(crate) fn select(&self, word: &str) -> Result<(RunRecord, RunState), CommandError> {
        let history = self.history()?;
        let names: Vec<String> = history.runs()?.into_iter().map(|run| run.name).collect();
        let name = runs::select(word, &names)?;
        let unknown = || CommandError::from(runs::SelectError::Unknown(word.to_owned()));
        let record = history.run(name)?.ok_or_else(unknown)?;
        let state = self.state(&record)?;
        Ok((record, state))
    }

    /// The state of a run, which is over if nobody works on it.
    fn state(&self, record: &RunRecord) -> Result<RunState, CommandError> {
        let mut state = self.history()?.state(&record.name)?;
        // A run on a cluster goes on without us.
        if record.cluster.is_none() && !RunLock::is_held(&self.run(&record.name)) {
            state.interrupt();
        }
        Ok(state)
    }

    /// Puts a new run on record and takes its lock.
    pub(crate) fn new_run(
        &self,
        prefix: &str,
        fixed: Option<&str>,
        manifest: &str,
        snapshot: &project::Snapshot,
    ) -> Result<(RunRecord, RunLock), CommandError> {
        let history = self.history()?;
        let uid = Uuid::now_v7();
        let name = match fixed {
            Some(name) if history.run(name)?.is_some() => {
                return Err(
                    CommandError::new(format!("there is a run named `{name}` already"))
                        .hint("choose another name"),
                );
            }
            Some(name) => name.to_owned(),
            None => format!("{prefix}{}", suffix(uid)),
        };
        let record = RunRecord {
            name,
            uid: uid.to_string(),
            pipeline: snapshot.pipelines.join(","),
            environment: snapshot.environment.clone(),
            created: Timestamp::now(),
            manifest: manifest.to_owned(),
            cluster: None,
            phase: Phase::Pending,
            finished: None,
        };
        private::make_folder(&self.logs(&record.name))?;
        private::make_folder(&self.data(&record.name))?;
        let lock = self.lock(&record.name)?;
        history.create(&record)?;
        Ok((record, lock))
    }

    /// Takes the lock of a run.
    pub(crate) fn lock(&self, name: &str) -> Result<RunLock, CommandError> {
        let busy = || {
            CommandError::new(format!("run `{name}` is still running"))
                .hint(format!("see where it stands: {{program}} status {name}"))
        };
        RunLock::take(&self.run(name))?.ok_or_else(busy)
    }

    /// Folder of a run.
    pub(crate) fn run(&self, name: &str) -> PathBuf {
        self.folder.join("runs").join(name)
    }

    /// Folder of a run's logs.
    pub(crate) fn logs(&self, name: &str) -> PathBuf {
        self.run(name).join("logs")
    }

    /// File for where a run's tasks have written what they make.
    pub(crate) fn results(&self, name: &str) -> PathBuf {
        self.run(name).join("results.jsonl")
    }

    /// Folder of what a run's tasks hand over.
    pub(crate) fn data(&self, name: &str) -> PathBuf {
        self.run(name).join("data")
    }
}

/// A path as short as it can be said here.
pub(crate) fn shown(path: &Path) -> String {
    let here = std::env::current_dir().ok();
    here.and_then(|here| path.strip_prefix(&here).ok().map(Path::to_owned))
        .unwrap_or_else(|| path.to_owned())
        .display()
        .to_string()
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
