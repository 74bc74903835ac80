//! Creates a run on a cluster. A note is written before the cluster is asked, and the Workflow carries the note's id:
//! a program that is killed in between, or that gets no answer, finds the run in the record the next time.

use cluster::{ArgoServerError, Cluster, ClusterError, Created, DryRun, Object};
use jiff::{SignedDuration, Timestamp};
use runs::Submission;
use serde_json::Value;
use uuid::Uuid;

use crate::error::CommandError;
use crate::record::recorder::Recorder;
use crate::record::store::Store;
use crate::remote::cluster_run::ClusterRun;
use crate::remote::connection::{Connection, place};
use crate::remote::recorded::ANNOTATION;
use crate::settings::Settings;
use crate::spine::Linted;
use crate::terminal::printer::Printer;

/// Time after which no request is under way any more.
const GIVEN_UP: SignedDuration = SignedDuration::from_mins(10);

/// Id of a submission, which the Workflow carries as an annotation before lint.
pub(crate) struct SubmissionId(String);

impl SubmissionId {
    /// New id, different from that of any other submission.
    pub(crate) fn new() -> Self {
        Self(Uuid::now_v7().to_string())
    }

    /// Annotation of a Workflow of this submission.
    pub(crate) fn annotation(&self) -> (String, String) {
        (ANNOTATION.to_owned(), self.0.clone())
    }

    /// Gives a Workflow the annotation.
    pub(crate) fn mark(&self, workflow: &mut Value) {
        workflow["metadata"]["annotations"][ANNOTATION] = self.0.clone().into();
    }
}

/// Workflow that is about to be created.
pub(crate) struct Announced {
    cluster: Cluster,
    workflow: Linted,
    id: SubmissionId,
    store: Store,
    printer: Printer,
}

impl Announced {
    /// Notes that `workflow` is about to be created, if there is a project for the note. A failed write is only a
    /// warning: the run matters more than its record. A name that a run on this machine has gets some more letters.
    ///
    /// # Arguments
    ///
    /// * `workflow`: The manifest, with the annotation of `id`.
    pub(crate) fn new(
        cluster: &Cluster,
        mut workflow: Linted,
        id: SubmissionId,
        settings: &Settings,
    ) -> Result<Self, CommandError> {
        let submission = Submission {
            id: id.0.clone(),
            place: place(cluster),
            at: Timestamp::now(),
        };
        let store = announce(&submission, settings).unwrap_or_else(|error| {
            let reason = error.in_one_line();
            settings.printer.important(&format!(
                "the history of this machine will not have the run: {reason}"
            ));
            Store::nowhere()
        });
        if let Ok(history) = store.history()
            && let Some(name) = workflow.name()
            && let Some(known) = history.run(name)?
            && known.cluster.is_none()
        {
            workflow = workflow.with_letters()?;
        }
        Ok(Self {
            cluster: cluster.clone(),
            workflow,
            id,
            store,
            printer: settings.printer,
        })
    }

    /// Creates the Workflow; a name that is taken gets some more letters.
    ///
    /// # Arguments
    ///
    /// * `explain`: Explains a refusal of the manifest.
    pub(crate) async fn create(
        &self,
        explain: impl FnOnce(ClusterError, &Linted) -> CommandError,
    ) -> Result<Created, CommandError> {
        create(&self.cluster, &self.workflow, DryRun::No)
            .await
            .map_err(|error| {
                if is_doubtful(&error) {
                    return explain(error, &self.workflow)
                        .hint("the Workflow may have been created; to check: {program} list");
                }
                if let Ok(history) = self.store.history() {
                    // If the note stays, a later look finds no Workflow and drops the note.
                    let _ = history.settle(&self.id.0);
                }
                explain(error, &self.workflow)
            })
    }

    /// Records the Workflow.
    ///
    /// # Arguments
    ///
    /// * `workflow`: Created Workflow, with the tasks that it runs.
    ///
    /// # Errors
    ///
    /// The metadata of the Workflow cannot be read. The note of the submission stays.
    pub(crate) fn adopt(self, workflow: &Value) -> Result<ClusterRun, CommandError> {
        let recorder = Recorder::new(self.store, self.printer);
        let run = ClusterRun::adopt(self.cluster, workflow, recorder, Some(&self.id.0));
        run.map_err(|error| {
            CommandError::from(error)
                .hint("the cluster has created the Workflow; to check: {program} list")
        })
    }
}

/// Asks the cluster for a run with its manifest's name; if that is taken, the API server makes a
/// name that begins with it.
pub(crate) async fn create(
    cluster: &Cluster,
    workflow: &Linted,
    dry_run: DryRun,
) -> Result<Created, ClusterError> {
    let object = Object::Workflow;
    let answer = cluster.create(object, &workflow.document(), dry_run).await;
    if let Err(ClusterError::AlreadyExists { .. }) = &answer
        && workflow.name().is_some()
        && let Ok(workflow) = workflow.with_letters()
    {
        return cluster.create(object, &workflow.document(), dry_run).await;
    }
    answer
}

/// Notes a submission, if there is a project for the note.
fn announce(submission: &Submission, settings: &Settings) -> Result<Store, CommandError> {
    let store = Store::create_anywhere(settings)?;
    if let Ok(history) = store.history() {
        history.announce(submission)?;
    }
    Ok(store)
}

/// Says whether the cluster may have done the request although no answer came, or another program answered.
fn is_doubtful(error: &ClusterError) -> bool {
    matches!(
        error,
        ClusterError::Unreachable { .. }
            | ClusterError::Tls { .. }
            | ClusterError::Api(_)
            | ClusterError::ArgoServer(
                ArgoServerError::Unreachable { .. }
                    | ArgoServerError::Tls { .. }
                    | ArgoServerError::Failed { .. }
            )
    )
}

/// Records Workflows whose submission got no answer.
pub(crate) async fn recover(
    connection: &Connection,
    settings: &Settings,
) -> Result<(), CommandError> {
    let pending = match Store::open_anywhere(settings)?.history() {
        Ok(history) => history.submissions()?,
        Err(_) => return Ok(()),
    };
    let mut places: Vec<Vec<Submission>> = Vec::new();
    for submission in pending {
        match places
            .iter_mut()
            .find(|known| known[0].place == submission.place)
        {
            Some(known) => known.push(submission),
            None => places.push(vec![submission]),
        }
    }
    for submissions in places {
        if let Err(error) = recover_at(&submissions, connection, settings).await {
            settings.printer.important(&format!(
                "{}; an earlier `submit` to the namespace `{}` was interrupted, and its result is not known yet",
                error.message(),
                submissions[0].place.namespace
            ));
        }
    }
    Ok(())
}

/// Records Workflows of one cluster whose submission got no answer.
async fn recover_at(
    submissions: &[Submission],
    connection: &Connection,
    settings: &Settings,
) -> Result<(), CommandError> {
    let cluster = connection
        .cluster_of(&submissions[0].place, settings)
        .await?;
    let workflows = cluster.list().await?;
    for submission in submissions {
        let made = workflows
            .iter()
            .find(|workflow| workflow["metadata"]["annotations"][ANNOTATION] == *submission.id);
        let store = Store::open_anywhere(settings)?;
        if let Some(workflow) = made {
            let recorder = Recorder::new(store, settings.printer);
            ClusterRun::adopt(cluster.clone(), workflow, recorder, Some(&submission.id))?;
        } else if Timestamp::now().duration_since(submission.at) > GIVEN_UP {
            store.history()?.settle(&submission.id)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use http::{Request, Response, StatusCode};
    use http_body_util::BodyExt as _;
    use kube::Client;
    use kube::client::Body;
    use serde_json::json;

    use super::*;

    /// Cluster that answers for every name that it is taken, and the requests that it got.
    fn cluster() -> (Cluster, Arc<Mutex<Vec<Value>>>) {
        let sent = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&sent);
        let service = tower::service_fn(move |request: Request<Body>| {
            let heard = Arc::clone(&heard);
            async move {
                let body = request.into_body().collect().await.unwrap().to_bytes();
                let document: Value = serde_json::from_slice(&body).unwrap();
                let is_taken = document["metadata"]["name"].is_string();
                let (status, answer) = if is_taken {
                    let taken = json!({"kind": "Status", "apiVersion": "v1", "status": "Failure",
                        "code": 409, "reason": "AlreadyExists", "message": "taken"});
                    (StatusCode::CONFLICT, taken)
                } else {
                    let mut made = document.clone();
                    made["metadata"]["name"] = "nightly-abcde".into();
                    made["metadata"]["uid"] = "u".into();
                    (StatusCode::CREATED, made)
                };
                heard.lock().unwrap().push(document);
                let answer = Response::builder()
                    .status(status)
                    .body(Body::from(answer.to_string().into_bytes()));
                Ok::<_, std::convert::Infallible>(answer.unwrap())
            }
        });
        (
            Cluster::with_client(Client::new(service, "team"), "team"),
            sent,
        )
    }

    #[tokio::test]
    async fn what_reaches_the_api_server_is_what_the_rules_saw() {
        let mut workflow = json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow",
            "metadata": {"name": "nightly", "namespace": "team"},
            "spec": {"entrypoint": "x", "templates": [
                {"name": "x", "container": {"image": "i", "command": ["sh"]}}]}});
        let id = SubmissionId::new();
        id.mark(&mut workflow);
        let linted = Linted::of_document(workflow.clone());
        let (cluster, sent) = cluster();
        create(&cluster, &linted, DryRun::No).await.unwrap();
        let again = linted.with_letters().unwrap().document();
        let sent = sent.lock().unwrap();
        assert_eq!(*sent, [workflow, again]);
        assert_eq!(sent[0]["metadata"]["annotations"][ANNOTATION], *id.0);
    }
}
