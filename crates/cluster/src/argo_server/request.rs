//! Requests of this crate to the Kubernetes API, translated to those of Argo Server (`pkg/apiclient/*/*.proto` of Argo
//! Workflows 4.1.2).

use http::{Method, Uri};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use crate::Object;

/// Request for Argo Server.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ArgoServerRequest {
    pub(super) method: Method,
    /// Path and query.
    pub(super) path: String,
    pub(super) body: Option<Value>,
    pub(super) reply: Reply,
}

/// Form of an answer for the client of Kubernetes.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Reply {
    /// One object of a kind.
    One(Object),
    /// A list of objects of a kind.
    List(Object),
    /// List with the one object of a name.
    ListOfOne(Object),
    /// Changes of objects, one per line.
    Changes(Object),
    /// Answer without content. With an id, only if the named object has this id.
    Done(Option<String>),
}

/// Translates a request to one for Argo Server.
///
/// # Errors
///
/// Argo Server has no such request; the error names it, e.g. `list secrets`.
pub(super) fn translate(
    method: &Method,
    uri: &Uri,
    body: &[u8],
) -> Result<ArgoServerRequest, String> {
    let segments: Vec<&str> = uri.path().trim_matches('/').split('/').collect();
    let query = Query::of(uri);
    let not_offered = || Err(permission_name(method, &segments, &query));
    let [
        "apis",
        "argoproj.io",
        "v1alpha1",
        "namespaces",
        namespace,
        plural,
        name @ ..,
    ] = segments.as_slice()
    else {
        return not_offered();
    };
    let objects = [
        Object::Workflow,
        Object::WorkflowTemplate,
        Object::CronWorkflow,
    ];
    let Some(object) = objects.into_iter().find(|one| one.plural() == *plural) else {
        return not_offered();
    };
    let collection = format!("/api/v1/{}/{namespace}", collection(object));
    let is_trial = query.raw("dryRun").is_some();
    let sent = |method: &Method, path: String, body: Option<Value>, reply: Reply| {
        Ok(ArgoServerRequest {
            method: method.clone(),
            path,
            body,
            reply,
        })
    };
    let one = Reply::One(object);
    match (method, name) {
        (&Method::GET, []) if query.raw("watch").is_some() => {
            if object != Object::Workflow {
                return not_offered();
            }
            // An object that has not changed for long has a version too old for a watch. Without a version, a watch
            // begins with the current objects.
            let without = query.name().map(|_| "resourceVersion");
            let options = query.options(without);
            let path = format!("/api/v1/workflow-events/{namespace}{options}");
            sent(method, path, None, Reply::Changes(object))
        }
        (&Method::GET, []) => {
            // Lists of the server come from a cache, which may lack a new Workflow.
            if let Some(name) = query.name() {
                let path = format!("{collection}/{name}");
                return sent(method, path, None, Reply::ListOfOne(object));
            }
            let path = format!("{collection}{}", query.options(None));
            sent(method, path, None, Reply::List(object))
        }
        (&Method::GET, [name]) => sent(method, format!("{collection}/{name}"), None, one),
        (&Method::POST, []) => {
            let Some(mut body) = envelope(object, body) else {
                return not_offered();
            };
            if is_trial && object == Object::Workflow {
                body["serverDryRun"] = true.into();
            }
            let end = if is_trial && object != Object::Workflow {
                "/lint"
            } else {
                ""
            };
            sent(method, format!("{collection}{end}"), Some(body), one)
        }
        (&Method::PUT, [_]) if is_trial && object != Object::Workflow => {
            let path = format!("{collection}/lint");
            match envelope(object, body) {
                Some(body) => sent(&Method::POST, path, Some(body), one),
                None => not_offered(),
            }
        }
        (&Method::PUT, [name]) if object != Object::Workflow => {
            let path = format!("{collection}/{name}");
            match envelope(object, body) {
                Some(body) => sent(method, path, Some(body), one),
                None => not_offered(),
            }
        }
        (&Method::DELETE, [name]) => {
            // Without the options, the server might delete another object of the same name.
            let options = match body {
                [] => Value::Null,
                body => match serde_json::from_slice(body) {
                    Ok(options) => options,
                    Err(_) => return not_offered(),
                },
            };
            let uid = options["preconditions"]["uid"].as_str().map(str::to_owned);
            sent(
                method,
                format!("{collection}/{name}"),
                None,
                Reply::Done(uid),
            )
        }
        _ => not_offered(),
    }
}

/// Name of a kind's collection in paths.
pub(super) fn collection(object: Object) -> &'static str {
    match object {
        Object::Workflow => "workflows",
        Object::WorkflowTemplate => "workflow-templates",
        Object::CronWorkflow => "cron-workflows",
    }
}

/// Wraps a manifest for Argo Server; none if the body is no JSON.
fn envelope(object: Object, body: &[u8]) -> Option<Value> {
    let manifest: Value = serde_json::from_slice(body).ok()?;
    let key = match object {
        Object::Workflow => "workflow",
        Object::WorkflowTemplate => "template",
        Object::CronWorkflow => "cronWorkflow",
    };
    Some(json!({key: manifest}))
}

/// Name of a request, as in permissions: `list secrets`.
fn permission_name(method: &Method, segments: &[&str], query: &Query<'_>) -> String {
    let of_namespace = segments.iter().position(|segment| *segment == "namespaces");
    let resource = match (of_namespace, segments) {
        (Some(at), _) if segments.len() > at + 2 => at + 2,
        (Some(at), _) => at,
        (None, ["api", ..]) => 2,
        (None, ["apis", ..]) => 3,
        (None, _) => 0,
    };
    let name = segments.get(resource).copied().unwrap_or_default();
    let is_named = segments.len() > resource + 1;
    let verb = match *method {
        Method::POST => "create",
        Method::PUT => "update",
        Method::PATCH => "patch",
        Method::DELETE => "delete",
        _ if query.raw("watch").is_some() => "watch",
        _ if is_named => "get",
        _ => "list",
    };
    format!("{verb} {name}")
}

/// Query of a request: names and raw values.
struct Query<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Query<'a> {
    /// Options of a list or a watch that Argo Server passes on.
    const HANDED_ON: [&'static str; 6] = [
        "labelSelector",
        "fieldSelector",
        "limit",
        "continue",
        "resourceVersion",
        "timeoutSeconds",
    ];

    fn of(uri: &'a Uri) -> Self {
        let pairs = uri.query().unwrap_or_default().split('&');
        Self(pairs.filter_map(|pair| pair.split_once('=')).collect())
    }

    fn raw(&self, name: &str) -> Option<&'a str> {
        let mut pairs = self.0.iter();
        pairs
            .find(|(known, _)| *known == name)
            .map(|(_, value)| *value)
    }

    /// The one selected name, if there is one.
    fn name(&self) -> Option<String> {
        let selector = percent_decode_str(self.raw("fieldSelector")?).decode_utf8_lossy();
        selector
            .strip_prefix("metadata.name=")
            .filter(|name| !name.contains(','))
            .map(str::to_owned)
    }

    fn options(&self, without: Option<&str>) -> String {
        let options: Vec<String> = Self::HANDED_ON
            .iter()
            .filter(|name| without != Some(**name))
            .filter_map(|name| Some(format!("listOptions.{name}={}", self.raw(name)?)))
            .collect();
        if options.is_empty() {
            String::new()
        } else {
            format!("?{}", options.join("&"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str = "/apis/argoproj.io/v1alpha1/namespaces/flights";

    fn asked(method: &str, path: &str, body: &Value) -> String {
        let method: Method = method.parse().unwrap();
        let uri: Uri = path.replace('~', BASE).parse().unwrap();
        match translate(&method, &uri, body.to_string().as_bytes()) {
            Ok(ArgoServerRequest {
                method,
                path,
                body,
                reply,
            }) => {
                let body = body.map(|body| format!(" {body}")).unwrap_or_default();
                format!("{method} {path}{body} -> {reply:?}")
            }
            Err(what) => format!("cannot {what}"),
        }
    }

    #[test]
    fn a_body_that_cannot_be_read_is_not_sent_as_nothing() {
        for (method, path) in [("POST", "~/workflows"), ("DELETE", "~/workflows/a")] {
            let uri: Uri = path.replace('~', BASE).parse().unwrap();
            let method: Method = method.parse().unwrap();
            assert!(translate(&method, &uri, b"{\"precond").is_err(), "{path}");
        }
    }

    #[test]
    fn each_request_has_one_of_argo_servers() {
        let manifest = json!({"metadata": {"name": "a"}});
        let with_id = json!({"propagationPolicy": "Background", "preconditions": {"uid": "u-1"}});
        for (method, path, body, expected) in [
            (
                "GET",
                "~/workflows/a",
                Value::Null,
                "GET /api/v1/workflows/flights/a -> One(Workflow)",
            ),
            (
                "GET",
                "~/workflows?&labelSelector=a%2Fb%3Dc",
                Value::Null,
                "GET /api/v1/workflows/flights?listOptions.labelSelector=a%2Fb%3Dc -> List(Workflow)",
            ),
            (
                "GET",
                "~/workflows?limit=500&fieldSelector=metadata.name%3Da&resourceVersion=0",
                Value::Null,
                "GET /api/v1/workflows/flights/a -> ListOfOne(Workflow)",
            ),
            (
                "GET",
                "~/workflows?watch=true&timeoutSeconds=60&fieldSelector=metadata.name%3Da&allowWatchBookmarks=true&\
                 resourceVersion=7",
                Value::Null,
                "GET /api/v1/workflow-events/flights?listOptions.fieldSelector=metadata.name%3Da&\
                 listOptions.timeoutSeconds=60 -> Changes(Workflow)",
            ),
            (
                "GET",
                "~/workflows?watch=true&resourceVersion=7",
                Value::Null,
                "GET /api/v1/workflow-events/flights?listOptions.resourceVersion=7 -> Changes(Workflow)",
            ),
            (
                "POST",
                "~/workflows?fieldManager=argo-kedro&fieldValidation=Strict",
                manifest.clone(),
                r#"POST /api/v1/workflows/flights {"workflow":{"metadata":{"name":"a"}}} -> One(Workflow)"#,
            ),
            (
                "POST",
                "~/workflows?fieldManager=argo-kedro&dryRun=All",
                manifest.clone(),
                r#"POST /api/v1/workflows/flights {"workflow":{"metadata":{"name":"a"}},"serverDryRun":true} -> One(Workflow)"#,
            ),
            (
                "PUT",
                "~/workflowtemplates/a?fieldManager=argo-kedro",
                manifest.clone(),
                r#"PUT /api/v1/workflow-templates/flights/a {"template":{"metadata":{"name":"a"}}} -> One(WorkflowTemplate)"#,
            ),
            (
                "PUT",
                "~/cronworkflows/a?dryRun=All",
                manifest,
                r#"POST /api/v1/cron-workflows/flights/lint {"cronWorkflow":{"metadata":{"name":"a"}}} -> One(CronWorkflow)"#,
            ),
            (
                "DELETE",
                "~/workflows/a?",
                with_id,
                r#"DELETE /api/v1/workflows/flights/a -> Done(Some("u-1"))"#,
            ),
            (
                "DELETE",
                "~/cronworkflows/a?",
                json!({}),
                "DELETE /api/v1/cron-workflows/flights/a -> Done(None)",
            ),
        ] {
            assert_eq!(asked(method, path, &body), expected);
        }
    }

    #[test]
    fn what_argo_server_has_no_request_for_is_named() {
        for (method, path, expected) in [
            (
                "GET",
                "/api/v1/namespaces/flights/secrets/key",
                "cannot get secrets",
            ),
            (
                "GET",
                "/api/v1/namespaces/flights/pods?labelSelector=a",
                "cannot list pods",
            ),
            (
                "GET",
                "/api/v1/namespaces/flights/pods?watch=true",
                "cannot watch pods",
            ),
            ("GET", "/api/v1/nodes", "cannot list nodes"),
            ("GET", "/api/v1/namespaces/flights", "cannot get namespaces"),
            (
                "POST",
                "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
                "cannot create selfsubjectaccessreviews",
            ),
            ("PUT", "~/workflows/a", "cannot update workflows"),
            ("PATCH", "~/cronworkflows/a", "cannot patch cronworkflows"),
            (
                "GET",
                "~/cronworkflows?watch=true",
                "cannot watch cronworkflows",
            ),
            (
                "GET",
                "~/workflowtaskresults",
                "cannot list workflowtaskresults",
            ),
        ] {
            assert_eq!(asked(method, path, &Value::Null), expected);
        }
    }
}
