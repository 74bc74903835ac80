//! Finds the cluster that the user chooses, and connects to it.

use kube::config::{KubeConfigOptions, Kubeconfig, KubeconfigError};
use kube::{Client, Config};

use crate::argo_server::ArgoServerChoice;
use crate::cluster::Cluster;
use crate::error::{ClusterError, transport};
use crate::timeouts::{CONNECT, SILENCE};

/// The user's choice of a cluster.
#[derive(Debug, Clone, Default)]
pub struct Choice {
    /// Argo Server to go through; none for a direct connection to the API server.
    pub argo_server: Option<ArgoServerChoice>,
    /// Context of the kubeconfig; the current one if none.
    pub context: Option<String>,
    /// Namespace as typed.
    pub namespace: Option<String>,
    /// Namespace in the project's configuration; a typed one overrides it.
    pub configured_namespace: Option<String>,
}

impl Cluster {
    /// Finds the cluster as `kubectl` does: `KUBECONFIG`, `~/.kube/config`, or the one around this process. Or takes
    /// the chosen Argo Server. Sends no request yet.
    pub async fn find(choice: &Choice) -> Result<Self, ClusterError> {
        let namespace = [&choice.namespace, &choice.configured_namespace]
            .into_iter()
            .find_map(Clone::clone);
        if let Some(server) = &choice.argo_server {
            return Self::through_argo_server(server, namespace).await;
        }
        let (mut config, context) = match Kubeconfig::read() {
            Ok(kubeconfig) if !kubeconfig.contexts.is_empty() || choice.context.is_some() => {
                from_kubeconfig(kubeconfig, choice).await?
            }
            // Report a broken kubeconfig instead of choosing another cluster.
            Err(error) if choice.context.is_some() || !is_missing(&error) => {
                return Err(error.into());
            }
            Ok(_) if choice.context.is_some() => {
                return Err(ClusterError::NotConfigured(
                    "the kubeconfig has no contexts".to_owned(),
                ));
            }
            Err(error) => {
                let inside = Config::infer().await;
                // Outside of a cluster, the missing file is the error.
                (inside.map_err(|_| ClusterError::from(error))?, None)
            }
            Ok(_) => {
                let inside = Config::infer().await;
                let missing =
                    || ClusterError::NotConfigured("the kubeconfig has no contexts".to_owned());
                (inside.map_err(|_| missing())?, None)
            }
        };
        config.connect_timeout = Some(CONNECT);
        config.read_timeout = Some(SILENCE);
        let namespace = namespace.unwrap_or_else(|| config.default_namespace.clone());
        let server = config.cluster_url.to_string();
        let client = Client::try_from(config).map_err(|error| transport(&server, &error))?;
        Ok(Self {
            client,
            argo_server: None,
            server: server.trim_end_matches('/').to_owned(),
            namespace,
            context,
        })
    }
}

/// Says whether there is no kubeconfig at all.
fn is_missing(error: &KubeconfigError) -> bool {
    match error {
        KubeconfigError::FindPath => true,
        KubeconfigError::ReadConfig(cause, _) => cause.kind() == std::io::ErrorKind::NotFound,
        _ => false,
    }
}

async fn from_kubeconfig(
    kubeconfig: Kubeconfig,
    choice: &Choice,
) -> Result<(Config, Option<String>), ClusterError> {
    if let Some(name) = &choice.context {
        let candidates: Vec<String> = kubeconfig
            .contexts
            .iter()
            .map(|context| context.name.clone())
            .collect();
        if !candidates.contains(name) {
            let name = name.clone();
            return Err(ClusterError::UnknownContext { name, candidates });
        }
    }
    let context = choice
        .context
        .clone()
        .or_else(|| kubeconfig.current_context.clone());
    let options = KubeConfigOptions {
        context: choice.context.clone(),
        ..KubeConfigOptions::default()
    };
    let config = Config::from_custom_kubeconfig(kubeconfig, &options).await?;
    Ok((config, context))
}
