//! Compiled regular expressions.

use regex_automata::meta::{Builder, Config, Regex};

use super::translate::translate;

/// Greatest size of a compiled pattern in bytes. Together with `MOST_WRITTEN`, it limits the time to compile.
pub(super) const MOST_SIZE: usize = 1 << 20;
/// Greatest length of a pattern in the library's syntax, in bytes.
const MOST_WRITTEN: usize = 32 << 10;

/// A compiled regular expression.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    pub(super) written: String,
    /// The pattern in the library's syntax.
    pub(super) translated: String,
    pub(super) regex: Regex,
    /// Names of the groups; the first group is the whole match.
    pub(super) names: Vec<Option<String>>,
}

/// Reason why a pattern cannot be used.
#[derive(Debug)]
pub(in crate::text) enum Fault {
    /// Go refuses the pattern.
    Wrong,
    /// Go accepts the pattern, but the Rust library does not.
    Unsupported,
}

impl Fault {
    /// Message about the pattern.
    pub(in crate::text) fn message(&self, written: &str) -> String {
        match self {
            Self::Wrong => format!("`{written}` is not a regular expression"),
            Self::Unsupported => format!("the regular expression `{written}` is too large"),
        }
    }
}

impl Pattern {
    /// Compiles a pattern.
    pub(in crate::text) fn new(pattern: &str) -> Result<Self, Fault> {
        let translated = translate(pattern).ok_or(Fault::Wrong)?;
        if translated.pattern.len() > MOST_WRITTEN {
            return Err(Fault::Unsupported);
        }
        // The library's one-pass automaton only speeds up groups, and takes time in proportion to the square of the
        // size.
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

    /// The original text of the pattern.
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

/// Compiles a regular expression of Go.
///
/// # Errors
///
/// Returns why the pattern cannot be used.
pub(crate) fn pattern(written: &str) -> Result<Pattern, String> {
    Pattern::new(written).map_err(|fault| fault.message(written))
}
