use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de;
use serde::{Deserialize, Deserializer, Serialize};

/// A span of time, as Go reads it (`time.ParseDuration`); bare digits are seconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Duration(String);

impl Duration {
    /// As it goes into a manifest.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Duration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct DurationVisitor;
        impl de::Visitor<'_> for DurationVisitor {
            type Value = Duration;
            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(Duration::TITLE)
            }
            fn visit_u64<E: de::Error>(self, seconds: u64) -> Result<Duration, E> {
                Ok(Duration(format!("{seconds}s")))
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Duration, E> {
                let digits = text.bytes().all(|byte| byte.is_ascii_digit());
                Ok(Duration(if digits {
                    format!("{text}s")
                } else {
                    text.to_owned()
                }))
            }
        }
        deserializer.deserialize_any(DurationVisitor)
    }
}

impl Duration {
    const TITLE: &'static str = "seconds, or a duration (\"30s\", \"5m\", \"1h30m\")";
}

impl JsonSchema for Duration {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Duration".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "title": Self::TITLE,
            "anyOf": [
                {"type": "integer", "minimum": 0},
                {"type": "string", "pattern": "^([0-9]+|([0-9]+(\\.[0-9]+)?(ms|s|m|h))+)$"}
            ]
        })
    }
}
