use std::sync::Arc;

use diagnostic::Place;
use diagnostic::yaml::Yaml;

use super::check::place_of;

/// Where the settings stand: the files they were read from.
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

    /// Where a key stands: in the last file that has it.
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

/// Where a setting stands is no part of what it says.
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
