//! Events of a run, the state that follows from them, and the history on disk.
//!
//! All executors share one vocabulary, [`RunEvent`], and one reducer, [`RunState::apply`]; every view reads the state.
//! One function, [`events`], turns the status of a Workflow into events, whether the controller on a cluster or an
//! engine wrote it.

mod cause;
mod columns;
mod event;
mod experience;
mod has_table;
mod history;
mod history_error;
mod lock;
mod name;
mod older;
pub mod private;
mod read_only;
mod record;
mod request;
mod state;
mod stored;
mod submission;
mod table_definitions;
mod tables;
pub mod termination_message;
mod usage;
mod used;
mod view;
mod written;

pub use argo::status::Phase;
pub use cause::{is_of_the_image, plain_message};
pub use event::{Cause, Frame, RunEvent, TaskInfo};
pub use experience::{Experience, Measured, Query, RunPlace};
pub use history::{CachedState, History, LockOfOther, LockOfRun, PendingChanges};
pub use history_error::HistoryError;
pub use lock::{Holder, RunLock, lock_tasks};
pub use name::{LATEST, SelectError, select};
pub use record::{ARGO_SERVER, ClusterPlace, RunList, RunRecord, RunSummary};
pub use request::{Request, RunRequest};
pub use state::{Failure, PROCESS_GONE, RunState, SUSPENDED, TaskState};
pub use submission::Submission;
pub use used::Used;
pub use view::{
    Attempt, RunView, TaskView, event_of_end, events, events_of_task, is_leaf, label, task_name,
};
pub use written::{Disk, MlflowRun, Notes, Written};
