//! Arguments of commands that create something for a project on a cluster.

use argo::names::is_dns_label;
use clap::{Args, ValueEnum};
use cluster::Cluster;
use compile::{ManifestKind, Options};
use project::config::ArgoConfig;

use crate::error::CommandError;
use crate::flags::selection::Selection;
use crate::image::of_run::ImageArguments;
use crate::remote::connection::Connection;

/// Code of an error that names something unknown to the project.
const UNKNOWN_NAME: &str = "unknown_name";

/// Arguments of a command that makes something of a project on a cluster.
#[derive(Debug, Default, Args)]
pub(crate) struct ForCluster {
    #[command(flatten)]
    pub(crate) selection: Selection,

    #[command(flatten)]
    pub(crate) connection: Connection,

    /// Name of the run, the `WorkflowTemplate` or the `CronWorkflow`; a run whose name is used gets letters [default: the
    /// project and the pipeline]
    #[arg(long, short = 'w', value_name = "NAME")]
    pub(crate) workflow_name: Option<String>,

    #[command(flatten)]
    pub(crate) image: ImageArguments,

    /// Print the manifest and create nothing; with `server`, the API server checks it
    #[arg(
        long,
        short = 'd',
        value_enum,
        value_name = "WHERE",
        num_args = 0..=1,
        default_missing_value = "client",
        alias = "dry_run"
    )]
    pub(crate) dry_run: Option<DryRunName>,
}

/// Place at which a dry run ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DryRunName {
    /// Send nothing to the cluster
    Client,
    /// The API server checks the manifest
    Server,
}

impl ForCluster {
    /// Gives the options of a manifest before lint.
    ///
    /// # Arguments
    ///
    /// * `image`: Image to use, if it follows from the project.
    /// * `cluster`: Target; `None` if nothing is sent, or the cluster cannot be found.
    /// * `annotations`: Notes for the manifest.
    pub(crate) fn options(
        &self,
        kind: ManifestKind,
        image: Option<String>,
        cluster: Option<&Cluster>,
        annotations: impl IntoIterator<Item = (String, String)>,
    ) -> Options {
        let namespace = cluster.map(|cluster| &cluster.namespace);
        Options {
            from_run: None,
            kind,
            name: self.workflow_name.clone(),
            image: image.or_else(|| self.image.image.clone()),
            namespace: namespace.or(self.connection.namespace.as_ref()).cloned(),
            annotations: annotations.into_iter().collect(),
        }
    }

    /// Target cluster; `None` if nothing is sent. The caller reports an unknown cluster after errors of the project.
    pub(crate) async fn cluster(
        &self,
        config: &ArgoConfig,
    ) -> Option<Result<Cluster, CommandError>> {
        if self.dry_run == Some(DryRunName::Client) {
            return None;
        }
        Some(self.connection.cluster(Some(config)).await)
    }

    /// Adds a hint about the namespace to an error of reading a project, if `-n` looks like one: it
    /// means nodes here, as in `kedro run`, and the namespace for `kubectl`.
    pub(crate) fn explain(&self, error: CommandError) -> CommandError {
        let [word] = self.selection.nodes.as_slice() else {
            return error;
        };
        let is_unknown = error.code() == UNKNOWN_NAME
            && error.message().contains("`--nodes`")
            && !error.suggests_another();
        if !is_unknown || self.connection.namespace.is_some() || !is_dns_label(word) {
            return error;
        }
        error.hint(format!(
            "-n is --nodes, as in kedro run; to choose a namespace of the cluster: --namespace {word}"
        ))
    }
}

#[cfg(test)]
mod tests {
    use project::{Error, Failure};

    use super::*;

    #[test]
    fn a_word_for_nodes_that_looks_like_a_namespace_gets_a_hint() {
        let said = |word: &str, namespace: Option<&str>| {
            let made = ForCluster {
                selection: Selection {
                    nodes: vec![word.to_owned()],
                    ..Selection::default()
                },
                connection: Connection {
                    namespace: namespace.map(str::to_owned),
                    ..Connection::default()
                },
                ..ForCluster::default()
            };
            let failure = Failure::UnknownName {
                flag: "nodes".to_owned(),
                name: word.to_owned(),
                candidates: vec!["train".to_owned()],
            };
            let error = made.explain(Error::Failed(failure).into());
            let hints = error.hints("argo-kedro");
            let named = hints
                .last()
                .and_then(|hint| hint.split_once("--namespace "));
            named.map(|(_, name)| name.to_owned())
        };
        assert_eq!(said("ml", None), Some("ml".to_owned()));
        // A typing error, another namespace, and an impossible name of one.
        assert_eq!(said("trian", None), None);
        assert_eq!(said("ml", Some("argo")), None);
        assert_eq!(said("fit_model", None), None);
    }
}
