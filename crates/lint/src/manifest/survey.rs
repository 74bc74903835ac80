//! Facts about a whole document: its size, and the texts that contain tags.
//!
//! A large workflow has many tasks of few kinds. One walk collects the facts that the rules about tags need, so that
//! these do not walk over everything again.

use diagnostic::yaml::{Content, Yaml};
use rustc_hash::FxHashSet;

use super::tags;
use crate::finding::DocumentPart;

/// Facts about a document that are collected before its rules run.
#[derive(Default)]
pub(super) struct Survey<'a> {
    /// The texts with a `{{`, in the order of the file.
    pub(super) tagged: Vec<(&'a Yaml, &'a str)>,
    /// Length of the document as compact JSON, the cluster's format.
    pub(super) size: usize,
    /// Addresses of the list items that contain such a text.
    items: FxHashSet<usize>,
}

impl<'a> Survey<'a> {
    /// Walks over a document.
    pub(super) fn new(document: &'a Yaml) -> Self {
        let mut survey = Self::default();
        survey.visit(document);
        survey
    }

    /// Says whether an item of a list contains a tag.
    pub(super) fn has_tags(&self, item: &Yaml) -> bool {
        self.items.contains(&item.address())
    }

    fn visit(&mut self, node: &'a Yaml) {
        match &node.value {
            Content::String(text) => {
                self.size += quoted(text);
                if tags::has(text) {
                    self.tagged.push((node, text));
                }
            }
            Content::Sequence(items) => {
                self.size += 2 + items.len().saturating_sub(1);
                for item in items {
                    let before = self.tagged.len();
                    self.visit(item);
                    if self.tagged.len() > before {
                        self.items.insert(item.address());
                    }
                }
            }
            Content::Mapping(entries) => {
                self.size += 2 + entries.len().saturating_sub(1);
                for (key, value) in entries {
                    // The names of fields contain nothing to escape.
                    self.size += key.name.len() + 3;
                    self.visit(value);
                }
            }
            Content::Null => self.size += 4,
            Content::Bool(value) => self.size += if *value { 4 } else { 5 },
            Content::Integer(number) => {
                let digits = number.unsigned_abs().checked_ilog10().unwrap_or(0) as usize + 1;
                self.size += digits + usize::from(*number < 0);
            }
            Content::Float(_) => self.size += 8,
        }
    }
}

fn quoted(text: &str) -> usize {
    let escaped = text
        .bytes()
        .filter(|byte| matches!(byte, b'"' | b'\\' | b'\n' | b'\t' | b'\r'))
        .count();
    text.len() + escaped + 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_size_is_that_of_compact_json() {
        let text = r#"{"a":[1,-20,true,null],"b":"x\ny\"","c":{}}"#;
        let value: serde_json::Value = serde_json::from_str(text).unwrap();
        assert_eq!(Survey::new(&Yaml::from(value)).size, text.len());
    }
}
