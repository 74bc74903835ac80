//! Findings about what tasks of a run lacked and a pod would lack too: the thing, the reason, the remedy.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;

use diagnostic::{Diagnostic, Place};
use lint::pod::Installed;
use project::Snapshot;
use project::config::ArgoConfig;
use runs::{Phase, RunState};
use serde::Deserialize;

use super::pod::{Pod, Written};
use super::tree::Tree;
use crate::error::CommandError;
use crate::image::of_pods::PodImage;

/// Facts at the end of a run.
pub(super) struct RunFacts<'a> {
    pub(super) pod: &'a Pod,
    pub(super) tree: &'a Tree,
    pub(super) image: &'a PodImage<'a>,
    pub(super) installed: &'a Installed,
    pub(super) config: &'a ArgoConfig,
    pub(super) snapshot: &'a Snapshot,
    pub(super) written: &'a Written,
    /// Findings about the store, made before the first task.
    pub(super) lacking: &'a [Diagnostic],
}

/// Note that a task writes about itself (`argo_kedro/like_a_pod`).
#[derive(Debug, Deserialize)]
struct Noted {
    missing: Option<Missing>,
    /// Places that read a missing variable, by variable.
    asked: BTreeMap<String, String>,
    /// Places that import a module that the image may lack, by module.
    imported: BTreeMap<String, String>,
}

/// Missing thing that made a task fail.
#[derive(Debug, Deserialize)]
struct Missing {
    kind: MissingKind,
    name: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum MissingKind {
    Variable,
    Module,
    Credentials,
    File,
}

impl RunFacts<'_> {
    /// Gives a finding for each missing thing.
    pub(super) fn findings(&self, state: &RunState) -> Result<Vec<Diagnostic>, CommandError> {
        let mut found: Vec<Diagnostic> = Vec::new();
        let mut warnings: Vec<Diagnostic> = Vec::new();
        for (task, stands) in &state.tasks {
            let Some(noted) = self.noted(task)? else {
                continue;
            };
            let missing = noted.missing.filter(|_| stands.phase != Phase::Succeeded);
            let name = missing.as_ref().map(|missing| missing.name.as_str());
            warnings.extend(
                noted
                    .asked
                    .iter()
                    .filter(|(variable, _)| name != Some(variable.as_str()))
                    .map(|(variable, place)| self.unread(task, variable, place)),
            );
            let imported = noted.imported.iter();
            warnings.extend(imported.map(|(module, place)| self.perhaps(task, module, place)));
            if let Some(missing) = missing {
                found.extend(self.of(task, &stands.nodes, &missing));
            }
        }
        found.extend(warnings);
        let mut said: Vec<Diagnostic> = Vec::new();
        for finding in found {
            let is_same =
                |known: &Diagnostic| known.code == finding.code && known.message == finding.message;
            if !said.iter().any(is_same) {
                said.push(finding);
            }
        }
        Ok(said)
    }

    fn noted(&self, task: &str) -> Result<Option<Noted>, CommandError> {
        let file = self.pod.notes.join(format!("{task}.json"));
        match fs_err::read(&file) {
            Ok(text) => {
                let noted = serde_json::from_slice(&text);
                Ok(Some(noted.map_err(|error| {
                    CommandError::new(format!("cannot read what {task} lacked: {error}"))
                })?))
            }
            // The task was killed, has its own template, or was done before.
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn of(&self, task: &str, nodes: &[String], missing: &Missing) -> Option<Diagnostic> {
        let name = &missing.name;
        Some(match missing.kind {
            MissingKind::Variable => self.variable(task, name),
            MissingKind::Credentials => self.credentials(task, name),
            MissingKind::Module => self.module(task, name)?,
            MissingKind::File => self.file(task, nodes, Path::new(name))?,
        })
    }

    fn variable(&self, task: &str, name: &str) -> Diagnostic {
        let shell = if self.has_shell(name) {
            "; only your shell has it"
        } else {
            ""
        };
        let message =
            format!("task {task} needs the variable `{name}`, but its pod does not have it{shell}");
        Diagnostic::error("variable-not-in-pod", message)
            .at(self.at_configuration())
            .help(self.how_to_give(name))
    }

    fn unread(&self, task: &str, name: &str, place: &str) -> Diagnostic {
        let message = format!(
            "task {task} reads the variable `{name}`, which your shell has and a pod does not"
        );
        let place = self
            .at(task, place)
            .unwrap_or_else(|| self.at_configuration());
        Diagnostic::warning("variable-not-in-pod", message)
            .at(place)
            .help(self.how_to_give(name))
    }

    fn has_shell(&self, name: &str) -> bool {
        self.pod.shell.iter().any(|known| known == name)
    }

    fn how_to_give(&self, name: &str) -> String {
        let how = format!(
            "give it in argo.yml: template: {{environment: [{{name: {name}, value: …}}]}}; a secret with secret_ref: \
             {{name: SECRET, key: KEY}} in place of value"
        );
        let mut settings = self.config.nodes.values();
        if settings.any(|settings| settings.env_from.is_some()) {
            return format!(
                "{how}. If it comes from `env_from`: this machine cannot know that, so set it by its name"
            );
        }
        how
    }

    fn at_configuration(&self) -> Place {
        Place {
            file: self.snapshot.argo_files.last().cloned(),
            ..Place::default()
        }
    }

    /// Place in the project that a task has noted; `None` for the configuration.
    fn at(&self, task: &str, place: &str) -> Option<Place> {
        let (file, line) = place.rsplit_once(':')?;
        let file = Path::new(file)
            .strip_prefix(self.pod.project_in(task))
            .ok()?;
        Some(Place::default().line(file.display().to_string(), line.parse().ok()?))
    }

    fn credentials(&self, task: &str, name: &str) -> Diagnostic {
        let known = self.snapshot.credentials.iter();
        let known = known.clone().find(|known| known.name == name);
        let files = known
            .map(|known| known.files.as_slice())
            .unwrap_or_default();
        let why = match files {
            [] => "no file of the configuration defines them".to_owned(),
            [file, ..] => format!("the image does not have `{file}`, which defines them"),
        };
        Diagnostic::error(
            "credentials-not-in-pod",
            format!("task {task} needs the credentials `{name}`, but {why}"),
        )
        .help(format!(
            "define them for the pods with variables: in conf/{}/credentials.yml, `{name}: {{key: ${{oc.env:NAME}}}}`; give \
             NAME in argo.yml with secret_ref. Let .dockerignore leave that file in the image",
            self.snapshot.environment_name()
        ))
    }

    fn module(&self, task: &str, name: &str) -> Option<Diagnostic> {
        let path = name.replace('.', "/");
        let source = &self.snapshot.project.source;
        for folder in [format!("{source}/"), String::new()] {
            for end in [".py", ""] {
                let inside = format!("{folder}{path}{end}");
                if self.pod.project.join(&inside).exists()
                    && let Some(finding) = self.kept_out(task, &inside)
                {
                    return Some(finding);
                }
            }
        }
        let top = name.split('.').next().unwrap_or(name);
        let brought_by = self.pod.hidden.modules.get(top)?;
        let package = brought_by.first().map_or(top, String::as_str);
        let message = format!(
            "task {task} imports `{name}`, but the image does not install the package `{package}`"
        );
        Some(
            Diagnostic::error("package-not-in-image", message)
                .at(self.at_requirements())
                .help(self.how_to_install(package)),
        )
    }

    fn perhaps(&self, task: &str, module: &str, place: &str) -> Diagnostic {
        let brought_by = self.pod.hidden.modules.get(module);
        let package = brought_by.and_then(|all| all.first());
        let package = package.map_or(module, String::as_str);
        let message = format!(
            "task {task} imports `{module}`, and the image does not seem to install the package `{package}`"
        );
        let place = self
            .at(task, place)
            .unwrap_or_else(|| self.at_requirements());
        Diagnostic::warning("package-not-in-image", message)
            .at(place)
            .help(self.how_to_install(package))
    }

    fn at_requirements(&self) -> Place {
        Place {
            file: self.installed.files.first().cloned(),
            ..Place::default()
        }
    }

    fn how_to_install(&self, package: &str) -> String {
        match self.installed.files.first() {
            Some(file) => format!("add `{package}` to {file}, from which the image installs"),
            None => format!(
                "let {} install it: RUN pip install {package}",
                self.image.dockerfile_path
            ),
        }
    }
}
