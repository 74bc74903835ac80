//! Durations of Go, such as `1h30m`, which have no unit for days.

use argo::document::read::entry;
use argo::text::tags::has_tag;
use argo::time::Duration;
use diagnostic::yaml::{Content, Yaml};

use crate::finding::Findings;
use crate::rule::INVALID_DURATION;

/// How a field reads a number without a unit.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Style {
    /// As seconds.
    Seconds,
    /// As an error: the unit is missing.
    Unit,
}

/// Checks the duration in `key`, if it exists.
pub(super) fn check(holder: &Yaml, key: &str, style: Style, findings: &mut Findings) {
    let Some((_, node)) = entry(holder, key) else {
        return;
    };
    let Some(text) = node
        .as_str()
        .filter(|text| !text.is_empty() && !has_tag(text))
    else {
        return;
    };
    let bare = text.strip_prefix(['+', '-']).unwrap_or(text);
    let is_number = !bare.is_empty() && bare.bytes().all(|byte| byte.is_ascii_digit());
    let fine = if is_number && bare != "0" {
        style == Style::Seconds
    } else {
        is_duration(text)
    };
    if fine {
        return;
    }
    let message = format!("`{key}` is `{text}`, which is not a duration");
    findings.push(
        INVALID_DURATION
            .at(node, message)
            .help(meant(text, is_number)),
    );
}

fn meant(text: &str, is_number: bool) -> String {
    if is_number {
        return format!("write `{text}s` for seconds");
    }
    let hours = text
        .strip_suffix('d')
        .and_then(|days| days.parse::<u32>().ok())
        .and_then(|days| days.checked_mul(24));
    match hours {
        Some(hours) => format!("days are not supported: write `{hours}h`"),
        None => "write for example `90s`, `10m` or `1h30m`".to_owned(),
    }
}

/// Says whether Go accepts a text as a duration.
pub(super) fn is_duration(text: &str) -> bool {
    Duration::parse(text).is_some()
}

/// The whole number in a node, written as a number or as text.
pub(super) fn whole_number(node: &Yaml) -> Option<i64> {
    match &node.value {
        Content::Integer(number) => Some(*number),
        Content::String(text) => text.parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::is_duration;

    #[test]
    fn durations_of_go() {
        for good in ["0", "1s", "1h30m", "1.5h", ".5s", "-2m", "300ms", "5µs"] {
            assert!(is_duration(good), "{good}");
        }
        for bad in [
            "",
            "1d",
            "10",
            "abc",
            "1h 30m",
            "1.2.3s",
            ".s",
            "m",
            "9999999999h",
        ] {
            assert!(!is_duration(bad), "{bad}");
        }
    }
}
