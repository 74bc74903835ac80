//! Way from what Kedro knows to what will run: which nodes share a task, what each
//! task asks of its machine, and how data gets from one to the next.
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
