//! Faults in the entries of `notify` that the schema cannot express.

use diagnostic::{Diagnostic, did_you_mean};

use super::super::argo_config::ArgoConfig;
use super::exactly_one::exactly_one;

/// Finds entries with no channel or several, with only a part of a login, or with an unknown schedule.
pub(super) fn check(config: &ArgoConfig) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    for (index, entry) in config.notify.iter().enumerate() {
        let number = index.to_string();
        let at = ["notify", number.as_str()];
        let who = format!("entry {} of `notify`", index + 1);
        let wanted = "`slack`, `teams`, `webhook` or `email`";
        findings.extend(exactly_one(&who, wanted, &entry.channels(), &at, config));
        if let Some(webhook) = &entry.webhook {
            let given = [
                ("url", webhook.url.is_some()),
                ("secret_ref", webhook.secret_ref.is_some()),
            ];
            let given = given.iter().filter(|(_, given)| *given);
            let given: Vec<&str> = given.map(|(key, _)| *key).collect();
            let at = ["notify", number.as_str(), "webhook"];
            findings.extend(exactly_one(
                "`webhook`",
                "`url` or `secret_ref`",
                &given,
                &at,
                config,
            ));
        }
        if let Some(email) = &entry.email
            && email.user.is_some() != email.password_ref.is_some()
        {
            let at = ["notify", number.as_str(), "email"];
            let message = "`email` has one of `user` and `password_ref` without the other";
            findings.push(
                Diagnostic::error("invalid-setting", message)
                    .at(config.places.of(&at))
                    .help("set both, or none where the server asks for no password"),
            );
        }
        for (place, name) in entry.schedules.iter().enumerate() {
            if config.schedules.contains_key(name) {
                continue;
            }
            let at = ["notify", number.as_str(), "schedules", &place.to_string()];
            let mut known = config.schedules.keys().map(String::as_str);
            findings.push(
                Diagnostic::error(
                    "invalid-setting",
                    format!("`schedules` has no schedule `{name}`"),
                )
                .at(config.places.of(&at))
                .maybe_help(did_you_mean(name, &mut known)),
            );
        }
    }
    findings
}
