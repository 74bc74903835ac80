//! Next status of a Workflow when something happens: pure, without a clock and without processes.
//!
//! The status is Argo's own, and nodes are what the real controller makes of them. The controller goes through the whole
//! tree again each time. Here every [`call`](call::Call) of a template is remembered, and an event touches its node, the
//! calls around it, and what depends on it. So a run takes time in proportion to its nodes and dependencies.
//!
//! * [`Operation`]: a Workflow that goes on; [`documents`], [`values`]: what it is made of, what it knows,
//! * [`call`], [`template`], [`process`]: a template is called, and its tags are filled in,
//! * [`dag`], [`graph`], [`steps`], [`items`]: what calls others,
//! * [`tries`], [`hooks`], [`limits`], [`locks`], [`suspend`], [`pod`]: what a call can be under way,
//! * [`scope`], [`outputs`]: what calls hand to each other,
//! * [`workflow`]: the whole begins, is stopped, and ends,
//! * [`waves`]: what can run side by side, before anything runs.

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
pub use waves::{PlannedTask, Turns, Waves};
pub(crate) use workflow::{STOPPED, Shutdown};
