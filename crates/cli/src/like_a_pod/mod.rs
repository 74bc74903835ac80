//! Runs tasks like the pods of a cluster: `run --like-a-pod`.
//!
//! Each task is a fresh process in a folder with the files of the image (`tree.rs`, `room.rs`), with the variables of its
//! container (`environment.rs`), without the packages that the image does not install (`packages.rs`), and with a folder in
//! place of buckets (`store.rs`). What a task cannot do without is then missing here as well, and `findings.rs` says why. The
//! other half is Python's: `argo_kedro/like_a_pod`.

mod environment;
mod findings;
mod packages;
mod room;
mod rooms;
mod store;
mod tree;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::Args;
use diagnostic::Diagnostic;
use engine::{Isolation, Resolved};
use image::Context;
use lint::dockerfile::Dockerfile;
use project::Snapshot;
use project::config::ArgoConfig;
use runs::{RunEvent, RunLock, RunState, private};
use serde::{Deserialize, Serialize};
use tempfile::TempDir;
use workflow::Options;

use crate::commands::init;
use crate::error::CommandError;
use crate::images;
use crate::pod_image::PodImage;
use crate::printer::Printer;
use crate::render::words;
use crate::selection::Selection;
use crate::settings::{Settings, variables};
use crate::spine::{Opened, Target};
use crate::store::{Store, shown};
use room::Pod;
pub(crate) use room::become_worker;
use rooms::Rooms;
use tree::Tree;

/// What a user types for it.
#[derive(Debug, Clone, Args)]
pub(crate) struct LikeAPodArguments {
    /// Run each task with what its pod would have: the files and packages of the image, the variables of the manifest, and a
    /// folder in place of buckets
    #[arg(long)]
    pub(crate) like_a_pod: bool,

    /// With --like-a-pod: the folder in place of buckets; `s3://bucket/key` is `bucket/key` in it [default: one that the
    /// run keeps]
    #[arg(long, value_name = "FOLDER", requires = "like_a_pod")]
    store: Option<String>,
}

/// The rules about an image whose faults cannot be seen in a run on this machine: the stand-in for buckets needs no library,
/// and argo-kedro is there.
const NOT_SEEN_HERE: [&str; 2] = ["missing-storage-library", "argo-kedro-not-installed"];
/// The file in a run's folder that says that its tasks run so.
const WAY: &str = "like-a-pod.json";
/// The folder in it for what goes with the run's end.
const FOLDER: &str = "pod";

/// How the tasks of a run are like pods; a retry goes on in the same way.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Way {
    /// The folder in place of buckets, where the user named one.
    store: Option<PathBuf>,
}

impl Way {
    /// What is typed; none without `--like-a-pod`.
    pub(crate) fn of(arguments: &LikeAPodArguments) -> Result<Option<Self>, CommandError> {
        if !arguments.like_a_pod {
            return Ok(None);
        }
        let store = arguments.store.as_deref();
        Ok(Some(Self {
            store: store.map(store::folder).transpose()?,
        }))
    }

    /// How a run on record goes on; none if its tasks are not like pods.
    pub(crate) fn recorded(store: &Store, run: &str) -> Result<Option<Self>, CommandError> {
        let file = store.run(run).join(WAY);
        if !file.exists() {
            return Ok(None);
        }
        let way = serde_json::from_slice(&fs_err::read(&file)?);
        let way = way.map_err(|error| {
            CommandError::new(format!("cannot read `{}`: {error}", file.display()))
        })?;
        Ok(Some(way))
    }

    /// The folder in place of buckets.
    pub(crate) fn buckets(&self, store: &Store, run: &str) -> PathBuf {
        let named = self.store.clone();
        named.unwrap_or_else(|| store.run(run).join("store"))
    }

    fn record(&self, store: &Store, run: &str) -> Result<(), CommandError> {
        let text = serde_json::to_string(self).map_err(std::io::Error::other)?;
        private::make(&store.run(run).join(WAY), &text)?;
        Ok(())
    }
}

/// Takes away what a killed run has left of its pods.
pub(crate) fn remove_left(run: &Path) -> std::io::Result<()> {
    tree::remove(&run.join(FOLDER))
}

/// The image that pods of a project would have, as far as it can be told from its Dockerfile.
pub(crate) struct Draft {
    root: PathBuf,
    config: ArgoConfig,
    context: Context,
    /// Where the files of `init` are that the project does not have.
    made: Option<TempDir>,
}

impl Draft {
    /// Looks at what the image is built from. What is wrong with it and is not seen in a run is an error.
    pub(crate) fn of(opened: &Opened, settings: &Settings) -> Result<Self, CommandError> {
        let config = opened.config()?.map_err(CommandError::findings)?;
        let own = images::folder(opened, &config.deployment).join(&config.deployment.dockerfile);
        let made = if own.is_file() {
            None
        } else {
            Some(make_files(opened, &config, settings)?)
        };
        let dockerfile = made
            .as_ref()
            .map_or(own, |folder| folder.path().join("Dockerfile"));
        let context = images::context_of(opened, &config, &dockerfile, settings)?;
        let draft = Self {
            root: opened.root.clone(),
            config,
            context,
            made,
        };
        // Of a project whose configuration alone was read, there is nothing more to say.
        if !opened.snapshot.nodes.is_empty() {
            draft.check(opened, settings)?;
        }
        Ok(draft)
    }

    fn check(&self, opened: &Opened, settings: &Settings) -> Result<(), CommandError> {
        let (_, plan) = opened.plan()?;
        let image = self.image()?;
        let target = Target::Cluster(Some(&image));
        let (_, _, mut findings) =
            opened.lower(&plan, &self.config, &Options::default(), target)?;
        findings.retain(|finding| NOT_SEEN_HERE.contains(&&*finding.code));
        if findings.iter().any(Diagnostic::is_error) {
            return Err(CommandError::findings(findings));
        }
        opened.show(&findings, settings);
        Ok(())
    }

    /// Whether the project has no Dockerfile of its own.
    fn is_made(&self) -> bool {
        self.made.is_some()
    }

    fn image(&self) -> Result<PodImage<'_>, CommandError> {
        let mut image = PodImage::new(&self.root, &self.config, &self.context)?;
        if self.is_made() {
            "Dockerfile".clone_into(&mut image.dockerfile_path);
            image.ignore_file = image.ignore_file.map(|_| ".dockerignore".to_owned());
        }
        Ok(image)
    }

    /// Makes the files of the image, and all else that the pods of a run have; `tasks` is how many it has.
    pub(crate) async fn prepare(
        self,
        way: &Way,
        opened: &mut Opened,
        selection: &Selection,
        (store, run, tasks): (&Store, &str, usize),
        settings: &Settings,
    ) -> Result<Pods, CommandError> {
        let printer = settings.printer;
        clean_up(store)?;
        way.record(store, run)?;
        let folder = Folder::make(store.run(run).join(FOLDER))?;
        let buckets = way.buckets(store, run);
        private::make_folder(&buckets)?;
        let image = self.image()?;
        let installed = image.asked(lint::pod::installed);
        let dockerfile = &image.dockerfile;
        let tree = Tree::of(dockerfile, &self.context);
        let working_dir = working_dir(dockerfile, &tree);
        let of_image = &dockerfile.environment;
        let own = |name: &str| std::env::var_os(name);
        let variables = environment::variables(of_image, own);
        let files = folder.0.join("image");
        let spinner = printer.spinner("making the files of the image");
        let (written, hidden) = std::thread::scope(|scope| {
            let writing = scope.spawn(|| tree.write(&files));
            let asked = &opened.interpreter;
            let hidden = packages::not_in(&installed, asked, &variables, &folder.0);
            let ended = || std::io::Error::other("the thread that copies files has ended");
            (writing.join().unwrap_or_else(|_| Err(ended())), hidden)
        });
        written?;
        let hidden = hidden?;
        // Who has asked for its end meanwhile is heard now.
        tokio::task::yield_now().await;
        fs_err::create_dir_all(files.join(&working_dir))?;
        spinner.finish_and_clear();
        let mut open = vec![store.run(run), buckets.clone()];
        // Where runs hand on to others.
        open.extend(store.run(run).parent().map(Path::to_owned));
        let home = std::env::var_os("HOME")
            .map(PathBuf::from)
            .unwrap_or_default();
        let mut shell: Vec<String> = std::env::vars_os()
            .filter_map(|(name, _)| name.into_string().ok())
            .collect();
        shell.sort_unstable();
        let pod = Pod {
            image: files,
            rooms: folder.0.join("rooms"),
            spares: folder.0.join("spares"),
            working_dir,
            paths: environment::paths(of_image),
            project: real(&opened.root),
            home: real(&home),
            open,
            store: buckets,
            protocols: protocols(&opened.snapshot),
            hidden,
            shell,
            notes: folder.0.join("notes"),
        };
        for folder in [&pod.rooms, &pod.spares, &pod.notes] {
            private::make_folder(folder)?;
        }
        let file = folder.0.join("pod.json");
        let text = serde_json::to_string(&pod).map_err(std::io::Error::other)?;
        private::make(&file, &text)?;
        say(&self, &tree, &installed, &pod, printer);
        let lacking = fill_store(&pod, opened, selection, settings).await?;
        let paths = tree.paths().cloned().collect();
        let rooms = Rooms::new(&pod, paths, tasks);
        Ok(Pods {
            folder,
            variables,
            file,
            pod,
            tree,
            rooms,
            installed,
            lacking,
            snapshot: opened.snapshot.clone(),
            draft: self,
        })
    }
}

/// The files that `init` would add, in a folder of their own.
fn make_files(
    opened: &Opened,
    config: &ArgoConfig,
    settings: &Settings,
) -> Result<TempDir, CommandError> {
    let folder = tempfile::tempdir()?;
    let (dockerfile, ignore_file) = init::image_files(&opened.root, settings)?;
    fs_err::write(folder.path().join("Dockerfile"), dockerfile)?;
    let context = images::folder(opened, &config.deployment);
    if !context.join(".dockerignore").is_file() {
        // The ignore file of this Dockerfile alone, as Docker finds it.
        fs_err::write(folder.path().join("Dockerfile.dockerignore"), ignore_file)?;
    }
    Ok(folder)
}

/// Where in the image the project is, from its root.
fn working_dir(dockerfile: &Dockerfile, tree: &Tree) -> PathBuf {
    if let Some(folder) = &dockerfile.working_dir {
        return tree::inside(folder);
    }
    let project = tree
        .paths()
        .filter(|path| path.ends_with("pyproject.toml"))
        .min_by_key(|path| path.components().count());
    let folder = project.and_then(|path| path.parent());
    folder.unwrap_or(Path::new("")).to_owned()
}

/// The protocols of buckets that the catalog has.
fn protocols(snapshot: &Snapshot) -> Vec<String> {
    let paths = snapshot
        .datasets
        .values()
        .filter_map(|dataset| dataset.path.as_deref());
    let mut found: Vec<String> = paths
        .filter_map(store::protocol)
        .map(str::to_owned)
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}

fn real(path: &Path) -> PathBuf {
    fs_err::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

/// Says what the pods are made of, and what of it is not known.
fn say(draft: &Draft, tree: &Tree, installed: &lint::pod::Installed, pod: &Pod, printer: Printer) {
    let files = tree
        .paths()
        .filter(|path| matches!(tree.get(path), Some(tree::Item::File(_))));
    let from = if draft.is_made() {
        "the Dockerfile that `init` would add"
    } else {
        "the Dockerfile"
    };
    printer.say(&format!(
        "like a pod: {} as {from} takes them, in /{}; in place of buckets: {}",
        words::count(files.count(), "file"),
        pod.working_dir.display(),
        shown(&pod.store)
    ));
    for note in &tree.notes {
        printer.say(&format!("not like a pod: {note}"));
    }
    if !installed.is_known {
        printer.say(
            "not like a pod: all packages of this environment are there, because it is not certain what the image installs",
        );
    }
}

/// Looks for what has to be in buckets before the first task, and puts it there where this machine has it.
async fn fill_store(
    pod: &Pod,
    opened: &mut Opened,
    selection: &Selection,
    settings: &Settings,
) -> Result<Vec<Diagnostic>, CommandError> {
    let root = opened.root.clone();
    let of_cluster = opened.snapshot.clone();
    let inputs = store::inputs(&of_cluster);
    let wanted: Vec<_> = inputs
        .into_iter()
        .filter(|(_, dataset)| {
            let url = dataset.path.as_deref().unwrap_or_default();
            !pod.store.join(store::object(url)).exists()
        })
        .collect();
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let base = of_cluster.configuration.base.as_deref();
    let base = base.map(|folder| folder.rsplit('/').next().unwrap_or(folder));
    let request = project::Request {
        env: base.map(str::to_owned),
        preferred_env: None,
        ..selection.request(&root)
    };
    let base = match opened.worker.snapshot(&request).await {
        Ok(base) => Some(base),
        Err(error) => {
            let error = CommandError::from(error).in_one_line();
            let text = format!("cannot read the base environment for what buckets hold: {error}");
            settings.printer.say(&text);
            None
        }
    };
    let mut lacking = Vec::new();
    for input in wanted {
        match store::fill(&pod.store, input, base.as_ref(), &root)? {
            store::Filled::Note(note) => settings.printer.say(&note),
            store::Filled::Not(finding) => lacking.push(finding),
        }
    }
    opened.show(&lacking, settings);
    Ok(lacking)
}

/// Takes away the folders that killed runs have left.
fn clean_up(store: &Store) -> Result<(), CommandError> {
    let folder = store.runs();
    for entry in fs_err::read_dir(&folder)?.filter_map(Result::ok) {
        let run = entry.path();
        if run.join(FOLDER).is_dir()
            && let Some(_lock) = RunLock::take(&run)?
            && let Some(_tasks) = runs::lock_tasks(&run)?
        {
            remove_left(&run)?;
        }
    }
    Ok(())
}

/// A folder that goes when this is dropped.
struct Folder(PathBuf);

impl Folder {
    fn make(path: PathBuf) -> Result<Self, CommandError> {
        tree::remove(&path)?;
        private::make_folder(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left is taken away by the next run, or with this one.
        let _ = tree::remove(&self.0);
    }
}

/// The pods of a run that goes on.
pub(crate) struct Pods {
    rooms: Rooms,
    folder: Folder,
    variables: Vec<(OsString, OsString)>,
    file: PathBuf,
    pod: Pod,
    tree: Tree,
    installed: lint::pod::Installed,
    lacking: Vec<Diagnostic>,
    snapshot: Snapshot,
    draft: Draft,
}

impl Pods {
    /// How their tasks are started.
    pub(crate) fn isolation(&self) -> Isolation {
        Isolation::Apart(self.variables.clone())
    }

    /// The variable that makes a task one of them.
    pub(crate) fn variable(&self) -> (OsString, OsString) {
        (variables::LIKE_A_POD.into(), self.file.clone().into())
    }

    /// What of a run is not like pods: tasks with templates of the user's own.
    pub(crate) fn note(resolved: &Resolved) -> Option<String> {
        let units = resolved.units.iter().filter(|unit| !unit.runs_worker());
        let names: Vec<&str> = units.map(|unit| unit.name.as_str()).collect();
        (!names.is_empty()).then(|| {
            format!(
                "not like a pod: {} have templates of their own and run as without --like-a-pod",
                words::list(&names)
            )
        })
    }

    /// Takes an event in, before anybody else sees it.
    pub(crate) fn take_in(&self, event: &mut RunEvent) {
        if let RunEvent::TaskStarted { .. } = event {
            self.rooms.started();
        }
        if let RunEvent::TaskFinished { task, cause, .. } = event {
            if let Some(cause) = cause {
                let folder = format!("{}/", self.pod.project_in(task).display());
                // As in a pod, whose paths are read from where the project is.
                let shorten = |text: &mut String| *text = text.replace(&folder, "");
                shorten(&mut cause.message);
                cause.traceback.iter_mut().for_each(shorten);
                cause
                    .frame
                    .iter_mut()
                    .for_each(|frame| shorten(&mut frame.file));
            }
            self.rooms.ended(task);
        }
    }

    /// Ends them, and says what their tasks lacked.
    pub(crate) fn end(self, state: &RunState) -> Result<Vec<Diagnostic>, CommandError> {
        let written = self.rooms.end()?;
        let image = self.draft.image()?;
        let told = findings::Told {
            pod: &self.pod,
            tree: &self.tree,
            image: &image,
            installed: &self.installed,
            config: &self.draft.config,
            snapshot: &self.snapshot,
            written: &written,
            lacking: &self.lacking,
        };
        let found = told.findings(state);
        drop(self.folder);
        found
    }
}

/// By path in the image: the task that has written it.
type Written = BTreeMap<PathBuf, String>;
