//! Findings about what a cluster lacks for a run: nothing goes on with an error in it, and the rest is said.

use std::path::Path;

use cluster::Cluster;
use diagnostic::Diagnostic;

use crate::error::CommandError;
use crate::render::diagnostics;
use crate::settings::Settings;
use crate::spine::origin::MadeOf;

/// Puts findings about fields of a manifest where the user can change them.
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

/// Refuses with the errors among what was found of a cluster, or says what there is besides.
///
/// # Returns
///
/// Name of the step that has asked the cluster.
pub(crate) fn refuse_or_say(
    found: Vec<Diagnostic>,
    cluster: &Cluster,
    settings: &Settings,
) -> Result<&'static str, CommandError> {
    if found.iter().any(Diagnostic::is_error) {
        return Err(CommandError::findings(found));
    }
    if cluster.is_through_argo_server() && found.is_empty() {
        // It has no request for secrets, accounts, nodes and quotas.
        return Ok("asked Argo Server");
    }
    if found.is_empty() {
        return Ok("the cluster is ready for it");
    }
    // They are about the cluster, and stand in no file.
    let text = diagnostics::terminal(&found, Path::new("."), settings.printer.width_of_messages());
    settings.printer.say(&text);
    Ok("asked the cluster")
}
