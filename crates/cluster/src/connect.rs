//! Finds the cluster that the user chooses, and the way to it.

use kube::config::{KubeConfigOptions, Kubeconfig, KubeconfigError};
use kube::{Client, Config};

use crate::argo_server::ArgoServerChoice;
use crate::cluster::Cluster;
use crate::error::{ClusterError, transport};
use crate::timeouts::{CONNECT, SILENCE};

/// Choice of a cluster, as the user makes it.
#[derive(Debug, Clone, Default)]
pub struct Choice {
    /// The Argo Server to go through; straight to the API server if none.
    pub argo_server: Option<ArgoServerChoice>,
    /// Context of the kubeconfig; its current one if none.
    pub context: Option<String>,
    /// Namespace as typed.
    pub namespace: Option<String>,
    /// Namespace that the project configures; what was typed goes before it.
    pub configured_namespace: Option<String>,
}

impl Cluster {
    /// Finds the cluster as `kubectl` does: `KUBECONFIG`, `~/.kube/config`, or the one that
    /// this process runs in. Nothing is sent yet. Or takes the Argo Server that is chosen.
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
            // One that is there and broken is not passed over for another cluster.
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
                // Without a cluster around, what is missing is the file.
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
