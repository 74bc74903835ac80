//! Functions that read a YAML tree. A null value counts as absent, as in Kubernetes.

use diagnostic::yaml::{Content, Key, Yaml};

/// The value of `key`, unless it is null.
#[inline]
pub fn field<'a>(yaml: &'a Yaml, key: &str) -> Option<&'a Yaml> {
    yaml.get(key).filter(|value| !is_null(value))
}

fn is_null(value: &Yaml) -> bool {
    matches!(value.value, Content::Null)
}

/// The key and value of `key`, unless the value is null.
pub fn entry<'a>(yaml: &'a Yaml, key: &str) -> Option<&'a (Key, Yaml)> {
    yaml.entries()
        .iter()
        .find(|(name, value)| name.name == key && !is_null(value))
}

/// Says whether `key` exists and is not null.
pub fn has(yaml: &Yaml, key: &str) -> bool {
    field(yaml, key).is_some()
}

/// The value at the end of a path of keys.
pub fn at<'a>(yaml: &'a Yaml, path: &[&str]) -> Option<&'a Yaml> {
    path.iter().try_fold(yaml, |node, key| field(node, key))
}

/// The text of `key`; an empty text counts as absent, as in Argo.
pub fn text<'a>(yaml: &'a Yaml, key: &str) -> Option<&'a str> {
    field(yaml, key)?.as_str().filter(|text| !text.is_empty())
}

/// Says whether `key` is absent or empty. A value of a wrong type is not absent: another rule reports it.
pub fn lacks(yaml: &Yaml, key: &str) -> bool {
    field(yaml, key).is_none_or(|value| value.as_str() == Some(""))
}

/// The items of the list at the end of a path of keys.
pub fn list<'a>(yaml: &'a Yaml, path: &[&str]) -> &'a [Yaml] {
    at(yaml, path).map_or(&[], Yaml::items)
}

/// The text of `name`.
pub fn name(yaml: &Yaml) -> Option<&str> {
    text(yaml, "name")
}

/// The item of a list that has this name.
pub fn named<'a>(items: &'a [Yaml], wanted: &str) -> Option<&'a Yaml> {
    items.iter().find(|item| name(item) == Some(wanted))
}

/// The names in a list.
pub fn names(items: &[Yaml]) -> impl Iterator<Item = &str> {
    items.iter().filter_map(name)
}

/// Says whether every item of a list has a readable name.
///
/// Another rule reports an item without one; references to such an item cannot be checked.
pub fn all_named(items: &[Yaml]) -> bool {
    items.iter().all(|item| name(item).is_some())
}

/// Calls `each` with every text of a tree, in the order of the file.
pub fn texts<'a>(yaml: &'a Yaml, each: &mut impl FnMut(&'a Yaml, &'a str)) {
    match &yaml.value {
        Content::String(text) => each(yaml, text),
        Content::Sequence(items) => items.iter().for_each(|item| texts(item, each)),
        Content::Mapping(entries) => entries.iter().for_each(|(_, value)| texts(value, each)),
        _ => {}
    }
}
