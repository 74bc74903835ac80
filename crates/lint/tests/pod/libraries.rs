//! Libraries that an image must contain: those of stores, and `MLflow`.

use lint::dockerfile::Dockerfile;
use lint::pod::{Image, PathInImage, installed};
use serde_json::json;

use crate::project::{DOCKERFILE, Project, csv};

#[test]
fn libraries_of_stores_have_to_be_installed() {
    const LACKS: &str = "error[missing-storage-library]";
    const MAYBE: &str = "warning[missing-storage-library]";
    let project = |is_here: bool, requirements| {
        let mut project = Project::default().with("requirements.txt", requirements);
        project.storage = json!({"s3": {"package": "s3fs", "installed": is_here}});
        project
    };
    project(false, "kedro\n").finds(LACKS);
    project(true, "kedro\n").finds(MAYBE);
    project(true, "kedro\n").without_image().finds("");
    project(false, "kedro\n").without_image().finds(MAYBE);
    // An unknown package may depend on the library.
    project(false, "acme-kedro-platform\n").finds(MAYBE);
    for brings in [
        "s3fs>=2024",
        "fsspec[http,s3]",
        "pandas[aws]>2",
        "dvc-s3",
        "kedro-datasets[spark-s3]",
    ] {
        project(false, brings).finds("");
    }
    let directly = DOCKERFILE.replace("argo-kedro", "argo-kedro 's3fs>=2'");
    project(false, "kedro\n").dockerfile(&directly).finds("");
    let base = DOCKERFILE.replace("python:3.12-slim", "corp/kedro");
    project(true, "kedro\n").dockerfile(&base).finds("");
    project(false, "kedro\n").dockerfile(&base).finds(MAYBE);
    // Some datasets read a store without fsspec.
    for kind in ["spark.SparkDataset", "pandas.DeltaTableDataset"] {
        let mut project = project(false, "kedro\n");
        for name in ["companies", "report"] {
            project.datasets[name]["type"] = json!(kind);
        }
        project.finds("");
    }
    let mut own = project(false, "kedro\n");
    for name in ["companies", "report"] {
        own.datasets[name]["type"] = json!("shop.datasets.Boto");
    }
    own.finds(MAYBE);
    // Handed-off datasets also need the library of their store.
    let mut handoff = project(false, "kedro\n").argo("memory_datasets: {path: 's3://b/handoff'}");
    handoff.datasets = json!({"companies": csv("gs://b/x"), "report": {"type": "MemoryDataset", "place": "memory", "registered": false}});
    handoff.finds("");
    handoff.nodes = json!([
        {"name": "one", "inputs": ["companies"], "outputs": ["report"]},
        {"name": "two", "inputs": ["report"], "outputs": []},
    ]);
    handoff.finds(LACKS);
}

#[test]
fn a_dockerfile_that_is_not_there_is_not_blamed_for_a_library() {
    let said = |is_here: bool, is_proposed: bool, dockerfile: &str| {
        let mut project = Project::default().dockerfile(dockerfile);
        project.storage = json!({"s3": {"package": "s3fs", "installed": is_here}});
        project.is_proposed = is_proposed;
        let said = project.findings();
        let (_, why) = said.split_once(", but ").unwrap();
        why.trim().to_owned()
    };
    let add = "add `s3fs` to the requirements of the image (requirements.txt)";
    assert_eq!(
        said(true, true, DOCKERFILE),
        format!("requirements.txt does not name it; {add}")
    );
    assert_eq!(
        said(true, false, DOCKERFILE),
        format!("the Dockerfile does not seem to install it; {add}")
    );
    assert_eq!(
        said(
            true,
            true,
            "FROM python:3.12\nRUN pip install argo-kedro\nWORKDIR /app\nCOPY . .\nRUN mkdir -p conf/local\n"
        ),
        "the Dockerfile that `argo-kedro init` would add does not install it; add `s3fs` to the requirements of the image"
    );
    assert_eq!(
        said(false, true, DOCKERFILE),
        format!(
            "neither this environment nor the image has it; {add}, and install it on this machine: pip install s3fs"
        )
    );
}

#[test]
fn mlflow_has_to_be_installed_where_argo_yml_asks_for_it() {
    const LACKS: &str = "warning[missing-mlflow]";
    let project = |is_here: bool, requirements, argo: &str| {
        let mut project = Project::default()
            .with("requirements.txt", requirements)
            .argo(argo);
        project.has_mlflow = json!(is_here);
        project
    };
    for asks in [
        "mlflow: {enabled: true}",
        "mlflow: {run_name: nightly}",
        "mlflow: {enabled: true, run_name: nightly}",
    ] {
        project(false, "kedro\n", asks).finds(LACKS);
        project(true, "kedro\n", asks).finds(LACKS);
        project(true, "kedro\n", asks).without_image().finds("");
        project(false, "kedro\n", asks).without_image().finds(LACKS);
        for brings in [
            "mlflow>=3",
            "kedro-mlflow[all]",
            "kedro_mlflow",
            "mlflow-skinny",
        ] {
            project(false, brings, asks).finds("");
        }
        // An unknown package may depend on MLflow.
        project(true, "acme-kedro-platform\n", asks).finds("");
        project(false, "acme-kedro-platform\n", asks).finds(LACKS);
    }
    for asks_not in [
        "mlflow: {enabled: false}",
        "mlflow: {enabled: false, run_name: a}",
        "mlflow: {}",
        "",
    ] {
        project(false, "kedro\n", asks_not).finds("");
    }
    assert_eq!(
        project(true, "kedro\n", "mlflow: {enabled: true}").findings(),
        "warning[missing-mlflow] argo.yml:2 `mlflow` in argo.yml asks for MLflow, but the Dockerfile does not seem to \
         install it: no run is recorded in MLflow; add `kedro-mlflow` or `mlflow` to the requirements of the image \
         (requirements.txt); to run without MLflow, remove `mlflow` from argo.yml\n"
    );
}

#[test]
fn tasks_that_use_mlflow_need_a_server_that_pods_reach() {
    const LOST: &str = "warning[mlflow-without-server]";
    const ASKS: &str = "mlflow: {run_name: nightly}";
    let project = |is_joined: bool, store: &str, argo: &str| {
        let mut project = Project::default()
            .with("requirements.txt", "mlflow\n")
            .argo(argo);
        // Pods do not have this machine's variables.
        project.mlflow = json!({"is_joined": is_joined, "store": store, "has_address": true});
        project
    };
    project(true, "none", "").finds(LOST);
    project(true, "folder", "").finds(LOST);
    project(true, "server", "").finds("");
    project(false, "none", ASKS).finds(LOST);
    for (is_joined, said) in [
        (true, "tasks record runs in MLflow, but nothing names"),
        (false, "argo.yml:2 `mlflow` in argo.yml asks for MLflow"),
    ] {
        let found = project(is_joined, "none", ASKS).findings();
        assert!(found.contains(said), "{found}");
    }
    project(true, "none", "mlflow: {enabled: false}").finds("");
    for names_it in [
        "template: {environment: [{name: MLFLOW_TRACKING_URI, value: 'https://mlflow'}]}",
        "nodes: {'*': {environment: [{name: MLFLOW_TRACKING_URI, secret_ref: {name: a, key: b}}]}}",
        "nodes: {'*': {env_from: [{secret: tracking}]}}",
    ] {
        project(true, "none", names_it).finds("");
        // For kedro-mlflow, mlflow.yml has precedence.
        project(true, "folder", names_it).finds(LOST);
    }
    let of_image = DOCKERFILE.replace("WORKDIR", "ENV MLFLOW_TRACKING_URI=https://mlflow\nWORKDIR");
    project(true, "none", "").dockerfile(&of_image).finds("");
    project(true, "none", "").without_image().finds(LOST);
}

#[test]
fn what_an_image_installs_is_known_by_name() {
    let lock = "[[package]]\nname = \"pandas\"\nversion = \"2\"\n";
    for (run, file, text, packages, is_known) in [
        (
            "RUN pip install -r requirements.txt argo-kedro",
            "requirements.txt",
            "kedro\nshop-tools>=2\nkedro-datasets[pandas]\n",
            "argo-kedro kedro shop-tools>=2 kedro-datasets[pandas]",
            true,
        ),
        ("RUN uv sync", "uv.lock", lock, "pandas", true),
        (
            "RUN poetry install",
            "pyproject.toml",
            "[tool.poetry.dependencies]\npython = \"3\"\ndask = {version = \"1\", extras = [\"all\"]}\n",
            "python dask[all]",
            true,
        ),
        ("RUN ./install.sh", "x", "", "", false),
        ("RUN pip install -r /srv/x.txt", "x", "", "", false),
        ("RUN conda install pandas", "x", "", "pandas", false),
        (
            "RUN pip install git+https://example.com/shop.git",
            "x",
            "",
            "",
            false,
        ),
    ] {
        let text_of = format!("FROM python:3.12\nWORKDIR /app\nCOPY . .\n{run}\n");
        let dockerfile = Dockerfile::parse(&text_of, None, []);
        let found = installed(&Image {
            dockerfile: &dockerfile,
            dockerfile_path: "Dockerfile",
            is_proposed: false,
            ignore_file: None,
            folder: "",
            find: &|_| PathInImage::InImage,
            read: &|path| (path == file).then(|| text.to_owned()),
            is_written: &|_| false,
        });
        let mut named: Vec<&str> = found.packages.iter().map(String::as_str).collect();
        let mut expected: Vec<&str> = packages.split_whitespace().collect();
        named.sort_unstable();
        expected.sort_unstable();
        assert_eq!((named, found.is_known), (expected, is_known), "{run}");
    }
}
