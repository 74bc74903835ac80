//! Runs stale tasks again each time that files of the project change (`run --watch-files`).
//!
//! Each run is a new program, as if the user typed it: Python imports changed code anew.

use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};
use std::process::ExitStatus;
use std::time::Duration;

use notify::event::ModifyKind;
use notify::{EventKind, RecursiveMode, Watcher};
use rustix::process::{Pid, Signal, kill_process};
use tokio::process::Command;
use tokio::signal::unix::{Signal as Signals, SignalKind, signal};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::error::CommandError;
use crate::error::exit::Exit;
use crate::render::path::shown;
use crate::settings::{Settings, variables};

const FLAG: &str = "--watch-files";
const ONLY_STALE: &str = "--only-stale";
/// Wait for more changes: an editor makes several per save, and several files may be saved at once.
const QUIET: Duration = Duration::from_millis(300);
/// Folders of a project that no node depends on, besides those whose names begin with a dot.
const OTHER_FOLDERS: [&str; 5] = ["venv", "node_modules", "mlruns", "logs", "sessions"];
/// Folders with this name are ignored at any depth.
const COMPILED: &str = "__pycache__";
/// Name of the file with which Vim tests whether it may write in a folder.
const OF_VIM: &str = "4913";
/// Extensions of code and configuration.
const SOURCES: [&str; 4] = ["py", "toml", "yaml", "yml"];

/// Runs until Ctrl-C.
///
/// # Errors
///
/// There is no project, its files cannot be watched, or the program cannot be started.
pub(crate) async fn watch(settings: &Settings) -> Result<Exit, CommandError> {
    let root = settings.project()?;
    let (mut changes, _watcher) = changes(&root, settings)?;
    let mut signals = EndSignals::new()?;
    loop {
        let Some(meanwhile) = run(&root, &mut changes, &mut signals).await? else {
            return Ok(Exit::Interrupted);
        };
        let changed = if let Some(path) = meanwhile {
            path
        } else {
            settings
                .printer
                .say("\nwaiting for files of the project to change; Ctrl-C ends it");
            tokio::select! {
                Some(path) = changes.recv() => path,
                _ = signals.next() => return Ok(Exit::Interrupted),
            }
        };
        let changed = tokio::select! {
            changed = settled(changed, &mut changes) => changed,
            _ = signals.next() => return Ok(Exit::Interrupted),
        };
        settings.printer.say(&format!(
            "\n{} has changed",
            within(&root, &changed).display()
        ));
    }
}

/// Runs once. `None` if the user ends it; else the code or configuration that changed meanwhile, if
/// any. Changes that tasks write are no reason to run again.
async fn run(
    root: &Path,
    changes: &mut UnboundedReceiver<PathBuf>,
    signals: &mut EndSignals,
) -> Result<Option<Option<PathBuf>>, CommandError> {
    let mut child = Command::new(std::env::current_exe()?)
        .args(stale_run_arguments(std::env::args_os().skip(1)))
        // These variables are for this program alone.
        .env_remove(variables::WORKER)
        .env_remove(variables::WORKER_PROJECT)
        .env(variables::HOST, std::process::id().to_string())
        .spawn()?;
    let mut is_wanted = true;
    let mut changed = None;
    loop {
        tokio::select! {
            ended = child.wait() => {
                let is_wanted = is_wanted && !is_interrupted(ended?);
                while let Ok(path) = changes.try_recv() {
                    changed = changed.or(Some(path).filter(|path| is_source(root, path)));
                }
                return Ok(is_wanted.then_some(changed));
            }
            is_polite = signals.next() => {
                // The terminal sends Ctrl-C to the child as well.
                if let Some(child) = child.id().filter(|_| is_polite) {
                    let child = i32::try_from(child).ok().and_then(Pid::from_raw);
                    child
                        .map(|child| kill_process(child, Signal::TERM))
                        .transpose()
                        .map_err(std::io::Error::from)?;
                }
                is_wanted = false;
            }
            Some(path) = changes.recv() => {
                changed = changed.or(Some(path).filter(|path| is_source(root, path)));
            }
        }
    }
}

/// Words of a command that runs stale tasks.
fn stale_run_arguments(typed: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let mut words: Vec<OsString> = typed.filter(|word| word != FLAG).collect();
    if !words.iter().any(|word| word == ONLY_STALE) {
        words.push(ONLY_STALE.into());
    }
    words
}

fn is_interrupted(status: ExitStatus) -> bool {
    use std::os::unix::process::ExitStatusExt;

    status.code() == Some(130) || status.signal().is_some()
}

/// Ctrl-C and polite kills.
struct EndSignals {
    interrupts: Signals,
    kills: Signals,
}

impl EndSignals {
    fn new() -> Result<Self, CommandError> {
        Ok(Self {
            interrupts: signal(SignalKind::interrupt())?,
            kills: signal(SignalKind::terminate())?,
        })
    }

    /// Waits for the next request to end. Says whether only this process got it.
    async fn next(&mut self) -> bool {
        tokio::select! {
            _ = self.interrupts.recv() => false,
            _ = self.kills.recv() => true,
        }
    }
}

/// Watches the files of a project, except those that no node depends on.
fn changes(
    root: &Path,
    settings: &Settings,
) -> Result<(UnboundedReceiver<PathBuf>, impl Watcher), CommandError> {
    let (sender, receiver) = unbounded_channel();
    let (top, state) = (root.to_owned(), settings.state(root));
    let cannot = |error: &notify::Error| {
        CommandError::new(format!(
            "cannot watch the files of {}: {error}",
            shown(root)
        ))
        .hint("to run again what is stale, once: {program} run --only-stale")
    };
    let tell = move |event: notify::Result<notify::Event>| {
        // A lost event may mean any change.
        let (is_change, paths) = match event {
            Ok(event) => (changes_contents(event.kind), event.paths),
            Err(_) => (true, vec![top.clone()]),
        };
        for path in paths.into_iter().filter(|_| is_change) {
            if !path.starts_with(&state) && counts(&top, &path) {
                // The receiver is gone at the end.
                let _ = sender.send(path);
            }
        }
    };
    let mut watcher = notify::recommended_watcher(tell).map_err(|error| cannot(&error))?;
    let mut watch = |path: &Path, mode| watcher.watch(path, mode).map_err(|error| cannot(&error));
    watch(root, RecursiveMode::NonRecursive)?;
    for entry in fs_err::read_dir(root)? {
        let path = entry?.path();
        if path.is_dir() && counts(root, &path) {
            watch(&path, RecursiveMode::Recursive)?;
        }
    }
    Ok((receiver, watcher))
}

/// Says whether an event changes the content of a file: reads and changes of rights do not.
fn changes_contents(kind: EventKind) -> bool {
    match kind {
        EventKind::Access(_) | EventKind::Modify(ModifyKind::Metadata(_)) => false,
        EventKind::Any
        | EventKind::Create(_)
        | EventKind::Modify(_)
        | EventKind::Remove(_)
        | EventKind::Other => true,
    }
}

/// Says whether a node may depend on a file, or on a folder's content.
fn counts(root: &Path, path: &Path) -> bool {
    let mut parts = within(root, path).components().enumerate();
    parts.all(|(depth, part)| {
        let Component::Normal(name) = part else {
            return true;
        };
        let name = name.to_string_lossy();
        // Editors write temporary files beside the files that they change.
        let is_of_editor = name.ends_with('~') || name == OF_VIM;
        let is_other = name == COMPILED || (depth == 0 && OTHER_FOLDERS.contains(&&*name));
        !name.starts_with('.') && !is_of_editor && !is_other
    })
}

/// Says whether a file is code or configuration, and not data.
fn is_source(root: &Path, path: &Path) -> bool {
    let end = path.extension().unwrap_or_default().to_string_lossy();
    SOURCES.contains(&&*end) && !within(root, path).starts_with("data")
}

fn within<'a>(root: &Path, path: &'a Path) -> &'a Path {
    path.strip_prefix(root).unwrap_or(path)
}

/// Waits until nothing changes for a while. Gives a changed file, but not an editor's temporary one.
async fn settled(first: PathBuf, changes: &mut UnboundedReceiver<PathBuf>) -> PathBuf {
    let mut changed = first;
    while let Ok(Some(next)) = tokio::time::timeout(QUIET, changes.recv()).await {
        if !changed.exists() {
            changed = next;
        }
    }
    changed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_of_what_is_stale_has_the_other_words() {
        for (typed, expected) in [
            ("run --watch-files", "run --only-stale"),
            (
                "run -p a --watch-files --logs",
                "run -p a --logs --only-stale",
            ),
            ("run --only-stale --watch-files", "run --only-stale"),
        ] {
            let words = stale_run_arguments(typed.split(' ').map(Into::into));
            let expected: Vec<OsString> = expected.split(' ').map(Into::into).collect();
            assert_eq!(words, expected);
        }
    }

    #[test]
    fn files_that_no_node_is_made_of_do_not_count() {
        let root = Path::new("/home/me/.here/shop");
        for (file, is_counted, source) in [
            ("src/shop/nodes.py", true, true),
            ("conf/base/parameters.yml", true, true),
            ("pyproject.toml", true, true),
            ("data/01_raw/a.csv", true, false),
            ("data/01_raw/a.yml", true, false),
            ("data/01_raw/2024/11/a.csv", true, false),
            ("src/shop/pipelines/sessions/nodes.py", true, true),
            ("src/shop/__pycache__/nodes.cpython-312.pyc", false, false),
            ("src/shop/.nodes.py.swp", false, false),
            ("src/shop/nodes.py~", false, false),
            ("src/shop/4913", false, false),
            (".argo-kedro/history.db", false, false),
            (".git/index", false, false),
            ("mlruns/0/meta.yaml", false, true),
        ] {
            let path = root.join(file);
            assert_eq!(counts(root, &path), is_counted, "{file}");
            assert_eq!(is_source(root, &path), source, "{file}");
        }
    }
}
