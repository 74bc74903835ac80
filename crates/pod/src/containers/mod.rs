//! Several containers of one pod: init containers, those of a container set, sidecars.
//!
//! One process of ours stands for the pod. It is told on its standard input what to run ([`Plan`]), runs the containers in its
//! own process group, and leaves a file that says how each of them ended ([`ContainerEnd`]). So whoever started it has one
//! process to signal and to wait for, as for a pod of one container. Secrets are in the plan, so it is never a file.

mod plan;
mod run;
mod started;

pub use plan::{ContainerEnd, MAIN, Plan, PlannedContainer, Role, SUBCOMMAND, read_ends};
pub use run::run;
