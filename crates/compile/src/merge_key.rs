//! Keys by which Kubernetes and Argo identify the items of a list (`patchMergeKey` in `k8s.io/api/core/v1/types.go` and
//! in Argo's `workflow_types.go`).

/// Lists that Kubernetes' and Argo's types mark for a merge by key. Any other list is replaced.
const MERGED: [(&str, &str); 15] = [
    ("templates", "name"),
    ("tasks", "name"),
    ("parameters", "name"),
    ("artifacts", "name"),
    ("containers", "name"),
    ("initContainers", "name"),
    ("sidecars", "name"),
    ("env", "name"),
    ("volumes", "name"),
    ("imagePullSecrets", "name"),
    ("volumeMounts", "mountPath"),
    ("volumeDevices", "devicePath"),
    ("ports", "containerPort"),
    ("hostAliases", "ip"),
    ("topologySpreadConstraints", "topologyKey"),
];

/// The key that identifies the items of a list; none for a list that is replaced.
pub(crate) fn merge_key(list: &str) -> Option<&'static str> {
    let found = MERGED.iter().find(|(known, _)| *known == list);
    found.map(|(_, key)| *key)
}
