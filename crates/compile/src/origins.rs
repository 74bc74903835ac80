//! Origins of a manifest's fields in a project or on the command line, recorded by lowering.

use diagnostic::yaml::Yaml;

use crate::merge_key::merge_key;

/// A setting that made a field of the manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A setting of `argo.yml`, by its path there. A named item of a list is its name in brackets.
    Setting(Vec<String>),
    /// An origin outside of the project, in words, such as `--image`.
    Outside(&'static str),
}

/// The setting that made a field, and the field's place in its result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin<'a> {
    /// The setting.
    pub source: &'a Source,
    /// Path of the field below the recorded one, if the setting made a larger part.
    pub inside: &'a [String],
}

/// Origins of a manifest's fields. A field without one is argo-kedro's own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origins {
    entries: Vec<Entry>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    field: Vec<String>,
    source: Source,
    /// Says whether everything below the field has the same origin.
    is_whole: bool,
}

impl Origins {
    /// Records the origin of a field and of everything below it. Of two origins for one field, the later one wins.
    pub(crate) fn set(&mut self, field: Vec<String>, source: Source) {
        self.entries.push(Entry {
            field,
            source,
            is_whole: true,
        });
    }

    /// Records the origin of a field, but not of everything below it.
    pub(crate) fn set_part(&mut self, field: Vec<String>, source: Source) {
        self.entries.push(Entry {
            field,
            source,
            is_whole: false,
        });
    }

    /// Finds the setting that made a field; none if the field is argo-kedro's own.
    ///
    /// # Arguments
    ///
    /// * `field`: Path from [`named`].
    pub fn of<'a>(&'a self, field: &'a [String]) -> Option<Origin<'a>> {
        let found = self.entries.iter().filter(|entry| {
            if entry.is_whole {
                field.starts_with(&entry.field)
            } else {
                field == entry.field
            }
        });
        // The most specific entry wins; of several, the last.
        let entry = found.max_by_key(|entry| entry.field.len())?;
        Some(Origin {
            source: &entry.source,
            inside: &field[entry.field.len()..],
        })
    }
}

/// The parts of a field's path: `spec.templates[0].metadata.labels[a.b/c]` has six. Keys with points are in brackets,
/// with or without quotes.
pub fn steps(field: &str) -> Vec<String> {
    let mut found = vec![String::new()];
    let mut inside = false;
    for letter in field.chars() {
        match letter {
            '[' if !inside => {
                inside = true;
                found.push(String::new());
            }
            ']' if inside => inside = false,
            '"' if inside => {}
            '.' if !inside => found.push(String::new()),
            other => {
                if let Some(last) = found.last_mut() {
                    last.push(other);
                }
            }
        }
    }
    found.retain(|step| !step.is_empty());
    found
}

/// The path of a field with the names of list items: `[fit]` instead of `0`. Ends where the manifest has no such field.
pub fn named(steps: &[String], manifest: &Yaml) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut node = manifest;
    for step in steps {
        let items = node.items();
        let (inner, shown) = if items.is_empty() {
            (node.get(step), step.clone())
        } else {
            let item = step.parse().ok().and_then(|index: usize| items.get(index));
            let list = found.last().map_or("", String::as_str);
            let name = item.and_then(|item| item.get(merge_key(list)?)?.as_str());
            (item, name.map_or_else(|| step.clone(), item_named))
        };
        let Some(inner) = inner else {
            break;
        };
        found.push(shown);
        node = inner;
    }
    found
}

/// The step to a list item with this name.
pub(crate) fn item_named(name: &str) -> String {
    format!("[{name}]")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_of_lists_are_named_as_kubernetes_tells_them_apart() {
        let text = "spec: {templates: [{name: fit, container: {env: [{name: A, value: 1}], \
            volumeMounts: [{name: v, mountPath: /v}], args: [x]}, metadata: {labels: {a.b/c: d}}}]}";
        let manifest = diagnostic::yaml::parse("x", text).unwrap().remove(0);
        let named = |field: &str| named(&steps(field), &manifest).join(" ");
        for (field, expected) in [
            (
                "spec.templates[0].container.env[0].value",
                "spec templates [fit] container env [A] value",
            ),
            (
                "spec.templates[0].container.volumeMounts[0].name",
                "spec templates [fit] container volumeMounts [/v] name",
            ),
            (
                "spec.templates[0].container.args[0]",
                "spec templates [fit] container args 0",
            ),
            (
                "spec.templates[0].metadata.labels[a.b/c]",
                "spec templates [fit] metadata labels a.b/c",
            ),
            ("spec.templates[7].name", "spec templates"),
            ("]][[..", ""),
        ] {
            assert_eq!(named(field), expected, "{field}");
        }
    }
}
