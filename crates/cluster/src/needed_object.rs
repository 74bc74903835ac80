//! Search for the objects that a manifest names.

use std::collections::BTreeSet;

use diagnostic::Diagnostic;
use futures::future::join_all;
use k8s_openapi::api::core::v1::{
    ConfigMap, Namespace, PersistentVolumeClaim, Secret, ServiceAccount,
};
use k8s_openapi::api::scheduling::v1::PriorityClass;
use kube::Api;

use crate::{Cluster, ClusterError};
use argo::needs::{self, Needs};

/// Possible keys of a pull secret: its type decides which.
const PULL_KEYS: [&str; 2] = [".dockerconfigjson", ".dockercfg"];

/// An object that a manifest names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NeededObject {
    /// Kind of the object.
    pub kind: NeededObjectKind,
    /// Name of the object.
    pub name: String,
    /// Keys that are read, for a kind with keys.
    pub keys: Vec<String>,
    /// Result of the search.
    pub presence: Presence,
}

/// Kind of an object of a cluster that a manifest names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NeededObjectKind {
    /// Service account of the pods.
    ServiceAccount,
    /// Persistent volume claim.
    VolumeClaim,
    /// Priority class, which belongs to the whole cluster.
    PriorityClass,
    /// A secret.
    Secret,
    /// Secret for pulling images.
    PullSecret,
    /// A config map.
    ConfigMap,
}

/// Result of the search for an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Presence {
    /// The object exists, with all keys.
    There,
    /// The object does not exist.
    Missing,
    /// The object exists, but lacks these keys.
    WithoutKeys(Vec<String>),
    /// The user may not read the object.
    Unseen,
}

impl NeededObjectKind {
    /// Description of the kind for people.
    pub fn description(self) -> &'static str {
        match self {
            Self::ServiceAccount => "service account",
            Self::VolumeClaim => "persistent volume claim",
            Self::PriorityClass => "priority class",
            Self::Secret | Self::PullSecret => "secret",
            Self::ConfigMap => "config map",
        }
    }

    /// Name of the kind in Kubernetes.
    fn of_kubernetes(self) -> &'static str {
        match self {
            Self::ServiceAccount => needs::SERVICE_ACCOUNT,
            Self::VolumeClaim => needs::VOLUME_CLAIM,
            Self::PriorityClass => needs::PRIORITY_CLASS,
            Self::Secret | Self::PullSecret => needs::SECRET,
            Self::ConfigMap => needs::CONFIG_MAP,
        }
    }

    fn code(self) -> &'static str {
        match self {
            Self::ServiceAccount => "missing-service-account",
            Self::VolumeClaim => "missing-volume-claim",
            Self::PriorityClass => "missing-priority-class",
            Self::Secret | Self::PullSecret => "missing-secret",
            Self::ConfigMap => "missing-config-map",
        }
    }
}

impl NeededObject {
    fn new(kind: NeededObjectKind, name: &str, presence: Presence) -> Self {
        Self {
            kind,
            name: name.to_owned(),
            keys: Vec::new(),
            presence,
        }
    }

    fn with_keys(self, keys: &BTreeSet<String>) -> Self {
        Self {
            keys: keys.iter().cloned().collect(),
            ..self
        }
    }

    /// Finding about an object that a run needs, at the field that names it, if something is wrong with the object. If
    /// the user may not read it, only the run can tell.
    pub(crate) fn diagnostic(&self, namespace: &str, needs: &Needs) -> Option<Diagnostic> {
        let mut finding = self.finding(namespace)?;
        let field = needs.field(self.kind.of_kubernetes(), &self.name);
        finding.place.path = field.map(str::to_owned);
        Some(finding)
    }

    fn finding(&self, namespace: &str) -> Option<Diagnostic> {
        let Self {
            kind,
            name,
            presence,
            ..
        } = self;
        let (code, what) = (kind.code(), kind.description());
        match (kind, presence) {
            // Pods can start with a pull secret that lacks its key; only the kubelet knows whether they need it.
            (_, Presence::There | Presence::Unseen)
            | (NeededObjectKind::PullSecret, Presence::WithoutKeys(_)) => None,
            (NeededObjectKind::PriorityClass, _) => Some(
                Diagnostic::error(code, format!("the cluster has no priority class `{name}`"))
                    .help("set another one in argo.yml; to see them: kubectl get priorityclasses"),
            ),
            (_, Presence::Missing) => Some(
                Diagnostic::error(
                    code,
                    format!("there is no {what} `{name}` in the namespace `{namespace}`"),
                )
                .help(format!("create it, or set another {what} in argo.yml")),
            ),
            (_, Presence::WithoutKeys(keys)) => {
                let keys: Vec<String> = keys.iter().map(|key| format!("`{key}`")).collect();
                Some(
                    Diagnostic::error(
                        code,
                        format!(
                            "the {what} `{name}` in the namespace `{namespace}` has no key {}",
                            keys.join(", ")
                        ),
                    )
                    .help(format!(
                        "add it, or set another key of the {what} in argo.yml"
                    )),
                )
            }
        }
    }
}

impl Cluster {
    /// Says whether the cluster has the namespace; `None` if the user may not read it.
    pub async fn has_namespace(&self) -> Result<Option<bool>, ClusterError> {
        let api: Api<Namespace> = Api::all(self.client.clone());
        let found = api.get_metadata_opt(&self.namespace).await;
        self.unless_forbidden(found.map(|found| found.is_some()))
    }

    /// Searches for every object that a manifest names, in parallel.
    pub async fn look_for(&self, needs: &Needs) -> Result<Vec<NeededObject>, ClusterError> {
        let accounts = join_all(needs.service_accounts.iter().map(|name| async move {
            let api: Api<ServiceAccount> = Api::namespaced(self.client.clone(), &self.namespace);
            let found = api.get_metadata_opt(name).await;
            self.needed_object(NeededObjectKind::ServiceAccount, name, found)
        }));
        let claims = join_all(needs.claims.iter().map(|name| async move {
            let api: Api<PersistentVolumeClaim> =
                Api::namespaced(self.client.clone(), &self.namespace);
            let found = api.get_metadata_opt(name).await;
            self.needed_object(NeededObjectKind::VolumeClaim, name, found)
        }));
        let priorities = join_all(needs.priority_classes.iter().map(|name| async move {
            let api: Api<PriorityClass> = Api::all(self.client.clone());
            let found = api.get_metadata_opt(name).await;
            self.needed_object(NeededObjectKind::PriorityClass, name, found)
        }));
        let secrets = join_all(needs.secrets.iter().map(|(name, keys)| async move {
            let api: Api<Secret> = Api::namespaced(self.client.clone(), &self.namespace);
            // Keep only the keys, and drop the secret texts at once.
            let found = api.get_opt(name).await.map(|found| {
                found.map(|secret| secret.data.unwrap_or_default().into_keys().collect())
            });
            let presence = self.unless_forbidden(found)?;
            Ok::<_, ClusterError>(match presence {
                None => NeededObject::new(NeededObjectKind::Secret, name, Presence::Unseen),
                Some(there) if needs.pull_secrets.contains(name) => NeededObject::new(
                    NeededObjectKind::PullSecret,
                    name,
                    pull_secret(there.as_ref()),
                ),
                Some(there) => {
                    let presence = with_keys(there.as_ref(), keys);
                    NeededObject::new(NeededObjectKind::Secret, name, presence).with_keys(keys)
                }
            })
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
            let presence = match self.unless_forbidden(found)? {
                None => Presence::Unseen,
                Some(there) => with_keys(there.as_ref(), keys),
            };
            let object =
                NeededObject::new(NeededObjectKind::ConfigMap, name, presence).with_keys(keys);
            Ok::<_, ClusterError>(object)
        }));
        let (accounts, claims, priorities, secrets, maps) =
            futures::join!(accounts, claims, priorities, secrets, maps);
        accounts
            .into_iter()
            .chain(claims)
            .chain(priorities)
            .chain(secrets)
            .chain(maps)
            .collect()
    }

    fn needed_object<T>(
        &self,
        kind: NeededObjectKind,
        name: &str,
        answer: Result<Option<T>, kube::Error>,
    ) -> Result<NeededObject, ClusterError> {
        let presence = match self.unless_forbidden(answer)? {
            Some(Some(_)) => Presence::There,
            Some(None) => Presence::Missing,
            None => Presence::Unseen,
        };
        Ok(NeededObject::new(kind, name, presence))
    }
}

/// Result of the search for an object with keys.
fn with_keys(there: Option<&BTreeSet<String>>, keys: &BTreeSet<String>) -> Presence {
    let Some(there) = there else {
        return Presence::Missing;
    };
    let gone: Vec<String> = keys.difference(there).cloned().collect();
    if gone.is_empty() {
        Presence::There
    } else {
        Presence::WithoutKeys(gone)
    }
}

/// Result of the search for a pull secret, which has one of two keys.
fn pull_secret(there: Option<&BTreeSet<String>>) -> Presence {
    match there {
        None => Presence::Missing,
        Some(keys) if PULL_KEYS.iter().any(|key| keys.contains(*key)) => Presence::There,
        Some(_) => Presence::WithoutKeys(vec![PULL_KEYS[0].to_owned()]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(keys: &[&str]) -> BTreeSet<String> {
        keys.iter().map(|key| (*key).to_owned()).collect()
    }

    #[test]
    fn a_secret_has_its_keys_or_lacks_some() {
        let wanted = keys(&["a", "b"]);
        for (there, expected) in [
            (None, Presence::Missing),
            (Some(keys(&["a", "b", "c"])), Presence::There),
            (
                Some(keys(&["b"])),
                Presence::WithoutKeys(vec!["a".to_owned()]),
            ),
        ] {
            assert_eq!(with_keys(there.as_ref(), &wanted), expected);
        }
    }

    #[test]
    fn a_secret_for_pulls_has_the_key_of_its_type() {
        let of = |names: &[&str]| pull_secret(Some(&keys(names)));
        assert_eq!(of(&[".dockerconfigjson"]), Presence::There);
        assert_eq!(of(&[".dockercfg"]), Presence::There);
        assert!(matches!(of(&["password"]), Presence::WithoutKeys(_)));
        assert_eq!(pull_secret(None), Presence::Missing);
    }
}
