//! The creation of a run on a cluster. It is noted down before the cluster is asked and the
//! Workflow carries the note's id: whoever is killed in between, or never hears the answer,
//! finds the run on record the next time.

use cluster::{ArgoServerError, Cluster, ClusterError, Created, DryRun, Object, generate_name};
use jiff::{SignedDuration, Timestamp};
use runs::Submission;
use serde_json::Value;
use uuid::Uuid;

use crate::error::CommandError;
use crate::record::recorder::Recorder;
use crate::record::store::Store;
use crate::remote::cluster_run::ClusterRun;
use crate::remote::connection::{Connection, place};
use crate::settings::Settings;
use crate::terminal::printer::Printer;

/// The id of the submission that made a Workflow.
pub(crate) const ANNOTATION: &str = "argo-kedro/submission";
/// No request is under way for so long.
const GIVEN_UP: SignedDuration = SignedDuration::from_mins(10);

/// A Workflow that is about to be created.
pub(crate) struct Announced {
    cluster: Cluster,
    workflow: Value,
    id: String,
    store: Store,
    printer: Printer,
}

impl Announced {
    /// Notes down that `workflow` is about to be created, where there is a project to note it
    /// in. Where that cannot be written, it is said: the run is worth more than its record.
    /// A name that a run on this machine has gets some letters behind it.
    pub(crate) fn new(
        cluster: &Cluster,
        mut workflow: Value,
        settings: &Settings,
    ) -> Result<Self, CommandError> {
        let submission = Submission {
            id: Uuid::now_v7().to_string(),
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
        if let Ok(history) = store.history() {
            if let Some(name) = workflow["metadata"]["name"].as_str()
                && let Some(known) = history.run(name)?
                && known.cluster.is_none()
            {
                workflow = with_letters(&workflow);
            }
            workflow["metadata"]["annotations"][ANNOTATION] = submission.id.clone().into();
        }
        Ok(Self {
            cluster: cluster.clone(),
            workflow,
            id: submission.id,
            store,
            printer: settings.printer,
        })
    }

    /// Creates it; a name that is taken gets some letters behind it.
    ///
    /// # Arguments
    ///
    /// * `explain`: Says what a refusal means.
    pub(crate) async fn create(
        &self,
        explain: impl FnOnce(ClusterError) -> CommandError,
    ) -> Result<Created, CommandError> {
        create(&self.cluster, &self.workflow, DryRun::No)
            .await
            .map_err(|error| {
                if is_doubtful(&error) {
                    return explain(error)
                        .hint("the Workflow may have been created; to check: {program} list");
                }
                if let Ok(history) = self.store.history() {
                    // One that stays is looked for, not found, and forgotten later.
                    let _ = history.settle(&self.id);
                }
                explain(error)
            })
    }

    /// Puts it on record.
    ///
    /// # Arguments
    ///
    /// * `workflow`: As the cluster made it, with the tasks that it runs.
    pub(crate) fn adopt(self, workflow: &Value) -> ClusterRun {
        let recorder = Recorder::new(self.store, self.printer);
        ClusterRun::adopt(self.cluster, workflow, recorder, Some(&self.id))
    }
}

/// Asks the cluster for a run: by the name that its manifest has, and where that is taken by one of the API server's that
/// begins with it.
pub(crate) async fn create(
    cluster: &Cluster,
    workflow: &Value,
    dry_run: DryRun,
) -> Result<Created, ClusterError> {
    let object = Object::Workflow;
    match cluster.create(object, workflow, dry_run).await {
        Err(ClusterError::AlreadyExists { .. }) if workflow["metadata"]["name"].is_string() => {
            let workflow = with_letters(workflow);
            cluster.create(object, &workflow, dry_run).await
        }
        answer => answer,
    }
}

/// The Workflow with a name that the API server makes unique.
fn with_letters(workflow: &Value) -> Value {
    let mut workflow = workflow.clone();
    if let Some(metadata) = workflow["metadata"].as_object_mut()
        && let Some(Value::String(name)) = metadata.remove("name")
    {
        metadata.insert("generateName".to_owned(), generate_name(&name).into());
    }
    workflow
}

/// Notes a submission down, where there is a project to note it in.
fn announce(submission: &Submission, settings: &Settings) -> Result<Store, CommandError> {
    let store = Store::create_anywhere(settings)?;
    if let Ok(history) = store.history() {
        history.announce(submission)?;
    }
    Ok(store)
}

/// Whether the cluster may have done what it was asked: it did not answer, or not for itself.
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

/// Puts on record what was created without its submission hearing of it.
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

/// The same, of one place.
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
            ClusterRun::adopt(cluster.clone(), workflow, recorder, Some(&submission.id));
        } else if Timestamp::now().duration_since(submission.at) > GIVEN_UP {
            store.history()?.settle(&submission.id)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_name_that_is_taken_begins_one_that_the_api_server_makes() {
        let made =
            with_letters(&json!({"metadata": {"name": "nightly", "labels": {}}, "spec": {}}));
        assert_eq!(
            made,
            json!({"metadata": {"generateName": "nightly-", "labels": {}}, "spec": {}})
        );
        let generated = json!({"metadata": {"generateName": "a-"}});
        assert_eq!(with_letters(&generated), generated);
    }
}
