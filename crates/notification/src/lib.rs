//! Sends notifications about the end of a run: Slack, Teams, a webhook, e-mail.

mod channel;
mod email;
mod ending;
mod http;
mod not_told;

pub use channel::Channel;
pub use email::{Email, Security};
pub use ending::{Ending, Event, FailedTask};
pub use not_told::{NotTold, PATIENCE};
