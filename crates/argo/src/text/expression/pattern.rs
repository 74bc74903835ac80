//! The regular expressions of `matches`, which are Go's.

/// Why a pattern is no regular expression, where that is certain.
///
/// The library at hand reads nearly the same ones; what only Go takes, or what the two read in another way, is let pass.
pub(super) fn fault(pattern: &str) -> Option<String> {
    if may_be_of_go(pattern) {
        return None;
    }
    match regex::Regex::new(pattern) {
        Err(regex::Error::Syntax(_)) => Some(format!("`{pattern}` is not a regular expression")),
        _ => None,
    }
}

/// Whether a pattern holds something that Go reads in a way of its own.
fn may_be_of_go(pattern: &str) -> bool {
    let mut characters = pattern.chars().peekable();
    let mut in_class = false;
    while let Some(character) = characters.next() {
        match character {
            // Go takes a brace that starts no repetition as it is.
            '{' | '&' | '~' => return true,
            '-' if in_class && characters.peek() == Some(&'-') => return true,
            '[' if in_class => return true,
            '[' => in_class = true,
            ']' => in_class = false,
            '\\' => {
                let next = characters.next();
                if next.is_some_and(|next| "QEpPCxzZ".contains(next) || next.is_ascii_digit()) {
                    return true;
                }
            }
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::fault;

    #[test]
    fn what_go_takes_is_no_fault() {
        for good in [
            "OOM|evicted",
            "^a.*b$",
            r"\QA.B\E",
            r"\pL+",
            "a{",
            "{x}",
            "[[:alpha:]]",
            r"(?i)oom",
            r"\x41",
            "",
        ] {
            assert_eq!(fault(good), None, "{good}");
        }
        for bad in ["(", "[a", "*a", "(?=a)", "a)"] {
            assert!(fault(bad).is_some(), "{bad}");
        }
    }
}
