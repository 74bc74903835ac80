//! Keys by which Kubernetes and Argo tell the items of a list apart
//! (`patchMergeKey` in `k8s.io/api/core/v1/types.go` and in Argo's `workflow_types.go`).

/// Lists of things that merge by a key: those whose fields are marked so in Kubernetes' and
/// Argo's types. Any other list is replaced.
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

/// The key by which the items of a list are told apart; none for a list that is replaced.
pub(crate) fn merge_key(list: &str) -> Option<&'static str> {
    let found = MERGED.iter().find(|(known, _)| *known == list);
    found.map(|(_, key)| *key)
}
