//! Entries of `notify`: recipients of a message about the end of a run.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::duration::Duration;
use super::environment::SecretKey;

/// Somebody who hears of the end of runs: exactly one of `slack`, `teams`, `webhook` and `email`.
/// A message that cannot be sent never fails a run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Notify {
    /// The ends to hear of. Default: `failed`, or none if there is `longer_than`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<NotifyEvent>")]
    pub events: Option<Vec<NotifyEvent>>,
    /// Hear also of runs that take longer, e.g. `2h`. Of a run on a cluster, the message comes when it has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Duration")]
    pub longer_than: Option<Duration>,
    /// Hear only of runs that these schedules started. Default: of every run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub schedules: Vec<String>,
    /// A Slack channel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "IncomingWebhook")]
    pub slack: Option<IncomingWebhook>,
    /// A Teams channel, by a webhook of Teams' Workflows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "IncomingWebhook")]
    pub teams: Option<IncomingWebhook>,
    /// A server of your own: it gets a POST request with JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Webhook")]
    pub webhook: Option<Webhook>,
    /// E-mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Email")]
    pub email: Option<Email>,
}

/// End of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NotifyEvent {
    /// It failed.
    Failed,
    /// It succeeded.
    Succeeded,
    /// It succeeded, and at least one task was tried more than once.
    Retried,
}

/// A webhook whose URL is all that one needs to send messages, and so a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IncomingWebhook {
    /// The key of a Kubernetes secret that holds the URL.
    pub secret_ref: SecretKey,
}

/// A server that gets a POST request with JSON: one of `url` and `secret_ref`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Webhook {
    /// URL of the webhook, if it is no secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub url: Option<String>,
    /// The key of a Kubernetes secret that holds the URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "SecretKey")]
    pub secret_ref: Option<SecretKey>,
    /// The key of a Kubernetes secret that holds a bearer token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "SecretKey")]
    pub token_ref: Option<SecretKey>,
}

/// E-mail by an SMTP server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Email {
    /// Addresses that get it.
    #[schemars(length(min = 1))]
    pub to: Vec<String>,
    /// Address that it comes from.
    pub from: String,
    /// Host name of the SMTP server.
    pub host: String,
    /// Port of the server. Default: 587 with `starttls`, 465 with `tls`, 25 with `none`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u16", range(min = 1))]
    pub port: Option<u16>,
    /// Encryption of the connection.
    #[serde(default)]
    pub security: EmailSecurity,
    /// User name for the server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub user: Option<String>,
    /// The key of a Kubernetes secret that holds the user's password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "SecretKey")]
    pub password_ref: Option<SecretKey>,
}

impl Email {
    /// Port of the server.
    pub fn port(&self) -> u16 {
        self.port.unwrap_or(match self.security {
            EmailSecurity::Starttls => 587,
            EmailSecurity::Tls => 465,
            EmailSecurity::None => 25,
        })
    }
}

/// Encryption of a connection to an SMTP server.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EmailSecurity {
    /// It starts without encryption and changes to TLS.
    #[default]
    Starttls,
    /// TLS from the start.
    Tls,
    /// No encryption.
    None,
}

impl Notify {
    /// Events to report.
    pub fn wanted(&self) -> Vec<NotifyEvent> {
        match &self.events {
            Some(events) => events.clone(),
            None if self.longer_than.is_some() => Vec::new(),
            None => vec![NotifyEvent::Failed],
        }
    }

    /// Keys that define the channel; a valid entry has exactly one.
    pub fn channels(&self) -> Vec<&'static str> {
        [
            ("slack", self.slack.is_some()),
            ("teams", self.teams.is_some()),
            ("webhook", self.webhook.is_some()),
            ("email", self.email.is_some()),
        ]
        .into_iter()
        .filter_map(|(name, given)| given.then_some(name))
        .collect()
    }

    /// Secrets that the entry needs.
    pub fn secrets(&self) -> Vec<NotifySecret<'_>> {
        let secret = |kind, key| NotifySecret { kind, key };
        let url = |key| secret("URL", key);
        let webhook = self.webhook.as_ref();
        let all = [
            self.slack.as_ref().map(|slack| url(&slack.secret_ref)),
            self.teams.as_ref().map(|teams| url(&teams.secret_ref)),
            webhook.and_then(|webhook| webhook.secret_ref.as_ref().map(url)),
            webhook.and_then(|webhook| Some(secret("TOKEN", webhook.token_ref.as_ref()?))),
            self.email
                .as_ref()
                .and_then(|email| Some(secret("PASSWORD", email.password_ref.as_ref()?))),
        ];
        all.into_iter().flatten().collect()
    }
}

/// A secret that a message needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotifySecret<'a> {
    /// Kind of the secret: `URL`, `TOKEN` or `PASSWORD`.
    kind: &'static str,
    /// Place of the secret in Kubernetes.
    pub key: &'a SecretKey,
}

impl NotifySecret<'_> {
    /// Environment variable of the secret, in the pod that sends the message and on this machine. `index` is the
    /// position of the entry in `notify`, from 0.
    pub fn variable(&self, index: usize) -> String {
        variable(index, self.kind)
    }
}

/// Variable of a secret: `NOTIFY_1_URL` for the first entry.
pub fn variable(index: usize, kind: &str) -> String {
    format!("NOTIFY_{}_{kind}", index + 1)
}
