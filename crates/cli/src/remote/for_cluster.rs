//! Arguments of commands that make something of a project on a cluster.

use argo::names::is_dns_label;
use clap::{Args, ValueEnum};
use cluster::Cluster;
use compile::{Kind, Options};
use project::config::ArgoConfig;

use crate::error::CommandError;
use crate::flags::selection::Selection;
use crate::image::of_run::ImageArguments;
use crate::remote::connection::Connection;

/// The code of an error that names something the project does not have.
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
    /// Gives the options of a manifest, with all that is known of it before it is linted.
    ///
    /// # Arguments
    ///
    /// * `image`: The one to use, where it follows from what is in the project.
    /// * `cluster`: Where it goes; none if nothing is sent, or if the cluster cannot be found.
    /// * `annotations`: What is noted in it.
    pub(crate) fn options(
        &self,
        kind: Kind,
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

    /// The cluster that it goes to; none where nothing is sent. That it cannot be found is told after what is wrong with
    /// the project.
    pub(crate) async fn cluster(
        &self,
        config: &ArgoConfig,
    ) -> Option<Result<Cluster, CommandError>> {
        if self.dry_run == Some(DryRunName::Client) {
            return None;
        }
        Some(self.connection.cluster(Some(config)).await)
    }

    /// Adds to the error of reading a project how to choose a namespace, where `-n` looks like one: it names nodes here, as
    /// in `kedro run`, and the namespace for `kubectl`.
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
        // A slip, another namespace, and what cannot be the name of one.
        assert_eq!(said("trian", None), None);
        assert_eq!(said("ml", Some("argo")), None);
        assert_eq!(said("fit_model", None), None);
    }
}
