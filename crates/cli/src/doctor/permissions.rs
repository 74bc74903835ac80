//! Permissions of the user and of the pods.

use std::collections::BTreeSet;

use cluster::{Cluster, OF_OTHERS, OF_PODS, OF_RUNS, Permission, role, role_binding};

use super::check::Check;
use crate::error::CommandError;

pub(super) const YOURS: &str = "your rights";
pub(super) const OF_THE_PODS: &str = "rights of pods";

/// Names of the proposed Roles.
const ROLE: &str = "argo-kedro";
const ROLE_OF_PODS: &str = "argo-kedro-pods";

/// Says whether the user may do what the commands do.
pub(super) async fn user_permissions(cluster: &Cluster, program: &str) -> Check {
    let all = all();
    match cluster.refused(&all).await {
        Ok(refused) if refused.is_empty() => of_user(&cluster.namespace, &refused, None),
        Ok(refused) => {
            let user = cluster.user().await;
            of_user(&cluster.namespace, &refused, user.as_deref())
        }
        Err(error) => Check::of_error(YOURS, &CommandError::from(error), program),
    }
}

/// Lists the permissions for all commands, each once.
fn all() -> Vec<Permission> {
    let mut all = OF_RUNS.to_vec();
    for (_, permissions) in OF_OTHERS {
        all.extend(permissions);
    }
    all
}

fn of_user(namespace: &str, refused: &[Permission], user: Option<&str>) -> Check {
    if refused.is_empty() {
        return Check::ok(
            YOURS,
            format!("you may do everything that the commands need in `{namespace}`"),
        );
    }
    let lacking = |wanted: &[Permission]| -> Vec<String> {
        let lacking = wanted.iter().filter(|one| refused.contains(one));
        lacking.map(Permission::to_string).collect()
    };
    let needed = lacking(&OF_RUNS);
    let check = if needed.is_empty() {
        let commands: Vec<String> = OF_OTHERS
            .iter()
            .map(|(command, wanted)| (command, lacking(wanted)))
            .filter(|(_, lacking)| !lacking.is_empty())
            .map(|(command, lacking)| format!("{command} ({})", lacking.join(", ")))
            .collect();
        let detail = format!("you may not use: {}", commands.join("; "));
        Check::warning(YOURS, detail)
    } else {
        Check::failed(
            YOURS,
            format!("in `{namespace}` you may not {}", needed.join(", ")),
        )
    };
    let manifest = format!(
        "{}---\n{}",
        role(ROLE, namespace, &all()),
        role_binding(ROLE, ROLE, namespace, user)
    );
    check
        .mend("ask the administrator of the cluster to apply this Role and RoleBinding")
        .manifest(manifest)
}

/// Says whether the pods of each service account may report their results.
pub(super) async fn of_pods(
    cluster: &Cluster,
    accounts: &BTreeSet<String>,
    program: &str,
) -> Check {
    let mut answers = Vec::new();
    for account in accounts {
        match cluster.refused_to(account, &OF_PODS).await {
            Ok(refused) => answers.push((account.as_str(), refused)),
            Err(error) => return Check::of_error(OF_THE_PODS, &CommandError::from(error), program),
        }
    }
    of_accounts(&cluster.namespace, &answers)
}

fn of_accounts(namespace: &str, answers: &[(&str, Option<Vec<Permission>>)]) -> Check {
    let refused: Vec<(&str, &Vec<Permission>)> = answers
        .iter()
        .filter_map(|(account, refused)| Some((*account, refused.as_ref()?)))
        .filter(|(_, refused)| !refused.is_empty())
        .collect();
    if let Some((first, lacking)) = refused.first() {
        let lacking: Vec<String> = lacking.iter().map(Permission::to_string).collect();
        let others = match refused.len() {
            1 => String::new(),
            count => format!(" (and {} more)", count - 1),
        };
        let detail = format!(
            "the service account `{first}`{others} may not {}: its pods cannot report how they ended",
            lacking.join(", ")
        );
        let mut manifest = role(ROLE_OF_PODS, namespace, &OF_PODS);
        for (account, _) in &refused {
            let user = format!("system:serviceaccount:{namespace}:{account}");
            let name = format!("{ROLE_OF_PODS}-{account}");
            let binding = role_binding(&name, ROLE_OF_PODS, namespace, Some(&user));
            manifest.push_str(&format!("---\n{binding}"));
        }
        return Check::failed(OF_THE_PODS, detail)
            .mend("apply this Role and RoleBinding, or ask the administrator of the cluster to")
            .manifest(manifest);
    }
    let unknown: Vec<&str> = answers
        .iter()
        .filter(|(_, refused)| refused.is_none())
        .map(|(account, _)| *account)
        .collect();
    if let Some(account) = unknown.first() {
        let detail = format!(
            "you may not ask whether the service account `{account}` may create and patch workflowtaskresults"
        );
        return Check::warning(OF_THE_PODS, detail)
            .mend("ask the administrator of the cluster for the answer of these; it has to be yes")
            .command(format!(
                "kubectl auth can-i create workflowtaskresults.argoproj.io -n {namespace} \\\n  \
                 --as=system:serviceaccount:{namespace}:{account}\n\
                 kubectl auth can-i patch workflowtaskresults.argoproj.io -n {namespace} \\\n  \
                 --as=system:serviceaccount:{namespace}:{account}"
            ));
    }
    let accounts: Vec<String> = answers
        .iter()
        .map(|(name, _)| format!("`{name}`"))
        .collect();
    Check::ok(
        OF_THE_PODS,
        format!("{} may report how pods ended", accounts.join(", ")),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::check::State;

    #[test]
    fn who_may_not_run_is_failed_and_who_may_not_stop_is_warned() {
        let check = of_user("flights", &[], None);
        assert_eq!((check.state, check.mend), (State::Ok, None));
        let check = of_user("flights", &OF_RUNS[..1], Some("ada"));
        assert_eq!(check.state, State::Failed);
        assert!(
            check
                .detail
                .contains("you may not create workflows.argoproj.io")
        );
        let manifest = check.mend.unwrap().manifest.unwrap();
        // The Role has every permission: applying it must take none away.
        assert!(manifest.contains("verbs: [create, get, list, watch, patch, update, delete]"));
        assert!(manifest.contains("kind: RoleBinding") && manifest.contains("\"ada\""));
        let check = of_user("flights", OF_OTHERS[0].1, None);
        assert_eq!(check.state, State::Warning);
        assert!(
            check
                .detail
                .contains("stop, suspend (patch workflows.argoproj.io)")
        );
    }

    #[test]
    fn pods_that_cannot_report_are_failed_and_what_nobody_may_ask_is_a_warning() {
        let refused = Some(OF_PODS.to_vec());
        let check = of_accounts("flights", &[("a", Some(vec![])), ("b", refused)]);
        assert_eq!(check.state, State::Failed);
        assert!(
            check
                .detail
                .contains("`b` may not create workflowtaskresults")
        );
        let manifest = check.mend.unwrap().manifest.unwrap();
        assert!(manifest.contains("{kind: ServiceAccount, name: b, namespace: flights}"));
        assert!(!manifest.contains("name: a,"));
        let check = of_accounts("flights", &[("a", None)]);
        assert_eq!(check.state, State::Warning);
        assert!(check.mend.unwrap().command.unwrap().contains("flights:a"));
        let check = of_accounts("flights", &[("a", Some(vec![]))]);
        assert_eq!((check.state, check.mend), (State::Ok, None));
    }
}
