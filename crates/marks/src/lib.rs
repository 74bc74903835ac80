//! Marks of argo-kedro in a manifest: `compile` writes them with the names in this crate, and programs that have a
//! manifest or a status read them with it. Argo does not know them.
//!
//! * [`outline`]: tasks, and the Kedro nodes of each,
//! * [`main_dag`]: the DAG of the tasks, also of a wide pipeline,
//! * [`name_list`]: several names as one text,
//! * [`outputs`]: resources that a task used, and datasets that it wrote,
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

/// Input with the task's Kedro nodes. It has the earlier plugin's name, so that custom templates that read it still
/// work.
pub const NODES: &str = "kedro_nodes";
/// Value of [`NODES`] if the node follows from the name of the task: `fit_model` from `fit-model`. Most nodes have
/// names like functions, so most tasks need no argument.
pub const NODES_FROM_NAME: &str = "{{=replace(tasks.name, '-', '_')}}";
/// Name of the template that sends notifications about the end of the workflow.
pub const NOTIFY: &str = "notify";
/// Annotation of a `CronWorkflow` with the name of its schedule in `argo.yml`; it identifies schedules that the file no
/// longer has.
pub const SCHEDULE: &str = "argo-kedro/schedule";
/// Program and first word of the containers that run Kedro nodes.
pub const EXEC: [&str; 2] = ["argo-kedro", "exec"];
/// Variable with the place of handed-off datasets (`python/argo_kedro/task_variables.py`).
pub const HANDOFF_PATH: &str = "ARGO_KEDRO_HANDOFF_PATH";
/// Variable from which the version of everything that a run saves is made (`python/argo_kedro/versions.py`).
pub const RUN_VERSION: &str = "ARGO_KEDRO_RUN_VERSION";
/// Variable with the place where a run records the versions that it reads of datasets that it does not write
/// (`python/argo_kedro/load_versions.py`).
pub const LOAD_VERSIONS: &str = "ARGO_KEDRO_LOAD_VERSIONS";
