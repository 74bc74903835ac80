//! Fields of a pod that its variables name.

use argo::spec::ObjectFieldSelector;

/// Value that a field of the pod has here.
pub(crate) fn field_of_pod(
    field: &ObjectFieldSelector,
    task: &str,
    workflow: &str,
) -> Option<String> {
    Some(match field.field_path.as_str() {
        "metadata.name" => format!("{workflow}-{task}"),
        "metadata.namespace" | "spec.serviceAccountName" => "default".to_owned(),
        "spec.nodeName" => "localhost".to_owned(),
        "status.podIP" | "status.hostIP" => "127.0.0.1".to_owned(),
        _ => return None,
    })
}
