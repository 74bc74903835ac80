//! From Kedro's pipelines to tasks: which nodes share a task, which machine each task needs, and how data gets from one
//! task to the next.
//!
//! Pure: the same snapshot and configuration give the same plan.

mod cost;
mod datasets;
mod graph;
mod group;
mod names;
mod places;
mod plan;
mod resources;
mod settings;
mod sizes;
mod traffic;

pub use cost::{Cost, cost};
pub use datasets::DataKind;
pub use places::place_of;
pub use plan::{DataUse, Plan, Task, plan};
pub use resources::{Machine, ResourceRule};
pub use settings::{SetBy, TaskSettings};
pub use sizes::{Attempt, FEW, Growing, Need, Size, Spread, need, size};
