use diagnostic::yaml::Yaml;
use serde_json::{Map, Value};

use super::field::{Field, FieldPath, Unreadable};

/// Value of a loop for one of its turns (`pkg/apis/workflow/v1alpha1/item.go`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// A text.
    String(String),
    /// A number.
    Number(serde_json::Number),
    /// A boolean.
    Bool(bool),
    /// A mapping.
    Map(Map<String, Value>),
    /// A list; empty for `null`, as in Argo.
    List(Vec<Value>),
}

impl Default for Item {
    fn default() -> Self {
        Self::List(Vec::new())
    }
}

impl From<Value> for Item {
    fn from(value: Value) -> Self {
        match value {
            Value::String(text) => Self::String(text),
            Value::Number(number) => Self::Number(number),
            Value::Bool(value) => Self::Bool(value),
            Value::Object(entries) => Self::Map(entries),
            Value::Array(items) => Self::List(items),
            Value::Null => Self::default(),
        }
    }
}

impl From<Item> for Value {
    fn from(item: Item) -> Self {
        match item {
            Item::String(text) => Self::String(text),
            Item::Number(number) => Self::Number(number),
            Item::Bool(value) => Self::Bool(value),
            Item::Map(entries) => Self::Object(entries),
            Item::List(items) => Self::Array(items),
        }
    }
}

impl Field for Item {
    fn read(node: &Yaml, _: &FieldPath<'_>) -> Result<Self, Unreadable> {
        Ok(node.to_json().into())
    }

    fn is_absent(&self) -> bool {
        false
    }

    fn write(&self) -> Yaml {
        Yaml::from(Value::from(self.clone()))
    }
}
