//! Times, durations and time zones as in Go.
//!
//! The machine's own zone is UTC here, as in Argo's image.

mod duration;
mod layout;
mod moment;
mod names;
mod parse;
mod time_in_zone;
mod write;
mod zone;

pub use duration::Duration;
pub use moment::Moment;
pub(crate) use names::{month, weekday};
pub use time_in_zone::Time;
pub use write::RFC3339_NANO;
pub use zone::Zone;
