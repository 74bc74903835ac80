//! The rules: one line each, sorted by code.
//!
//! A rule's page is `docs/rules/CODE.md`. Findings are made from a rule, so that its severity is said here alone.

use diagnostic::{Diagnostic, Severity};

/// What is known of a rule besides its code.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// Stable kebab-case name; reads as "allow NAME".
    pub code: &'static str,
    /// How much its findings matter.
    pub severity: Severity,
    /// One sentence without a full stop.
    pub summary: &'static str,
    /// The page `docs/rules/CODE.md`.
    pub page: &'static str,
}

impl Rule {
    /// A finding of this rule that has no place yet.
    pub fn diagnostic(self, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(self.code, self.severity, message)
    }

    /// The same where it is not certain that something is wrong.
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
    ARGO_KEDRO_NOT_INSTALLED: Error, "argo-kedro-not-installed", "The image has no argo-kedro";
    ARGUMENT_WITHOUT_VALUE: Error, "argument-without-value", "An argument has no value";
    ARTIFACT_FROM_IN_INPUTS: Error, "artifact-from-in-inputs", "An input artifact says where it comes from";
    ARTIFACT_WITHOUT_PATH: Error, "artifact-without-path", "An artifact has no path in the container";
    ARTIFACT_WITHOUT_SOURCE: Error, "artifact-without-source", "An artifact that is passed on comes from nowhere";
    BACKOFF_WITHOUT_DURATION: Error, "backoff-without-duration", "A backoff does not say how long to wait";
    BACKOFF_WITHOUT_LIMIT: Warning, "backoff-without-limit", "A backoff has no effect without a limit";
    CONFIGURATION_NOT_IN_IMAGE: Warning, "configuration-not-in-image", "Pods read other configuration than this machine";
    CONFIRMED_IN_ANOTHER_TASK: Error, "confirmed-in-another-task", "A dataset is confirmed in another task than the one that loads it";
    CONFLICTING_NODE_SETTINGS: Error, "conflicting-node-settings", "Two nodes of one task have different settings";
    CONTAINER_SET_WITHOUT_MAIN: Error, "container-set-without-main", "A container set with inputs or outputs has no container `main`";
    CONTEXT_WITHOUT_DOCKERIGNORE: Error, "context-without-dockerignore", "Nothing keeps files out of the image";
    CONTINUE_ON_WITH_DEPENDS: Error, "continue-on-with-depends", "`continueOn` stands in a DAG that uses `depends`";
    CREDENTIALS_NOT_IN_IMAGE: Warning, "credentials-not-in-image", "Pods would not find credentials that the catalog names";
    DEEP_DEPENDENCY_CHAIN: Warning, "deep-dependency-chain", "A very long chain of tasks";
    DEPENDENCY_CYCLE: Error, "dependency-cycle", "Tasks depend on each other in a circle";
    DEPENDS_AND_DEPENDENCIES: Error, "depends-and-dependencies", "A DAG uses both `depends` and `dependencies`";
    DUPLICATE_DOCUMENT: Error, "duplicate-document", "Two documents have the same kind and name";
    DUPLICATE_MOUNT_PATH: Error, "duplicate-mount-path", "Two things stand at one path of a container";
    DUPLICATE_NAME: Error, "duplicate-name", "Two things of a list have one name";
    DUPLICATE_TASK_NAME: Error, "duplicate-task-name", "A group and a node outside it have one name";
    EMPTY_DAG: Error, "empty-dag", "A DAG has no tasks";
    EMPTY_PIPELINE: Warning, "empty-pipeline", "The selected pipeline has no nodes";
    EMPTY_STEPS: Error, "empty-steps", "A template of steps has none";
    ENDLESS_RECURSION: Warning, "endless-recursion", "A template always runs itself";
    ENDLESS_RETRY: Warning, "endless-retry", "A task that fails is tried for ever";
    FIELD_NOT_FOR_TEMPLATE: Error, "field-not-for-template", "A field does not belong to this kind of template";
    FUSED_DATASET_READ_ELSEWHERE: Info, "fused-dataset-read-elsewhere", "A dataset inside a group is written, since something outside reads it";
    GROUP_CYCLE: Error, "group-cycle", "A group of nodes would have to wait for itself";
    HANDOFF_WITHOUT_PATH: Error, "handoff-without-path", "Nothing says where a cluster stores datasets that cross tasks";
    HOOK_WITHOUT_EXPRESSION: Error, "hook-without-expression", "A hook does not say when to run";
    HYPHEN_IN_EXPRESSION: Warning, "hyphen-in-expression", "A hyphen in an expression subtracts";
    IMAGE_NOT_CONFIGURED: Warning, "image-not-configured", "Nothing says which image the tasks run in";
    INPUT_NOT_IN_IMAGE: Error, "input-not-in-image", "Pods would not find a dataset that no task makes";
    INPUT_WITH_RUN_ID: Error, "input-with-run-id", "The path of an input has the id of the run";
    INVALID_ARTIFACT_PATH: Error, "invalid-artifact-path", "The path of an artifact leads somewhere else";
    INVALID_CONDITION: Error, "invalid-condition", "`when` cannot be read";
    INVALID_DEADLINE: Error, "invalid-deadline", "`activeDeadlineSeconds` is no number of seconds";
    INVALID_DEPENDS: Error, "invalid-depends", "`depends` cannot be read";
    INVALID_DURATION: Error, "invalid-duration", "A duration cannot be read";
    INVALID_ENVIRONMENT_NAME: Error, "invalid-environment-name", "An environment variable cannot be set";
    INVALID_EXECUTOR_PLUGIN: Error, "invalid-executor-plugin", "An executor plugin lacks something";
    INVALID_EXPRESSION: Error, "invalid-expression", "Argo cannot evaluate an expression";
    INVALID_LABEL: Error, "invalid-label", "A label or annotation is not one";
    INVALID_LABEL_SELECTOR: Error, "invalid-label-selector", "A label selector cannot be read";
    INVALID_LOOP: Error, "invalid-loop", "A loop cannot be read";
    INVALID_METRIC: Error, "invalid-metric", "A metric cannot be read";
    INVALID_NAME: Error, "invalid-name", "Argo takes no such name";
    INVALID_OBJECT_NAME: Error, "invalid-object-name", "Kubernetes takes no such name";
    INVALID_POD_RESOURCE: Error, "invalid-pod-resource", "`podResources` asks for what only containers get";
    INVALID_POD_SPEC_PATCH: Error, "invalid-pod-spec-patch", "`podSpecPatch` is no spec of a pod";
    INVALID_QUANTITY: Error, "invalid-quantity", "An amount cannot be read";
    INVALID_RESOURCE_MANIFEST: Error, "invalid-resource-manifest", "The manifest of a resource template is no YAML";
    INVALID_RETRY_NUMBER: Error, "invalid-retry-number", "A limit or factor of a retry is no whole number";
    INVALID_SCHEDULE: Error, "invalid-schedule", "A schedule cannot be read";
    INVALID_SETTING: Error, "invalid-setting", "A value of argo.yml is not what it has to be";
    INVALID_VALUE: Error, "invalid-value", "A word is not one of those a field takes";
    INVALID_VALUE_SOURCE: Error, "invalid-value-source", "An argument cannot take its value from there";
    INVALID_YAML: Error, "invalid-yaml", "A file is no YAML";
    ITEMS_RESULT_WITHOUT_ITEMS: Error, "items-result-without-items", "`AnySucceeded` or `AllFailed` of a task without items";
    KIND_NOT_CHECKED: Info, "kind-not-checked", "A document of another kind";
    LARGE_CONTEXT: Warning, "large-context", "Much gets into the image that it hardly needs";
    LOCAL_PATH_CROSSES_TASKS: Warning, "local-path-crosses-tasks", "A dataset on local disk crosses tasks";
    MANY_TASKS: Warning, "many-tasks", "A DAG of very many tasks";
    MEMORY_DATASET_CROSSES_TASKS: Error, "memory-dataset-crosses-tasks", "A dataset that the catalog does not store crosses tasks";
    MISPLACED_VARIABLE: Warning, "misplaced-variable", "A variable stands where it is not known";
    MISSING_ARGUMENT: Error, "missing-argument", "An input gets no value";
    MISSING_CONFIG_MAP: Error, "missing-config-map", "A config map or a key that the manifest names is not in the namespace";
    MISSING_CONFIGURATION_FOLDER: Error, "missing-configuration-folder", "The image lacks a configuration folder that Kedro wants";
    MISSING_CREDENTIALS: Warning, "missing-credentials", "Credentials that the catalog names are not defined";
    MISSING_DATASET: Error, "missing-dataset", "A dataset is neither made nor in the catalog";
    MISSING_DATASET_CLASS: Error, "missing-dataset-class", "The class of a dataset cannot be imported";
    MISSING_ENTRYPOINT: Error, "missing-entrypoint", "A workflow does not say where to start";
    MISSING_FIELD: Error, "missing-field", "A field that has to be there is missing";
    MISSING_IMAGE: Error, "missing-image", "A container has no image";
    MISSING_KEY: Error, "missing-key", "An entry of argo.yml lacks a key";
    MISSING_KIND: Error, "missing-kind", "A document does not say what it is";
    MISSING_NAME: Error, "missing-name", "A document has no name";
    MISSING_NAMESPACE: Error, "missing-namespace", "The cluster has no such namespace";
    MISSING_PARAMETER: Error, "missing-parameter", "A parameter is not defined";
    MISSING_PRIORITY_CLASS: Error, "missing-priority-class", "A priority class that the manifest names is not in the cluster";
    MISSING_SCHEDULE: Error, "missing-schedule", "A CronWorkflow has no schedule";
    MISSING_SECRET: Error, "missing-secret", "A secret or a key that the manifest names is not in the namespace";
    MISSING_SERVICE_ACCOUNT: Error, "missing-service-account", "A service account that the manifest names is not in the namespace";
    MISSING_STORAGE_CLASS: Warning, "missing-storage-class", "A storage class that volumes are made from is not in the cluster";
    MISSING_STORAGE_LIBRARY: Error, "missing-storage-library", "The library that a path needs is not installed";
    MISSING_TEMPLATE: Error, "missing-template", "A task, step or hook runs nothing";
    MISSING_VOLUME_CLAIM: Error, "missing-volume-claim", "A persistent volume claim that the manifest names is not in the namespace";
    MISSPELT_VARIABLE: Warning, "misspelt-variable", "A variable looks like one of Argo's and is none";
    NEVER_EQUAL: Warning, "never-equal", "Two values that an expression compares are never equal";
    NO_NODE_FITS: Warning, "no-node-fits", "No node of the cluster can take the tasks of a template now";
    NOT_PERMITTED: Error, "not-permitted", "You lack a permission that a run needs";
    NUMBER_OUT_OF_RANGE: Error, "number-out-of-range", "A number is too small or too large";
    OBJECT_NAME_TOO_LONG: Error, "object-name-too-long", "The name of a document is too long";
    OUTPUT_LOST_WITH_POD: Warning, "output-lost-with-pod", "A result is written to the disk of a pod";
    OUTPUT_WITHOUT_SOURCE: Error, "output-without-source", "An output parameter has no value";
    PARAMETER_VALUE_NOT_A_STRING: Error, "parameter-value-not-a-string", "The value of a parameter is no string";
    PATCH_DOES_NOT_APPLY: Error, "patch-does-not-apply", "A patch of `argo.yml` does not fit what it is laid over";
    PATCH_OF_UNKNOWN_CONTAINER: Warning, "patch-of-unknown-container", "`podSpecPatch` patches a container that is not there";
    PIPELINE_NOT_IMPORTED: Error, "pipeline-not-imported", "Kedro leaves out a pipeline that it cannot import";
    PLACEHOLDER: Warning, "placeholder", "A placeholder stands where a name belongs";
    PROJECT_NOT_IN_IMAGE: Error, "project-not-in-image", "A part of the project that pods need stays outside of the image";
    REFERENCE_TO_LATER_STEP: Error, "reference-to-later-step", "A step uses an output that is not there yet";
    REFERENCE_TO_NON_ANCESTOR: Error, "reference-to-non-ancestor", "A task uses an output of a task it does not depend on";
    REFERENCE_TO_SKIPPED: Warning, "reference-to-skipped", "A task uses an output of a task that may be skipped";
    REFUSED_BY_CLUSTER: Error, "refused-by-cluster", "The cluster refuses a field of the manifest";
    RESERVED_CONTAINER_NAME: Error, "reserved-container-name", "A container has a name of Argo's own";
    RESOURCE_WITHOUT_MANIFEST: Error, "resource-without-manifest", "A resource template has no manifest, or two";
    RETRIES_IN_WORKFLOW_PATCH: Error, "retries-in-workflow-patch", "The workflow's `podSpecPatch` uses `retries`";
    SECRET_IN_CONTEXT: Error, "secret-in-context", "A secret gets into the image";
    SELECTOR_WITHOUT_NODES: Warning, "selector-without-nodes", "A selector of `argo.yml` picks no node";
    SEVERAL_LOOPS: Error, "several-loops", "A task or step loops in two ways";
    TAG_NOT_ALLOWED: Error, "tag-not-allowed", "A tag stands where none can be";
    TASK_NAME_CLASH: Warning, "task-name-clash", "Argo cannot tell two node names apart";
    TASK_NAME_IS_A_WORD: Error, "task-name-is-a-word", "A task is called like a word of the expression language";
    TASK_NAME_STARTS_WITH_A_DIGIT: Error, "task-name-starts-with-a-digit", "A task with dependencies starts with a digit";
    TEMPLATE_KIND_AMBIGUOUS: Error, "template-kind-ambiguous", "A template does two things";
    TEMPLATE_KIND_MISSING: Error, "template-kind-missing", "A template does nothing";
    TEMPLATE_REFERENCE_NOT_GIVEN: Warning, "template-reference-not-given", "A template of another document cannot be checked";
    TEMPLATES_WITH_TEMPLATE_REF: Error, "templates-with-template-ref", "A workflow has templates of its own and refers to a WorkflowTemplate";
    TOO_MANY_METRICS: Error, "too-many-metrics", "More than 100 metrics";
    TOO_MANY_PARAMETERS: Error, "too-many-parameters", "More than 500 input parameters";
    TOO_MANY_TASKS: Error, "too-many-tasks", "More than 200 tasks in a DAG";
    TOO_MANY_TEMPLATES: Error, "too-many-templates", "More than 200 templates";
    UNCAST_RETRY_VARIABLE: Warning, "uncast-retry-variable", "A text is compared with a number";
    UNCLOSED_TAG: Warning, "unclosed-tag", "A tag does not end";
    UNDEFINED_ARTIFACT: Error, "undefined-artifact", "`manifestFrom` names no input artifact";
    UNDEFINED_DEPENDENCY: Error, "undefined-dependency", "A task depends on one that is not there";
    UNDEFINED_TARGET: Error, "undefined-target", "A DAG aims at a task that is not there";
    UNDEFINED_TEMPLATE: Error, "undefined-template", "There is no template of this name";
    UNDEFINED_VOLUME: Error, "undefined-volume", "A mount has no volume";
    UNKNOWN_ARGUMENT: Warning, "unknown-argument", "An argument is not used";
    UNKNOWN_FIELD: Error, "unknown-field", "A field that Argo does not know";
    UNKNOWN_KEY: Error, "unknown-key", "argo.yml has no such key";
    UNKNOWN_KIND: Error, "unknown-kind", "Argo has no such kind";
    UNKNOWN_MACHINE_TYPE: Error, "unknown-machine-type", "A machine type is not configured";
    UNKNOWN_PIPELINE: Error, "unknown-pipeline", "argo.yml names a pipeline that is not registered";
    UNKNOWN_RUNNER: Error, "unknown-runner", "The runner of the tasks cannot be made";
    UNKNOWN_TAG: Info, "unknown-tag", "A tag that is none of Argo's";
    UNKNOWN_TASK_RESULT: Error, "unknown-task-result", "A task has no such result";
    UNKNOWN_TEMPLATE: Error, "unknown-template", "A custom template is not configured";
    UNKNOWN_TIMEZONE: Error, "unknown-timezone", "There is no such time zone";
    UNREACHABLE_TASK: Info, "unreachable-task", "A task never runs";
    UNRESOLVED_VARIABLE: Error, "unresolved-variable", "Nothing fills in a variable";
    UNUSED_INPUT: Info, "unused-input", "A template does not use an input";
    UNUSED_MACHINE_TYPE: Info, "unused-machine-type", "No node asks for a configured machine type";
    UNUSED_PARAMETER: Info, "unused-parameter", "A workflow does not use a parameter";
    UNUSED_TEMPLATE: Info, "unused-template", "Nothing runs a template";
    VALUE_NOT_IN_ENUM: Error, "value-not-in-enum", "A value is not one of those its `enum` allows";
    VALUE_THAT_VARIES: Error, "value-that-varies", "Tasks of one run read different values of one parameter or dataset";
    VARIABLE_IN_INLINE: Error, "variable-in-inline", "A variable of an inline template is looked for outside of it";
    WORKFLOW_TEMPLATE_TOO_LARGE: Warning, "workflow-template-too-large", "A template is too large to be run from";
    WORKFLOW_TOO_LARGE: Error, "workflow-too-large", "A workflow is too large";
    WRONG_API_VERSION: Error, "wrong-api-version", "A version that Argo does not have";
    WRONG_OUTPUT_SOURCE: Error, "wrong-output-source", "An output cannot come from there";
    WRONG_TYPE: Error, "wrong-type", "A value has the wrong type";
}
