//! Marks of argo-kedro in a manifest: `compile` writes the marks, with the names that are here, and
//! whoever has a manifest or a status reads them here. Argo knows nothing of them.
//!
//! * [`outline`]: tasks, and the Kedro nodes of each,
//! * [`main_dag`]: the DAG of the tasks, also where it is wide,
//! * [`name_list`]: several names as one text,
//! * [`outputs`]: what a task used and has written,
//! * [`runtime_parameters`]: Kedro's runtime parameters as one text,
//! * [`task_variables`]: variables of the tasks.

mod main_dag;
pub mod name_list;
mod outline;
pub mod outputs;
pub mod runtime_parameters;
mod task_variables;

pub use main_dag::{MainDag, WIDE_STEP, main_dag, main_dag_mut, task_of_node};
pub use outline::{TaskOutline, memory_limit, outline};
pub use task_variables::{RunOf, is_file_of_pods, task_variables};

/// Input with the task's Kedro nodes. The name is the earlier plugin's, so that custom templates that read it go on
/// working.
pub const NODES: &str = "kedro_nodes";
/// Value of [`NODES`] where the name of the task says its node: `fit_model` of `fit-model`. Most nodes are named like
/// functions, so most tasks need no argument.
pub const NODES_FROM_NAME: &str = "{{=replace(tasks.name, '-', '_')}}";
/// Name of the template that tells people how the workflow has ended.
pub const NOTIFY: &str = "notify";
/// Annotation of a `CronWorkflow` with the name of its schedule in `argo.yml`, by which one that is not there any more
/// is found.
pub const SCHEDULE: &str = "argo-kedro/schedule";
/// Program and first word of the containers that run Kedro nodes.
pub const EXEC: [&str; 2] = ["argo-kedro", "exec"];
/// Variable with the place of handed-off datasets (`python/argo_kedro/task_variables.py`).
pub const HANDOFF_PATH: &str = "ARGO_KEDRO_HANDOFF_PATH";
/// Variable from which the version of all that a run saves is made (`python/argo_kedro/versions.py`).
pub const RUN_VERSION: &str = "ARGO_KEDRO_RUN_VERSION";
/// Variable with the place where a run notes which versions it reads of datasets that it does not make
/// (`python/argo_kedro/load_versions.py`).
pub const LOAD_VERSIONS: &str = "ARGO_KEDRO_LOAD_VERSIONS";
