//! Errors between here and a cluster, told apart by what the user can do.

use argo::quantity::QuantityError;
use kube::config::KubeconfigError;

use crate::ArgoServerError;

/// Reason why a cluster could not do what it was asked.
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
        /// The contexts there are.
        candidates: Vec<String>,
    },
    /// The kubeconfig cannot be used.
    #[error("cannot use the kubeconfig: {0}")]
    BrokenConfig(String),
    /// The API server does not answer.
    #[error("cannot reach the Kubernetes API server at {server}: {cause}")]
    Unreachable {
        /// Address of the server.
        server: String,
        /// Reason, in the words of the network.
        cause: String,
    },
    /// The API server's certificate is not trusted, or ours is not.
    #[error("no trusted connection to the Kubernetes API server at {server}: {cause}")]
    Tls {
        /// Address of the server.
        server: String,
        /// Reason.
        cause: String,
    },
    /// The user is not known to the cluster, or not any more.
    #[error("the cluster does not know who you are: {0}")]
    Unauthorized(String),
    /// The user may not do it.
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
    /// Error: the cluster has no such namespace.
    #[error("the cluster has no namespace `{0}`")]
    NoNamespace(String),
    /// Error: the cluster has no such object.
    #[error("there is no {kind} `{name}` in the namespace `{namespace}`")]
    NotFound {
        /// Kind of the object.
        kind: &'static str,
        /// Name of the object.
        name: String,
        /// The namespace.
        namespace: String,
    },
    /// Error: none of a run's pods has such a container.
    #[error("the pods of the run have no container `{name}`")]
    NoContainer {
        /// The name as typed.
        name: String,
        /// The containers that they have.
        candidates: Vec<String>,
    },
    /// Error: the cluster has an object of this name already.
    #[error("the namespace `{namespace}` already has a {kind} named `{name}`")]
    AlreadyExists {
        /// Kind of the object.
        kind: &'static str,
        /// Name of the object.
        name: String,
        /// The namespace.
        namespace: String,
    },
    /// The API server refuses the manifest; one entry a field.
    #[error("the API server rejects the manifest: {}", refusals(.0))]
    Invalid(Vec<Refusal>),
    /// Values of the parameters of a template that do not fit; one entry for each parameter.
    #[error("the parameters do not fit the template: {}", refusals(.0))]
    Parameters(Vec<Refusal>),
    /// The manifest is larger than the cluster can store.
    #[error("the manifest is too large for the cluster: {0}")]
    TooLarge(String),
    /// Somebody else changed the object in between, several times over.
    #[error("somebody else changed {kind} `{name}` at the same time")]
    Conflict {
        /// Kind of the object.
        kind: &'static str,
        /// Name of the container.
        name: String,
    },
    /// The object is not in a state in which this can be done.
    #[error("{0}")]
    NotNow(String),
    /// The way through an Argo Server does not lead there.
    #[error(transparent)]
    ArgoServer(#[from] ArgoServerError),
    /// The status of a Workflow is not what Argo Workflows writes.
    #[error("cannot read the status of the Workflow: {0}")]
    Status(String),
    /// Anything else that the API server says.
    #[error("the Kubernetes API server says: {0}")]
    Api(String),
}

/// An amount that the API server gives, and that nobody can read.
impl From<QuantityError> for ClusterError {
    fn from(error: QuantityError) -> Self {
        Self::Api(error.to_string())
    }
}

/// A field that the API server refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Path of the field, e.g. `spec.templates[0].name`, or name of the parameter; empty
    /// where it names none.
    pub field: String,
    /// Fault of the field.
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

/// A request, to be named in an error.
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
    /// The error that a client's error is, given what was asked for.
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
            // A quota or an admission controller answers 403 as well, and says more.
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

/// Says whether Argo Server itself refuses something (`server/workflow/workflow_server.go` of Argo Workflows 4.1.2).
fn is_argo_servers(message: &str) -> bool {
    message.to_lowercase().starts_with("permission denied")
}

/// The verb and the resource that the API server names: `pods is forbidden: User "x" cannot list resource "pods" in API
/// group "" in the namespace "argo"`.
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
    // `<nil>` names nothing: the rest was not looked at because of the others.
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

/// Fields in the one message that strict validation gives for all of them: `strict decoding
/// error: unknown field "spec.x", unknown field "spec.y"`.
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

/// An error below HTTP. The client's own messages repeat their causes, so the innermost
/// one is what is said.
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
            // The parser shows what stands there, and that may be a key.
            KubeconfigError::Parse(error) => Self::BrokenConfig(match place(&error.to_string()) {
                Some((line, column)) => format!("it is not valid in line {line}, column {column}"),
                None => "it is not a kubeconfig".to_owned(),
            }),
            other => Self::BrokenConfig(other.to_string()),
        }
    }
}

/// Line and column in the words of a parser: `… line 6 column 14: …`.
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
