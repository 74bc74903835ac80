//! Spans of time as Go writes them (`time.ParseDuration`).

use jiff::SignedDuration;

/// Seconds of a span such as `1h30m`; none of what is no span.
pub(super) fn seconds(text: &str) -> Option<f64> {
    let span: SignedDuration = text.parse().ok()?;
    Some(span.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::seconds;

    #[test]
    fn spans_are_seconds() {
        for (text, wanted) in [
            ("90s", Some(90.0)),
            ("1h30m", Some(5400.0)),
            ("1.5h", Some(5400.0)),
            ("500ms", Some(0.5)),
            ("", None),
            ("12", None),
            ("1d", None),
            ("h", None),
        ] {
            assert_eq!(seconds(text), wanted, "{text}");
        }
    }
}
