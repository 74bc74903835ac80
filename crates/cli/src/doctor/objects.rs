//! The namespace, and the objects in it that the manifest names.

use argo::needs::Needs;
use cluster::{Cluster, NeededObject, NeededObjectKind, Presence};

use super::check::Check;
use crate::error::CommandError;

pub(super) const NAMESPACE: &str = "namespace";
pub(super) const ACCOUNT: &str = "service account";
pub(super) const SECRETS: &str = "secrets";
pub(super) const OTHERS: &str = "other objects";

/// Says whether the namespace exists.
pub(super) async fn namespace(cluster: &Cluster, program: &str) -> Check {
    let name = &cluster.namespace;
    match cluster.has_namespace().await {
        Ok(Some(true)) => Check::ok(NAMESPACE, format!("`{name}`")),
        Ok(Some(false)) => {
            Check::failed(NAMESPACE, format!("the cluster has no namespace `{name}`"))
                .mend(
                    "create it, set `namespace` in argo.yml, or name another one: --namespace NAME",
                )
                .command(format!("kubectl create namespace {name}"))
        }
        Ok(None) => Check::ok(
            NAMESPACE,
            format!("`{name}`; you may not look whether it is there"),
        ),
        Err(error) => Check::of_error(NAMESPACE, &CommandError::from(error), program),
    }
}

/// Says whether the objects that the manifest names exist.
pub(super) async fn objects(cluster: &Cluster, needs: &Needs, program: &str) -> Vec<Check> {
    match cluster.look_for(needs).await {
        Ok(objects) => verdicts(&cluster.namespace, &objects),
        Err(error) => vec![Check::of_error(
            SECRETS,
            &CommandError::from(error),
            program,
        )],
    }
}

fn verdicts(namespace: &str, objects: &[NeededObject]) -> Vec<Check> {
    use NeededObjectKind as K;
    let of = |kinds: &[K]| -> Vec<&NeededObject> {
        let of = objects.iter().filter(|one| kinds.contains(&one.kind));
        of.collect()
    };
    let accounts = verdict(ACCOUNT, namespace, &of(&[K::ServiceAccount]));
    let secrets = of(&[K::Secret, K::PullSecret]);
    let others = of(&[K::ConfigMap, K::VolumeClaim, K::PriorityClass]);
    let mut checks = vec![accounts];
    checks.push(if secrets.is_empty() {
        Check::ok(SECRETS, "none needed")
    } else {
        verdict(SECRETS, namespace, &secrets)
    });
    if !others.is_empty() {
        checks.push(verdict(OTHERS, namespace, &others));
    }
    checks
}

fn verdict(name: &'static str, namespace: &str, objects: &[&NeededObject]) -> Check {
    let lacking: Vec<&NeededObject> = objects
        .iter()
        .copied()
        .filter(|one| matches!(one.presence, Presence::Missing | Presence::WithoutKeys(_)))
        .collect();
    let unseen: Vec<&NeededObject> = objects
        .iter()
        .copied()
        .filter(|one| one.presence == Presence::Unseen)
        .collect();
    if lacking.is_empty() && unseen.is_empty() {
        let names: Vec<String> = objects
            .iter()
            .map(|one| format!("`{}`", one.name))
            .collect();
        return Check::ok(name, names.join(", "));
    }
    let told = if lacking.is_empty() {
        &unseen
    } else {
        &lacking
    };
    let details: Vec<String> = told.iter().map(|one| what(one)).collect();
    let mut commands: Vec<String> = told.iter().map(|one| command(one, namespace)).collect();
    commands.dedup();
    let check = if lacking.is_empty() {
        Check::warning(name, format!("you may not look at {}", details.join(", ")))
            .mend("ask somebody who may look for the output of")
    } else {
        let detail = format!("in `{namespace}` there is no {}", details.join(", no "));
        Check::failed(name, detail).mend("create it, or name another one in argo.yml")
    };
    check.command(commands.join("\n"))
}

/// Says what is missing or cannot be seen.
fn what(objects: &NeededObject) -> String {
    let (kind, name) = (objects.kind.description(), &objects.name);
    match &objects.presence {
        Presence::WithoutKeys(keys) => {
            let keys: Vec<String> = keys.iter().map(|key| format!("`{key}`")).collect();
            format!("key {} in the {kind} `{name}`", keys.join(", "))
        }
        _ => format!("{kind} `{name}`"),
    }
}

/// Gives the command that makes the object, or shows it.
fn command(objects: &NeededObject, namespace: &str) -> String {
    let name = &objects.name;
    let kind = match objects.kind {
        NeededObjectKind::ServiceAccount => "serviceaccount",
        NeededObjectKind::VolumeClaim => "persistentvolumeclaim",
        NeededObjectKind::PriorityClass => "priorityclass",
        NeededObjectKind::Secret | NeededObjectKind::PullSecret => "secret",
        NeededObjectKind::ConfigMap => "configmap",
    };
    match (&objects.presence, objects.kind) {
        (Presence::Unseen, NeededObjectKind::PriorityClass) => format!("kubectl get {kind} {name}"),
        (Presence::Unseen, _) => format!("kubectl get {kind} {name} -n {namespace}"),
        (Presence::WithoutKeys(_), _) => format!("kubectl edit {kind} {name} -n {namespace}"),
        (_, NeededObjectKind::ServiceAccount) => {
            format!("kubectl create serviceaccount {name} -n {namespace}")
        }
        // Files keep secrets out of the command line.
        (_, NeededObjectKind::Secret) => format!(
            "kubectl create secret generic {name} -n {namespace}{}",
            files(&objects.keys)
        ),
        (_, NeededObjectKind::ConfigMap) => {
            format!(
                "kubectl create configmap {name} -n {namespace}{}",
                files(&objects.keys)
            )
        }
        (_, NeededObjectKind::PullSecret) => format!(
            "kubectl create secret generic {name} -n {namespace} \\\n  \
             --type=kubernetes.io/dockerconfigjson \\\n  \
             --from-file=.dockerconfigjson=$HOME/.docker/config.json"
        ),
        (_, NeededObjectKind::VolumeClaim) => {
            format!("kubectl get persistentvolumeclaims -n {namespace}")
        }
        (_, NeededObjectKind::PriorityClass) => "kubectl get priorityclasses".to_owned(),
    }
}

/// Flags that make the keys from files.
fn files(keys: &[String]) -> String {
    let unknown = ["KEY".to_owned()];
    let keys = if keys.is_empty() { &unknown[..] } else { keys };
    keys.iter()
        .map(|key| format!(" \\\n  --from-file={key}=FILE"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::check::State;

    fn objects(kind: NeededObjectKind, name: &str, presence: Presence) -> NeededObject {
        NeededObject {
            kind,
            name: name.to_owned(),
            keys: vec!["token".to_owned()],
            presence,
        }
    }

    #[test]
    fn what_is_missing_is_failed_with_the_command_that_makes_it() {
        let all = [
            objects(NeededObjectKind::ServiceAccount, "runner", Presence::There),
            objects(NeededObjectKind::Secret, "store", Presence::Missing),
            objects(
                NeededObjectKind::Secret,
                "db",
                Presence::WithoutKeys(vec!["password".to_owned()]),
            ),
            objects(NeededObjectKind::ConfigMap, "site", Presence::Unseen),
        ];
        let checks = verdicts("flights", &all);
        let states: Vec<_> = checks
            .iter()
            .map(|check| (check.name, check.state))
            .collect();
        assert_eq!(
            states,
            [
                (ACCOUNT, State::Ok),
                (SECRETS, State::Failed),
                (OTHERS, State::Warning),
            ]
        );
        assert_eq!(
            checks[1].detail,
            "in `flights` there is no secret `store`, no key `password` in the secret `db`"
        );
        let command = checks[1].mend.clone().unwrap().command.unwrap();
        assert!(command.contains("secret generic store -n flights \\\n  --from-file=token=FILE\n"));
        assert!(command.contains("kubectl edit secret db -n flights"));
        let command = checks[2].mend.clone().unwrap().command.unwrap();
        assert_eq!(command, "kubectl get configmap site -n flights");
    }
}
