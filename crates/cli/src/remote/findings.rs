//! Findings about what a cluster lacks for a run: errors stop the command, the rest is shown.

use std::path::Path;

use cluster::Cluster;
use diagnostic::Diagnostic;

use crate::error::CommandError;
use crate::render::diagnostics;
use crate::settings::Settings;
use crate::spine::origin::MadeOf;

/// Moves findings about fields of a manifest to the settings that the user can change.
pub(crate) fn at_their_settings(
    mut found: Vec<Diagnostic>,
    made_of: &MadeOf<'_>,
) -> Vec<Diagnostic> {
    for finding in &mut found {
        if let Some(field) = finding.place.path.clone() {
            made_of.point(finding, &field);
        }
    }
    found
}

/// Fails if the findings about a cluster have errors; shows the others.
///
/// # Returns
///
/// Name of the step that asked the cluster.
pub(crate) fn refuse_or_say(
    found: Vec<Diagnostic>,
    cluster: &Cluster,
    settings: &Settings,
) -> Result<&'static str, CommandError> {
    if found.iter().any(Diagnostic::is_error) {
        return Err(CommandError::findings(found));
    }
    if cluster.is_through_argo_server() && found.is_empty() {
        // An Argo Server has no requests for secrets, accounts, nodes and quotas.
        return Ok("asked Argo Server");
    }
    if found.is_empty() {
        return Ok("the cluster is ready for it");
    }
    // These findings are about the cluster, so no file has their place.
    let text = diagnostics::terminal(&found, Path::new("."), settings.printer.width_of_messages());
    settings.printer.say(&text);
    Ok("asked the cluster")
}
