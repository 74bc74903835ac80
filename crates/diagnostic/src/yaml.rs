//! YAML in which every key and value has its place in the file.
//!
//! The parser `serde-saphyr` limits depth, size and alias expansion, so a hostile file causes an error and does not
//! exhaust memory.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};
use serde_saphyr::options::NonFiniteFloatPolicy;
use serde_saphyr::{Location, Spanned};

use crate::{Diagnostic, Span};

/// A YAML node with its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Yaml {
    /// Span from the start of the node to the end of a scalar.
    pub span: Span,
    /// Content of the node.
    pub value: Content,
}

/// Content of a YAML node.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// Null: nothing, `~` or `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// Any other number.
    Float(f64),
    /// Text.
    String(String),
    /// A list.
    Sequence(Vec<Yaml>),
    /// A mapping, in the order of the file.
    Mapping(Vec<(Key, Yaml)>),
}

/// A key of a mapping with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// The key itself.
    pub name: String,
    /// Span of the key.
    pub span: Span,
}

impl Yaml {
    /// The value of `key`, if the node is a mapping that has the key.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entries()
            .iter()
            .find(|(name, _)| name.name == key)
            .map(|(_, value)| value)
    }

    /// The key `key` itself, if the node is a mapping that has the key.
    pub fn key(&self, key: &str) -> Option<&Key> {
        self.entries()
            .iter()
            .find(|(name, _)| name.name == key)
            .map(|(name, _)| name)
    }

    /// The entries of a mapping; empty for any other node.
    pub fn entries(&self) -> &[(Key, Self)] {
        match &self.value {
            Content::Mapping(entries) => entries,
            _ => &[],
        }
    }

    /// The items of a list; empty for any other node.
    pub fn items(&self) -> &[Self] {
        match &self.value {
            Content::Sequence(items) => items,
            _ => &[],
        }
    }

    /// The text, if the node is a text.
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Content::String(text) => Some(text),
            _ => None,
        }
    }

    /// The word for this kind of value, e.g. `a list`.
    pub fn kind(&self) -> &'static str {
        match &self.value {
            Content::Null => "nothing",
            Content::Bool(_) => "a boolean",
            Content::Integer(_) => "a whole number",
            Content::Float(_) => "a number",
            Content::String(_) => "a string",
            Content::Sequence(_) => "a list",
            Content::Mapping(_) => "a mapping",
        }
    }

    /// Converts the value to JSON, without places.
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::Value as Json;
        match &self.value {
            Content::Null => Json::Null,
            Content::Bool(value) => (*value).into(),
            Content::Integer(value) => (*value).into(),
            Content::Float(value) => (*value).into(),
            Content::String(value) => value.as_str().into(),
            Content::Sequence(items) => items.iter().map(Self::to_json).collect(),
            Content::Mapping(entries) => Json::Object(
                entries
                    .iter()
                    .map(|(key, value)| (key.name.clone(), value.to_json()))
                    .collect(),
            ),
        }
    }
}

impl Serialize for Yaml {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.value {
            Content::Null => serializer.serialize_unit(),
            Content::Bool(value) => serializer.serialize_bool(*value),
            Content::Integer(value) => serializer.serialize_i64(*value),
            Content::Float(value) => serializer.serialize_f64(*value),
            Content::String(value) => serializer.serialize_str(value),
            Content::Sequence(items) => serializer.collect_seq(items),
            Content::Mapping(entries) => {
                serializer.collect_map(entries.iter().map(|(key, value)| (&key.name, value)))
            }
        }
    }
}

impl From<serde_json::Value> for Yaml {
    /// A value without a place.
    fn from(value: serde_json::Value) -> Self {
        use serde_json::Value as Json;
        let value = match value {
            Json::Null => Content::Null,
            Json::Bool(value) => Content::Bool(value),
            Json::Number(number) => number.as_i64().map_or_else(
                || Content::Float(number.as_f64().unwrap_or(f64::NAN)),
                Content::Integer,
            ),
            Json::String(text) => Content::String(text),
            Json::Array(items) => Content::Sequence(items.into_iter().map(Self::from).collect()),
            Json::Object(entries) => Content::Mapping(
                entries
                    .into_iter()
                    .map(|(name, value)| {
                        (
                            Key {
                                name,
                                span: Span::NOWHERE,
                            },
                            Self::from(value),
                        )
                    })
                    .collect(),
            ),
        };
        Self {
            span: Span::NOWHERE,
            value,
        }
    }
}

/// Parses every document of a YAML text.
///
/// An unreadable document gives a diagnostic with the code `invalid-yaml` at `file`. Octal numbers follow YAML 1.1
/// (`0755`), as in Argo's and Kubernetes' parsers.
pub fn parse(file: &str, text: &str) -> Result<Vec<Yaml>, Box<Diagnostic>> {
    parse_with(file, text, NonFiniteFloatPolicy::Reject)
}

/// Parses documents like [`parse`], but accepts `.inf` and `.nan`, which Python has and JSON lacks.
pub fn parse_for_python(file: &str, text: &str) -> Result<Vec<Yaml>, Box<Diagnostic>> {
    parse_with(file, text, NonFiniteFloatPolicy::PassThrough)
}

fn parse_with(
    file: &str,
    text: &str,
    non_finite_float_policy: NonFiniteFloatPolicy,
) -> Result<Vec<Yaml>, Box<Diagnostic>> {
    let options = serde_saphyr::options! {
        legacy_octal_numbers: true,
        with_snippet: false,
        non_finite_float_policy: non_finite_float_policy,
    };
    serde_saphyr::from_multiple_with_options::<Document>(text, options)
        .map(|documents| documents.into_iter().map(|document| document.0).collect())
        .map_err(|error| Box::new(unreadable(file, &error)))
}

fn unreadable(file: &str, error: &serde_saphyr::Error) -> Diagnostic {
    let text = error.to_string();
    let message = text.lines().next().unwrap_or("cannot be read as YAML");
    let diagnostic = Diagnostic::error("invalid-yaml", message.to_owned());
    match error.location() {
        Some(location) if location != Location::UNKNOWN => {
            diagnostic.at_span(file, span(&location))
        }
        _ => diagnostic.at(crate::Place {
            file: Some(file.to_owned()),
            ..crate::Place::default()
        }),
    }
}

fn span(location: &Location) -> Span {
    let number = |value: u64| usize::try_from(value).unwrap_or(usize::MAX);
    Span {
        line: number(location.line()).max(1),
        column: number(location.column()).max(1),
        length: usize::try_from(location.span().len()).unwrap_or(1).max(1),
    }
}

struct Document(Yaml);

impl<'de> Deserialize<'de> for Document {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Yaml::deserialize(deserializer).map(Self)
    }
}

impl<'de> Deserialize<'de> for Yaml {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = Spanned::<Content>::deserialize(deserializer)?;
        Ok(Self {
            span: span(&spanned.referenced),
            value: spanned.value,
        })
    }
}

impl<'de> Deserialize<'de> for Content {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Content;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a YAML value")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Content, E> {
        Ok(Content::Null)
    }

    fn visit_none<E: de::Error>(self) -> Result<Content, E> {
        Ok(Content::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Content, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Content, E> {
        Ok(Content::Bool(value))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Content, E> {
        Ok(Content::Integer(value))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Content, E> {
        #[expect(
            clippy::cast_precision_loss,
            reason = "beyond i64 only its size matters"
        )]
        Ok(i64::try_from(value).map_or(Content::Float(value as f64), Content::Integer))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Content, E> {
        Ok(Content::Float(value))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Content, E> {
        Ok(Content::String(value.to_owned()))
    }

    fn visit_string<E: de::Error>(self, value: String) -> Result<Content, E> {
        Ok(Content::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Content, A::Error> {
        let mut sequence = Vec::new();
        while let Some(item) = items.next_element()? {
            sequence.push(item);
        }
        Ok(Content::Sequence(sequence))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Content, A::Error> {
        let mut mapping = Vec::new();
        while let Some(key) = entries.next_key::<Spanned<String>>()? {
            let name = Key {
                span: span(&key.referenced),
                name: key.value,
            };
            mapping.push((name, entries.next_value()?));
        }
        Ok(Content::Mapping(mapping))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_values_know_where_they_stand() {
        let document = &parse("a.yml", "one: 1\nlist:\n  - {key: value}\n").unwrap()[0];
        let item = &document.get("list").unwrap().items()[0];
        let value = item.get("key").unwrap();
        assert_eq!((value.span.line, value.span.column), (3, 11));
        assert_eq!(value.span.length, 5);
        let key = item.key("key").unwrap();
        assert_eq!((key.span.line, key.span.column), (3, 6));
    }

    #[test]
    fn scalars_keep_their_kind() {
        let text = "[1, 1.5, yes, 'no', null, 0755, 2020-01-01, true]";
        let document = &parse("a.yml", text).unwrap()[0];
        let kinds: Vec<_> = document.items().iter().map(Yaml::kind).collect();
        assert_eq!(
            kinds,
            [
                "a whole number",
                "a number",
                // YAML 1.1 and Argo's parser read `n` and `yes` as booleans, so such names need quotes.
                "a boolean",
                "a string",
                "nothing",
                "a whole number",
                "a string",
                "a boolean"
            ]
        );
    }

    #[test]
    fn several_documents_are_read() {
        let documents = parse("a.yml", "a: 1\n---\nb: 2\n").unwrap();
        assert_eq!(documents.len(), 2);
        assert_eq!(documents[1].get("b").unwrap().span.line, 4 - 1);
    }

    #[test]
    fn broken_yaml_is_a_diagnostic_with_a_line() {
        let error = parse("a.yml", "a: 1\nb: [1,\n").unwrap_err();
        assert_eq!(error.code, "invalid-yaml");
        assert!(error.place.span.unwrap().line >= 2, "{error:?}");
    }

    #[test]
    fn duplicate_keys_are_refused() {
        let error = parse("a.yml", "a: 1\na: 2\n").unwrap_err();
        assert!(error.message.contains("duplicate"), "{error:?}");
    }

    #[test]
    fn an_alias_bomb_is_refused() {
        let mut text = String::from("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
        for level in 1..12 {
            let below = level - 1;
            let aliases = vec![format!("*a{below}"); 10].join(",");
            text.push_str(&format!("a{level}: &a{level} [{aliases}]\n"));
        }
        assert!(parse("a.yml", &text).is_err());
    }
}
