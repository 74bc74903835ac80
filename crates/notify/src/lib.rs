//! Tells people how a run has ended: Slack, Teams, a webhook, e-mail.

mod channel;
mod email;
mod ending;
mod http;

pub use channel::{Channel, NotTold, PATIENCE};
pub use email::{Email, Security};
pub use ending::{Ending, Event, FailedTask};
