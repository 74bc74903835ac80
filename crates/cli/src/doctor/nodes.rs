//! The nodes of the cluster: whether the image runs there, and whether tasks fit.

use std::collections::BTreeMap;

use argo::needs::MachineNeed;
use cluster::Nodes;

use super::check::Check;
use crate::render::words;

pub(super) const PLATFORM: &str = "platform";
pub(super) const MACHINES: &str = "nodes";

/// Says whether an image for one platform or several runs on the nodes.
pub(super) fn platform(platform: &str, architectures: &BTreeMap<String, usize>) -> Check {
    let built: Vec<&str> = platform
        .split(',')
        .filter_map(|one| one.trim().split('/').nth(1))
        .collect();
    let list: Vec<String> = architectures
        .iter()
        .map(|(name, count)| words::count(*count, &format!("{name} node")))
        .collect();
    let there = list.join(", ");
    if architectures.is_empty() {
        return Check::skipped(PLATFORM, "the nodes do not say their architecture");
    }
    let strangers: Vec<&String> = architectures
        .keys()
        .filter(|name| !built.contains(&name.as_str()))
        .collect();
    let detail = format!("the image is for {platform}; the cluster has {there}");
    let all: Vec<String> = architectures
        .keys()
        .map(|name| format!("linux/{name}"))
        .collect();
    if strangers.is_empty() {
        Check::ok(PLATFORM, detail)
    } else if strangers.len() == architectures.len() {
        Check::failed(PLATFORM, format!("{detail}: no pod can run the image")).mend(format!(
            "set in argo.yml: deployment.target_platform: {}",
            all.join(",")
        ))
    } else {
        Check::warning(PLATFORM, detail).mend(format!(
            "keep pods on nodes that fit (node_selector: {{kubernetes.io/arch: {}}}), or build for all: \
             deployment.target_platform: {}",
            built.first().unwrap_or(&"amd64"),
            all.join(",")
        ))
    }
}

/// Says whether some node has room for the tasks of each machine type, those with GPUs aside.
pub(super) fn machines(nodes: &Nodes, needs: &[MachineNeed]) -> Check {
    let plain = needs.iter().filter(|need| need.extended.is_empty());
    let lacking: Vec<(&MachineNeed, String)> = plain
        .filter_map(|need| Some((need, nodes.why_none_fits(need)?)))
        .collect();
    let tasks = if needs.iter().all(|need| need.extended.is_empty()) {
        "every task"
    } else {
        "the tasks without GPUs"
    };
    match lacking.as_slice() {
        [] => Check::ok(
            MACHINES,
            format!(
                "{}, with room for {tasks}",
                words::count(nodes.count(), "node")
            ),
        ),
        [(need, reason), others @ ..] => {
            let others = match others.len() {
                0 => String::new(),
                count => format!(" (and {count} more)"),
            };
            let template = &need.template;
            Check::warning(
                MACHINES,
                format!("no node can run the template `{template}`{others} now: {reason}"),
            )
            .mend(
                "ignore this if the cluster adds such nodes by itself; else change the machine type in argo.yml",
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::check::State;

    #[test]
    fn an_image_needs_nodes_of_its_platform() {
        let nodes = |names: &[&str]| -> BTreeMap<String, usize> {
            names.iter().map(|name| ((*name).to_owned(), 2)).collect()
        };
        for (built, there, state) in [
            ("linux/amd64", nodes(&["amd64"]), State::Ok),
            (
                "linux/amd64,linux/arm64",
                nodes(&["amd64", "arm64"]),
                State::Ok,
            ),
            ("linux/arm64/v8", nodes(&["arm64"]), State::Ok),
            ("linux/arm64", nodes(&["amd64"]), State::Failed),
            ("linux/amd64", nodes(&["amd64", "arm64"]), State::Warning),
            ("linux/amd64", nodes(&[]), State::Skipped),
        ] {
            let check = platform(built, &there);
            assert_eq!(check.state, state, "{check:?}");
            let is_told = matches!(state, State::Failed | State::Warning);
            assert_eq!(check.mend.is_some(), is_told, "{check:?}");
        }
    }
}
