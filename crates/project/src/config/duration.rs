use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A span of time, as Go reads it (`time.ParseDuration`); bare digits are seconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Duration {
    text: String,
    length: std::time::Duration,
}

impl Duration {
    /// Parses a text.
    ///
    /// # Errors
    ///
    /// The text is not valid in Go, or longer than the 292 years that Go's type can hold.
    fn read(text: String) -> Result<Self, String> {
        let length = argo::time::Duration::parse(&text);
        match length.and_then(|length| u64::try_from(length.nanoseconds()).ok()) {
            Some(nanoseconds) => Ok(Self {
                text,
                length: std::time::Duration::from_nanos(nanoseconds),
            }),
            None => Err(format!(
                "`{text}` is longer than 292 years, and Argo cannot read it"
            )),
        }
    }

    /// Text for a manifest.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Length of the span.
    pub fn length(&self) -> std::time::Duration {
        self.length
    }
}

impl Serialize for Duration {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
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
                Duration::read(format!("{seconds}s")).map_err(E::custom)
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Duration, E> {
                let digits = text.bytes().all(|byte| byte.is_ascii_digit());
                let unit = if digits { "s" } else { "" };
                Duration::read(format!("{text}{unit}")).map_err(E::custom)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_one_that_go_reads() {
        let read = |text: &str| serde_json::from_value::<Duration>(text.into());
        for (text, written, seconds) in [
            ("90s", "90s", 90.0),
            ("90", "90s", 90.0),
            ("1h30m", "1h30m", 5400.0),
            // Go accepts units in any order.
            ("30m1h", "30m1h", 5400.0),
            ("1.5h", "1.5h", 5400.0),
            ("500ms", "500ms", 0.5),
        ] {
            let read = read(text).unwrap();
            assert_eq!(read.as_str(), written);
            assert_eq!(read.length(), std::time::Duration::from_secs_f64(seconds));
            assert_eq!(serde_json::to_value(&read).unwrap(), written);
        }
        for text in ["", "1d", "h", "-1s", "99999999h"] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
