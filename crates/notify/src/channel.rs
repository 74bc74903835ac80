//! The ways on which people hear of a run.

use std::time::Duration;

use crate::email::Email;
use crate::{Ending, http};

/// How long a channel may take. Nobody waits longer for a server that does not answer.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// A way to tell people, with its secrets.
#[derive(Clone)]
pub enum Channel {
    /// An incoming webhook of Slack.
    Slack {
        /// Its URL, which is a secret.
        url: String,
    },
    /// A webhook of a Teams workflow.
    Teams {
        /// Its URL, which is a secret.
        url: String,
    },
    /// Any server: it gets the ending as JSON.
    Webhook {
        /// Its URL.
        url: String,
        /// Bearer token that it wants.
        token: Option<String>,
    },
    /// An e-mail.
    Email(Box<Email>),
}

/// Why a channel could not tell anybody. It never holds a URL, a token or a password.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotTold(pub(crate) String);

impl NotTold {
    pub(crate) fn too_late() -> Self {
        let seconds = PATIENCE.as_secs();
        Self(format!("no answer within {seconds} seconds"))
    }
}

impl Channel {
    /// Tells of the ending, within [`PATIENCE`].
    ///
    /// # Errors
    /// Nobody could be told: the server is not there, does not answer or refuses.
    pub async fn tell(&self, ending: &Ending) -> Result<(), NotTold> {
        let told = tokio::time::timeout(PATIENCE, self.send(ending)).await;
        told.unwrap_or_else(|_| Err(NotTold::too_late()))
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
