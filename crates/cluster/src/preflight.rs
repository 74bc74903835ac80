//! Asks a cluster, before anything is built, whether it can take a manifest.
//!
//! All questions go out at once. One that the user may not ask is no finding: it is left to
//! the run to say.

use std::collections::BTreeSet;

use futures::future::join_all;
use k8s_openapi::api::core::v1::{
    ConfigMap, Namespace, Node, PersistentVolumeClaim, Secret, ServiceAccount,
};
use k8s_openapi::api::scheduling::v1::PriorityClass;
use k8s_openapi::api::storage::v1::StorageClass;
use kube::Api;
use kube::api::ListParams;

use diagnostic::{Diagnostic, Place, Subject};

use crate::error::Asked;
use crate::needs::MachineNeed;
use crate::nodes::Room;
use crate::{Cluster, ClusterError, Needs, Object};

/// A resource of Argo's that every version since 3.6 has, and none before.
const NEW_ENOUGH: &str = "workflowtaskresults";

impl Cluster {
    /// Everything that stands in the way of an object that needs so much here.
    ///
    /// An error is one that no question gets past: no connection, no valid user, no Argo.
    pub async fn preflight(
        &self,
        object: Object,
        needs: &Needs,
    ) -> Result<Vec<Diagnostic>, ClusterError> {
        self.check_argo().await?;
        let (permissions, namespace, needs) = futures::join!(
            self.check_permissions(object),
            self.check_namespace(),
            self.check_needs(needs),
        );
        Ok([permissions?, namespace?, needs?].concat())
    }

    /// What the cluster lacks of what a run needs: enough to ask where the run is there already.
    pub async fn check_needs(&self, needs: &Needs) -> Result<Vec<Diagnostic>, ClusterError> {
        let (objects, storage, machines) = futures::join!(
            self.check_objects(needs),
            self.check_storage(needs),
            self.check_machines(&needs.machines),
        );
        Ok([objects?, storage?, machines?].concat())
    }

    /// Whether the API server knows Argo's kinds.
    async fn check_argo(&self) -> Result<(), ClusterError> {
        let asked = self.asking("list", Object::Workflow, "");
        let known = self
            .client
            .list_api_group_resources("argoproj.io/v1alpha1")
            .await
            .map_err(|error| asked.failed(error))?;
        let has = |name: &str| known.resources.iter().any(|resource| resource.name == name);
        if !has(Object::Workflow.plural()) {
            return Err(ClusterError::NoArgo(Object::Workflow.resource().to_owned()));
        }
        if !has(NEW_ENOUGH) {
            return Err(ClusterError::NoArgo(format!(
                "{NEW_ENOUGH}.argoproj.io, so its Argo Workflows is older than 3.6"
            )));
        }
        Ok(())
    }

    async fn check_namespace(&self) -> Result<Vec<Diagnostic>, ClusterError> {
        let api: Api<Namespace> = Api::all(self.client.clone());
        let found = api.get_metadata_opt(&self.namespace).await;
        let found = self.unless_forbidden(found.map(|found| found.is_some()))?;
        Ok(match found {
            Some(false) => vec![
                Diagnostic::error(
                    "missing-namespace",
                    format!("the cluster has no namespace `{}`", self.namespace),
                )
                .help("set `namespace` in argo.yml, or name another one: --namespace NAME"),
            ],
            _ => Vec::new(),
        })
    }

    async fn check_objects(&self, needs: &Needs) -> Result<Vec<Diagnostic>, ClusterError> {
        let accounts = join_all(needs.service_accounts.iter().map(|name| async move {
            let api: Api<ServiceAccount> = Api::namespaced(self.client.clone(), &self.namespace);
            let found = api.get_metadata_opt(name).await;
            let found = self.unless_forbidden(found.map(|found| found.is_some()))?;
            Ok::<_, ClusterError>(self.missing(
                found,
                "service account",
                name,
                "missing-service-account",
            ))
        }));
        let claims = join_all(needs.claims.iter().map(|name| async move {
            let api: Api<PersistentVolumeClaim> =
                Api::namespaced(self.client.clone(), &self.namespace);
            let found = api.get_metadata_opt(name).await;
            let found = self.unless_forbidden(found.map(|found| found.is_some()))?;
            Ok::<_, ClusterError>(self.missing(
                found,
                "persistent volume claim",
                name,
                "missing-volume-claim",
            ))
        }));
        let priorities = join_all(needs.priority_classes.iter().map(|name| async move {
            let api: Api<PriorityClass> = Api::all(self.client.clone());
            let found = api.get_metadata_opt(name).await;
            let found = self.unless_forbidden(found.map(|found| found.is_some()))?;
            Ok::<_, ClusterError>((found == Some(false)).then(|| {
                let message = format!("the cluster has no priority class `{name}`");
                Diagnostic::error("missing-priority-class", message)
                    .help("set another one in argo.yml; to see them: kubectl get priorityclasses")
            }))
        }));
        let secrets = join_all(needs.secrets.iter().map(|(name, keys)| async move {
            let api: Api<Secret> = Api::namespaced(self.client.clone(), &self.namespace);
            // The keys are looked at and the texts are dropped at once.
            let found = api.get_opt(name).await.map(|found| {
                found.map(|secret| secret.data.unwrap_or_default().into_keys().collect())
            });
            let found = self.unless_forbidden(found)?;
            Ok::<_, ClusterError>(
                found.and_then(|there| self.missing_keys(there, "secret", name, keys)),
            )
        }));
        let maps = join_all(needs.config_maps.iter().map(|(name, keys)| async move {
            let api: Api<ConfigMap> = Api::namespaced(self.client.clone(), &self.namespace);
            let found = api.get_opt(name).await.map(|found| {
                found.map(|map| {
                    let texts = map.data.unwrap_or_default().into_keys();
                    let bytes = map.binary_data.unwrap_or_default().into_keys();
                    texts.chain(bytes).collect()
                })
            });
            let found = self.unless_forbidden(found)?;
            Ok::<_, ClusterError>(
                found.and_then(|there| self.missing_keys(there, "config map", name, keys)),
            )
        }));
        let (accounts, claims, priorities, secrets, maps) =
            futures::join!(accounts, claims, priorities, secrets, maps);
        let mut findings = Vec::new();
        for found in accounts
            .into_iter()
            .chain(claims)
            .chain(priorities)
            .chain(secrets)
            .chain(maps)
        {
            findings.extend(found?);
        }
        Ok(findings)
    }

    /// A class may be the name that volumes made by hand go by, so none of it is not wrong
    /// for certain.
    async fn check_storage(&self, needs: &Needs) -> Result<Vec<Diagnostic>, ClusterError> {
        if needs.storage_classes.is_empty() {
            return Ok(Vec::new());
        }
        let api: Api<StorageClass> = Api::all(self.client.clone());
        let classes = api.list(&ListParams::default()).await;
        let Some(classes) = self.unless_forbidden(classes)? else {
            return Ok(Vec::new());
        };
        let missing = needs.storage_classes.iter().filter_map(|name| {
            let is_there = classes.iter().any(|class| match name {
                Some(name) => class.metadata.name.as_ref() == Some(name),
                None => is_default(class),
            });
            let what = match name {
                Some(name) => format!("storage class `{name}`"),
                None => "default storage class".to_owned(),
            };
            (!is_there).then(|| {
                Diagnostic::warning(
                    "missing-storage-class",
                    format!("the cluster has no {what}, which the volumes of the pods need"),
                )
                .help(
                    "set one in argo.yml (`storage_class`); to see them: kubectl get storageclasses; ignore this if \
                     somebody creates such volumes by hand",
                )
            })
        });
        Ok(missing.collect())
    }

    async fn check_machines(
        &self,
        machines: &[MachineNeed],
    ) -> Result<Vec<Diagnostic>, ClusterError> {
        let api: Api<Node> = Api::all(self.client.clone());
        let nodes = api.list(&ListParams::default()).await;
        let Some(nodes) = self.unless_forbidden(nodes)? else {
            return Ok(Vec::new());
        };
        let rooms: Vec<Room> = nodes.items.iter().map(Room::of).collect();
        Ok(machines
            .iter()
            .filter_map(|need| {
                let reason = Room::why_none_fits(&rooms, need)?;
                Some(
                    Diagnostic::warning(
                        "no-node-fits",
                        format!(
                            "no node of the cluster can run the tasks of the template `{}` now: {reason}",
                            need.template
                        ),
                    )
                    .at(Place::of(Subject::Template(need.template.clone())))
                    .help(
                        "ignore this if the cluster adds such nodes automatically; otherwise change the machine \
                         type in argo.yml",
                    ),
                )
            })
            .collect())
    }

    /// What the user may not ask is not known: `None`.
    fn unless_forbidden<T>(
        &self,
        answer: Result<T, kube::Error>,
    ) -> Result<Option<T>, ClusterError> {
        match answer {
            Ok(answer) => Ok(Some(answer)),
            Err(kube::Error::Api(status)) if status.is_forbidden() => Ok(None),
            Err(error) => {
                let asked = Asked {
                    verb: "get",
                    kind: "object",
                    resource: "objects",
                    name: "",
                    namespace: &self.namespace,
                    server: &self.server,
                };
                Err(asked.failed(error))
            }
        }
    }

    fn missing(
        &self,
        found: Option<bool>,
        kind: &str,
        name: &str,
        code: &'static str,
    ) -> Option<Diagnostic> {
        (found == Some(false)).then(|| {
            Diagnostic::error(
                code,
                format!(
                    "there is no {kind} `{name}` in the namespace `{}`",
                    self.namespace
                ),
            )
            .help(format!("create it, or set another {kind} in argo.yml"))
        })
    }

    fn missing_keys(
        &self,
        found: Option<BTreeSet<String>>,
        kind: &str,
        name: &str,
        keys: &BTreeSet<String>,
    ) -> Option<Diagnostic> {
        let code = if kind == "secret" {
            "missing-secret"
        } else {
            "missing-config-map"
        };
        let Some(there) = found else {
            return self.missing(Some(false), kind, name, code);
        };
        let gone: Vec<String> = keys
            .difference(&there)
            .map(|key| format!("`{key}`"))
            .collect();
        (!gone.is_empty()).then(|| {
            Diagnostic::error(
                code,
                format!(
                    "the {kind} `{name}` in the namespace `{}` has no key {}",
                    self.namespace,
                    gone.join(", ")
                ),
            )
            .help(format!(
                "add it, or set another key of the {kind} in argo.yml"
            ))
        })
    }
}

/// Whether claims that name no class get this one.
fn is_default(class: &StorageClass) -> bool {
    let annotations = class.metadata.annotations.as_ref();
    let annotation = annotations
        .and_then(|annotations| annotations.get("storageclass.kubernetes.io/is-default-class"));
    annotation.is_some_and(|text| text == "true")
}
