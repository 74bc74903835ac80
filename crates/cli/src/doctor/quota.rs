//! Says whether the namespace admits pods as large as those of the tasks.

use argo::needs::{MachineNeed, Needs};
use cluster::{Cluster, Limits, Refused};

use super::check::Check;
use crate::error::CommandError;

pub(super) const NAME: &str = "quota";

/// Asks the namespace for its limits. `None` if it has none, or the user may not read them: the run
/// reports them then.
pub(super) async fn quota(cluster: &Cluster, needs: &Needs, program: &str) -> Option<Check> {
    match cluster.limits().await {
        Ok(Some(limits)) if !limits.is_empty() => Some(verdict(&limits, &needs.machines)),
        Ok(_) => None,
        Err(error) => Some(Check::of_error(NAME, &CommandError::from(error), program)),
    }
}

fn verdict(limits: &Limits, needs: &[MachineNeed]) -> Check {
    let refused: Vec<(&str, Refused)> = needs
        .iter()
        .filter_map(|need| Some((need.template.as_str(), limits.why_refused(need)?)))
        .collect();
    for (template, refused) in &refused {
        let never = |reason: &str| format!("no pod of the template `{template}` is made: {reason}");
        match refused {
            Refused::Always(reason) => {
                return Check::failed(NAME, never(reason))
                    .mend("use a smaller machine type in argo.yml, or ask for a higher limit");
            }
            Refused::Lacks {
                reason,
                is_argos,
                is_certain: true,
            } => {
                return Check::failed(NAME, never(reason))
                    .mend(cluster::how_to_give_amounts(*is_argos));
            }
            Refused::Lacks { .. } | Refused::Now(_) => {}
        }
    }
    match refused.first() {
        Some((
            template,
            Refused::Lacks {
                reason, is_argos, ..
            },
        )) => Check::warning(
            NAME,
            format!("no pod of the template `{template}` is made: {reason}"),
        )
        .mend(cluster::how_to_give_amounts(*is_argos)),
        Some((template, Refused::Now(reason) | Refused::Always(reason))) => Check::warning(
            NAME,
            format!("pods of the template `{template}` wait now: {reason}"),
        )
        .mend("wait for other runs, or ask for a higher quota"),
        None => Check::ok(NAME, "allows every task"),
    }
}
