//! Compiled regular expressions.

use regex::RegexBuilder;

use super::translate::translate;

/// Most bytes of a compiled pattern: this bounds the time to compile it.
const MOST_SIZE: usize = 1 << 20;

/// A compiled regular expression.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    pub(super) written: String,
    pub(super) regex: regex::Regex,
    /// Names of the groups; the first group is the whole match.
    pub(super) names: Vec<Option<String>>,
}

/// Reason why there is no regular expression.
#[derive(Debug)]
pub(in crate::text) enum Fault {
    /// Go does not take it.
    Wrong,
    /// Go takes it and the library at hand does not.
    Unsupported,
}

impl Pattern {
    /// Reads a pattern.
    pub(in crate::text) fn new(pattern: &str) -> Result<Self, Fault> {
        let translated = translate(pattern).ok_or(Fault::Wrong)?;
        let regex = RegexBuilder::new(&translated.pattern)
            .size_limit(MOST_SIZE)
            .build()
            .map_err(|error| match error {
                regex::Error::CompiledTooBig(_) => Fault::Unsupported,
                _ => Fault::Wrong,
            })?;
        Ok(Self {
            regex,
            names: translated.names,
            written: pattern.to_owned(),
        })
    }

    /// Text from which the pattern was read.
    pub(crate) fn as_str(&self) -> &str {
        &self.written
    }

    /// `MatchString`.
    pub(crate) fn is_match(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }
}

/// Reads a regular expression of Go.
///
/// # Errors
///
/// Returns why there is none.
pub(crate) fn pattern(written: &str) -> Result<Pattern, String> {
    Pattern::new(written).map_err(|fault| match fault {
        Fault::Wrong => format!("`{written}` is not a regular expression"),
        Fault::Unsupported => format!("the regular expression `{written}` is too large"),
    })
}
