//! Choice among the tasks that wait for a user.

use argo::status::waits::NodeSelector;
use clap::Args;

use crate::error::CommandError;

/// Choice among the tasks that wait for somebody.
#[derive(Debug, Args)]
pub(crate) struct WaitingNodes {
    /// Only this suspended task: its name
    #[arg(long, value_name = "TASK")]
    node: Vec<String>,

    /// Only the suspended tasks with these fields, as Argo has them: displayName=approve
    #[arg(long, value_name = "FIELD=VALUE")]
    node_field_selector: Option<String>,
}

impl WaitingNodes {
    /// Typed selector; `None` if no tasks are named.
    ///
    /// # Errors
    ///
    /// A field is unknown, or has no value.
    pub(crate) fn selector(&self) -> Result<Option<NodeSelector>, CommandError> {
        if self.node.is_empty() && self.node_field_selector.is_none() {
            return Ok(None);
        }
        let fields = self.node_field_selector.as_deref().unwrap_or_default();
        let selector = NodeSelector::read(&self.node, fields).map_err(|error| {
            CommandError::new(error)
                .hint("write the field and its value: --node-field-selector displayName=NAME")
        })?;
        Ok(Some(selector))
    }

    /// Gives the typed words, for a message.
    pub(crate) fn typed(&self) -> String {
        let names = self.node.iter().cloned();
        let all: Vec<String> = names.chain(self.node_field_selector.clone()).collect();
        all.join(", ")
    }
}
