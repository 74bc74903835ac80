//! The folder with the files of a pod.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs::Permissions;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Component, Path, PathBuf};

use runs::private;

use super::declared::{Declared, RoomError, Surroundings};
use super::plan::{Mount, PLAN, Plan, SUBCOMMAND, WHY_NOT, below, word};
use super::rename::renamed;
use super::shared_path::{OutputPlace, SharedPath};
use super::way::{Places, ResolvedPath};

const TMP: &str = "/tmp";

/// Files of a pod alone.
#[derive(Debug)]
pub struct Room {
    pub(super) folder: PathBuf,
    program: PathBuf,
    pub(super) places: Places,
    shared_paths: Vec<SharedPath>,
    /// Declared paths, and their replacements in commands, variables and scripts.
    renamed: Vec<(PathBuf, PathBuf)>,
    /// Plan of mounts; none if the pod does not enter the room.
    plan: Option<Plan>,
    /// `TMPDIR` of the pod.
    temporary: Option<PathBuf>,
    /// Declared files of a container that runs in its own image; none for a process of this machine.
    pub(super) of_image: Option<Vec<Declared>>,
}

/// Command, folder and variables with which a pod starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Start {
    /// Command line, with the program first.
    pub words: Vec<OsString>,
    /// Working folder.
    pub folder: PathBuf,
}

impl Room {
    /// Makes the room of a pod. A pod that declares nothing has no room, and uses the shared `/tmp`.
    ///
    /// # Arguments
    ///
    /// * `folder`: Folder for the files of this attempt alone; it is created.
    /// * `declared`: Declared paths of the template.
    ///
    /// # Errors
    ///
    /// A path that no pod can have for itself, or a folder that cannot be made.
    pub fn new(
        folder: &Path,
        declared: &[Declared],
        around: &Surroundings<'_>,
    ) -> Result<Self, RoomError> {
        let mut room = Self::empty(folder, around.program);
        if declared.is_empty() {
            return Ok(room);
        }
        private::make_folder(folder)?;
        room.folder = std::fs::canonicalize(folder)?;
        let mut layout = Layout::new(&room.folder, around)?;
        // Add volumes first: a path of the pod's own may lie in one.
        let is_own = |declared: &&Declared| matches!(declared, Declared::Own(_));
        let volumes = declared.iter().filter(|declared| !is_own(declared));
        for declared in volumes.chain(declared.iter().filter(is_own)) {
            let path = owned(declared.path())?;
            if around.can_mount && layout.add(declared, &path)? {
                continue;
            }
            room.put_beside(declared, &path)?;
        }
        if around.can_mount {
            let plan = layout.finish(&mut room.places)?;
            let file = room.folder.join(PLAN);
            fs_err::write(&file, plan.to_bytes())?;
            room.temporary = Some(PathBuf::from(TMP));
            room.plan = Some(plan);
        } else {
            let temporary = room.folder.join("tmp");
            private::make_folder(&temporary)?;
            room.temporary = Some(temporary);
        }
        // Replaced paths come last, so that they override others.
        for (path, own) in &room.renamed {
            room.places.insert(path.clone(), own.clone());
        }
        Ok(room)
    }

    /// A room with nothing in it.
    pub(super) fn empty(folder: &Path, program: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            program: program.to_owned(),
            places: Places::default(),
            shared_paths: Vec::new(),
            renamed: Vec::new(),
            plan: None,
            temporary: None,
            of_image: None,
        }
    }

    /// Folder of the room.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// File that says why a container in its own image was not started.
    pub fn why_not(&self) -> PathBuf {
        self.folder.join(WHY_NOT)
    }

    /// Replaces a declared path by another one.
    fn put_beside(&mut self, declared: &Declared, path: &Path) -> io::Result<()> {
        let own = match declared {
            Declared::Mount { from, .. } => from.clone(),
            Declared::Own(_) => {
                // A path below a volume or another declared folder lies below that folder's replacement.
                let own = match self
                    .renamed
                    .iter()
                    .find(|(above, _)| path.starts_with(above))
                {
                    Some((above, own)) => match path.strip_prefix(above) {
                        Ok(rest) if !rest.as_os_str().is_empty() => own.join(rest),
                        _ => own.clone(),
                    },
                    None => below(&self.folder.join("files"), path),
                };
                if let Some(parent) = own.parent() {
                    private::make_folder(parent)?;
                }
                self.shared_paths
                    .push(SharedPath::new(path.to_owned(), own.clone()));
                own
            }
        };
        self.renamed.push((path.to_owned(), own));
        Ok(())
    }

    /// Path on this machine of a path of the pod, for a file to place there before the start. The parent folders may
    /// not exist yet.
    ///
    /// # Errors
    ///
    /// Links on the path form a circle, or the path is below a file.
    pub fn host_path(&self, path: &Path) -> io::Result<PathBuf> {
        if self.of_image.is_some() {
            return Ok(self.places.at(path));
        }
        Ok(self
            .places
            .at(&self.places.without_links(path, false, false)?))
    }

    /// Finds an output of the pod, after [`Self::collect`]. Resolves the pod's links as in the pod.
    ///
    /// # Errors
    ///
    /// The file does not exist, e.g. behind a dangling link, or links form a circle.
    pub fn find(&self, path: &Path) -> io::Result<ResolvedPath> {
        if self.of_image.is_some() {
            let path = self.places.at(path);
            // A link of the container would lead to a file of this machine.
            if std::fs::symlink_metadata(&path)?.is_symlink() {
                return Err(io::Error::from_raw_os_error(
                    rustix::io::Errno::NOENT.raw_os_error(),
                ));
            }
            return Ok(ResolvedPath {
                resolved: path.clone(),
                path,
            });
        }
        Ok(ResolvedPath {
            path: self
                .places
                .at(&self.places.without_links(path, false, true)?),
            resolved: self
                .places
                .at(&self.places.without_links(path, true, true)?),
        })
    }

    /// Builds the start of a command of the pod. Apply [`Self::rename`] to its words before.
    ///
    /// # Arguments
    ///
    /// * `working_folder`: A path of the pod, which has to exist when the command starts.
    ///
    /// # Errors
    ///
    /// The working folder cannot be found.
    pub fn start(&self, command: &[OsString], working_folder: &Path) -> io::Result<Start> {
        if self.plan.is_none() {
            return Ok(Start {
                words: command.to_vec(),
                folder: self.host_path(working_folder)?,
            });
        }
        let head: [&OsStr; 4] = [
            self.program.as_os_str(),
            OsStr::new(SUBCOMMAND),
            self.folder.as_os_str(),
            word(Some(working_folder)),
        ];
        Ok(Start {
            words: head
                .into_iter()
                .map(OsStr::to_owned)
                .chain(command.iter().cloned())
                .collect(),
            // The process changes to the working folder by itself.
            folder: self.folder.clone(),
        })
    }

    /// Additional variables of the pod.
    pub fn variables(&self) -> Vec<(OsString, OsString)> {
        let temporary = self.temporary.iter();
        temporary
            .map(|folder| ("TMPDIR".into(), folder.clone().into()))
            .collect()
    }

    /// Replaces declared paths that the pod cannot have for itself, in an argument, the value of a variable, or a
    /// script.
    pub fn rename(&self, text: &str) -> String {
        if self.renamed.is_empty() {
            return text.to_owned();
        }
        let text_of = |(path, own): &(PathBuf, PathBuf)| {
            Some((path.to_str()?.to_owned(), own.to_str()?.to_owned()))
        };
        let paths: Vec<(String, String)> = self.renamed.iter().filter_map(text_of).collect();
        let paths: Vec<(&str, &str)> = paths
            .iter()
            .map(|(path, own)| (path.as_str(), own.as_str()))
            .collect();
        renamed(text, &paths)
    }

    /// Declared paths that the pod shares: two pods with the same one must not run at the same time.
    pub fn shared(&self) -> impl Iterator<Item = &Path> {
        self.renamed.iter().map(|(path, _)| path.as_path())
    }

    /// Collects the outputs at declared paths that the pod shares. Call this after the end of the pod, before its
    /// outputs are read.
    ///
    /// # Errors
    ///
    /// A file cannot be moved.
    pub fn collect(&mut self) -> io::Result<()> {
        for shared_path in &self.shared_paths {
            if shared_path.collect()? == OutputPlace::Itself {
                self.places
                    .insert(shared_path.path.clone(), shared_path.path.clone());
            }
        }
        Ok(())
    }

    /// Reads why the command did not start, if the pod has ended with [`NOT_STARTED`](super::NOT_STARTED).
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub fn why_not_started(&self) -> io::Result<Option<String>> {
        match std::fs::read_to_string(self.folder.join(WHY_NOT)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            read => read.map(Some),
        }
    }
}

/// Removes the folder of a room with all files of the pod, whatever their permissions.
///
/// # Errors
///
/// A file cannot be removed.
pub fn remove(folder: &Path) -> io::Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        removed => return removed,
    }
    open_up(folder)?;
    std::fs::remove_dir_all(folder)
}

/// Gives the owner access to all folders.
fn open_up(folder: &Path) -> io::Result<()> {
    std::fs::set_permissions(folder, Permissions::from_mode(0o700))?;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            open_up(&entry.path())?;
        }
    }
    Ok(())
}

/// Normalised path that a pod can have for itself, without `.` and `..`.
pub(super) fn owned(path: &Path) -> Result<PathBuf, RoomError> {
    let not_own = |why| RoomError::NotOwn {
        path: path.to_owned(),
        why,
    };
    if !path.is_absolute() {
        return Err(not_own("it does not begin with /"));
    }
    let mut clean = PathBuf::from("/");
    for component in path.components() {
        match component {
            Component::Normal(part) => clean.push(part),
            Component::ParentDir => {
                clean.pop();
            }
            Component::RootDir | Component::CurDir | Component::Prefix(_) => {}
        }
    }
    if clean == Path::new("/") {
        return Err(not_own("it is the whole disk"));
    }
    if clean.starts_with("/proc") || clean.starts_with("/sys") {
        return Err(not_own("the kernel makes what is there"));
    }
    Ok(clean)
}

/// View of a pod on the files, under construction.
struct Layout {
    /// Folder of the room.
    room: PathBuf,
    /// Real path of `/tmp`.
    tmp: PathBuf,
    /// Paths that every pod shares with this machine, with links resolved.
    kept: Vec<PathBuf>,
    /// Folders over which folders of the room are mounted, and the names in them that belong to the pod.
    shadowed: BTreeMap<PathBuf, Vec<OsString>>,
    /// Folders to create for the pod's own paths.
    own: Vec<PathBuf>,
    volumes: Vec<Mount>,
}

impl Layout {
    fn new(room: &Path, around: &Surroundings<'_>) -> io::Result<Self> {
        let kept = around
            .kept
            .iter()
            .map(PathBuf::as_path)
            .chain([around.program, room]);
        // Skip missing paths: there is nothing to keep.
        let kept = kept.filter_map(|path| std::fs::canonicalize(path).ok());
        Ok(Self {
            room: room.to_owned(),
            tmp: std::fs::canonicalize(TMP)?,
            kept: kept.collect(),
            shadowed: BTreeMap::new(),
            own: Vec::new(),
            volumes: Vec::new(),
        })
    }

    /// Gives a declared path to the pod alone; false if kept folders prevent that.
    fn add(&mut self, declared: &Declared, path: &Path) -> Result<bool, RoomError> {
        let path = self.real(path);
        let is_tmp = path == self.tmp;
        let hides = !is_tmp && self.kept.iter().any(|kept| kept.starts_with(&path));
        let is_in_kept = self.kept.iter().any(|kept| path.starts_with(kept));
        match declared {
            Declared::Own(_) => {
                let is_in_volume = self
                    .volumes
                    .iter()
                    .any(|volume| path.starts_with(&volume.to));
                if !is_in_volume && (hides || is_in_kept) {
                    return Ok(false);
                }
                if !is_tmp && !is_in_volume {
                    self.shadow(&path)?;
                    self.own.extend(path.parent().map(Path::to_owned));
                }
            }
            Declared::Mount {
                from, read_only, ..
            } => {
                let is_there = path.is_dir() == from.is_dir() && path.exists();
                if hides || (is_in_kept && !is_there) {
                    return Ok(false);
                }
                if !is_there || path.starts_with(&self.tmp) {
                    self.shadow(&path)?;
                    self.own.extend(path.parent().map(Path::to_owned));
                }
                self.volumes.push(Mount {
                    from: std::fs::canonicalize(from)?,
                    to: path,
                    read_only: *read_only,
                });
            }
        }
        Ok(true)
    }

    /// Path with links resolved, as far as it exists. Ignores the content of `/tmp`, which the pod does not see.
    fn real(&self, path: &Path) -> PathBuf {
        if let Ok(rest) = path.strip_prefix(TMP) {
            return if rest.as_os_str().is_empty() {
                self.tmp.clone()
            } else {
                self.tmp.join(rest)
            };
        }
        for above in path.ancestors() {
            if let (Ok(real), Ok(rest)) = (std::fs::canonicalize(above), path.strip_prefix(above)) {
                return if rest.as_os_str().is_empty() {
                    real
                } else {
                    real.join(rest)
                };
            }
        }
        path.to_owned()
    }

    /// Mounts a folder of the room over the deepest existing folder on the path.
    fn shadow(&mut self, path: &Path) -> Result<(), RoomError> {
        if path.starts_with(&self.tmp) {
            return Ok(());
        }
        let mut above = path.ancestors().skip(1);
        let folder = above.find(|above| above.exists()).unwrap_or(Path::new("/"));
        if !folder.is_dir() {
            return Err(RoomError::NotOwn {
                path: path.to_owned(),
                why: "a file is on its way",
            });
        }
        let name = path
            .strip_prefix(folder)
            .ok()
            .and_then(|rest| rest.iter().next());
        let names = self.shadowed.entry(folder.to_owned()).or_default();
        names.extend(name.map(OsStr::to_owned));
        Ok(())
    }

    /// Creates the folders, and computes the mounts.
    fn finish(self, places: &mut Places) -> io::Result<Plan> {
        let mut plan = Plan::default();
        // Bind the sources of volumes first: later mounts may hide those below `/tmp` or below another volume.
        let mut held = Vec::with_capacity(self.volumes.len());
        for (index, volume) in self.volumes.iter().enumerate() {
            let stub = self.room.join("volumes").join(index.to_string());
            private::make_folder(&self.room.join("volumes"))?;
            make_stub(&stub, volume.from.is_dir())?;
            plan.mounts.push(bind(&volume.from, &stub));
            held.push(Mount {
                from: stub,
                ..volume.clone()
            });
        }
        self.make_tmp(&mut plan, places)?;
        // Deeper folders first: the ones above mount them again.
        for (index, (folder, own)) in self.shadowed.iter().enumerate().rev() {
            let shadow = self.room.join("folders").join(index.to_string());
            private::make_folder(&shadow)?;
            fs_err::set_permissions(&shadow, fs_err::metadata(folder)?.permissions())?;
            // The owner needs access, which root had before.
            open_to_owner(&shadow)?;
            places.insert(folder.clone(), shadow.clone());
            let is_root = folder == Path::new("/");
            if is_root {
                // Only a mount point can become the root.
                plan.mounts.push(bind(&shadow, &shadow));
            }
            for entry in entries(folder)? {
                let name = entry.file_name();
                if own.contains(&name) {
                    continue;
                }
                let (path, stub) = (entry.path(), shadow.join(&name));
                let kind = entry.file_type()?;
                if kind.is_symlink() {
                    std::os::unix::fs::symlink(std::fs::read_link(&path)?, &stub)?;
                    continue;
                }
                make_stub(&stub, kind.is_dir())?;
                plan.mounts.push(bind(&path, &stub));
                // Another folder of the room may already be mounted over this path.
                places.insert_if_new(path.clone(), path);
            }
            if is_root {
                plan.root = Some(shadow);
            } else {
                plan.mounts.push(bind(&shadow, folder));
            }
        }
        for volume in &self.volumes {
            places.insert(volume.to.clone(), volume.from.clone());
        }
        // All places are known now.
        for folder in &self.own {
            std::fs::create_dir_all(places.at(folder))?;
        }
        for volume in &self.volumes {
            // The mount point is in another volume, or on the disk.
            let (parent, name) = (volume.to.parent(), volume.to.file_name());
            if let (Some(parent), Some(name)) = (parent, name) {
                let stub = places.at(parent).join(name);
                if stub.symlink_metadata().is_err() {
                    make_stub(&stub, volume.from.is_dir())?;
                }
            }
        }
        plan.last = held;
        // Nested volumes come after the ones that contain them.
        plan.last
            .sort_by_key(|volume| volume.to.components().count());
        Ok(plan)
    }

    /// Creates the folder of the room for `/tmp`, and mounts the kept folders below it.
    fn make_tmp(&self, plan: &mut Plan, places: &mut Places) -> io::Result<()> {
        let tmp = self.room.join("tmp");
        private::make_folder(&tmp)?;
        fs_err::set_permissions(&tmp, Permissions::from_mode(0o1777))?;
        places.insert(self.tmp.clone(), tmp.clone());
        let mut kept: Vec<&PathBuf> = self
            .kept
            .iter()
            .filter(|kept| kept.starts_with(&self.tmp))
            .collect();
        kept.sort_unstable();
        kept.dedup();
        let mut seen: Vec<&PathBuf> = Vec::new();
        for kept in kept {
            // Ignore a caller that keeps all of `/tmp`: the pod's `/tmp` is still its own.
            if *kept == self.tmp || seen.iter().any(|seen| kept.starts_with(seen)) {
                continue;
            }
            let Ok(rest) = kept.strip_prefix(&self.tmp) else {
                continue;
            };
            let stub = tmp.join(rest);
            if let Some(parent) = stub.parent() {
                std::fs::create_dir_all(parent)?;
            }
            make_stub(&stub, kept.is_dir())?;
            plan.mounts.push(bind(kept, &stub));
            places.insert(kept.clone(), kept.clone());
            seen.push(kept);
        }
        plan.mounts.push(bind(&tmp, &self.tmp));
        Ok(())
    }
}

fn bind(from: &Path, to: &Path) -> Mount {
    Mount {
        from: from.to_owned(),
        to: to.to_owned(),
        read_only: false,
    }
}

/// Lists a folder. An unreadable folder is empty for the pod too.
fn entries(folder: &Path) -> io::Result<Vec<std::fs::DirEntry>> {
    match std::fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(Vec::new()),
        read => read?.collect(),
    }
}

/// Creates an empty mount point.
fn make_stub(path: &Path, is_folder: bool) -> io::Result<()> {
    if is_folder {
        return std::fs::create_dir_all(path);
    }
    std::fs::File::options()
        .create(true)
        .append(true)
        .open(path)
        .map(drop)
}

fn open_to_owner(folder: &Path) -> io::Result<()> {
    let mode = fs_err::metadata(folder)?.permissions().mode();
    fs_err::set_permissions(folder, Permissions::from_mode((mode & 0o777) | 0o700))
}
