//! Inputs that no pod can find, and inputs that it finds.

use serde_json::json;

use crate::project::{DOCKERFILE, Project, copying};

const NOT_THERE: &str = "error[input-not-in-image]";

const MAYBE: &str = "warning[input-not-in-image]";

#[test]
fn what_is_in_the_image_or_in_a_store_is_found() {
    Project::default().finds("");
    Project::at("data/01_raw/companies.csv", "s3://b/r.csv").finds("");
    // A file of the project in the image; a resolver made the absolute path from the project's folder.
    Project::at("/home/me/shop/data/companies.csv", "s3://b/r.csv").finds("");
    let memory =
        json!({"type": "MemoryDataset", "place": "memory", "registered": true, "has_data": true});
    let mut project = Project::default().keeps_out("data", 1);
    project.datasets["companies"] = memory;
    project.finds("");
    project.datasets["companies"] =
        json!({"type": "pandas.SQLTableDataset", "place": "external", "registered": true});
    project.finds("");
    // The files of an `MLflow` dataset are on a server.
    project.datasets["companies"] = json!({"type": "kedro_mlflow.io.artifacts.MlflowArtifactDataset", "place": "local",
            "path": "data/companies.csv", "registered": true});
    project.finds("");
}

#[test]
fn inputs_that_no_pod_finds() {
    let kept_out = |path: &str| Project::at(path, "s3://b/r.csv").keeps_out("data", 16);
    for path in [
        "data/01_raw/companies.csv",
        "./data/01_raw/companies.csv",
        "src/../data/x.csv",
        "file:///home/me/shop/data/x.csv",
        "zip://x.csv::data/x.zip",
        "data/parts/*.csv",
        "data/01_raw",
    ] {
        kept_out(path).finds(NOT_THERE);
        kept_out(path).without_image().finds("");
    }
    for path in [
        "/mnt/companies.csv",
        "~/companies.csv",
        "../shop-data/x.csv",
    ] {
        Project::at(path, "s3://b/r.csv").finds(NOT_THERE);
        Project::at(path, "s3://b/r.csv").without_image().finds("");
    }
    Project::at("data/x.csv", "s3://b/r.csv")
        .lacks("data/x.csv")
        .finds(NOT_THERE);
    // A class of the project may create a missing file.
    let mut own = Project::at("data/x.csv", "s3://b/r.csv").lacks("data/x.csv");
    own.datasets["companies"]["type"] = json!("shop.datasets.Download");
    own.finds(MAYBE);
    // The absolute path contains this machine's folder, which the container lacks.
    let typed = Project::at("/home/me/shop/data/x.csv", "s3://b/r.csv");
    typed
        .argo("ui_url: 'https://x/home/me/shop'")
        .finds(NOT_THERE);
}

#[test]
fn what_another_dataset_has_is_made() {
    for (companies, report) in [
        ("data/parts/a.csv", "data/parts"),
        ("data/parts", "data/parts/a.csv"),
        (
            "s3://b/WORKFLOW_ID/parts/a.csv",
            "s3://b/WORKFLOW_ID/parts/",
        ),
    ] {
        let project = Project::at(companies, report).keeps_out("data", 1);
        let said = project.findings();
        assert!(!said.contains("input-"), "{said}");
    }
}

#[test]
fn what_is_mounted_or_brought_is_found() {
    let project = |argo: &str| {
        let project = Project::at("data/01_raw/companies.csv", "data/08/report.csv");
        project.keeps_out("data", 16).argo(argo).findings()
    };
    let claim = "persistent_volume_claim: {claimName: c}";
    let volume = |path: &str, source: &str| {
        project(&format!(
            "nodes: {{'*': {{volumes: [{{name: v, mount_path: {path}, {source}}}]}}}}"
        ))
    };
    assert_eq!(volume("/app/data", claim), "");
    assert_eq!(volume("/app", claim), "");
    assert_eq!(
        volume("/app/data/", "source: {nfs: {server: s, path: /}}"),
        ""
    );
    for (path, source) in [
        ("/data", claim),
        ("/app/data/01", claim),
        ("/app/data", "empty_dir: {}"),
        ("/app/data", "ephemeral: {size: 1}"),
    ] {
        let said = volume(path, source);
        assert!(
            said.contains(NOT_THERE) && said.contains("output-lost"),
            "{path} {source}: {said}"
        );
    }
    // Files written to a read-only mount are lost.
    let read_only = volume("/app/data", "config_map: {name: c}");
    assert!(
        !read_only.contains(NOT_THERE) && read_only.contains("output-lost"),
        "{read_only}"
    );
    // The volume belongs to another node.
    let other = "nodes: {two: {volumes: [{name: v, mount_path: /app/data, empty_dir: {}}]}}";
    assert!(project(other).contains(NOT_THERE));
    // Patches of the pods, of the workflow, and of a template can mount a volume as well.
    for patch in [
        "pods: {containers: [{name: main, volumeMounts: [{name: v, mountPath: /app/data}]}]}",
        "workflow: {templateDefaults: {container: {volumeMounts: [{name: v, mountPath: /app/data}]}}}",
        "templates: {one: {container: {volumeMounts: [{name: v, mountPath: /app/data}]}}}",
        "templates: {one: {container: {workingDir: /srv, volumeMounts: [{name: v, mountPath: /srv/data}]}}}",
        "templates: {one: {inputs: {artifacts: [{name: a, path: /app/data/01_raw/companies.csv}]}, outputs: {artifacts: [{name: b, path: /app/data/08}]}}}",
        "templates: {one: {initContainers: [{name: i, image: x}], volumes: [{name: v, emptyDir: {}}], container: {volumeMounts: [{name: v, mountPath: /app/data}]}}}",
    ] {
        assert_eq!(project(&format!("patches: {{{patch}}}")), "", "{patch}");
    }
    let custom = "template: {default_template: t, templates: [{name: t, container: {command: [argo-kedro, exec], volume_mounts: [{name: v, mount_path: /app/data}]}, volumes: [{name: v, secret_ref: {name: s, key: k}}]}]}";
    assert!(!project(custom).contains(NOT_THERE));
}

#[test]
fn where_the_project_lies_in_an_image_that_is_not_built_here_is_not_known() {
    let argo = "nodes: {'*': {volumes: [{name: v, mount_path: /home/kedro/data, persistent_volume_claim: {claimName: c}}]}}";
    let project = || Project::at("data/01_raw/companies.csv", "data/08/report.csv").without_image();
    project().argo(argo).finds("");
    project().finds("warning[output-lost-with-pod]");
}

#[test]
fn what_the_dockerfile_brings_is_found() {
    let project = |path: &str, dockerfile: &str| {
        let text = format!("{DOCKERFILE}{dockerfile}\n");
        Project::at(path, "s3://b/r.csv")
            .keeps_out("data", 1)
            .dockerfile(&text)
    };
    let raw = "data/01_raw/companies.csv";
    for brings in [
        "COPY samples data/01_raw",
        "COPY --from=other/data /d /app/data/01_raw/",
        "ADD https://example.com/companies.csv data/01_raw/",
        "RUN curl -o data/01_raw/companies.csv https://example.com",
        "RUN python fetch.py --into=data/01_raw",
        "WORKDIR /app/data\nRUN unzip raw.zip -d 01_raw\nWORKDIR /app",
        "RUN cd data/01_raw && wget -O companies.csv https://example.com",
    ] {
        project(raw, brings).finds("");
    }
    project("/opt/raw/companies.csv", "COPY raw /opt/raw").finds("");
    for does_not in [
        "COPY . .",
        "COPY data data",
        "COPY ./data/ /app/data/",
        "COPY data/01_raw/companies.csv data/01_raw/",
        "COPY --from=python:3.12 /x /opt",
        "RUN mkdir -p data/01_raw && chown 1 data data/01_raw",
        "RUN pip install --target data2 x",
        "USER 1",
    ] {
        project(raw, does_not).finds(NOT_THERE);
    }
    // These commands may create the file, but do not name it.
    for may in [
        "RUN dvc pull",
        "RUN make raw",
        "RUN ./fetch.sh",
        "COPY --from=corp/tools /x /x",
    ] {
        project(raw, may).finds(MAYBE);
    }
    let base = DOCKERFILE.replace("python:3.12-slim", "registry.corp/kedro:1");
    let own_base = Project::at(raw, "s3://b/r.csv").keeps_out("data", 1);
    own_base.dockerfile(&base).finds(MAYBE);
}

#[test]
fn inputs_with_the_id_of_a_run() {
    for path in [
        "s3://b/WORKFLOW_ID/companies.csv",
        "s3://b/run-WORKFLOW_ID/companies.csv",
        "s3://b/run_WORKFLOW_ID/companies.csv",
        "s3://b/runWORKFLOW_ID_2/companies.csv",
        "s3://b/{{workflow.name}}/companies.csv",
        "data/WORKFLOW_ID/companies.csv",
    ] {
        let project = || Project::at(path, "s3://b/r.csv");
        project().finds("error[input-with-run-id]");
        project().without_image().finds("error[input-with-run-id]");
        // An init template knows the run, and may supply the data.
        let boot = "template: {init_templates: [boot], templates: [{name: boot, container: {command: [x]}}]}";
        let said = project().without_image().argo(boot).findings();
        assert!(!said.contains("input-with-run-id"), "{said}");
    }
    for path in [
        "s3://b/MY_WORKFLOW_IDS/x.csv",
        "s3://b/THEWORKFLOW_ID/x.csv",
        "s3://b/{{workflow.parameters.day}}/x.csv",
    ] {
        Project::at(path, "s3://b/r.csv").finds("");
    }
    let pod = "template: {environment: [{name: POD, field_ref: metadata.name}]}";
    Project::at("s3://b/POD/x.csv", "s3://b/r.csv")
        .argo(pod)
        .finds("error[input-with-run-id]");
    Project::at("s3://b/x.csv", "s3://b/WORKFLOW_ID/r.csv").finds("");
}

#[test]
fn an_input_that_no_copy_takes_is_not_in_the_image() {
    let project = |lines: &str| {
        let lines = format!("COPY pyproject.toml .\nCOPY conf conf\nCOPY src src\n{lines}");
        Project::at("data/01_raw/companies.csv", "s3://b/r.csv").dockerfile(&copying(&lines))
    };
    for takes in [
        "COPY data data",
        "COPY data/01_raw/*.csv data/01_raw/",
        "COPY samples data",
    ] {
        project(takes).finds("");
    }
    project("").finds(NOT_THERE);
    project("COPY data/02 data/02").finds(NOT_THERE);
    project("RUN dvc pull").finds(MAYBE);
    let said = project("").findings();
    assert!(
        said.contains("COPY data/01_raw/companies.csv data/01_raw/companies.csv"),
        "{said}"
    );
}

#[test]
fn what_argo_kedro_leaves_out_is_not_blamed_on_the_ignore_file() {
    let mut project = Project::at("logs/access.log", "s3://b/r.csv");
    project.left_out = vec!["logs"];
    project.finds(NOT_THERE);
    let said = project.findings();
    for part in [
        "src/shop/nodes.py:3",
        "argo-kedro excludes `logs/access.log` from images",
        "add `!logs/access.log` to .dockerignore",
    ] {
        assert!(said.contains(part), "{said}");
    }
    let project = Project {
        left_out: vec!["src/shop/nodes.py"],
        ..Project::default()
    };
    project.finds("error[project-not-in-image]");
    let said = project.findings();
    assert!(
        said.contains("Dockerfile:0 argo-kedro excludes `src/shop/nodes.py` from images"),
        "{said}"
    );
}
