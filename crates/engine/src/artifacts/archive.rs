//! Packing strategies of artifacts.

use argo::spec::Tree;
use serde_json::Value;

/// Packing strategy of an artifact (`ArchiveStrategy`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Archive {
    /// No `archive` field: Argo saves a tar, and inspects the file when it loads one.
    Unspecified,
    /// `archive: {}`: a strategy without any of the known kinds.
    Empty,
    /// File as it is, without an archive.
    None,
    /// Tar and gzip.
    Tar {
        /// Level of gzip, -2 to 9; gzip's default if none.
        level: Option<i64>,
    },
    /// Zip.
    Zip,
}

impl Archive {
    /// Reads the field `archive` of an artifact. If it names several strategies, the first counts, as when Argo loads.
    pub fn of(archive: Option<&Tree>) -> Self {
        let Some(archive) = archive else {
            return Self::Unspecified;
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
