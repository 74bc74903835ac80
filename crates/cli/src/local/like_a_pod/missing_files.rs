//! Reasons why a pod would lack a file that a task did not find.

use std::path::Path;

use diagnostic::{Diagnostic, Place, Subject};
use lint::context::holds_secrets;
use lint::pod::{PathInImage, copy_line};
use project::snapshot::{DataPlace, without_transcoding};

use super::findings::RunFacts;
use super::pod::{HOME, ROOT};
use super::prepare::real;
use super::store;
use super::tree::{self, Item};
use crate::render::path::shown;

impl RunFacts<'_> {
    pub(super) fn file(&self, task: &str, nodes: &[String], path: &Path) -> Option<Diagnostic> {
        let on_claim = path.to_str().and_then(|path| self.pod.stand_in(path));
        let in_store = on_claim.as_deref().unwrap_or(path);
        if in_store.starts_with(&self.pod.store) {
            return self.not_in_store(task, in_store);
        }
        if let Ok(inside) = path.strip_prefix(self.pod.room(task).join(HOME)) {
            let inside = inside.display();
            let message =
                format!("task {task} needs ~/{inside}, and the home folder of a pod is empty");
            return Some(Diagnostic::error("file-not-in-image", message).help(
                "put the file into the project; if it has secrets, give them to the task as variables from a Secret",
            ));
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
        // Writing a file needs its folder.
        inside
            .ancestors()
            .filter(|part| !part.as_os_str().is_empty())
            .find_map(|part| self.kept_out(task, &part.to_string_lossy()))
    }

    /// Finding about a file that another task wrote on its own disk.
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

    /// Finding about a missing file of the store.
    fn not_in_store(&self, task: &str, file: &Path) -> Option<Diagnostic> {
        let dataset = self.snapshot.datasets.iter().find(|(_, dataset)| {
            let url = dataset.path.as_deref().unwrap_or_default();
            let stand_in = self.pod.stand_in(url);
            stand_in.is_some_and(|it| file.starts_with(it))
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
                        "{} has to hold it; for a run on this machine put it there: {}",
                        store::holder(&self.pod.claims, url),
                        shown(file)
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

    /// Finding that says why the image lacks a path of the project; `None` if the image has it, or
    /// the project lacks it too.
    pub(super) fn kept_out(&self, task: &str, inside: &str) -> Option<Diagnostic> {
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
            .ask(|image| (image.locate(&asked), copy_line(image, inside)));
        let is_data = inside.split('/').next() == Some("data");
        let (why, mut help, place) = match found {
            PathInImage::KeptOut(Some(_)) if !self.pod.project.join(ignore_file).exists() => (
                format!("the {ignore_file} that `argo-kedro init` makes excludes it"),
                format!("run `argo-kedro init`, then add `!{inside}` at the end of {ignore_file}"),
                Place::default(),
            ),
            PathInImage::KeptOut(Some(line)) => (
                format!("{ignore_file} excludes it"),
                format!("add `!{inside}` at the end of {ignore_file}"),
                Place::default().line(ignore_file, line),
            ),
            PathInImage::KeptOut(None) => (
                format!("{ignore_file} excludes it, or a link leads out of the build context"),
                "put a copy of it into the project".to_owned(),
                Place::default(),
            ),
            PathInImage::KeptOutByUs => (
                "argo-kedro excludes it".to_owned(),
                format!("add `!{inside}` to {ignore_file}"),
                Place::default(),
            ),
            PathInImage::NotCopied => (
                format!("no COPY of {dockerfile} takes it"),
                format!("add this line to {dockerfile}: {line}"),
                in_dockerfile,
            ),
            PathInImage::Elsewhere => (
                "it is outside of the build context".to_owned(),
                "put it into the project".to_owned(),
                Place::default(),
            ),
            PathInImage::InImage => {
                let file = self.pod.project.join(inside);
                let is_it = |path: &&std::path::PathBuf| matches!(self.tree.get(path), Some(Item::File(from)) if real(from) == real(&file));
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
            PathInImage::Nowhere => return None,
        };
        let size = fs_err::metadata(self.pod.project.join(inside)).map_or(0, |file| file.len());
        if holds_secrets(inside, size) {
            // `lint` refuses an image with such a file.
            "no image may have its secrets: give them to the task as variables from a Secret (`secret` in argo.yml)"
                .clone_into(&mut help);
        } else if is_data {
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
