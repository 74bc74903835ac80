//! Permissions of the user and the pods, and the Role that grants them.

use std::collections::BTreeSet;
use std::fmt;

use diagnostic::Diagnostic;
use futures::future::join_all;
use k8s_openapi::api::authentication::v1::SelfSubjectReview;
use k8s_openapi::api::authorization::v1::{
    LocalSubjectAccessReview, ResourceAttributes, SelfSubjectAccessReview,
    SelfSubjectAccessReviewSpec, SubjectAccessReview, SubjectAccessReviewSpec,
};
use kube::Api;
use kube::api::PostParams;

use crate::{Cluster, ClusterError, Object};

const ARGO: &str = "argoproj.io";
/// Rule about a missing permission.
const NOT_PERMITTED: &str = "not-permitted";

/// Permission for a request in a namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Permission {
    verb: &'static str,
    group: &'static str,
    resource: &'static str,
    subresource: &'static str,
}

impl Permission {
    const fn of_argo(verb: &'static str, resource: &'static str) -> Self {
        Self {
            verb,
            group: ARGO,
            resource,
            subresource: "",
        }
    }

    const fn of_pods(verb: &'static str, subresource: &'static str) -> Self {
        Self {
            verb,
            group: "",
            resource: "pods",
            subresource,
        }
    }

    fn attributes(self, namespace: &str) -> ResourceAttributes {
        ResourceAttributes {
            namespace: Some(namespace.to_owned()),
            verb: Some(self.verb.to_owned()),
            group: Some(self.group.to_owned()),
            resource: Some(self.resource.to_owned()),
            subresource: Some(self.subresource.to_owned()).filter(|text| !text.is_empty()),
            ..ResourceAttributes::default()
        }
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = resource_name(self.group, self.resource, self.subresource);
        write!(formatter, "{} {name}", self.verb)
    }
}

/// Permissions of Argo's executor in every pod of a run, as the pod's service account
/// (`docs/workflow-rbac.md` of Argo Workflows 4.1.2).
pub const OF_PODS: [Permission; 2] = [
    Permission::of_argo("create", "workflowtaskresults"),
    Permission::of_argo("patch", "workflowtaskresults"),
];

/// Permissions to run something and to follow it: `submit`, `watch`, `status`, `logs`.
pub const OF_RUNS: [Permission; 8] = [
    Permission::of_argo("create", "workflows"),
    Permission::of_argo("get", "workflows"),
    Permission::of_argo("list", "workflows"),
    Permission::of_argo("watch", "workflows"),
    Permission::of_pods("get", ""),
    Permission::of_pods("list", ""),
    Permission::of_pods("watch", ""),
    Permission::of_pods("get", "log"),
];

/// Permissions for the other commands, by their names.
pub const OF_OTHERS: [(&str, &[Permission]); 5] = [
    (
        "stop, suspend",
        &[Permission::of_argo("patch", "workflows")],
    ),
    (
        "retry",
        &[
            Permission::of_argo("update", "workflows"),
            Permission::of_pods("delete", ""),
        ],
    ),
    ("delete", &[Permission::of_argo("delete", "workflows")]),
    (
        "deploy",
        &[
            Permission::of_argo("get", "workflowtemplates"),
            Permission::of_argo("create", "workflowtemplates"),
            Permission::of_argo("update", "workflowtemplates"),
        ],
    ),
    (
        "schedule",
        &[
            Permission::of_argo("get", "cronworkflows"),
            Permission::of_argo("list", "cronworkflows"),
            Permission::of_argo("create", "cronworkflows"),
            Permission::of_argo("update", "cronworkflows"),
            Permission::of_argo("patch", "cronworkflows"),
            Permission::of_argo("delete", "cronworkflows"),
        ],
    ),
];

/// Permissions to create an object and to follow it.
fn permissions(object: Object) -> Vec<Permission> {
    let of_argo = |verb| Permission::of_argo(verb, object.plural());
    match object {
        Object::Workflow => [
            ["create", "get", "list", "watch"].map(of_argo).as_slice(),
            &[
                Permission::of_pods("list", ""),
                Permission::of_pods("get", "log"),
            ],
        ]
        .concat(),
        Object::WorkflowTemplate | Object::CronWorkflow => {
            ["create", "get", "update"].map(of_argo).to_vec()
        }
    }
}

impl Cluster {
    /// Asks the API server which permissions the user lacks. Argo Server does not tell: with it, refusals come only
    /// with the requests themselves.
    pub async fn refused(&self, wanted: &[Permission]) -> Result<Vec<Permission>, ClusterError> {
        if self.argo_server.is_some() {
            return Ok(Vec::new());
        }
        let reviews: Api<SelfSubjectAccessReview> = Api::all(self.client.clone());
        let questions = wanted.iter().map(|permission| {
            let reviews = &reviews;
            async move {
                let review = SelfSubjectAccessReview {
                    spec: SelfSubjectAccessReviewSpec {
                        resource_attributes: Some(permission.attributes(&self.namespace)),
                        ..SelfSubjectAccessReviewSpec::default()
                    },
                    ..SelfSubjectAccessReview::default()
                };
                reviews.create(&PostParams::default(), &review).await
            }
        });
        let mut refused = Vec::new();
        for (answer, permission) in join_all(questions).await.into_iter().zip(wanted) {
            let allowed = answer
                .map_err(|error| self.api_call("create", Object::Workflow, "").failed(error))?
                .status
                .is_none_or(|status| status.allowed);
            if !allowed {
                refused.push(*permission);
            }
        }
        Ok(refused)
    }

    /// Asks which permissions a service account of the namespace lacks; `None` if the user may not ask.
    pub async fn refused_to(
        &self,
        account: &str,
        wanted: &[Permission],
    ) -> Result<Option<Vec<Permission>>, ClusterError> {
        let questions = wanted
            .iter()
            .map(|permission| self.is_allowed_to(account, *permission));
        let mut refused = Vec::new();
        for (answer, permission) in join_all(questions).await.into_iter().zip(wanted) {
            match self.unless_forbidden(answer)? {
                Some(false) => refused.push(*permission),
                Some(true) => {}
                None => return Ok(None),
            }
        }
        Ok(Some(refused))
    }

    /// Asks for one namespace: fewer users may ask for the whole cluster, and the answer is the same.
    async fn is_allowed_to(
        &self,
        account: &str,
        permission: Permission,
    ) -> Result<bool, kube::Error> {
        let namespace = &self.namespace;
        let spec = SubjectAccessReviewSpec {
            user: Some(format!("system:serviceaccount:{namespace}:{account}")),
            groups: Some(vec![
                "system:serviceaccounts".to_owned(),
                format!("system:serviceaccounts:{namespace}"),
                "system:authenticated".to_owned(),
            ]),
            resource_attributes: Some(permission.attributes(namespace)),
            ..SubjectAccessReviewSpec::default()
        };
        let local: Api<LocalSubjectAccessReview> = Api::namespaced(self.client.clone(), namespace);
        let mut review = LocalSubjectAccessReview {
            spec: spec.clone(),
            ..LocalSubjectAccessReview::default()
        };
        review.metadata.namespace = Some(namespace.clone());
        match local.create(&PostParams::default(), &review).await {
            Err(kube::Error::Api(status)) if status.is_forbidden() => {}
            answer => {
                return answer.map(|review| review.status.is_none_or(|status| status.allowed));
            }
        }
        let whole: Api<SubjectAccessReview> = Api::all(self.client.clone());
        let review = SubjectAccessReview {
            spec,
            ..SubjectAccessReview::default()
        };
        let answer = whole.create(&PostParams::default(), &review).await?;
        Ok(answer.status.is_none_or(|status| status.allowed))
    }

    /// Checks that the service accounts of the pods may report how the pods ended. No finding if the user may not ask.
    pub(crate) async fn check_pods(
        &self,
        accounts: &BTreeSet<String>,
    ) -> Result<Vec<Diagnostic>, ClusterError> {
        let namespace = &self.namespace;
        let questions = accounts
            .iter()
            .map(|account| self.refused_to(account, &OF_PODS));
        let mut found = Vec::new();
        for (answer, account) in join_all(questions).await.into_iter().zip(accounts) {
            let Some(refused) = answer?.filter(|refused| !refused.is_empty()) else {
                continue;
            };
            let list: Vec<String> = refused.iter().map(Permission::to_string).collect();
            let message = format!(
                "the service account `{account}` of the namespace `{namespace}` may not {}: its pods cannot report how \
                 they ended, so their tasks fail",
                list.join(", ")
            );
            found.push(
                Diagnostic::warning(NOT_PERMITTED, message).help(
                    "to see the Role and the RoleBinding that are missing: argo-kedro doctor",
                ),
            );
        }
        Ok(found)
    }

    /// Name of the user on the cluster; `None` if the cluster does not report it (before Kubernetes 1.28).
    pub async fn user(&self) -> Option<String> {
        let reviews: Api<SelfSubjectReview> = Api::all(self.client.clone());
        let review = SelfSubjectReview::default();
        let answer = reviews.create(&PostParams::default(), &review).await;
        answer.ok()?.status?.user_info?.username
    }

    /// Finds the permissions that the user lacks for an object.
    pub(crate) async fn check_permissions(
        &self,
        object: Object,
    ) -> Result<Vec<Diagnostic>, ClusterError> {
        let refused = self.refused(&permissions(object)).await?;
        if refused.is_empty() {
            return Ok(Vec::new());
        }
        let list: Vec<String> = refused.iter().map(Permission::to_string).collect();
        Ok(vec![
            Diagnostic::error(
                NOT_PERMITTED,
                format!(
                    "you may not {} in the namespace `{}`",
                    list.join(", "),
                    self.namespace
                ),
            )
            .help(format!(
                "ask the administrator of the cluster for this Role, and for a RoleBinding for you:\n{}",
                role("argo-kedro", &self.namespace, &refused)
            )),
        ])
    }
}

fn resource_name(group: &str, resource: &str, subresource: &str) -> String {
    let mut name = resource.to_owned();
    if !group.is_empty() {
        name = format!("{name}.{group}");
    }
    if !subresource.is_empty() {
        name = format!("{name}/{subresource}");
    }
    name
}

/// Role with these permissions: a rule for each resource.
pub fn role(name: &str, namespace: &str, allowed: &[Permission]) -> String {
    let mut text = format!(
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\n\
         metadata: {{name: {name}, namespace: {namespace}}}\nrules:\n"
    );
    let mut written: Vec<Permission> = Vec::new();
    let is_of = |one: &Permission, other: &Permission| {
        (one.group, one.resource, one.subresource)
            == (other.group, other.resource, other.subresource)
    };
    for permission in allowed {
        if written.iter().any(|known| is_of(known, permission)) {
            continue;
        }
        written.push(*permission);
        let verbs: Vec<&str> = allowed
            .iter()
            .filter(|other| is_of(other, permission))
            .map(|other| other.verb)
            .collect();
        let resource = resource_name("", permission.resource, permission.subresource);
        text.push_str(&format!(
            "- apiGroups: [\"{}\"]\n  resources: [{resource}]\n  verbs: [{}]\n",
            permission.group,
            verbs.join(", ")
        ));
    }
    text
}

/// Binding of a Role to a user as the cluster names them, e.g. `ada@example.com` or
/// `system:serviceaccount:NAMESPACE:NAME`. None leaves the name to be filled in.
pub fn role_binding(name: &str, role: &str, namespace: &str, user: Option<&str>) -> String {
    let account = user.and_then(|user| {
        user.strip_prefix("system:serviceaccount:")
            .and_then(|account| account.split_once(':'))
    });
    let subject = if let Some((of, name)) = account {
        format!("{{kind: ServiceAccount, name: {name}, namespace: {of}}}")
    } else {
        let name = serde_json::Value::from(user.unwrap_or("YOUR USER"));
        format!("kind: User\n  apiGroup: rbac.authorization.k8s.io\n  name: {name}")
    };
    format!(
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\n\
         metadata: {{name: {name}, namespace: {namespace}}}\n\
         roleRef:\n  apiGroup: rbac.authorization.k8s.io\n  kind: Role\n  name: {role}\n\
         subjects:\n- {subject}\n"
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_documentation_has_roles_with_all_of_them_and_no_more() {
        let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/platform.md");
        let page = std::fs::read_to_string(page).unwrap();
        let others = OF_OTHERS.iter().flat_map(|(_, permissions)| *permissions);
        let needed = OF_RUNS.iter().chain(&OF_PODS).chain(others);
        let needed: BTreeSet<String> = needed.map(Permission::to_string).collect();
        let blocks = page.split("```yaml\n").skip(1);
        let blocks = blocks.map(|block| block.split("```").next().unwrap());
        let mut told = BTreeSet::new();
        for block in blocks.filter(|block| block.contains("kind: Role")) {
            let role = diagnostic::yaml::parse("platform.md", block).unwrap()[0].to_json();
            for rule in role["rules"].as_array().unwrap() {
                let text = |key: &str| rule[key][0].as_str().unwrap();
                let (resource, subresource) = match text("resources").split_once('/') {
                    Some(both) => both,
                    None => (text("resources"), ""),
                };
                let name = resource_name(text("apiGroups"), resource, subresource);
                for verb in rule["verbs"].as_array().unwrap() {
                    told.insert(format!("{} {name}", verb.as_str().unwrap()));
                }
            }
        }
        assert_eq!(told, needed);
    }

    #[test]
    fn a_role_has_a_rule_for_each_resource() {
        let text = role("argo-kedro", "flights", &OF_RUNS);
        insta::assert_snapshot!(text, @r#"
        apiVersion: rbac.authorization.k8s.io/v1
        kind: Role
        metadata: {name: argo-kedro, namespace: flights}
        rules:
        - apiGroups: ["argoproj.io"]
          resources: [workflows]
          verbs: [create, get, list, watch]
        - apiGroups: [""]
          resources: [pods]
          verbs: [get, list, watch]
        - apiGroups: [""]
          resources: [pods/log]
          verbs: [get]
        "#);
    }

    #[test]
    fn a_role_is_given_to_a_user_or_a_service_account() {
        let of = |user| role_binding("b", "r", "n", user);
        assert!(
            of(Some("system:serviceaccount:argo:me"))
                .ends_with("subjects:\n- {kind: ServiceAccount, name: me, namespace: argo}\n")
        );
        assert!(of(Some("ada@example.com")).ends_with("  name: \"ada@example.com\"\n"));
        assert!(of(None).ends_with("  name: \"YOUR USER\"\n"));
    }

    #[test]
    fn a_permission_reads_as_the_api_server_writes_it() {
        assert_eq!(
            OF_PODS[0].to_string(),
            "create workflowtaskresults.argoproj.io"
        );
        assert_eq!(OF_RUNS[7].to_string(), "get pods/log");
    }
}
