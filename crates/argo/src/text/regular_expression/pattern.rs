//! Compiled regular expressions.

use regex_automata::meta::{Builder, Config, Regex};

use super::translate::translate;

/// Most bytes of a compiled pattern: with `MOST_WRITTEN` this bounds the time to compile it.
pub(super) const MOST_SIZE: usize = 1 << 20;
/// Most bytes of a pattern as it is written for the library.
const MOST_WRITTEN: usize = 32 << 10;

/// A compiled regular expression.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    pub(super) written: String,
    /// The pattern as it is written for the library.
    pub(super) translated: String,
    pub(super) regex: Regex,
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

impl Fault {
    /// Message about a pattern.
    pub(in crate::text) fn message(&self, written: &str) -> String {
        match self {
            Self::Wrong => format!("`{written}` is not a regular expression"),
            Self::Unsupported => format!("the regular expression `{written}` is too large"),
        }
    }
}

impl Pattern {
    /// Reads a pattern.
    pub(in crate::text) fn new(pattern: &str) -> Result<Self, Fault> {
        let translated = translate(pattern).ok_or(Fault::Wrong)?;
        if translated.pattern.len() > MOST_WRITTEN {
            return Err(Fault::Unsupported);
        }
        // The library's one-pass automaton only makes groups faster, and takes time in proportion to the square of the size.
        let bounds = Config::new().nfa_size_limit(Some(MOST_SIZE)).onepass(false);
        let regex = Builder::new()
            .configure(bounds)
            .build(&translated.pattern)
            .map_err(|error| match error.size_limit() {
                Some(_) => Fault::Unsupported,
                None => Fault::Wrong,
            })?;
        Ok(Self {
            regex,
            names: translated.names,
            translated: translated.pattern,
            written: pattern.to_owned(),
        })
    }

    /// Text from which the pattern was read.
    pub(crate) fn as_str(&self) -> &str {
        &self.written
    }

    /// Bytes of the compiled pattern.
    pub(in crate::text) fn size(&self) -> usize {
        self.regex.memory_usage()
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
    Pattern::new(written).map_err(|fault| fault.message(written))
}
