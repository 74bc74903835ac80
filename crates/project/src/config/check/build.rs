//! Contradictory settings for building the image.

use diagnostic::Diagnostic;

use super::super::argo_config::ArgoConfig;
use super::super::deployment::BuilderName;

/// Placeholder for all build arguments.
const BUILD_ARGS: &str = "{build_args}";

/// Finds settings that prevent the build of an image.
pub(super) fn check(config: &ArgoConfig) -> Vec<Diagnostic> {
    let deployment = &config.deployment;
    let command = &deployment.build_command;
    let mut findings = Vec::new();
    let mut wrong = |key: &[&str], message: String, help: &str| {
        let path: Vec<&str> = ["deployment"].iter().chain(key).copied().collect();
        let finding = Diagnostic::error("invalid-setting", message).at(config.places.of(&path));
        findings.push(finding.help(help));
    };
    let is_command = deployment.builder() == Some(BuilderName::Command);
    if is_command && command.is_empty() {
        wrong(
            &["builder"],
            "`deployment.builder` is `command`, but `deployment.build_command` is not set"
                .to_owned(),
            "e.g. build_command: [make, image, \"IMAGE={image}\"]",
        );
    } else if !is_command && !command.is_empty() {
        wrong(
            &["build_command"],
            "`deployment.build_command` is set, but `deployment.builder` is not `command`"
                .to_owned(),
            "set `builder: command`, or remove one of them",
        );
    } else if is_command && !command.iter().any(|word| word.contains("{image}")) {
        wrong(
            &["build_command"],
            "`deployment.build_command` does not contain `{image}`".to_owned(),
            "write `{image}` where the command needs the name of the image",
        );
    }
    let takes_arguments = command.iter().any(|word| word == BUILD_ARGS);
    if is_command && !command.is_empty() && !deployment.build_args.is_empty() && !takes_arguments {
        wrong(
            &["build_args"],
            "`deployment.build_command` does not contain `{build_args}`, so `deployment.build_args` have no \
             effect".to_owned(),
            "write `{build_args}` as a word of its own where the command needs them",
        );
    }
    for name in deployment.build_args.keys() {
        if name.is_empty() || name.contains(['=', ' ']) {
            wrong(
                &["build_args", name],
                format!("`{name}` cannot be the name of a build argument"),
                "a name has no `=` and no space",
            );
        }
    }
    if deployment.target_platform.trim().is_empty() {
        wrong(
            &["target_platform"],
            "`deployment.target_platform` is empty".to_owned(),
            "e.g. linux/amd64",
        );
    }
    findings
}
