//! Things that a pod would not find: inputs, configuration, code, argo-kedro, libraries of stores; and data that it
//! would lose.
//!
//! Long, since every rule has its table of false alarms beside that of its findings.

#![expect(clippy::unwrap_used, reason = "a test may stop")]

use std::collections::BTreeMap;
use std::fmt::Write as _;

use compile::Options;
use diagnostic::yaml;
use lint::dockerfile::Dockerfile;
use lint::pod::{Found, Image, check, installed};
use project::Snapshot;
use project::config::ConfigFile;
use serde_json::{Value, json};

/// A project with the node `one`, which reads `companies` and writes `report`, and its image.
struct Project {
    datasets: Value,
    nodes: Value,
    argo: String,
    dockerfile: Option<String>,
    /// The Dockerfile is the one that `init` would add.
    is_proposed: bool,
    /// By path: where it is; all that is below is there as well.
    kept_out: BTreeMap<&'static str, usize>,
    absent: Vec<&'static str>,
    /// Files that argo-kedro's own patterns keep out.
    left_out: Vec<&'static str>,
    environments: Vec<String>,
    texts: BTreeMap<&'static str, &'static str>,
    configuration: Value,
    storage: Value,
    /// Says whether this environment has `MLflow`.
    has_mlflow: Value,
}

const DOCKERFILE: &str = "FROM python:3.12-slim\nWORKDIR /app\nCOPY requirements.txt ./\nRUN pip install -r requirements.txt argo-kedro\nCOPY . .\nRUN mkdir -p conf/local\n";

fn csv(path: &str) -> Value {
    let last = path.rsplit("::").next().unwrap();
    let is_remote = last.contains("://") && !last.starts_with("file:");
    let place = if is_remote { "remote" } else { "local" };
    json!({"type": "pandas.CSVDataset", "place": place, "path": path, "registered": true})
}

impl Default for Project {
    fn default() -> Self {
        Self {
            datasets: json!({"companies": csv("s3://b/companies.csv"), "report": csv("s3://b/report.csv")}),
            nodes: json!([{"name": "one", "inputs": ["companies"], "outputs": ["report"],
                "source": {"file": "src/shop/nodes.py", "line": 3}}]),
            argo: "deployment: {image: registry/shop}\n".to_owned(),
            dockerfile: Some(DOCKERFILE.to_owned()),
            is_proposed: false,
            kept_out: BTreeMap::new(),
            absent: Vec::new(),
            left_out: Vec::new(),
            environments: vec!["cloud".to_owned()],
            texts: BTreeMap::from([("requirements.txt", "kedro\n")]),
            configuration: json!({"base": "conf/base", "environment": "conf/local", "is_default": true,
                "files": ["conf/base/catalog.yml"]}),
            storage: json!({}),
            has_mlflow: Value::Null,
        }
    }
}

impl Project {
    /// `companies` and `report` at these paths.
    fn at(companies: &str, report: &str) -> Self {
        Self {
            datasets: json!({"companies": csv(companies), "report": csv(report)}),
            ..Self::default()
        }
    }

    fn argo(self, argo: &str) -> Self {
        let argo = format!("{}{argo}\n", self.argo);
        Self { argo, ..self }
    }

    fn dockerfile(self, text: &str) -> Self {
        Self {
            dockerfile: Some(text.to_owned()),
            ..self
        }
    }

    fn without_image(self) -> Self {
        Self {
            dockerfile: None,
            ..self
        }
    }

    fn keeps_out(mut self, path: &'static str, line: usize) -> Self {
        self.kept_out.insert(path, line);
        self
    }

    fn lacks(mut self, path: &'static str) -> Self {
        self.absent.push(path);
        self
    }

    fn with(mut self, file: &'static str, text: &'static str) -> Self {
        self.texts.insert(file, text);
        self
    }

    fn find(&self, path: &str) -> Found {
        let is_below = |folder: &str| {
            let path = path.trim_end_matches('/');
            path.strip_prefix(folder)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        if self.absent.iter().any(|folder| is_below(folder)) {
            return Found::Nowhere;
        }
        if self.left_out.iter().any(|folder| is_below(folder)) {
            return Found::KeptOutByUs;
        }
        let mut kept_out = self.kept_out.iter();
        match kept_out.find(|(folder, _)| is_below(folder)) {
            Some((_, line)) => Found::KeptOut(Some(*line)),
            None => Found::InImage,
        }
    }

    /// `severity[code] file:line message; help` of each.
    fn findings(&self) -> String {
        let snapshot: Snapshot = serde_json::from_value(json!({
            "project": {"name": "Shop", "package": "shop", "path": "/home/me/shop", "source": "src"},
            "environment": "local", "pipelines": ["__default__"], "registered": ["__default__"],
            "nodes": self.nodes, "datasets": self.datasets, "parameters": {},
            "configuration": self.configuration, "storage": self.storage,
            "has_mlflow": self.has_mlflow, "argo": yaml::parse("argo.yml", &self.argo).unwrap()[0].to_json(),
            "versions": {"kedro": "1.7.0", "python": "3.12.0", "argo_kedro": "1.0.0"},
        }))
        .unwrap();
        let documents = yaml::parse("argo.yml", &self.argo).unwrap();
        let files = [ConfigFile {
            path: "argo.yml".to_owned(),
            text: self.argo.clone(),
        }];
        let config = project::config::check(&documents[0].to_json(), &files).unwrap();
        let plan = plan::plan(&snapshot, &config).unwrap();
        let manifest = compile::lower(&plan, &snapshot, &config, &Options::default());
        let manifest = argo::spec::Field::write(&manifest);
        let dockerfile = self
            .dockerfile
            .as_ref()
            .map(|text| Dockerfile::parse(text, None, []));
        let find = |path: &str| self.find(path);
        let read = |path: &str| self.texts.get(path).map(ToString::to_string);
        let is_written = |text: &str| self.argo.contains(text);
        let image = dockerfile.as_ref().map(|dockerfile| Image {
            dockerfile,
            dockerfile_path: "Dockerfile",
            is_proposed: self.is_proposed,
            ignore_file: Some(".dockerignore"),
            folder: "",
            find: &find,
            read: &read,
            is_written: &is_written,
        });
        let mut said = String::new();
        for finding in check(
            &snapshot,
            &config,
            &plan,
            &manifest,
            &self.environments,
            image.as_ref(),
        ) {
            let place = &finding.place;
            let line = place.span.map_or(0, |span| span.line);
            let file = place.file.as_deref().unwrap_or("-");
            let severity = if finding.is_error() {
                "error"
            } else {
                "warning"
            };
            let help = finding.help.as_deref().unwrap_or("-");
            let _ = writeln!(
                said,
                "{severity}[{}] {file}:{line} {}; {help}",
                finding.code, finding.message
            );
        }
        said
    }

    /// That only this is found: `severity[code]`, nothing for "".
    #[track_caller]
    fn finds(&self, expected: &str) {
        let said = self.findings();
        let codes: Vec<&str> = said
            .lines()
            .map(|line| line.split(' ').next().unwrap())
            .collect();
        assert_eq!(codes.join(" "), expected, "{said}");
    }
}

const NOT_THERE: &str = "error[input-not-in-image]";
const MAYBE: &str = "warning[input-not-in-image]";

#[test]
fn messages() {
    let project = Project::at("data/01_raw/companies.csv", "data/08/report.csv")
        .keeps_out("data", 16)
        .keeps_out("src", 33)
        .keeps_out("conf/local", 7);
    let mut project = project.dockerfile(
        "FROM python:3.12\nWORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt\n",
    );
    project.storage = json!({"s3": {"package": "s3fs", "installed": false}});
    let files = [
        "conf/base/catalog.yml",
        "conf/local/catalog.yml",
        "conf/local/globals.yml",
    ];
    project.configuration["files"] = json!(files);
    let elsewhere = Project::at("../other/companies.csv", "s3://<your_bucket_name>/r.csv");
    let nowhere = Project::at("data/x.csv", "s3://b/${x}")
        .lacks("data")
        .argo("memory_datasets: {path: 's3://bucket/prefix'}");
    let of_run = Project::at("s3://b/WORKFLOW_ID/companies.csv", "s3://b/report.csv");
    insta::assert_snapshot!(format!(
        "{}{}{}{}",
        project.findings(),
        elsewhere.findings(),
        nowhere.findings(),
        of_run.findings()
    ));
}

#[test]
fn what_is_in_the_image_or_in_a_store_is_found() {
    Project::default().finds("");
    Project::at("data/01_raw/companies.csv", "s3://b/r.csv").finds("");
    // A file of the project that is in the image, by a path that a resolver made of the project's folder.
    Project::at("/home/me/shop/data/companies.csv", "s3://b/r.csv").finds("");
    let memory =
        json!({"type": "MemoryDataset", "place": "memory", "registered": true, "has_data": true});
    let mut project = Project::default().keeps_out("data", 1);
    project.datasets["companies"] = memory;
    project.finds("");
    project.datasets["companies"] =
        json!({"type": "pandas.SQLTableDataset", "place": "external", "registered": true});
    project.finds("");
    // Its files are on a server.
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
    // Nobody knows what a class of the project's own does where there is no file.
    let mut own = Project::at("data/x.csv", "s3://b/r.csv").lacks("data/x.csv");
    own.datasets["companies"]["type"] = json!("shop.datasets.Download");
    own.finds(MAYBE);
    // The folder of this machine is not the one of the container.
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
    // What is mounted to be read keeps nothing.
    let read_only = volume("/app/data", "config_map: {name: c}");
    assert!(
        !read_only.contains(NOT_THERE) && read_only.contains("output-lost"),
        "{read_only}"
    );
    // Another node's volume is no help.
    let other = "nodes: {two: {volumes: [{name: v, mount_path: /app/data, empty_dir: {}}]}}";
    assert!(project(other).contains(NOT_THERE));
    // By patches: of the pods, of a template, of the workflow.
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
    // It may, but does not say so.
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
        // It knows the run, and may bring the data.
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
fn outputs_on_the_disk_of_a_pod_are_lost() {
    Project::at("s3://b/x", "data/r.csv").finds("warning[output-lost-with-pod]");
    Project::at("s3://b/x", "/tmp/r.csv")
        .without_image()
        .finds("warning[output-lost-with-pod]");
    // A template of one's own may take them away.
    let takes = "template: {default_template: t, templates: [{name: t, container: {command: [sh, -c], args: 'argo-kedro exec && aws s3 cp data/r.csv s3://b'}}]}";
    Project::at("s3://b/x", "data/r.csv").argo(takes).finds("");
    let mut crossing = Project::at("s3://b/x", "data/r.csv");
    crossing.nodes = json!([
        {"name": "one", "inputs": ["companies"], "outputs": ["report"]},
        {"name": "two", "inputs": ["report"], "outputs": []},
    ]);
    crossing.finds("warning[local-path-crosses-tasks]");
    let shared = "nodes: {'*': {volumes: [{name: v, mount_path: /app/data, persistent_volume_claim: {claimName: c}}]}}";
    crossing.argo(shared).finds("");
}

#[test]
fn the_project_and_its_configuration_have_to_be_in_the_image() {
    const OUT: &str = "error[project-not-in-image]";
    for path in [
        "pyproject.toml",
        "src",
        "src/shop",
        "src/shop/nodes.py",
        "conf/base",
    ] {
        Project::default().keeps_out(path, 1).finds(OUT);
    }
    let all = Project::default()
        .keeps_out("src", 1)
        .keeps_out("pyproject.toml", 2);
    all.finds(&format!("{OUT} {OUT}"));
    // The package comes as a wheel.
    let wheel = format!("{DOCKERFILE}COPY dist dist\nRUN pip install dist/*.whl\n");
    Project::default()
        .keeps_out("src", 1)
        .dockerfile(&wheel)
        .finds("");
    let mut cloud = Project::default().keeps_out("conf/cloud", 1);
    cloud.configuration = json!({"base": "conf/base", "environment": "conf/cloud", "is_default": false,
        "files": ["conf/base/catalog.yml", "conf/cloud/catalog.yml"]});
    cloud.finds(OUT);
    let conf = "nodes: {'*': {volumes: [{name: v, mount_path: /app/conf, config_map: {name: c}}]}}";
    cloud.argo(conf).finds("");
}

/// A Dockerfile that takes what these lines take, and installs argo-kedro.
fn copying(lines: &str) -> String {
    format!(
        "FROM python:3.12-slim\nWORKDIR /app\nRUN pip install argo-kedro\n{lines}\nRUN mkdir -p conf/local\n"
    )
}

#[test]
fn what_no_copy_takes_is_not_in_the_image() {
    const OUT: &str = "error[project-not-in-image]";
    let project = |lines: &str| {
        let mut project = Project::default().dockerfile(&copying(lines));
        project.configuration = json!({"base": "conf/base", "environment": "conf/cloud", "is_default": false,
            "files": ["conf/base/catalog.yml", "conf/cloud/catalog.yml"]});
        project
    };
    for takes in [
        "COPY . .",
        "COPY ./ /app/",
        "COPY pyproject.toml ./\nCOPY conf conf\nCOPY src src",
        "COPY pyproject.toml conf src /app/",
        "COPY pyproject.toml uv.lock ./\nCOPY conf/base/catalog.yml conf/base/\nCOPY conf/cloud/*.yml conf/cloud/\nCOPY ./src/ ./src/",
        "COPY *.toml ./\nADD [\"conf\", \"conf\"]\nCOPY src/shop src/shop",
        "COPY $WHAT .",
        "ADD project.tar.gz /app",
        "RUN --mount=type=bind,target=/src cp -r /src/. /app",
        "FROM python:3.12 AS b\nCOPY . /app\nRUN pip install argo-kedro\nFROM python:3.12\nCOPY --from=b /app /app\nWORKDIR /app",
        "COPY conf conf\nCOPY src src\nRUN cp /etc/project.toml pyproject.toml",
        "COPY conf conf\nCOPY src src\nCOPY <<END pyproject.toml\n[tool.kedro]\nEND",
        // The package comes from an index.
        "COPY pyproject.toml .\nCOPY conf conf\nRUN pip install acme-shop",
    ] {
        project(takes).finds("");
    }
    // It is no Dockerfile.
    let said = project("").dockerfile("X").findings();
    assert!(!said.contains("error["), "{said}");
    let own_base = copying("COPY conf conf").replace("python:3.12-slim", "corp/shop");
    project("").dockerfile(&own_base).finds("");
    for (lines, expected) in [
        ("COPY conf conf\nCOPY src src", OUT.to_owned()),
        ("COPY pyproject.toml .\nCOPY conf conf", OUT.to_owned()),
        (
            "COPY pyproject.toml .\nCOPY conf/base conf/base\nCOPY src src",
            OUT.to_owned(),
        ),
        (
            "COPY pyproject.toml .\nCOPY conf/base/parameters*.yml conf/base/\nCOPY conf/cloud conf/cloud\nCOPY src src",
            OUT.to_owned(),
        ),
        (
            "COPY conf/base conf/base\nCOPY src src",
            format!("{OUT} {OUT}"),
        ),
        (
            "COPY conf conf\nCOPY src src\nRUN git clone https://x/y /z",
            OUT.replace("error", "warning"),
        ),
    ] {
        project(lines).finds(&expected);
    }
    let said = project("COPY pyproject.toml .\nCOPY conf/base conf/base\nCOPY src src").findings();
    assert!(
        said.contains("Dockerfile:0 Dockerfile does not copy `conf/cloud/catalog.yml`"),
        "{said}"
    );
    assert!(
        said.contains("add this line to Dockerfile: COPY conf/cloud/catalog.yml"),
        "{said}"
    );
    // Kedro wants the folder, and the Dockerfile makes it nowhere.
    let local = copying("COPY pyproject.toml .\nCOPY conf/base conf/base\nCOPY src src");
    let local = local.replace("RUN mkdir", "#");
    Project::default()
        .dockerfile(&local)
        .finds("error[missing-configuration-folder]");
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

#[test]
fn the_folder_that_kedro_wants_has_to_be_made() {
    const MISSING: &str = "error[missing-configuration-folder]";
    let project = |last: &str| {
        let text = DOCKERFILE.replace("RUN mkdir -p conf/local", last);
        Project::default()
            .keeps_out("conf/local", 7)
            .dockerfile(&text)
    };
    for makes in [
        "RUN mkdir -p /app/conf/local",
        "RUN mkdir conf/{base,local}",
        "RUN cd conf && mkdir local",
        "RUN touch conf/local/.gitkeep",
        "RUN install -d conf/local",
        "RUN python -c 'import os; os.makedirs(\"conf/local\")'",
        "COPY nothing conf/local/",
        "WORKDIR /app/conf/local\nWORKDIR /app",
        "RUN <<END\nset -e\nmkdir -p conf/local\nEND",
    ] {
        project(makes).finds("");
    }
    for does_not in [
        "",
        "# RUN mkdir -p conf/local",
        "RUN rm -rf conf/local",
        "RUN mkdir logs",
    ] {
        project(does_not).finds(MISSING);
    }
    let base = DOCKERFILE
        .replace("python:3.12-slim", "corp/kedro")
        .replace("RUN mkdir", "#");
    let own_base = Project::default()
        .keeps_out("conf/local", 7)
        .dockerfile(&base);
    own_base.finds("warning[missing-configuration-folder]");
    // Its files are of this machine alone.
    let mut files = project("RUN mkdir conf/local");
    files.configuration["files"] = json!(["conf/local/parameters.yml"]);
    files.finds("warning[configuration-not-in-image]");
}

#[test]
fn argo_kedro_has_to_be_installed() {
    const NOT: &str = "error[argo-kedro-not-installed]";
    const MAYBE: &str = "warning[argo-kedro-not-installed]";
    let project = |run: &str| {
        let text = format!(
            "FROM python:3.12-slim\nWORKDIR /app\n{run}\nCOPY . .\nRUN mkdir -p conf/local\n"
        );
        Project::default().dockerfile(&text)
    };
    for installs in [
        "RUN pip install argo-kedro==1.0",
        "RUN python -m pip install 'argo_kedro[x]'",
        "COPY argo-kedro-wheel /tmp/w\nRUN pip install /tmp/w/argo_kedro-1-py3-none-any.whl",
        "RUN pip install git+https://github.com/everycure-org/kedro-argo.git",
        "RUN uv add argo-kedro",
        "FROM python:3.12 AS b\nRUN pip install argo-kedro\nFROM b\nWORKDIR /app",
        "FROM python:3.12 AS v\nRUN pip install argo-kedro\nFROM python:3.12\nCOPY --from=v /opt /opt\nWORKDIR /app",
    ] {
        project(installs).finds("");
    }
    for does_not in [
        "RUN pip install kedro",
        "# RUN pip install argo-kedro",
        "RUN echo argo-kedro",
        "FROM python:3.12 AS v\nRUN pip install argo-kedro\nFROM python:3.12\nWORKDIR /app",
        "RUN pip install -r requirements.txt",
        "RUN pip install -r requirements.txt > /tmp/log 2>&1 # don't, argo-kedro",
        "RUN <<EOF\n# don't cache\npip install -r requirements.txt\nEOF",
        "RUN apt-get update && apt-get install -y git && rm -rf /var/lib/apt/lists/* && pip install --no-cache-dir -i https://x/y 'pandas[parquet]>=2' scikit_learn",
        "RUN python3 -m venv /venv && . /venv/bin/activate && /venv/bin/pip --quiet install kedro 'kedro-datasets[pandas-csvdataset]' -c constraints.txt",
        "RUN uv pip install --system --no-cache -r requirements.txt",
        "RUN conda install -y -c conda-forge python=3.12 conda-forge::pandas && conda clean -afy",
    ] {
        project(does_not).finds(NOT);
    }
    let from_file = |run: &str, file, text| project(run).with(file, text);
    for (run, file, text) in [
        (
            "RUN pip install -r requirements.txt",
            "requirements.txt",
            "kedro\nArgo_Kedro >= 1 # x\n",
        ),
        (
            "COPY deps/run.txt /tmp/\nRUN pip install -r /tmp/run.txt",
            "deps/run.txt",
            "argo-kedro",
        ),
        (
            "RUN pip install -r requirements.txt",
            "requirements.txt",
            "-r base.txt",
        ),
        (
            "RUN pip install .",
            "pyproject.toml",
            "dependencies = [\"argo-kedro~=1.0\"]",
        ),
        (
            "RUN pip install -e '.[cloud]'",
            "pyproject.toml",
            "argo-kedro",
        ),
        ("RUN uv sync --frozen", "uv.lock", "name = \"argo-kedro\""),
        (
            "RUN poetry install --only main",
            "pyproject.toml",
            "argo-kedro = \"^1\"",
        ),
        (
            "RUN conda env update -f environment.yml",
            "environment.yml",
            "- pip: [argo-kedro]",
        ),
        (
            "RUN python -c \"read('pyproject.toml')\" > /tmp/r.txt && pip install -r /tmp/r.txt",
            "pyproject.toml",
            "argo-kedro",
        ),
    ] {
        let project = from_file(run, file, text).with("base.txt", "argo-kedro\n");
        project.finds("");
    }
    from_file(
        "RUN pip install -r requirements.txt",
        "requirements.txt",
        "# argo-kedro\nkedro # argo-kedro\n--find-links https://x\npandas[parquet]>=2; python_version>'3'\n",
    )
    .finds(NOT);
    // What the file says that is really installed.
    for (run, file, text) in [
        (
            "COPY requirements/prod.txt /tmp/requirements.txt\nRUN pip install -r /tmp/requirements.txt",
            "requirements/prod.txt",
            "argo-kedro",
        ),
        (
            "COPY requirements/ /tmp/\nRUN pip install -r /tmp/prod.txt",
            "requirements/prod.txt",
            "argo-kedro",
        ),
        (
            "COPY requirements/*.txt /tmp/\nRUN pip install -r /tmp/prod.txt",
            "requirements/prod.txt",
            "argo-kedro",
        ),
        (
            "RUN --mount=type=bind,source=requirements/prod.txt,target=/tmp/requirements.txt pip install -r /tmp/requirements.txt",
            "requirements/prod.txt",
            "argo-kedro",
        ),
        (
            "RUN pip install -r requirements.txt",
            "requirements.txt",
            "-r requirements/prod.txt",
        ),
        (
            "WORKDIR /src\nCOPY . .\nRUN pip install .\nWORKDIR /app",
            "pyproject.toml",
            "[project]\ndependencies = ['argo-kedro']",
        ),
        (
            "COPY . /src\nRUN pip install /src",
            "pyproject.toml",
            "[project]\ndependencies = ['argo-kedro']",
        ),
        (
            "ENV APP_HOME=/src\nCOPY . /src\nRUN pip install -e \"$APP_HOME[dev]\"",
            "pyproject.toml",
            "[project]\ndependencies = ['argo-kedro']",
        ),
        (
            "COPY libs/shop /opt/shop\nRUN pip install /opt/shop",
            "libs/shop/pyproject.toml",
            "[project]\ndependencies = ['argo-kedro']",
        ),
        (
            "COPY dist/*.whl /tmp/\nRUN pip install /tmp/*.whl",
            "pyproject.toml",
            "[project]\ndynamic = ['dependencies']\n[tool.setuptools.dynamic]\ndependencies = {file = 'requirements/prod.txt'}",
        ),
        (
            "COPY dist/*.whl /tmp/\nRUN pip install /tmp/*.whl",
            "pyproject.toml",
            "[project]\ndependencies = ['argo-kedro']",
        ),
        (
            "RUN pip install -r requirements.txt",
            "requirements.txt",
            ".[prod]",
        ),
        (
            "RUN pip install -r requirements.txt",
            "requirements.txt",
            "-e .",
        ),
        (
            "RUN pip install .",
            "pyproject.toml",
            "[project]\ndynamic = ['dependencies']\n[tool.setuptools.dynamic]\ndependencies = {file = ['requirements/prod.txt']}",
        ),
        (
            "RUN uv pip sync --system requirements.lock",
            "requirements.lock",
            "argo-kedro==1",
        ),
        (
            "RUN pip install pip-tools && pip-sync",
            "requirements.txt",
            "argo-kedro==1",
        ),
        (
            "RUN conda env create",
            "environment.yml",
            "dependencies: [pip: [argo-kedro]]",
        ),
        (
            "RUN conda-lock install -n base conda-lock.yml",
            "conda-lock.yml",
            "- name: argo-kedro",
        ),
        (
            "RUN cat requirements.txt | xargs -n 1 pip install",
            "requirements.txt",
            "argo-kedro",
        ),
        (
            "RUN while read line; do pip install $line; done < requirements.txt && xargs pip install < requirements.txt",
            "requirements.txt",
            "argo-kedro",
        ),
        (
            "RUN <<EOF\n# don't cache\npip install -r requirements.txt\nEOF",
            "requirements.txt",
            "argo-kedro",
        ),
        (
            "RUN conda run -n base pip install -r requirements.txt",
            "requirements.txt",
            "argo-kedro",
        ),
    ] {
        let project = from_file(run, file, text);
        let others = [
            ("pyproject.toml", "[project]\ndependencies = ['argo-kedro']"),
            ("requirements/prod.txt", "argo-kedro"),
        ];
        let others = others.into_iter().filter(|(other, _)| *other != file);
        others
            .fold(project, |project, (file, text)| project.with(file, text))
            .finds("");
    }
    for (run, file, text) in [
        // The file of that name is another one.
        (
            "COPY requirements/prod.txt /tmp/requirements.txt\nRUN pip install -r /tmp/requirements.txt",
            "requirements/prod.txt",
            "kedro",
        ),
        (
            "RUN pip install .",
            "pyproject.toml",
            "[project]\ndependencies = ['kedro']\n",
        ),
        ("RUN uv sync", "uv.lock", "name = \"acme\""),
        (
            "RUN poetry install",
            "pyproject.toml",
            "[tool.poetry.dependencies]\npython = '^3.12'\nkedro = '^1'\n[tool.poetry.group.dev.dependencies]\nruff = '*'\n",
        ),
        (
            "RUN pip install -r requirements.txt",
            "requirements.txt",
            "# This file was autogenerated by uv\nacme==1\n",
        ),
    ] {
        from_file(run, file, text).finds(NOT);
    }
    for (run, file, text) in [
        (
            "RUN pip install -r requirements.txt",
            "requirements.txt",
            "acme-kedro-platform",
        ),
        (
            "RUN pip install -r requirements.txt",
            "requirements.txt",
            "git+https://git.corp/shop",
        ),
        (
            "RUN pip install .",
            "pyproject.toml",
            "[project]\ndependencies = ['acme']",
        ),
        (
            "RUN pip install .",
            "pyproject.toml",
            "[project]\ndynamic = ['dependencies']",
        ),
        (
            "RUN pip install .",
            "setup.py",
            "setup(install_requires=open('x').read())",
        ),
        (
            "RUN poetry install",
            "pyproject.toml",
            "[tool.poetry.dependencies]\nacme = '^1'",
        ),
        (
            "RUN conda env create",
            "environment.yml",
            "dependencies: [acme]",
        ),
    ] {
        from_file(run, file, text).finds(MAYBE);
    }
    // What is not known may bring it.
    for unknown in [
        "COPY dist/*.whl /tmp/\nRUN pip install /tmp/*.whl",
        "FROM python:3.12 AS b\nCOPY . /src\nRUN python -m build /src\nFROM python:3.12\nWORKDIR /app\nCOPY --from=b /src/dist/*.whl /tmp/\nRUN pip install /tmp/shop.whl",
        "RUN pip install /home/kedro",
        "RUN pip install -e \"$APP_HOME\"",
        "RUN pip install acme-kedro-platform",
        "RUN pip install https://wheels.corp/shop.zip",
        "RUN pip install --requirement=/wheels/all.txt",
        "RUN pip install $(cat all.txt) `cat all.txt`",
        "RUN uv pip sync --system requirements.lock",
        "RUN pip-sync all.txt",
        "RUN conda env create",
        "RUN conda-lock install",
        "RUN cat requirements.txt | xargs -n 1 pip install",
        "RUN python install.py",
        "RUN curl https://x | sh",
        "RUN tar xzf env.tar.gz",
        "RUN provision --all",
        "WORKDIR $WHERE\nRUN pip install -r requirements.txt\nWORKDIR /app",
        "RUN ./install.sh",
        "RUN pip install -r /made.txt",
        "FROM corp/base\nWORKDIR /app",
        "COPY --from=corp/x /x /x",
    ] {
        project(unknown).finds(MAYBE);
    }
    // Nothing starts it.
    let own = "template: {default_template: t, templates: [{name: t, container: {command: [kedro, run]}}]}";
    project("RUN pip install kedro").argo(own).finds("");
}

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
    // A package that nobody knows may bring it.
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
    // Who reads a store without fsspec.
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
    // Where datasets that cross tasks are stored.
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
        // A package that nobody knows may bring it.
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
fn advice_names_an_environment_that_is_there() {
    let said = |environments: &[&str]| {
        let mut project = Project::at("data/a.csv", "data/r.csv")
            .keeps_out("data", 1)
            .keeps_out("conf/local", 2);
        project.environments = environments.iter().map(ToString::to_string).collect();
        let dockerfile = DOCKERFILE.replace("RUN mkdir", "#");
        project.dockerfile(&dockerfile).findings()
    };
    let none = said(&[]);
    assert_eq!(
        none.matches("which this makes: argo-kedro init --cloud s3://BUCKET/FOLDER")
            .count(),
        3,
        "{none}"
    );
    assert!(!none.contains("--env"), "{none}");
    // Whoever is in the environment for the cluster changes that.
    let mut project = Project::at("data/a.csv", "data/r.csv").keeps_out("data", 1);
    project.configuration["environment"] = json!("conf/cloud");
    project.configuration["is_default"] = json!(false);
    let chosen = project.findings();
    let this_one = "e.g. this one: change the catalog in conf/cloud";
    assert_eq!(chosen.matches(this_one).count(), 2, "{chosen}");
    assert_eq!(
        said(&["prod", "staging"])
            .matches("e.g. --env prod")
            .count(),
        3
    );
    assert_eq!(
        said(&["aws", "cloud"]).matches("e.g. --env cloud").count(),
        3
    );
}

#[test]
fn the_user_of_a_url_is_in_no_message() {
    let url = "https://your-name:hunter2@example.com/WORKFLOW_ID/a.csv";
    for said in [
        Project::at(url, "s3://b/r.csv").findings(),
        Project::at("s3://b/a.csv", url).findings(),
        Project::at(
            "https://your-name:hunter2@corp.com/WORKFLOW_ID/a.csv",
            "s3://b/r.csv",
        )
        .findings(),
    ] {
        assert!(
            said.contains("https://***@") && !said.contains("hunter2"),
            "{said}"
        );
    }
}

#[test]
fn placeholders_are_found_and_names_are_not() {
    for (text, found) in [
        ("s3://<your_bucket_name>/data", Some("<your_bucket_name>")),
        ("s3://<YOUR-BUCKET>", Some("<YOUR-BUCKET>")),
        ("gs://your-bucket/x", Some("your-bucket")),
        ("s3://my-bucket/x", Some("my-bucket")),
        ("registry.example.com/shop", Some("registry.example.com")),
        ("example.com:5000/shop", Some("example.com:5000")),
        ("your-registry/shop:v1", Some("your-registry")),
        ("s3://bucket/prefix", Some("s3://bucket/prefix")),
        ("s3://bucket/prefixes", None),
        ("s3://CHANGE_ME/x", Some("CHANGE_ME")),
        ("s3://bucket-name/x", Some("bucket-name")),
        ("s3://TODO/x", Some("TODO")),
        ("gs://example-bucket/x", Some("example-bucket")),
        ("ghcr.io/OWNER/shop", Some("OWNER")),
        ("gcr.io/project-id/shop:1", Some("project-id")),
        ("s3://todo-app/x", None),
        ("s3://todo/x", None),
        ("s3://my-bucket-name-2/x", None),
        ("ghcr.io/owner/shop", None),
        ("s3://b/project-ids/x", None),
        ("s3://b/yourself/x", None),
        ("registry.corp/shop", None),
        ("data/a<b.csv", None),
        ("notexample.com/x", None),
        ("", None),
    ] {
        assert_eq!(lint::pod::placeholder(text), found, "{text}");
    }
    Project::at("s3://your-bucket/a", "s3://your-bucket/b").finds("warning[placeholder]");
    Project::at("s3://<bucket>/a", "s3://b/b").finds("error[placeholder]");
    Project::default()
        .argo("namespace: your-namespace")
        .finds("warning[placeholder]");
    Project::default()
        .argo(
            "nodes: {'*': {volumes: [{name: data, mount_path: /data, persistent_volume_claim: {claimName: <claim>}}]}}",
        )
        .finds("error[placeholder]");
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
            find: &|_| Found::InImage,
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
