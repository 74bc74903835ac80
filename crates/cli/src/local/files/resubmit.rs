//! Starts a new run of files with the manifest of an old one.

use argo::spec::Manifest;
use engine::Isolation;
use runs::RunRecord;

use super::record::FilesRecord;
use super::retry::add_secrets;
use super::run::set;
use crate::error::CommandError;
use crate::error::exit::Exit;
use crate::flags::workflow_parameters::given_for;
use crate::local::go::{Start, go};
use crate::local::how::How;
use crate::local::isolation;
use crate::local::resolve::{UNRECORDED_RUN, identity, resolve};
use crate::record::manifest;
use crate::record::store::{NewRun, Store};
use crate::settings::Settings;

/// Starts a new run from the documents of an old run, even if the files have changed since.
///
/// # Arguments
///
/// * `new`: The manifest of the new run, without its parameters.
/// * `parameters`, `secrets`: `NAME=VALUE` and `NAME=FILE`.
///
/// # Errors
///
/// A secret is missing, or the Workflow cannot run here.
pub(crate) async fn resubmit(
    old: &RunRecord,
    (mut new, prefix): (Manifest, &str),
    (parameters, secrets): (&[String], &[String]),
    how: &How,
    settings: &Settings,
) -> Result<Exit, CommandError> {
    let store = Store::create(settings, &settings.folder_of_runs()?)?;
    let mut noted = FilesRecord::read(&store.run(&old.name), &old.name)?;
    let apart = isolation::of_files(how, noted.in_images).await?;
    noted.in_images = matches!(apart.0, Isolation::InImages(_));
    given_for(old, &new, parameters)?;
    for word in parameters {
        set(&mut new.workflow_mut().arguments.parameters, word)?;
    }
    let mut setup = noted.setup()?;
    add_secrets(&mut setup, &noted, secrets, ("resubmit", &old.name))?;
    setup.cache = store.history()?.memos()?;
    resolve(&new, UNRECORDED_RUN, setup.clone())?;
    let (record, lock) = store.new_run(&NewRun {
        prefix,
        fixed: None,
        manifest: &manifest::text(&new),
        pipeline: String::new(),
        environment: String::new(),
    })?;
    noted.write(&store.run(&record.name))?;
    let resolved = resolve(&new, identity(&record), setup)?;
    settings
        .printer
        .say(&format!("run {}, as {}", record.name, old.name));
    for note in &resolved.notes {
        settings.printer.say(note);
    }
    let (stubs, images) = (noted.stubs()?, noted.images()?);
    let start = Start {
        stubs,
        images,
        ..Start::new(&store, &record, lock, resolved)
    };
    let ended = go(start, apart, &noted.folder, None, how, settings).await?;
    Ok(ended.exit)
}
