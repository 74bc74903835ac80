use std::path::PathBuf;

use serde::Deserialize;

/// Reason why a project could not be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Neither this folder nor a parent of it is a project.
    #[error("{} is not in a Kedro project", .0.display())]
    NotAProject(PathBuf),
    /// A `pyproject.toml` is not valid TOML.
    #[error("{} is not valid TOML", .file.display())]
    BrokenPyProject {
        /// The file.
        file: PathBuf,
        /// Reason.
        source: Box<toml::de::Error>,
    },
    /// A `pyproject.toml` exists but cannot be read.
    #[error("cannot read {}", .file.display())]
    UnreadablePyProject {
        /// The file.
        file: PathBuf,
        /// Reason.
        source: std::io::Error,
    },
    /// The interpreter that the user named does not exist.
    #[error("there is no Python at {}", .0.display())]
    NoSuchInterpreter(PathBuf),
    /// No interpreter was found.
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
        /// Last lines of the worker's output.
        output: String,
    },
    /// The worker's answer is not valid.
    #[error("the Python process that reads the project gave a result that is not valid: {reason}")]
    WorkerGarbage {
        /// What is wrong with the answer.
        reason: String,
    },
    /// A path of the request is not valid UTF-8.
    #[error(
        "a path has a name that is not UTF-8: rename the folder of the project, or the file of a flag"
    )]
    NotUtf8,
    /// The worker reports a failure.
    #[error("{0}")]
    Failed(Failure),
}

impl Error {
    /// Stable code of the error, for programs.
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

/// Failure that the worker reports (`python/argo_kedro/worker/failure.py`).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Failure {
    /// Kedro is installed, but too old or too new.
    UnsupportedKedro {
        /// Version of Kedro, if it is the reason.
        version: Option<String>,
        /// Reason, if it is not the version.
        #[serde(default)]
        message: String,
    },
    /// `pyproject.toml` is not that of a Kedro project.
    NotAProject {
        /// Message of Kedro.
        message: String,
    },
    /// The project's own code raised an exception.
    ProjectImportFailed {
        /// The exception in one line.
        message: String,
        /// The user's traceback.
        traceback: String,
        /// Missing module, if that is the reason.
        missing_module: Option<String>,
    },
    /// The project has no such pipeline.
    UnknownPipeline {
        /// The name.
        name: String,
        /// Existing names.
        candidates: Vec<String>,
    },
    /// The project registers a pipeline that Kedro does not find when it loads only that one.
    PipelineNotAlone {
        /// The name.
        name: String,
        /// The exception in one line.
        message: String,
        /// The user's traceback.
        traceback: String,
    },
    /// The project has no such node, tag, dataset or namespace.
    UnknownName {
        /// The flag, e.g. `from_nodes`.
        flag: String,
        /// The name.
        name: String,
        /// Existing names.
        candidates: Vec<String>,
    },
    /// The project has no such environment.
    UnknownEnvironment {
        /// The name.
        name: String,
        /// Existing names.
        candidates: Vec<String>,
    },
    /// A folder of Kedro's configuration loader does not exist.
    MissingConfigurationFolder {
        /// The folder.
        path: String,
        /// Set if it is the folder of all environments.
        whole: bool,
    },
    /// The selection contains no node.
    EmptySelection {
        /// Message of Kedro.
        message: String,
    },
    /// All outputs already exist (`--only-missing-outputs`).
    NothingMissing {},
    /// Kedro cannot parse `--params`.
    BadParameters {
        /// Message of Kedro.
        message: String,
    },
    /// A `--params-file` cannot be read.
    BadParametersFile {
        /// The file.
        path: String,
        /// Reason.
        message: String,
    },
    /// A file of `--config` cannot be read.
    BadRunConfig {
        /// The file.
        path: String,
        /// Reason.
        message: String,
        /// Key that is not allowed.
        name: Option<String>,
        /// Allowed keys.
        candidates: Vec<String>,
    },
    /// Kedro cannot parse `--runner-params`.
    BadRunnerParameters {
        /// Message of Kedro.
        message: String,
    },
    /// Kedro cannot parse `--load-versions`.
    BadLoadVersions {
        /// Message of Kedro.
        message: String,
    },
    /// The selected environment is for this machine, but one for a cluster is needed.
    EnvironmentOfThisMachine {
        /// Name of the environment.
        name: String,
    },
    /// A file of the project cannot be edited in its current form.
    UnreadableFile {
        /// Path of the file, relative to the project's folder.
        path: String,
        /// Line, from 1, if it is known.
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
        /// Message of Kedro.
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

    /// Names that the user may have meant.
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
