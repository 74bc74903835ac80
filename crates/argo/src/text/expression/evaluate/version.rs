//! Versions (`Masterminds/semver` 3.5.0).

use std::cmp::Ordering;
use std::sync::{Arc, LazyLock};

use regex::Regex;

use super::Failure;
use super::value::Value;

/// More bytes than a version may have.
const MOST_BYTES: usize = 256;

/// A version.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Version {
    numbers: [u64; 3],
    prerelease: String,
    metadata: String,
    original: String,
    /// Go has it as it is, and not where it is: it is another type, with fewer methods.
    is_copy: bool,
}

static PARTS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"^v?([0-9]+)(?:\.([0-9]+))?(?:\.([0-9]+))?(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?$",
    )
    .ok()
});

impl Version {
    /// Reads a version; what it leaves out is 0.
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

    /// The name of its type in Go.
    pub(super) fn go_type(&self) -> &'static str {
        if self.is_copy {
            "semver.Version"
        } else {
            "*semver.Version"
        }
    }

    /// Its order among versions; what stands after a `+` does not count.
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

    /// Another version made from this one.
    fn next(&self, numbers: [Option<u64>; 3]) -> Result<Value, Failure> {
        let [Some(major), Some(minor), Some(patch)] = numbers else {
            return Err(Failure::new("the version is too large"));
        };
        Ok(self.with([major, minor, patch], "", ""))
    }

    fn with(&self, numbers: [u64; 3], prerelease: &str, metadata: &str) -> Value {
        let mut next = Self {
            numbers,
            prerelease: prerelease.to_owned(),
            metadata: metadata.to_owned(),
            original: String::new(),
            is_copy: true,
        };
        let prefix = if self.original.starts_with('v') {
            "v"
        } else {
            ""
        };
        next.original = format!("{prefix}{next}");
        Value::Version(Arc::new(next))
    }

    /// Calls a method, if there is one that takes this.
    pub(super) fn call(&self, name: &str, arguments: &[Value]) -> Result<Option<Value>, Failure> {
        Ok(Some(match arguments {
            [] => return self.property(name).transpose(),
            [Value::Text(text)] => {
                let is_valid = text.is_empty()
                    || text.split('.').all(|part| {
                        let is_of_part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
                        !part.is_empty() && part.bytes().all(is_of_part)
                    });
                match name {
                    "SetPrerelease" if is_valid && !has_leading_zero(text) => {
                        self.with(self.numbers, text, &self.metadata)
                    }
                    "SetMetadata" if is_valid => self.with(self.numbers, &self.prerelease, text),
                    _ => return Ok(None),
                }
            }
            [Value::Version(other)] if !self.is_copy && !other.is_copy => {
                let order = self.order(other);
                Value::Boolean(match name {
                    "Compare" => return Ok(Some(Value::Integer(i64::from(order as i8)))),
                    "Equal" => order.is_eq(),
                    "LessThan" => order.is_lt(),
                    "LessThanEqual" => order.is_le(),
                    "GreaterThan" => order.is_gt(),
                    "GreaterThanEqual" => order.is_ge(),
                    _ => return Ok(None),
                })
            }
            _ => return Ok(None),
        }))
    }

    fn property(&self, name: &str) -> Option<Result<Value, Failure>> {
        let [major, minor, patch] = self.numbers;
        Some(Ok(match name {
            "Major" => Value::Unsigned(major),
            "Minor" => Value::Unsigned(minor),
            "Patch" => Value::Unsigned(patch),
            "Prerelease" => Value::text(&self.prerelease),
            "Metadata" => Value::text(&self.metadata),
            "Original" if !self.is_copy => Value::text(&self.original),
            "String" | "Value" => Value::text(self.to_string()),
            "MarshalText" => Value::Bytes(self.to_string().as_bytes().into()),
            "MarshalJSON" => Value::Bytes(format!("\"{self}\"").as_bytes().into()),
            "IncMajor" => return Some(self.next([major.checked_add(1), Some(0), Some(0)])),
            "IncMinor" => return Some(self.next([Some(major), minor.checked_add(1), Some(0)])),
            "IncPatch" => {
                let patch = if self.prerelease.is_empty() {
                    patch.checked_add(1)
                } else {
                    Some(patch)
                };
                return Some(self.next([Some(major), Some(minor), patch]));
            }
            _ => return None,
        }))
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

fn has_leading_zero(prerelease: &str) -> bool {
    prerelease.split('.').any(|part| {
        part.len() > 1 && part.starts_with('0') && part.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// The order of what stands after a `-`: numbers by their value, before all that is none.
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
