//! URLs of artifacts, with their headers and credentials.

use argo::spec::Tree;
use reqwest::Url;
use serde_json::Value;

/// Looks up the value of a key of a secret, or says why it cannot.
pub type Secrets<'a> = &'a dyn Fn(&str, &str) -> Result<String, String>;

/// URL, with headers and credentials.
#[derive(Clone, PartialEq, Eq)]
pub struct Http {
    /// The URL.
    pub url: String,
    /// Names and values of headers.
    pub headers: Vec<(String, String)>,
    /// User and password.
    pub basic: Option<(String, String)>,
}

impl std::fmt::Debug for Http {
    /// Omits the secrets.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let url = shown(&self.url);
        formatter
            .debug_struct("Http")
            .field("url", &url)
            .finish_non_exhaustive()
    }
}

impl Http {
    pub(super) fn of(tree: &Tree, secrets: Secrets<'_>) -> Result<Self, String> {
        let headers = tree.get("headers").and_then(Value::as_array);
        let headers = headers.into_iter().flatten().filter_map(Value::as_object);
        let headers = headers.map(|header| {
            (
                text(header, "name").to_owned(),
                text(header, "value").to_owned(),
            )
        });
        let auth = tree.get("auth").and_then(Value::as_object);
        if let Some(auth) = auth {
            let unknown = auth.iter().find(|(field, value)| {
                *field != "basicAuth" && value.as_object().is_some_and(|value| !value.is_empty())
            });
            if let Some((field, _)) = unknown {
                return Err(format!("http.auth.{field} is not supported here"));
            }
        }
        let basic = auth
            .and_then(|auth| auth.get("basicAuth"))
            .and_then(Value::as_object);
        let secret = |field: &str| {
            let selector = basic
                .and_then(|basic| basic.get(field))
                .and_then(Value::as_object);
            let value =
                selector.map(|selector| secrets(text(selector, "name"), text(selector, "key")));
            value.transpose().map(Option::unwrap_or_default)
        };
        let (user, password) = (secret("usernameSecret")?, secret("passwordSecret")?);
        Ok(Self {
            url: text(tree, "url").to_owned(),
            headers: headers.collect(),
            // Argo sends neither the user nor the password if one is missing.
            basic: (!user.is_empty() && !password.is_empty()).then_some((user, password)),
        })
    }
}

/// URL without password and query: either may be a secret.
pub(super) fn shown(url: &str) -> String {
    let Ok(mut parsed) = Url::parse(url) else {
        return "…".to_owned();
    };
    if parsed.query().is_some() {
        parsed.set_query(Some("…"));
    }
    if parsed.password().is_some() && parsed.set_password(Some("xxxxx")).is_err() {
        return "…".to_owned();
    }
    parsed.to_string()
}

/// Text of a field; empty if the field is missing.
pub(super) fn text<'a>(tree: &'a Tree, field: &str) -> &'a str {
    tree.get(field).and_then(Value::as_str).unwrap_or_default()
}
