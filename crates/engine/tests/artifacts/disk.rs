//! A store, and a folder for the files of pods.

use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use argo::spec::{Artifact, from_json};
use engine::artifacts::{
    ArtifactLocation, Input, Limits, Loading, MadeArtifact, Saved, Store, load, save_all,
};
use serde_json::Value;
use tempfile::TempDir;

pub(crate) const PREFIX: &str = "wf/wf-main-1";

/// A store, and a folder for the files of pods.
pub(crate) struct Disk {
    pub(crate) root: TempDir,
    pub(crate) store: Store,
}

impl Disk {
    pub(crate) fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let store = Store::new(root.path().join("artifacts"));
        Self { root, store }
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.root.path().join(path)
    }

    pub(crate) fn save(&self, artifact: &Value, path: &Path, is_mounted: bool) -> Saved {
        let artifact: Artifact = from_json(artifact).unwrap();
        let output = MadeArtifact {
            bucket: None,
            artifact: &artifact,
            path,
            resolved: std::fs::canonicalize(path),
            is_mounted,
        };
        save_all(&self.store, vec![output], PREFIX)
    }

    pub(crate) fn load(&self, artifact: &Value, to: &str) -> Result<Loading, String> {
        self.load_with(artifact, to, None)
    }

    pub(crate) fn load_with(
        &self,
        artifact: &Value,
        to: &str,
        limits: Option<Limits>,
    ) -> Result<Loading, String> {
        let artifact: Artifact = from_json(artifact).unwrap();
        let location = ArtifactLocation::of(&artifact, &|name, key| Ok(format!("{name}-{key}")))
            .map_err(|error| error.to_string())?;
        let input = Input {
            artifact,
            location,
            to: self.path(to),
            limits,
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime
            .block_on(load(&self.store, input))
            .map_err(|error| error.node_message())
    }

    /// Writes a file directly into the store.
    pub(crate) fn put(&self, key: &str, content: &[u8]) {
        let path = self.store.path(key).unwrap();
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
}

/// Lists everything in a folder: path, and content, `-> target` or `/`.
pub(crate) fn tree(root: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut left = vec![root.to_owned()];
    while let Some(path) = left.pop() {
        let name = path.strip_prefix(root).unwrap().as_os_str();
        let name = String::from_utf8_lossy(name.as_bytes()).into_owned();
        let kind = path.symlink_metadata().unwrap();
        let what = if kind.is_symlink() {
            format!("-> {}", std::fs::read_link(&path).unwrap().display())
        } else if kind.is_dir() {
            left.extend(
                std::fs::read_dir(&path)
                    .unwrap()
                    .map(|entry| entry.unwrap().path()),
            );
            "/".to_owned()
        } else {
            String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned()
        };
        found.push((name, what));
    }
    found.sort();
    found
}

pub(crate) fn names(root: &Path) -> Vec<String> {
    tree(root)
        .into_iter()
        .map(|(name, what)| format!("{name}{}", if what == "/" { "/" } else { "" }))
        .collect()
}

/// A folder with a file, a file below, an empty folder and a link.
pub(crate) fn make_folder(at: &Path) {
    std::fs::create_dir_all(at.join("sub")).unwrap();
    std::fs::create_dir(at.join("void")).unwrap();
    std::fs::write(at.join("a.txt"), "A").unwrap();
    std::fs::set_permissions(at.join("a.txt"), PermissionsExt::from_mode(0o750)).unwrap();
    std::fs::write(at.join("sub/b.txt"), "B").unwrap();
    symlink("a.txt", at.join("link")).unwrap();
}

pub(crate) fn mode(path: &Path) -> u32 {
    path.symlink_metadata().unwrap().permissions().mode() & 0o777
}
