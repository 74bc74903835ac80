//! Settings of the program: flags, then environment variables, then facts of this machine.

use std::env::VarError;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use project::{find_interpreter, find_project};

use crate::error::CommandError;
use crate::flags::options::{Color, ErrorForm, Options};
use crate::terminal::printer::Printer;

/// Environment variables that argo-kedro reads or sets.
pub(crate) mod variables {
    /// Set by `kedro argo`: the interpreter that runs Kedro.
    pub(crate) const PYTHON: &str = "ARGO_KEDRO_PYTHON";
    /// Set by `kedro argo`: what the user typed to get here.
    pub(crate) const PROGRAM_NAME: &str = "ARGO_KEDRO_PROGRAM_NAME";
    /// Set for the tasks of a run here: the process that runs them.
    pub(crate) const PARENT: &str = "ARGO_KEDRO_PARENT";
    /// Set for tasks like pods: the file that describes their pods.
    pub(crate) const LIKE_A_POD: &str = "ARGO_KEDRO_LIKE_A_POD";
    /// Set by `kedro argo`: the process that waits for this one.
    pub(crate) const HOST: &str = "ARGO_KEDRO_HOST";
    /// Set by `kedro argo`: the socket of the process that will be the worker.
    pub(crate) const WORKER: &str = "ARGO_KEDRO_WORKER";
    /// Set by `kedro argo`: the project that process has opened.
    pub(crate) const WORKER_PROJECT: &str = "ARGO_KEDRO_WORKER_PROJECT";
}

/// Gives what the user typed to get this program: `argo-kedro` or `kedro argo`.
pub(crate) fn program() -> String {
    std::env::var(variables::PROGRAM_NAME).unwrap_or_else(|_| "argo-kedro".to_owned())
}

/// Settings for all commands.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// Printer of all output.
    pub(crate) printer: Printer,
    /// Words with which the user calls this program: `argo-kedro` or `kedro argo`.
    pub(crate) program: String,
    /// Form of an error.
    pub(crate) errors: ErrorForm,
    python: Option<PathBuf>,
    folder: Option<PathBuf>,
    state: Option<PathBuf>,
    /// Set once the worker that `kedro argo` lends is taken: it serves one reader.
    is_worker_taken: Arc<AtomicBool>,
}

impl Settings {
    pub(crate) fn resolve(options: &Options) -> Self {
        match options.color {
            Color::Auto => {}
            Color::Always => anstream::ColorChoice::write_global(anstream::ColorChoice::Always),
            Color::Never => anstream::ColorChoice::write_global(anstream::ColorChoice::Never),
        }
        Self {
            printer: Printer::new(options.quiet),
            program: program(),
            errors: options.errors.unwrap_or(ErrorForm::Text),
            python: options.python.clone(),
            folder: options.project.clone(),
            state: options.state.clone(),
            is_worker_taken: Arc::default(),
        }
    }

    /// Folder of the project.
    pub(crate) fn project(&self) -> Result<PathBuf, CommandError> {
        let start = match &self.folder {
            Some(folder) => fs_err::canonicalize(folder).map_err(|error| match error.kind() {
                ErrorKind::NotFound => {
                    CommandError::new(format!("there is no folder {}", folder.display()))
                        .of_kind("not_a_project")
                        .hint("name the folder of a Kedro project: --project FOLDER")
                }
                _ => error.into(),
            })?,
            None => std::env::current_dir()?,
        };
        Ok(find_project(&start)?)
    }

    /// Folder of the project; `None` if the user named none and this folder is in none.
    pub(crate) fn project_if_any(&self) -> Result<Option<PathBuf>, CommandError> {
        match &self.folder {
            Some(_) => self.project().map(Some),
            None => match find_project(&std::env::current_dir()?) {
                Ok(project) => Ok(Some(project)),
                Err(project::Error::NotAProject(_)) => Ok(None),
                Err(error) => Err(error.into()),
            },
        }
    }

    /// Folder whose runs count: the project's, or this one if manifests ran here.
    pub(crate) fn folder_of_runs(&self) -> Result<PathBuf, CommandError> {
        match self.folder_of_runs_if_any()? {
            Some(folder) => Ok(folder),
            None => Err(no_runs(&std::env::current_dir()?)),
        }
    }

    /// Folder whose runs count; `None` if the user named none, and this folder is in no project and has no runs.
    pub(crate) fn folder_of_runs_if_any(&self) -> Result<Option<PathBuf>, CommandError> {
        if let Some(project) = self.project_if_any()? {
            return Ok(Some(project));
        }
        let here = std::env::current_dir()?;
        let has_runs = self.state(&here).join("history.db").is_file();
        Ok(has_runs.then_some(here))
    }

    /// Copies the settings with a printer for important messages only.
    pub(crate) fn quiet(&self) -> Self {
        Self {
            printer: Printer::new(true),
            ..self.clone()
        }
    }

    /// Interpreter with the project's packages.
    pub(crate) fn interpreter(&self, project: &Path) -> Result<PathBuf, CommandError> {
        let variable = |name: &str| std::env::var_os(name).map(PathBuf::from);
        let program = std::env::current_exe().ok();
        Ok(find_interpreter(
            self.python.as_deref(),
            variable(variables::PYTHON).as_deref(),
            variable("VIRTUAL_ENV").as_deref(),
            program.as_deref(),
            project,
            std::env::var_os("PATH").as_deref(),
        )?)
    }

    /// Names the user of this program, for other users who look at its work.
    #[expect(clippy::unused_self, reason = "settings alone read variables")]
    pub(crate) fn user(&self) -> String {
        let names = ["USER", "LOGNAME"].iter().map(std::env::var);
        let name = names.flatten().find(|name| !name.is_empty());
        name.unwrap_or_else(|| format!("user {}", rustix::process::getuid().as_raw()))
    }

    /// Refuses an environment in `KEDRO_ENV` that cannot be written in a manifest.
    #[expect(clippy::unused_self, reason = "settings alone read variables")]
    pub(crate) fn check_environment_variable(&self) -> Result<(), CommandError> {
        match std::env::var("KEDRO_ENV") {
            Err(VarError::NotUnicode(name)) => Err(CommandError::new(format!(
                "KEDRO_ENV is not UTF-8: `{}`",
                name.display()
            ))
            .hint("name the environment: --env NAME")
            .hint("or take the one of the project: unset KEDRO_ENV")),
            _ => Ok(()),
        }
    }

    /// Takes the process that started this one as the worker of a project, if that is possible.
    /// Gives its socket, and only once.
    pub(crate) fn take_lent_worker(&self, project: &Path) -> Option<PathBuf> {
        let variable = |name: &str| std::env::var_os(name).map(PathBuf::from);
        let opened = variable(variables::WORKER_PROJECT)?;
        let there = |path: &Path| fs_err::canonicalize(path).ok();
        let same = there(&opened).is_some_and(|opened| Some(opened) == there(project));
        if !same || self.python.is_some() || self.is_worker_taken.swap(true, Ordering::Relaxed) {
            return None;
        }
        variable(variables::WORKER)
    }

    /// Folder for runs and their history.
    pub(crate) fn state(&self, project: &Path) -> PathBuf {
        self.state
            .clone()
            .unwrap_or_else(|| project.join(".argo-kedro"))
    }
}

/// Error: the folder has no runs and is in no project. The user may look for runs of either kind.
fn no_runs(here: &Path) -> CommandError {
    let here = here.display();
    CommandError::new(format!(
        "there are no runs here: {here} is not in a Kedro project, and no workflow file ran in it"
    ))
    .of_kind("not_a_project")
    .hint("go to the folder that the run was started in, or name a Kedro project: --project FOLDER")
    .hint("to run a workflow file here: {program} run FILE.yaml")
}
