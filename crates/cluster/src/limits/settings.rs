//! Amounts that the workflow controller gives to containers.

use k8s_openapi::api::core::v1::ConfigMap;
use kube::Api;
use serde_json::Value;

use crate::controller::USUAL_NAMESPACE;
use crate::{Cluster, ClusterError};
use argo::needs::ContainerNeed;

/// Name of the controller's settings in Argo's own manifests.
const SETTINGS: &str = "workflow-controller-configmap";

/// Amounts from the settings of the controller.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Settings {
    /// Amounts for each of Argo's own containers (`executor.resources`).
    pub(super) executor: ContainerNeed,
    /// Amounts for a container `main` without any (`mainContainer.resources`).
    pub(super) main: ContainerNeed,
}

impl Cluster {
    /// Reads the amounts in the settings of the controller; `None` if the settings are not found, or if the user may
    /// not read them.
    pub(super) async fn settings(&self) -> Result<Option<Settings>, ClusterError> {
        for namespace in [self.namespace.as_str(), USUAL_NAMESPACE] {
            let api: Api<ConfigMap> = Api::namespaced(self.client.clone(), namespace);
            let found = self.unless_forbidden(api.get_opt(SETTINGS).await)?;
            if let Some(settings) = found.flatten() {
                return Ok(Some(Settings::of(&settings)));
            }
        }
        Ok(None)
    }
}

impl Settings {
    /// Reads the keys `executor` and `mainContainer` (`config/config.go` of Argo Workflows 4.1.2), or the same below
    /// `config`, where older controllers have them. Ignores unreadable settings: the controller would not start with
    /// them.
    pub(super) fn of(settings: &ConfigMap) -> Self {
        let data = settings.data.as_ref();
        let read = |key: &str| -> Option<Value> {
            let documents = diagnostic::yaml::parse(SETTINGS, data?.get(key)?).ok()?;
            Some(documents.first()?.to_json())
        };
        let container = |key: &str| {
            let container = read(key).or_else(|| read("config")?.get(key).cloned());
            container.map_or_else(ContainerNeed::default, |container| {
                ContainerNeed::of(&container["resources"])
            })
        };
        Self {
            executor: container("executor"),
            main: container("mainContainer"),
        }
    }
}
