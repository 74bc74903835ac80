//! The way to a cluster through an Argo Server.

use std::convert::Infallible;
use std::sync::Arc;

use http::Request;
use kube::Client;
use kube::client::Body;
use kube::config::{
    Cluster as ClusterEntry, Context, KubeConfigOptions, Kubeconfig, NamedCluster, NamedContext,
};

use super::choice::ArgoServerChoice;
use super::connection::{ArgoServer, innermost};
use super::failure::ArgoServerError;
use super::token::Token;
use crate::cluster::Cluster;
use crate::error::ClusterError;
use crate::timeouts::{CONNECT, SILENCE};

impl Cluster {
    /// Connects through an Argo Server. Sends a request only if nothing else defines the namespace.
    ///
    /// # Arguments
    ///
    /// * `namespace`: Namespace; none for the one that the server manages, if it manages only one.
    pub(crate) async fn through_argo_server(
        choice: &ArgoServerChoice,
        namespace: Option<String>,
    ) -> Result<Self, ClusterError> {
        let server = choice.address.as_str().to_owned();
        let client = client(choice).await?;
        Self::with_argo_server(client, choice.token.clone(), &server, namespace).await
    }

    /// Cluster behind an Argo Server with any client, for tests.
    pub async fn with_argo_server(
        client: Client,
        token: Token,
        server: &str,
        namespace: Option<String>,
    ) -> Result<Self, ClusterError> {
        let argo_server = ArgoServer {
            client,
            token,
            server: server.to_owned(),
        };
        let namespace = match namespace {
            Some(namespace) => namespace,
            None => argo_server.managed_namespace().await?.ok_or_else(|| {
                ArgoServerError::NoNamespace {
                    server: server.to_owned(),
                }
            })?,
        };
        let shared = Arc::new(argo_server.clone());
        let service = tower::service_fn(move |request: Request<Body>| {
            let server = Arc::clone(&shared);
            async move { Ok::<_, Infallible>(server.answer(request).await) }
        });
        Ok(Self {
            client: Client::new(service, namespace.clone()),
            server: server.to_owned(),
            namespace,
            context: None,
            argo_server: Some(argo_server),
        })
    }

    /// Says whether the connection goes through an Argo Server.
    pub fn is_through_argo_server(&self) -> bool {
        self.argo_server.is_some()
    }
}

/// Builds a client for an address, like that of a kubeconfig without a user, so that proxies apply too.
async fn client(choice: &ArgoServerChoice) -> Result<Client, ClusterError> {
    const NAME: &str = "argo-server";
    let server = choice.address.as_str();
    let kubeconfig = Kubeconfig {
        clusters: vec![NamedCluster {
            name: NAME.to_owned(),
            cluster: Some(ClusterEntry {
                server: Some(server.to_owned()),
                insecure_skip_tls_verify: Some(choice.insecure_skip_verify),
                ..ClusterEntry::default()
            }),
            ..NamedCluster::default()
        }],
        contexts: vec![NamedContext {
            name: NAME.to_owned(),
            context: Some(Context {
                cluster: NAME.to_owned(),
                ..Context::default()
            }),
            ..NamedContext::default()
        }],
        current_context: Some(NAME.to_owned()),
        ..Kubeconfig::default()
    };
    let broken = |error: &dyn std::error::Error| ArgoServerError::Unreachable {
        server: server.to_owned(),
        cause: innermost(error),
    };
    let mut config =
        kube::Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default())
            .await
            .map_err(|error| broken(&error))?;
    config.connect_timeout = Some(CONNECT);
    config.read_timeout = Some(SILENCE);
    Ok(Client::try_from(config).map_err(|error| broken(&error))?)
}
