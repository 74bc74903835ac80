//! Variables of every task that runs here.

use std::ffi::OsString;
use std::path::Path;

use crate::error::CommandError;
use crate::local::like_a_pod::Pods;
use crate::record::store::Store;
use crate::settings::variables;

/// Variable that names the folder of a run; the folder has the run's name (`python/argo_kedro/mlflow/run_folder.py`).
const RUN_FOLDER: &str = "ARGO_KEDRO_RUN_FOLDER";

/// Variables of every task: the project's Python first on the path, the places for handed-over
/// data, for the versions that are read, and for results.
pub(crate) fn environment(
    interpreter: Option<&Path>,
    store: &Store,
    run: &str,
    pods: Option<&Pods>,
) -> Result<Vec<(OsString, OsString)>, CommandError> {
    let program = std::env::current_exe()?;
    let mut path = Vec::new();
    path.extend(
        interpreter
            .into_iter()
            .chain([program.as_path()])
            .filter_map(Path::parent)
            .map(Path::to_owned),
    );
    let inherited = std::env::var_os("PATH").unwrap_or_default();
    path.extend(std::env::split_paths(&inherited));
    let path = std::env::join_paths(path).unwrap_or(inherited);
    let parent = std::process::id().to_string();
    let mut all: Vec<(OsString, OsString)> = vec![
        ("PATH".into(), path),
        (variables::PARENT.into(), parent.into()),
        (pod::results::VARIABLE.into(), store.results(run).into()),
        (RUN_FOLDER.into(), store.run(run).into()),
    ];
    if let Some(interpreter) = interpreter {
        all.push((variables::PYTHON.into(), interpreter.into()));
    }
    match pods {
        // The manifest says where tasks like pods hand data over.
        Some(pods) => all.push(pods.variable()),
        None => all.extend([
            (marks::HANDOFF_PATH.into(), store.data(run).into()),
            (marks::LOAD_VERSIONS.into(), store.load_versions(run).into()),
        ]),
    }
    Ok(all)
}
