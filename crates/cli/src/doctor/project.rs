//! Says whether the project can be read, in which environment, and what its manifest is.

use compile::Options;
use diagnostic::Diagnostic;
use project::config::ArgoConfig;
use serde_json::Value;

use super::check::Check;
use crate::error::CommandError;
use crate::error::exit::Exit;
use crate::flags::selection::Selection;
use crate::render::words;
use crate::settings::Settings;
use crate::spine::{self, Opened};

pub(super) const NAME: &str = "project";

/// A project as far as it could be read.
pub(super) struct Read {
    pub(super) check: Check,
    pub(super) opened: Option<Opened>,
    pub(super) config: Option<ArgoConfig>,
    /// Workflow that the project compiles to; its image lacks a tag that the build chooses.
    pub(super) document: Option<Value>,
}

/// Reads the project.
///
/// # Errors
///
/// The user interrupted the reading.
pub(super) async fn read(settings: &Settings, selection: &Selection) -> Result<Read, CommandError> {
    // The check shows the messages itself.
    let quiet = settings.quiet();
    let opened = match spine::open_any(&quiet, selection).await {
        Ok(opened) => opened,
        Err(error) if error.exit == Exit::Interrupted => return Err(error),
        Err(error) => {
            return Ok(Read {
                check: of_reading(&error, &settings.program),
                opened: None,
                config: None,
                document: None,
            });
        }
    };
    Ok(plan(opened, selection, settings))
}

/// Makes a check of a project that cannot be read. The last exception is often a consequence of an
/// import that failed.
fn of_reading(error: &CommandError, program: &str) -> Check {
    let check = Check::of_error(NAME, error, program);
    let Some(traceback) = error.whole_detail() else {
        return match error.hints(program).as_slice() {
            [] => check.mend("correct it in the project, and run this command again"),
            _ => check,
        };
    };
    let check = match first_exception(traceback) {
        Some(first) if !check.detail.contains(first) => {
            Check::failed(NAME, format!("{} ({first})", check.detail))
        }
        _ => check,
    };
    check
        .mend("see the whole traceback")
        .command(format!("{program} plan"))
}

/// The first exception in a chain of them, as Python prints it.
fn first_exception(traceback: &str) -> Option<&str> {
    traceback.lines().map(str::trim_end).find(|line| {
        let class = line.split_once(':').map(|(class, _)| class);
        class.is_some_and(|class| {
            let is_of_name = |letter: char| letter.is_alphanumeric() || "._".contains(letter);
            class.starts_with(char::is_alphabetic) && class.chars().all(is_of_name)
        })
    })
}

fn plan(opened: Opened, selection: &Selection, settings: &Settings) -> Read {
    let of_environment = environment(&opened, selection);
    let project = &opened.snapshot.project.name;
    let (check, config, document) = match opened.config() {
        Err(error) => (Check::of_error(NAME, &error, &settings.program), None, None),
        Ok(Err(findings)) => (of_findings(&findings, &opened, settings), None, None),
        Ok(Ok(config)) if opened.snapshot.nodes.is_empty() => {
            let detail = format!("{project}, {of_environment}; its pipeline has no nodes yet");
            (Check::ok(NAME, detail), Some(config), None)
        }
        Ok(Ok(config)) => match compile(&opened, &config) {
            Ok((tasks, document)) => {
                let tasks = words::count(tasks, "task");
                let detail = format!("{project}, {tasks}, {of_environment}");
                (Check::ok(NAME, detail), Some(config), Some(document))
            }
            Err(error) if error.findings.is_empty() => (
                Check::of_error(NAME, &error, &settings.program),
                Some(config),
                None,
            ),
            Err(error) => (
                of_findings(&error.findings, &opened, settings),
                Some(config),
                None,
            ),
        },
    };
    Read {
        check,
        opened: Some(opened),
        config,
        document,
    }
}

/// Number of the project's tasks, and its Workflow.
fn compile(opened: &Opened, config: &ArgoConfig) -> Result<(usize, Value), CommandError> {
    let (_, plan) = opened.plan()?;
    let manifest = compile::lower(&plan, &opened.snapshot, config, &Options::default());
    let document = serde_json::to_value(&manifest)
        .map_err(|error| CommandError::new(format!("the manifest is not JSON: {error}")))?;
    Ok((plan.tasks.len(), document))
}

/// Environment, and who chose it.
fn environment(opened: &Opened, selection: &Selection) -> String {
    let name = opened.snapshot.environment_name();
    let why = if selection.env.is_some() {
        "by --env".to_owned()
    } else if opened.snapshot.is_preferred {
        format!("the default for a cluster, because of conf/{name}")
    } else if std::env::var_os("KEDRO_ENV").is_some_and(|value| !value.is_empty()) {
        "by KEDRO_ENV".to_owned()
    } else {
        "the project's default".to_owned()
    };
    format!("environment `{name}` ({why})")
}

fn of_findings(findings: &[Diagnostic], opened: &Opened, settings: &Settings) -> Check {
    let errors: Vec<&Diagnostic> = findings.iter().filter(|one| one.is_error()).collect();
    let first = errors
        .first()
        .map_or("it has errors", |one| one.message.as_str());
    let others = match errors.len() {
        0 | 1 => String::new(),
        count => format!(" (and {} more)", count - 1),
    };
    Check::failed(NAME, format!("{first}{others}"))
        .mend("see all of them, with their lines")
        .command(opened.lint_command(lint::Target::Cluster, &settings.program))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_exception_of_a_chain_is_the_cause() {
        let text = "Traceback (most recent call last):\n  File \"a.py\", line 1, in <module>\n    import b\n\
                    ModuleNotFoundError: No module named 'b'\n\nThe above exception was the direct cause of the \
                    following exception:\n\nImportError: a\n";
        assert_eq!(
            first_exception(text),
            Some("ModuleNotFoundError: No module named 'b'")
        );
        assert_eq!(first_exception("nothing of the kind"), None);
    }
}
