//! Arguments that several commands share, and their meaning.

pub(crate) mod age;
pub(crate) mod options;
pub(crate) mod output;
pub(crate) mod runtime_parameters;
pub(crate) mod selection;
pub(crate) mod waiting_nodes;
pub(crate) mod workflow_parameters;
