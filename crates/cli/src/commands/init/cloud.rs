//! `init --cloud URL`: the project's data move to a store.

use std::path::Path;

use clap::Args;
use project::Worker;
use project::proposal::{Edit, InputData, Note, Proposal, StoreRequest};
use tokio::signal::unix::{SignalKind, signal};

use super::answers::{AnswerSource, CANNOT_ASK};
use super::requirements;
use super::steps::{self, line, tell_left};
use super::store_url::{StoreKind, StoreUrl};
use crate::commands::Result;
use crate::error::CommandError;
use crate::error::exit::Exit;
use crate::install::install_command;
use crate::render::shell_word::shell_word;
use crate::render::unified::unified;
use crate::settings::Settings;
use crate::spine::git;
use crate::terminal::ask::ask_or_end;
use crate::whole_file;

/// Environment that commands for a cluster use if the project has it.
const ENVIRONMENT: &str = "cloud";

/// Flags of `init --cloud`.
#[derive(Debug, Args)]
#[command(next_help_heading = "Data in a store")]
pub(super) struct CloudArguments {
    /// URL of the store.
    #[arg(
        long,
        value_name = "URL",
        conflicts_with_all = ["gpu", "force"],
        help = "Put the data of the project into this store: gs://BUCKET/FOLDER, s3://BUCKET/FOLDER, \
                abfss://CONTAINER@ACCOUNT.dfs.core.windows.net/FOLDER or file:///mnt/FOLDER",
    )]
    pub(super) cloud: Option<String>,

    /// Show the changes and write nothing
    #[arg(long, requires = "cloud", conflicts_with = "yes")]
    dry_run: bool,

    /// Kubernetes secret with the credentials of the store
    #[arg(long, value_name = "NAME", requires = "cloud")]
    secret: Option<String>,

    /// Kubernetes service account that may use the store
    #[arg(long, value_name = "NAME", requires = "cloud")]
    service_account: Option<String>,

    /// Name of a claim.
    #[arg(
        long,
        value_name = "CLAIM",
        requires = "cloud",
        help = "PersistentVolumeClaim that pods mount at the folder of a file:/// URL"
    )]
    volume: Option<String>,
}

/// Moves the project's data. [`check`] must have accepted the flags.
pub(super) async fn run(
    url: &StoreUrl,
    given: &CloudArguments,
    environment: Option<&str>,
    answer_source: AnswerSource,
    is_silent: bool,
    settings: &Settings,
) -> Result {
    let root = settings.project()?;
    let environment = environment.unwrap_or(ENVIRONMENT);
    let Proposal {
        mut edits,
        mut notes,
        input_data,
        is_used,
        has_package,
        namespace,
    } = propose(url, environment, given, &root, settings).await?;
    let mut to_install = None;
    if let Some(package) = url.package().filter(|_| is_used) {
        let (edit, note) = requirements::add(&root, package)?;
        // If a lock file needs an update, its tool installs the package as well.
        to_install = (note.is_none() && !has_package).then_some(package);
        edits.splice(0..0, edit);
        notes.extend(note);
    }
    if !is_silent {
        for edit in &edits {
            settings.printer.data(&shown(edit));
        }
        for note in notes.iter().filter(|note| !note.is_left) {
            settings.printer.say(&line(note));
        }
    }
    let steps = Steps {
        url,
        given,
        environment,
        is_used,
        to_install,
        namespace: namespace.as_deref(),
        input_data: &input_data,
        notes: &notes,
    };
    if edits.is_empty() {
        if !is_silent {
            settings.printer.say("nothing to change");
        }
        return steps.tell(&root, false, is_silent, settings);
    }
    refuse_read_only(&root, &edits)?;
    let undo = tell_undo(&root, &edits, settings);
    if given.dry_run {
        settings.printer.say("nothing was written (--dry-run)");
        return Ok(tell_left(&notes, settings));
    }
    let question = match &edits[..] {
        [edit] => format!("Write {}?", edit.path),
        _ => format!("Write these {} files?", edits.len()),
    };
    let is_wanted = match answer_source {
        AnswerSource::Flags { .. } => true,
        AnswerSource::Terminal | AnswerSource::Pipe => match ask_or_end(&question, false).await? {
            Some(answer) => answer,
            None if answer_source == AnswerSource::Pipe => {
                return Err(CommandError::new(CANNOT_ASK).hint(format!(
                    "to write these files without questions, add --yes: {} init --cloud {} --yes",
                    settings.program,
                    shell_word(given.cloud.as_deref().unwrap_or("URL"))
                )));
            }
            None => false,
        },
    };
    if !is_wanted {
        settings.printer.say("nothing was written");
        return Ok(Exit::Success);
    }
    write(&root, &edits)?;
    if !is_silent {
        for edit in &edits {
            let done = if edit.before.is_some() {
                "changed"
            } else {
                "added"
            };
            settings.printer.say(&format!("  {done:8}  {}", edit.path));
        }
        if let Some(undo) = undo {
            settings.printer.say(&undo);
        }
    }
    let mut of_argo = edits.iter().filter(|edit| edit.path.ends_with("argo.yml"));
    // A later run of the command changes an `argo.yml` that exists.
    let is_first = of_argo.any(|edit| edit.before.is_none());
    steps.tell(&root, is_first, is_silent, settings)
}

/// Everything that is left to the user after the changes.
struct Steps<'a> {
    url: &'a StoreUrl,
    given: &'a CloudArguments,
    environment: &'a str,
    /// Says whether any data go to the store.
    is_used: bool,
    to_install: Option<&'static str>,
    namespace: Option<&'a str>,
    input_data: &'a [InputData],
    notes: &'a [Note],
}

impl Steps<'_> {
    /// Tells the steps in the order of their use. `is_first`: nothing of the store was set up before.
    fn tell(&self, root: &Path, is_first: bool, is_silent: bool, settings: &Settings) -> Result {
        let Self { url, given, .. } = self;
        let say = |text: &str| {
            if !text.is_empty() {
                settings.printer.say(text);
            }
        };
        if is_silent || !self.is_used {
            return Ok(tell_left(self.notes, settings));
        }
        if is_first && given.secret.is_none() && given.service_account.is_none() {
            say(&steps::credentials(url));
        }
        if let Some(package) = self.to_install {
            let command = install_command(&settings.interpreter(root)?, package);
            say(&format!(
                "\ninstall what reads the store here:\n  {command}"
            ));
        }
        if let Some(secret) = &given.secret {
            let command = url.create_secret(secret, self.namespace);
            say(&format!(
                "\ncreate the secret, in the namespace of the runs:\n  {command}"
            ));
        }
        say(&steps::copying(url, self.input_data, root));
        let exit = tell_left(self.notes, settings);
        let another = Some(self.environment).filter(|name| *name != ENVIRONMENT);
        say(&steps::next(another, &settings.program));
        Ok(exit)
    }
}

/// Refuses flags that this store cannot use, and impossible names.
pub(super) fn check(
    url: &StoreUrl,
    given: &CloudArguments,
    environment: Option<&str>,
) -> std::result::Result<(), CommandError> {
    environment.map_or(Ok(()), check_environment)?;
    let is_volume = url.kind == StoreKind::Volume;
    if given.volume.is_some() && !is_volume {
        return Err(CommandError::new(
            "`--volume` is for a folder: --cloud file:///mnt/FOLDER",
        ));
    }
    if let Some(claim) = &given.volume
        && !argo::names::is_object_name(claim)
    {
        return Err(CommandError::new(format!(
            "`{claim}` is not the name of a PersistentVolumeClaim"
        ))
        .hint("a name has small letters, digits, `-` and `.`"));
    }
    if given.secret.is_some() && is_volume {
        return Err(CommandError::new(
            "`--secret` is for a bucket: pods read a volume without credentials",
        ));
    }
    Ok(())
}

/// Refuses an environment that is no folder in the configuration folder: files would be written elsewhere.
fn check_environment(name: &str) -> std::result::Result<(), CommandError> {
    // No `/` at the end either: Kedro would not see that `base/` is `base`.
    if name.split('/').all(|part| !matches!(part, "" | "." | "..")) {
        return Ok(());
    }
    let message = format!("`{name}` is not the name of an environment");
    Err(CommandError::new(message).hint("an environment is a folder of conf/, e.g. --env cloud"))
}

async fn propose(
    url: &StoreUrl,
    environment: &str,
    given: &CloudArguments,
    root: &Path,
    settings: &Settings,
) -> std::result::Result<Proposal, CommandError> {
    let interpreter = settings.interpreter(root)?;
    let spinner = settings.printer.spinner("reading the project");
    let mut worker = Worker::start(&interpreter, root, &[])?;
    let request = StoreRequest {
        project: root.to_owned(),
        environment: environment.to_owned(),
        roots: url.roots(),
        argo: url.argo(
            given.secret.as_deref(),
            given.service_account.as_deref(),
            given.volume.as_deref(),
            endpoint().as_deref(),
        ),
        package: url.package().map(str::to_owned),
    };
    let mut polite_kill = signal(SignalKind::terminate())?;
    let proposal = tokio::select! {
        proposal = worker.propose(&request) => proposal,
        _ = tokio::signal::ctrl_c() => return Err(CommandError::interrupted()),
        _ = polite_kill.recv() => return Err(CommandError::interrupted()),
    };
    spinner.finish_and_clear();
    for line in worker.printed_lines() {
        settings.printer.say(&line);
    }
    Ok(proposal?)
}

/// S3 server other than Amazon's that this machine uses; pods need it as well. A URL with a
/// password is never written to a file.
fn endpoint() -> Option<String> {
    let url = std::env::var("AWS_ENDPOINT_URL").ok()?;
    let is_plain = url.starts_with("http") && !url.contains('@');
    is_plain.then_some(url)
}

fn shown(edit: &Edit) -> String {
    let path = &edit.path;
    let from = match edit.before {
        Some(_) => format!("a/{path}"),
        None => "/dev/null".to_owned(),
    };
    let before = edit.before.as_deref().unwrap_or_default();
    unified(before, &edit.after, &from, &format!("b/{path}"))
}

/// Refuses to write anything if one of the files is read-only. Writing would not fail: a new file replaces the old.
fn refuse_read_only(root: &Path, edits: &[Edit]) -> std::result::Result<(), CommandError> {
    for edit in edits.iter().filter(|edit| edit.before.is_some()) {
        if fs_err::metadata(root.join(&edit.path))?
            .permissions()
            .readonly()
        {
            let path = &edit.path;
            return Err(
                CommandError::new(format!("{path} is read-only; nothing was written")).hint(
                    format!("to make it writable: chmod u+w {}", shell_word(path)),
                ),
            );
        }
    }
    for edit in edits {
        let path = root.join(&edit.path);
        let folder = path.ancestors().skip(1).find(|folder| folder.exists());
        let Some(folder) = folder else { continue };
        if let Err(error) = rustix::fs::access(folder, rustix::fs::Access::WRITE_OK) {
            return Err(CommandError::new(format!(
                "cannot write {}: {error}; nothing was written",
                edit.path
            )));
        }
    }
    Ok(())
}

/// Warns of files that git cannot restore; otherwise gives the line that says how to undo the edits.
fn tell_undo(root: &Path, edits: &[Edit], settings: &Settings) -> Option<String> {
    let of = |is_there: bool| {
        let files = edits
            .iter()
            .filter(move |edit| edit.before.is_some() == is_there);
        files.map(|edit| edit.path.as_str()).collect::<Vec<_>>()
    };
    let (changed, added) = (of(true), of(false));
    let (kept, lost): (Vec<&str>, Vec<&str>) = changed
        .into_iter()
        .partition(|file| git::has_as_it_is(root, file));
    if !lost.is_empty() {
        settings.printer.important(&format!(
            "warning: git does not have these files as they are now, and cannot bring them back: {}",
            lost.join(", ")
        ));
        return None;
    }
    let words = |files: &[&str]| {
        let quoted: Vec<String> = files.iter().map(|file| shell_word(file)).collect();
        quoted.join(" ")
    };
    let mut steps = Vec::new();
    if !kept.is_empty() {
        steps.push(format!("git restore {}", words(&kept)));
    }
    if !added.is_empty() {
        steps.push(format!("rm {}", words(&added)));
        // Kedro takes an empty folder of conf/ for an environment.
        let mut folders: Vec<&str> = added
            .iter()
            .filter_map(|file| Some(file.rsplit_once('/')?.0))
            .filter(|folder| !root.join(folder).exists())
            .collect();
        folders.dedup();
        if !folders.is_empty() {
            steps.push(format!("rmdir {}", words(&folders)));
        }
    }
    Some(format!("to undo: {}", steps.join(" && ")))
}

fn write(root: &Path, edits: &[Edit]) -> std::result::Result<(), CommandError> {
    for edit in edits {
        let now = match fs_err::read(root.join(&edit.path)) {
            Ok(now) => Some(now),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => return Err(error.into()),
        };
        if now.as_deref() != edit.before.as_deref().map(str::as_bytes) {
            let path = &edit.path;
            return Err(CommandError::new(format!(
                "{path} has changed meanwhile; nothing was written"
            ))
            .hint("run the command again"));
        }
    }
    for edit in edits {
        let path = root.join(&edit.path);
        if let Some(folder) = path.parent() {
            fs_err::create_dir_all(folder)?;
        }
        whole_file::replace(&path, &edit.after)?;
    }
    Ok(())
}
