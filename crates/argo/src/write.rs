//! Documents as YAML for people: no anchors, two spaces, long words on one line.
//!
//! Which lists and mappings stand on one line is decided here, by their place in the document. Words that YAML 1.1
//! takes for something else (`yes`, `0755`, `1:30`) are quoted, because Argo's reader is one of those.

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
/// Returns what YAML cannot hold.
pub fn to_yaml(part: &impl Field) -> Result<String, Unwritable> {
    tree_to_yaml(&part.write())
}

/// Writes the tree of a document, in the same way.
///
/// # Errors
///
/// Returns what YAML cannot hold.
pub fn tree_to_yaml(tree: &Yaml) -> Result<String, Unwritable> {
    let options = serde_saphyr::ser_options! {
        folded_wrap_chars: usize::MAX,
    };
    let placed = Placed {
        node: tree,
        place: Place::Other,
    };
    serde_saphyr::to_string_with_options(&placed, options).map_err(Unwritable)
}

/// Writes any object of Kubernetes that is JSON, in the same way.
///
/// # Errors
///
/// Returns what YAML cannot hold.
pub fn json_to_yaml(object: &Value) -> Result<String, Unwritable> {
    tree_to_yaml(&Yaml::from(object.clone()))
}

/// A part of a document, and where in the document it is.
struct Placed<'a> {
    node: &'a Yaml,
    place: Place,
}

/// A place whose parts are written in a way of their own.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Any other place.
    Other,
    /// The main container of a template, whose command is on one line.
    Container,
    /// A DAG, and its list of tasks.
    Dag,
    Tasks,
    /// A task, whose arguments and dependencies are on one line each.
    Task,
    /// A template in place, its DAG, and the tasks of it: very many, so they are on a line each, to stay small.
    Inline,
    WideDag,
    WideTasks,
    /// A claim of a disk, and its spec, whose access modes are on one line.
    ClaimTemplate,
    ClaimSpec,
    /// A value on one line.
    OneLine,
}

impl Place {
    /// The place of the value of a key.
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

    /// The place of an item of a list.
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
            place: Place::Other,
        };
        match (&self.node.value, self.place) {
            (Content::Sequence(_), Place::OneLine) => FlowSeq(whole).serialize(serializer),
            (Content::Mapping(_), Place::OneLine) => FlowMap(whole).serialize(serializer),
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
