//! A project with two datasets, its plan and its image, as the rules for pods see them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use compile::Options;
use diagnostic::yaml;
use lint::dockerfile::Dockerfile;
use lint::pod::{Image, PathInImage, check};
use project::Snapshot;
use project::config::ConfigFile;
use serde_json::{Value, json};

/// A project with the node `one`, which reads `companies` and writes `report`, and its image.
pub(crate) struct Project {
    pub(crate) datasets: Value,
    pub(crate) nodes: Value,
    pub(crate) argo: String,
    pub(crate) dockerfile: Option<String>,
    /// Says whether the Dockerfile is the one that `init` would add.
    pub(crate) is_proposed: bool,
    /// Excluded paths, with the line of the ignore file; files below them are excluded too.
    pub(crate) kept_out: BTreeMap<&'static str, usize>,
    pub(crate) absent: Vec<&'static str>,
    /// Files that argo-kedro's own patterns exclude.
    pub(crate) left_out: Vec<&'static str>,
    pub(crate) environments: Vec<String>,
    pub(crate) texts: BTreeMap<&'static str, &'static str>,
    pub(crate) configuration: Value,
    pub(crate) storage: Value,
    /// Says whether this environment has `MLflow`.
    pub(crate) has_mlflow: Value,
    /// How the tasks use `MLflow`.
    pub(crate) mlflow: Value,
}

pub(crate) const DOCKERFILE: &str = "FROM python:3.12-slim\nWORKDIR /app\nCOPY requirements.txt ./\nRUN pip install -r requirements.txt argo-kedro\nCOPY . .\nRUN mkdir -p conf/local\n";

pub(crate) fn csv(path: &str) -> Value {
    let last = path.rsplit("::").next().unwrap();
    let is_remote = last.contains("://") && !last.starts_with("file:");
    let place = if is_remote { "remote" } else { "local" };
    json!({"type": "pandas.CSVDataset", "place": place, "path": path, "registered": true})
}

/// A Dockerfile with these lines that installs argo-kedro.
pub(crate) fn copying(lines: &str) -> String {
    format!(
        "FROM python:3.12-slim\nWORKDIR /app\nRUN pip install argo-kedro\n{lines}\nRUN mkdir -p conf/local\n"
    )
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
            mlflow: Value::Null,
        }
    }
}

impl Project {
    /// A project with these paths for `companies` and `report`.
    pub(crate) fn at(companies: &str, report: &str) -> Self {
        Self {
            datasets: json!({"companies": csv(companies), "report": csv(report)}),
            ..Self::default()
        }
    }

    pub(crate) fn argo(self, argo: &str) -> Self {
        let argo = format!("{}{argo}\n", self.argo);
        Self { argo, ..self }
    }

    pub(crate) fn dockerfile(self, text: &str) -> Self {
        Self {
            dockerfile: Some(text.to_owned()),
            ..self
        }
    }

    pub(crate) fn without_image(self) -> Self {
        Self {
            dockerfile: None,
            ..self
        }
    }

    pub(crate) fn keeps_out(mut self, path: &'static str, line: usize) -> Self {
        self.kept_out.insert(path, line);
        self
    }

    pub(crate) fn lacks(mut self, path: &'static str) -> Self {
        self.absent.push(path);
        self
    }

    pub(crate) fn with(mut self, file: &'static str, text: &'static str) -> Self {
        self.texts.insert(file, text);
        self
    }

    pub(crate) fn find(&self, path: &str) -> PathInImage {
        let is_below = |folder: &str| {
            let path = path.trim_end_matches('/');
            path.strip_prefix(folder)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        if self.absent.iter().any(|folder| is_below(folder)) {
            return PathInImage::Nowhere;
        }
        if self.left_out.iter().any(|folder| is_below(folder)) {
            return PathInImage::KeptOutByUs;
        }
        let mut kept_out = self.kept_out.iter();
        match kept_out.find(|(folder, _)| is_below(folder)) {
            Some((_, line)) => PathInImage::KeptOut(Some(*line)),
            None => PathInImage::InImage,
        }
    }

    /// All findings, each as `severity[code] file:line message; help`.
    pub(crate) fn findings(&self) -> String {
        let snapshot: Snapshot = serde_json::from_value(json!({
            "project": {"name": "Shop", "package": "shop", "path": "/home/me/shop", "source": "src"},
            "environment": "local", "pipelines": ["__default__"], "registered": ["__default__"],
            "nodes": self.nodes, "datasets": self.datasets, "parameters": {},
            "configuration": self.configuration, "storage": self.storage,
            "has_mlflow": self.has_mlflow, "mlflow": self.mlflow, "argo": yaml::parse("argo.yml", &self.argo).unwrap()[0].to_json(),
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

    /// Checks that there are only these findings: `severity[code]`, or "" for none.
    #[track_caller]
    pub(crate) fn finds(&self, expected: &str) {
        let said = self.findings();
        let codes: Vec<&str> = said
            .lines()
            .map(|line| line.split(' ').next().unwrap())
            .collect();
        assert_eq!(codes.join(" "), expected, "{said}");
    }
}
