//! The image of the pods in the form that the rules need: its build context and its Dockerfile.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use diagnostic::Diagnostic;
use diagnostic::yaml::Yaml;
use image::{Context, Entry, EntryKind, KeptOutBy};
use lint::dockerfile::Dockerfile;
use lint::pod::{Image, PathInImage};
use plan::Plan;
use project::Snapshot;
use project::config::ArgoConfig;

/// Links to follow before a path counts as lost.
const MOST_LINKS: usize = 16;

/// Image that pods run, if it is built from the project.
pub(crate) struct PodImage<'a> {
    root: PathBuf,
    context: &'a Context,
    entries: BTreeMap<&'a Path, &'a Entry>,
    /// Real path of the context's folder: `..` or a link may lead to it.
    real: PathBuf,
    /// The project's folder below `real`; empty if they are the same.
    folder: String,
    pub(crate) dockerfile: Dockerfile,
    /// Path of the Dockerfile as the user would type it.
    pub(crate) dockerfile_path: String,
    /// Says whether the project has no Dockerfile, and this is the one that `init` would add.
    pub(crate) is_proposed: bool,
    pub(crate) ignore_file: Option<String>,
}

impl<'a> PodImage<'a> {
    /// Describes the image that is built from a context, for the project at `root`.
    pub(crate) fn new(
        root: &Path,
        config: &ArgoConfig,
        context: &'a Context,
    ) -> Result<Self, std::io::Error> {
        let deployment = &config.deployment;
        let text = fs_err::read(&context.dockerfile)?;
        let arguments = deployment.build_args.iter();
        let shown = |file: &Path| {
            let relative = file.strip_prefix(root).unwrap_or(file);
            relative.display().to_string()
        };
        let context_folder = real(&context.root);
        let folder = real(root);
        let folder = folder
            .strip_prefix(&context_folder)
            .unwrap_or(Path::new(""));
        Ok(Self {
            folder: folder.to_string_lossy().into_owned(),
            root: root.to_owned(),
            context,
            entries: context
                .entries
                .iter()
                .map(|entry| (entry.path.as_path(), entry))
                .collect(),
            real: context_folder,
            dockerfile: Dockerfile::parse(
                &String::from_utf8_lossy(&text),
                deployment.target.as_deref(),
                arguments.map(|(name, value)| (name.as_str(), value.as_str())),
            ),
            dockerfile_path: shown(&context.dockerfile),
            is_proposed: false,
            ignore_file: context.ignore.file().map(shown),
        })
    }

    /// Gives the findings about pods that run the image; `environments` are the project's other ones, for advice.
    pub(crate) fn check(
        &self,
        snapshot: &Snapshot,
        config: &ArgoConfig,
        plan: &Plan,
        manifest: &Yaml,
        environments: &[String],
    ) -> Vec<Diagnostic> {
        let image = Image {
            dockerfile: &self.dockerfile,
            dockerfile_path: &self.dockerfile_path,
            is_proposed: self.is_proposed,
            ignore_file: self.ignore_file.as_deref(),
            folder: &self.folder,
            find: &|path| self.find(path),
            read: &|path| self.read(path),
            is_written: &|text| {
                let files = snapshot.configuration.files.iter();
                let mut texts =
                    files.filter_map(|file| fs_err::read_to_string(self.root.join(file)).ok());
                texts.any(|written| written.contains(text))
            },
        };
        lint::pod::check(snapshot, config, plan, manifest, environments, Some(&image))
    }

    /// Answers a question about the image that does not need the configuration.
    pub(crate) fn ask<T>(&self, ask: impl FnOnce(&Image<'_>) -> T) -> T {
        ask(&Image {
            dockerfile: &self.dockerfile,
            dockerfile_path: &self.dockerfile_path,
            is_proposed: self.is_proposed,
            ignore_file: self.ignore_file.as_deref(),
            folder: &self.folder,
            find: &|path| self.find(path),
            read: &|path| self.read(path),
            is_written: &|_| false,
        })
    }

    /// Path in the build context of a path in the project; `None` outside of the context.
    pub(crate) fn in_context(&self, path: &str) -> Option<PathBuf> {
        let file: PathBuf = self.root.join(path).components().collect();
        let leaves = file.components().any(|part| part == Component::ParentDir);
        let inside = file.strip_prefix(&self.context.root).ok();
        let inside = inside.filter(|_| !leaves).map(Path::to_owned);
        inside.or_else(|| {
            // Resolve a link to the folder, but not the file itself.
            let folder = real(file.parent().unwrap_or(&file));
            let whole = folder.join(file.file_name().unwrap_or_default());
            whole.strip_prefix(&self.real).ok().map(Path::to_owned)
        })
    }

    fn read(&self, path: &str) -> Option<String> {
        let inside = self.in_context(path)?;
        if !self.entries.contains_key(inside.as_path()) {
            return None;
        }
        fs_err::read_to_string(self.root.join(path)).ok()
    }

    /// Finds a path of the project; a path that ends with `/` is a folder, even an empty one.
    fn find(&self, path: &str) -> PathInImage {
        let here = self.root.join(path);
        let may_be_empty = path.ends_with('/');
        let is_there = here.exists() && (may_be_empty || holds_files(&here));
        if !is_there {
            return PathInImage::Nowhere;
        }
        let Some(inside) = self.in_context(path) else {
            return PathInImage::Elsewhere;
        };
        if self.holds(&inside, here.is_dir() && !may_be_empty, MOST_LINKS) {
            return PathInImage::InImage;
        }
        match self.context.ignore.kept_out_by(&inside) {
            Ok(Some(KeptOutBy::Own)) => PathInImage::KeptOutByUs,
            Ok(Some(KeptOutBy::Line(line))) => PathInImage::KeptOut(Some(line)),
            Ok(None) | Err(_) => PathInImage::KeptOut(None),
        }
    }

    /// Says whether the context has a path, also through links inside the context.
    fn holds(&self, path: &Path, wants_files: bool, links: usize) -> bool {
        for ancestor in path.ancestors() {
            let Some(entry) = self.entries.get(ancestor) else {
                continue;
            };
            if let EntryKind::Link { target } = &entry.kind {
                let Some(links) = links.checked_sub(1) else {
                    return false;
                };
                let folder = ancestor.parent().unwrap_or(Path::new(""));
                let rest = path.strip_prefix(ancestor).unwrap_or(Path::new(""));
                let led = led(folder, target).map(|led| led.join(rest));
                return led.is_some_and(|led| self.holds(&led, wants_files, links));
            }
        }
        let entry = self.entries.get(path);
        if path.as_os_str().is_empty() || wants_files && entry.is_some_and(|entry| !entry.is_file())
        {
            return self
                .entries
                .range(path..)
                .take_while(|(below, _)| below.starts_with(path))
                .any(|(below, entry)| !matches!(entry.kind, EntryKind::Folder) && !is_mark(below));
        }
        entry.is_some()
    }
}

/// Finds the target of a link in a folder of the context, if the target is in the context.
fn led(folder: &Path, target: &Path) -> Option<PathBuf> {
    if target.is_absolute() {
        return None;
    }
    let mut led = PathBuf::new();
    for part in folder.join(target).components() {
        match part {
            Component::Normal(name) => led.push(name),
            Component::ParentDir if !led.pop() => return None,
            _ => {}
        }
    }
    Some(led)
}

fn real(path: &Path) -> PathBuf {
    fs_err::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

/// Says whether a path is a file, or a folder with a file at any depth that is more than a mark for git.
fn holds_files(path: &Path) -> bool {
    if !path.is_dir() {
        return path.exists();
    }
    // A folder that cannot be read counts as one with files.
    let Ok(entries) = fs_err::read_dir(path) else {
        return true;
    };
    entries.flatten().any(|entry| {
        let inside = entry.path();
        !is_mark(&inside) && holds_files(&inside)
    })
}

fn is_mark(path: &Path) -> bool {
    path.file_name()
        .is_some_and(|name| name == ".gitkeep" || name == ".gitignore")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(ignore: &str, paths: &[&str]) -> Vec<PathInImage> {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("shop");
        let write = |path: &str, text: &str| {
            let path = root.join(path);
            fs_err::create_dir_all(path.parent().unwrap()).unwrap();
            fs_err::write(path, text).unwrap();
        };
        write("Dockerfile", "FROM scratch\n");
        write(".dockerignore", ignore);
        write("data/raw/a.csv", "a");
        write("data/raw/b.csv", "b");
        write("data/empty/.gitkeep", "");
        write("conf/local/.gitkeep", "");
        write("conf/local/credentials.yml", "a: b");
        write("../other/c.csv", "c");
        let link = |target: &str, path: &str| {
            std::os::unix::fs::symlink(target, root.join(path)).unwrap();
        };
        link("data/raw", "inside");
        link("../other", "outside");
        link("nowhere", "broken");
        link("round", "round");
        let config = ArgoConfig::default();
        let context = Context::read(&root, Path::new("Dockerfile")).unwrap();
        let image = PodImage::new(&root, &config, &context).unwrap();
        paths.iter().map(|path| image.find(path)).collect()
    }

    #[test]
    fn a_path_is_in_the_image_unless_a_line_keeps_it_out() {
        use PathInImage::{Elsewhere, InImage, KeptOut, Nowhere};
        let paths = ["data/raw/a.csv", "data/raw/b.csv", "data/raw", "data"];
        assert_eq!(find("", &paths), [InImage; 4]);
        assert_eq!(find("x\ndata/\n", &paths), [KeptOut(Some(2)); 4]);
        assert_eq!(
            find("data\n!data/raw/a.csv\n", &paths),
            [InImage, KeptOut(Some(1)), InImage, InImage]
        );
        assert_eq!(find("**\n!data/raw\n", &paths), [InImage; 4]);
        let others = [
            "data/empty",
            "data/none",
            "../other/c.csv",
            "/etc/hostname-not",
        ];
        assert_eq!(find("", &others), [Nowhere, Nowhere, Elsewhere, Nowhere]);
    }

    #[test]
    fn a_link_is_followed_as_the_image_has_it() {
        use PathInImage::{InImage, KeptOut, Nowhere};
        let paths = ["inside/a.csv", "inside", "outside/c.csv", "broken", "round"];
        let none = KeptOut(None);
        assert_eq!(find("", &paths), [InImage, InImage, none, Nowhere, Nowhere]);
        assert_eq!(find("data\n", &paths)[..2], [none, none]);
    }

    #[test]
    fn what_argo_kedro_leaves_out_is_no_line_of_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs_err::create_dir(root.join("logs")).unwrap();
        for path in ["Dockerfile", "logs/access.log", "info.log", "data.csv"] {
            fs_err::write(root.join(path), "FROM scratch\n").unwrap();
        }
        fs_err::write(root.join(".dockerignore"), "data.csv\n").unwrap();
        let project = image::ProjectFolder {
            root: root.to_owned(),
            ..image::ProjectFolder::default()
        };
        let context = Context::of_project(root, Path::new("Dockerfile"), &project).unwrap();
        let image = PodImage::new(root, &ArgoConfig::default(), &context).unwrap();
        for path in ["logs/access.log", "logs", "info.log"] {
            assert_eq!(image.find(path), PathInImage::KeptOutByUs, "{path}");
        }
        assert_eq!(image.find("data.csv"), PathInImage::KeptOut(Some(1)));
    }

    #[test]
    fn a_folder_may_be_wanted_empty() {
        use PathInImage::{InImage, KeptOut};
        assert_eq!(find("conf/local\n", &["conf/local/"]), [KeptOut(Some(1))]);
        let kept = "conf/local/*\n!conf/local/.gitkeep\n";
        assert_eq!(find(kept, &["conf/local/"]), [InImage]);
        assert_eq!(
            find(kept, &["conf/local/credentials.yml"]),
            [KeptOut(Some(1))]
        );
        assert_eq!(find("conf/local/*\n", &["conf/local/"]), [InImage]);
    }
}
