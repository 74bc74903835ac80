//! Methods of versions.

use std::sync::Arc;

use super::failure::Failure;
use super::value::Value;
use super::version::{Version, has_leading_zero};

impl Version {
    /// A new version based on this one.
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

    /// Calls a method; none if there is no such method for these arguments.
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
