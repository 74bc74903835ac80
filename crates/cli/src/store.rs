//! The runs of a project on disk: their history, and a folder each.
//!
//! ```text
//! .argo-kedro/            ignored by git, by itself
//!   history.db            every event of every run, and where each run stands
//!   runs/NAME/logs/       output of each task
//!   runs/NAME/data/       datasets that are handed from task to task
//!   runs/NAME/results.jsonl   where the tasks have written what they make
//! ```

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use runs::private;
use runs::{History, Phase, RunList, RunLock, RunRecord, RunState};
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
            Some(History::open_to_read(&file)?)
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

    /// Every run, the newest first.
    pub(crate) fn all(&self) -> Result<RunList, CommandError> {
        let Some(history) = &self.history else {
            return Ok(RunList::default());
        };
        let mut list = history.runs()?;
        for run in &mut list.runs {
            if self.is_given_up(&run.record, run.phase) {
                run.interrupt();
            }
        }
        Ok(list)
    }

    /// Name of the run that a word means.
    pub(crate) fn name(&self, word: &str) -> Result<String, CommandError> {
        let names = self.history()?.names()?;
        Ok(runs::select(word, &names)?.to_owned())
    }

    /// The run that a word names.
    pub(crate) fn select(&self, word: &str) -> Result<(RunRecord, RunState), CommandError> {
        self.load(&self.name(word)?)
    }

    /// The run of this name.
    pub(crate) fn load(&self, name: &str) -> Result<(RunRecord, RunState), CommandError> {
        let record = self.record(name)?;
        let state = self.state(&record)?;
        Ok((record, state))
    }

    /// The run of this name, without where it stands.
    pub(crate) fn record(&self, name: &str) -> Result<RunRecord, CommandError> {
        let unknown = || CommandError::from(runs::SelectError::Unknown(name.to_owned()));
        self.history()?.run(name)?.ok_or_else(unknown)
    }

    /// The state of a run, which is over if nobody works on it.
    pub(crate) fn state(&self, record: &RunRecord) -> Result<RunState, CommandError> {
        let mut state = self.history()?.state(&record.name)?;
        if self.is_given_up(record, state.phase) {
            state.interrupt();
        }
        Ok(state)
    }

    /// Whether a run on this machine goes on by its record, and nobody works on it. A run on a cluster goes on
    /// without us.
    fn is_given_up(&self, record: &RunRecord, phase: Phase) -> bool {
        record.cluster.is_none()
            && phase == Phase::Running
            && !RunLock::is_held(&self.run(&record.name))
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
            Some(name) if history.run(name)?.is_some() => format!("{name}-{}", suffix(uid)),
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
        if !self.has_folder(name) {
            return Err(CommandError::new(format!(
                "the folder of run `{name}` is gone: {}",
                shown(&self.run(name))
            ))
            .hint("what its tasks handed on was in it, so it cannot go on; start a new run: {program} run")
            .hint(format!("to take it off the record as well: {{program}} delete {name}")));
        }
        RunLock::take(&self.run(name))?.ok_or_else(busy)
    }

    /// Whether the folder of a run is still there.
    pub(crate) fn has_folder(&self, name: &str) -> bool {
        self.run(name).is_dir()
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
