//! Several containers of one pod: init containers, those of a container set, sidecars.
//!
//! One process of this program stands for the pod. It reads its plan from standard input ([`Plan`]), runs the
//! containers in its own process group, and writes a file with their ends ([`ContainerEnd`]). So the caller has one
//! process to signal and to wait for, as with a pod of one container. The plan contains secrets, so it is never a file.

mod plan;
mod run;
mod started;

pub use plan::{ContainerEnd, MAIN, Plan, PlannedContainer, Role, SUBCOMMAND, read_ends};
pub use run::run;
