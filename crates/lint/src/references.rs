//! Credentials files without secrets: they only refer to environment variables.

use diagnostic::yaml::{self, Content, Yaml};

/// Says whether a YAML file contains no secret: every value is `${oc.env:NAME}`, or has a public key such as
/// `endpoint_url`; and no comment contains a possible value.
pub(crate) fn is_references(text: &str) -> bool {
    let has_values = text.lines().filter_map(comment).any(may_hold_value);
    !has_values
        && yaml::parse("", text).is_ok_and(|documents| {
            !documents.is_empty() && documents.iter().all(|document| all(document, ""))
        })
}

fn all(value: &Yaml, key: &str) -> bool {
    match &value.value {
        Content::Mapping(entries) => entries.iter().all(|(key, value)| all(value, &key.name)),
        Content::Sequence(items) => items.iter().all(|item| all(item, key)),
        Content::String(text) => is_reference(text) || is_public(key) && !has_user(text),
        Content::Null | Content::Bool(_) => true,
        _ => is_public(key),
    }
}

/// Says whether a text is `${oc.env:NAME}`, with or without an empty default.
fn is_reference(text: &str) -> bool {
    let inside = text
        .strip_prefix("${oc.env:")
        .and_then(|rest| rest.strip_suffix('}'));
    let is_letter = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    inside.is_some_and(|inside| {
        let (name, default) = inside.split_once(',').unwrap_or((inside, ""));
        let is_nothing = matches!(default.trim(), "" | "null" | "\"\"" | "''");
        !name.is_empty() && name.chars().all(is_letter) && is_nothing
    })
}

/// Says whether the value of a key is public, because every user of the store knows it.
fn is_public(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    key.starts_with("region")
        || key.ends_with("_url")
        || matches!(
            key.as_str(),
            "account_name"
                | "anon"
                | "endpoint"
                | "port"
                | "project"
                | "project_id"
                | "signature_version"
                | "timeout"
                | "type"
                | "url"
                | "use_ssl"
                | "verify"
        )
}

/// Says whether a URL contains a user, a password or a token.
fn has_user(text: &str) -> bool {
    text.contains(['@', '?']) || text.contains(char::is_whitespace)
}

/// The comment of a line.
fn comment(line: &str) -> Option<&str> {
    let begins = |at: &usize| {
        line[..*at]
            .chars()
            .next_back()
            .is_none_or(char::is_whitespace)
    };
    let mut marks = line.match_indices('#').map(|(at, _)| at);
    marks.find(begins).map(|at| &line[at..])
}

/// Says whether a comment may contain a value: `key: value`, `key=value`, or a word that looks like a value.
fn may_hold_value(comment: &str) -> bool {
    let text = comment.trim_start_matches('#').trim();
    let words: Vec<&str> = text.split_whitespace().collect();
    let is_value = |word: &str| !word.is_empty() && !word.starts_with("${");
    let is_pair = matches!(words[..], [key, value] if key.ends_with([':', '=']) && is_value(value));
    let assigns = |word: &&str| {
        let pair = word.split_once('=');
        pair.is_some_and(|(_, value)| is_value(value))
    };
    let looks_like_one = |word: &&str| {
        let has = |is: fn(&char) -> bool| word.chars().any(|letter| is(&letter));
        let mixed = has(char::is_ascii_digit) && has(char::is_ascii_alphabetic);
        !word.starts_with("${")
            && (mixed && word.len() >= 6 || word.contains('@') || word.len() > 40)
    };
    is_pair || words.iter().any(assigns) || words.iter().any(looks_like_one)
}
