//! What the user has to be allowed, and the Role that allows it.

use diagnostic::Diagnostic;
use futures::future::join_all;
use k8s_openapi::api::authorization::v1::{
    ResourceAttributes, SelfSubjectAccessReview, SelfSubjectAccessReviewSpec,
};
use kube::Api;
use kube::api::PostParams;

use crate::{Cluster, ClusterError, Object};

/// Verb, API group, resource, subresource.
type Permission = (&'static str, &'static str, &'static str, &'static str);

const ARGO: &str = "argoproj.io";

/// What it takes to make an object and to see what becomes of it.
fn permissions(object: Object) -> Vec<Permission> {
    let of_argo = |verb| (verb, ARGO, object.plural(), "");
    match object {
        Object::Workflow => [
            ["create", "get", "list", "watch"].map(of_argo).as_slice(),
            &[("list", "", "pods", ""), ("get", "", "pods", "log")],
        ]
        .concat(),
        Object::WorkflowTemplate | Object::CronWorkflow => {
            ["create", "get", "update"].map(of_argo).to_vec()
        }
    }
}

impl Cluster {
    /// Asks the API server what the user may not do.
    pub(crate) async fn check_permissions(
        &self,
        object: Object,
    ) -> Result<Vec<Diagnostic>, ClusterError> {
        let reviews: Api<SelfSubjectAccessReview> = Api::all(self.client.clone());
        let wanted = permissions(object);
        let questions = wanted.iter().map(|permission| {
            let reviews = &reviews;
            async move {
                let review = self.review(*permission);
                reviews.create(&PostParams::default(), &review).await
            }
        });
        let mut refused = Vec::new();
        for (answer, permission) in join_all(questions).await.into_iter().zip(&wanted) {
            let allowed = answer
                .map_err(|error| self.asking("create", object, "").failed(error))?
                .status
                .is_none_or(|status| status.allowed);
            if !allowed {
                refused.push(*permission);
            }
        }
        if refused.is_empty() {
            return Ok(Vec::new());
        }
        let list: Vec<String> = refused
            .iter()
            .map(|(verb, group, resource, subresource)| {
                format!("{verb} {}", resource_name(group, resource, subresource))
            })
            .collect();
        Ok(vec![
            Diagnostic::error(
                "not-permitted",
                format!(
                    "you may not {} in the namespace `{}`",
                    list.join(", "),
                    self.namespace
                ),
            )
            .help(format!(
                "ask the administrator of the cluster for this Role, and for a RoleBinding for you:\n{}",
                role(&self.namespace, &refused)
            )),
        ])
    }

    fn review(&self, (verb, group, resource, subresource): Permission) -> SelfSubjectAccessReview {
        let attributes = ResourceAttributes {
            namespace: Some(self.namespace.clone()),
            verb: Some(verb.to_owned()),
            group: Some(group.to_owned()),
            resource: Some(resource.to_owned()),
            subresource: Some(subresource.to_owned()).filter(|text| !text.is_empty()),
            ..ResourceAttributes::default()
        };
        SelfSubjectAccessReview {
            spec: SelfSubjectAccessReviewSpec {
                resource_attributes: Some(attributes),
                ..SelfSubjectAccessReviewSpec::default()
            },
            ..SelfSubjectAccessReview::default()
        }
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

/// A Role that allows what was refused.
fn role(namespace: &str, refused: &[Permission]) -> String {
    let mut text = format!(
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\n\
         metadata: {{name: argo-kedro, namespace: {namespace}}}\nrules:\n"
    );
    for (verb, group, resource, subresource) in refused {
        let resource = resource_name("", resource, subresource);
        text.push_str(&format!(
            "- {{apiGroups: [\"{group}\"], resources: [{resource}], verbs: [{verb}]}}\n"
        ));
    }
    text
}
