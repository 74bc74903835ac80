//! The files of an image as a folder: what its Dockerfile copies from the build context, and to where.

use std::collections::BTreeMap;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Component, Path, PathBuf};

use image::{Context, EntryKind};
use lint::dockerfile::{Command, Copy, Dockerfile, FileInstruction, Origin};

use super::copying::copy_all;

/// Item at a path of an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Item {
    /// File with this path on this machine.
    File(PathBuf),
    /// A folder.
    Folder,
    /// Symbolic link with its target.
    Link(PathBuf),
}

/// The files of an image by their paths from its root.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Tree {
    items: BTreeMap<PathBuf, Item>,
    /// Parts of the Dockerfile with unknown effect, a sentence each.
    pub(super) notes: Vec<String>,
}

impl Tree {
    /// Files that a Dockerfile takes from its build context.
    pub(super) fn of(dockerfile: &Dockerfile, context: &Context) -> Self {
        let mut tree = Self::default();
        for step in &dockerfile.steps {
            match step {
                FileInstruction::WorkingDir(folder) => tree.folder(&inside(folder)),
                FileInstruction::Copy(copy) => tree.copy(copy, context),
                FileInstruction::Run(commands) => {
                    for command in commands {
                        tree.run(command);
                    }
                }
                // A mount exists while a command runs, and is not in the image.
                FileInstruction::Mount(_) => {}
            }
        }
        tree
    }

    /// Finds the item at a path from the root.
    pub(super) fn get(&self, path: &Path) -> Option<&Item> {
        self.items.get(path)
    }

    /// The paths of all files and folders.
    pub(super) fn paths(&self) -> impl Iterator<Item = &PathBuf> {
        self.items.keys()
    }

    /// Writes the files into a folder.
    pub(super) fn write(&self, root: &Path) -> io::Result<()> {
        fs_err::create_dir_all(root)?;
        let mut files = Vec::new();
        for (path, item) in &self.items {
            match item {
                Item::Folder => fs_err::create_dir_all(root.join(path))?,
                Item::Link(target) => symlink(target_inside_tree(path, target), root.join(path))?,
                Item::File(file) => files.push((file.clone(), root.join(path))),
            }
        }
        copy_all(&files)
    }

    fn folder(&mut self, path: &Path) {
        for folder in path.ancestors() {
            if !folder.as_os_str().is_empty() {
                self.items.entry(folder.to_owned()).or_insert(Item::Folder);
            }
        }
    }

    fn put(&mut self, path: &Path, item: Item) {
        if let Some(parent) = path.parent() {
            self.folder(parent);
        }
        if item == Item::Folder {
            self.folder(path);
        } else {
            self.items.insert(path.to_owned(), item);
        }
    }

    /// Items at a path or below it, with the rest of their paths.
    fn below(&self, path: &Path) -> Vec<(PathBuf, Item)> {
        let all = self.items.range(path.to_owned()..);
        let all = all.take_while(|(known, _)| known.starts_with(path));
        all.filter_map(|(known, item)| {
            let rest = known.strip_prefix(path).ok()?.to_owned();
            Some((rest, item.clone()))
        })
        .collect()
    }

    fn copy(&mut self, copy: &Copy, context: &Context) {
        let target = inside(&copy.target);
        let unknown = |word: &String| word.contains('$');
        if copy.sources.iter().any(unknown) || copy.target.contains('$') {
            self.notes.push(format!(
                "cannot tell what `COPY {} {}` takes",
                copy.sources.join(" "),
                copy.target
            ));
            return;
        }
        let mut sources: Vec<(PathBuf, Vec<(PathBuf, Item)>)> = Vec::new();
        for source in &copy.sources {
            let path = inside(source);
            match &copy.from {
                Origin::Context => sources.extend(of_context(context, &path)),
                Origin::Stage => {
                    let found = self.below(&path);
                    sources.push((path, found));
                }
                Origin::Image(image) => {
                    self.notes
                        .push(format!("cannot tell what `{image}` has at `{source}`"));
                }
                Origin::Network => {
                    self.notes
                        .push(format!("`{source}` is not downloaded on this machine"));
                }
            }
        }
        let is_folder = copy.into_folder
            || sources.len() > 1
            || matches!(self.items.get(&target), Some(Item::Folder))
            || target.as_os_str().is_empty();
        for (path, found) in sources {
            for (rest, item) in found {
                if !rest.as_os_str().is_empty() {
                    self.put(&target.join(rest), item);
                } else if item == Item::Folder {
                    self.put(&target, item);
                } else if is_folder {
                    self.put(&target.join(path.file_name().unwrap_or_default()), item);
                } else {
                    self.put(&target, item);
                }
            }
        }
    }

    /// Applies a simple command to the files.
    fn run(&mut self, command: &Command) {
        let folder = command.folder.as_deref().unwrap_or("/");
        let words = command.words.iter().skip(1);
        let is_path =
            |word: &&String| !word.starts_with('-') && !word.contains(['$', '*', '?', '{']);
        for word in words.filter(is_path) {
            // A word that begins with `/` stands for itself.
            let path = Path::new(folder).join(word);
            let path = inside(&path.to_string_lossy());
            match command.program() {
                "mkdir" => self.folder(&path),
                "rm" if !path.as_os_str().is_empty() => {
                    self.items.retain(|known, _| !known.starts_with(&path));
                }
                _ => {}
            }
        }
    }
}

/// Files of a build context that a `COPY` source means, each with its path and the items below it.
fn of_context(context: &Context, source: &Path) -> Vec<(PathBuf, Vec<(PathBuf, Item)>)> {
    let text = source.to_string_lossy();
    let is_pattern = text.contains(['*', '?', '[']);
    let tops: Vec<PathBuf> = if is_pattern {
        let paths = context.entries.iter().map(|entry| &entry.path);
        let matching = paths.filter(|path| image::is_copied_by(&text, &path.to_string_lossy()));
        matching.cloned().collect()
    } else {
        vec![source.to_owned()]
    };
    tops.into_iter()
        .map(|top| {
            let mut found = Vec::new();
            if top.as_os_str().is_empty() {
                found.push((PathBuf::new(), Item::Folder));
            }
            for entry in &context.entries {
                let Ok(rest) = entry.path.strip_prefix(&top) else {
                    continue;
                };
                let file = context.root.join(&entry.path);
                let item = match &entry.kind {
                    EntryKind::File { .. } => Item::File(file),
                    EntryKind::Folder => Item::Folder,
                    // A source that is a link stands for its target.
                    EntryKind::Link { .. } if rest.as_os_str().is_empty() => Item::File(file),
                    EntryKind::Link { target } => Item::Link(target.clone()),
                    EntryKind::Special => continue,
                };
                found.push((rest.to_owned(), item));
            }
            (top, found)
        })
        .collect()
}

/// Path of a container, relative to the root.
pub(super) fn inside(path: &str) -> PathBuf {
    let mut found = PathBuf::new();
    for part in Path::new(path).components() {
        match part {
            Component::Normal(name) => found.push(name),
            Component::ParentDir => {
                found.pop();
            }
            _ => {}
        }
    }
    found
}

/// Target of a link that leads into the tree instead of this machine.
fn target_inside_tree(link: &Path, target: &Path) -> PathBuf {
    let Ok(rest) = target.strip_prefix("/") else {
        return target.to_owned();
    };
    let depth = link.components().count().saturating_sub(1);
    let up: PathBuf = std::iter::repeat_n("..", depth).collect();
    if depth == 0 {
        rest.to_owned()
    } else {
        up.join(rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::local::like_a_pod::copying::copy_folder;

    /// Lists the files in the image of a Dockerfile, folders with a `/`.
    fn tree(dockerfile: &str) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        for (path, text) in [
            ("Dockerfile", dockerfile),
            (".dockerignore", "data\n!data/model.bin\n"),
            ("pyproject.toml", ""),
            ("requirements.txt", ""),
            ("src/shop/a.py", ""),
            ("conf/base/catalog.yml", ""),
            ("data/raw.csv", ""),
            ("data/model.bin", ""),
        ] {
            fs_err::create_dir_all(root.join(path).parent().unwrap()).unwrap();
            fs_err::write(root.join(path), text).unwrap();
        }
        symlink("/app/pyproject.toml", root.join("src/link")).unwrap();
        let context = Context::read(root, Path::new("Dockerfile")).unwrap();
        let dockerfile = Dockerfile::parse(dockerfile, None, []);
        let tree = Tree::of(&dockerfile, &context);
        let written = root.join("tree");
        tree.write(&written).unwrap();
        let again = root.join("again");
        copy_folder(&written, &again).unwrap();
        let mut found = Vec::new();
        for (path, item) in &tree.items {
            let there = fs_err::symlink_metadata(again.join(path)).unwrap();
            let (end, is_right) = match item {
                Item::File(_) => ("", there.is_file()),
                Item::Folder => ("/", there.is_dir()),
                Item::Link(_) => ("@", there.is_symlink()),
            };
            assert!(is_right, "{path:?}");
            found.push(format!("{}{end}", path.display()));
        }
        found
    }

    #[test]
    fn a_tree_has_what_copy_takes_where_copy_puts_it() {
        let all = [
            "app/",
            "app/conf/",
            "app/conf/base/",
            "app/conf/base/catalog.yml",
            "app/conf/local/",
            "app/data/",
            "app/data/model.bin",
            "app/pyproject.toml",
            "app/requirements.txt",
            "app/src/",
            "app/src/link@",
            "app/src/shop/",
            "app/src/shop/a.py",
        ];
        let kept = |tree: Vec<String>| -> Vec<String> {
            let is_given =
                |path: &String| !path.ends_with("Dockerfile") && !path.ends_with(".dockerignore");
            tree.into_iter().filter(is_given).collect()
        };
        assert_eq!(
            kept(tree(
                "FROM python:3.12\nWORKDIR /app\nCOPY . .\nRUN mkdir -p conf/local"
            )),
            all
        );
        assert_eq!(
            tree("FROM python:3.12\nWORKDIR /app\nCOPY pyproject.toml *.txt ./\nCOPY src/shop src"),
            [
                "app/",
                "app/pyproject.toml",
                "app/requirements.txt",
                "app/src/",
                "app/src/a.py"
            ]
        );
        assert_eq!(
            tree(
                "FROM python:3.12\nCOPY requirements.txt /tmp/all.txt\nCOPY requirements.txt /etc/\nRUN rm /tmp/all.txt"
            ),
            ["etc/", "etc/requirements.txt", "tmp/"]
        );
    }

    #[test]
    fn what_another_stage_was_given_can_be_taken_from_it() {
        let dockerfile = "FROM python:3.12 AS build\nWORKDIR /build\nCOPY src src\nFROM python:3.12\nWORKDIR /app\n\
            COPY --from=build /build/src/shop ./shop";
        let found = tree(dockerfile);
        assert!(found.contains(&"app/shop/a.py".to_owned()), "{found:?}");
    }

    #[test]
    fn a_link_to_a_place_of_the_image_stays_in_the_tree() {
        let to = |link: &str, target: &str| target_inside_tree(Path::new(link), Path::new(target));
        assert_eq!(to("app/src/link", "/app/x"), Path::new("../../app/x"));
        assert_eq!(to("link", "/app/x"), Path::new("app/x"));
        assert_eq!(to("app/link", "../x"), Path::new("../x"));
    }
}
