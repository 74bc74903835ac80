use std::path::PathBuf;

use serde::Deserialize;

/// Reason why a project could not be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No project at or above this folder.
    #[error("{} is not in a Kedro project", .0.display())]
    NotAProject(PathBuf),
    /// A `pyproject.toml` that is no TOML.
    #[error("{} is not valid TOML", .file.display())]
    BrokenPyProject {
        /// The file.
        file: PathBuf,
        /// Reason.
        source: Box<toml::de::Error>,
    },
    /// A `pyproject.toml` that is there and cannot be read.
    #[error("cannot read {}", .file.display())]
    UnreadablePyProject {
        /// The file.
        file: PathBuf,
        /// Reason.
        source: std::io::Error,
    },
    /// The interpreter the user named is not there.
    #[error("there is no Python at {}", .0.display())]
    NoSuchInterpreter(PathBuf),
    /// No interpreter anywhere.
    #[error("found no Python that can read the project")]
    NoInterpreter,
    /// The interpreter could not be started.
    #[error("cannot start {}", .interpreter.display())]
    NotStarted {
        /// The interpreter.
        interpreter: PathBuf,
        /// Reason.
        source: std::io::Error,
    },
    /// The interpreter lacks Kedro or this package.
    #[error("{} has no `{module}`", .interpreter.display())]
    ModuleMissing {
        /// The interpreter.
        interpreter: PathBuf,
        /// `kedro` or `argo_kedro`.
        module: String,
    },
    /// The worker ended without an answer.
    #[error("the Python process that reads the project ended without a result ({status})")]
    WorkerDied {
        /// Exit status.
        status: String,
        /// The end of what it printed.
        output: String,
    },
    /// The worker answered something that is no answer.
    #[error("the Python process that reads the project gave a result that is not valid: {reason}")]
    WorkerGarbage {
        /// Fault of the answer.
        reason: String,
    },
    /// A path of the request is no UTF-8.
    #[error(
        "a path has a name that is not UTF-8: rename the folder of the project, or the file of a flag"
    )]
    NotUtf8,
    /// The worker says what is wrong.
    #[error("{0}")]
    Failed(Failure),
}

impl Error {
    /// A word for its kind that stays the same: what programs tell errors apart by.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotAProject(_) => "not_a_project",
            Self::BrokenPyProject { .. } | Self::UnreadablePyProject { .. } => "broken_pyproject",
            Self::NoSuchInterpreter(_) | Self::NoInterpreter => "no_interpreter",
            Self::NotStarted { .. } => "not_started",
            Self::ModuleMissing { .. } => "module_missing",
            Self::WorkerDied { .. } => "worker_died",
            Self::WorkerGarbage { .. } => "worker_garbage",
            Self::NotUtf8 => "not_utf8",
            Self::Failed(failure) => failure.kind(),
        }
    }
}

/// Failure that the worker found (`python/argo_kedro/worker/failure.py`).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Failure {
    /// Kedro is there, and too old or too new.
    UnsupportedKedro {
        /// Version, where that is the reason.
        version: Option<String>,
        /// Reason, where it is not the version.
        #[serde(default)]
        message: String,
    },
    /// `pyproject.toml` is not that of a Kedro project.
    NotAProject {
        /// Kedro's words.
        message: String,
    },
    /// The project's own code raised.
    ProjectImportFailed {
        /// The exception in one line.
        message: String,
        /// The user's traceback.
        traceback: String,
        /// A module that is not installed, if that is the reason.
        missing_module: Option<String>,
    },
    /// No pipeline of that name.
    UnknownPipeline {
        /// The name.
        name: String,
        /// The names there are.
        candidates: Vec<String>,
    },
    /// The project registers a pipeline that Kedro does not find when it loads that alone.
    PipelineNotAlone {
        /// The name.
        name: String,
        /// The exception in one line.
        message: String,
        /// The user's traceback.
        traceback: String,
    },
    /// No node, tag, dataset or namespace of that name.
    UnknownName {
        /// The flag, e.g. `from_nodes`.
        flag: String,
        /// The name.
        name: String,
        /// The names there are.
        candidates: Vec<String>,
    },
    /// No environment of that name.
    UnknownEnvironment {
        /// The name.
        name: String,
        /// The names there are.
        candidates: Vec<String>,
    },
    /// A folder that Kedro's configuration loader reads is not there.
    MissingConfigurationFolder {
        /// The folder.
        path: String,
        /// Says whether it is the folder of all environments.
        whole: bool,
    },
    /// The selection leaves no node.
    EmptySelection {
        /// Kedro's words.
        message: String,
    },
    /// Every output is there already (`--only-missing-outputs`).
    NothingMissing {},
    /// `--params` that Kedro cannot read.
    BadParameters {
        /// Kedro's words.
        message: String,
    },
    /// A `--params-file` that cannot be read.
    BadParametersFile {
        /// The file.
        path: String,
        /// Reason.
        message: String,
    },
    /// A file of `--config` that cannot be read.
    BadRunConfig {
        /// The file.
        path: String,
        /// Reason.
        message: String,
        /// The key that it may not have.
        name: Option<String>,
        /// Names that it may have.
        candidates: Vec<String>,
    },
    /// `--runner-params` that Kedro cannot read.
    BadRunnerParameters {
        /// Kedro's words.
        message: String,
    },
    /// `--load-versions` that Kedro cannot read.
    BadLoadVersions {
        /// Kedro's words.
        message: String,
    },
    /// An environment that runs on this machine read, where one for a cluster is wanted.
    EnvironmentOfThisMachine {
        /// Name.
        name: String,
    },
    /// A file of the project that cannot be edited as it is.
    UnreadableFile {
        /// The file, relative to the project's folder.
        path: String,
        /// The line, from 1, if it is known.
        line: Option<usize>,
        /// Reason.
        message: String,
        /// Advice for the user.
        #[serde(default)]
        advice: Option<String>,
    },
    /// Kedro's loader cannot read the configuration.
    ConfigurationFailed {
        /// `argo`, `catalog`, `parameters` or `settings`.
        part: String,
        /// Kedro's words.
        message: String,
        /// Advice for the user.
        #[serde(default)]
        advice: Option<String>,
    },
}

impl std::fmt::Display for Failure {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::UnsupportedKedro {
                version: Some(version),
                ..
            } => {
                write!(
                    formatter,
                    "Kedro {version} is not supported; argo-kedro needs Kedro 1"
                )
            }
            Self::UnsupportedKedro {
                version: None,
                message,
            } => formatter.write_str(message),
            Self::NotAProject { message } => {
                write!(formatter, "this is not a Kedro project: {message}")
            }
            Self::ProjectImportFailed { message, .. } => {
                write!(formatter, "cannot import the project: {message}")
            }
            Self::UnknownPipeline { name, .. } => {
                write!(formatter, "the project has no pipeline named `{name}`")
            }
            Self::PipelineNotAlone { name, message, .. } => {
                write!(
                    formatter,
                    "Kedro cannot load the pipeline `{name}` without the other pipelines, but a run loads it so: \
                     {message}"
                )
            }
            Self::UnknownName { flag, name, .. } => {
                let owner = if flag == "load_versions" {
                    "catalog"
                } else {
                    "pipeline"
                };
                let (kind, flag) = (kind_of(flag), flag.replace('_', "-"));
                write!(
                    formatter,
                    "the {owner} has no {kind} named `{name}` (`--{flag}`)"
                )
            }
            Self::UnknownEnvironment { name, .. } => {
                write!(formatter, "the project has no environment named `{name}`")
            }
            Self::MissingConfigurationFolder { path, .. } => {
                write!(
                    formatter,
                    "Kedro reads the configuration folder {path}, but it does not exist"
                )
            }
            Self::EmptySelection { message } => {
                write!(formatter, "no node is selected: {message}")
            }
            Self::NothingMissing {} => formatter.write_str("every output exists already"),
            Self::BadParameters { message } => {
                write!(formatter, "cannot read `--params`: {message}")
            }
            Self::BadParametersFile { path, message } => {
                write!(formatter, "cannot read the parameters in {path}: {message}")
            }
            Self::BadRunConfig { path, message, .. } => {
                write!(
                    formatter,
                    "cannot read the `--config` file {path}: {message}"
                )
            }
            Self::BadRunnerParameters { message } => {
                write!(formatter, "cannot read `--runner-params`: {message}")
            }
            Self::BadLoadVersions { message } => {
                write!(formatter, "cannot read `--load-versions`: {message}")
            }
            Self::EnvironmentOfThisMachine { name } => {
                write!(
                    formatter,
                    "runs on this machine read the environment `{name}`: the cluster needs another one"
                )
            }
            Self::UnreadableFile {
                path,
                line,
                message,
                ..
            } => match line {
                Some(line) => write!(formatter, "{path}:{line}: {message}"),
                None => write!(formatter, "{path}: {message}"),
            },
            Self::ConfigurationFailed { part, message, .. } => {
                let what = match part.as_str() {
                    "argo" => "argo.yml",
                    "settings" => "the configuration settings",
                    other => other,
                };
                write!(formatter, "Kedro cannot load {what}: {message}")
            }
        }
    }
}

impl Failure {
    /// Kind of the failure, as the worker names it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::UnsupportedKedro { .. } => "unsupported_kedro",
            Self::NotAProject { .. } => "not_a_project",
            Self::ProjectImportFailed { .. } => "project_import_failed",
            Self::UnknownPipeline { .. } => "unknown_pipeline",
            Self::PipelineNotAlone { .. } => "pipeline_not_alone",
            Self::UnknownName { .. } => "unknown_name",
            Self::UnknownEnvironment { .. } => "unknown_environment",
            Self::MissingConfigurationFolder { .. } => "missing_configuration_folder",
            Self::EmptySelection { .. } => "empty_selection",
            Self::NothingMissing { .. } => "nothing_missing",
            Self::BadParameters { .. } => "bad_parameters",
            Self::BadParametersFile { .. } => "bad_parameters_file",
            Self::BadRunConfig { .. } => "bad_run_config",
            Self::BadRunnerParameters { .. } => "bad_runner_parameters",
            Self::BadLoadVersions { .. } => "bad_load_versions",
            Self::EnvironmentOfThisMachine { .. } => "environment_of_this_machine",
            Self::UnreadableFile { .. } => "unreadable_file",
            Self::ConfigurationFailed { .. } => "configuration_failed",
        }
    }

    /// The names that could have been meant.
    pub fn candidates(&self) -> Option<(&str, &[String])> {
        match self {
            Self::UnknownPipeline { name, candidates }
            | Self::UnknownName {
                name, candidates, ..
            }
            | Self::UnknownEnvironment { name, candidates } => Some((name, candidates)),
            _ => None,
        }
    }
}

fn kind_of(flag: &str) -> &'static str {
    match flag {
        "tags" => "tag",
        "namespaces" => "namespace",
        "from_inputs" | "to_outputs" | "load_versions" => "dataset",
        _ => "node",
    }
}
