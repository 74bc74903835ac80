//! Which cluster, as typed and as configured.

use clap::Args;
use cluster::{Choice, Cluster};
use runs::ClusterPlace;

use crate::error::CommandError;

const HEADING: &str = "Cluster, as for kubectl";

/// Which cluster.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Connection {
    /// Context of the kubeconfig [default: its current one]
    #[arg(long, value_name = "NAME", help_heading = HEADING)]
    pub(crate) context: Option<String>,

    /// Kubernetes namespace [default: that of argo.yml, then that of the context]
    #[arg(long, value_name = "NAME", help_heading = HEADING)]
    pub(crate) namespace: Option<String>,
}

impl Connection {
    /// The cluster, and the namespace as typed, else as `configured`.
    pub(crate) async fn cluster(&self, configured: Option<&str>) -> Result<Cluster, CommandError> {
        let choice = Choice {
            context: self.context.clone(),
            namespace: self.namespace.clone(),
            configured_namespace: configured.map(str::to_owned),
        };
        Ok(Cluster::find(&choice).await?)
    }

    /// The cluster that a run on record is on.
    pub(crate) async fn cluster_of(&self, place: &ClusterPlace) -> Result<Cluster, CommandError> {
        let choice = Choice {
            context: self.context.clone().or_else(|| place.context.clone()),
            namespace: Some(place.namespace.clone()),
            configured_namespace: None,
        };
        let cluster = Cluster::find(&choice).await?;
        if cluster.server != place.server {
            return Err(CommandError::new(format!(
                "the run is on the cluster at {}, but the kubeconfig selects the cluster at {}",
                place.server, cluster.server
            ))
            .hint("name the context of that cluster: --context NAME"));
        }
        Ok(cluster)
    }
}

/// What the history keeps of where a run is.
pub(crate) fn place(cluster: &Cluster) -> ClusterPlace {
    ClusterPlace {
        server: cluster.server.clone(),
        context: cluster.context.clone(),
        namespace: cluster.namespace.clone(),
    }
}
