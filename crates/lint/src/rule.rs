//! The rules: one line each, sorted by code.
//!
//! A rule's page is `docs/rules/CODE.md`. Every finding is made from a rule, so its severity is stated only here.

use diagnostic::{Diagnostic, Severity};

/// A rule: its code, its severity, its summary and its page.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// Stable kebab-case name; reads as "allow NAME".
    pub code: &'static str,
    /// Severity of its findings.
    pub severity: Severity,
    /// One sentence without a full stop.
    pub summary: &'static str,
    /// The page `docs/rules/CODE.md`.
    pub page: &'static str,
}

impl Rule {
    /// A finding of this rule without a place.
    pub fn diagnostic(self, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(self.code, self.severity, message)
    }

    /// A finding of this rule as a warning, if the fault is uncertain.
    pub(crate) fn warning(self, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(self.code, Severity::Warning, message)
    }
}

/// The rule with this code.
pub fn explain(code: &str) -> Option<&'static Rule> {
    let index = RULES.binary_search_by_key(&code, |rule| rule.code).ok()?;
    RULES.get(index)
}

macro_rules! rules {
    ($($name:ident: $severity:ident, $code:literal, $summary:literal;)*) => {
        $(
            pub(crate) const $name: Rule = Rule {
                code: $code,
                severity: Severity::$severity,
                summary: $summary,
                page: include_str!(concat!("../../../docs/rules/", $code, ".md")),
            };
        )*

        /// Every rule, sorted by code.
        pub const RULES: &[Rule] = &[$($name),*];
    };
}

rules! {
    ABSENT_VARIABLE: Warning, "absent-variable", "An expression reads a variable that is never there";
    AMBIGUOUS_ARTIFACT_SOURCE: Error, "ambiguous-artifact-source", "An artifact comes from two places";
    AMBIGUOUS_GROUP: Error, "ambiguous-group", "A node is tagged for several groups";
    AMBIGUOUS_OUTPUT_SOURCE: Error, "ambiguous-output-source", "An output parameter has two values";
    AMBIGUOUS_TEMPLATE: Error, "ambiguous-template", "A task, step or hook names its template twice";
    ARGO_KEDRO_NOT_INSTALLED: Error, "argo-kedro-not-installed", "The image does not have argo-kedro";
    ARGUMENT_WITHOUT_VALUE: Error, "argument-without-value", "An argument has no value";
    ARTIFACT_FROM_IN_INPUTS: Error, "artifact-from-in-inputs", "An input artifact says where it comes from";
    ARTIFACT_WITHOUT_PATH: Error, "artifact-without-path", "An artifact has no path in the container";
    ARTIFACT_WITHOUT_SOURCE: Error, "artifact-without-source", "An artifact argument has no source";
    BACKOFF_WITHOUT_DURATION: Error, "backoff-without-duration", "A backoff has no duration";
    BACKOFF_WITHOUT_LIMIT: Warning, "backoff-without-limit", "A backoff has no effect without a limit";
    CONFIGURATION_NOT_IN_IMAGE: Warning, "configuration-not-in-image", "Pods read other configuration than this \
        machine";
    CONFIRMED_IN_ANOTHER_TASK: Error, "confirmed-in-another-task", "A dataset is confirmed in another task than the one that loads it";
    CONFLICTING_NODE_SETTINGS: Error, "conflicting-node-settings", "Two nodes of one task have different settings";
    CONTAINER_SET_WITHOUT_MAIN: Error, "container-set-without-main", "A container set with inputs or outputs has no container `main`";
    CONTEXT_WITHOUT_DOCKERIGNORE: Error, "context-without-dockerignore", "There is no .dockerignore";
    CONTINUE_ON_WITH_DEPENDS: Error, "continue-on-with-depends", "A DAG uses both `continueOn` and `depends`";
    CREDENTIALS_NOT_IN_IMAGE: Warning, "credentials-not-in-image", "The image does not have credentials that the \
        catalog needs";
    DEEP_DEPENDENCY_CHAIN: Warning, "deep-dependency-chain", "A very long chain of tasks";
    DEPENDENCY_CYCLE: Error, "dependency-cycle", "Tasks have a dependency cycle";
    DEPENDS_AND_DEPENDENCIES: Error, "depends-and-dependencies", "A DAG uses both `depends` and `dependencies`";
    DUPLICATE_DOCUMENT: Error, "duplicate-document", "Two documents have the same kind and name";
    DUPLICATE_MOUNT_PATH: Error, "duplicate-mount-path", "Two mounts of a container have the same path";
    DUPLICATE_NAME: Error, "duplicate-name", "Two entries of a list have the same name";
    DUPLICATE_TASK_NAME: Error, "duplicate-task-name", "A group and a node outside of it have the same name";
    EMPTY_DAG: Error, "empty-dag", "A DAG has no tasks";
    EMPTY_PIPELINE: Warning, "empty-pipeline", "The selected pipeline has no nodes";
    EMPTY_STEPS: Error, "empty-steps", "A template has empty `steps`";
    ENDLESS_RECURSION: Warning, "endless-recursion", "A template runs itself in an endless loop";
    ENDLESS_RETRY: Warning, "endless-retry", "A task that fails is retried without end";
    FIELD_NOT_FOR_TEMPLATE: Error, "field-not-for-template", "A field does not belong to this kind of template";
    FUSED_DATASET_READ_ELSEWHERE: Info, "fused-dataset-read-elsewhere", "A dataset of a group is written, because a \
        node outside of the group reads it";
    GROUP_CYCLE: Error, "group-cycle", "A group of nodes depends on itself";
    HANDOFF_WITHOUT_PATH: Error, "handoff-without-path", "The path for datasets that cross tasks is not set";
    HIDDEN_SETTING: Info, "hidden-setting", "A section of argo.yml hides settings of another environment's";
    HOOK_WITHOUT_EXPRESSION: Error, "hook-without-expression", "A hook has no `expression`";
    HYPHEN_IN_EXPRESSION: Warning, "hyphen-in-expression", "A hyphen in an expression means minus";
    IMAGE_NOT_CONFIGURED: Warning, "image-not-configured", "The image of the tasks is not set";
    IMPLAUSIBLE_AMOUNT: Error, "implausible-amount", "An amount of memory or CPU is one that no machine has";
    INPUT_NOT_IN_IMAGE: Error, "input-not-in-image", "The image does not have an input dataset";
    INPUT_NOT_IN_STORE: Warning, "input-not-in-store", "The store does not have an input dataset";
    INPUT_WITH_RUN_ID: Error, "input-with-run-id", "The path of an input has the id of the run";
    INVALID_ARTIFACT_PATH: Error, "invalid-artifact-path", "The path of an artifact is not allowed";
    INVALID_CONDITION: Error, "invalid-condition", "A condition is not valid";
    INVALID_DEADLINE: Error, "invalid-deadline", "`activeDeadlineSeconds` is not a number of seconds";
    INVALID_DEPENDS: Error, "invalid-depends", "`depends` is not valid";
    INVALID_DURATION: Error, "invalid-duration", "A duration is not valid";
    INVALID_ENVIRONMENT_NAME: Error, "invalid-environment-name", "An environment variable is not valid";
    INVALID_EXECUTOR_PLUGIN: Error, "invalid-executor-plugin", "An executor plugin is not complete";
    INVALID_EXPRESSION: Error, "invalid-expression", "Argo cannot evaluate an expression";
    INVALID_IMAGE_NAME: Error, "invalid-image-name", "The name of an image is not valid";
    INVALID_LABEL: Error, "invalid-label", "A label or annotation is not valid";
    INVALID_LABEL_SELECTOR: Error, "invalid-label-selector", "A label selector is not valid";
    INVALID_LOOP: Error, "invalid-loop", "A loop is not valid";
    INVALID_METRIC: Error, "invalid-metric", "A metric is not valid";
    INVALID_NAME: Error, "invalid-name", "Argo does not accept a name";
    INVALID_OBJECT_NAME: Error, "invalid-object-name", "Kubernetes does not accept the name of a document";
    INVALID_POD_RESOURCE: Error, "invalid-pod-resource", "`podResources` has a resource that only containers can \
        have";
    INVALID_POD_SPEC_PATCH: Error, "invalid-pod-spec-patch", "`podSpecPatch` is not a valid pod spec";
    INVALID_QUANTITY: Error, "invalid-quantity", "An amount is not valid";
    INVALID_RESOURCE_MANIFEST: Error, "invalid-resource-manifest", "The manifest of a resource template is not \
        valid YAML";
    INVALID_RETRY_NUMBER: Error, "invalid-retry-number", "A limit or factor of a retry is not a whole number";
    INVALID_SCHEDULE: Error, "invalid-schedule", "A schedule is not valid";
    INVALID_SETTING: Error, "invalid-setting", "A value in argo.yml is not valid";
    INVALID_VALUE: Error, "invalid-value", "A field does not accept this word";
    INVALID_VALUE_SOURCE: Error, "invalid-value-source", "An argument has a `valueFrom` that is not allowed";
    INVALID_YAML: Error, "invalid-yaml", "A file is not valid YAML";
    ITEMS_RESULT_WITHOUT_ITEMS: Error, "items-result-without-items", "`AnySucceeded` or `AllFailed` is used for a \
        task without items";
    KIND_NOT_CHECKED: Info, "kind-not-checked", "A document has a kind that is not checked";
    LARGE_CONTEXT: Warning, "large-context", "The build context is large";
    LOCAL_PATH_CROSSES_TASKS: Warning, "local-path-crosses-tasks", "A dataset on local disk crosses tasks";
    MANY_TASKS: Warning, "many-tasks", "A DAG has very many tasks";
    MEMORY_DATASET_CROSSES_TASKS: Error, "memory-dataset-crosses-tasks", "A dataset that the catalog does not store crosses tasks";
    MISPLACED_VARIABLE: Warning, "misplaced-variable", "A variable is used in a place where Argo does not know it";
    MISSING_AMOUNT: Error, "missing-amount", "A quota of the namespace counts an amount that a container does not have";
    MISSING_ARGUMENT: Error, "missing-argument", "An input gets no value";
    MISSING_CONFIG_MAP: Error, "missing-config-map", "The namespace does not have a config map or a key that the \
        manifest uses";
    MISSING_CONFIGURATION_FOLDER: Error, "missing-configuration-folder", "The image does not have a configuration \
        folder that Kedro needs";
    MISSING_CREDENTIALS: Warning, "missing-credentials", "Credentials that the catalog names are not defined";
    MISSING_DATASET: Error, "missing-dataset", "No node writes a dataset, and the catalog does not have it";
    MISSING_DATASET_CLASS: Error, "missing-dataset-class", "The class of a dataset cannot be imported";
    MISSING_ENTRYPOINT: Error, "missing-entrypoint", "A workflow has no `entrypoint`";
    MISSING_FIELD: Error, "missing-field", "A required field is missing";
    MISSING_IMAGE: Error, "missing-image", "A container has no image";
    MISSING_KEY: Error, "missing-key", "A required key is missing in argo.yml";
    MISSING_KIND: Error, "missing-kind", "A document has no `kind` or no `apiVersion`";
    MISSING_MLFLOW: Warning, "missing-mlflow", "argo.yml asks for MLflow, and it is not installed";
    MISSING_NAME: Error, "missing-name", "A document has no name";
    MISSING_NAMESPACE: Error, "missing-namespace", "The cluster does not have the namespace";
    MISSING_PARAMETER: Error, "missing-parameter", "A parameter is not defined";
    MISSING_PRIORITY_CLASS: Error, "missing-priority-class", "The cluster does not have a priority class that the \
        manifest uses";
    MISSING_SCHEDULE: Error, "missing-schedule", "A CronWorkflow has no schedule";
    MISSING_SECRET: Error, "missing-secret", "The namespace does not have a secret or a key that the manifest uses";
    MISSING_SERVICE_ACCOUNT: Error, "missing-service-account", "The namespace does not have a service account that \
        the manifest uses";
    MISSING_STORAGE_CLASS: Warning, "missing-storage-class", "The cluster does not have a storage class that \
        volumes need";
    MISSING_STORAGE_LIBRARY: Error, "missing-storage-library", "The library that a path needs is not installed";
    MISSING_TEMPLATE: Error, "missing-template", "A task, step or hook has no template";
    MISSING_VOLUME_CLAIM: Error, "missing-volume-claim", "The namespace does not have a persistent volume claim \
        that the manifest uses";
    MISSPELT_VARIABLE: Warning, "misspelt-variable", "A variable looks like a variable of Argo, but is not one";
    MLFLOW_WITHOUT_SERVER: Warning, "mlflow-without-server", "Tasks use MLflow, and nothing names a tracking server";
    NEVER_EQUAL: Warning, "never-equal", "Two values that an expression compares are never equal";
    NO_NODE_FITS: Warning, "no-node-fits", "No node of the cluster can run the tasks of a template now";
    NOT_PERMITTED: Error, "not-permitted", "You do not have a permission that a run needs";
    NUMBER_OUT_OF_RANGE: Error, "number-out-of-range", "A number is too small or too large";
    OBJECT_NAME_TOO_LONG: Error, "object-name-too-long", "The name of a document is too long";
    OUTPUT_LOST_WITH_POD: Warning, "output-lost-with-pod", "A result is written to the disk of a pod";
    OUTPUT_WITHOUT_SOURCE: Error, "output-without-source", "An output parameter has no value";
    OVER_LIMIT: Error, "over-limit", "The namespace never allows a pod as large as a task's";
    PARAMETER_VALUE_NOT_A_STRING: Error, "parameter-value-not-a-string", "The value of a parameter is not a string";
    PATCH_DOES_NOT_APPLY: Error, "patch-does-not-apply", "A patch in `argo.yml` does not fit the manifest";
    PATCH_OF_UNKNOWN_CONTAINER: Warning, "patch-of-unknown-container", "`podSpecPatch` patches a container that is not there";
    PIPELINE_NOT_IMPORTED: Error, "pipeline-not-imported", "Kedro cannot import a pipeline, so it is missing";
    PLACEHOLDER: Warning, "placeholder", "A name is still a placeholder";
    PROJECT_NOT_IN_IMAGE: Error, "project-not-in-image", "The image does not have a part of the project that pods \
        need";
    REFERENCE_TO_LATER_STEP: Error, "reference-to-later-step", "A step uses an output that does not exist yet";
    REFERENCE_TO_NON_ANCESTOR: Error, "reference-to-non-ancestor", "A task uses an output of a task it does not depend on";
    REFERENCE_TO_SKIPPED: Warning, "reference-to-skipped", "A task uses an output of a task that may be skipped";
    REFUSED_BY_CLUSTER: Error, "refused-by-cluster", "The cluster rejects a field of the manifest";
    RESERVED_CONTAINER_NAME: Error, "reserved-container-name", "A container has a name that is reserved by Argo";
    RESOURCE_WITHOUT_MANIFEST: Error, "resource-without-manifest", "A resource template has no manifest, or two";
    RETRIES_IN_WORKFLOW_PATCH: Error, "retries-in-workflow-patch", "The workflow's `podSpecPatch` uses `retries`";
    RETRY_WITHOUT_MORE_MEMORY: Warning, "retry-without-more-memory", "The memory of a task does not grow with its tries";
    SECRET_IN_CONTEXT: Error, "secret-in-context", "A secret would be in the image";
    SELECTOR_WITHOUT_NODES: Warning, "selector-without-nodes", "A selector in `argo.yml` matches no node";
    SEVERAL_LOOPS: Error, "several-loops", "A task or step loops in two ways";
    TAG_NOT_ALLOWED: Error, "tag-not-allowed", "A tag is used in a field that cannot have one";
    TASK_NAME_CLASH: Warning, "task-name-clash", "Argo cannot tell two node names apart";
    TASK_NAME_IS_A_WORD: Error, "task-name-is-a-word", "The name of a task is a reserved word of expressions";
    TASK_NAME_STARTS_WITH_A_DIGIT: Error, "task-name-starts-with-a-digit", "The name of a task with dependencies \
        starts with a digit";
    TEMPLATE_KIND_AMBIGUOUS: Error, "template-kind-ambiguous", "A template has two types";
    TEMPLATE_KIND_MISSING: Error, "template-kind-missing", "A template has no type";
    TEMPLATE_REFERENCE_NOT_GIVEN: Warning, "template-reference-not-given", "A template of another document cannot be checked";
    TEMPLATES_WITH_TEMPLATE_REF: Error, "templates-with-template-ref", "A workflow has templates of its own and refers to a WorkflowTemplate";
    TOO_MANY_METRICS: Error, "too-many-metrics", "More than 100 metrics";
    TOO_MANY_PARAMETERS: Error, "too-many-parameters", "More than 500 input parameters";
    TOO_MANY_TASKS: Error, "too-many-tasks", "More than 200 tasks in a DAG";
    TOO_MANY_TEMPLATES: Error, "too-many-templates", "More than 200 templates";
    UNCAST_RETRY_VARIABLE: Warning, "uncast-retry-variable", "A text is compared with a number";
    UNCLOSED_TAG: Warning, "unclosed-tag", "A tag has no closing brackets";
    UNDEFINED_ARTIFACT: Error, "undefined-artifact", "`manifestFrom` names no input artifact";
    UNDEFINED_DEPENDENCY: Error, "undefined-dependency", "A task depends on a task that does not exist";
    UNDEFINED_TARGET: Error, "undefined-target", "The target of a DAG does not exist";
    UNDEFINED_TEMPLATE: Error, "undefined-template", "A template does not exist";
    UNDEFINED_VOLUME: Error, "undefined-volume", "A mount has no volume";
    UNKNOWN_ARGUMENT: Warning, "unknown-argument", "An argument is not used";
    UNKNOWN_FIELD: Error, "unknown-field", "Argo does not have a field";
    UNKNOWN_KEY: Error, "unknown-key", "argo.yml has an unknown key";
    UNKNOWN_KIND: Error, "unknown-kind", "Argo does not have the kind of a document";
    UNKNOWN_MACHINE_TYPE: Error, "unknown-machine-type", "A machine type is not configured";
    UNKNOWN_PIPELINE: Error, "unknown-pipeline", "argo.yml names a pipeline that is not registered";
    UNKNOWN_RUNNER: Error, "unknown-runner", "The runner of the tasks cannot be created";
    UNKNOWN_TAG: Info, "unknown-tag", "A tag is not a variable of Argo";
    UNKNOWN_TASK_RESULT: Error, "unknown-task-result", "A task result does not exist";
    UNKNOWN_TEMPLATE: Error, "unknown-template", "A custom template is not configured";
    UNKNOWN_TIMEZONE: Error, "unknown-timezone", "A time zone does not exist";
    UNREACHABLE_TASK: Info, "unreachable-task", "A task never runs";
    UNRESOLVED_VARIABLE: Error, "unresolved-variable", "A variable has no value";
    UNUSED_INPUT: Info, "unused-input", "A template does not use an input";
    UNUSED_MACHINE_TYPE: Info, "unused-machine-type", "No node asks for a configured machine type";
    UNUSED_PARAMETER: Info, "unused-parameter", "A workflow does not use a parameter";
    UNUSED_TEMPLATE: Info, "unused-template", "Nothing runs a template";
    VALUE_NOT_IN_ENUM: Error, "value-not-in-enum", "A value is not one of those its `enum` allows";
    VALUE_THAT_VARIES: Error, "value-that-varies", "Tasks of one run read different values of one parameter or dataset";
    VARIABLE_IN_INLINE: Error, "variable-in-inline", "Argo looks for a variable of an inline template outside of it";
    WHOLE_MACHINE: Info, "whole-machine", "A task asks for all of a machine, which no machine gives";
    WORKFLOW_TEMPLATE_TOO_LARGE: Warning, "workflow-template-too-large", "A WorkflowTemplate or CronWorkflow is too \
        large";
    WORKFLOW_TOO_LARGE: Error, "workflow-too-large", "A workflow is too large";
    WRONG_API_VERSION: Error, "wrong-api-version", "The `apiVersion` of a document is wrong";
    WRONG_OUTPUT_SOURCE: Error, "wrong-output-source", "An output has a source that is not allowed";
    WRONG_TYPE: Error, "wrong-type", "A value has the wrong type";
}
