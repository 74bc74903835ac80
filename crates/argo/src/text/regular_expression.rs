//! Go's regular expressions, and functions of its package `regexp`.
//!
//! The Rust library finds the same matches, but its syntax differs: this module parses a pattern as Go does
//! (`regexp/syntax`), and writes it for that library.

mod matches;
mod pattern;
mod replace;
mod translate;

pub(super) use pattern::Fault;
pub(crate) use pattern::{Pattern, pattern};
pub(super) use replace::{all_of, first_of, replaced, split};
pub(super) use translate::quoted;

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
            (
                r"^\p{greek}\p{ G-R_eek }\P{^Greek}$",
                "\u{3b1}\u{3b1}\u{3b1}",
                true,
            ),
            (
                r"^\p{Letter}\p{uppercase_letter}\p{LC}\p{lc}$",
                "aAbB",
                true,
            ),
            (
                r"^\p{Assigned}\P{Unassigned}\p{Any}\p{ascii}\p{punct}$",
                "abcd!",
                true,
            ),
            (r"^[\p{Cs}a]$", "a", true),
            (r"\p{Surrogate}", "a", false),
            ("", "x", true),
        ] {
            let found = pattern(written).map(|pattern| pattern.is_match(text));
            assert_eq!(found, Ok(matches), "{written} on {text}");
        }
    }

    #[test]
    fn what_go_refuses_is_refused() {
        for written in [
            "(",
            "[a",
            "*a",
            "(?=a)",
            "a)",
            "a**",
            "a{1001}",
            r"\8",
            r"(a)\1",
            "(?x)a",
            r"\Z",
            r"\",
            "[z-a]",
            r"\é",
            r"\p{Old_Italic}",
            r"\p{olditalic}",
            r"\p{Alphabetic}",
            r"\p{sc=Greek}",
            r"\p{Script=Greek}",
            r"\p{isgreek}",
            r"\p{Grek}",
            r"\p{Zyyy}",
            r"\p{White_Space}",
            r"\p{Garay}",
            r"\p{}",
            r"[\p{Emoji}]",
            r"\pX",
        ] {
            assert!(pattern(written).is_err(), "{written}");
        }
    }
}
