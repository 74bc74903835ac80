//! The fields of Argo's types, read from `fields.txt`.

use std::collections::HashMap;
use std::sync::LazyLock;

/// The type of a field.
#[derive(Debug, PartialEq)]
pub(super) enum FieldType {
    /// Text.
    Text,
    /// A whole number between two bounds.
    Integer(i64, i64),
    /// Any number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// A whole number or text.
    IntegerOrText,
    /// An amount such as `500m` or `4Gi`.
    Quantity,
    /// One word of a list.
    Word(Vec<&'static str>),
    /// A mapping whose content is not checked.
    Opaque,
    /// Any value.
    Any,
    /// A mapping with the fields of the type with this number.
    Object(usize),
    /// A list.
    List(Box<Self>),
    /// A mapping from names.
    Map(Box<Self>),
}

/// A field of a type.
#[derive(Debug)]
pub(super) struct Field {
    /// Name of the field.
    pub(super) name: &'static str,
    /// Says whether the field is required.
    pub(super) required: bool,
    /// Type of the field's value.
    pub(super) kind: FieldType,
}

/// The types, by number and by name.
#[derive(Debug)]
pub(super) struct Table {
    types: Vec<Vec<Field>>,
    required: Vec<Vec<&'static str>>,
    numbers: HashMap<&'static str, usize>,
}

/// The table of Argo's types.
pub(super) static TABLE: LazyLock<Table> =
    LazyLock::new(|| Table::read(include_str!("fields.txt")));

impl Table {
    fn read(text: &'static str) -> Self {
        let lines = || {
            text.lines()
                .filter(|line| !line.is_empty() && !line.starts_with('#'))
        };
        let numbers = lines()
            .filter(|line| !line.starts_with(' '))
            .enumerate()
            .map(|(number, name)| (name, number))
            .collect::<HashMap<_, _>>();
        let mut types: Vec<Vec<Field>> = Vec::with_capacity(numbers.len());
        for line in lines() {
            match (line.trim().split_once(' '), types.last_mut()) {
                (Some((name, kind)), Some(fields)) if line.starts_with(' ') => fields.push(Field {
                    name: name.trim_end_matches('!'),
                    required: name.ends_with('!'),
                    kind: read_kind(kind, &numbers),
                }),
                _ => types.push(Vec::new()),
            }
        }
        for fields in &mut types {
            fields.sort_unstable_by_key(|field| field.name);
        }
        let required = types
            .iter()
            .map(|fields| {
                fields
                    .iter()
                    .filter(|field| field.required)
                    .map(|field| field.name)
                    .collect()
            })
            .collect();
        Self {
            types,
            required,
            numbers,
        }
    }

    /// The kind that stands for a type, e.g. `Workflow`.
    pub(super) fn kind(&self, name: &str) -> FieldType {
        self.numbers
            .get(name)
            .map_or(FieldType::Any, |number| FieldType::Object(*number))
    }

    /// The fields of a type, sorted by name.
    pub(super) fn fields(&self, number: usize) -> &[Field] {
        self.types.get(number).map_or(&[], Vec::as_slice)
    }

    /// The required fields of a type.
    pub(super) fn required(&self, number: usize) -> &[&'static str] {
        self.required.get(number).map_or(&[], Vec::as_slice)
    }

    /// Says whether the type with this number has this name.
    pub(super) fn is(&self, number: usize, name: &str) -> bool {
        self.numbers.get(name) == Some(&number)
    }

    /// A field of a type.
    pub(super) fn field(&self, number: usize, name: &str) -> Option<&Field> {
        // Most names differ in their lengths, so this is faster than a binary search.
        self.fields(number).iter().find(|field| field.name == name)
    }
}

fn read_kind(text: &'static str, numbers: &HashMap<&'static str, usize>) -> FieldType {
    let inside = |open: char, close: char| text.strip_prefix(open)?.strip_suffix(close);
    if let Some(item) = inside('[', ']') {
        return FieldType::List(Box::new(read_kind(item, numbers)));
    }
    if let Some(value) = inside('{', '}') {
        return FieldType::Map(Box::new(read_kind(value, numbers)));
    }
    if let Some((low, high)) = text
        .strip_prefix("integer(")
        .and_then(|rest| rest.strip_suffix(')')?.split_once(".."))
    {
        return FieldType::Integer(
            low.parse().unwrap_or(i64::MIN),
            high.parse().unwrap_or(i64::MAX),
        );
    }
    match text {
        "string" => FieldType::Text,
        "integer" => FieldType::Integer(i64::MIN, i64::MAX),
        "number" => FieldType::Number,
        "boolean" => FieldType::Boolean,
        "intstr" => FieldType::IntegerOrText,
        "quantity" => FieldType::Quantity,
        "object" => FieldType::Opaque,
        words if words.contains('|') => FieldType::Word(words.split('|').collect()),
        name => numbers
            .get(name)
            .map_or(FieldType::Any, |number| FieldType::Object(*number)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_named_in_the_table_is_in_it() {
        for line in include_str!("fields.txt")
            .lines()
            .filter(|line| line.starts_with(' '))
        {
            let (name, kind) = line.trim().split_once(' ').unwrap();
            let bare = kind.trim_matches(['[', ']', '{', '}']);
            if bare.starts_with(char::is_uppercase) && !bare.contains('|') {
                assert!(TABLE.numbers.contains_key(bare), "{name}: {bare}");
            }
        }
    }

    #[test]
    fn a_field_is_found_by_its_name() {
        let FieldType::Object(task) = TABLE.kind("DAGTask") else {
            panic!()
        };
        assert!(TABLE.field(task, "name").unwrap().required);
        assert_eq!(TABLE.field(task, "depends").unwrap().kind, FieldType::Text);
        assert!(TABLE.field(task, "podSpecPatch").is_none());
        assert!(TABLE.is(task, "DAGTask"));
    }
}
