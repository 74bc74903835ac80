use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Settings of a recorded run, to load its datasets in the same way (`python/argo_kedro/recorded_run.py`).
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct MadeWith {
    /// Configuration environment; none for the project's default.
    pub env: Option<String>,
    /// Configuration folder; none for the project's.
    pub conf_source: Option<String>,
    /// Runtime parameters, nested.
    pub params: Map<String, Value>,
    /// Variables of the tasks, without secrets.
    pub variables: BTreeMap<String, String>,
    /// Folder that stood in for buckets; none if the run used the buckets themselves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub buckets: Option<PathBuf>,
}

/// Request to load a dataset of a run.
#[derive(Debug, Clone, Serialize)]
pub struct LoadRequest {
    /// Folder of the project.
    pub project: PathBuf,
    /// Settings of the run.
    pub made_with: MadeWith,
    /// Name of the dataset.
    pub dataset: String,
    /// Path to which the run has written the dataset.
    pub path: String,
    /// Maximum number of rows of a table.
    pub rows: u32,
    /// Maximum size of the data to load, in bytes; none for no limit.
    pub most: Option<u64>,
}

/// Loaded dataset (`python/argo_kedro/worker/load.py`).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Loaded {
    /// Type of the dataset, as in a catalog.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Version of the dataset in the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Size of its data in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// Last modification of data on this machine, in seconds since 1970.
    #[serde(default, skip_serializing)]
    pub modified: Option<f64>,
    /// Preview of the value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Preview>,
    /// Set if the data was too large to load.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_large: bool,
    /// Reason why an expected value is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// Preview of a value (`python/argo_kedro/worker/preview.py`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Preview {
    /// Kind of the value.
    #[serde(flatten)]
    pub shape: Shape,
    /// Set if the preview is not the whole value.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_cut: bool,
}

/// Kind of a value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Shape {
    /// Mappings, lists and single values. The numbers `"NaN"`, `"Infinity"` and `"-Infinity"` are strings.
    Json {
        /// The value.
        json: Value,
    },
    /// Text.
    Text {
        /// The text.
        text: String,
    },
    /// A table.
    Table {
        /// Names of the columns.
        columns: Vec<Value>,
        /// The first rows.
        rows: Vec<Vec<Value>>,
        /// Number of all rows, if it is known.
        count: Option<u64>,
    },
    /// Parts of a dataset.
    Names {
        /// The first names.
        names: Vec<String>,
        /// Number of all parts.
        count: u64,
    },
    /// Any other value.
    Other {
        /// Type of the value, in words.
        text: String,
    },
}
