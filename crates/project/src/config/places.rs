//! Places of settings: their files and lines.

use std::borrow::Borrow;
use std::sync::Arc;

use diagnostic::yaml::{Content, Yaml};
use diagnostic::{Place, Span};
use serde_json::Value;

/// Places of the settings in their files.
#[derive(Clone, Default)]
pub struct Places {
    sources: Arc<[(String, Yaml)]>,
    hidden: Arc<[HiddenSettings]>,
}

/// Settings of a section that a later file hides, because Kedro replaces the section as a whole.
///
/// <https://docs.kedro.org/en/stable/configure/advanced_configuration/#how-to-change-the-merge-strategy-used-by-omegaconfigloader>
#[derive(Clone)]
pub struct HiddenSettings {
    /// Key of the section, e.g. `template`.
    pub section: String,
    /// Hidden keys, dotted, e.g. `labels.team`.
    pub keys: Vec<String>,
    /// File with the hidden keys.
    pub file: String,
    /// Section in the file that hides them.
    pub by: Place,
}

impl Places {
    /// Records the files.
    ///
    /// # Arguments
    ///
    /// * `merged`: Kedro's result of merging the files.
    pub(super) fn new(sources: &[(&str, Yaml)], merged: &Value) -> Self {
        let hidden = hidden(sources, merged);
        let sources = sources
            .iter()
            .map(|(file, root)| ((*file).to_owned(), root.clone()));
        Self {
            sources: sources.collect(),
            hidden: hidden.into(),
        }
    }

    /// Settings that a later file hides.
    pub fn hidden(&self) -> &[HiddenSettings] {
        &self.hidden
    }

    /// Place of a key, in the last file that has the key.
    pub fn of(&self, path: &[&str]) -> Place {
        let sources: Vec<(&str, &Yaml)> = self
            .sources
            .iter()
            .map(|(file, root)| (file.as_str(), root))
            .collect();
        place_of(path, &sources)
    }

    /// Paths and content of the files, the base environment's first.
    pub fn sources(&self) -> impl Iterator<Item = (&str, &Yaml)> {
        self.sources
            .iter()
            .map(|(file, root)| (file.as_str(), root))
    }

    /// Most exact place of a setting: that of its value, or of its key if the value has parts.
    ///
    /// # Arguments
    ///
    /// * `setting`: Path of the setting; its last file counts. A list item is given by its number, or by its name in
    ///   brackets.
    /// * `inside`: Path below the setting, followed as far as it exists.
    pub fn deepest(&self, setting: &[String], inside: &[String]) -> Option<Place> {
        let mut sources = self.sources.iter().rev();
        sources.find_map(|(file, root)| {
            let mut node = root;
            let mut span = node.span;
            for (number, part) in setting.iter().chain(inside).enumerate() {
                let key = node.key(part).map(|key| key.span);
                match child(node, part).or_else(|| named_item(node, part)) {
                    Some(below) => {
                        span = key.unwrap_or(below.span);
                        node = below;
                    }
                    None if number < setting.len() => return None,
                    None => break,
                }
            }
            let is_whole = matches!(node.value, Content::Sequence(_) | Content::Mapping(_));
            let span = if is_whole { span } else { node.span };
            Some(Place::in_file(file.clone(), span))
        })
    }

    /// Value at a path, in the last file that has it, and the path of that file.
    pub fn value(&self, path: &[&str]) -> Option<(&str, &Yaml)> {
        self.sources.iter().rev().find_map(|(file, root)| {
            let value = path.iter().try_fold(root, |node, part| child(node, part))?;
            Some((file.as_str(), value))
        })
    }
}

fn hidden(sources: &[(&str, Yaml)], merged: &Value) -> Vec<HiddenSettings> {
    let mut found = Vec::new();
    for (number, (file, root)) in sources.iter().enumerate() {
        for (key, section) in root.entries() {
            let name = key.name.as_str();
            // Kedro ignores keys with this prefix: they are for use inside of the file.
            if name.starts_with('_') {
                continue;
            }
            let mut later = sources[number + 1..].iter().rev();
            let by = later.find(|(_, root)| root.get(name).is_some_and(is_mapping));
            let (true, Some((by, of_later))) = (is_mapping(section), by) else {
                continue;
            };
            let mut keys = Vec::new();
            gone(section, &merged[name], "", &mut keys);
            if !keys.is_empty() {
                found.push(HiddenSettings {
                    section: name.to_owned(),
                    keys,
                    file: (*file).to_owned(),
                    by: place_of(&[name], &[(*by, of_later)]),
                });
            }
        }
    }
    found
}

/// Lists the dotted keys of a mapping that are missing in the merged result.
fn gone(before: &Yaml, merged: &Value, inside: &str, found: &mut Vec<String>) {
    for (key, value) in before.entries() {
        let name = match inside {
            "" => key.name.clone(),
            inside => format!("{inside}.{}", key.name),
        };
        match merged.get(key.name.as_str()) {
            None => found.push(name),
            Some(merged @ Value::Object(_)) => gone(value, merged, &name, found),
            Some(Value::Array(merged)) => {
                // Compare named items, e.g. variables and volumes, by name.
                let names: Vec<&str> = merged
                    .iter()
                    .filter_map(|item| item["name"].as_str())
                    .collect();
                let items = value
                    .items()
                    .iter()
                    .filter_map(|item| item.get("name")?.as_str());
                let gone = items.filter(|item| !names.contains(item));
                found.extend(gone.map(|item| format!("{name}[{item}]")));
            }
            Some(_) => {}
        }
    }
}

fn is_mapping(value: &Yaml) -> bool {
    matches!(value.value, Content::Mapping(_))
}

/// Part of a mapping by key, or of a list by number.
pub(super) fn child<'a>(node: &'a Yaml, part: &str) -> Option<&'a Yaml> {
    match part.parse::<usize>() {
        Ok(index) if !node.items().is_empty() => node.items().get(index),
        _ => node.get(part),
    }
}

/// Item of a list by its name in brackets.
fn named_item<'a>(node: &'a Yaml, part: &str) -> Option<&'a Yaml> {
    let name = part.strip_prefix('[')?.strip_suffix(']')?;
    let mut items = node.items().iter();
    items.find(|item| item.get("name").and_then(Yaml::as_str) == Some(name))
}

/// Always equal: the place of a setting is no part of its value.
impl PartialEq for Places {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl std::fmt::Debug for Places {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let files = self.sources.iter().map(|(file, _)| file);
        formatter.debug_list().entries(files).finish()
    }
}

/// Place of a configuration key, in the last file that has the key.
pub(super) fn place_of(path: &[&str], sources: &[(&str, impl Borrow<Yaml>)]) -> Place {
    for (file, root) in sources.iter().rev() {
        let mut node = root.borrow();
        let mut span = None;
        let found = path.iter().all(|part| {
            let key = node.key(part).map(|key| key.span);
            let below = child(node, part);
            if let Some(below) = below {
                node = below;
                span = key.or(Some(below.span));
            }
            below.is_some()
        });
        if found {
            return at(file, span.unwrap_or(node.span), path);
        }
    }
    Place {
        file: sources.last().map(|(file, _)| (*file).to_owned()),
        path: Some(dotted(path)),
        ..Place::default()
    }
}

/// Place of a value instead of its key.
pub(super) fn value_place(path: &[&str], sources: &[(&str, Yaml)]) -> Place {
    for (file, root) in sources.iter().rev() {
        let found = path.iter().try_fold(root, |node, part| child(node, part));
        if let Some(value) = found {
            return at(file, value.span, path);
        }
    }
    place_of(path, sources)
}

fn at(file: &str, span: Span, path: &[&str]) -> Place {
    Place {
        path: Some(dotted(path)),
        ..Place::in_file(file, span)
    }
}

/// Path for a message: `nodes.fit.retry`, `notify[0]`.
pub(super) fn dotted(path: &[&str]) -> String {
    let mut text = String::new();
    for part in path {
        if part.parse::<usize>().is_ok() {
            text.push_str(&format!("[{part}]"));
        } else {
            if !text.is_empty() {
                text.push('.');
            }
            text.push_str(part);
        }
    }
    text
}
