//! Errors of a cluster.

use diagnostic::did_you_mean;

use super::candidates::existing;
use super::command_error::CommandError;
use super::of_argo_server::of_argo_server;

impl From<cluster::ClusterError> for CommandError {
    fn from(error: cluster::ClusterError) -> Self {
        use cluster::ClusterError as E;
        let base = Self::from_error(&error).of_kind("cluster");
        match error {
            E::ArgoServer(error) => of_argo_server(base, &error),
            E::NotConfigured(_) => base
                .hint("set KUBECONFIG, or create ~/.kube/config as the documentation of your cluster says")
                .hint("if you have an Argo Server and no kubeconfig: --argo-server URL, or the variable ARGO_SERVER"),
            E::BrokenConfig(_) => base.hint(
                "correct the file that KUBECONFIG names, or ~/.kube/config; to see how it is read: kubectl config view",
            ),
            E::UnknownContext { name, candidates } => {
                let suggestion = did_you_mean(&name, candidates.iter().map(String::as_str));
                base.hint(suggestion.unwrap_or_else(|| existing(&candidates)))
            }
            E::NoContainer { name, candidates } => {
                let suggestion = did_you_mean(&name, candidates.iter().map(String::as_str));
                base.hint(suggestion.unwrap_or_else(|| existing(&candidates)))
            }
            E::Unreachable { .. } => base.hint(
                "check that the cluster runs and that it is the right one: kubectl config current-context",
            ),
            E::Tls { cause, .. } if cause.contains("valid yet") || cause.contains("expired") => {
                base.hint("check the clock of this machine")
                    .hint("if the clock is right: the certificate of the cluster, or yours in the kubeconfig, has \
                        expired")
            }
            E::Tls { .. } => base.hint(
                "check that the kubeconfig has the certificate authority of this cluster and that your client \
                 certificate has not expired",
            ),
            E::Unauthorized(_) => {
                base.hint("log in to the cluster again: your token or certificate has probably expired")
            }
            E::Forbidden {
                verb,
                resource,
                namespace,
            } => {
                let (plural, group) = resource.split_once('.').unwrap_or((&resource, ""));
                // Name both permissions: a user who may list pods but not read their output would have to ask twice.
                let (plural, verbs) = match (plural, verb.as_str()) {
                    ("pods" | "pods/log", "get" | "list" | "watch") => {
                        ("pods, pods/log", "get, list, watch")
                    }
                    (plural, verb) => (plural, verb),
                };
                base.hint(format!(
                    "ask for a Role in `{namespace}` with: {{apiGroups: [\"{group}\"], \
                     resources: [{plural}], verbs: [{verbs}]}}"
                ))
            }
            E::NoArgo(_) => base.hint(
                "install Argo Workflows 3.6 or newer there, or choose another cluster: --context",
            ),
            E::TooLarge(_) => {
                base.hint("group nodes into fewer tasks: `grouping` in argo.yml, or FusedPipeline")
            }
            E::NotFound {
                kind: "WorkflowTemplate",
                ..
            } => base.hint("to deploy it: {program} deploy"),
            E::Conflict { .. } => base.hint("run the command again; it then shows what changed"),
            E::NoNamespace(_) => {
                base.hint("set `namespace` in argo.yml, or name another one: --namespace NAME")
            }
            E::AlreadyExists { .. } => {
                base.hint("use another name, or leave the name out to get a unique one")
            }
            _ => base,
        }
    }
}
