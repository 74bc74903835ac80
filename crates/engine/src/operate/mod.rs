//! What becomes of a Workflow's status when something happens: pure, without a clock and without processes.
//!
//! The status is Argo's own, and nodes are what the real controller makes of them. An event touches its node, the tasks
//! that depend on it, and the groups around it when they end; never the whole. So a run takes time in proportion to its
//! tasks and dependencies.

mod dag;
mod event;
mod group;
mod operation;
mod pod;
mod record;
mod steps;
#[cfg(test)]
mod tests;
mod workflow;

pub(crate) use event::{Changes, End, Event};
pub(crate) use operation::Operation;
pub(crate) use workflow::{Task, Workflow};
