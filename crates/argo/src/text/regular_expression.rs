//! The regular expressions of Go, and what its package `regexp` does with them.
//!
//! The library at hand finds the same matches, but writes some things in another way: a pattern is read as Go reads it
//! (`regexp/syntax`) and written anew.

mod replace;
mod translate;

pub(super) use replace::{all_of, first_of, replaced, split};
pub(super) use translate::quoted;

use regex::RegexBuilder;

/// What a compiled pattern may take, in bytes: this bounds the time to compile it.
const MOST_SIZE: usize = 1 << 20;

/// A compiled regular expression.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    written: String,
    regex: regex::Regex,
    /// The names of its groups; the first group is the whole.
    names: Vec<Option<String>>,
}

/// Why there is no regular expression.
#[derive(Debug)]
pub(super) enum Fault {
    /// Go does not take it.
    Wrong,
    /// Go takes it and the library at hand does not.
    Unsupported,
}

impl Pattern {
    /// Reads a pattern.
    pub(super) fn new(pattern: &str) -> Result<Self, Fault> {
        let translated = translate::translate(pattern).ok_or(Fault::Wrong)?;
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

    /// As it was written.
    pub(crate) fn as_str(&self) -> &str {
        &self.written
    }

    /// `MatchString`.
    pub(crate) fn is_match(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }
}

/// The regular expression of Go that is written so, or why there is none.
pub(crate) fn pattern(written: &str) -> Result<Pattern, String> {
    Pattern::new(written).map_err(|fault| match fault {
        Fault::Wrong => format!("`{written}` is not a regular expression"),
        Fault::Unsupported => format!("the regular expression `{written}` is too large"),
    })
}

#[cfg(test)]
mod tests {
    use super::pattern;

    #[test]
    fn what_go_takes_is_taken_and_means_the_same() {
        for (written, text, matches) in [
            ("OOM|evicted", "evicted", true),
            (r"^\d+$", "12", true),
            (r"^\d+$", "\u{662}", false),
            (r"^[^\s\d]+$", "ab", true),
            (r"\QA.B\E", "A.B", true),
            (r"\QA.B\E", "AxB", false),
            ("a{", "a{", true),
            ("{x}", "{x}", true),
            ("^a{2}$", "aa", true),
            ("[[:alpha:]]", "x", true),
            ("[a&&b]", "&", true),
            ("[[]", "[", true),
            (r"(?i)oom", "OOM", true),
            (r"^\x41\101$", "AA", true),
            (r"\<b\>", "<b>", true),
            (r"^\p{Greek}\pL\p{Nd}$", "\u{3b1}a1", true),
            ("", "x", true),
        ] {
            let found = pattern(written).map(|pattern| pattern.is_match(text));
            assert_eq!(found, Ok(matches), "{written} on {text}");
        }
    }

    #[test]
    fn what_go_refuses_is_refused() {
        for written in [
            "(", "[a", "*a", "(?=a)", "a)", "a**", "a{1001}", r"\8", r"(a)\1", "(?x)a", r"\Z",
            r"\", "[z-a]", r"\é",
        ] {
            assert!(pattern(written).is_err(), "{written}");
        }
    }
}
