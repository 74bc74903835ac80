//! An Argo Server as the way to the cluster: who it is, who we are to it, and what it lets us do.

use cluster::{ArgoServerGreeting, Cluster, ClusterError};

use super::check::Check;
use super::objects::NAMESPACE;
use super::permissions::{OF_THE_PODS, YOURS};
use super::progress::{PATIENCE, Progress, late};
use super::{argo, clock, nodes, objects};
use crate::error::CommandError;

pub(super) const NAME: &str = "Argo Server";

/// Sends the Argo Server a first request.
///
/// # Returns
///
/// The check, and whether the server answers us.
pub(super) async fn reach(
    cluster: &Cluster,
    program: &str,
    progress: &Progress,
) -> (Vec<Check>, bool) {
    let asked = cluster.greet_argo_server();
    let (check, answers) = match progress.limited(NAME, PATIENCE, asked).await {
        Some(Ok(Some(greeting))) => (verdict(cluster, &greeting), true),
        Some(Ok(None)) => (
            Check::skipped(NAME, "it is not the way to the cluster"),
            false,
        ),
        Some(Err(error)) => {
            let error = CommandError::from(error);
            (Check::of_error(NAME, &error, program), false)
        }
        None => {
            let mut check = late(NAME);
            check.detail = format!("{} at {}", check.detail, cluster.server);
            (check, false)
        }
    };
    let clock = Check::skipped(
        clock::NAME,
        "Argo Server does not say the time of the cluster",
    );
    (vec![check, clock], answers)
}

fn verdict(cluster: &Cluster, greeting: &ArgoServerGreeting) -> Check {
    let user = &greeting.user;
    let who = match (&user.subject, &user.service_account) {
        (Some(subject), Some(account)) if !subject.ends_with(&account.replace('/', ":")) => {
            format!("; you are {subject}, with the service account {account}")
        }
        (Some(subject), _) => format!("; you are {subject}"),
        (None, Some(account)) => format!("; you have the service account {account}"),
        (None, None) => "; it does not say who you are".to_owned(),
    };
    Check::ok(
        NAME,
        format!("{}, {}{who}", cluster.server, greeting.version),
    )
}

/// Checks what an Argo Server shows of a cluster, and skips the other checks.
pub(super) async fn look(cluster: &Cluster, program: &str, progress: &Progress) -> Vec<Check> {
    let (namespace, yours) = futures::join!(
        progress.check(NAMESPACE, namespace(cluster, program)),
        progress.check(YOURS, user_permissions(cluster, program)),
    );
    let unseen = |name| Check::skipped(name, "Argo Server does not show it");
    vec![
        Check::ok(argo::KINDS, "Argo Server has it"),
        unseen(argo::CONTROLLER)
            .mend("to see whether a controller runs Workflows, run a small pod")
            .command(format!("{program} doctor --pod")),
        namespace,
        yours,
        unseen(objects::ACCOUNT),
        unseen(objects::SECRETS),
        unseen(OF_THE_PODS),
        unseen(nodes::MACHINES),
    ]
}

async fn namespace(cluster: &Cluster, program: &str) -> Check {
    let name = &cluster.namespace;
    match cluster.greet_argo_server().await {
        Ok(greeting) => match greeting.and_then(|greeting| greeting.managed_namespace) {
            Some(managed) if managed != *name => Check::failed(
                NAMESPACE,
                format!("the server manages only the namespace `{managed}`, and not `{name}`"),
            )
            .mend(format!(
                "set `namespace: {managed}` in argo.yml, or name it: --namespace {managed}"
            )),
            _ => Check::ok(NAMESPACE, format!("`{name}`")),
        },
        Err(error) => Check::of_error(NAMESPACE, &CommandError::from(error), program),
    }
}

/// Tries requests that change nothing: the server does not say what a user may do.
async fn user_permissions(cluster: &Cluster, program: &str) -> Check {
    match cluster.refused_by_argo_server().await {
        Ok(refused) => of_refusals(&refused, &cluster.namespace),
        Err(error) => Check::of_error(YOURS, &CommandError::from(error), program),
    }
}

fn of_refusals(refused: &[ClusterError], namespace: &str) -> Check {
    if refused.is_empty() {
        let detail = format!(
            "you may create and list runs in `{namespace}`, and see schedules and templates; the rest shows when it is \
             used"
        );
        return Check::ok(YOURS, detail);
    }
    let details: Vec<String> = refused.iter().map(ToString::to_string).collect();
    Check::failed(YOURS, details.join("; ")).mend(
        "ask the administrator of the cluster for a Role for your token: see the page for the platform team",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::check::State;

    #[test]
    fn what_the_server_refuses_is_named() {
        let refused = ClusterError::Forbidden {
            verb: "create".to_owned(),
            resource: "workflows.argoproj.io".to_owned(),
            namespace: "flights".to_owned(),
        };
        let check = of_refusals(&[refused], "flights");
        assert_eq!(check.state, State::Failed);
        assert_eq!(
            check.detail,
            "you may not create workflows.argoproj.io in the namespace `flights`"
        );
        assert_eq!(of_refusals(&[], "flights").state, State::Ok);
    }
}
