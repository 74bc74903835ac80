//! The header `WWW-Authenticate`: the credentials that a registry asks for (RFC 9110, 11.6.1).

/// One scheme with its parameters.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Challenge {
    scheme: String,
    parameters: Vec<(String, String)>,
}

impl Challenge {
    /// Says whether the challenge has this scheme, in lower case.
    pub(super) fn is(&self, scheme: &str) -> bool {
        self.scheme == scheme
    }

    /// The value of a parameter.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let found = self.parameters.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// Parses a header, which may contain several challenges.
pub(super) fn parse(header: &str) -> Vec<Challenge> {
    let mut challenges: Vec<Challenge> = Vec::new();
    let mut rest = header.trim_start();
    while !rest.is_empty() {
        let end = rest.find([' ', '=', ',']).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        let after = after.trim_start_matches(' ');
        if let (Some(value), Some(challenge)) = (after.strip_prefix('='), challenges.last_mut()) {
            let (value, after) = value_of(value);
            challenge.parameters.push((word.to_lowercase(), value));
            rest = after;
        } else {
            if !word.is_empty() {
                challenges.push(Challenge {
                    scheme: word.to_lowercase(),
                    parameters: Vec::new(),
                });
            }
            rest = after.trim_start_matches('=');
        }
        rest = rest.trim_start_matches([' ', ',']);
    }
    challenges
}

/// A quoted text or a word, and the rest of the text.
fn value_of(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([',', ' ']).unwrap_or(text.len());
        return (text[..end].to_owned(), &text[end..]);
    };
    let mut value = String::new();
    let mut letters = quoted.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '"' => break,
            '\\' => value.extend(letters.next()),
            letter => value.push(letter),
        }
    }
    (value, letters.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn challenges_are_read() {
        let found = parse(
            r#"Bearer realm="https://auth.example/token",service="a, b",scope="repository:x:pull,push", Basic realm=plain"#,
        );
        assert_eq!(found.len(), 2);
        assert!(found[0].is("bearer"));
        assert_eq!(found[0].get("realm"), Some("https://auth.example/token"));
        assert_eq!(found[0].get("service"), Some("a, b"));
        assert_eq!(found[0].get("scope"), Some("repository:x:pull,push"));
        assert!(found[1].is("basic"));
        assert_eq!(found[1].get("realm"), Some("plain"));
    }

    #[test]
    fn broken_headers_end() {
        for header in [
            "",
            "=",
            ",,",
            "Bearer",
            "Bearer realm=",
            "Bearer realm=\"a",
            "=\"x\" =",
        ] {
            let _ = parse(header);
        }
        assert!(parse("Negotiate")[0].is("negotiate"));
    }
}
