//! Creates objects from manifests, and reads whole objects.

use kube::api::{DynamicObject, ListParams};
use serde_json::{Value, json};

use crate::error::ApiCall;
use crate::{Cluster, ClusterError, Object};

/// Mode of a creation: for real, or as a dry run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DryRun {
    /// The object is created.
    No,
    /// The API server only says whether it would accept the object.
    Server,
}

/// Created object.
#[derive(Debug, Clone, PartialEq)]
pub struct Created {
    /// Name that the object got.
    pub name: String,
    /// Unique id of the object.
    pub uid: String,
    /// Object as on the API server.
    pub object: Value,
}

impl Cluster {
    /// Creates an object. The server refuses unknown fields instead of dropping them.
    pub async fn create(
        &self,
        object: Object,
        manifest: &Value,
        dry_run: DryRun,
    ) -> Result<Created, ClusterError> {
        self.send(http::Method::POST, object, manifest, dry_run)
            .await
    }

    /// Replaces the object of the same name, if its version is still the one in the manifest.
    pub(crate) async fn replace(
        &self,
        object: Object,
        manifest: &Value,
        dry_run: DryRun,
    ) -> Result<Created, ClusterError> {
        self.send(http::Method::PUT, object, manifest, dry_run)
            .await
    }

    async fn send(
        &self,
        method: http::Method,
        object: Object,
        manifest: &Value,
        dry_run: DryRun,
    ) -> Result<Created, ClusterError> {
        let name = manifest["metadata"]["name"].as_str().unwrap_or_default();
        let (verb, path) = match method {
            http::Method::PUT => ("update", format!("/{name}")),
            _ => ("create", String::new()),
        };
        let asked = self.api_call(verb, object, name);
        let mut url = format!(
            "/apis/argoproj.io/v1alpha1/namespaces/{}/{}{path}?fieldManager=argo-kedro&fieldValidation=Strict",
            self.namespace,
            object.plural()
        );
        if dry_run == DryRun::Server {
            url.push_str("&dryRun=All");
        }
        let body =
            serde_json::to_vec(manifest).map_err(|error| ClusterError::Api(error.to_string()))?;
        let request = http::Request::builder()
            .method(method)
            .uri(url)
            .header(http::header::CONTENT_TYPE, "application/json")
            .body(body)
            .map_err(|error| ClusterError::Api(error.to_string()))?;
        let made: Value = self
            .client
            .request(request)
            .await
            .map_err(|error| asked.failed(error))?;
        let text = |field: &str| made["metadata"][field].as_str().map(str::to_owned);
        // A dry run creates no object, so its name and id may be missing.
        let needed = |field: &str| match text(field) {
            Some(text) if !text.is_empty() => Ok(text),
            _ if dry_run == DryRun::Server => Ok(String::new()),
            _ => Err(ClusterError::Api(format!(
                "the answer to a request to {verb} a {} has no `metadata.{field}`",
                object.kind()
            ))),
        };
        Ok(Created {
            name: needed("name")?,
            uid: needed("uid")?,
            object: made,
        })
    }

    /// Says whether the API server refuses fields that Argo does not know: with Argo's minimal CRDs it accepts all.
    /// None if the user may not create Workflows, because the server does not tell then. Creates nothing.
    pub async fn checks_fields(&self) -> Result<Option<bool>, ClusterError> {
        let manifest = json!({
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": Object::Workflow.kind(),
            "metadata": {"generateName": "argo-kedro-doctor-"},
            "spec": {
                "entrypoint": "none",
                "templates": [{"name": "none", "suspend": {"argoKedroDoctor": true}}],
            },
        });
        match self
            .create(Object::Workflow, &manifest, DryRun::Server)
            .await
        {
            Ok(_) => Ok(Some(false)),
            Err(ClusterError::Invalid(refusals)) => Ok(refusals
                .iter()
                .any(|refusal| {
                    format!("{} {}", refusal.field, refusal.message).contains("argoKedroDoctor")
                })
                .then_some(true)),
            Err(ClusterError::Forbidden { .. } | ClusterError::NoNamespace(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Reads a whole object; none if it does not exist.
    pub async fn read(&self, object: Object, name: &str) -> Result<Option<Value>, ClusterError> {
        let asked = self.api_call("get", object, name);
        let found = self
            .objects(object)
            .get_opt(name)
            .await
            .map_err(|error| asked.failed(error))?;
        found.map(json).transpose()
    }

    /// Reads the namespace's Workflows of argo-kedro, with their status, in one request.
    pub async fn list(&self) -> Result<Vec<Value>, ClusterError> {
        self.list_of(Object::Workflow, "app.kubernetes.io/managed-by=argo-kedro")
            .await
    }

    /// Reads the namespace's objects that match a label selector, in one request.
    pub async fn list_of(
        &self,
        object: Object,
        selector: &str,
    ) -> Result<Vec<Value>, ClusterError> {
        let asked = self.api_call("list", object, "");
        let found = self
            .objects(object)
            .list(&ListParams::default().labels(selector))
            .await
            .map_err(|error| asked.failed(error))?;
        found.items.into_iter().map(json).collect()
    }

    pub(crate) fn api_call<'a>(
        &'a self,
        verb: &'static str,
        object: Object,
        name: &'a str,
    ) -> ApiCall<'a> {
        ApiCall {
            verb,
            kind: object.kind(),
            resource: object.resource(),
            name,
            namespace: &self.namespace,
            server: &self.server,
        }
    }
}

fn json(object: DynamicObject) -> Result<Value, ClusterError> {
    serde_json::to_value(object).map_err(|error| ClusterError::Api(error.to_string()))
}
