//! Code in or beside the process of a task, on a cluster and here: supervision, removal of secrets from output, memory,
//! and the reason of the end.

mod bytes;
pub mod containers;
pub mod control_group;
mod escapes;
mod exit_code;
mod held_memory;
pub mod in_image;
mod last_words;
mod memory_limit;
pub mod own_files;
mod processor_time;
mod redact;
mod redacted_lines;
pub mod report;
pub mod results;
mod secrets;
mod signals;
mod supervise;
mod usage;

pub use bytes::bytes;
pub use escapes::for_terminal;
pub use exit_code::BY_SIGNAL;
pub use held_memory::held_by;
pub use memory_limit::MemoryLimit;
pub use processor_time::at_the_end_of as processor_time_at_the_end_of;
pub use redact::Redactor;
pub use redacted_lines::RedactedLines;
pub use supervise::{Ending, supervise};
