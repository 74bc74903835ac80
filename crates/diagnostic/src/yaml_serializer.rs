//! From any serializable value to [`Yaml`], without a text in between.

use serde::ser::{self, Impossible, Serialize, Serializer};

use crate::Span;
use crate::yaml::{Key, Value, Yaml};

/// Makes the tree that reading the value's YAML would make; it stands nowhere.
///
/// `None` for a value that YAML cannot hold, such as a mapping by lists.
pub fn to_tree(value: &impl Serialize) -> Option<Yaml> {
    value.serialize(TreeSerializer).ok()
}

#[derive(Debug)]
struct Unfit;

impl std::fmt::Display for Unfit {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("YAML cannot hold this value")
    }
}

impl std::error::Error for Unfit {}

impl ser::Error for Unfit {
    fn custom<T: std::fmt::Display>(_: T) -> Self {
        Self
    }
}

fn node(value: Value) -> Yaml {
    Yaml {
        span: Span::NOWHERE,
        value,
    }
}

fn key(name: impl Into<String>) -> Key {
    Key {
        name: name.into(),
        span: Span::NOWHERE,
    }
}

struct TreeSerializer;

macro_rules! integers {
    ($($method:ident $type:ty),*) => {
        $(fn $method(self, value: $type) -> Result<Yaml, Unfit> {
            i64::try_from(value).map(|value| node(Value::Integer(value))).map_err(|_| Unfit)
        })*
    };
}

impl Serializer for TreeSerializer {
    type Ok = Yaml;
    type Error = Unfit;
    type SerializeSeq = Items;
    type SerializeTuple = Items;
    type SerializeTupleStruct = Items;
    type SerializeTupleVariant = Impossible<Yaml, Unfit>;
    type SerializeMap = Entries;
    type SerializeStruct = Entries;
    type SerializeStructVariant = Impossible<Yaml, Unfit>;

    integers!(
        serialize_i8 i8, serialize_i16 i16, serialize_i32 i32, serialize_i64 i64,
        serialize_u8 u8, serialize_u16 u16, serialize_u32 u32, serialize_u64 u64
    );

    fn serialize_bool(self, value: bool) -> Result<Yaml, Unfit> {
        Ok(node(Value::Bool(value)))
    }

    fn serialize_f32(self, value: f32) -> Result<Yaml, Unfit> {
        self.serialize_f64(value.into())
    }

    fn serialize_f64(self, value: f64) -> Result<Yaml, Unfit> {
        Ok(node(Value::Float(value)))
    }

    fn serialize_char(self, value: char) -> Result<Yaml, Unfit> {
        Ok(node(Value::String(value.to_string())))
    }

    fn serialize_str(self, value: &str) -> Result<Yaml, Unfit> {
        Ok(node(Value::String(value.to_owned())))
    }

    fn serialize_bytes(self, _: &[u8]) -> Result<Yaml, Unfit> {
        Err(Unfit)
    }

    fn serialize_none(self) -> Result<Yaml, Unfit> {
        Ok(node(Value::Null))
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Yaml, Unfit> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<Yaml, Unfit> {
        Ok(node(Value::Null))
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<Yaml, Unfit> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<Yaml, Unfit> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<Yaml, Unfit> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<Yaml, Unfit> {
        let entries = vec![(key(variant), value.serialize(self)?)];
        Ok(node(Value::Mapping(entries)))
    }

    fn serialize_seq(self, length: Option<usize>) -> Result<Items, Unfit> {
        Ok(Items(Vec::with_capacity(length.unwrap_or_default())))
    }

    fn serialize_tuple(self, length: usize) -> Result<Items, Unfit> {
        self.serialize_seq(Some(length))
    }

    fn serialize_tuple_struct(self, _: &'static str, length: usize) -> Result<Items, Unfit> {
        self.serialize_seq(Some(length))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, Unfit> {
        Err(Unfit)
    }

    fn serialize_map(self, length: Option<usize>) -> Result<Entries, Unfit> {
        Ok(Entries {
            entries: Vec::with_capacity(length.unwrap_or_default()),
            key: None,
        })
    }

    fn serialize_struct(self, _: &'static str, length: usize) -> Result<Entries, Unfit> {
        self.serialize_map(Some(length))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, Unfit> {
        Err(Unfit)
    }
}

struct Items(Vec<Yaml>);

impl Items {
    fn push<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unfit> {
        self.0.push(value.serialize(TreeSerializer)?);
        Ok(())
    }

    fn finish(self) -> Yaml {
        node(Value::Sequence(self.0))
    }
}

impl ser::SerializeSeq for Items {
    type Ok = Yaml;
    type Error = Unfit;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unfit> {
        self.push(value)
    }

    fn end(self) -> Result<Yaml, Unfit> {
        Ok(self.finish())
    }
}

impl ser::SerializeTuple for Items {
    type Ok = Yaml;
    type Error = Unfit;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unfit> {
        self.push(value)
    }

    fn end(self) -> Result<Yaml, Unfit> {
        Ok(self.finish())
    }
}

impl ser::SerializeTupleStruct for Items {
    type Ok = Yaml;
    type Error = Unfit;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unfit> {
        self.push(value)
    }

    fn end(self) -> Result<Yaml, Unfit> {
        Ok(self.finish())
    }
}

struct Entries {
    entries: Vec<(Key, Yaml)>,
    key: Option<String>,
}

impl ser::SerializeMap for Entries {
    type Ok = Yaml;
    type Error = Unfit;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, name: &T) -> Result<(), Unfit> {
        let Value::String(name) = name.serialize(TreeSerializer)?.value else {
            return Err(Unfit);
        };
        self.key = Some(name);
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unfit> {
        let name = self.key.take().ok_or(Unfit)?;
        self.entries
            .push((key(name), value.serialize(TreeSerializer)?));
        Ok(())
    }

    fn end(self) -> Result<Yaml, Unfit> {
        Ok(node(Value::Mapping(self.entries)))
    }
}

impl ser::SerializeStruct for Entries {
    type Ok = Yaml;
    type Error = Unfit;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Unfit> {
        self.entries
            .push((key(name), value.serialize(TreeSerializer)?));
        Ok(())
    }

    fn end(self) -> Result<Yaml, Unfit> {
        Ok(node(Value::Mapping(self.entries)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_is_the_one_that_json_would_give() {
        let value = serde_json::json!({"a": [1, -2, 2.5, true, null, "x"], "b": {"c": {}}});
        assert_eq!(to_tree(&value), Some(Yaml::from(value)));
        assert_eq!(
            to_tree(&std::collections::BTreeMap::from([(vec![1], 2)])),
            None
        );
    }
}
