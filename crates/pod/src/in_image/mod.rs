//! One container in its own image, run by the container engine of this machine (Docker or Podman).
//!
//! One process of this program represents the container ([`run()`]): it creates the container, shows its output, passes signals
//! on, copies the outputs and removes the container. The engine signals this process and waits for it as for any task. A
//! container outlives its killed process. So its plan is a file, and [`remove_left`] removes the containers of such files.

mod engine;
mod plan;
mod remove;
mod run;
mod signal;

pub use engine::ContainerEngine;
pub use plan::{Bind, ImagePlan, NamedInImage, PLAN, SUBCOMMAND, Taken, is_of_engine};
pub use remove::{remove_left, remove_left_of_run};
pub use run::run;

use std::path::Path;

/// Says whether the kernel killed a container for its memory.
///
/// # Arguments
///
/// * `folder`: Folder with the plan of the container.
pub fn was_out_of_memory(folder: &Path) -> bool {
    folder.join(plan::OUT_OF_MEMORY).exists()
}
