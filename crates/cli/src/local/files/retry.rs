//! Retries a run of files.

use std::collections::BTreeSet;

use argo::status::is_inside;
use engine::Setup;
use runs::{Phase, RunState};

use super::read::{keys_in, name_and_file};
use super::record::FilesRecord;
use super::run::set;
use crate::error::CommandError;
use crate::error::exit::Exit;
use crate::flags::workflow_parameters::given_for;
use crate::local::go::{Start, go, say_nothing_is_left};
use crate::local::how::How;
use crate::local::isolation;
use crate::local::resolve::{identity, resolve};
use crate::record::chosen_tasks::tasks_of;
use crate::record::manifest;
use crate::record::store::Store;
use crate::settings::Settings;

/// Differences of a retry from the run before.
pub(crate) struct Again<'a> {
    /// Tasks that run again although they succeeded, with all tasks after them.
    pub(crate) tasks: &'a [String],
    /// Says whether `tasks` run alone, without the tasks after them.
    pub(crate) is_alone: bool,
    /// Parameters of the Workflow: `NAME=VALUE`.
    pub(crate) parameters: &'a [String],
    /// Secrets from files: `NAME=FILE`.
    pub(crate) secrets: &'a [String],
}

/// Retries a run of files: runs the tasks that failed and those that did not run.
///
/// # Errors
///
/// Another program works on the run, a secret is missing, or the Workflow cannot run here.
pub(crate) async fn retry(
    name: &str,
    what: Again<'_>,
    how: &How,
    settings: &Settings,
) -> Result<Exit, CommandError> {
    let store = Store::create(settings, &settings.folder_of_runs()?)?;
    // Read the state under the lock: no other program can change it then.
    let lock = store.lock(name)?;
    let mut record = store.record(name)?;
    let state = store.state_under_lock(name, &lock)?;
    if state.phase == Phase::Succeeded && what.tasks.is_empty() {
        say_nothing_is_left(&record, &state, how.output, settings.printer);
        return Ok(Exit::Success);
    }
    let noted = FilesRecord::read(&store.run(name), name)?;
    let apart = isolation::of_files(how, noted.in_images).await?;
    let mut manifest = manifest::read(&record)?;
    given_for(&record, &manifest, what.parameters)?;
    for word in what.parameters {
        set(&mut manifest.workflow_mut().arguments.parameters, word)?;
    }
    let again = tasks_of(&in_full(what.tasks, &state), &state, &[])?;
    let mut setup = noted.setup()?;
    add_secrets(&mut setup, &noted, what.secrets, ("retry", name))?;
    let resolved = resolve(&manifest, identity(&record), setup)?;
    if !what.parameters.is_empty() {
        // The next retry starts from these parameters.
        record.manifest = manifest::text(&manifest);
        store.history()?.amend(name, &record.manifest)?;
    }
    drop(manifest);
    settings.printer.say(&format!("run {name} continues"));
    for note in &resolved.notes {
        settings.printer.say(note);
    }
    let (stubs, images) = (noted.stubs()?, noted.images()?);
    let start = Start {
        state,
        again: again.into_iter().collect::<BTreeSet<String>>(),
        is_alone: what.is_alone,
        stubs,
        images,
        ..Start::new(&store, &record, lock, resolved)
    };
    let ended = go(start, apart, &noted.folder, None, how, settings).await?;
    Ok(ended.exit)
}

/// Full names of the tasks that words mean: a word may be the last part of one task's name, or the name of a group or
/// a loop, which means all tasks in it. A word that means no task stays as it is.
fn in_full(words: &[String], state: &RunState) -> Vec<String> {
    let tasks = state.tasks.keys();
    let found = |word: &String| -> Vec<String> {
        let inside = tasks.clone().filter(|name| is_inside(name, word));
        let inside: Vec<String> = inside.cloned().collect();
        if state.tasks.contains_key(word) || inside.is_empty() {
            let mut ends = tasks.clone().filter(|name| {
                let rest = name.strip_suffix(word.as_str());
                rest.is_some_and(|rest| rest.ends_with('.'))
            });
            return match (state.tasks.contains_key(word), ends.next(), ends.next()) {
                (false, Some(only), None) => vec![only.clone()],
                _ => vec![word.clone()],
            };
        }
        inside
    };
    words.iter().flat_map(found).collect()
}

/// Reads the values of secrets again: no record has them.
///
/// `command` is what the user types to give a secret again.
pub(super) fn add_secrets(
    setup: &mut Setup,
    noted: &FilesRecord,
    words: &[String],
    (command, run): (&str, &str),
) -> Result<(), CommandError> {
    for word in words {
        let (name, path) = name_and_file(word)?;
        setup.secrets.insert(name.to_owned(), keys_in(path)?);
    }
    for (name, source) in &noted.secrets {
        if setup.secrets.contains_key(name) {
            continue;
        }
        let from = match source.file() {
            Some(file) => format!("it came from {}", file.display()),
            None => "it came from standard input".to_owned(),
        };
        let missing = |why: &str| {
            CommandError::new(format!(
                "run `{run}` needs the Secret `{name}`, whose values are on no record: {from}{why}"
            ))
            .hint(format!(
                "to give the secret again: {{program}} {command} {run} --secret {name}=FILE"
            ))
        };
        match source.read(name) {
            Ok(Some(keys)) => {
                setup.secrets.insert(name.clone(), keys);
            }
            Ok(None) if source.file().is_none() => return Err(missing("")),
            Ok(None) => return Err(missing(", which no longer has it")),
            Err(error) => return Err(missing(&format!("; {}", error.in_one_line()))),
        }
    }
    Ok(())
}
