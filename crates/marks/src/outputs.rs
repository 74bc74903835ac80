//! The outputs of a task's template: what the task used and where it has written what it makes. They are
//! files that `argo-kedro exec` writes when the task has ended, so that Argo's UI and `status` show them.

/// Folder of the files, each with the name of its output.
pub const FOLDER: &str = "/tmp/argo-kedro";
/// Most memory it held, in bytes.
pub const PEAK_MEMORY: &str = "peak-memory-bytes";
/// Time it kept processors busy, in seconds.
pub const CPU: &str = "cpu-seconds";
/// Time it took, in seconds.
pub const DURATION: &str = "seconds";
/// The datasets that it has written, a line of JSON for each.
pub const WRITTEN: &str = "written-datasets";
