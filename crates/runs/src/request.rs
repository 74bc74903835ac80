use serde::{Deserialize, Serialize};

/// Request to a run that goes on on this machine, from another program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Request {
    /// Running tasks are told to end, and exit handlers still run.
    Stop,
    /// Running tasks are told to end, and nothing else runs.
    Terminate,
    /// No task starts; those that run go on.
    Suspend,
    /// Tasks start again, and what waits for somebody goes on.
    Resume {
        /// Ids of the nodes that wait for somebody; none for all of them, and for the run itself.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        nodes: Option<Vec<String>>,
        /// Values of output parameters that somebody has to supply: name and value.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        outputs: Vec<(String, String)>,
    },
    /// Lets what waits for somebody fail.
    Refuse {
        /// Ids of the nodes.
        nodes: Vec<String>,
        /// Reason, for their messages.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        message: String,
    },
    /// Something that only a later version knows.
    #[serde(other)]
    Unknown,
}

/// A request, and who makes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunRequest {
    /// Name of who asks.
    pub by: String,
    /// Request.
    #[serde(flatten)]
    pub request: Request,
}
