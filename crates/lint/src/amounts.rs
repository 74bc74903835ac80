//! A rule over amounts of memory and CPU that no machine has: probably the unit is wrong.

use diagnostic::Diagnostic;
use project::config::{ArgoConfig, Cpu, Memory};

use crate::rule;

/// Least memory in bytes with which a container can start.
const LEAST_MEMORY: u64 = 1 << 20;
/// Greatest memory in bytes. The largest machines have a few dozen TiB.
const MOST_MEMORY: u64 = 1 << 50;
/// Greatest CPU in thousandths of a core. The largest machines have about a thousand cores.
const MOST_CPU: u64 = 100_000 * 1000;

const OF_MEMORY: &str = "a plain number is GiB; as quantities, `Mi` and `Gi` are usual, and `m` is a thousandth of a byte";
const OF_CPU: &str = "a plain number is cores, and `500m` is half a core";

/// All findings of the rule about machine types and nodes.
pub(crate) fn check(config: &ArgoConfig) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    for (name, machine) in &config.machine_types {
        let path = |key| vec!["machine_types", name.as_str(), key];
        findings.extend(memory(config, &path("mem"), Some(machine.mem)));
        findings.extend(cpu(config, &path("cpu"), Some(machine.cpu)));
    }
    for (selector, settings) in &config.nodes {
        let path = |key| vec!["nodes", selector.as_str(), key];
        findings.extend(memory(config, &path("mem"), settings.mem));
        let most = settings
            .retry
            .as_ref()
            .and_then(|retry| retry.memory.as_ref()?.max);
        let path_of_most = ["nodes", selector.as_str(), "retry", "memory", "max"];
        findings.extend(memory(config, &path_of_most, most));
        findings.extend(cpu(config, &path("cpu"), settings.cpu));
    }
    findings
}

fn memory(config: &ArgoConfig, path: &[&str], amount: Option<Memory>) -> Option<Diagnostic> {
    let bytes = amount?.bytes();
    let said = match bytes {
        1 => "1 byte".to_owned(),
        0..LEAST_MEMORY => format!("{bytes} bytes"),
        MOST_MEMORY.. => format!("{} GiB", bytes >> 30),
        _ => return None,
    };
    Some(finding(config, path, &said, OF_MEMORY))
}

fn cpu(config: &ArgoConfig, path: &[&str], amount: Option<Cpu>) -> Option<Diagnostic> {
    let cores = amount?.millicores();
    (cores > MOST_CPU).then(|| finding(config, path, &format!("{} cores", cores / 1000), OF_CPU))
}

fn finding(config: &ArgoConfig, path: &[&str], said: &str, help: &str) -> Diagnostic {
    rule::IMPLAUSIBLE_AMOUNT
        .diagnostic(format!("`{}` is {said}", path.join(".")))
        .at(config.places.of(path))
        .help(help)
}
