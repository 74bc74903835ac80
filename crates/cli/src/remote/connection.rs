//! Typed or configured cluster, and the connection to it: a kubeconfig, or an Argo Server.

use std::path::{Path, PathBuf};

use clap::Args;
use cluster::{Address, AddressDefaults, ArgoServerChoice, Choice, Cluster, ClusterError, Token};
use diagnostic::yaml;
use project::config::ArgoConfig;
use runs::{ARGO_SERVER, ClusterPlace};

use crate::error::CommandError;
use crate::settings::Settings;

const HEADING: &str = "Cluster, as for kubectl";
const SERVER_HEADING: &str = "Argo Server, if you have no kubeconfig";

/// Arguments that choose the cluster.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Connection {
    /// Context of the kubeconfig [default: its current one]
    #[arg(long, value_name = "NAME", help_heading = HEADING)]
    pub(crate) context: Option<String>,

    /// Kubernetes namespace [default: that of argo.yml if the command reads the project, then that of the context; with Argo
    /// Server first `ARGO_NAMESPACE`]
    #[arg(long, value_name = "NAME", help_heading = HEADING)]
    pub(crate) namespace: Option<String>,

    /// Argo Server to use: `host:port` or a URL [default: `ARGO_SERVER`, then that of argo.yml if the command reads the
    /// project]
    #[arg(long, value_name = "URL", conflicts_with = "context", help_heading = SERVER_HEADING)]
    pub(crate) argo_server: Option<String>,

    /// File with the token for the Argo Server [default: the token is in the variable `ARGO_TOKEN`]
    #[arg(long, value_name = "FILE", help_heading = SERVER_HEADING)]
    pub(crate) argo_token_file: Option<PathBuf>,
}

impl Connection {
    /// Connects to the cluster.
    ///
    /// # Arguments
    ///
    /// * `config`: The project's settings; typed values override them.
    pub(crate) async fn cluster(
        &self,
        config: Option<&ArgoConfig>,
    ) -> Result<Cluster, CommandError> {
        let configured = config.and_then(|config| config.argo_server.as_deref());
        let argo_server = self.argo_server(configured)?;
        let ambient = match argo_server {
            Some(_) => variable("ARGO_NAMESPACE"),
            None => None,
        };
        let choice = Choice {
            argo_server,
            context: self.context.clone(),
            namespace: self.namespace.clone().or(ambient),
            configured_namespace: config.and_then(|config| config.namespace.clone()),
        };
        Ok(Cluster::find(&choice).await?)
    }

    /// Connects to the cluster of a recorded run.
    pub(crate) async fn cluster_of(
        &self,
        place: &ClusterPlace,
        settings: &Settings,
    ) -> Result<Cluster, CommandError> {
        let namespace = Some(place.namespace.clone());
        if let Some(server) = place.argo_server() {
            let asked = self.argo_server(None)?;
            let choice = match asked {
                Some(choice) if choice.address.as_str() == server => choice,
                // A token is for one server: never send it to another.
                Some(choice) => {
                    return Err(CommandError::new(format!(
                        "the run is on the Argo Server at {server}, but {} is {}",
                        self.source(),
                        choice.address.as_str()
                    ))
                    .hint(format!("name that server: --argo-server {server}")));
                }
                None if self.context.is_some() => {
                    return Err(CommandError::new(format!(
                        "the run was submitted through the Argo Server at {server}, and not through a kubeconfig"
                    ))
                    .hint("leave out --context"));
                }
                None => {
                    self.refuse_token_of_another(server, settings)?;
                    self.choice(server)?
                }
            };
            let choice = Choice {
                argo_server: Some(choice),
                namespace,
                ..Choice::default()
            };
            return Ok(Cluster::find(&choice).await?);
        }
        // Only a typed server counts, not the variable: the run is reached in the way it was created.
        let argo_server = match &self.argo_server {
            Some(_) => self.argo_server(None)?,
            None => None,
        };
        let choice = Choice {
            argo_server,
            context: self.context.clone().or_else(|| place.context.clone()),
            namespace,
            configured_namespace: None,
        };
        let cluster = Cluster::find(&choice).await;
        let cluster =
            cluster.map_err(|error| without_kubeconfig(error, place, variable("ARGO_SERVER")))?;
        if !cluster.is_through_argo_server() && cluster.server != place.server {
            return Err(CommandError::new(format!(
                "the run is on the cluster at {}, but the kubeconfig selects the cluster at {}",
                place.server, cluster.server
            ))
            .hint("name the context of that cluster: --context NAME"));
        }
        Ok(cluster)
    }

    /// Refuses to send the variable's token to a server that nobody has named, if the project names
    /// another one: the token may be for that server.
    fn refuse_token_of_another(
        &self,
        server: &str,
        settings: &Settings,
    ) -> Result<(), CommandError> {
        if self.argo_token_file.is_some() || variable("ARGO_TOKEN").is_none() {
            return Ok(());
        }
        let Some(project) = settings.project_if_any()? else {
            return Ok(());
        };
        for configured in argo_servers(&project)? {
            let address = Address::parse(&configured, &defaults());
            if address.is_ok_and(|address| address.as_str() == server) {
                continue;
            }
            return Err(CommandError::new(format!(
                "the run is on the Argo Server at {server}, and `ARGO_TOKEN` may be for {configured}, which argo.yml names"
            ))
            .hint(format!(
                "if the token is for {server}: --argo-server {server}"
            )));
        }
        Ok(())
    }

    /// Says whether the command line names a cluster. A variable that is always set says nothing about this command.
    pub(crate) fn asks_elsewhere(&self) -> bool {
        self.context.is_some() || self.namespace.is_some() || self.argo_server.is_some()
    }

    /// Says whether the command line or the variable names an Argo Server.
    pub(crate) fn names_argo_server(&self) -> bool {
        self.argo_server.is_some() || self.context.is_none() && variable("ARGO_SERVER").is_some()
    }

    /// Names the source of the Argo Server's address.
    fn source(&self) -> &'static str {
        match &self.argo_server {
            Some(_) => "--argo-server",
            None => "ARGO_SERVER",
        }
    }

    /// Argo Server to use, if one is named: typed, then by the variable, then configured.
    fn argo_server(
        &self,
        configured: Option<&str>,
    ) -> Result<Option<ArgoServerChoice>, CommandError> {
        if let Some(typed) = &self.argo_server {
            return self.choice(typed).map(Some);
        }
        if self.context.is_some() {
            return Ok(None);
        }
        let named = variable("ARGO_SERVER").or_else(|| configured.map(str::to_owned));
        named.map(|named| self.choice(&named)).transpose()
    }

    /// Argo Server at an address, with the variables of Argo's own program
    /// (`cmd/argo/commands/client/conn.go` of Argo Workflows 4.1.2).
    fn choice(&self, address: &str) -> Result<ArgoServerChoice, CommandError> {
        let address = Address::parse(address, &defaults()).map_err(cluster::ClusterError::from)?;
        let token = match (&self.argo_token_file, variable("ARGO_TOKEN")) {
            (Some(file), _) => Token::File(file.clone()),
            (None, Some(text)) => Token::Text(text),
            (None, None) => Token::Missing,
        };
        Ok(ArgoServerChoice {
            address,
            token,
            insecure_skip_verify: variable("ARGO_INSECURE_SKIP_VERIFY").as_deref() == Some("true"),
        })
    }
}

/// Defaults for the missing parts of an address, from the variables of Argo's own program.
fn defaults() -> AddressDefaults {
    AddressDefaults {
        secure: variable("ARGO_SECURE"),
        base_href: variable("ARGO_BASE_HREF"),
    }
}

/// Argo Servers that the project's environments name, as written.
fn argo_servers(project: &Path) -> Result<Vec<String>, CommandError> {
    let folder = project.join("conf");
    let mut found = Vec::new();
    if !folder.is_dir() {
        return Ok(found);
    }
    for environment in fs_err::read_dir(folder)? {
        let file = environment?.path().join("argo.yml");
        if !file.is_file() {
            continue;
        }
        let text = fs_err::read_to_string(&file)?;
        let documents = yaml::parse(&file.display().to_string(), &text)
            .map_err(|finding| CommandError::findings(vec![*finding]))?;
        let servers = documents
            .iter()
            .filter_map(|document| document.get("argo_server"));
        found.extend(servers.filter_map(|server| server.as_str().map(str::to_owned)));
    }
    found.sort_unstable();
    Ok(found)
}

/// Explains that a run was submitted by a kubeconfig, where only an Argo Server is known.
///
/// # Arguments
///
/// * `server`: Address of the Argo Server.
fn without_kubeconfig(
    error: ClusterError,
    place: &ClusterPlace,
    server: Option<String>,
) -> CommandError {
    match (&error, server) {
        (ClusterError::NotConfigured(_), Some(server)) => CommandError::new(format!(
            "the run was submitted with a kubeconfig, to the cluster at {}, and there is no kubeconfig here",
            place.server
        ))
        .hint(format!(
            "to reach it through the Argo Server of `ARGO_SERVER`: --argo-server {server}"
        ))
        .hint("or set KUBECONFIG"),
        _ => error.into(),
    }
}

/// Reads a variable of Argo's own program; `None` if it is empty. Text that is not UTF-8 stays, and
/// the error for the server or token shows it.
fn variable(name: &str) -> Option<String> {
    let text = std::env::var_os(name)?.to_string_lossy().into_owned();
    (!text.is_empty()).then_some(text)
}

/// Gives the cluster of a run in the form that the history keeps.
pub(crate) fn place(cluster: &Cluster) -> ClusterPlace {
    let server = if cluster.is_through_argo_server() {
        format!("{ARGO_SERVER}{}", cluster.server)
    } else {
        cluster.server.clone()
    };
    ClusterPlace {
        server,
        context: cluster.context.clone(),
        namespace: cluster.namespace.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_by_kubeconfig_names_the_argo_server_that_is_known() {
        let place = ClusterPlace {
            server: "https://10.0.0.1:6443".to_owned(),
            context: None,
            namespace: "ml".to_owned(),
        };
        let missing = || ClusterError::NotConfigured("there is no file".to_owned());
        let told = without_kubeconfig(missing(), &place, Some("argo:2746".to_owned()));
        assert!(
            told.message()
                .contains("the cluster at https://10.0.0.1:6443")
        );
        let hints = told.hints("argo-kedro").join("; ");
        assert!(hints.contains("--argo-server argo:2746"), "{hints}");
        let told = without_kubeconfig(missing(), &place, None);
        assert!(!told.message().contains("was submitted"));
    }
}
