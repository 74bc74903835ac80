//! Channels for notifications about a run.

use crate::email::Email;
use crate::ending::Ending;
use crate::http;
use crate::not_told::{NotTold, PATIENCE};

/// A channel for notifications, with its secrets.
#[derive(Clone)]
pub enum Channel {
    /// An incoming webhook of Slack.
    Slack {
        /// URL of the webhook, which is a secret.
        url: String,
    },
    /// A webhook of a Teams workflow.
    Teams {
        /// URL of the webhook, which is a secret.
        url: String,
    },
    /// Any server: it receives the ending as JSON.
    Webhook {
        /// URL of the server.
        url: String,
        /// Bearer token for the server.
        token: Option<String>,
    },
    /// An e-mail.
    Email(Box<Email>),
}

impl Channel {
    /// Sends the ending, within [`PATIENCE`].
    ///
    /// # Errors
    ///
    /// The server cannot be reached, does not answer or refuses.
    pub async fn tell(&self, ending: &Ending) -> Result<(), NotTold> {
        let sent = tokio::time::timeout(PATIENCE, self.send(ending)).await;
        sent.unwrap_or_else(|_| Err(NotTold::too_late()))
    }

    async fn send(&self, ending: &Ending) -> Result<(), NotTold> {
        match self {
            Self::Slack { url } => http::post(url, None, &http::slack(ending)).await,
            Self::Teams { url } => http::post(url, None, &http::teams(ending)).await,
            Self::Webhook { url, token } => {
                http::post(url, token.as_deref(), &http::webhook(ending)).await
            }
            Self::Email(email) => email.send(ending).await,
        }
    }
}
