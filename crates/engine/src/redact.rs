//! Secrets taken out of whatever is written or shown.

/// A line of a secret shorter than this would be found in ordinary words.
const SHORTEST: usize = 3;

/// Knows the texts that must not be seen.
#[derive(Clone, Default)]
pub struct Redactor {
    secrets: Vec<String>,
}

impl std::fmt::Debug for Redactor {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Redactor({} secrets)", self.secrets.len())
    }
}

impl Redactor {
    /// Makes a redactor for the texts of secrets; each line of one counts.
    pub fn new<'a>(texts: impl Iterator<Item = &'a str>) -> Self {
        let mut secrets: Vec<String> = texts
            .flat_map(str::lines)
            .map(str::trim)
            .filter(|line| line.len() >= SHORTEST)
            .map(str::to_owned)
            .collect();
        // The longest first: one secret may be part of another.
        secrets.sort_by(|one, other| other.len().cmp(&one.len()).then(one.cmp(other)));
        secrets.dedup();
        Self { secrets }
    }

    /// Whether there is nothing to take out.
    pub fn is_empty(&self) -> bool {
        self.secrets.is_empty()
    }

    /// Bytes at the end of a text that could be the beginning of a secret.
    pub(crate) fn held_back(&self) -> usize {
        let longest = self.secrets.iter().map(String::len).max();
        longest.unwrap_or_default().saturating_sub(1)
    }

    /// The text without secrets.
    pub fn redact(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for secret in &self.secrets {
            if text.contains(secret.as_str()) {
                text = text.replace(secret.as_str(), "***");
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_and_their_lines_are_taken_out() {
        let redactor = Redactor::new(
            [
                "hunter22",
                "first line\nsecond line",
                "hunter22extended",
                "ab",
            ]
            .into_iter(),
        );
        assert_eq!(
            redactor.redact("x hunter22extended hunter22!"),
            "x *** ***!"
        );
        assert_eq!(redactor.redact("the second line ab"), "the *** ab");
        assert!(!format!("{redactor:?}").contains("hunter"));
    }
}
