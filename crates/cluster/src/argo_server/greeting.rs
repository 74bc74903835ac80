//! Greeting of an Argo Server: its version, and the user as it knows them.

use http::Method;
use serde_json::{Value, json};

use super::connection::ArgoServer;
use super::failure::ArgoServerError;
use crate::{Cluster, ClusterError, DryRun, Object};

/// Answer of an Argo Server to a user that it knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArgoServerGreeting {
    /// Version of the server, e.g. `v4.1.2`.
    pub version: String,
    /// The only namespace that it manages; none if it manages all.
    pub managed_namespace: Option<String>,
    /// The user.
    pub user: User,
}

/// Whom an Argo Server takes its user for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct User {
    /// The name of the account, as its issuer says it.
    pub subject: Option<String>,
    /// The service account that asks the cluster in the user's stead: `NAMESPACE/NAME`.
    pub service_account: Option<String>,
}

impl Cluster {
    /// Asks the Argo Server who it is and who we are; none where the way is another.
    ///
    /// # Errors
    ///
    /// It does not answer, it does not know us, or it is not one.
    pub async fn greet_argo_server(&self) -> Result<Option<ArgoServerGreeting>, ClusterError> {
        match &self.argo_server {
            Some(server) => server.greet().await.map(Some),
            None => Ok(None),
        }
    }
}

impl Cluster {
    /// Tries what most commands do and what changes nothing, since the server does not say what a user may do; gives what it
    /// refuses.
    ///
    /// # Errors
    ///
    /// One that no question gets past.
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

    /// The only namespace that the server manages; none if it manages all.
    pub(super) async fn managed_namespace(&self) -> Result<Option<String>, ClusterError> {
        Ok(text(&self.get("/api/v1/info").await?, "managedNamespace"))
    }

    /// Asks for what is of no object.
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
