//! Signs of the workflow controller, for users with few or many permissions.
//!
//! A user who may not read the controller's Deployment may read its lease. Without both, the Workflows of the namespace
//! show whether a controller has handled them.

use futures::future::join_all;
use jiff::Timestamp;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::coordination::v1::Lease;
use kube::Api;
use kube::api::{DynamicObject, ListParams};

use crate::{Cluster, ClusterError, Object};
use argo::names::is_object_name;

/// Labels of the controller's Deployment: in Argo's own manifests, and in the Helm chart.
const LABELS: [&str; 2] = [
    "app=workflow-controller",
    "app.kubernetes.io/component=workflow-controller",
];
/// Suffix of the Deployments' names in Argo's own manifests and in the Helm chart.
const NAME: &str = "workflow-controller";
/// Namespace in which Argo's own manifests put the controller.
pub(crate) const USUAL_NAMESPACE: &str = "argo";
/// Label that the controller sets on each Workflow that it handles.
const PHASE: &str = "workflows.argoproj.io/phase";

/// Signs of workflow controllers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sightings {
    /// Deployments of the controllers; `None` if the user may not read any.
    pub deployments: Option<Vec<Controller>>,
    /// Last renewal of the leader's lease; only if no Deployment was found.
    pub renewed: Option<Timestamp>,
    /// Latest Workflow of the namespace; only if no Deployment was found.
    pub last: Option<LastWorkflow>,
}

/// Deployment of a workflow controller.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Controller {
    /// Name of the controller.
    pub name: String,
    /// Namespace of the controller.
    pub namespace: String,
    /// Tag of its image, which is the version of Argo Workflows.
    pub version: Option<String>,
    /// Number of desired pods.
    pub desired: i32,
    /// Number of ready pods.
    pub ready: i32,
    /// The only namespace that the controller manages; none for all.
    pub only: Option<String>,
}

/// A Workflow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastWorkflow {
    /// Name of the Workflow.
    pub name: String,
    /// Time at which the Workflow was created.
    pub made: Timestamp,
    /// Set if a controller has handled the Workflow.
    pub is_taken_up: bool,
}

impl Cluster {
    /// Searches for workflow controllers in all namespaces that the user may read.
    pub async fn controllers(&self) -> Result<Sightings, ClusterError> {
        let deployments = self.deployments().await?;
        let mut seen = Sightings {
            deployments,
            ..Sightings::default()
        };
        if seen.deployments.as_ref().is_none_or(Vec::is_empty) {
            let (renewed, last) = futures::join!(self.lease(), self.last_workflow());
            (seen.renewed, seen.last) = (renewed?, last?);
        }
        Ok(seen)
    }

    async fn deployments(&self) -> Result<Option<Vec<Controller>>, ClusterError> {
        let places: Vec<Api<Deployment>> = vec![
            Api::all(self.client.clone()),
            Api::namespaced(self.client.clone(), &self.namespace),
            Api::namespaced(self.client.clone(), USUAL_NAMESPACE),
        ];
        let mut found: Option<Vec<Controller>> = None;
        for (at, api) in places.iter().enumerate() {
            let questions = LABELS.map(|labels| {
                let desired = ListParams::default().labels(labels);
                async move { api.list(&desired).await }
            });
            let mut may_look = false;
            for answer in join_all(questions).await {
                let Some(list) = self.unless_forbidden(answer)? else {
                    continue;
                };
                may_look = true;
                let known = found.get_or_insert_default();
                for deployment in list.items {
                    let controller = Controller::of(&deployment);
                    if !known.contains(&controller) {
                        known.push(controller);
                    }
                }
            }
            if at == 0 && may_look {
                break;
            }
        }
        Ok(found)
    }

    async fn lease(&self) -> Result<Option<Timestamp>, ClusterError> {
        let mut latest = None;
        for namespace in [self.namespace.as_str(), USUAL_NAMESPACE] {
            let api: Api<Lease> = Api::namespaced(self.client.clone(), namespace);
            let lease = self.unless_forbidden(api.get_opt(NAME).await)?.flatten();
            let renewed = lease.and_then(|lease| lease.spec?.renew_time);
            latest = latest.max(renewed.map(|renewed| renewed.0));
        }
        Ok(latest)
    }

    async fn last_workflow(&self) -> Result<Option<LastWorkflow>, ClusterError> {
        let api: Api<DynamicObject> = self.objects(Object::Workflow);
        let list = api.list_metadata(&ListParams::default()).await;
        let Some(list) = self.unless_forbidden(list)? else {
            return Ok(None);
        };
        let all = list.items.into_iter().filter_map(|object| {
            let labels = object.metadata.labels.unwrap_or_default();
            Some(LastWorkflow {
                name: object.metadata.name?,
                made: object.metadata.creation_timestamp?.0,
                is_taken_up: labels.contains_key(PHASE),
            })
        });
        Ok(all.max_by_key(|workflow| workflow.made))
    }
}

impl Controller {
    fn of(deployment: &Deployment) -> Self {
        let spec = deployment.spec.as_ref();
        let pod = spec.and_then(|spec| spec.template.spec.as_ref());
        let containers = pod.map(|pod| pod.containers.as_slice()).unwrap_or_default();
        let words: Vec<&str> = containers
            .iter()
            .flat_map(|container| container.command.iter().chain(&container.args).flatten())
            .map(String::as_str)
            .collect();
        let image = containers
            .iter()
            .filter_map(|container| container.image.as_deref())
            .find(|image| image.contains(NAME));
        let namespace = deployment.metadata.namespace.clone().unwrap_or_default();
        let status = deployment.status.as_ref();
        Self {
            name: deployment.metadata.name.clone().unwrap_or_default(),
            version: image.and_then(version_in).map(str::to_owned),
            desired: spec.and_then(|spec| spec.replicas).unwrap_or(1),
            ready: status.and_then(|status| status.ready_replicas).unwrap_or(0),
            only: only(&words, &namespace),
            namespace,
        }
    }
}

/// The tag of an image.
fn version_in(image: &str) -> Option<&str> {
    let (name, _) = image.split_once('@').unwrap_or((image, ""));
    let (_, last) = name.rsplit_once('/').unwrap_or(("", name));
    Some(last.split_once(':')?.1)
}

/// The only namespace of a controller, from its arguments (`cmd/workflow-controller/main.go` of Argo Workflows 4.1.2):
/// `--managed-namespace`, or its own namespace with only `--namespaced`.
fn only(words: &[&str], own: &str) -> Option<String> {
    const MANAGED: &str = "--managed-namespace";
    let named = words.iter().enumerate().find_map(|(at, word)| {
        word.strip_prefix(MANAGED)
            .and_then(|rest| rest.strip_prefix('='))
            .or_else(|| {
                (*word == MANAGED)
                    .then(|| words.get(at + 1).copied())
                    .flatten()
            })
    });
    let is_namespaced = words.contains(&"--namespaced") || words.contains(&"--namespaced=true");
    let name = named.or_else(|| is_namespaced.then_some(own))?;
    (name.len() <= 63 && is_object_name(name)).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_the_tag_of_the_image() {
        for (image, version) in [
            (
                "quay.io/argoproj/workflow-controller:v4.1.2",
                Some("v4.1.2"),
            ),
            (
                "host:5000/workflow-controller:v3.6.0@sha256:12",
                Some("v3.6.0"),
            ),
            ("host:5000/workflow-controller", None),
        ] {
            assert_eq!(version_in(image), version, "{image}");
        }
    }

    #[test]
    fn a_controller_looks_after_all_namespaces_or_one() {
        for (words, expected) in [
            (vec!["--configmap", "x"], None),
            (vec!["--namespaced"], Some("own")),
            (vec!["--namespaced", "--managed-namespace", "a"], Some("a")),
            (vec!["--managed-namespace=b"], Some("b")),
            (vec!["--managed-namespace", "$(NAMESPACE)"], None),
        ] {
            assert_eq!(only(&words, "own").as_deref(), expected, "{words:?}");
        }
    }
}
