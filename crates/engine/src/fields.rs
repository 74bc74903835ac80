//! Fields of a Workflow that this engine supports: the table in `docs/engine.md`.

/// Kind of an object in a Workflow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The `spec` of a Workflow.
    Workflow,
    /// A template.
    Template,
    /// A container or a script.
    Container,
    /// The source of a parameter's value (`valueFrom`).
    Value,
    /// A volume.
    Volume,
}

/// Support of a field on this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Support {
    /// Works as on a cluster.
    Runs,
    /// Affects clusters only: a task lacks nothing without it.
    NoEffect,
    /// Prevents the run: a Workflow with this field does not start.
    Refused,
}

/// Kinds of templates that run only on a cluster.
pub(crate) const KINDS_OF_CLUSTER: [&str; 4] = ["data", "http", "plugin", "resource"];

/// Fields that work here.
const RUN: [(Part, &[&str]); 5] = [
    (
        Part::Workflow,
        &[
            "activeDeadlineSeconds",
            "archiveLogs",
            "arguments",
            "entrypoint",
            "hooks",
            "onExit",
            "parallelism",
            "podMetadata",
            "podSpecPatch",
            "priority",
            "retryStrategy",
            "shutdown",
            "suspend",
            "synchronization",
            "templateDefaults",
            "templates",
            "volumeClaimTemplates",
            "volumes",
            "workflowTemplateRef",
        ],
    ),
    (
        Part::Template,
        &[
            "activeDeadlineSeconds",
            "archiveLocation",
            "container",
            "containerSet",
            "daemon",
            "dag",
            "failFast",
            "initContainers",
            "inputs",
            "memoize",
            "metadata",
            "name",
            "outputs",
            "parallelism",
            "pendingTimeout",
            "podSpecPatch",
            "retryStrategy",
            "script",
            "sidecars",
            "steps",
            "suspend",
            "synchronization",
            "timeout",
            "volumes",
        ],
    ),
    (
        Part::Container,
        &[
            "args",
            "command",
            "dependencies",
            "env",
            "envFrom",
            "image",
            "mirrorVolumeMounts",
            "name",
            "readinessProbe",
            "resources",
            "source",
            "terminationMessagePath",
            "terminationMessagePolicy",
            "volumeMounts",
            "workingDir",
        ],
    ),
    (
        Part::Value,
        &[
            "configMapKeyRef",
            "default",
            "expression",
            "parameter",
            "path",
            "supplied",
        ],
    ),
    (
        Part::Volume,
        &[
            "configMap",
            "emptyDir",
            "hostPath",
            "name",
            "persistentVolumeClaim",
            "secret",
        ],
    ),
];

/// Fields that affect clusters only.
const OF_CLUSTERS: [(Part, &[&str]); 3] = [
    (
        Part::Workflow,
        &[
            "affinity",
            "artifactGC",
            "artifactRepositoryRef",
            "automountServiceAccountToken",
            "dnsConfig",
            "dnsPolicy",
            "executor",
            "hostAliases",
            "hostNetwork",
            "imagePullSecrets",
            "metrics",
            "nodeSelector",
            "podDisruptionBudget",
            "podGC",
            "podPriorityClassName",
            "podResources",
            "resourceClaims",
            "schedulerName",
            "securityContext",
            "serviceAccountName",
            "tolerations",
            "ttlStrategy",
            "volumeClaimGC",
            "workflowMetadata",
        ],
    ),
    (
        Part::Template,
        &[
            "affinity",
            "annotations",
            "automountServiceAccountToken",
            "executor",
            "hostAliases",
            "metrics",
            "nodeSelector",
            "podResources",
            "priorityClassName",
            "resourceClaims",
            "schedulerName",
            "securityContext",
            "serviceAccountName",
            "tolerations",
        ],
    ),
    (
        Part::Container,
        &[
            "imagePullPolicy",
            "livenessProbe",
            "ports",
            "resizePolicy",
            "securityContext",
            "startupProbe",
            "stdin",
            "stdinOnce",
            "tty",
        ],
    ),
];

/// Says how this engine supports a field.
pub fn support(part: Part, field: &str) -> Support {
    let has = |lists: &[(Part, &[&str])]| {
        let mut lists = lists.iter();
        lists.any(|(of, fields)| *of == part && fields.contains(&field))
    };
    if has(&RUN) {
        Support::Runs
    } else if has(&OF_CLUSTERS) {
        Support::NoEffect
    } else {
        Support::Refused
    }
}
