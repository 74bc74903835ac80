//! Next status of a Workflow after an event: pure, without a clock and without processes.
//!
//! The status is Argo's own, with the same nodes as from the real controller. The controller walks the whole tree each
//! time. Here the engine keeps every [`call`](call::Call) of a template, and an event touches only its node, the calls
//! around it, and the dependents. So the time of a run is proportional to its nodes and dependencies.
//!
//! * [`Operation`]: a running Workflow; [`documents`], [`values`]: its sources and its variables,
//! * [`call`], [`template`], [`process`]: the call of a template, and the replacement of its tags,
//! * [`dag`], [`graph`], [`steps`], [`items`]: templates that call others,
//! * [`tries`], [`hooks`], [`limits`], [`locks`], [`suspend`], [`pod`]: states of a call,
//! * [`scope`], [`outputs`]: values that calls pass to each other,
//! * [`workflow`]: begin, stop and end of the whole Workflow,
//! * [`waves`]: tasks that can run side by side, computed before a run.

mod aggregate;
mod call;
mod dag;
mod documents;
mod event;
mod graph;
mod hooks;
mod items;
mod limits;
mod locks;
mod memoize;
mod nodes;
mod operation;
mod outputs;
mod pod;
mod process;
mod scope;
mod steps;
mod suspend;
mod template;
#[cfg(test)]
mod tests;
mod tries;
mod values;
mod waves;
mod workflow;

pub(crate) use call::CallId;
pub(crate) use documents::Source;
pub(crate) use event::{Changes, End, Event};
pub use locks::{LocksOfOthers, OwnLock};
pub use memoize::Remembered;
pub(crate) use nodes::artifact;
pub(crate) use operation::Operation;
pub(crate) use waves::waves;
pub use waves::{PlannedTask, RunCount, Waves};
pub(crate) use workflow::{STOPPED, Shutdown};
