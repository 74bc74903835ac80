//! Makes objects from manifests, and reads them whole.

use kube::api::{DynamicObject, ListParams};
use serde_json::{Value, json};

use crate::error::ApiCall;
use crate::{Cluster, ClusterError, Object};

/// Says whether something is made, or only asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DryRun {
    /// The object is made.
    No,
    /// The API server says whether it would take it.
    Server,
}

/// An object that was made.
#[derive(Debug, Clone, PartialEq)]
pub struct Created {
    /// The name it was given.
    pub name: String,
    /// Unique id of the object.
    pub uid: String,
    /// The object as the API server has it.
    pub object: Value,
}

impl Cluster {
    /// Makes an object. Unknown fields are refused rather than dropped.
    pub async fn create(
        &self,
        object: Object,
        manifest: &Value,
        dry_run: DryRun,
    ) -> Result<Created, ClusterError> {
        self.send(http::Method::POST, object, manifest, dry_run)
            .await
    }

    /// Writes an object over the one of its name, if that is still the version that the
    /// manifest names.
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
        // Of what is not made, nothing has to be found again.
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

    /// Says whether the API server refuses fields that Argo does not know: with Argo's minimal CRDs it takes all. None
    /// where the user may not create Workflows, so that it does not say. Nothing is made.
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

    /// Reads an object whole; none if it is not there.
    pub async fn read(&self, object: Object, name: &str) -> Result<Option<Value>, ClusterError> {
        let asked = self.api_call("get", object, name);
        let found = self
            .objects(object)
            .get_opt(name)
            .await
            .map_err(|error| asked.failed(error))?;
        found.map(json).transpose()
    }

    /// Reads the Workflows of the namespace that argo-kedro made, with their status, in one
    /// call.
    pub async fn list(&self) -> Result<Vec<Value>, ClusterError> {
        self.list_of(Object::Workflow, "app.kubernetes.io/managed-by=argo-kedro")
            .await
    }

    /// Reads the objects of the namespace that a label selector finds, in one call.
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
