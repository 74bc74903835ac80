//! Checks of everything that runs on a cluster need: one file for each kind of check.
//!
//! Questions go out together, each with a time limit; a check that needs a missing answer is skipped.

mod api_server;
mod argo;
mod argo_server;
pub(crate) mod check;
mod clock;
mod gpus;
mod nodes;
mod objects;
mod permissions;
mod pod;
mod progress;
mod project;
mod python;
mod quota;
mod registry;
mod storage;

use std::collections::BTreeSet;
use std::time::Duration;

use ::argo::needs::Needs;
use ::project::config::ArgoConfig;
use cluster::Cluster;
use jiff::Timestamp;
use serde_json::Value;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

use crate::error::CommandError;
use crate::flags::selection::Selection;
use crate::remote::connection::Connection;
use crate::settings::Settings;
use crate::spine::Opened;
use check::{Check, State};
use progress::Progress;

/// Reason why the needs of pods are unknown outside a project: they count as any pods then.
const NO_PROJECT: &str = "this folder is not in a Kedro project";
/// Time that the import of a project may take.
const READING: Duration = Duration::from_secs(120);

/// Things to check.
#[derive(Debug)]
pub(crate) struct Examination<'a> {
    /// Environment of the project; the rest of the selection is empty.
    pub(crate) selection: Selection,
    /// The cluster.
    pub(crate) connection: &'a Connection,
    /// Says whether a pod shall try the storage.
    pub(crate) pod: bool,
}

/// Project, as far as it is known.
struct OfProject {
    checks: Vec<Check>,
    opened: Option<Opened>,
    config: Option<ArgoConfig>,
    document: Option<Value>,
    /// Reason for a missing project, for checks that need one.
    reason: &'static str,
}

/// Image, as far as it is known.
struct OfImage {
    checks: Vec<Check>,
    image: Option<String>,
}

/// Runs every check.
///
/// # Errors
///
/// The user interrupted the checks.
pub(crate) async fn examine(
    wishes: &Examination<'_>,
    settings: &Settings,
) -> Result<Vec<Check>, CommandError> {
    let progress = Progress::new(settings.printer);
    let program = settings.program.as_str();
    let (tell, told) = oneshot::channel();
    let local = Box::pin(look_here(wishes, settings, &progress, tell));
    let cluster_checks = Box::pin(look_there(wishes.connection, told, program, &progress));
    let mut polite_kill = signal(SignalKind::terminate())?;
    let (local, cluster_checks) = tokio::select! {
        both = async { tokio::try_join!(local, async { Ok(cluster_checks.await) }) } => both?,
        _ = tokio::signal::ctrl_c() => return Err(CommandError::interrupted()),
        _ = polite_kill.recv() => return Err(CommandError::interrupted()),
    };
    let Local {
        mut project,
        image: of_image,
        storage,
    } = local;
    let opened = project.opened.take();
    let document = project.document.as_ref();
    let cluster = cluster_checks.cluster;
    let mut storage = vec![storage];
    if wishes.pod {
        let read = opened.as_ref().zip(project.config.as_ref());
        let check = match (&cluster, read, document, &of_image.image) {
            (Some(cluster), Some(read), Some(document), Some(image)) => {
                progress.say(pod::NAME);
                pod::reach(cluster, read, document, image, program, &progress).await?
            }
            (None, ..) => Check::skipped(pod::NAME, "needs the API server"),
            (_, Some(_), Some(_), None) => {
                Check::skipped(pod::NAME, "the image is not in its registry yet")
                    .mend("build it first")
                    .command(format!("{program} build --push"))
            }
            _ => Check::skipped(pod::NAME, project.reason),
        };
        downgrade_if_pods_reach(&mut storage[0], &check);
        storage.push(check);
    }
    progress.end();
    let all = [
        project.checks,
        cluster_checks.checks,
        of_image.checks,
        storage,
    ];
    Ok(all.concat())
}

/// Turns a failed storage check into a warning if pods reach the storage: runs work then.
fn downgrade_if_pods_reach(storage: &mut Check, in_pod: &Check) {
    if storage.state == State::Failed && in_pod.state == State::Ok {
        storage.state = State::Warning;
        storage.detail = format!("{}; pods reach it", storage.detail);
        // The advice would be to try a pod, which has just happened.
        storage.mend = None;
        *storage = storage
            .clone()
            .mend("nothing, for runs on the cluster; `run` and `results` on this machine need the storage too");
    }
}

/// Checks and facts of this machine.
struct Local {
    project: OfProject,
    image: OfImage,
    storage: Check,
}

/// Checks of the cluster; the cluster, if it answers.
struct ClusterChecks {
    checks: Vec<Check>,
    cluster: Option<Cluster>,
}

/// Needs of the project that the cluster must meet.
#[derive(Default)]
struct ClusterNeeds {
    needs: Option<Needs>,
    config: Option<ArgoConfig>,
    /// Reason why the needs are unknown.
    reason: &'static str,
}

/// Checks the project, then its image and its storage. `tell` gets the project's needs as soon as it is read.
async fn look_here(
    wishes: &Examination<'_>,
    settings: &Settings,
    progress: &Progress,
    tell: oneshot::Sender<ClusterNeeds>,
) -> Result<Local, CommandError> {
    let program = settings.program.as_str();
    let mut project = look_at_project(wishes, settings, progress).await?;
    let document = project.document.as_ref();
    // The receiver is gone if no cluster answers.
    let _ = tell.send(ClusterNeeds {
        needs: document.map(|document| Needs::of(&document["spec"], "spec")),
        config: project.config.clone(),
        reason: project.reason,
    });
    let mut opened = project.opened.take();
    let config = project.config.as_ref();
    let image = match (&opened, config) {
        (Some(opened), Some(config)) => Some(registry::image_of(opened, config, settings)),
        _ => None,
    };
    let image = look_at_image(image, config, project.reason, program, progress);
    let storage = async {
        let (Some(opened), Some(config)) = (&mut opened, config) else {
            return Check::skipped(storage::NAME, project.reason);
        };
        let request = wishes.selection.request(&opened.root);
        let reaching = storage::reach(opened, request, config, program);
        let limited = progress.limited(storage::NAME, storage::PATIENCE, reaching);
        limited
            .await
            .unwrap_or_else(|| progress::late(storage::NAME))
    };
    let (image, storage) = futures::join!(image, storage);
    project.opened = opened;
    Ok(Local {
        project,
        image,
        storage,
    })
}

/// Finds the cluster, then checks what the project needs of it.
async fn look_there(
    connection: &Connection,
    told: oneshot::Receiver<ClusterNeeds>,
    program: &str,
    progress: &Progress,
) -> ClusterChecks {
    let asked;
    let (mut cluster, mut checks);
    if connection.names_argo_server() {
        // An Argo Server has no default namespace: wait for that of argo.yml.
        asked = told.await.unwrap_or_default();
        let reached = api_server::reach(connection, asked.config.as_ref(), program, progress).await;
        (cluster, checks) = (reached.cluster, reached.checks);
    } else {
        let reached = api_server::reach(connection, None, program, progress).await;
        (cluster, checks) = (reached.cluster, reached.checks);
        asked = told.await.unwrap_or_default();
        let configured = asked.config.as_ref();
        let configured = configured.filter(|config| config.argo_server.is_some());
        if let (Some(configured), None) = (configured, &connection.context) {
            // argo.yml, read just now, names another way to the cluster.
            let reached = api_server::reach(connection, Some(configured), program, progress).await;
            (cluster, checks) = (reached.cluster, reached.checks);
        }
    }
    if let Some(cluster) = cluster.as_ref().filter(|one| one.is_through_argo_server()) {
        checks.extend(Box::pin(argo_server::look(cluster, program, progress)).await);
        return ClusterChecks {
            checks,
            cluster: Some(cluster.clone()),
        };
    }
    let config = asked.config.as_ref();
    let configured = config.and_then(|config| config.namespace.clone());
    if let (Some(cluster), None, Some(configured)) =
        (&mut cluster, &connection.namespace, configured)
    {
        cluster.namespace = configured;
    }
    let looking = Box::pin(look_at_cluster(cluster.as_ref(), &asked, program, progress));
    checks.extend(looking.await);
    ClusterChecks { checks, cluster }
}

async fn look_at_project(
    wishes: &Examination<'_>,
    settings: &Settings,
    progress: &Progress,
) -> Result<OfProject, CommandError> {
    let mut found = OfProject {
        checks: Vec::new(),
        opened: None,
        config: None,
        document: None,
        reason: "the project cannot be read",
    };
    let root = match settings.project_if_any() {
        Ok(root) => root,
        Err(error) => {
            found.checks = vec![
                Check::skipped(python::NAME, found.reason),
                Check::of_error(project::NAME, &error, &settings.program),
                Check::skipped(python::PACKAGES, found.reason),
            ];
            return Ok(found);
        }
    };
    let here = match &root {
        Some(root) => root.clone(),
        None => std::env::current_dir()?,
    };
    let (python, interpreter) = look_at_python(&here, settings, progress).await;
    let works = python.state != State::Failed;
    found.checks.push(python);
    if root.is_none() {
        found.reason = NO_PROJECT;
        let skipped = Check::skipped(project::NAME, found.reason)
            .mend("go to the folder of one, or name it: --project FOLDER");
        found.checks.push(skipped);
        found
            .checks
            .push(Check::skipped(python::PACKAGES, found.reason));
        return Ok(found);
    }
    let Some(interpreter) = interpreter.filter(|_| works) else {
        let reason = "needs a Python with Kedro and argo-kedro";
        found.checks.push(Check::skipped(project::NAME, reason));
        found.checks.push(Check::skipped(python::PACKAGES, reason));
        return Ok(found);
    };
    let reading = project::read(settings, &wishes.selection);
    let Some(read) = progress.limited(project::NAME, READING, reading).await else {
        let seconds = READING.as_secs();
        let check = Check::failed(project::NAME, format!("not read within {seconds} s"))
            .mend("see what it does when it is imported")
            .command("kedro registry list");
        found.checks.push(check);
        found
            .checks
            .push(Check::skipped(python::PACKAGES, found.reason));
        return Ok(found);
    };
    let read = read?;
    let is_sound = read.check.state != State::Failed;
    found.checks.push(read.check);
    found.checks.push(match &read.opened {
        Some(opened) => python::packages(&opened.snapshot, &interpreter),
        None => Check::skipped(python::PACKAGES, found.reason),
    });
    (found.opened, found.config, found.document) = (read.opened, read.config, read.document);
    if found.opened.is_some() {
        found.reason = if is_sound {
            "the pipeline has no nodes yet"
        } else {
            "the project has errors"
        };
    }
    Ok(found)
}

async fn look_at_python(
    folder: &std::path::Path,
    settings: &Settings,
    progress: &Progress,
) -> (Check, Option<std::path::PathBuf>) {
    let interpreter = match settings.interpreter(folder) {
        Ok(interpreter) => interpreter,
        Err(error) => {
            return (
                Check::of_error(python::NAME, &error, &settings.program),
                None,
            );
        }
    };
    let asking = python::ask(&interpreter);
    let check = match progress
        .limited(python::NAME, progress::PATIENCE, asking)
        .await
    {
        Some(Ok(found)) => python::verdict(&interpreter, &found, env!("CARGO_PKG_VERSION")),
        Some(Err(reason)) => Check::failed(python::NAME, reason)
            .mend("activate the project's environment, or name its Python: --python FILE"),
        None => progress::late(python::NAME)
            .mend("activate the project's environment, or name its Python: --python FILE"),
    };
    (check, Some(interpreter))
}

/// Checks the registry and the builder; without a project, only the builder.
async fn look_at_image(
    image: Option<Result<registry::Image, CommandError>>,
    config: Option<&ArgoConfig>,
    reason: &'static str,
    program: &str,
    progress: &Progress,
) -> OfImage {
    let deployment = config.map(|config| &config.deployment);
    let builder = progress.check(registry::BUILDER, registry::builder(deployment, program));
    let (Some(image), Some(deployment)) = (image, deployment) else {
        let skipped = Check::skipped(registry::REGISTRY, reason);
        return OfImage {
            checks: vec![skipped, registry::eased(builder.await, true)],
            image: None,
        };
    };
    let asking = registry::ask(image, deployment, program);
    let asking = progress.limited(registry::REGISTRY, progress::PATIENCE, asking);
    let (asked, builder) = futures::join!(asking, builder);
    let (check, image) = match asked {
        Some(asked) => (asked.check, asked.image),
        None => (progress::late(registry::REGISTRY), None),
    };
    let builder = registry::eased(builder, image.is_some());
    OfImage {
        checks: vec![check, builder],
        image,
    }
}

/// Runs all checks of the cluster; without a project, for the service account that pods have by default.
async fn look_at_cluster(
    cluster: Option<&Cluster>,
    asked: &ClusterNeeds,
    program: &str,
    progress: &Progress,
) -> Vec<Check> {
    const ALL: [&str; 8] = [
        argo::KINDS,
        argo::CONTROLLER,
        objects::NAMESPACE,
        permissions::YOURS,
        objects::ACCOUNT,
        objects::SECRETS,
        permissions::OF_THE_PODS,
        nodes::MACHINES,
    ];
    let Some(cluster) = cluster else {
        let skipped = |name| Check::skipped(name, "needs the API server");
        return ALL.into_iter().map(skipped).collect();
    };
    let plain = Needs {
        service_accounts: BTreeSet::from(["default".to_owned()]),
        reporters: BTreeSet::from(["default".to_owned()]),
        ..Needs::default()
    };
    let (unknown, needs) = match &asked.needs {
        Some(needs) => (None, needs),
        None => (Some(asked.reason), &plain),
    };
    let namespace = progress
        .check(objects::NAMESPACE, objects::namespace(cluster, program))
        .await;
    let is_there = namespace.state != State::Failed;
    let (kinds, yours, nodes) = futures::join!(
        progress.check(argo::KINDS, argo::kinds(cluster, program)),
        progress.check(
            permissions::YOURS,
            permissions::user_permissions(cluster, program)
        ),
        look_at_nodes(cluster, needs, asked.config.as_ref(), program, progress),
    );
    let has_argo = kinds.state != State::Failed;
    let in_namespace = async {
        if !is_there {
            let reason = "needs the namespace";
            return vec![
                Check::skipped(objects::ACCOUNT, reason),
                Check::skipped(objects::SECRETS, reason),
                Check::skipped(permissions::OF_THE_PODS, reason),
            ];
        }
        let objects = async {
            if let Some(reason) = unknown {
                let skipped = |name| Check::skipped(name, reason);
                return Some([objects::ACCOUNT, objects::SECRETS].map(skipped).to_vec());
            }
            let objects = objects::objects(cluster, needs, program);
            let limited = progress.limited(objects::SECRETS, progress::PATIENCE, objects);
            limited.await
        };
        let pods = async {
            if let Some(reason) = unknown.filter(|reason| *reason != NO_PROJECT) {
                return Check::skipped(permissions::OF_THE_PODS, reason);
            }
            let pods = permissions::of_pods(cluster, &needs.reporters, program);
            progress.check(permissions::OF_THE_PODS, pods).await
        };
        let quota = quota::quota(cluster, needs, program);
        let quota = progress.limited(quota::NAME, progress::PATIENCE, quota);
        let (objects, pods, quota) = futures::join!(objects, pods, quota);
        let mut checks = objects.unwrap_or_else(|| vec![progress::late(objects::SECRETS)]);
        checks.push(pods);
        checks.extend(quota.unwrap_or_else(|| Some(progress::late(quota::NAME))));
        checks
    };
    let controller = async {
        if has_argo {
            let looking = argo::controller(cluster, Timestamp::now(), program);
            progress.check(argo::CONTROLLER, looking).await
        } else {
            Check::skipped(argo::CONTROLLER, "needs Argo Workflows")
        }
    };
    let (in_namespace, controller) = futures::join!(in_namespace, controller);
    let mut checks = vec![kinds, controller, namespace, yours];
    checks.extend(in_namespace);
    checks.extend(nodes);
    checks
}

async fn look_at_nodes(
    cluster: &Cluster,
    needs: &Needs,
    config: Option<&ArgoConfig>,
    program: &str,
    progress: &Progress,
) -> Vec<Check> {
    let reading = progress.limited(nodes::MACHINES, progress::PATIENCE, cluster.nodes());
    let found = match reading.await {
        Some(Ok(Some(found))) => found,
        Some(Ok(None)) => {
            let check = Check::warning(nodes::MACHINES, "you may not look at the nodes")
                .mend("ask the administrator of the cluster for the output of")
                .command("kubectl get nodes -L kubernetes.io/arch");
            return vec![check];
        }
        Some(Err(error)) => {
            let error = CommandError::from(error);
            return vec![Check::of_error(nodes::MACHINES, &error, program)];
        }
        None => return vec![progress::late(nodes::MACHINES)],
    };
    let mut checks = vec![nodes::machines(&found, &needs.machines)];
    checks.extend(gpus::verdict(&found, &needs.machines));
    if let Some(config) = config {
        let platform = &config.deployment.target_platform;
        checks.push(nodes::platform(platform, &found.architectures()));
    }
    checks
}
