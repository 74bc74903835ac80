//! Outputs of a task's template: the resources that the task used, and the datasets that it wrote. `argo-kedro exec`
//! writes them as files at the end of the task, so that Argo's UI and `status` show them.

/// Folder of the files, each with the name of its output.
pub const FOLDER: &str = "/tmp/argo-kedro";
/// Peak memory in bytes.
pub const PEAK_MEMORY: &str = "peak-memory-bytes";
/// Processor time in seconds.
pub const CPU: &str = "cpu-seconds";
/// Duration in seconds.
pub const DURATION: &str = "seconds";
/// Datasets that the task wrote, one line of JSON for each.
pub const WRITTEN: &str = "written-datasets";
