//! Errors of the communication with a cluster, distinguished by what the user can do.

use argo::quantity::QuantityError;
use kube::config::KubeconfigError;

use crate::ArgoServerError;

/// Reason why a request to a cluster failed.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// No kubeconfig names a cluster, and this process is not inside one.
    #[error("no Kubernetes cluster is configured: {0}")]
    NotConfigured(String),
    /// The kubeconfig has no such context.
    #[error("the kubeconfig has no context `{name}`")]
    UnknownContext {
        /// The name as typed.
        name: String,
        /// Existing contexts.
        candidates: Vec<String>,
    },
    /// The kubeconfig is not valid.
    #[error("cannot use the kubeconfig: {0}")]
    BrokenConfig(String),
    /// The API server does not answer.
    #[error("cannot reach the Kubernetes API server at {server}: {cause}")]
    Unreachable {
        /// Address of the server.
        server: String,
        /// Reason, from the network.
        cause: String,
    },
    /// The client rejects the API server's certificate, or the server rejects the client's.
    #[error("no trusted connection to the Kubernetes API server at {server}: {cause}")]
    Tls {
        /// Address of the server.
        server: String,
        /// Reason.
        cause: String,
    },
    /// The cluster does not know the user, or no longer.
    #[error("the cluster does not know who you are: {0}")]
    Unauthorized(String),
    /// The user lacks a permission.
    #[error("you may not {verb} {resource} in the namespace `{namespace}`")]
    Forbidden {
        /// The verb, e.g. `create`.
        verb: String,
        /// The resource with its group, e.g. `workflows.argoproj.io`.
        resource: String,
        /// The namespace.
        namespace: String,
    },
    /// The cluster has no Argo Workflows, or one that is too old.
    #[error("the cluster does not have Argo Workflows: it has no resource {0}")]
    NoArgo(String),
    /// The cluster has no such namespace.
    #[error("the cluster has no namespace `{0}`")]
    NoNamespace(String),
    /// The cluster has no such object.
    #[error("there is no {kind} `{name}` in the namespace `{namespace}`")]
    NotFound {
        /// Kind of the object.
        kind: &'static str,
        /// Name of the object.
        name: String,
        /// The namespace.
        namespace: String,
    },
    /// The run's pods have no such container.
    #[error("the pods of the run have no container `{name}`")]
    NoContainer {
        /// The name as typed.
        name: String,
        /// Existing containers.
        candidates: Vec<String>,
    },
    /// The cluster already has an object with this name.
    #[error("the namespace `{namespace}` already has a {kind} named `{name}`")]
    AlreadyExists {
        /// Kind of the object.
        kind: &'static str,
        /// Name of the object.
        name: String,
        /// The namespace.
        namespace: String,
    },
    /// The API server refuses the manifest; one entry per field.
    #[error("the API server rejects the manifest: {}", refusals(.0))]
    Invalid(Vec<Refusal>),
    /// The parameters do not fit the template; one entry per parameter.
    #[error("the parameters do not fit the template: {}", refusals(.0))]
    Parameters(Vec<Refusal>),
    /// The manifest exceeds the size limit of the cluster.
    #[error("the manifest is too large for the cluster: {0}")]
    TooLarge(String),
    /// Somebody else changed the object meanwhile, several times.
    #[error("somebody else changed {kind} `{name}` at the same time")]
    Conflict {
        /// Kind of the object.
        kind: &'static str,
        /// Name of the object.
        name: String,
    },
    /// The state of the object does not allow this.
    #[error("{0}")]
    NotNow(String),
    /// Argo Server refuses or cannot do the request.
    #[error(transparent)]
    ArgoServer(#[from] ArgoServerError),
    /// The status of a Workflow does not have the format of Argo Workflows.
    #[error("cannot read the status of the Workflow: {0}")]
    Status(String),
    /// Any other error of the API server.
    #[error("the Kubernetes API server says: {0}")]
    Api(String),
}

/// Converts the error of an unreadable amount from the API server.
impl From<QuantityError> for ClusterError {
    fn from(error: QuantityError) -> Self {
        Self::Api(error.to_string())
    }
}

/// A field that the API server refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Path of the field, e.g. `spec.templates[0].name`, or name of the parameter; empty if the server names none.
    pub field: String,
    /// Reason for the refusal of the field.
    pub message: String,
}

fn refusals(refusals: &[Refusal]) -> String {
    let lines: Vec<String> = refusals
        .iter()
        .map(|refusal| match refusal.field.as_str() {
            "" => refusal.message.clone(),
            field => format!("{field}: {}", refusal.message),
        })
        .collect();
    lines.join("; ")
}

/// Description of a request, for an error.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ApiCall<'a> {
    pub(crate) verb: &'static str,
    pub(crate) kind: &'static str,
    /// Plural with its group.
    pub(crate) resource: &'static str,
    pub(crate) name: &'a str,
    pub(crate) namespace: &'a str,
    pub(crate) server: &'a str,
}

impl ApiCall<'_> {
    /// Converts an error of the client, with the request that failed.
    pub(crate) fn failed(&self, error: kube::Error) -> ClusterError {
        match error {
            kube::Error::Api(status) => self.refused(&status),
            other => transport(self.server, &other),
        }
    }

    fn refused(&self, status: &kube::core::Status) -> ClusterError {
        if let Some(error) = ArgoServerError::carried(status, self.server) {
            return error.into();
        }
        let message = status.message.trim().to_owned();
        match status.code {
            401 => ClusterError::Unauthorized(message),
            // A quota or an admission controller also answers 403, with a message of its own.
            403 if message.contains("cannot ") || is_argo_servers(&message) => {
                let asked = (self.verb.to_owned(), self.resource.to_owned());
                let (verb, resource) = refused_of(&message).unwrap_or(asked);
                ClusterError::Forbidden {
                    verb,
                    resource,
                    namespace: self.namespace.to_owned(),
                }
            }
            404 if message.contains("could not find the requested resource")
                || message.contains("page not found") =>
            {
                ClusterError::NoArgo(self.resource.to_owned())
            }
            404 if message.contains("namespaces ") => {
                ClusterError::NoNamespace(self.namespace.to_owned())
            }
            404 => ClusterError::NotFound {
                kind: self.kind,
                name: self.name.to_owned(),
                namespace: self.namespace.to_owned(),
            },
            409 if status.reason == "AlreadyExists" => ClusterError::AlreadyExists {
                kind: self.kind,
                name: self.name.to_owned(),
                namespace: self.namespace.to_owned(),
            },
            409 => ClusterError::Conflict {
                kind: self.kind,
                name: self.name.to_owned(),
            },
            413 => ClusterError::TooLarge(message),
            _ if message.contains("request is too large") || message.contains("too large") => {
                ClusterError::TooLarge(message)
            }
            400 | 422 => ClusterError::Invalid(causes(status)),
            _ => ClusterError::Api(message),
        }
    }
}

/// Says whether Argo Server itself refuses the request (`server/workflow/workflow_server.go` of Argo Workflows 4.1.2).
fn is_argo_servers(message: &str) -> bool {
    message.to_lowercase().starts_with("permission denied")
}

/// Parses the verb and the resource from a refusal of the API server: `pods is forbidden: User "x" cannot list resource
/// "pods" in API group "" in the namespace "argo"`.
fn refused_of(message: &str) -> Option<(String, String)> {
    let (_, said) = message.split_once(" cannot ")?;
    let (verb, said) = said.split_once(" resource \"")?;
    let (resource, said) = said.split_once('"')?;
    let group = said
        .strip_prefix(" in API group \"")
        .and_then(|said| said.split_once('"'));
    let resource = match group {
        Some((group, _)) if !group.is_empty() => format!("{resource}.{group}"),
        _ => resource.to_owned(),
    };
    Some((verb.to_owned(), resource))
}

fn causes(status: &kube::core::Status) -> Vec<Refusal> {
    let details = status.details.iter().flat_map(|details| &details.causes);
    let mut found: Vec<Refusal> = details
        .map(|cause| Refusal {
            field: cause.field.clone(),
            message: cause.message.clone(),
        })
        .collect();
    // `<nil>` names no field: the server did not check the rest because of the other errors.
    found.retain(|refusal| refusal.field != "<nil>");
    if found.is_empty() {
        found.extend(strictly_refused(&status.message));
    }
    if found.is_empty() {
        found.push(Refusal {
            field: String::new(),
            message: status.message.clone(),
        });
    }
    found
}

/// Parses the fields from the single message of strict validation: `strict decoding error: unknown field "spec.x",
/// unknown field "spec.y"`.
fn strictly_refused(message: &str) -> Vec<Refusal> {
    let Some((_, list)) = message.split_once("strict decoding error: ") else {
        return Vec::new();
    };
    list.split(", ")
        .filter_map(|said| {
            let (what, field) = said.trim_end_matches('"').split_once(" \"")?;
            Some(Refusal {
                field: field.to_owned(),
                message: what.to_owned(),
            })
        })
        .collect()
}

/// Converts an error below HTTP. The client's messages repeat their causes, so only the innermost one is shown.
pub(crate) fn transport(server: &str, error: &dyn std::error::Error) -> ClusterError {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    let cause = innermost.to_string();
    let server = server.to_owned();
    let all = format!("{error} {cause}").to_lowercase();
    if all.contains("certificate") || all.contains("tls") || all.contains("unknownissuer") {
        ClusterError::Tls { server, cause }
    } else if all.contains("auth exec") || all.contains("auth error") || all.contains("token") {
        ClusterError::Unauthorized(cause)
    } else {
        ClusterError::Unreachable { server, cause }
    }
}

impl From<KubeconfigError> for ClusterError {
    fn from(error: KubeconfigError) -> Self {
        match error {
            KubeconfigError::FindPath | KubeconfigError::CurrentContextNotSet => {
                Self::NotConfigured(error.to_string())
            }
            KubeconfigError::ReadConfig(cause, path)
                if cause.kind() == std::io::ErrorKind::NotFound =>
            {
                Self::NotConfigured(format!("there is no {}", path.display()))
            }
            // The parser quotes the text, which may be a key.
            KubeconfigError::Parse(error) => Self::BrokenConfig(match place(&error.to_string()) {
                Some((line, column)) => format!("it is not valid in line {line}, column {column}"),
                None => "it is not a kubeconfig".to_owned(),
            }),
            other => Self::BrokenConfig(other.to_string()),
        }
    }
}

/// Parses line and column from a parser's message: `… line 6 column 14: …`.
fn place(text: &str) -> Option<(u64, u64)> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let number = |word: &str| {
        word.trim_matches(|letter: char| !letter.is_ascii_digit())
            .parse()
            .ok()
    };
    words.windows(4).find_map(|four| match four {
        ["line", line, "column", column] => Some((number(line)?, number(column)?)),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_permission_that_is_missing_is_the_one_that_the_api_server_names() {
        for (said, verb, resource) in [
            (
                "pods is forbidden: User \"x\" cannot list resource \"pods\" in API group \"\" in the namespace \"argo\"",
                "list",
                "pods",
            ),
            (
                "workflows.argoproj.io is forbidden: User \"x\" cannot watch resource \"workflows\" in API group \
                 \"argoproj.io\" in the namespace \"argo\"",
                "watch",
                "workflows.argoproj.io",
            ),
            ("User \"x\" cannot do this", "get", "pods/log"),
        ] {
            let asked = ApiCall {
                verb: "get",
                kind: "pod",
                resource: "pods/log",
                name: "run-1",
                namespace: "argo",
                server: "https://cluster",
            };
            let status = kube::core::Status {
                code: 403,
                message: said.to_owned(),
                ..kube::core::Status::default()
            };
            let error = asked.failed(kube::Error::Api(status.boxed())).to_string();
            assert_eq!(
                error,
                format!("you may not {verb} {resource} in the namespace `argo`")
            );
        }
    }
}
