//! Sections that need exactly one of several keys.

use diagnostic::Diagnostic;

use super::super::argo_config::ArgoConfig;

/// Finds a section with none or several of these keys. `given` are the keys that it has.
pub(super) fn exactly_one(
    who: &str,
    wanted: &str,
    given: &[&str],
    path: &[&str],
    config: &ArgoConfig,
) -> Option<Diagnostic> {
    let fault = match given {
        [_] => return None,
        [] => format!("{who} has no {wanted}"),
        [first, second, ..] => format!("{who} has both a `{first}` and a `{second}`"),
    };
    Some(Diagnostic::error("invalid-setting", fault).at(config.places.of(path)))
}
