//! Names of images, with Docker's defaults: `ubuntu` means `docker.io/library/ubuntu`.

use std::fmt;

const HUB: &str = "docker.io";
/// Greatest length of a repository with its registry, and of a tag (distribution/reference).
const LONGEST_REPOSITORY: usize = 255;
const LONGEST_TAG: usize = 128;

/// A text that is not the name of an image.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not the name of an image: {reason}")]
pub struct NotAReference {
    /// The text.
    pub text: String,
    /// Reason why the text is no name.
    pub reason: &'static str,
}

/// The name of an image: `registry/repository[:tag][@digest]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// Registry, with its port: `docker.io`, `localhost:5000`.
    pub registry: String,
    /// Path in the registry: `library/ubuntu`.
    pub repository: String,
    /// Tag, if it has one.
    pub tag: Option<Tag>,
    /// Digest, if it has one: `sha256:…`.
    pub digest: Option<String>,
}

/// A tag: up to 128 letters, digits, `_`, `.` and `-`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag(String);

impl Tag {
    /// Checks a tag.
    pub fn parse(text: &str) -> Result<Self, NotAReference> {
        let is_word = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        let good = text.len() <= LONGEST_TAG
            && text.starts_with(is_word)
            && text
                .chars()
                .all(|letter| is_word(letter) || ".-".contains(letter));
        if good {
            Ok(Self(text.to_owned()))
        } else {
            Err(NotAReference {
                text: text.to_owned(),
                reason: "a tag has at most 128 letters, digits, `_`, `.` and `-`, and does not begin with `.` or `-`",
            })
        }
    }

    /// A tag of hexadecimal digits, at most 128 of them.
    #[must_use]
    pub fn of_content(digits: &str) -> Self {
        Self(digits.to_owned())
    }

    /// This tag with `text` at its end. Every letter of `text` must be allowed in a tag.
    #[must_use]
    pub fn followed_by(&self, text: &str) -> Self {
        Self(format!("{}{text}", self.0))
    }

    /// The tag as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl Reference {
    /// Says whether the image is an official one of Docker Hub, which nobody else can push: a name without a registry
    /// and an account means one of these.
    pub fn is_official(&self) -> bool {
        self.registry == HUB && self.repository.starts_with("library/")
    }

    /// Reads a name as Docker does.
    pub fn parse(text: &str) -> Result<Self, NotAReference> {
        let bad = |reason| NotAReference {
            text: text.to_owned(),
            reason,
        };
        if text.contains("://") {
            return Err(bad("remove all up to `://`"));
        }
        if text.is_empty() || text.contains(char::is_whitespace) {
            return Err(bad("it is empty or has a space in it"));
        }
        let (name, digest) = match text.split_once('@') {
            Some((name, digest)) => (name, Some(digest)),
            None => (text, None),
        };
        if digest.is_some_and(|digest| !is_any_digest(digest)) {
            return Err(bad("a digest must be `sha256:` and 64 hexadecimal digits"));
        }
        // A colon after the last slash begins a tag; a colon before it begins a port.
        let last = name.rfind('/').map_or(0, |slash| slash + 1);
        let (name, tag) = match name[last..].find(':') {
            Some(colon) => (&name[..last + colon], Some(&name[last + colon + 1..])),
            None => (name, None),
        };
        let tag = match tag {
            Some(tag) => Some(Tag::parse(tag).map_err(|_| bad(BAD_TAG))?),
            None => None,
        };
        let (registry, path) = match name.split_once('/') {
            Some((first, rest)) if is_registry(first) => (first, rest),
            _ => (HUB, name),
        };
        let registry = match registry {
            "index.docker.io" | "registry-1.docker.io" => HUB,
            other => other,
        };
        let port = registry.rsplit_once(':').map(|(_, port)| port);
        if !is_host(registry)
            || port.is_some_and(|port| port.parse::<u16>().is_err() && !port.ends_with(']'))
        {
            return Err(bad(
                "its registry must be a host name, with or without a port",
            ));
        }
        let repository = if registry == HUB && !path.contains('/') {
            format!("library/{path}")
        } else {
            path.to_owned()
        };
        if path.chars().any(|letter| letter.is_ascii_uppercase()) {
            return Err(bad("a repository must not have capital letters"));
        }
        if !repository.split('/').all(is_component) {
            return Err(bad(
                "a repository must have lower-case letters and digits, with `.`, `_`, `__` or `-` between them and \
                 `/` between parts",
            ));
        }
        if registry.len() + 1 + repository.len() > LONGEST_REPOSITORY {
            return Err(bad("it has more than 255 letters"));
        }
        Ok(Self {
            registry: registry.to_owned(),
            repository,
            tag,
            digest: digest.map(str::to_owned),
        })
    }

    /// Gives the image a tag, and no digest.
    #[must_use]
    pub fn with_tag(&self, tag: Tag) -> Self {
        Self {
            tag: Some(tag),
            digest: None,
            ..self.clone()
        }
    }

    /// Gives the image a digest.
    #[must_use]
    pub fn with_digest(&self, digest: impl Into<String>) -> Self {
        Self {
            digest: Some(digest.into()),
            ..self.clone()
        }
    }

    /// The name for a builder: without a digest.
    #[must_use]
    pub fn without_digest(&self) -> Self {
        Self {
            digest: None,
            ..self.clone()
        }
    }
}

/// The full name, to which Docker adds no default.
impl fmt::Display for Reference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.registry, self.repository)?;
        if let Some(tag) = &self.tag {
            write!(formatter, ":{tag}")?;
        }
        if let Some(digest) = &self.digest {
            write!(formatter, "@{digest}")?;
        }
        Ok(())
    }
}

const BAD_TAG: &str = "its tag must have at most 128 letters, digits, `_`, `.` and `-`, and must not begin with `.` or `-`";

/// Says whether the first part of a name is a registry rather than a folder of Docker Hub.
fn is_registry(part: &str) -> bool {
    part == "localhost"
        || part.contains(['.', ':'])
        || part.chars().any(|letter| letter.is_ascii_uppercase())
}

fn is_host(host: &str) -> bool {
    if let Some(address) = host.strip_prefix('[') {
        let address = address.split(']').next().unwrap_or_default();
        return address.parse::<std::net::Ipv6Addr>().is_ok();
    }
    let name = host.split(':').next().unwrap_or_default();
    name.split('.').all(|label| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .chars()
                .all(|letter| letter.is_ascii_alphanumeric() || letter == '-')
    })
}

/// `[a-z0-9]+` with separators `.`, `_`, `__` or `-`s in between.
fn is_component(part: &str) -> bool {
    let is_plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit();
    let separators = part
        .split(is_plain)
        .filter(|separator| !separator.is_empty());
    part.starts_with(is_plain)
        && part.ends_with(is_plain)
        && separators.into_iter().all(|separator| {
            matches!(separator, "." | "_" | "__") || separator.chars().all(|letter| letter == '-')
        })
}

/// Says whether a text is a digest as registries return it.
pub fn is_digest(text: &str) -> bool {
    has_digits(text, "sha256:", 64)
}

/// Says whether a text is any digest that the name of an image may contain (`algorithm.go` of go-digest).
fn is_any_digest(text: &str) -> bool {
    is_digest(text) || has_digits(text, "sha384:", 96) || has_digits(text, "sha512:", 128)
}

fn has_digits(text: &str, prefix: &str, count: usize) -> bool {
    text.strip_prefix(prefix).is_some_and(|digits| {
        let is_digit = |digit| matches!(digit, '0'..='9' | 'a'..='f');
        digits.len() == count && digits.chars().all(is_digit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_with_dockers_defaults() {
        let digest = format!("sha256:{}", "a".repeat(64));
        for (text, expected) in [
            ("ubuntu", "docker.io/library/ubuntu"),
            ("ubuntu:22.04", "docker.io/library/ubuntu:22.04"),
            ("me/app", "docker.io/me/app"),
            ("docker.io/ubuntu", "docker.io/library/ubuntu"),
            ("index.docker.io/me/app", "docker.io/me/app"),
            ("ghcr.io/me/app:v1", "ghcr.io/me/app:v1"),
            ("localhost/app", "localhost/app"),
            ("localhost:5000/a/b/c:x", "localhost:5000/a/b/c:x"),
            ("127.0.0.1:5000/a", "127.0.0.1:5000/a"),
            ("[::1]:5000/a:b", "[::1]:5000/a:b"),
            ("Registry/app", "Registry/app"),
            ("me/a__b--c.d_e", "docker.io/me/a__b--c.d_e"),
            ("app:5000", "docker.io/library/app:5000"),
        ] {
            assert_eq!(Reference::parse(text).unwrap().to_string(), expected);
            let with = format!("{text}@{digest}");
            assert_eq!(
                Reference::parse(&with).unwrap().to_string(),
                format!("{expected}@{digest}")
            );
            for longer in [
                format!("{text}@sha384:{}", "0".repeat(96)),
                format!("{text}@sha512:{}", "f".repeat(128)),
            ] {
                assert!(Reference::parse(&longer).is_ok(), "{longer}");
            }
            let again = Reference::parse(expected).unwrap();
            assert_eq!(again.to_string(), expected);
        }
    }

    #[test]
    fn what_is_no_name_is_refused_and_said_why() {
        let long = "a".repeat(256);
        let mut said = String::new();
        for text in [
            "",
            "a b",
            "https://ghcr.io/a",
            "ghcr.io/Me/app",
            "ghcr.io/",
            "/a",
            "a//b",
            "a/-b",
            "a..b",
            "a:.x",
            "a:",
            "a@sha256:12",
            "a@b",
            "-x.io/a",
            "x.io:port/a",
            "x.io:99999/a",
            "[::z]:5000/a",
            "${IMAGE}",
            &long,
        ] {
            let error = Reference::parse(text).expect_err(text);
            said.push_str(&format!("{error}\n").replace(&long, "aaa…"));
        }
        insta::assert_snapshot!(said);
    }
}
