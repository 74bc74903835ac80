//! Findings about a project, its plan, its manifest and its image.

use cluster::{Address, AddressDefaults};
use compile::Options;
use diagnostic::{Diagnostic, Severity};
use project::config::ArgoConfig;

use crate::error::CommandError;
use crate::image::of_pods::PodImage;
use crate::image::of_project;
use crate::render::diagnostics;
use crate::settings::Settings;
use crate::spine::catalog_places;
use crate::spine::opened::{Destination, Opened};

/// Most errors that `plan` shows.
const SHOWN: usize = 3;

/// All findings of the rules about a project with nodes and a valid configuration.
pub(crate) fn of_project(
    opened: &Opened,
    config: &ArgoConfig,
    where_to: lint::Target,
) -> Result<Vec<Diagnostic>, CommandError> {
    let context = match where_to {
        lint::Target::Cluster => of_project::context_if_built(opened, config)?,
        lint::Target::Local => None,
    };
    let built = context
        .as_ref()
        .map(|context| PodImage::new(&opened.root, config, context));
    let built = built.transpose()?;
    let target = match where_to {
        lint::Target::Cluster => Destination::Cluster(built.as_ref()),
        lint::Target::Local => Destination::Local,
    };
    let mut findings = match plan::plan(&opened.snapshot, config) {
        Err(mut findings) => {
            findings.extend(lint::project::check_snapshot(&opened.snapshot));
            findings
        }
        Ok(plan) => {
            let lowered = opened.lower(&plan, config, &Options::default(), target);
            lowered.linted().findings().to_vec()
        }
    };
    if matches!(where_to, lint::Target::Cluster) {
        findings.extend(argo_server(config));
    }
    if let Some(context) = &context {
        findings.extend(of_project::findings(opened, config, context)?);
    }
    catalog_places::point(&mut findings, &opened.snapshot, &opened.root);
    Ok(findings)
}

/// Finds an `argo_server` that is not an address.
fn argo_server(config: &ArgoConfig) -> Option<Diagnostic> {
    let text = config.argo_server.as_deref()?;
    let error = Address::parse(text, &AddressDefaults::default()).err()?;
    let finding = Diagnostic::error("invalid-setting", format!("`argo_server`: {error}"));
    Some(
        finding
            .at(config.places.of(&["argo_server"]))
            .help("e.g. https://argo.example.com, or argo.example.com:2746"),
    )
}

/// Warns if a plan would fail on a cluster, or if the rules cannot check it.
pub(crate) fn say_errors(opened: &Opened, config: &ArgoConfig, settings: &Settings) {
    let width = settings.printer.width_of_messages();
    let findings = match of_project(opened, config, lint::Target::Cluster) {
        Ok(findings) => findings,
        Err(error) => {
            settings
                .printer
                .say(error.render(&settings.program, width).trim_end());
            return;
        }
    };
    let is_error = |finding: &&Diagnostic| finding.severity == Severity::Error;
    let errors: Vec<&Diagnostic> = findings.iter().filter(is_error).collect();
    if errors.is_empty() {
        return;
    }
    for error in errors.iter().take(SHOWN) {
        settings
            .printer
            .say(&diagnostics::in_one_line(error, width));
    }
    settings.printer.say(&format!(
        "on a cluster: {}; see: {}",
        diagnostics::summary(&findings),
        opened.lint_command(lint::Target::Cluster, &settings.program)
    ));
}
