use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Settings of a run on record, to load its datasets as it had them (`python/argo_kedro/recorded_run.py`).
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct MadeWith {
    /// Configuration environment; none for the project's default.
    pub env: Option<String>,
    /// Configuration folder; none for the project's.
    pub conf_source: Option<String>,
    /// Runtime parameters, nested.
    pub params: Map<String, Value>,
    /// Variables of its tasks, as far as they are no secrets.
    pub variables: BTreeMap<String, String>,
    /// Folder that stood in for buckets; none for the buckets themselves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub buckets: Option<PathBuf>,
}

/// A dataset of a run that is to be loaded.
#[derive(Debug, Clone, Serialize)]
pub struct LoadRequest {
    /// Folder of the project.
    pub project: PathBuf,
    /// Settings of the run.
    pub made_with: MadeWith,
    /// The dataset.
    pub dataset: String,
    /// Place to which the run has written it.
    pub path: String,
    /// Most rows of a table.
    pub rows: u32,
    /// Bytes of data that is loaded; none for any number.
    pub most: Option<u64>,
}

/// A dataset as it was found (`python/argo_kedro/worker/load.py`).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Loaded {
    /// Type of the dataset, as a catalog names it.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The version that the run has of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Bytes of its data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// Time at which data on this machine was written last, in seconds since 1970.
    #[serde(default, skip_serializing)]
    pub modified: Option<f64>,
    /// Preview of the value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Preview>,
    /// Says whether it was not loaded because there is too much data.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_large: bool,
    /// Reason why there is no value, if there should be one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// A value in little (`python/argo_kedro/worker/preview.py`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Preview {
    /// Kind of the value.
    #[serde(flatten)]
    pub shape: Shape,
    /// Says whether it is not the whole value.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_cut: bool,
}

/// Kind of a value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Shape {
    /// Mappings, lists and single values. `"NaN"`, `"Infinity"` and `"-Infinity"` are numbers.
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
        /// Names of its columns.
        columns: Vec<Value>,
        /// The first rows.
        rows: Vec<Vec<Value>>,
        /// Number of rows, where that is known.
        count: Option<u64>,
    },
    /// Parts of a dataset.
    Names {
        /// The first names.
        names: Vec<String>,
        /// Number of elements.
        count: u64,
    },
    /// Something else.
    Other {
        /// Type, in words.
        text: String,
    },
}
