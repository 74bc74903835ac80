//! Makes the files of the image, the variables, and the folder in place of buckets, for the pods of a run.

use std::path::{Path, PathBuf};

use diagnostic::Diagnostic;
use engine::Resolved;
use lint::dockerfile::Dockerfile;
use project::Snapshot;
use runs::private;

use super::draft::Draft;
use super::folder::{self, Folder};
use super::pod::Pod;
use super::pods::Pods;
use super::rooms::{Rooms, Spares};
use super::tree::{self, Tree};
use super::{Way, environment, packages, store};
use crate::error::CommandError;
use crate::flags::selection::Selection;
use crate::record::store::Store;
use crate::render::path::shown;
use crate::render::{diagnostics, words};
use crate::settings::Settings;
use crate::spine::Opened;
use crate::terminal::printer::Printer;

impl Draft {
    /// Makes the files of the image, and everything else for the pods of a run.
    pub(crate) async fn prepare(
        self,
        way: &Way,
        opened: &mut Opened,
        selection: &Selection,
        (store, run, resolved): (&Store, &str, &Resolved),
        settings: &Settings,
    ) -> Result<Pods, CommandError> {
        let printer = settings.printer;
        folder::clean_up(store)?;
        let claims = resolved.claims();
        way.with(claims.clone()).record(store, run)?;
        let folder = Folder::make(store.run(run).join(folder::NAME))?;
        let buckets = way.buckets(store, run);
        private::make_folder(&buckets)?;
        let image = self.image()?;
        let installed = image.ask(lint::pod::installed);
        let dockerfile = &image.dockerfile;
        let tree = Tree::of(dockerfile, &self.context);
        let working_dir = working_dir(dockerfile, &tree);
        let of_image = &dockerfile.environment;
        let own = |name: &str| std::env::var_os(name);
        let variables = environment::variables(of_image, own);
        let files = folder.0.join("image");
        let spinner = printer.spinner("making the files of the image");
        let spare_folders = folder.0.join("spares");
        private::make_folder(&spare_folders)?;
        let mut spares = Spares::new(&files, &spare_folders);
        let (written, hidden) = std::thread::scope(|scope| {
            let writing = scope.spawn(|| {
                tree.write(&files)?;
                fs_err::create_dir_all(files.join(&working_dir))?;
                spares.make_first(tree.paths().count());
                Ok(())
            });
            let asked = &opened.interpreter;
            let hidden = packages::not_in(&installed, asked, &variables, &folder.0);
            let ended = || std::io::Error::other("the thread that copies files has ended");
            (writing.join().unwrap_or_else(|_| Err(ended())), hidden)
        });
        // Handle a pending Ctrl-C before an error of the interpreter, which it may have ended too.
        tokio::task::yield_now().await;
        written?;
        let hidden = hidden?;
        spinner.finish_and_clear();
        let mut open = vec![store.run(run), buckets.clone()];
        // Runs hand data on to other runs there.
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
            spares: spare_folders,
            working_dir,
            paths: environment::paths(of_image),
            project: real(&opened.root),
            home: real(&home),
            open,
            store: buckets,
            claims,
            protocols: protocols(&opened.snapshot),
            hidden,
            shell,
            notes: folder.0.join("notes"),
        };
        for folder in [&pod.rooms, &pod.notes] {
            private::make_folder(folder)?;
        }
        let file = folder.0.join("pod.json");
        let text = serde_json::to_string(&pod).map_err(std::io::Error::other)?;
        private::make(&file, &text)?;
        say(&self, &tree, &installed, &pod, printer);
        let lacking = fill_store(&pod, opened, selection, settings).await?;
        let paths = tree.paths().cloned().collect();
        let rooms = Rooms::new(&pod, paths, spares, resolved.units.len());
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

/// Finds the folder of the project in the image, from its root.
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

/// Protocols of buckets in the catalog.
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

/// Path without links, if it exists.
pub(super) fn real(path: &Path) -> PathBuf {
    fs_err::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

/// Says what the pods are made of, and what is unknown about them.
fn say(draft: &Draft, tree: &Tree, installed: &lint::pod::Installed, pod: &Pod, printer: Printer) {
    let files = tree
        .paths()
        .filter(|path| matches!(tree.get(path), Some(tree::Item::File(_))));
    let from = if draft.is_made() {
        "the Dockerfile that `init` would add"
    } else {
        "the Dockerfile"
    };
    let of = if pod.claims.is_empty() {
        "buckets"
    } else {
        "buckets and claims"
    };
    printer.say(&format!(
        "like a pod: {} as {from} takes them, in /{}; in place of {of}: {}",
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

/// Finds the inputs that buckets and claims need before the first task, and copies those that this machine has.
async fn fill_store(
    pod: &Pod,
    opened: &mut Opened,
    selection: &Selection,
    settings: &Settings,
) -> Result<Vec<Diagnostic>, CommandError> {
    let root = opened.root.clone();
    let of_cluster = opened.snapshot.clone();
    let inputs = store::inputs(&of_cluster, &pod.claims);
    let wanted: Vec<_> = inputs
        .into_iter()
        .filter_map(|(name, dataset)| {
            let url = dataset.path.as_deref()?;
            let target = pod.stand_in(url)?;
            (!target.exists()).then_some((name, url, target))
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
    for (name, url, target) in wanted {
        let holder = store::holder(&pod.claims, url);
        match store::fill((name, url), (&target, &holder), base.as_ref(), &root)? {
            store::Filled::Note(note) => settings.printer.say(&note),
            store::Filled::Not(finding) => lacking.push(finding),
        }
    }
    // `lint` does not know the store, so show all findings here.
    if !lacking.is_empty() {
        let width = settings.printer.width_of_messages();
        let text = diagnostics::terminal(&lacking, &root, width);
        settings.printer.say(&text);
    }
    Ok(lacking)
}
