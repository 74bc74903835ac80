use diagnostic::yaml::{Content, Yaml};
use serde::{Serialize, Serializer};

use super::container::Container;
use super::field;
use super::field::{Field, FieldPath, Unreadable};

/// A container that runs a script: Argo writes the script into a file and passes its path to the program.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Script {
    /// The container, whose fields the document writes beside `source`.
    pub container: Container,
    /// The script.
    pub source: String,
}

impl Field for Script {
    fn read(node: &Yaml, at: &FieldPath<'_>) -> Result<Self, Unreadable> {
        let mut container = Container::read(node, at)?;
        container.rest.remove("source");
        let source = match node.get("source") {
            Some(source) => field::read_or_absent(source, &at.key("source"))?,
            None => String::new(),
        };
        Ok(Self { container, source })
    }

    fn is_absent(&self) -> bool {
        self.container.is_absent() && self.source.is_empty()
    }

    fn write(&self) -> Yaml {
        let mut tree = self.container.write();
        if let Content::Mapping(entries) = &mut tree.value {
            field::put(entries, "source", &self.source);
        }
        tree
    }
}

impl Serialize for Script {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.write().serialize(serializer)
    }
}
