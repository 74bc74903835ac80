//! Greeting of an Argo Server: its version, and the user that it recognises.

use http::Method;
use serde_json::{Value, json};

use super::connection::ArgoServer;
use super::failure::ArgoServerError;
use crate::{Cluster, ClusterError, DryRun, Object};

/// Answer of an Argo Server to a known user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArgoServerGreeting {
    /// Version of the server, e.g. `v4.1.2`.
    pub version: String,
    /// The only namespace that the server manages; none if it manages all.
    pub managed_namespace: Option<String>,
    /// The user.
    pub user: User,
}

/// User that an Argo Server recognises.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct User {
    /// Name of the account, from its issuer.
    pub subject: Option<String>,
    /// Service account that acts for the user on the cluster: `NAMESPACE/NAME`.
    pub service_account: Option<String>,
}

impl Cluster {
    /// Asks the Argo Server for its version and the user; none for a direct connection.
    ///
    /// # Errors
    ///
    /// The server does not answer, does not know the user, or is no Argo Server.
    pub async fn greet_argo_server(&self) -> Result<Option<ArgoServerGreeting>, ClusterError> {
        match &self.argo_server {
            Some(server) => server.greet().await.map(Some),
            None => Ok(None),
        }
    }
}

impl Cluster {
    /// Tries harmless requests of most commands, because the server does not list permissions; returns the refusals.
    ///
    /// # Errors
    ///
    /// An error that affects every request.
    pub async fn refused_by_argo_server(&self) -> Result<Vec<ClusterError>, ClusterError> {
        const NOTHING: &str = "argo-kedro/doctor=nothing";
        let manifest = json!({
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": Object::Workflow.kind(),
            "metadata": {"generateName": "argo-kedro-doctor-"},
            "spec": {"entrypoint": "none", "templates": [{"name": "none", "suspend": {}}]},
        });
        let (created, runs, schedules, templates) = futures::join!(
            self.create(Object::Workflow, &manifest, DryRun::Server),
            self.list_of(Object::Workflow, NOTHING),
            self.list_of(Object::CronWorkflow, NOTHING),
            self.read(Object::WorkflowTemplate, "argo-kedro-doctor"),
        );
        let answers = [
            created.map(drop),
            runs.map(drop),
            schedules.map(drop),
            templates.map(drop),
        ];
        let mut refused = Vec::new();
        for answer in answers {
            match answer {
                Ok(()) => {}
                Err(error @ ClusterError::Forbidden { .. }) => refused.push(error),
                Err(error) => return Err(error),
            }
        }
        Ok(refused)
    }
}

impl ArgoServer {
    async fn greet(&self) -> Result<ArgoServerGreeting, ClusterError> {
        let (version, info, user) = futures::join!(
            self.get("/api/v1/version"),
            self.get("/api/v1/info"),
            self.get("/api/v1/userinfo"),
        );
        let Some(version) = text(&version?, "version") else {
            let server = self.server.clone();
            let cause = "it does not say its version".to_owned();
            return Err(ArgoServerError::Other { server, cause }.into());
        };
        let user = user?;
        let account = text(&user, "serviceAccountName").map(|name| {
            match text(&user, "serviceAccountNamespace") {
                Some(namespace) => format!("{namespace}/{name}"),
                None => name,
            }
        });
        Ok(ArgoServerGreeting {
            version,
            managed_namespace: text(&info?, "managedNamespace"),
            user: User {
                subject: text(&user, "email").or_else(|| text(&user, "subject")),
                service_account: account,
            },
        })
    }

    /// Reads the only namespace that the server manages; none if it manages all.
    pub(super) async fn managed_namespace(&self) -> Result<Option<String>, ClusterError> {
        Ok(text(&self.get("/api/v1/info").await?, "managedNamespace"))
    }

    /// Requests information that belongs to no object.
    async fn get(&self, path: &str) -> Result<Value, ClusterError> {
        let answer = self.ask(&Method::GET, path, None).await;
        answer.map_err(
            |status| match ArgoServerError::carried(&status, &self.server) {
                Some(error) => error.into(),
                None => ClusterError::Api(status.message),
            },
        )
    }
}

fn text(answer: &Value, key: &str) -> Option<String> {
    let text = answer[key].as_str()?;
    (!text.is_empty()).then(|| text.to_owned())
}
