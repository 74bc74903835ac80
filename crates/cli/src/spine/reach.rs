//! Places of a pipeline's data; the worker tries them as its tasks would.

use argo::spec::VolumeMount;
use indexmap::IndexMap;
use project::config::ArgoConfig;
use project::{ReachRequest, Reached, Use};

use super::Opened;

/// Tries the places of a project's data, all at once.
///
/// # Arguments
///
/// * `request`: Part of the project to try.
/// * `uses`: Uses to try; empty for all.
/// * `patience`: Seconds for each place; `None` for the worker's default.
///
/// # Errors
///
/// The worker cannot read the project again.
pub(crate) async fn reach(
    opened: &mut Opened,
    request: project::Request,
    config: &ArgoConfig,
    uses: &[Use],
    patience: Option<f64>,
) -> Result<Vec<Reached>, project::Error> {
    let request = ReachRequest {
        request,
        environment: environment(config),
        uses: uses.to_vec(),
        patience,
    };
    opened.worker.reach(&request).await
}

/// Variables of every container that have plain values in argo.yml. Argo fills in the others, and a
/// path in a pod's volume would hide the user's own file.
fn environment(config: &ArgoConfig) -> IndexMap<String, String> {
    let variables = config.template.environment.iter();
    variables
        .filter_map(|variable| Some((variable.name.clone(), variable.value.clone()?)))
        .filter(|(_, value)| !value.contains("{{"))
        .filter(|(name, value)| {
            let volumes = config.nodes.values().flat_map(|settings| &settings.volumes);
            let mounts = volumes.map(|volume| VolumeMount {
                mount_path: volume.mount_path.clone(),
                read_only: volume.read_only,
                ..VolumeMount::default()
            });
            !marks::is_file_of_pods(name, value, &mounts.collect::<Vec<_>>())
        })
        .collect()
}
