//! The file `made-of.jsonl` in the folder of a run: a line for each task that succeeded, and for
//! each file that tasks read. An incomplete line does not count.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use jiff::Timestamp;
use runs::private;

use super::content;
use super::now::Now;
use super::task::{Content, Line, MadeOf, SucceededTask};

/// The record of a run.
#[derive(Debug, Default)]
pub(super) struct Recorded {
    /// Last success of each task, by name.
    pub(super) tasks: BTreeMap<String, SucceededTask>,
    /// Files that tasks read, by path and stamp.
    pub(super) contents: BTreeMap<(String, String), Content>,
}

/// File in the folder of a run.
pub(super) fn file(folder_of_run: &Path) -> PathBuf {
    folder_of_run.join("made-of.jsonl")
}

/// Reads the record of a run; `None` if it has none.
///
/// # Errors
///
/// The record cannot be read.
pub(super) fn read(folder_of_run: &Path) -> io::Result<Option<Recorded>> {
    let text = match fs_err::read_to_string(file(folder_of_run)) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut recorded = Recorded::default();
    for line in text.lines() {
        match serde_json::from_str(line) {
            Ok(Line::Task(ended)) => {
                recorded.tasks.insert(ended.task.clone(), ended);
            }
            Ok(Line::Begun(task)) => {
                recorded.tasks.remove(&task);
            }
            Ok(Line::Content(content)) => {
                let key = (content.path.clone(), content.stamp.clone());
                recorded.contents.insert(key, content);
            }
            Err(_) => {}
        }
    }
    Ok(Some(recorded))
}

/// Adds lines to the record of a run.
///
/// # Errors
///
/// The lines cannot be written.
pub(super) fn add(folder_of_run: &Path, lines: &[Line]) -> io::Result<()> {
    let mut text = String::new();
    for line in lines {
        text.push_str(&serde_json::to_string(line)?);
        text.push('\n');
    }
    if text.is_empty() {
        return Ok(());
    }
    private::open_to_append(&file(folder_of_run))?.write_all(text.as_bytes())
}

/// Copies the records of tasks from one run to another.
///
/// # Errors
///
/// A record cannot be read or written.
pub(crate) fn copy(from: &Path, to: &Path, tasks: &BTreeSet<String>) -> io::Result<()> {
    let Recorded {
        tasks: ended,
        mut contents,
    } = read(from)?.unwrap_or_default();
    let mut lines = Vec::new();
    for ended in ended
        .into_values()
        .filter(|ended| tasks.contains(&ended.task))
    {
        let read = ended.files().filter_map(|file| contents.remove(&file));
        lines.extend(read.map(Line::Content));
        lines.push(Line::Task(ended));
    }
    add(to, &lines)
}

/// Records what tasks were made of when they succeed.
#[derive(Debug)]
pub(crate) struct Recorder {
    folder: PathBuf,
    uid: String,
    tasks: BTreeMap<String, MadeOf>,
    /// Ids of the results of tasks, by task.
    ids: BTreeMap<String, String>,
    /// Stamps of the files that tasks read, by path.
    stamps: BTreeMap<String, String>,
    /// Gets a message when the thread has read the files.
    are_read: Receiver<()>,
}

/// Longest wait for that thread at the end of a run.
const READING: Duration = Duration::from_secs(1);

impl Recorder {
    /// Begins or continues a record. A thread reads the files that tasks read; a file that is
    /// written meanwhile, or that is still unread when the run ends, is not recorded.
    ///
    /// # Errors
    ///
    /// The record of the run cannot be read.
    pub(crate) fn begin(folder_of_run: &Path, uid: &str, now: Now) -> io::Result<Self> {
        let known = read(folder_of_run)?.unwrap_or_default();
        let paths = now.paths();
        let stamps = paths.iter().filter_map(|path| {
            let stamp = content::stamp(Path::new(path)).ok()?;
            Some(((*path).to_owned(), stamp))
        });
        let stamps: BTreeMap<String, String> = stamps.collect();
        let before = stamps.clone();
        let folder = folder_of_run.to_owned();
        let (done, are_read) = channel();
        std::thread::spawn(move || {
            for (path, stamp) in before {
                let content = content::read(Path::new(&path));
                let content = content.ok().filter(|it| it.stamp == stamp);
                // Without this line, the tasks that read the file run again.
                let _ = content.map(|content| add(&folder, &[Line::Content(content)]));
            }
            // The receiver is gone if the run has ended.
            let _ = done.send(());
        });
        let ids = known.tasks.into_values();
        Ok(Self {
            folder: folder_of_run.to_owned(),
            uid: uid.to_owned(),
            tasks: now.tasks,
            ids: ids.map(|ended| (ended.task, ended.id)).collect(),
            stamps,
            are_read,
        })
    }

    /// Notes that a task begins: its earlier result no longer counts.
    ///
    /// # Errors
    ///
    /// The note cannot be written.
    pub(crate) fn begins(&mut self, task: &str) -> io::Result<()> {
        if self.ids.remove(task).is_none() {
            return Ok(());
        }
        add(&self.folder, &[Line::Begun(task.to_owned())])
    }

    /// Waits a moment for files that are still being read.
    pub(crate) fn end(&self) {
        // The next run reads the remaining files.
        let _ = self.are_read.recv_timeout(READING);
    }

    /// Notes that a task has succeeded.
    ///
    /// # Errors
    ///
    /// The note cannot be written.
    pub(crate) fn ended_well(&mut self, task: &str, at: Timestamp) -> io::Result<()> {
        let Some(made_of) = self.tasks.get(task) else {
            return Ok(());
        };
        let id = format!("{}@{}", self.uid, at.as_nanosecond());
        let makers = made_of.upstream.values();
        let read = makers.filter_map(|maker| Some((maker.clone(), self.ids.get(maker)?.clone())));
        let paths = made_of.inputs.values();
        let stamps = paths.filter_map(|path| Some((path.clone(), self.stamps.get(path)?.clone())));
        let ended = SucceededTask {
            task: task.to_owned(),
            id: id.clone(),
            made_of: made_of.clone(),
            read: read.collect(),
            stamps: stamps.collect(),
        };
        self.ids.insert(task.to_owned(), id);
        add(&self.folder, &[Line::Task(ended)])
    }
}
