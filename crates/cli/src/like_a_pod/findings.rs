//! What the tasks of a run lacked that a pod would lack as well: what it is, why, and what to do.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;

use diagnostic::{Diagnostic, Place, Subject};
use lint::pod::{Found, Installed, copy_line};
use project::Snapshot;
use project::config::ArgoConfig;
use project::snapshot::{DataPlace, without_transcoding};
use runs::{Phase, RunState};
use serde::Deserialize;

use super::room::{Pod, ROOT};
use super::tree::{self, Item, Tree};
use super::{Written, store};
use crate::error::CommandError;
use crate::pod_image::PodImage;
use crate::store::shown;

/// What is known at the end of a run.
pub(super) struct Told<'a> {
    pub(super) pod: &'a Pod,
    pub(super) tree: &'a Tree,
    pub(super) image: &'a PodImage<'a>,
    pub(super) installed: &'a Installed,
    pub(super) config: &'a ArgoConfig,
    pub(super) snapshot: &'a Snapshot,
    pub(super) written: &'a Written,
    /// What was said of the store before the first task.
    pub(super) lacking: &'a [Diagnostic],
}

/// What a task notes of itself (`argo_kedro/like_a_pod`).
#[derive(Debug, Deserialize)]
struct Noted {
    missing: Option<Missing>,
    /// By variable: where it was read in vain.
    asked: BTreeMap<String, String>,
    /// By module that the image may lack: where it is imported.
    imported: BTreeMap<String, String>,
}

/// What a task failed for want of.
#[derive(Debug, Deserialize)]
struct Missing {
    kind: Kind,
    name: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Variable,
    Module,
    Credentials,
    File,
}

impl Told<'_> {
    /// What the tasks lacked, each thing once.
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
            // It was killed, has a template of its own, or was done before.
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn of(&self, task: &str, nodes: &[String], missing: &Missing) -> Option<Diagnostic> {
        let name = &missing.name;
        Some(match missing.kind {
            Kind::Variable => self.variable(task, name),
            Kind::Credentials => self.credentials(task, name),
            Kind::Module => self.module(task, name)?,
            Kind::File => self.file(task, nodes, Path::new(name))?,
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

    /// A place in the project that a task has noted; none for the configuration.
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

    fn file(&self, task: &str, nodes: &[String], path: &Path) -> Option<Diagnostic> {
        if let Ok(object) = path.strip_prefix(&self.pod.store) {
            return self.not_in_store(task, object);
        }
        let Ok(inside) = path.strip_prefix(self.pod.room(task).join(ROOT)) else {
            return self.of_this_machine(task, path);
        };
        let Ok(inside) = inside.strip_prefix(&self.pod.working_dir) else {
            let message = format!(
                "task {task} needs /{}, which the image does not have",
                inside.display()
            );
            return Some(Diagnostic::error("file-not-in-image", message));
        };
        let text = inside.to_string_lossy().into_owned();
        if let Some(finding) = self.of_another_pod(task, nodes, &text) {
            return Some(finding);
        }
        // What is to be written needs its folder.
        inside
            .ancestors()
            .filter(|part| !part.as_os_str().is_empty())
            .find_map(|part| self.kept_out(task, &part.to_string_lossy()))
    }

    /// What a task has written on its own disk for another one.
    fn of_another_pod(&self, task: &str, nodes: &[String], inside: &str) -> Option<Diagnostic> {
        let snapshot = self.snapshot;
        let is_it = |path: &str| {
            let root = Path::new(&snapshot.project.path);
            let path = Path::new(path);
            let path = path.strip_prefix(root).unwrap_or(path);
            tree::inside(&path.to_string_lossy()) == Path::new(inside)
        };
        let dataset = snapshot.datasets.iter().find(|(_, dataset)| {
            dataset.place == DataPlace::Local && dataset.path.as_deref().is_some_and(is_it)
        });
        let dataset = dataset.map(|(name, _)| without_transcoding(name));
        let maker = dataset.and_then(|dataset| {
            let mut others = snapshot
                .nodes
                .iter()
                .filter(|node| !nodes.contains(&node.name));
            let makes = |output: &String| without_transcoding(output) == dataset;
            others.find(|node| node.outputs.iter().any(makes))
        });
        let written_by = self.written.get(&self.pod.working_dir.join(inside));
        let written_by = written_by.filter(|other| *other != task);
        let who = match (written_by, maker) {
            (Some(other), _) => format!("task {other}"),
            (None, Some(node)) => format!("node {}", node.name),
            (None, None) => return None,
        };
        let message = format!(
            "task {task} needs `{inside}`, which {who} has written on the disk of its own pod: that disk ends with the pod"
        );
        let finding = Diagnostic::error("file-of-another-pod", message);
        Some(match dataset {
            Some(dataset) => finding
                .at(Place::of(Subject::Dataset(dataset.to_owned())))
                .help(format!(
                    "store `{dataset}` in a bucket: give it a path such as s3://BUCKET/{inside} in conf/{}/catalog.yml; or \
                     run both nodes in one task",
                    self.snapshot.environment_name()
                )),
            None => finding.help(
                "hand it on as a dataset, with a path of a bucket in the catalog; or run both nodes in one task",
            ),
        })
    }

    fn not_in_store(&self, task: &str, object: &Path) -> Option<Diagnostic> {
        let dataset = self.snapshot.datasets.iter().find(|(_, dataset)| {
            let url = dataset.path.as_deref().unwrap_or_default();
            store::protocol(url).is_some() && object.starts_with(store::object(url))
        });
        let (name, dataset) = dataset?;
        let url = dataset.path.as_deref().unwrap_or_default();
        let place = Place::of(Subject::Dataset(without_transcoding(name).to_owned()));
        if self.lacking.iter().any(|known| known.place == place) {
            let message = format!("task {task} needs `{name}`, but the store does not have {url}");
            return Some(
                Diagnostic::error("data-not-in-store", message)
                    .at(place)
                    .help(format!(
                        "the bucket has to hold it; for a run on this machine put it there: {}",
                        shown(&self.pod.store.join(object))
                    )),
            );
        }
        None
    }

    fn of_this_machine(&self, task: &str, path: &Path) -> Option<Diagnostic> {
        let shown = path.display();
        let in_image = tree::inside(&path.to_string_lossy());
        let (message, help) = if self.tree.get(&in_image).is_some() {
            (
                format!(
                    "task {task} needs {shown}, a path of the image that this machine does not have"
                ),
                "use a path relative to the project: it is right on this machine and in a pod"
                    .to_owned(),
            )
        } else if path.starts_with(&self.pod.project) || path.starts_with(&self.pod.home) {
            let inside = path.strip_prefix(&self.pod.project).ok();
            (
                format!(
                    "task {task} needs {shown}, a path of this machine that a pod does not have"
                ),
                match inside {
                    Some(inside) => {
                        format!("use a path relative to the project: {}", inside.display())
                    }
                    None => "put the file into the project or into a bucket".to_owned(),
                },
            )
        } else {
            return None;
        };
        Some(Diagnostic::error("file-not-in-image", message).help(help))
    }

    /// Why the image does not have a path of the project; none if it has it, or if the project does not.
    fn kept_out(&self, task: &str, inside: &str) -> Option<Diagnostic> {
        let is_folder = self.pod.project.join(inside).is_dir();
        let asked = if is_folder {
            format!("{inside}/")
        } else {
            inside.to_owned()
        };
        let whole = self.pod.working_dir.join(inside);
        if self.tree.get(&whole).is_some() {
            return None;
        }
        let dockerfile = &self.image.dockerfile_path;
        let ignore_file = self.image.ignore_file.as_deref().unwrap_or(".dockerignore");
        let in_dockerfile = Place {
            file: Some(dockerfile.clone()),
            ..Place::default()
        };
        let (found, line) = self
            .image
            .asked(|image| (image.found(&asked), copy_line(image, inside)));
        let is_data = inside.split('/').next() == Some("data");
        let (why, mut help, place) = match found {
            Found::KeptOut(Some(line)) => (
                format!("{ignore_file} excludes it"),
                format!("add `!{inside}` at the end of {ignore_file}"),
                Place::default().line(ignore_file, line),
            ),
            Found::KeptOut(None) => (
                format!("{ignore_file} excludes it, or a link leads out of the build context"),
                "put a copy of it into the project".to_owned(),
                Place::default(),
            ),
            Found::KeptOutByUs => (
                "argo-kedro excludes it".to_owned(),
                format!("add `!{inside}` to {ignore_file}"),
                Place::default(),
            ),
            Found::NotCopied => (
                format!("no COPY of {dockerfile} takes it"),
                format!("add this line to {dockerfile}: {line}"),
                in_dockerfile,
            ),
            Found::Elsewhere => (
                "it is outside of the build context".to_owned(),
                "put it into the project".to_owned(),
                Place::default(),
            ),
            Found::InImage => {
                let file = self.pod.project.join(inside);
                let is_it = |path: &&std::path::PathBuf| matches!(self.tree.get(path), Some(Item::File(from)) if super::real(from) == super::real(&file));
                let other = self.tree.paths().find(is_it);
                let why = match other {
                    Some(other) => format!("{dockerfile} puts it at /{}", other.display()),
                    None => format!("{dockerfile} puts it elsewhere"),
                };
                let help = format!(
                    "the tasks look for it at /{}; copy it there: {line}",
                    whole.display()
                );
                (why, help, in_dockerfile)
            }
            Found::Nowhere => return None,
        };
        if is_data {
            help.push_str(", or read it from a bucket in the catalog of this environment");
        }
        let message =
            format!("task {task} needs `{inside}`, but the image does not have it: {why}");
        Some(
            Diagnostic::error("file-not-in-image", message)
                .at(place)
                .help(help),
        )
    }
}
