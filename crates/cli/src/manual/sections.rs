//! Sections of a manual page that the arguments lack.

use clap::Command;
use clap_mangen::roff::{Roff, bold, roman};

use super::{SECTION, examples};

/// Exit codes of a command (`exit.rs`).
const EXITS: [(&str, &str); 5] = [
    ("0", "The command did what it says."),
    ("1", "The run failed, or a check found an error."),
    (
        "2",
        "The command could not do its work, e.g. an option is wrong or the cluster does not answer.",
    ),
    ("130", "Ctrl-C ended the command."),
    (
        "141",
        "The program that reads the output ended first, e.g. head.",
    ),
];

/// Variables that a user may set, without those that `kedro argo` and manifests set.
const VARIABLES: [(&str, &str); 9] = [
    (
        "ARGO_KEDRO_USE_PYTHON",
        "Python interpreter that has the project's packages, as --python.",
    ),
    (
        "ARGO_KEDRO_STATE",
        "Folder for the history and the output of runs, as --state.",
    ),
    ("KEDRO_ENV", "Kedro's configuration environment, as --env."),
    (
        "KUBECONFIG",
        "The files that say where the cluster is, as for kubectl.",
    ),
    (
        "DOCKER_CONFIG, REGISTRY_AUTH_FILE",
        "The folder or file that holds the credentials of registries.",
    ),
    (
        "HTTPS_PROXY",
        "Proxy between this machine and the cluster and registries.",
    ),
    (
        "SSL_CERT_FILE",
        "Certificates that argo-kedro trusts when it asks a registry.",
    ),
    (
        "CUDA_VISIBLE_DEVICES",
        "The GPUs that tasks on this machine may use.",
    ),
    ("NO_COLOR", "If it is set, nothing is coloured."),
];

const FILES: [(&str, &str); 6] = [
    (
        "conf/ENV/argo.yml",
        "How the project runs on Argo Workflows. argo-kedro schema prints its JSON Schema.",
    ),
    (
        "Dockerfile, .dockerignore",
        "What the image of the tasks is built from.",
    ),
    (".argo-kedro/history.db", "The history of all runs."),
    (
        ".argo-kedro/runs/RUN/",
        "The output and the data of a run on this machine.",
    ),
    (
        "~/.kube/config",
        "Where the cluster is, unless KUBECONFIG is set.",
    ),
    (
        "~/.docker/config.json",
        "The credentials of registries, unless DOCKER_CONFIG is set.",
    ),
];

/// Writes the examples, if the command has some.
pub(super) fn examples(roff: &mut Roff, command: &Command) {
    let examples = examples::of(name(command));
    if !examples.is_empty() {
        definitions(roff, "EXAMPLES", examples);
    }
}

/// The exit codes, which are the same for each command.
pub(super) fn exit_status(roff: &mut Roff) {
    definitions(roff, "EXIT STATUS", &EXITS);
}

/// The environment variables that a user may set.
pub(super) fn environment(roff: &mut Roff) {
    definitions(roff, "ENVIRONMENT", &VARIABLES);
}

/// The files that argo-kedro reads and writes.
pub(super) fn files(roff: &mut Roff) {
    definitions(roff, "FILES", &FILES);
}

/// Writes the page of the program; on that page, the address of the documentation.
pub(super) fn see_also(roff: &mut Roff, command: &Command, program: &Command) {
    roff.control("SH", ["SEE ALSO"]);
    let of_program = format!("{}({SECTION})", name(program));
    let documentation = concat!(env!("CARGO_PKG_REPOSITORY"), "/tree/main/docs");
    if name(command) == name(program) {
        roff.text([roman(documentation)]);
    } else {
        roff.text([
            bold(of_program),
            roman(": options of all commands, environment variables and files"),
        ]);
    }
}

/// The name with hyphens: `argo-kedro-schedule-list`.
fn name(command: &Command) -> &str {
    command
        .get_display_name()
        .unwrap_or_else(|| command.get_name())
}

fn definitions(roff: &mut Roff, heading: &str, definitions: &[(&str, &str)]) {
    roff.control("SH", [heading]);
    for (term, meaning) in definitions {
        roff.control("TP", []);
        roff.text([bold(*term)]);
        roff.text([roman(*meaning)]);
    }
}
