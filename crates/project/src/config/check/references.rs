//! References inside of `argo.yml`, and contradictory settings.

use diagnostic::{Diagnostic, did_you_mean};

use super::super::argo_config::ArgoConfig;
use super::super::environment::EnvironmentVariable;
use super::super::nodes::NodeSettings;
use super::exactly_one::exactly_one;

/// Finds settings that refer to a missing name, or to two things at once.
pub(super) fn check(config: &ArgoConfig) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    findings.extend(machine_type(
        &config.default_machine_type,
        "`default_machine_type` is",
        &["default_machine_type"],
        config,
    ));
    findings.extend(templates(config));
    let global = &config.template.environment;
    findings.extend(variables(global, &["template", "environment"], config));
    for (selector, settings) in &config.nodes {
        findings.extend(nodes(selector, settings, config));
    }
    findings.extend(on_exit(config));
    findings
}

fn machine_type(name: &str, who: &str, path: &[&str], config: &ArgoConfig) -> Option<Diagnostic> {
    if config.machine_type(name).is_some() {
        return None;
    }
    Some(
        Diagnostic::error(
            "unknown-machine-type",
            format!("{who} `{name}`, but `machine_types` does not have it"),
        )
        .at(config.places.of(path))
        .help(config.machine_type_help(name)),
    )
}

fn templates(config: &ArgoConfig) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    for (index, name) in config.template.init_templates.iter().enumerate() {
        let path = ["template", "init_templates", &index.to_string()];
        findings.extend(template(name, &path, config));
    }
    if let Some(name) = &config.template.default_template {
        findings.extend(of_nodes(name, &["template", "default_template"], config));
    }
    findings
}

/// Checks the template of nodes. `kedro` is the name that the earlier plugin used for the built-in one.
fn of_nodes(name: &str, path: &[&str], config: &ArgoConfig) -> Option<Diagnostic> {
    (name != "kedro").then(|| template(name, path, config))?
}

fn template(name: &str, path: &[&str], config: &ArgoConfig) -> Option<Diagnostic> {
    let templates = &config.template.templates;
    let mut known = templates.iter().map(|custom| custom.name.as_str());
    if known.clone().any(|custom| custom == name) {
        return None;
    }
    Some(
        Diagnostic::error(
            "unknown-template",
            format!("`template.templates` has no template `{name}`"),
        )
        .at(config.places.of(path))
        .maybe_help(did_you_mean(name, &mut known)),
    )
}

fn nodes(selector: &str, settings: &NodeSettings, config: &ArgoConfig) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    if let Some(name) = &settings.machine_type {
        let path = ["nodes", selector, "machine_type"];
        findings.extend(machine_type(name, "`machine_type` is", &path, config));
    }
    if let Some(name) = &settings.template {
        let path = ["nodes", selector, "template"];
        findings.extend(of_nodes(name, &path, config));
    }
    let path = ["nodes", selector, "environment"];
    findings.extend(variables(&settings.environment, &path, config));
    for (index, source) in settings.env_from.iter().flatten().enumerate() {
        let given = [
            ("secret", &source.secret),
            ("config_map", &source.config_map),
        ];
        let given = given.iter().filter(|(_, name)| name.is_some());
        let given: Vec<&str> = given.map(|(key, _)| *key).collect();
        let path = ["nodes", selector, "env_from", &index.to_string()];
        let wanted = "`secret` or `config_map`";
        findings.extend(exactly_one(
            "an entry of `env_from`",
            wanted,
            &given,
            &path,
            config,
        ));
    }
    for (index, volume) in settings.volumes.iter().enumerate() {
        let path = ["nodes", selector, "volumes", &index.to_string(), "name"];
        let who = format!("volume `{}`", volume.name);
        let wanted = "source, e.g. `empty_dir: {}`";
        findings.extend(exactly_one(&who, wanted, &volume.sources(), &path, config));
    }
    for key in settings.resources.keys() {
        let own = match key.as_str() {
            "cpu" => "cpu",
            "memory" => "mem",
            "nvidia.com/gpu" => "num_gpu",
            _ => continue,
        };
        findings.push(
            Diagnostic::error("invalid-setting", format!("`{key}` has a key of its own"))
                .at(config.places.of(&["nodes", selector, "resources", key]))
                .help(format!("write `{own}` beside `resources`")),
        );
    }
    findings
}

fn on_exit(config: &ArgoConfig) -> Vec<Diagnostic> {
    let Some(on_exit) = &config.on_exit else {
        return Vec::new();
    };
    let mut findings = Vec::new();
    let wanted = "`container`, a `template` or a `pipeline`";
    let given = on_exit.sources();
    findings.extend(exactly_one(
        "`on_exit`",
        wanted,
        &given,
        &["on_exit"],
        config,
    ));
    if let Some(name) = &on_exit.template {
        findings.extend(template(name, &["on_exit", "template"], config));
    }
    if let Some(container) = &on_exit.container {
        let path = ["on_exit", "container", "environment"];
        findings.extend(variables(&container.environment, &path, config));
    }
    findings
}

fn variables(
    variables: &[EnvironmentVariable],
    path: &[&str],
    config: &ArgoConfig,
) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    for (index, variable) in variables.iter().enumerate() {
        let number = index.to_string();
        let place: Vec<&str> = path
            .iter()
            .copied()
            .chain([number.as_str(), "name"])
            .collect();
        let who = format!("environment variable `{}`", variable.name);
        if is_name(&variable.name) {
            let wanted = "`value`, `secret_ref`, `config_map_ref` or `field_ref`";
            findings.extend(exactly_one(
                &who,
                wanted,
                &variable.sources(),
                &place,
                config,
            ));
        } else {
            let message = format!("{who} cannot be the name of an environment variable");
            let finding = Diagnostic::error("invalid-setting", message);
            findings.push(finding.at(config.places.of(&place)));
        }
    }
    findings
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|first: char| first.is_ascii_digit())
        && name
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || "_-.".contains(letter))
}
