//! The build context: the files that a builder gets, filtered by `.dockerignore`.

use std::fs::{FileType, Metadata};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use crate::git_version::version_from_git;
use crate::ignore::{IgnoreFile, Matched};
use crate::never_in_image::{NeverInImage, ProjectFolder};
use crate::{ImageError, stat_cache::Stat};

/// A build context.
///
/// The builder always gets the Dockerfile and `.dockerignore`; they are entries here only if `COPY` would find them.
#[derive(Debug)]
pub struct Context {
    /// Folder of the context.
    pub root: PathBuf,
    /// Absolute path of the Dockerfile.
    pub dockerfile: PathBuf,
    /// Ignore file that filters the context.
    pub ignore: IgnoreFile,
    /// The project in the context, if known.
    pub project: Option<ProjectFolder>,
    /// The tool that takes the project's version from Git, and the file that names it: then `.git` belongs to the
    /// image.
    pub version_from_git: Option<(&'static str, &'static str)>,
    /// Entries, sorted by the bytes of their paths.
    pub entries: Vec<Entry>,
}

/// One file, folder or link of a context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Path below the context.
    pub path: PathBuf,
    /// Kind of the entry.
    pub kind: EntryKind,
    /// Line of the ignore file whose `!` includes the entry again.
    pub readmitted_by: Option<usize>,
}

/// Kind of an entry of a context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EntryKind {
    /// A file.
    File {
        /// Says whether its owner may execute it.
        executable: bool,
        /// Properties that identify an unchanged file.
        stat: Stat,
    },
    /// A folder.
    Folder,
    /// A symbolic link, which the walk does not follow.
    Link {
        /// Target of the link.
        target: PathBuf,
    },
    /// A pipe or a device.
    Special,
}

impl Entry {
    /// Size of a file in bytes; 0 for other entries.
    pub fn size(&self) -> u64 {
        match &self.kind {
            EntryKind::File { stat, .. } => stat.size,
            _ => 0,
        }
    }

    /// Says whether the entry is a file.
    pub fn is_file(&self) -> bool {
        matches!(self.kind, EntryKind::File { .. })
    }
}

impl Context {
    /// Reads a context; `dockerfile` is relative to it, or absolute.
    ///
    /// # Errors
    ///
    /// A context or a Dockerfile that does not exist, a folder that cannot be read, a broken ignore file.
    pub fn read(root: &Path, dockerfile: &Path) -> Result<Self, ImageError> {
        Self::read_as(root, dockerfile, None)
    }

    /// Reads the context of a project, without files that are never part of a project's image.
    ///
    /// # Errors
    ///
    /// As [`Context::read`].
    pub fn of_project(
        root: &Path,
        dockerfile: &Path,
        project: &ProjectFolder,
    ) -> Result<Self, ImageError> {
        Self::read_as(root, dockerfile, Some(project.clone()))
    }

    /// Reads the same context again.
    pub(crate) fn again(&self) -> Result<Self, ImageError> {
        Self::read_as(&self.root, &self.dockerfile, self.project.clone())
    }

    fn read_as(
        root: &Path,
        dockerfile: &Path,
        project: Option<ProjectFolder>,
    ) -> Result<Self, ImageError> {
        if !root.is_dir() {
            return Err(ImageError::NoContext(root.to_owned()));
        }
        let dockerfile = root.join(dockerfile);
        if !dockerfile.is_file() {
            return Err(ImageError::NoDockerfile(dockerfile));
        }
        let mut ignore = IgnoreFile::read(root, &dockerfile)?;
        let version_from_git = match &project {
            Some(project) => version_from_git(&project.root)?,
            None => None,
        };
        let never = match &project {
            Some(project) => {
                let text = fs_err::read(&dockerfile)?;
                let text = String::from_utf8_lossy(&text);
                let needs_git = version_from_git.is_some();
                let never =
                    NeverInImage::new(project, root, &ignore.readmitted(), &text, needs_git);
                for line in never.patterns(project, root) {
                    ignore.add(line)?;
                }
                Some(never)
            }
            None => None,
        };
        let mut walk = Walk {
            root,
            ignore: &mut ignore,
            never: never.as_ref(),
            entries: Vec::new(),
        };
        walk.folder(Path::new(""), &Matched::new())?;
        let mut entries = walk.entries;
        entries.sort_by(|one, other| bytes(&one.path).cmp(bytes(&other.path)));
        Ok(Self {
            root: root.to_owned(),
            dockerfile,
            ignore,
            project,
            version_from_git,
            entries,
        })
    }

    /// Size of all files in bytes.
    pub fn size(&self) -> u64 {
        self.entries.iter().map(Entry::size).sum()
    }
}

/// The bytes of a path, for the same order on every machine.
pub(crate) fn bytes(path: &Path) -> &[u8] {
    path.as_os_str().as_bytes()
}

struct Walk<'a> {
    root: &'a Path,
    ignore: &'a mut IgnoreFile,
    never: Option<&'a NeverInImage>,
    entries: Vec<Entry>,
}

impl Walk<'_> {
    /// Adds the content of a folder; says whether it added anything.
    fn folder(&mut self, folder: &Path, matched: &Matched) -> Result<bool, ImageError> {
        let before = self.entries.len();
        for entry in fs_err::read_dir(self.root.join(folder))? {
            let entry = entry?;
            let path = folder.join(entry.file_name());
            let file_type = entry.file_type()?;
            if file_type.is_socket() {
                continue;
            }
            let (verdict, matched_here) = self.ignore.judge(&path.to_string_lossy(), matched)?;
            if !file_type.is_dir() {
                if !verdict.ignored {
                    if path.to_str().is_none() {
                        return Err(ImageError::NotUtf8(path));
                    }
                    let kind = kind(&entry.path(), file_type, &entry.metadata()?)?;
                    self.entries.push(Entry {
                        path,
                        kind,
                        readmitted_by: verdict.readmitted_by,
                    });
                }
                continue;
            }
            let may_readmit = self.ignore.may_readmit_below(&path.to_string_lossy());
            if verdict.ignored && (verdict.by_added || !may_readmit) {
                continue;
            }
            if let Some(line) = self
                .never
                .and_then(|never| never.pattern_of_folder(&path, &entry.path()))
            {
                self.ignore.add(line)?;
                let (verdict, _) = self.ignore.judge(&path.to_string_lossy(), matched)?;
                if verdict.ignored && verdict.by_added {
                    continue;
                }
            }
            let holds_something = match self.folder(&path, &matched_here) {
                // Docker does not need to read ignored folders either.
                Err(error) if verdict.ignored && error.is_permission_denied() => false,
                other => other?,
            };
            // An ignored folder still exists for the files below it that are included again.
            if !verdict.ignored || holds_something {
                self.entries.push(Entry {
                    path,
                    kind: EntryKind::Folder,
                    readmitted_by: None,
                });
            }
        }
        Ok(self.entries.len() > before)
    }
}

fn kind(path: &Path, file_type: FileType, metadata: &Metadata) -> Result<EntryKind, ImageError> {
    const OWNER_EXECUTES: u32 = 0o100;
    Ok(if file_type.is_symlink() {
        EntryKind::Link {
            target: fs_err::read_link(path)?,
        }
    } else if file_type.is_file() {
        EntryKind::File {
            executable: metadata.mode() & OWNER_EXECUTES != 0,
            stat: Stat::of(metadata),
        }
    } else {
        EntryKind::Special
    })
}
