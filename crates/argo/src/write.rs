//! Writes documents as readable YAML: no anchors, two spaces, long texts on one line.
//!
//! Puts a list or mapping on one line depending on its place in the document. Quotes texts that YAML 1.1 reads as
//! something else (`yes`, `0755`, `1:30`), because Argo's parser does.

use diagnostic::yaml::{Content, Yaml};
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use serde_json::Value;
use serde_saphyr::{FlowMap, FlowSeq};

use crate::spec::Field;

/// A document that cannot be written as YAML.
#[derive(Debug, thiserror::Error)]
#[error("cannot write the manifest as YAML")]
pub struct Unwritable(#[source] serde_saphyr::ser_error::Error);

/// Writes a document or a part of one.
///
/// # Errors
///
/// Returns the value that YAML cannot represent.
pub fn to_yaml(part: &impl Field) -> Result<String, Unwritable> {
    tree_to_yaml(&part.write())
}

/// Writes the tree of a document in the same style.
///
/// # Errors
///
/// Returns the value that YAML cannot represent.
pub fn tree_to_yaml(tree: &Yaml) -> Result<String, Unwritable> {
    let options = serde_saphyr::ser_options! {
        folded_wrap_chars: usize::MAX,
    };
    let placed = Placed {
        node: tree,
        place: StyledPlace::Other,
    };
    serde_saphyr::to_string_with_options(&placed, options).map_err(Unwritable)
}

/// Writes any Kubernetes object from JSON in the same style.
///
/// # Errors
///
/// Returns the value that YAML cannot represent.
pub fn json_to_yaml(object: &Value) -> Result<String, Unwritable> {
    tree_to_yaml(&Yaml::from(object.clone()))
}

/// A part of a document, with its place.
struct Placed<'a> {
    node: &'a Yaml,
    place: StyledPlace,
}

/// A place whose parts have a style of their own.
#[derive(Clone, Copy, PartialEq, Eq)]
enum StyledPlace {
    /// Any other place.
    Other,
    /// The main container of a template: its command is on one line.
    Container,
    /// A DAG, and its list of tasks.
    Dag,
    Tasks,
    /// A task: its arguments are on one line, and its dependencies too.
    Task,
    /// An inline template, its DAG, and that DAG's tasks. There are many, so each task is on one line.
    Inline,
    WideDag,
    WideTasks,
    /// A claim of a disk, and its spec: the access modes are on one line.
    ClaimTemplate,
    ClaimSpec,
    /// A value on one line.
    OneLine,
}

impl StyledPlace {
    /// The place of the value of `key`.
    fn below(self, key: &str) -> Self {
        match (self, key) {
            (Self::Inline, "dag") => Self::WideDag,
            (Self::WideDag, "tasks") => Self::WideTasks,
            (_, "inline") => Self::Inline,
            (_, "dag") => Self::Dag,
            (Self::Dag, "tasks") => Self::Tasks,
            (_, "container") => Self::Container,
            (_, "volumeClaimTemplate") => Self::ClaimTemplate,
            (Self::ClaimTemplate, "spec") => Self::ClaimSpec,
            (Self::Container, "command")
            | (Self::Task, "arguments" | "dependencies")
            | (Self::ClaimSpec, "accessModes") => Self::OneLine,
            _ => Self::Other,
        }
    }

    /// The place of the items of a list.
    fn of_items(self) -> Self {
        match self {
            Self::Tasks => Self::Task,
            Self::WideTasks => Self::OneLine,
            _ => Self::Other,
        }
    }
}

impl Serialize for Placed<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let whole = Placed {
            node: self.node,
            place: StyledPlace::Other,
        };
        match (&self.node.value, self.place) {
            (Content::Sequence(_), StyledPlace::OneLine) => FlowSeq(whole).serialize(serializer),
            (Content::Mapping(_), StyledPlace::OneLine) => FlowMap(whole).serialize(serializer),
            (Content::Sequence(items), place) => {
                let place = place.of_items();
                let mut sequence = serializer.serialize_seq(Some(items.len()))?;
                for node in items {
                    sequence.serialize_element(&Placed { node, place })?;
                }
                sequence.end()
            }
            (Content::Mapping(entries), place) => {
                let mut mapping = serializer.serialize_map(Some(entries.len()))?;
                for (key, node) in entries {
                    let place = place.below(&key.name);
                    mapping.serialize_entry(&key.name, &Placed { node, place })?;
                }
                mapping.end()
            }
            _ => self.node.serialize(serializer),
        }
    }
}
