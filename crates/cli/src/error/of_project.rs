//! Errors of reading a project.

use diagnostic::did_you_mean;
use project::Failure;

use super::candidates::{existing, listed};
use super::command_error::CommandError;
use super::exit::Exit;
use crate::install::install_command;

impl From<project::Error> for CommandError {
    fn from(error: project::Error) -> Self {
        use project::Error as E;
        let base = Self::from_error(&error).of_kind(error.code());
        match error {
            E::NotAProject(_) => base
                .hint("go to the folder of a Kedro project, or name it: --project FOLDER")
                .hint("to make one: kedro new"),
            E::NoSuchInterpreter(_) | E::NoInterpreter => base.hint(
                "activate the virtual environment of the project, or name its Python: --python FILE",
            ),
            E::ModuleMissing {
                interpreter,
                module,
            } => {
                let install = if module == "kedro" {
                    format!("to install it: {}", install_command(&interpreter, "kedro"))
                } else {
                    // A package index has the earlier plugin under this name.
                    format!(
                        "to install its wheel: {}; `make wheel` in a checkout of argo-kedro makes the wheel",
                        install_command(&interpreter, "WHEEL")
                    )
                };
                base.hint(install)
                    .hint("or name the Python that has the project's packages: --python FILE")
            }
            E::WorkerDied { output, .. } => {
                let detail = if output.trim().is_empty() {
                    "It printed nothing.".to_owned()
                } else {
                    format!("The end of its output:\n{output}")
                };
                base.detail(detail)
                    .hint("check that this works in the project: kedro registry list")
            }
            E::Failed(failure) => from_failure(base, &failure),
            E::WorkerGarbage { .. } => base
                .hint("check that the code of the project does not use file descriptor 0 (standard input)")
                .hint("check that the project's Python has the same version of argo-kedro as this program"),
            E::BrokenPyProject { .. } | E::UnreadablePyProject { .. } | E::NotStarted { .. } | E::NotUtf8 => base,
        }
    }
}

fn from_failure(error: CommandError, failure: &Failure) -> CommandError {
    if let Failure::UnknownEnvironment { name, candidates } = failure {
        let suggestion = did_you_mean(name, candidates.iter().map(String::as_str));
        let is_plain =
            |letter: char| letter.is_alphanumeric() || matches!(letter, '.' | '_' | '-' | '/');
        let make = name.chars().all(is_plain).then(|| {
            format!("an environment is a folder of conf/; to create this one: mkdir -p conf/{name}")
        });
        return error
            .maybe_hint(suggestion)
            .hint(format!(
                "the project has these environments: {}",
                listed(candidates)
            ))
            .maybe_hint(make);
    }
    if let Some((name, candidates)) = failure.candidates() {
        let suggestion = did_you_mean(name, candidates.iter().map(String::as_str));
        return error.hint(suggestion.unwrap_or_else(|| existing(candidates)));
    }
    match failure {
        Failure::ProjectImportFailed {
            traceback,
            missing_module,
            ..
        } => {
            let hint = missing_module
                .as_ref()
                .map(|module| format!("check that `{module}` is installed in this Python environment"));
            error.detail(traceback.clone()).maybe_hint(hint)
        }
        Failure::PipelineNotAlone { traceback, .. } => error.maybe_detail(traceback).hint(
            "find_pipelines() finds only the pipelines that a run asks for; if your registry combines pipelines, \
             call their own create_pipeline() there",
        ),
        Failure::MissingConfigurationFolder { whole: true, .. } => error.hint(
            "name the configuration folder: --conf-source FOLDER, or CONF_SOURCE in settings.py",
        ),
        Failure::MissingConfigurationFolder { path, .. } => error.hint(format!(
            "Git does not keep empty folders; to create it: mkdir -p {path} && touch {path}/.gitkeep"
        )),
        Failure::EnvironmentOfThisMachine { .. } => {
            error.hint("leave --env out to take the environment `cloud`")
        }
        Failure::NothingMissing {} => CommandError::new("nothing to run: every output exists already")
            .of_kind("nothing_missing")
            .with_exit(Exit::Success),
        Failure::UnsupportedKedro { .. } => {
            error.hint("to install Kedro 1: pip install 'kedro>=1.0,<2'")
        }
        Failure::BadParameters { .. } => error.hint("e.g. --params model.depth=3,name=x"),
        Failure::BadParametersFile { .. } => {
            error.hint("the file must be a mapping, as in parameters.yml, e.g. {model: {depth: 3}}")
        }
        Failure::BadRunConfig {
            name: Some(name),
            candidates,
            ..
        } => {
            let meant = did_you_mean(name, candidates.iter().map(String::as_str));
            error.hint(meant.unwrap_or_else(|| existing(candidates)))
        }
        Failure::BadRunConfig { .. } => {
            error.hint("the file must be a mapping, as for `kedro run --config`, e.g. run: {tags: nightly}")
        }
        Failure::BadRunnerParameters { .. } => error.hint("e.g. --runner-params max_workers=4"),
        Failure::BadLoadVersions { .. } => {
            error.hint("e.g. --load-versions model:2024-01-31T12.00.00.000Z")
        }
        Failure::UnreadableFile { advice, .. } | Failure::ConfigurationFailed { advice, .. } => {
            error.maybe_hint(advice.clone())
        }
        _ => error,
    }
}
