//! Makes channels with their secrets from entries of `notify`.

use compile::NotifyRequest;
use notification::{Channel, Email, Security};
use project::config::{EmailSecurity, Notify, SecretKey, notify_variable};

/// Text of a secret, by the name of its variable.
type Secrets<'a> = dyn Fn(&str) -> Option<String> + 'a;

/// Variable of this process; an empty one counts as missing.
pub(super) fn variable(name: &str) -> Option<String> {
    let text = std::env::var_os(name)?;
    let text = text.to_string_lossy();
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// Lists the secrets of all entries that are missing here, as `NAME (key K of the secret S)`.
pub(crate) fn missing(request: &NotifyRequest) -> Vec<String> {
    let all = request.entries.iter().flat_map(|(index, entry)| {
        let needed = entry.secrets().into_iter();
        needed.map(|secret| (secret.variable(*index), secret.key.clone()))
    });
    let missing = all.filter(|(name, _)| variable(name).is_none());
    missing.map(|(name, key)| named(&name, &key)).collect()
}

fn named(variable: &str, SecretKey { name, key, .. }: &SecretKey) -> String {
    format!("{variable} (key `{key}` of the secret `{name}`)")
}

/// Channel of an entry, or the missing secret.
pub(super) fn channel(
    index: usize,
    entry: &Notify,
    secrets: &Secrets<'_>,
) -> Result<Channel, String> {
    let secret = |kind: &str, key: &SecretKey| {
        let name = notify_variable(index, kind);
        secrets(&name).ok_or_else(|| format!("there is no variable {}", named(&name, key)))
    };
    if let Some(slack) = &entry.slack {
        let url = secret("URL", &slack.secret_ref)?;
        return Ok(Channel::Slack { url });
    }
    if let Some(teams) = &entry.teams {
        let url = secret("URL", &teams.secret_ref)?;
        return Ok(Channel::Teams { url });
    }
    if let Some(webhook) = &entry.webhook {
        let url = match (&webhook.url, &webhook.secret_ref) {
            (Some(url), _) => url.clone(),
            (None, Some(key)) => secret("URL", key)?,
            (None, None) => return Err("it has no URL".to_owned()),
        };
        let token = webhook.token_ref.as_ref();
        let token = token.map(|key| secret("TOKEN", key)).transpose()?;
        return Ok(Channel::Webhook { url, token });
    }
    let Some(email) = &entry.email else {
        return Err("it names no channel".to_owned());
    };
    let password = email.password_ref.as_ref();
    let password = password.map(|key| secret("PASSWORD", key)).transpose()?;
    Ok(Channel::Email(Box::new(Email {
        to: email.to.clone(),
        from: email.from.clone(),
        host: email.host.clone(),
        port: email.port(),
        security: match email.security {
            EmailSecurity::Starttls => Security::StartTls,
            EmailSecurity::Tls => Security::Tls,
            EmailSecurity::None => Security::None,
        },
        login: email.user.clone().zip(password),
    })))
}
