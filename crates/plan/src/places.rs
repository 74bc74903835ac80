//! Places of nodes in the code, for findings.

use diagnostic::{Place, Subject};
use project::snapshot::Node;

/// Place of a node: its name, and the line of its function.
pub fn place_of(node: &Node) -> Place {
    let place = Place::of(Subject::Node(node.name.clone()));
    match &node.source {
        Some(source) => place.line(source.file.clone(), source.line),
        None => place,
    }
}

/// Place in the code where a node states its machine or template; else the place of its function.
pub(crate) fn place_of_wishes(node: &Node) -> Place {
    match &node.declared {
        Some(declared) => {
            Place::of(Subject::Node(node.name.clone())).line(declared.file.clone(), declared.line)
        }
        None => place_of(node),
    }
}
