//! Versions and constraints (`Masterminds/semver` 3.5.0).

use std::sync::{Arc, LazyLock};

use regex::Regex;

use super::super::failure::Failure;
use super::super::value::Value;
use super::super::version::{Version, order_of_prereleases};
use super::arguments::Arguments;

const MOST_BYTES: usize = 512;
const MOST_ALTERNATIVES: usize = 32;

/// Calls a function of this group; none if `name` is not one.
pub(super) fn call(name: &str, arguments: &Arguments<'_>) -> Result<Option<Value>, Failure> {
    Ok(Some(match name {
        "semver" => Value::Version(Arc::new(Version::parse(arguments.text(0))?)),
        "semverCompare" => {
            let alternatives = constraints(arguments.text(0))?;
            let version = Version::parse(arguments.text(1))?;
            Value::Boolean(alternatives.iter().any(|all| {
                // A prerelease matches only if a constraint names a prerelease.
                let may_be_before =
                    version.prerelease().is_empty() || all.iter().any(Constraint::names_prerelease);
                may_be_before && all.iter().all(|constraint| constraint.takes(&version))
            }))
        }
        _ => return Ok(None),
    }))
}

/// A comparison with a version, which may leave parts open.
struct Constraint {
    operator: String,
    version: Version,
    /// Says whether any part is open.
    is_open: bool,
    minor_is_open: bool,
    patch_is_open: bool,
}

/// The operators, the empty one included. The order is the library's, because the first match counts.
const OPERATOR: &str = r"=||!=|>|<|>=|=>|<=|=<|~|~>|\^";
const VERSION: &str = r"v?([0-9|xX*]+)(\.[0-9|xX*]+)?(\.[0-9|xX*]+)?(-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?";
/// Go's `\s`.
const SPACE: &str = r"[\t\n\x0C\r ]";

struct Patterns {
    one: Regex,
    range: Regex,
    find: Regex,
    valid: Regex,
}

static PATTERNS: LazyLock<Option<Patterns>> = LazyLock::new(|| {
    let one = format!("(?:{OPERATOR}){SPACE}*(?:{VERSION})");
    Some(Patterns {
        one: Regex::new(&format!("^{SPACE}*({OPERATOR}){SPACE}*{VERSION}{SPACE}*$")).ok()?,
        range: Regex::new(&format!(
            "{SPACE}*({VERSION}){SPACE}+-{SPACE}+({VERSION}){SPACE}*"
        ))
        .ok()?,
        find: Regex::new(&one).ok()?,
        valid: Regex::new(&format!(
            "^({SPACE}*{one}{SPACE}*)((?:{SPACE}+|,{SPACE}*){one}{SPACE}*)*$"
        ))
        .ok()?,
    })
});

fn constraints(text: &str) -> Result<Vec<Vec<Constraint>>, Failure> {
    let wrong = || Failure::new(format!("`{text}` asks nothing of a version"));
    let patterns = PATTERNS.as_ref().ok_or_else(wrong)?;
    if text.len() > MOST_BYTES {
        return Err(wrong());
    }
    let mut rewritten = text.to_owned();
    for range in patterns.range.captures_iter(text) {
        let part = |number| range.get(number).map_or("", |part| part.as_str());
        let comparisons = format!(">= {}, <= {} ", part(1), part(6));
        rewritten = rewritten.replacen(part(0), &comparisons, 1);
    }
    let alternatives: Vec<_> = rewritten.split("||").collect();
    if alternatives.len() > MOST_ALTERNATIVES {
        return Err(wrong());
    }
    alternatives
        .into_iter()
        .map(|alternative| {
            if !patterns.valid.is_match(alternative) {
                return Err(wrong());
            }
            patterns
                .find
                .find_iter(alternative)
                .map(|one| Constraint::parse(&patterns.one, one.as_str()).ok_or_else(wrong))
                .collect()
        })
        .collect()
}

impl Constraint {
    fn parse(pattern: &Regex, text: &str) -> Option<Self> {
        let parts = pattern.captures(text)?;
        let part = |number| parts.get(number).map_or("", |part| part.as_str());
        let is_open =
            |part: &str| matches!(part.strip_prefix('.').unwrap_or(part), "" | "x" | "X" | "*");
        let (major, minor, patch, prerelease) = (part(2), part(3), part(4), part(5));
        let opens = [is_open(major), is_open(minor), is_open(patch)];
        let version = match opens {
            [true, ..] => format!("0.0.0{prerelease}"),
            [_, true, _] => format!("{major}.0.0{prerelease}"),
            [.., true] => format!("{major}{minor}.0{prerelease}"),
            // The text of the version, with the part after `+`.
            _ => {
                let start = parts.get(2)?.start();
                text.get(start..)?.trim_end().to_owned()
            }
        };
        Some(Self {
            operator: part(1).to_owned(),
            version: Version::parse(&version).ok()?,
            is_open: opens.contains(&true),
            minor_is_open: matches!(opens, [false, true, _]),
            patch_is_open: matches!(opens, [false, false, true]),
        })
    }

    fn names_prerelease(&self) -> bool {
        !self.version.prerelease().is_empty()
    }

    fn takes(&self, version: &Version) -> bool {
        let own = &self.version;
        let order = version.order(own);
        match self.operator.as_str() {
            "" | "=" if !self.is_open => order.is_eq(),
            "" | "=" | "~" | "~>" => self.takes_tilde(version),
            "!=" => self.takes_others(version),
            ">" => self.takes_larger(version),
            "<" => order.is_lt(),
            ">=" | "=>" => order.is_ge(),
            "<=" | "=<" if !self.is_open => order.is_le(),
            "<=" | "=<" => {
                version.major() < own.major()
                    || version.major() == own.major()
                        && (version.minor() <= own.minor() || self.minor_is_open)
            }
            _ => self.takes_caret(version),
        }
    }

    fn takes_others(&self, version: &Version) -> bool {
        let own = &self.version;
        if self.is_open {
            if own.major() != version.major() {
                return true;
            }
            if self.minor_is_open {
                return false;
            }
            if own.minor() != version.minor() {
                return true;
            }
            if self.patch_is_open {
                return order_of_prereleases(version.prerelease(), own.prerelease()).is_ne();
            }
            if own.patch() != version.patch() {
                return true;
            }
        }
        version.order(own).is_ne()
    }

    fn takes_larger(&self, version: &Version) -> bool {
        let own = &self.version;
        if self.is_open {
            if version.major() != own.major() {
                return version.major() > own.major();
            }
            if self.minor_is_open {
                return false;
            }
            if self.patch_is_open {
                return version.minor() > own.minor();
            }
        }
        version.order(own).is_gt()
    }

    fn takes_tilde(&self, version: &Version) -> bool {
        let own = &self.version;
        if version.order(own).is_lt() {
            return false;
        }
        let is_zero = own.major() == 0 && own.minor() == 0 && own.patch() == 0;
        if is_zero && !self.minor_is_open && !self.patch_is_open {
            return true;
        }
        version.major() == own.major() && (version.minor() == own.minor() || self.minor_is_open)
    }

    fn takes_caret(&self, version: &Version) -> bool {
        let own = &self.version;
        if version.order(own).is_lt() {
            return false;
        }
        if own.major() > 0 || self.minor_is_open {
            return version.major() == own.major();
        }
        if version.major() > 0 {
            return false;
        }
        if own.minor() > 0 || self.patch_is_open {
            return version.minor() == own.minor();
        }
        version.minor() == 0 && own.patch() == version.patch()
    }
}
