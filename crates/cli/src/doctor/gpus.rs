//! Says whether the cluster has the GPUs that machine types ask for.

use argo::needs::MachineNeed;
use cluster::Nodes;

use super::check::Check;
use crate::render::words;

pub(super) const NAME: &str = "GPUs";

const GPU: &str = "nvidia.com/gpu";

/// Says whether some node has the GPUs of each task that asks for some. None where no task asks for any.
pub(super) fn verdict(nodes: &Nodes, needs: &[MachineNeed]) -> Option<Check> {
    let needs: Vec<&MachineNeed> = needs
        .iter()
        .filter(|need| !need.extended.is_empty())
        .collect();
    if needs.is_empty() {
        return None;
    }
    let total = nodes.total(GPU);
    let lacking = needs
        .iter()
        .find_map(|need| Some((need, nodes.why_none_fits(need)?)));
    let Some((need, reason)) = lacking else {
        let number = usize::try_from(total).unwrap_or(usize::MAX);
        return Some(Check::ok(
            NAME,
            format!("the nodes have {}", words::count(number, "GPU")),
        ));
    };
    let check = Check::warning(
        NAME,
        format!(
            "no node can run the template `{}` now: {reason}",
            need.template
        ),
    );
    Some(if total == 0 {
        check
            .mend(
                "ignore this if the cluster adds GPU nodes by itself; else ask for nodes with GPUs and NVIDIA's device \
                 plugin. What nodes have:",
            )
            .command("kubectl describe nodes | grep -i nvidia.com/gpu")
    } else {
        check.mend(
            "ignore this if the cluster adds such nodes by itself; else set `num_gpu`, `node_selector` and \
             `tolerations` in argo.yml as the GPU nodes have it",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_gpus_in_the_plan_there_is_nothing_to_say() {
        let need = MachineNeed::default();
        assert_eq!(
            verdict(&Nodes::default(), std::slice::from_ref(&need)),
            None
        );
        let mut wants = need;
        wants.extended.insert(GPU.to_owned(), 1);
        let check = verdict(&Nodes::default(), &[wants]).unwrap();
        assert!(check.mend.unwrap().words.contains("device plugin"));
    }
}
