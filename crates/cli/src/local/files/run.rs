//! A run of Argo manifests, from the files to the run's end.

use std::collections::BTreeMap;
use std::path::Path;

use argo::spec::{Manifest, Parameter};
use diagnostic::{Diagnostic, did_you_mean};
use engine::{Images, Isolation, Setup, Stub};

use super::arguments::FilesArguments;
use super::expect::{compare, read};
use super::read::{Documents, SecretSource, documents};
use super::record::{FilesRecord, images, stubs};
use crate::error::CommandError;
use crate::error::exit::Exit;
use crate::local::dry_run;
use crate::local::go::{Start, go};
use crate::local::how::How;
use crate::local::isolation;
use crate::local::resolve::{UNRECORDED_RUN, identity, resolve};
use crate::record::manifest;
use crate::record::store::{NewRun, Store};
use crate::render::diagnostics;
use crate::settings::Settings;

/// Parts of a run of files.
struct Ready {
    manifest: Manifest,
    setup: Setup,
    secrets: BTreeMap<String, SecretSource>,
    stubs: Vec<Stub>,
    images: Images,
}

/// Reads files, and shows lint's findings in them.
fn ready(
    arguments: &FilesArguments,
    given: &[String],
    folder: &Path,
    settings: &Settings,
) -> Result<Ready, CommandError> {
    let Documents {
        mut manifest,
        mut setup,
        secrets,
        findings,
    } = documents(arguments, given)?;
    if findings.iter().any(Diagnostic::is_error) && !arguments.allow_errors {
        return Err(CommandError::findings(findings));
    }
    if !findings.is_empty() {
        let width = settings.printer.width_of_messages();
        settings
            .printer
            .important(&diagnostics::terminal(&findings, folder, width));
    }
    let images = images(&arguments.images)?;
    let stubs = stubs(&arguments.stub)?;
    setup.stubs.clone_from(&stubs);
    setup.ignores_unsupported = arguments.ignore_unsupported;
    let is_whole = manifest.workflow().workflow_template_ref.is_none();
    for word in arguments.parameters.iter().chain(given) {
        let parameters = &mut manifest.workflow_mut().arguments.parameters;
        let count = parameters.len();
        set(parameters, word)?;
        if parameters.len() > count && is_whole {
            settings.printer.say(&format!(
                "the manifest has no parameter `{}`: it is added",
                parameters[count].name
            ));
        }
    }
    if let Some(entrypoint) = &arguments.entrypoint {
        let spec = manifest.workflow_mut();
        let mut names = spec.templates.iter().map(|template| &*template.name);
        if is_whole && !names.clone().any(|name| name == entrypoint) {
            let hint = did_you_mean(entrypoint, names.clone()).or_else(|| {
                names
                    .next()
                    .map(|first| format!("name one: --entrypoint {first}"))
            });
            let message = format!("the manifest has no template named `{entrypoint}`");
            return Err(CommandError::new(message).maybe_hint(hint));
        }
        spec.entrypoint.clone_from(entrypoint);
    }
    let spec = manifest.workflow();
    if spec.entrypoint.is_empty() && spec.workflow_template_ref.is_none() {
        let mut names = spec.templates.iter().map(|template| template.name.as_str());
        let hint = match names.next() {
            Some(first) => format!("name one: --entrypoint {first}"),
            None => "the document has no templates".to_owned(),
        };
        let message = "the manifest does not say which template to start with";
        return Err(CommandError::new(message).hint(hint));
    }
    Ok(Ready {
        manifest,
        setup,
        secrets,
        stubs,
        images,
    })
}

/// Shows what a run of files would do.
///
/// # Errors
///
/// A file cannot be read, or the Workflow cannot run here.
pub(crate) fn dry_run(
    arguments: &FilesArguments,
    given: &[String],
    how: &How,
    settings: &Settings,
) -> Result<Exit, CommandError> {
    let ready = ready(arguments, given, &std::env::current_dir()?, settings)?;
    let resolved = resolve(&ready.manifest, UNRECORDED_RUN, ready.setup)?;
    dry_run::show(&resolved, None, how, settings)
}

/// Runs Argo manifests from files.
///
/// # Arguments
///
/// * `given`: More parameters of the Workflow, `NAME=VALUE` each.
/// * `name`: Name of the run, if the user gives one.
///
/// # Errors
///
/// A file cannot be read, or the Workflow cannot run here.
pub(crate) async fn run(
    arguments: &FilesArguments,
    given: &[String],
    name: Option<&str>,
    how: &How,
    settings: &Settings,
) -> Result<Exit, CommandError> {
    let folder = std::env::current_dir()?;
    let Ready {
        manifest,
        mut setup,
        secrets,
        stubs,
        images,
    } = ready(arguments, given, &folder, settings)?;
    let expected = arguments.expect.as_deref().map(read).transpose()?;
    resolve(&manifest, UNRECORDED_RUN, setup.clone())?;
    let apart = isolation::of_files(how, false).await?;
    let store = Store::create(settings, &folder)?;
    let metadata = &manifest.metadata;
    let prefix = metadata
        .generate_name
        .clone()
        .unwrap_or_else(|| "workflow-".to_owned());
    setup.cache = store.history()?.memos()?;
    let (record, lock) = store.new_run(&NewRun {
        prefix: &prefix,
        fixed: name.or(metadata.name.as_deref()),
        manifest: &manifest::text(&manifest),
        pipeline: String::new(),
        environment: String::new(),
    })?;
    let words = (&*arguments.stub, &*arguments.images);
    let mut noted = FilesRecord::new(&folder, &setup, secrets, words);
    noted.in_images = matches!(apart.0, Isolation::InImages(_));
    noted.write(&store.run(&record.name))?;
    let resolved = resolve(&manifest, identity(&record), setup)?;
    drop(manifest);
    settings.printer.say(&format!("run {}", record.name));
    for note in &resolved.notes {
        settings.printer.say(note);
    }
    let start = Start {
        stubs,
        images,
        ..Start::new(&store, &record, lock, resolved)
    };
    let ended = go(start, apart, &folder, None, how, settings).await?;
    let Some(expected) = expected.filter(|_| ended.exit != Exit::Interrupted) else {
        return Ok(ended.exit);
    };
    let found = compare(&expected, &store, &record.name)?;
    if found.is_empty() {
        settings.printer.say("the run ended as expected");
        return Ok(Exit::Success);
    }
    settings.printer.important(&format!(
        "the run did not end as expected:\n  {}",
        found.join("\n  ")
    ));
    Ok(Exit::Failure)
}

/// Sets a parameter of the Workflow; adds an unknown one, as `argo submit` does.
pub(super) fn set(parameters: &mut Vec<Parameter>, word: &str) -> Result<(), CommandError> {
    let Some((name, value)) = word.split_once('=') else {
        return Err(CommandError::new(format!("`{word}` is not a parameter"))
            .hint("write the name and the value: NAME=VALUE"));
    };
    if name.is_empty() {
        return Err(
            CommandError::new(format!("the parameter `{word}` has no name"))
                .hint("write the name and the value: NAME=VALUE"),
        );
    }
    let given = Parameter::new(name, value);
    match parameters.iter_mut().find(|known| known.name == name) {
        Some(known) => {
            known.value = given.value;
            known.value_from = None;
        }
        None => parameters.push(given),
    }
    Ok(())
}
