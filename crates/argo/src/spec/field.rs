//! Fields of a document: their kinds, and how they are read and written.

use std::fmt;

use diagnostic::Span;
use diagnostic::yaml::{Content, Key, Yaml};
use indexmap::IndexMap;
use serde_json::{Map, Value};

/// A field that Argo cannot read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// Path of the field, e.g. `spec.templates[0].name`; empty for the document itself.
    pub path: String,
    /// Place of the value in the file.
    pub span: Span,
    /// Reason, e.g. `it is a number, but Argo needs a string`.
    pub reason: String,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            return write!(formatter, "the document cannot be read: {}", self.reason);
        }
        write!(
            formatter,
            "the field `{}` cannot be read: {}",
            self.path, self.reason
        )
    }
}

impl std::error::Error for Unreadable {}

/// The path from a document to one of its fields.
#[derive(Debug, Clone, Copy)]
pub struct FieldPath<'a> {
    above: Option<&'a Self>,
    step: PathElement<'a>,
}

#[derive(Debug, Clone, Copy)]
enum PathElement<'a> {
    Document,
    Key(&'a str),
    Index(usize),
}

impl<'a> FieldPath<'a> {
    /// The document itself.
    pub const DOCUMENT: Self = Self {
        above: None,
        step: PathElement::Document,
    };

    /// The field `key` of this one.
    #[must_use]
    pub fn key(&'a self, key: &'a str) -> Self {
        Self {
            above: Some(self),
            step: PathElement::Key(key),
        }
    }

    /// The item `index` of this list.
    #[must_use]
    pub fn index(&'a self, index: usize) -> Self {
        Self {
            above: Some(self),
            step: PathElement::Index(index),
        }
    }

    fn path(&self) -> String {
        let mut path = self.above.map_or_else(String::new, FieldPath::path);
        match self.step {
            PathElement::Document => {}
            PathElement::Key(key) if key.contains(['.', '[']) => path.push_str(&format!("[{key}]")),
            PathElement::Key(key) => {
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(key);
            }
            PathElement::Index(index) => path.push_str(&format!("[{index}]")),
        }
        path
    }

    /// An error that says why the value cannot be read.
    pub fn unreadable(&self, node: &Yaml, reason: impl Into<String>) -> Unreadable {
        Unreadable {
            path: self.path(),
            span: node.span,
            reason: reason.into(),
        }
    }

    /// An error that says which kind of value is needed here.
    pub fn needs(&self, node: &Yaml, wanted: &str) -> Unreadable {
        self.unreadable(
            node,
            format!("it is {}, but Argo needs {wanted}", node.kind()),
        )
    }
}

/// The type of a field. Its default means that the field is absent or `null`, as in Go.
pub trait Field: Default {
    /// Reads the value at a place of a document. The node is never `null`.
    ///
    /// # Errors
    ///
    /// Returns the innermost field that Argo cannot read.
    fn read(node: &Yaml, at: &FieldPath<'_>) -> Result<Self, Unreadable>;

    /// Says whether the field can be left out.
    fn is_absent(&self) -> bool;

    /// The tree that [`Field::read`] reads again.
    fn write(&self) -> Yaml;
}

/// Reads a field that can be `null`.
pub(super) fn read_or_absent<T: Field>(node: &Yaml, at: &FieldPath<'_>) -> Result<T, Unreadable> {
    match node.value {
        Content::Null => Ok(T::default()),
        _ => T::read(node, at),
    }
}

/// Adds a field to a mapping, unless it is absent.
pub(super) fn put<T: Field>(entries: &mut Vec<(Key, Yaml)>, name: &str, field: &T) {
    if !field.is_absent() {
        entries.push((key(name), field.write()));
    }
}

/// Adds the fields that have no type.
pub(super) fn put_rest(entries: &mut Vec<(Key, Yaml)>, rest: &Map<String, Value>) {
    let rest = rest.iter();
    entries.extend(rest.map(|(name, value)| (key(name), Yaml::from(value.clone()))));
}

/// A key without a place in a file.
pub(super) fn key(name: &str) -> Key {
    Key {
        name: name.to_owned(),
        span: Span::NOWHERE,
    }
}

/// A tree without a place in a file.
pub(super) fn node(value: Content) -> Yaml {
    Yaml {
        span: Span::NOWHERE,
        value,
    }
}

/// The entries of a mapping.
pub(super) fn mapping<'a>(
    node: &'a Yaml,
    at: &FieldPath<'_>,
) -> Result<&'a [(Key, Yaml)], Unreadable> {
    match &node.value {
        Content::Mapping(entries) => Ok(entries),
        _ => Err(at.needs(node, "a mapping")),
    }
}

impl Field for String {
    fn read(node: &Yaml, at: &FieldPath<'_>) -> Result<Self, Unreadable> {
        match &node.value {
            Content::String(text) => Ok(text.clone()),
            _ => Err(at.needs(node, "a string")),
        }
    }

    fn is_absent(&self) -> bool {
        self.is_empty()
    }

    fn write(&self) -> Yaml {
        node(Content::String(self.clone()))
    }
}

impl Field for bool {
    fn read(node: &Yaml, at: &FieldPath<'_>) -> Result<Self, Unreadable> {
        match &node.value {
            Content::Bool(value) => Ok(*value),
            _ => Err(at.needs(node, "a boolean")),
        }
    }

    fn is_absent(&self) -> bool {
        !self
    }

    fn write(&self) -> Yaml {
        node(Content::Bool(*self))
    }
}

impl Field for i64 {
    fn read(node: &Yaml, at: &FieldPath<'_>) -> Result<Self, Unreadable> {
        whole_number(node).ok_or_else(|| at.needs(node, "a whole number"))
    }

    fn is_absent(&self) -> bool {
        *self == 0
    }

    fn write(&self) -> Yaml {
        node(Content::Integer(*self))
    }
}

/// Reads a whole number, also `3.0` in YAML, which JSON writes as `3`.
pub(super) fn whole_number(node: &Yaml) -> Option<i64> {
    /// Up to this number, `f64` can represent every whole number.
    const LARGEST: f64 = 9_007_199_254_740_992.0;
    match node.value {
        Content::Integer(number) => Some(number),
        #[expect(clippy::cast_possible_truncation, reason = "it is whole and in range")]
        Content::Float(number) if number.fract() == 0.0 && number.abs() <= LARGEST => {
            Some(number as i64)
        }
        _ => None,
    }
}

/// A field whose absence differs from an empty value.
impl<T: Field> Field for Option<T> {
    fn read(node: &Yaml, at: &FieldPath<'_>) -> Result<Self, Unreadable> {
        T::read(node, at).map(Some)
    }

    fn is_absent(&self) -> bool {
        self.is_none()
    }

    fn write(&self) -> Yaml {
        self.as_ref()
            .map_or_else(|| node(Content::Null), Field::write)
    }
}

impl<T: Field> Field for Box<T> {
    fn read(node: &Yaml, at: &FieldPath<'_>) -> Result<Self, Unreadable> {
        T::read(node, at).map(Self::new)
    }

    fn is_absent(&self) -> bool {
        self.as_ref().is_absent()
    }

    fn write(&self) -> Yaml {
        self.as_ref().write()
    }
}

impl<T: Field> Field for Vec<T> {
    fn read(node: &Yaml, at: &FieldPath<'_>) -> Result<Self, Unreadable> {
        let Content::Sequence(items) = &node.value else {
            return Err(at.needs(node, "a list"));
        };
        // Reserve the space: a list may have 10,000 tasks.
        let mut all = Self::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            all.push(read_or_absent(item, &at.index(index))?);
        }
        Ok(all)
    }

    fn is_absent(&self) -> bool {
        self.is_empty()
    }

    fn write(&self) -> Yaml {
        node(Content::Sequence(self.iter().map(Field::write).collect()))
    }
}

impl<T: Field> Field for IndexMap<String, T> {
    fn read(node: &Yaml, at: &FieldPath<'_>) -> Result<Self, Unreadable> {
        let entries = mapping(node, at)?.iter();
        entries
            .map(|(key, value)| {
                let value = read_or_absent(value, &at.key(&key.name))?;
                Ok((key.name.clone(), value))
            })
            .collect()
    }

    fn is_absent(&self) -> bool {
        self.is_empty()
    }

    fn write(&self) -> Yaml {
        let entries = self.iter();
        node(Content::Mapping(
            entries
                .map(|(name, value)| (key(name), value.write()))
                .collect(),
        ))
    }
}

/// A value that is kept unchanged.
impl Field for Value {
    fn read(node: &Yaml, _: &FieldPath<'_>) -> Result<Self, Unreadable> {
        Ok(node.to_json())
    }

    fn is_absent(&self) -> bool {
        self.is_null()
    }

    fn write(&self) -> Yaml {
        Yaml::from(self.clone())
    }
}

/// A mapping that is kept unchanged.
impl Field for Map<String, Value> {
    fn read(node: &Yaml, at: &FieldPath<'_>) -> Result<Self, Unreadable> {
        let entries = mapping(node, at)?.iter();
        Ok(entries
            .map(|(key, value)| (key.name.clone(), value.to_json()))
            .collect())
    }

    fn is_absent(&self) -> bool {
        self.is_empty()
    }

    fn write(&self) -> Yaml {
        let mut entries = Vec::with_capacity(self.len());
        put_rest(&mut entries, self);
        node(Content::Mapping(entries))
    }
}

/// A mapping that has no type here, such as Kubernetes's `affinity`.
pub type Tree = serde_json::Map<String, serde_json::Value>;
