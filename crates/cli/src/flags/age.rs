//! Ages that users type: `--since 7d`, `--older-than 2w`.

use jiff::{SignedDuration, Span, SpanRelativeTo};

/// Reads `7d`, `12h`, `2w`.
///
/// # Errors
///
/// The text is no age; the error says how one is written.
pub(crate) fn age(text: &str) -> Result<SignedDuration, String> {
    let wrong = || "an age is a number with a unit, for example 7d, 12h or 2w".to_owned();
    let span: Span = text.parse().map_err(|_| wrong())?;
    let days = SpanRelativeTo::days_are_24_hours();
    let age = span.to_duration(days).map_err(|_| wrong())?;
    if age.is_negative() {
        return Err(wrong());
    }
    Ok(age)
}
