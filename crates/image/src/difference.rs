//! Differences between a project and its last image.

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::content::Content;
use crate::context::{Context, EntryKind};
use crate::{ImageError, Request};

/// File in this program's own folder that records the last image.
const FILE: &str = "image.json";

/// Parts of a build in which images can differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BuiltFrom {
    /// The image with its tag.
    pub image: String,
    /// Digests of the Dockerfile and of the build settings in `argo.yml`, by description.
    settings: BTreeMap<String, String>,
    /// Entries of the build context, by path; only empty ones of the folders.
    files: BTreeMap<String, String>,
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Kind of the change.
    pub what: Changed,
    /// Path of a file in the build context, or the description of a setting.
    pub name: String,
}

/// Kind of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Changed {
    /// The content differs.
    Changed,
    /// The file is new.
    New,
    /// The file no longer exists.
    Gone,
}

impl fmt::Display for Changed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Changed => "changed",
            Self::New => "new",
            Self::Gone => "gone",
        })
    }
}

impl BuiltFrom {
    /// The parts of a build now; `image` is the name with its tag.
    ///
    /// # Errors
    ///
    /// A file that cannot be read.
    pub fn now(image: String, request: &Request, context: &Context) -> Result<Self, ImageError> {
        let content = Content::read(context, request.state.as_deref())?;
        let digest = |bytes: &[u8]| blake3::hash(bytes).to_hex().to_string();
        let mut settings = BTreeMap::from([
            ("the Dockerfile".to_owned(), digest(&content.dockerfile)),
            (
                "the platform".to_owned(),
                digest(request.platform.as_bytes()),
            ),
        ]);
        if let Some(target) = &request.target {
            settings.insert("the target".to_owned(), digest(target.as_bytes()));
        }
        for (name, value) in &request.build_args {
            settings.insert(
                format!("the build argument {name}"),
                digest(value.as_bytes()),
            );
        }
        let parents: HashSet<&Path> = content
            .entries
            .iter()
            .filter_map(|entry| entry.path.parent())
            .collect();
        let mut files = BTreeMap::new();
        for (entry, of_file) in content.entries.iter().zip(&content.digests) {
            let what = match &entry.kind {
                EntryKind::File { executable, .. } => {
                    let kind = if *executable { "program" } else { "file" };
                    format!("{kind} {}", blake3::Hash::from_bytes(*of_file).to_hex())
                }
                EntryKind::Link { target } => format!("link {}", target.display()),
                EntryKind::Special => "special".to_owned(),
                EntryKind::Folder if parents.contains(entry.path.as_path()) => continue,
                EntryKind::Folder => "folder".to_owned(),
            };
            files.insert(entry.path.display().to_string(), what);
        }
        Ok(Self {
            image,
            settings,
            files,
        })
    }

    /// Reads the parts of the last build; none without a record. `state` is this program's own folder.
    ///
    /// # Errors
    ///
    /// A record that cannot be read, or has the format of another version.
    pub fn last(state: &Path) -> Result<Option<Self>, ImageError> {
        let text = match fs_err::read(state.join(FILE)) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let last = serde_json::from_slice(&text).map_err(std::io::Error::from)?;
        Ok(Some(last))
    }

    /// Records this build as the last one.
    ///
    /// # Errors
    ///
    /// A record that cannot be written.
    pub fn save(&self, state: &Path) -> Result<(), ImageError> {
        fs_err::create_dir_all(state)?;
        let mut file = tempfile::NamedTempFile::new_in(state)?;
        serde_json::to_writer(&mut file, self).map_err(std::io::Error::from)?;
        file.persist(state.join(FILE))
            .map_err(|error| error.error)?;
        Ok(())
    }

    /// Lists the changes: first those of `argo.yml` and the Dockerfile, then those of files, by path.
    pub fn since(&self, before: &Self) -> Vec<Change> {
        let mut changes = compare(&before.settings, &self.settings);
        changes.extend(compare(&before.files, &self.files));
        changes
    }
}

fn compare(before: &BTreeMap<String, String>, now: &BTreeMap<String, String>) -> Vec<Change> {
    let mut changes = Vec::new();
    for (name, what) in now {
        let what = match before.get(name) {
            None => Changed::New,
            Some(known) if known != what => Changed::Changed,
            Some(_) => continue,
        };
        let name = name.clone();
        changes.push(Change { what, name });
    }
    let gone = before.keys().filter(|name| !now.contains_key(*name));
    changes.extend(gone.map(|name| Change {
        what: Changed::Gone,
        name: name.clone(),
    }));
    changes.sort_by(|one, other| one.name.cmp(&other.name));
    changes
}
