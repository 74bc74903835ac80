//! A cluster, and the namespace in it.

use kube::Client;
use kube::api::{Api, ApiResource, DynamicObject};

use crate::argo_server::ArgoServer;
use crate::object::{GROUP, Object, VERSION};

/// A cluster, and the namespace in it.
#[derive(Clone)]
pub struct Cluster {
    pub(crate) client: Client,
    /// Argo Server that the connection goes through; none for a direct connection.
    pub(crate) argo_server: Option<ArgoServer>,
    /// Address of the API server, or of the Argo Server.
    pub server: String,
    /// The namespace.
    pub namespace: String,
    /// Name of the context; none inside a cluster, and none through an Argo Server.
    pub context: Option<String>,
}

impl std::fmt::Debug for Cluster {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} in {}", self.namespace, self.server)
    }
}

impl Cluster {
    /// Cluster with any client, for tests.
    pub fn with_client(client: Client, namespace: &str) -> Self {
        Self {
            client,
            argo_server: None,
            server: "https://cluster.test".to_owned(),
            namespace: namespace.to_owned(),
            context: None,
        }
    }

    /// Untyped access to the objects of a kind in the namespace.
    pub(crate) fn objects(&self, kind: Object) -> Api<DynamicObject> {
        let resource = ApiResource {
            group: GROUP.to_owned(),
            version: VERSION.to_owned(),
            api_version: format!("{GROUP}/{VERSION}"),
            kind: kind.kind().to_owned(),
            plural: kind.plural().to_owned(),
        };
        Api::namespaced_with(self.client.clone(), &self.namespace, &resource)
    }
}
