//! Names in `argo.yml` that refer to other parts of it.

use diagnostic::yaml::Yaml;
use diagnostic::{Diagnostic, did_you_mean};

use super::ArgoConfig;
use super::check::place_of;

/// Everything that refers to something that is not there, or to two things at once.
pub(super) fn check(config: &ArgoConfig, sources: &[(&str, Yaml)]) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    let default = config.default_machine_type.as_str();
    if config.machine_type(default).is_none() {
        let suggestion = did_you_mean(default, config.machine_type_names());
        findings.push(
            Diagnostic::error(
                "unknown-machine-type",
                format!("`default_machine_type` is `{default}`, which is not configured"),
            )
            .at(place_of(&["default_machine_type"], sources))
            .help(suggestion.unwrap_or_else(|| "add it to `machine_types`".to_owned())),
        );
    }
    findings.extend(templates(config, sources));
    findings.extend(variables(config, sources));
    findings.extend(super::schedule::check(config, sources));
    findings
}

fn templates(config: &ArgoConfig, sources: &[(&str, Yaml)]) -> Vec<Diagnostic> {
    let template = &config.template;
    let known = || template.templates.iter().map(|custom| custom.name.as_str());
    let mut findings = Vec::new();
    let mut missing = |name: &str, path: &[&str]| {
        if known().any(|custom| custom == name) {
            return;
        }
        findings.push(
            Diagnostic::error(
                "unknown-template",
                format!("`template.templates` has no template `{name}`"),
            )
            .at(place_of(path, sources))
            .maybe_help(did_you_mean(name, known())),
        );
    };
    for (index, name) in template.init_templates.iter().enumerate() {
        missing(name, &["template", "init_templates", &index.to_string()]);
    }
    // `kedro` is what the earlier plugin calls the template of its own.
    if let Some(name) = template
        .default_template
        .as_deref()
        .filter(|name| *name != "kedro")
    {
        missing(name, &["template", "default_template"]);
    }
    findings
}

fn variables(config: &ArgoConfig, sources: &[(&str, Yaml)]) -> Vec<Diagnostic> {
    let entries = config.template.environment.iter().enumerate();
    entries
        .filter_map(|(index, variable)| {
            let fault = match (&variable.value, &variable.secret_ref) {
                (Some(_), Some(_)) => "has both a `value` and a `secret_ref`",
                (None, None) => "has neither a `value` nor a `secret_ref`",
                _ if !is_name(&variable.name) => "is no name for an environment variable",
                _ => return None,
            };
            let index = index.to_string();
            Some(
                Diagnostic::error(
                    "invalid-setting",
                    format!("environment variable `{}` {fault}", variable.name),
                )
                .at(place_of(
                    &["template", "environment", &index, "name"],
                    sources,
                )),
            )
        })
        .collect()
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|first: char| first.is_ascii_digit())
        && name
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || "_-.".contains(letter))
}
