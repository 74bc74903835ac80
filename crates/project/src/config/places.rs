//! Places of settings: the files and lines that they were read from.

use std::borrow::Borrow;
use std::sync::Arc;

use diagnostic::yaml::{Content, Yaml};
use diagnostic::{Place, Span};

/// Places of the settings in the files that they were read from.
#[derive(Clone, Default)]
pub struct Places {
    sources: Arc<[(String, Yaml)]>,
}

impl Places {
    pub(super) fn new(sources: &[(&str, Yaml)]) -> Self {
        let sources = sources
            .iter()
            .map(|(file, root)| ((*file).to_owned(), root.clone()));
        Self {
            sources: sources.collect(),
        }
    }

    /// Place of a key: in the last file that has it.
    pub fn of(&self, path: &[&str]) -> Place {
        let sources: Vec<(&str, &Yaml)> = self
            .sources
            .iter()
            .map(|(file, root)| (file.as_str(), root))
            .collect();
        place_of(path, &sources)
    }

    /// The files, the base environment's first, and what is in them.
    pub fn sources(&self) -> impl Iterator<Item = (&str, &Yaml)> {
        self.sources
            .iter()
            .map(|(file, root)| (file.as_str(), root))
    }

    /// Place of a setting, as exactly as the files say it: that of its value, or of its key if the value has parts.
    ///
    /// # Arguments
    ///
    /// * `setting`: Its path; the last file that has it counts. An item of a list is its number, or its name in brackets.
    /// * `inside`: Path below it, which is followed as far as it is there.
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

    /// The value at a path, in the last file that has it, and the name of that file.
    pub fn value(&self, path: &[&str]) -> Option<(&str, &Yaml)> {
        self.sources.iter().rev().find_map(|(file, root)| {
            let value = path.iter().try_fold(root, |node, part| child(node, part))?;
            Some((file.as_str(), value))
        })
    }
}

/// A part of a mapping by key, or of a list by number.
pub(super) fn child<'a>(node: &'a Yaml, part: &str) -> Option<&'a Yaml> {
    match part.parse::<usize>() {
        Ok(index) if !node.items().is_empty() => node.items().get(index),
        _ => node.get(part),
    }
}

/// An item of a list by its name, in brackets.
fn named_item<'a>(node: &'a Yaml, part: &str) -> Option<&'a Yaml> {
    let name = part.strip_prefix('[')?.strip_suffix(']')?;
    let mut items = node.items().iter();
    items.find(|item| item.get("name").and_then(Yaml::as_str) == Some(name))
}

/// Compares nothing: the place of a setting is no part of its value.
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

/// Place of a key of the configuration: in the last file that has it.
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

/// Place of a value rather than of its key.
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

/// Path as a message shows it: `nodes.fit.retry`, `notify[0]`.
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
