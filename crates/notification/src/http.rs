//! Channels over HTTP: messages of Slack, Teams and webhooks.

use reqwest::{Client, Url};
use serde_json::{Value, json};

use crate::ending::{Ending, Event};
use crate::not_told::{NotTold, PATIENCE};

/// Maximum number of characters to show of a refusal.
const LONGEST: usize = 200;

/// A message of an incoming webhook (Slack: "Sending messages using incoming webhooks").
pub(crate) fn slack(ending: &Ending) -> Value {
    let icon = match ending.event {
        Event::Failed => ":red_circle:",
        Event::LongerThan | Event::Retried => ":large_yellow_circle:",
        Event::Succeeded => ":large_green_circle:",
    };
    let mut text = format!("{icon} *{}*", escaped(&ending.title()));
    for line in ending.lines() {
        text.push('\n');
        text.push_str(&escaped(&line));
    }
    json!({ "text": text })
}

/// Escapes the three characters with a meaning in Slack (Slack: "Formatting text for app surfaces").
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// A message with an adaptive card (Microsoft: "Create incoming webhooks with Workflows").
pub(crate) fn teams(ending: &Ending) -> Value {
    let block = |text: String| json!({"type": "TextBlock", "wrap": true, "text": text});
    let mut title = block(ending.title());
    title["weight"] = "Bolder".into();
    let mut body = vec![title];
    body.extend(ending.lines().into_iter().map(block));
    json!({
        "type": "message",
        "attachments": [{
            "contentType": "application/vnd.microsoft.card.adaptive",
            "content": {
                "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                "type": "AdaptiveCard",
                "version": "1.4",
                "body": body,
            },
        }],
    })
}

/// The ending as JSON, with title and text.
pub(crate) fn webhook(ending: &Ending) -> Value {
    let mut body = json!(ending);
    body["title"] = ending.title().into();
    body["text"] = ending.text().into();
    body
}

pub(crate) async fn post(url: &str, token: Option<&str>, body: &Value) -> Result<(), NotTold> {
    // An error means that the process already has a provider, which is the same one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    // The URL is a secret, and the parser's error may quote it.
    let url = Url::parse(url).map_err(|_| NotTold("the URL is not valid".to_owned()))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(NotTold(
            "the URL begins with neither https:// nor http://".to_owned(),
        ));
    }
    let client = Client::builder()
        .user_agent(concat!("argo-kedro/", env!("CARGO_PKG_VERSION")))
        .timeout(PATIENCE)
        // A redirect must not pass the token to another server.
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .map_err(told)?;
    let mut request = client
        .post(url)
        .header("content-type", "application/json")
        .body(body.to_string());
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    let answer = request.send().await.map_err(told)?;
    let status = answer.status();
    if status.is_success() {
        return Ok(());
    }
    // The body often has the reason; an unreadable body adds nothing to the status.
    let refusal = answer.text().await.unwrap_or_else(|_| String::new());
    let refusal: String = refusal.chars().take(LONGEST).collect();
    let refusal = refusal.split_whitespace().collect::<Vec<_>>().join(" ");
    let refusal = if refusal.is_empty() {
        refusal
    } else {
        format!(": {refusal}")
    };
    Err(NotTold(format!("the server answered {status}{refusal}")))
}

fn told(error: reqwest::Error) -> NotTold {
    let error = error.without_url();
    let mut cause: &dyn std::error::Error = &error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    if error.is_timeout() {
        return NotTold::too_late();
    }
    NotTold(cause.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ending::tests::failed;

    #[test]
    fn slack_gets_text_with_its_three_characters_escaped() {
        let body = slack(&failed());
        let text = body["text"].as_str().unwrap();
        assert!(text.starts_with(":red_circle: *shop: run shop-x7k"));
        assert!(text.contains("ValueError: a &lt; b &amp; c"), "{text}");
    }

    #[test]
    fn teams_gets_a_card_with_a_block_for_each_line() {
        let body = teams(&failed());
        let blocks = body["attachments"][0]["content"]["body"]
            .as_array()
            .unwrap();
        assert_eq!(blocks.len(), 5);
        assert_eq!(blocks[0]["weight"], "Bolder");
        assert_eq!(blocks[2]["text"], "task score: OOMKilled (exit code 137)");
    }

    #[test]
    fn a_webhook_gets_all_fields() {
        let body = webhook(&failed());
        let keys: Vec<&str> = body
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        assert_eq!(
            keys.join(" "),
            "event project run namespace schedule phase seconds tasks next link title text"
        );
        assert_eq!(body["event"], "failed");
        assert_eq!(body["tasks"][0]["node"], "train");
    }
}
