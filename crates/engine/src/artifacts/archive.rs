//! The way in which an artifact is packed.

use argo::spec::Tree;
use serde_json::Value;

/// The way in which an artifact is packed (`ArchiveStrategy`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Archive {
    /// Archive that nothing names: packed as tar, and looked at when it is loaded.
    Unsaid,
    /// `archive: {}`: there is a strategy, and it is none of those that are known.
    Empty,
    /// File as it is.
    None,
    /// Tar and gzip.
    Tar {
        /// Level of gzip, -2 to 9; gzip's own if none.
        level: Option<i64>,
    },
    /// Zip.
    Zip,
}

impl Archive {
    /// The field `archive` of an artifact. Where it names several, the first counts, as for Argo when it loads.
    pub fn of(archive: Option<&Tree>) -> Self {
        let Some(archive) = archive else {
            return Self::Unsaid;
        };
        let named = |field| archive.get(field).filter(|value| !value.is_null());
        if named("none").is_some() {
            return Self::None;
        }
        if let Some(tar) = named("tar") {
            let level = tar.get("compressionLevel").and_then(Value::as_i64);
            return Self::Tar { level };
        }
        match named("zip") {
            Some(_) => Self::Zip,
            None => Self::Empty,
        }
    }
}
