use serde::{Deserialize, Serialize};

/// Request of another program to an active run on this machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Request {
    /// Asks running tasks to end; exit handlers still run.
    Stop,
    /// Asks running tasks to end; nothing else runs.
    Terminate,
    /// Starts no further tasks; running ones continue.
    Suspend,
    /// Starts tasks again, and continues suspended nodes.
    Resume {
        /// Ids of the suspended nodes; none for all of them, and for the run itself.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        nodes: Option<Vec<String>>,
        /// Values of supplied output parameters: name and value.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        outputs: Vec<(String, String)>,
    },
    /// Fails suspended nodes.
    Refuse {
        /// Ids of the nodes.
        nodes: Vec<String>,
        /// Reason, for their messages.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        message: String,
    },
    /// Request that only a later version knows.
    #[serde(other)]
    Unknown,
}

/// A request, and its author.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunRequest {
    /// Name of the author.
    pub by: String,
    /// Request.
    #[serde(flatten)]
    pub request: Request,
}
