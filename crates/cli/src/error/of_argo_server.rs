//! Errors of a connection through an Argo Server.

use super::command_error::CommandError;

/// Adds hints to an error of an Argo Server.
pub(super) fn of_argo_server(base: CommandError, error: &cluster::ArgoServerError) -> CommandError {
    use cluster::ArgoServerError as E;
    const GET_TOKEN: &str = "to get a token: ask the administrator of the cluster, or copy it from the page \"User\" of \
        Argo's UI; then: export ARGO_TOKEN='Bearer …', or --argo-token-file FILE";
    match error {
        E::Address { .. } => base.hint("for example: --argo-server argo.example.com:2746, or https://example.com/argo"),
        E::Token { .. } | E::NoToken { .. } => base.hint(GET_TOKEN),
        E::NoNamespace { .. } => base.hint("name it: --namespace NAME, ARGO_NAMESPACE, or `namespace` in argo.yml"),
        E::Unreachable { .. } => base
            .hint("check the address: --argo-server, ARGO_SERVER, or `argo_server` in argo.yml")
            .hint("check the network: a VPN, a firewall or a proxy may be in the way"),
        E::Tls { cause, .. } if cause.contains("corrupt message") => {
            base.hint("if the server does not use TLS: write http:// before its address, or set ARGO_SECURE=false")
        }
        E::Tls { cause, .. } if cause.contains("http://") => {
            base.hint("write https:// before its address, and do not set ARGO_SECURE=false")
        }
        E::Tls { .. } => base
            .hint("if a certificate authority of your own has signed its certificate: add it to those of this machine, or \
                name its file: SSL_CERT_FILE")
            .hint("to trust any certificate, e.g. that of a server for tests: ARGO_INSECURE_SKIP_VERIFY=true"),
        E::Other { cause, .. } if cause.contains("Kubernetes cluster") => base
            .hint("take the address of the Argo Server instead, or use a kubeconfig: --context NAME"),
        E::Other { .. } => base
            .hint("check the address; if the server is under a path, add it: https://HOST/PATH, or ARGO_BASE_HREF=/PATH")
            .hint("if a login page is in the way, ask the administrator for an address of the API without one"),
        E::OtherVersion { .. } => base.hint("argo-kedro needs Argo Server 3.6 or newer; or use a kubeconfig: --context NAME"),
        E::Failed { .. } => base,
        E::RefusedToken { .. } => base
            .hint("the token has probably expired, or it is for another cluster")
            .hint(GET_TOKEN),
        E::NotOffered { .. } => base.hint("use a kubeconfig for this: --context NAME"),
    }
}
