//! Asks a cluster, before anything is built, whether it can run a manifest.
//!
//! All questions are sent in parallel. A question that the user may not ask leads to no finding: the run itself will
//! tell.

use argo::quantity::QuantityError;
use k8s_openapi::api::storage::v1::StorageClass;
use kube::Api;
use kube::api::ListParams;

use diagnostic::{Diagnostic, Place, Subject};

use crate::error::ApiCall;
use crate::{ArgoServerError, Cluster, ClusterError, Object, Refused};
use argo::needs::MachineNeed;
use argo::needs::Needs;

/// Resource of Argo that every version since 3.6 has, and none before.
const NEW_ENOUGH: &str = "workflowtaskresults";

/// Advice on how to give a container the amounts that a quota counts.
pub fn how_to_give_amounts(is_argos: bool) -> &'static str {
    if is_argos {
        "ask for a LimitRange with `default` and `defaultRequest` in the namespace, or for `executor.resources` in the \
         settings of the workflow controller; or give them in argo.yml: patches: {pods: {initContainers: [{name: init, \
         resources: …}], containers: [{name: wait, resources: …}]}}"
    } else {
        "give the container `resources` with requests and limits, or ask for a LimitRange with `default` and \
         `defaultRequest` in the namespace"
    }
}

impl Cluster {
    /// Finds everything that prevents an object with these needs from running here.
    ///
    /// An error is one that affects every question: no connection, no valid user, no Argo.
    pub async fn preflight(
        &self,
        object: Object,
        needs: &Needs,
    ) -> Result<Vec<Diagnostic>, ClusterError> {
        self.check_argo().await?;
        let (permissions, namespace, of_pods, needs) = futures::join!(
            self.check_permissions(object),
            self.check_namespace(),
            self.check_pods(&needs.reporters),
            self.check_needs(needs),
        );
        let namespace = namespace?;
        // Accounts of a missing namespace have no permissions, which is no extra finding.
        let of_pods = if namespace.is_empty() {
            of_pods?
        } else {
            Vec::new()
        };
        Ok([permissions?, namespace, of_pods, needs?].concat())
    }

    /// Finds the needs of a run that the cluster lacks: enough if the run already exists.
    pub async fn check_needs(&self, needs: &Needs) -> Result<Vec<Diagnostic>, ClusterError> {
        let (objects, storage, machines, limits) = futures::join!(
            self.check_objects(needs),
            self.check_storage(needs),
            self.check_machines(&needs.machines),
            Box::pin(self.check_limits(&needs.machines)),
        );
        Ok([objects?, storage?, machines?, limits?].concat())
    }

    /// Checks that the API server knows Argo's kinds, in a new enough version.
    pub async fn check_argo(&self) -> Result<(), ClusterError> {
        if self.greet_argo_server().await?.is_some() {
            return Ok(());
        }
        let asked = self.api_call("list", Object::Workflow, "");
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
        Ok(match self.has_namespace().await? {
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
        let looked = self.look_for(needs).await?;
        Ok(looked
            .iter()
            .filter_map(|object| object.diagnostic(&self.namespace, needs))
            .collect())
    }

    /// Checks storage classes. Manually created volumes may also use the name of a class, so a missing class is not
    /// surely wrong.
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
        let Some(nodes) = self.nodes().await? else {
            return Ok(Vec::new());
        };
        Ok(machines
            .iter()
            .filter_map(|need| {
                if let Some(error) = need.unreadable.first() {
                    return Some(unreadable(need, error));
                }
                let reason = nodes.why_none_fits(need)?;
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

    /// Finds pods that the namespace never allows, however long a run waits.
    async fn check_limits(
        &self,
        machines: &[MachineNeed],
    ) -> Result<Vec<Diagnostic>, ClusterError> {
        let Some(limits) = self.limits().await? else {
            return Ok(Vec::new());
        };
        let refused = machines.iter().filter_map(|need| {
            let template = &need.template;
            let message = |reason: &str| {
                format!(
                    "the namespace `{}` never allows a pod of the template `{template}`: {reason}",
                    self.namespace
                )
            };
            let found = match limits.why_refused(need)? {
                // The unknown settings of the controller may provide the amount.
                Refused::Lacks {
                    is_certain: false, ..
                }
                | Refused::Now(_) => return None,
                Refused::Always(reason) => Diagnostic::error("over-limit", message(&reason))
                    .help("use a smaller machine type in argo.yml, or ask for a higher limit"),
                Refused::Lacks {
                    reason, is_argos, ..
                } => Diagnostic::error("missing-amount", message(&reason))
                    .help(how_to_give_amounts(is_argos)),
            };
            Some(found.at(Place::of(Subject::Template(template.clone()))))
        });
        Ok(refused.collect())
    }

    /// Turns a refusal into `None`, since the answer is unknown then.
    pub(crate) fn unless_forbidden<T>(
        &self,
        answer: Result<T, kube::Error>,
    ) -> Result<Option<T>, ClusterError> {
        match answer {
            Ok(answer) => Ok(Some(answer)),
            Err(kube::Error::Api(status))
                if status.is_forbidden() || ArgoServerError::is_not_offered(&status) =>
            {
                Ok(None)
            }
            Err(error) => {
                let asked = ApiCall {
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
}

/// Finding for an amount that the cluster will refuse.
fn unreadable(need: &MachineNeed, error: &QuantityError) -> Diagnostic {
    let template = &need.template;
    Diagnostic::error(
        "invalid-quantity",
        format!("the tasks of the template `{template}` cannot start: {error}"),
    )
    .at(Place::of(Subject::Template(template.clone())))
    .help("write for example `500m` or `4Gi`")
}

/// Says whether claims without a class get this one.
fn is_default(class: &StorageClass) -> bool {
    let annotations = class.metadata.annotations.as_ref();
    let annotation = annotations
        .and_then(|annotations| annotations.get("storageclass.kubernetes.io/is-default-class"));
    annotation.is_some_and(|text| text == "true")
}
