//! Amounts of memory and CPU, as numbers or Kubernetes quantities.

use std::borrow::Cow;
use std::fmt;

use argo::quantity;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

const GIB: u64 = 1 << 30;

/// Pattern of the Kubernetes quantities that `argo.yml` allows: those that are not negative.
pub(super) const PATTERN: &str =
    "^([0-9]+(\\.[0-9]*)?|\\.[0-9]+)([numkMGTPE]|[KMGTPE]i|[eE][+-]?[0-9]+)?$";

/// An amount of memory; a bare number is GiB.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Memory {
    bytes: u64,
}

/// An amount of CPU; a bare number is cores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cpu {
    millicores: u64,
}

impl Memory {
    /// Amount of this many GiB.
    pub fn gib(gib: u32) -> Self {
        Self {
            bytes: u64::from(gib) * GIB,
        }
    }

    /// Amount of this many bytes, and at least one.
    pub fn of_bytes(bytes: u64) -> Self {
        Self {
            bytes: bytes.max(1),
        }
    }

    /// Gives the amount in bytes.
    pub fn bytes(self) -> u64 {
        self.bytes
    }

    /// Gives the amount in GiB, for people and for `MEM_LIMIT_GB`: `16`, `1.5`.
    pub fn in_gib(self) -> String {
        #[expect(clippy::cast_precision_loss, reason = "two decimals are shown")]
        let gib = self.bytes as f64 / GIB as f64;
        let text = format!("{gib:.2}");
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    }

    /// Parses a Kubernetes quantity above zero (`1536Mi`, `16G`); bare digits are bytes.
    pub fn from_quantity(text: &str) -> Option<Self> {
        let bytes = quantity::whole(text).ok()?;
        (bytes > 0).then_some(Self { bytes })
    }
}

impl Cpu {
    /// Amount of this many cores.
    pub fn cores(cores: u32) -> Self {
        Self {
            millicores: u64::from(cores) * 1000,
        }
    }

    /// Amount of this many thousandths of a core, and at least one.
    pub fn of_millicores(millicores: u64) -> Self {
        Self {
            millicores: millicores.max(1),
        }
    }

    /// Gives the amount in thousandths of a core.
    pub fn millicores(self) -> u64 {
        self.millicores
    }

    /// Parses a Kubernetes quantity above zero (`500m`, `2`).
    pub fn from_quantity(text: &str) -> Option<Self> {
        let millicores = quantity::thousandths(text).ok()?;
        (millicores > 0).then_some(Self { millicores })
    }
}

/// Writes the amount as Kubernetes does: the largest binary unit that keeps it whole.
impl fmt::Display for Memory {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (unit, suffix) in [(GIB, "Gi"), (1 << 20, "Mi"), (1 << 10, "Ki")] {
            if self.bytes.is_multiple_of(unit) {
                return write!(formatter, "{}{suffix}", self.bytes / unit);
            }
        }
        write!(formatter, "{}", self.bytes)
    }
}

/// Writes the amount as Kubernetes does: `2`, `500m`.
impl fmt::Display for Cpu {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.millicores.is_multiple_of(1000) {
            write!(formatter, "{}", self.millicores / 1000)
        } else {
            write!(formatter, "{}m", self.millicores)
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "callers give finite numbers above zero; a cast saturates"
)]
fn whole(number: f64) -> u64 {
    number.round() as u64
}

macro_rules! amount {
    ($type:ty, $title:literal, $number:expr) => {
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct AmountVisitor;
                impl Visitor<'_> for AmountVisitor {
                    type Value = $type;
                    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                        formatter.write_str($title)
                    }
                    fn visit_u64<E: de::Error>(self, number: u64) -> Result<$type, E> {
                        #[expect(clippy::cast_precision_loss, reason = "no machine is that large")]
                        self.visit_f64(number as f64)
                    }
                    fn visit_i64<E: de::Error>(self, number: i64) -> Result<$type, E> {
                        #[expect(clippy::cast_precision_loss, reason = "no machine is that large")]
                        self.visit_f64(number as f64)
                    }
                    fn visit_f64<E: de::Error>(self, number: f64) -> Result<$type, E> {
                        if number.is_finite() && number > 0.0 {
                            let make: fn(f64) -> $type = $number;
                            Ok(make(number))
                        } else {
                            Err(E::invalid_value(de::Unexpected::Float(number), &self))
                        }
                    }
                    fn visit_str<E: de::Error>(self, text: &str) -> Result<$type, E> {
                        <$type>::from_quantity(text)
                            .ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))
                    }
                }
                deserializer.deserialize_any(AmountVisitor)
            }
        }

        impl JsonSchema for $type {
            fn inline_schema() -> bool {
                true
            }
            fn schema_name() -> Cow<'static, str> {
                stringify!($type).into()
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({
                    "title": $title,
                    "anyOf": [
                        {"type": "number", "exclusiveMinimum": 0},
                        {"type": "string", "pattern": PATTERN}
                    ]
                })
            }
        }
    };
}

#[expect(clippy::cast_precision_loss, reason = "a power of two is exact")]
const GIB_FLOAT: f64 = GIB as f64;

amount!(
    Memory,
    "an amount of memory: GiB above zero (16, 1.5) or a quantity (\"1536Mi\")",
    |gib| Memory {
        bytes: whole(gib * GIB_FLOAT).max(1)
    }
);
amount!(
    Cpu,
    "an amount of CPU: cores above zero (4, 0.5) or a quantity (\"500m\")",
    |cores| Cpu {
        millicores: whole(cores * 1000.0).max(1)
    }
);

#[cfg(test)]
mod tests {
    use super::*;

    fn memory(json: &str) -> Option<String> {
        serde_json::from_str::<Memory>(json)
            .ok()
            .map(|memory| memory.to_string())
    }

    fn cpu(json: &str) -> Option<String> {
        serde_json::from_str::<Cpu>(json)
            .ok()
            .map(|cpu| cpu.to_string())
    }

    #[test]
    fn a_number_is_gib_and_a_quantity_is_itself() {
        for (json, expected) in [
            ("16", Some("16Gi")),
            ("1.5", Some("1536Mi")),
            ("\"1536Mi\"", Some("1536Mi")),
            ("\"2048Mi\"", Some("2Gi")),
            ("\"16G\"", Some("15625000Ki")),
            ("\"1000\"", Some("1000")),
            ("0", None),
            ("-1", None),
            ("\"\"", None),
            ("\"16 Gi\"", None),
            ("\"sixteen\"", None),
            ("\"1e9\"", Some("1000000000")),
            ("\"1.1\"", Some("2")),
            ("\"1Ei\"", Some("1073741824Gi")),
            ("\"-1Gi\"", None),
            ("true", None),
            ("[16]", None),
        ] {
            assert_eq!(memory(json).as_deref(), expected, "{json}");
        }
    }

    #[test]
    fn a_number_is_cores() {
        for (json, expected) in [
            ("4", Some("4")),
            ("0.5", Some("500m")),
            ("\"500m\"", Some("500m")),
            ("\"2000m\"", Some("2")),
            ("0", None),
            ("\"0.0\"", None),
            ("\"1500u\"", Some("2m")),
            ("\"4 cores\"", None),
        ] {
            assert_eq!(cpu(json).as_deref(), expected, "{json}");
        }
    }

    #[test]
    fn memory_in_gib_is_short() {
        assert_eq!(Memory::gib(16).in_gib(), "16");
        assert_eq!(Memory::from_quantity("1536Mi").unwrap().in_gib(), "1.5");
    }
}
