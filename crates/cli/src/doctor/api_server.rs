//! The kubeconfig, and the API server that it names.

use ::project::config::ArgoConfig;
use cluster::Cluster;
use jiff::Timestamp;

use super::check::Check;
use super::progress::{Progress, late};
use super::{argo_server, clock};
use crate::error::CommandError;
use crate::remote::connection::Connection;

const KUBECONFIG: &str = "kubeconfig";
const API_SERVER: &str = "API server";

/// Cluster that the kubeconfig names, if it answers, and the checks of both.
pub(super) struct Reached {
    /// Cluster; `None` if it does not let us in.
    pub(super) cluster: Option<Cluster>,
    pub(super) checks: Vec<Check>,
}

/// Finds the cluster and sends a first request.
///
/// # Arguments
///
/// * `config`: The project's settings, where they are known.
pub(super) async fn reach(
    connection: &Connection,
    config: Option<&ArgoConfig>,
    program: &str,
    progress: &Progress,
) -> Reached {
    let finding = find(connection.clone(), config.cloned());
    let found = progress.limited(KUBECONFIG, super::progress::PATIENCE, finding);
    let is_argo_servers = connection.names_argo_server()
        || config
            .is_some_and(|config| config.argo_server.is_some() && connection.context.is_none());
    let name = if is_argo_servers {
        argo_server::NAME
    } else {
        KUBECONFIG
    };
    let cluster = match found.await {
        Some(Ok(cluster)) if cluster.is_through_argo_server() => {
            let (checks, answers) = argo_server::reach(&cluster, program, progress).await;
            let cluster = answers.then_some(cluster);
            return Reached { cluster, checks };
        }
        Some(Ok(cluster)) => cluster,
        Some(Err(error)) if is_argo_servers => {
            return Reached {
                cluster: None,
                checks: vec![Check::of_error(name, &error, program)],
            };
        }
        Some(Err(error)) => return without(Check::of_error(KUBECONFIG, &error, program)),
        None => {
            let check = late(KUBECONFIG)
                .mend("the kubeconfig has a command that logs you in: log in, then try again")
                .command("kubectl get namespaces");
            return without(check);
        }
    };
    let of_kubeconfig = Check::ok(KUBECONFIG, context(&cluster));
    let before = Timestamp::now();
    let greeting = progress.limited(API_SERVER, super::progress::PATIENCE, cluster.greet());
    let outcome = greeting.await;
    let after = Timestamp::now();
    let (api_server, clock, answers) = match outcome {
        Some(Ok(greeting)) => {
            let version = greeting
                .version
                .map(|version| format!(", Kubernetes {version}"));
            let detail = format!("{}{}", cluster.server, version.unwrap_or_default());
            let clock = match greeting.date {
                Some(date) => clock::verdict(before, date, after),
                None => Check::skipped(clock::NAME, "the API server does not say its time"),
            };
            (Check::ok(API_SERVER, detail), clock, true)
        }
        Some(Err(error)) => {
            let error = CommandError::from(error);
            let check = Check::of_error(API_SERVER, &error, program);
            (check, skipped_clock(), false)
        }
        None => {
            let mut check = late(API_SERVER);
            check.detail = format!("{} at {}", check.detail, cluster.server);
            (check, skipped_clock(), false)
        }
    };
    Reached {
        cluster: answers.then_some(cluster),
        checks: vec![of_kubeconfig, api_server, clock],
    }
}

fn without(of_kubeconfig: Check) -> Reached {
    let checks = vec![
        of_kubeconfig,
        Check::skipped(API_SERVER, "needs a kubeconfig"),
        skipped_clock(),
    ];
    Reached {
        cluster: None,
        checks,
    }
}

fn skipped_clock() -> Check {
    Check::skipped(clock::NAME, "needs the API server")
}

/// Finds the cluster on its own thread: the client waits for a login program that a kubeconfig may
/// name, and nothing else should wait.
async fn find(connection: Connection, config: Option<ArgoConfig>) -> Result<Cluster, CommandError> {
    let here = tokio::runtime::Handle::current();
    let finding = tokio::task::spawn_blocking(move || {
        here.block_on(async { connection.cluster(config.as_ref()).await })
    });
    finding
        .await
        .unwrap_or_else(|error| Err(CommandError::new(error.to_string())))
}

fn context(cluster: &Cluster) -> String {
    match &cluster.context {
        Some(context) => format!("context `{context}`"),
        None => "none: this machine is in the cluster".to_owned(),
    }
}
