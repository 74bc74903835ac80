use serde::{Deserialize, Serialize};

/// The kind of a node: `NodeType` of `workflow_types.go`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum NodeKind {
    /// One pod: a container, a script, a container set, a resource or data template.
    Pod,
    /// A container of a container set, in the pod above it.
    Container,
    /// A call of a `steps` template.
    Steps,
    /// Steps of one group, which run at the same time.
    StepGroup,
    /// A call of a `dag` template.
    Dag,
    /// The items of a loop, as one node.
    TaskGroup,
    /// A call with a retry strategy; its attempts are below it.
    Retry,
    /// A call that did not run, or could not run.
    Skipped,
    /// A call that waits for a person, or for a time.
    Suspend,
    /// A request that Argo's agent makes.
    Http,
    /// A task of an executor plugin.
    Plugin,
    /// A kind that this program does not know, as text.
    Other(String),
}

impl NodeKind {
    const KNOWN: [(Self, &'static str); 11] = [
        (Self::Pod, "Pod"),
        (Self::Container, "Container"),
        (Self::Steps, "Steps"),
        (Self::StepGroup, "StepGroup"),
        (Self::Dag, "DAG"),
        (Self::TaskGroup, "TaskGroup"),
        (Self::Retry, "Retry"),
        (Self::Skipped, "Skipped"),
        (Self::Suspend, "Suspend"),
        (Self::Http, "HTTP"),
        (Self::Plugin, "Plugin"),
    ];

    /// The kind as Argo writes it.
    pub fn as_str(&self) -> &str {
        if let Self::Other(text) = self {
            return text;
        }
        let found = Self::KNOWN.iter().find(|(kind, _)| kind == self);
        found.map_or("", |(_, text)| *text)
    }

    /// Says whether the node itself executes something: `CanRetry` of `workflow_types.go`.
    pub fn is_executed(&self) -> bool {
        matches!(
            self,
            Self::Pod | Self::Container | Self::Http | Self::Plugin
        )
    }

    /// Says whether the node only contains other nodes.
    pub fn is_group(&self) -> bool {
        matches!(
            self,
            Self::Dag | Self::Steps | Self::StepGroup | Self::TaskGroup
        )
    }
}

impl Default for NodeKind {
    fn default() -> Self {
        Self::Other(String::new())
    }
}

impl From<String> for NodeKind {
    fn from(text: String) -> Self {
        let mut known = Self::KNOWN.into_iter();
        match known.find(|(_, known)| *known == text) {
            Some((kind, _)) => kind,
            None => Self::Other(text),
        }
    }
}

impl From<NodeKind> for String {
    fn from(kind: NodeKind) -> Self {
        match kind {
            NodeKind::Other(text) => text,
            kind => kind.as_str().to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_read_as_it_is_written() {
        for (kind, text) in NodeKind::KNOWN {
            assert_eq!(NodeKind::from(text.to_owned()), kind);
            assert_eq!(kind.as_str(), text);
        }
        let new = serde_json::from_str::<NodeKind>("\"Wasm\"").unwrap();
        assert_eq!(new, NodeKind::Other("Wasm".to_owned()));
        assert_eq!(serde_json::to_string(&new).unwrap(), "\"Wasm\"");
        assert_eq!(NodeKind::default().as_str(), "");
    }
}
