//! The flags of `kedro run`: what to read and what of it to run.

use std::path::{Path, PathBuf};

use clap::Args;
use project::Request;

use crate::render::shell_word::shell_word;

/// Environment for a cluster if the user chose none, as in argo-kedro 0.1.41 (`submit --environment`).
const CLUSTER_ENVIRONMENT: &str = "cloud";

const HEADING: &str = "Selection, as in kedro run";

/// Purpose for which a project is read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Read a project to plan, show and check it.
    #[default]
    Plan,
    /// Read it for a cluster, in that environment unless the user chose another.
    Cluster,
    /// Read it to run it here. The snapshot then has what tasks are made of: code, parameters and catalog entries.
    Run,
}

/// Choice of an environment, and of a part of a pipeline.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Selection {
    /// Configuration environment: a folder of conf/
    #[arg(long, short, alias = "environment", value_name = "NAME", help_heading = HEADING)]
    pub(crate) env: Option<String>,

    /// Registered pipelines, separated by commas [default: __default__]
    #[arg(long, short, visible_alias = "pipeline", value_name = "NAMES", help_heading = HEADING)]
    pub(crate) pipelines: Vec<String>,

    /// Nodes with any of these tags
    #[arg(long, short, value_name = "NAMES", help_heading = HEADING)]
    pub(crate) tags: Vec<String>,

    /// Only these nodes
    #[arg(long, short, visible_alias = "node", value_name = "NAMES", help_heading = HEADING)]
    pub(crate) nodes: Vec<String>,

    /// These nodes and all after them
    #[arg(long, value_name = "NAMES", help_heading = HEADING)]
    pub(crate) from_nodes: Vec<String>,

    /// These nodes and all before them
    #[arg(long, value_name = "NAMES", help_heading = HEADING)]
    pub(crate) to_nodes: Vec<String>,

    /// All nodes that depend on these datasets
    #[arg(long, value_name = "NAMES", help_heading = HEADING)]
    pub(crate) from_inputs: Vec<String>,

    /// All nodes that these datasets depend on
    #[arg(long, value_name = "NAMES", help_heading = HEADING)]
    pub(crate) to_outputs: Vec<String>,

    /// Nodes in these namespaces; short form: -ns
    #[arg(long, value_name = "NAMES", help_heading = HEADING)]
    pub(crate) namespaces: Vec<String>,

    /// Only nodes with missing outputs, and the nodes that these need
    #[arg(long, help_heading = HEADING)]
    pub(crate) only_missing_outputs: bool,

    /// Runtime parameters: `key=value,group.key=value`
    #[arg(long, value_name = "PARAMETERS", help_heading = HEADING)]
    pub(crate) params: Vec<String>,

    /// YAML or JSON file with runtime parameters; --params override it
    #[arg(long, value_name = "FILE", help_heading = HEADING)]
    pub(crate) params_file: Option<PathBuf>,

    /// Dataset versions to load: `dataset:version`; short form: -lv
    #[arg(long, visible_alias = "load-version", value_name = "VERSIONS", help_heading = HEADING)]
    pub(crate) load_versions: Vec<String>,

    /// Configuration folder or archive
    #[arg(long, value_name = "PATH", help_heading = HEADING)]
    pub(crate) conf_source: Option<String>,

    /// Kedro runner that runs the nodes inside each task
    #[arg(long, short, value_name = "CLASS", help_heading = HEADING)]
    pub(crate) runner: Option<String>,

    /// Arguments of the runner: `max_workers=4,is_async=True`
    #[arg(long, value_name = "PARAMETERS", help_heading = HEADING)]
    pub(crate) runner_params: Vec<String>,

    /// Load and save datasets asynchronously inside each task
    #[arg(long = "async", help_heading = HEADING)]
    pub(crate) is_async: bool,

    /// YAML file whose section `run` sets the flags that are not given here
    #[arg(long, short, value_name = "FILE", help_heading = HEADING)]
    pub(crate) config: Option<PathBuf>,

    /// Purpose for which the project is read.
    #[arg(skip)]
    pub(crate) purpose: Purpose,

    /// Runtime parameters that a run has already; what is typed wins.
    #[arg(skip)]
    pub(crate) configured_params: serde_json::Map<String, serde_json::Value>,
}

impl Selection {
    /// First flag that selects a part of a project, apart from `--pipelines`, `--params` and `--params-file`.
    pub(crate) fn names_a_part(&self) -> Option<&'static str> {
        let lists = [
            ("--tags", &self.tags),
            ("--nodes", &self.nodes),
            ("--from-nodes", &self.from_nodes),
            ("--to-nodes", &self.to_nodes),
            ("--from-inputs", &self.from_inputs),
            ("--to-outputs", &self.to_outputs),
            ("--namespaces", &self.namespaces),
            ("--load-versions", &self.load_versions),
            ("--runner-params", &self.runner_params),
        ];
        let lists = lists.map(|(flag, words)| (flag, !words.is_empty()));
        let others = [
            ("--env", self.env.is_some()),
            ("--conf-source", self.conf_source.is_some()),
            ("--only-missing-outputs", self.only_missing_outputs),
            ("--runner", self.runner.is_some()),
            ("--async", self.is_async),
            ("--config", self.config.is_some()),
        ];
        let all = lists.into_iter().chain(others);
        all.into_iter()
            .find(|(_, is_typed)| *is_typed)
            .map(|(flag, _)| flag)
    }

    /// The flags as the user typed them, without `--env`, each after a space: they select the same
    /// part of the project again.
    pub(crate) fn typed(&self) -> String {
        let file = |file: &Option<PathBuf>| -> Vec<String> {
            file.iter().map(|file| file.display().to_string()).collect()
        };
        let word = |word: &Option<String>| -> Vec<String> { word.iter().cloned().collect() };
        let valued = [
            ("--pipelines", self.pipelines.clone()),
            ("--tags", self.tags.clone()),
            ("--nodes", self.nodes.clone()),
            ("--from-nodes", self.from_nodes.clone()),
            ("--to-nodes", self.to_nodes.clone()),
            ("--from-inputs", self.from_inputs.clone()),
            ("--to-outputs", self.to_outputs.clone()),
            ("--namespaces", self.namespaces.clone()),
            ("--params", self.params.clone()),
            ("--params-file", file(&self.params_file)),
            ("--load-versions", self.load_versions.clone()),
            ("--conf-source", word(&self.conf_source)),
            ("--runner", word(&self.runner)),
            ("--runner-params", self.runner_params.clone()),
            ("--config", file(&self.config)),
        ];
        let mut typed: String = valued
            .iter()
            .flat_map(|(flag, words)| words.iter().map(move |word| (flag, word)))
            .map(|(flag, word)| format!(" {flag} {}", shell_word(word)))
            .collect();
        for (flag, is_typed) in [
            ("--only-missing-outputs", self.only_missing_outputs),
            ("--async", self.is_async),
        ] {
            if is_typed {
                typed.push(' ');
                typed.push_str(flag);
            }
        }
        typed
    }

    /// Changes the selection for a cluster: if the user chose no environment, it is `cloud`, if the project has that.
    pub(crate) fn for_cluster(&self) -> Self {
        Self {
            purpose: Purpose::Cluster,
            ..self.clone()
        }
    }

    /// The request for a project.
    pub(crate) fn request(&self, project: &Path) -> Request {
        Request {
            project: project.to_owned(),
            env: self.env.clone(),
            preferred_env: (self.purpose == Purpose::Cluster)
                .then(|| CLUSTER_ENVIRONMENT.to_owned()),
            conf_source: self.conf_source.clone(),
            config: self.config.as_deref().map(absolute),
            whole_pipeline: false,
            runner: self.runner.clone(),
            runner_params: self.runner_params.clone(),
            is_async: self.is_async,
            params: self.params.clone(),
            params_file: self.params_file.as_deref().map(absolute),
            configured_params: self.configured_params.clone(),
            load_versions: self.load_versions.clone(),
            pipelines: self.pipelines.clone(),
            tags: self.tags.clone(),
            nodes: self.nodes.clone(),
            from_nodes: self.from_nodes.clone(),
            to_nodes: self.to_nodes.clone(),
            from_inputs: self.from_inputs.clone(),
            to_outputs: self.to_outputs.clone(),
            namespaces: self.namespaces.clone(),
            only_missing_outputs: self.only_missing_outputs,
            allow_empty: false,
            configuration_only: false,
            digests: self.purpose == Purpose::Run,
            code: self.purpose == Purpose::Run,
        }
    }
}

/// Path that means the same in the project's folder, where the worker runs.
fn absolute(file: &Path) -> PathBuf {
    std::path::absolute(file).unwrap_or_else(|_| file.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_typed_again_as_a_shell_takes_them() {
        let words = |list: &[&str]| list.iter().map(|word| (*word).to_owned()).collect();
        let selection = Selection {
            env: Some("cloud".to_owned()),
            pipelines: words(&["etl,train"]),
            tags: words(&["a b", "c"]),
            params: words(&["note=it's"]),
            config: Some("run.yml".into()),
            is_async: true,
            ..Selection::default()
        };
        assert_eq!(
            selection.typed(),
            r" --pipelines etl,train --tags 'a b' --tags c --params 'note=it'\''s' --config run.yml --async"
        );
        assert_eq!(Selection::default().typed(), "");
    }
}
