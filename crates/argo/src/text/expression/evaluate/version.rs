//! Versions (`Masterminds/semver` 3.5.0).

use std::cmp::Ordering;
use std::sync::LazyLock;

use regex::Regex;

use super::failure::Failure;

/// Greatest length of a version in bytes.
const MOST_BYTES: usize = 256;

/// A version.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Version {
    pub(super) numbers: [u64; 3],
    pub(super) prerelease: String,
    pub(super) metadata: String,
    pub(super) original: String,
    /// Marks a `Version` value of Go instead of a `*Version` pointer: its type has fewer methods.
    pub(super) is_copy: bool,
}

static PARTS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"^v?([0-9]+)(?:\.([0-9]+))?(?:\.([0-9]+))?(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?$",
    )
    .ok()
});

impl Version {
    /// Parses a version; missing parts are 0.
    pub(super) fn parse(text: &str) -> Result<Self, Failure> {
        let wrong = || Failure::new(format!("`{text}` is not a version"));
        if text.len() > MOST_BYTES {
            return Err(wrong());
        }
        let parts = PARTS
            .as_ref()
            .and_then(|parts| parts.captures(text))
            .ok_or_else(wrong)?;
        let part = |number| parts.get(number).map_or("", |part| part.as_str());
        let number = |part: &str| match part {
            "" => Ok(0),
            digits => digits.parse().map_err(|_| wrong()),
        };
        let prerelease = part(4).to_owned();
        if has_leading_zero(&prerelease) {
            return Err(wrong());
        }
        Ok(Self {
            numbers: [number(part(1))?, number(part(2))?, number(part(3))?],
            prerelease,
            metadata: part(5).to_owned(),
            original: text.to_owned(),
            is_copy: false,
        })
    }

    pub(super) fn major(&self) -> u64 {
        let [major, ..] = self.numbers;
        major
    }

    pub(super) fn minor(&self) -> u64 {
        let [_, minor, _] = self.numbers;
        minor
    }

    pub(super) fn patch(&self) -> u64 {
        let [.., patch] = self.numbers;
        patch
    }

    pub(super) fn prerelease(&self) -> &str {
        &self.prerelease
    }

    /// The name of the version's type in Go.
    pub(super) fn go_type(&self) -> &'static str {
        if self.is_copy {
            "semver.Version"
        } else {
            "*semver.Version"
        }
    }

    /// Order of two versions; ignores the metadata after a `+`.
    pub(super) fn order(&self, other: &Self) -> Ordering {
        self.numbers.cmp(&other.numbers).then_with(|| {
            match (self.prerelease.as_str(), other.prerelease.as_str()) {
                ("", "") => Ordering::Equal,
                ("", _) => Ordering::Greater,
                (_, "") => Ordering::Less,
                (left, right) => order_of_prereleases(left, right),
            }
        })
    }
}

impl std::fmt::Display for Version {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [major, minor, patch] = self.numbers;
        write!(formatter, "{major}.{minor}.{patch}")?;
        if !self.prerelease.is_empty() {
            write!(formatter, "-{}", self.prerelease)?;
        }
        if !self.metadata.is_empty() {
            write!(formatter, "+{}", self.metadata)?;
        }
        Ok(())
    }
}

/// Says whether a number in a prerelease has a leading zero.
pub(super) fn has_leading_zero(prerelease: &str) -> bool {
    prerelease.split('.').any(|part| {
        part.len() > 1 && part.starts_with('0') && part.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// Order of two prereleases, the parts after `-`: numbers by value, and numbers before words.
pub(super) fn order_of_prereleases(left: &str, right: &str) -> Ordering {
    let (mut lefts, mut rights) = (left.split('.'), right.split('.'));
    loop {
        let (left, right) = match (lefts.next(), rights.next()) {
            (None, None) => return Ordering::Equal,
            (left, right) => (left.unwrap_or_default(), right.unwrap_or_default()),
        };
        if left == right {
            continue;
        }
        return match (left.parse::<u64>(), right.parse::<u64>()) {
            _ if left.is_empty() => Ordering::Less,
            _ if right.is_empty() => Ordering::Greater,
            (Ok(left), Ok(right)) if left > right => Ordering::Greater,
            (Ok(_), _) => Ordering::Less,
            (_, Ok(_)) => Ordering::Greater,
            _ => left.cmp(right),
        };
    }
}
