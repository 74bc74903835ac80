//! Actions of Argo Server, in place of a changed object for the Kubernetes API.

use std::collections::{BTreeMap, BTreeSet};

use http::Method;
use serde_json::{Value, json};

use super::connection::ArgoServer;
use super::request::collection;
use crate::error::ApiCall;
use crate::{ClusterError, Object, RetryOptions};

/// Action of Argo Server on an object.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Action {
    Stop,
    Terminate,
    Suspend,
    Resume,
    /// Resumes a suspended node.
    ResumeNode {
        id: String,
    },
    /// Sets the output parameters of a suspended node.
    SetOutputs {
        id: String,
        outputs: BTreeMap<String, String>,
    },
    /// Fails a suspended node.
    StopNode {
        id: String,
        message: String,
    },
    Retry {
        /// Id of a successful node to run again, with all nodes after it.
        again: Option<String>,
        /// Parameters as `NAME=VALUE`.
        parameters: Vec<String>,
    },
}

impl Action {
    /// Builds the retry that Argo Server can do with these options.
    ///
    /// # Arguments
    ///
    /// * `workflow`: The Workflow, with its nodes.
    ///
    /// # Errors
    ///
    /// The options select several tasks of which none is after the others: a node selector takes one.
    pub(crate) fn retry(options: &RetryOptions, workflow: &Value) -> Result<Self, ClusterError> {
        let mut first = first_of(&options.again, &workflow["status"]["nodes"]);
        if first.len() > 1 {
            return Err(ClusterError::NotNow(
                "Argo Server can run one succeeded task again, with all tasks after it, and not several at once"
                    .to_owned(),
            ));
        }
        let parameters = options.parameters.iter();
        Ok(Self::Retry {
            again: first.pop(),
            parameters: parameters
                .map(|(name, value)| format!("{name}={value}"))
                .collect(),
        })
    }

    fn word(&self) -> &'static str {
        match self {
            Self::Stop | Self::StopNode { .. } => "stop",
            Self::Terminate => "terminate",
            Self::Suspend => "suspend",
            Self::Resume | Self::ResumeNode { .. } => "resume",
            Self::SetOutputs { .. } => "set",
            Self::Retry { .. } => "retry",
        }
    }
}

/// Picks the nodes that are not below another selected node.
fn first_of(some: &BTreeSet<String>, nodes: &Value) -> Vec<String> {
    let children: BTreeMap<&str, Vec<&str>> = nodes
        .as_object()
        .into_iter()
        .flatten()
        .map(|(id, node)| {
            let below = node["children"].as_array().into_iter().flatten();
            (id.as_str(), below.filter_map(Value::as_str).collect())
        })
        .collect();
    let mut below: BTreeSet<&str> = BTreeSet::new();
    for start in some {
        let mut stack: Vec<&str> = children.get(start.as_str()).cloned().unwrap_or_default();
        while let Some(id) = stack.pop() {
            if below.insert(id) {
                stack.extend(children.get(id).into_iter().flatten());
            }
        }
    }
    some.iter()
        .filter(|id| !below.contains(id.as_str()))
        .cloned()
        .collect()
}

impl ArgoServer {
    /// Performs the action; returns the new object.
    pub(crate) async fn act(
        &self,
        object: Object,
        action: &Action,
        asked: &ApiCall<'_>,
    ) -> Result<Value, ClusterError> {
        let path = format!(
            "/api/v1/{}/{}/{}/{}",
            collection(object),
            asked.namespace,
            asked.name,
            action.word()
        );
        let mut body = json!({"name": asked.name, "namespace": asked.namespace});
        let only = |id: &str| Value::from(format!("id={id}"));
        match action {
            Action::Retry { again, parameters } => {
                body["parameters"] = parameters.clone().into();
                if let Some(id) = again {
                    body["restartSuccessful"] = true.into();
                    body["nodeFieldSelector"] = only(id);
                }
            }
            Action::ResumeNode { id } => body["nodeFieldSelector"] = only(id),
            Action::SetOutputs { id, outputs } => {
                body["nodeFieldSelector"] = only(id);
                // The field is JSON text (`WorkflowSetRequest` of `pkg/apiclient/workflow/workflow.proto`).
                body["outputParameters"] = json!(outputs).to_string().into();
            }
            Action::StopNode { id, message } => {
                body["nodeFieldSelector"] = only(id);
                body["message"] = message.clone().into();
            }
            Action::Stop | Action::Terminate | Action::Suspend | Action::Resume => {}
        }
        let answer = self.ask(&Method::PUT, &path, Some(&body)).await;
        answer.map_err(|status| asked.failed(kube::Error::Api(status)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn retry(again: &[&str]) -> Result<Action, String> {
        let options = RetryOptions {
            again: again.iter().map(|id| (*id).to_owned()).collect(),
            parameters: vec![("depth".to_owned(), "a=b".to_owned())],
            ..RetryOptions::default()
        };
        let nodes = json!({
            "run": {"children": ["a", "c"]},
            "a": {"children": ["a-0", "b"]},
            "a-0": {"children": ["b"]},
            "b": {},
            "c": {},
        });
        let workflow = json!({"status": {"nodes": nodes}});
        Action::retry(&options, &workflow).map_err(|error| error.to_string())
    }

    #[test]
    fn one_task_runs_again_with_its_attempts_and_what_comes_after_it() {
        for (again, expected) in [
            (&[][..], None),
            (&["b"], Some("b")),
            (&["a", "a-0"], Some("a")),
            (&["a", "a-0", "b"], Some("a")),
        ] {
            let Ok(Action::Retry { again, parameters }) = retry(again) else {
                panic!("refused");
            };
            assert_eq!(again.as_deref(), expected);
            assert_eq!(parameters, ["depth=a=b"]);
        }
        assert!(retry(&["a", "c"]).unwrap_err().contains("not several"));
    }
}
