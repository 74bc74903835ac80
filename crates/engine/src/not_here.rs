//! What of a workflow means nothing on this machine: left out in silence where it is about
//! clusters only, said where it would change what happens, refused where a task would lack
//! something.

use argo::spec::{
    Container, EnvFromSource, ObjectFieldSelector, Parameter, Task, Template, WorkflowSpec,
};
use marks::{NOTIFY, main_dag};

use crate::resolve::{Unsupported, unsupported};

/// Fields of any part that are about clusters only.
const ABOUT_CLUSTERS: [&str; 25] = [
    "artifactGC",
    "artifactRepositoryRef",
    "archiveLocation",
    "automountServiceAccountToken",
    "dnsConfig",
    "dnsPolicy",
    "executor",
    "failFast",
    "hostAliases",
    "hostNetwork",
    "livenessProbe",
    "parallelism",
    "podDisruptionBudget",
    "podResources",
    "ports",
    "priority",
    "readinessProbe",
    "resizePolicy",
    "resourceClaims",
    "startupProbe",
    "stdin",
    "terminationMessagePath",
    "terminationMessagePolicy",
    "tty",
    "volumeClaimGC",
];

/// Fields of a workflow that are run here, or that a note is about.
const OF_SPEC: [&str; 22] = [
    "activeDeadlineSeconds",
    "affinity",
    "archiveLogs",
    "arguments",
    "entrypoint",
    "imagePullSecrets",
    "metrics",
    "nodeSelector",
    "onExit",
    "parallelism",
    "podGC",
    "podMetadata",
    "podPriorityClassName",
    "podSpecPatch",
    "schedulerName",
    "securityContext",
    "serviceAccountName",
    "synchronization",
    "templates",
    "tolerations",
    "ttlStrategy",
    "workflowMetadata",
];

/// The same, of a template. `sidecars` and `volumes` are looked at one by one.
const OF_TEMPLATE: [&str; 22] = [
    "activeDeadlineSeconds",
    "affinity",
    "container",
    "dag",
    "inputs",
    "metadata",
    "metrics",
    "name",
    "nodeSelector",
    "outputs",
    "podSpecPatch",
    "priorityClassName",
    "retryStrategy",
    "schedulerName",
    "securityContext",
    "serviceAccountName",
    "sidecars",
    "steps",
    "synchronization",
    "timeout",
    "tolerations",
    "volumes",
];

/// The same, of a container.
const OF_CONTAINER: [&str; 10] = [
    "args",
    "command",
    "env",
    "envFrom",
    "image",
    "imagePullPolicy",
    "name",
    "resources",
    "securityContext",
    "volumeMounts",
];

/// The user's exit handler. Who hears of the end is told here as well, by the program itself.
fn exit_handler(spec: &WorkflowSpec) -> Option<&str> {
    let name = spec.on_exit.as_deref()?;
    let template = spec.templates.iter().find(|template| template.name == name);
    let tasks = template.and_then(|template| template.dag.as_ref());
    let tasks = tasks.map_or(&[][..], |dag| &dag.tasks);
    if tasks.iter().all(|task| task.template != NOTIFY) {
        return Some(name);
    }
    let mut others = tasks.iter().map(|task| task.template.as_str());
    others.find(|template| *template != NOTIFY)
}

/// What is left out and would make a difference, a sentence each.
pub(crate) fn notes(spec: &WorkflowSpec, used: &[&Template]) -> Vec<String> {
    let any = |has: fn(&Template) -> bool| used.iter().any(|template| has(template));
    let mut notes = Vec::new();
    if any(|template| template.retry_strategy.is_some()) {
        notes.push(
            "each task is tried only once on this machine (`retry` of argo.yml is for a cluster)"
                .to_owned(),
        );
    }
    if let Some(name) = exit_handler(spec) {
        notes.push(format!(
            "the exit handler `{name}` does not run on this machine"
        ));
    }
    if spec.synchronization.is_some() || any(|template| template.synchronization.is_some()) {
        notes.push("locks have no effect on this machine (`synchronization`)".to_owned());
    }
    if spec.metrics.is_some() || any(|template| template.metrics.is_some()) {
        notes.push("there are no metrics on this machine (`metrics`)".to_owned());
    }
    let is_limited = |template: &Template| {
        template.timeout.is_some() || template.active_deadline_seconds.is_some()
    };
    if spec.active_deadline_seconds.is_some() || any(is_limited) {
        notes.push(
            "time limits have no effect on this machine (`timeout`, `active_deadline`)".to_owned(),
        );
    }
    if spec.parallelism.is_some() {
        notes.push(
            "`parallelism` has no effect on this machine: as many tasks run at once as fit"
                .to_owned(),
        );
    }
    let is_patched = |template: &Template| {
        template.pod_spec_patch.is_some() && template.retry_strategy.is_none()
    };
    if spec.pod_spec_patch.is_some() || any(is_patched) {
        notes.push("patches of pods have no effect on this machine (`podSpecPatch`)".to_owned());
    }
    let mut sources: Vec<String> = Vec::new();
    let mut folders: Vec<&str> = Vec::new();
    let mut missing: Vec<&str> = Vec::new();
    for template in used {
        let Some(container) = &template.container else {
            continue;
        };
        for source in &container.env_from {
            push_new(&mut sources, source_of(source));
        }
        for mount in &container.volume_mounts {
            let mut volumes = template.volumes.iter();
            let volume = volumes.find(|volume| volume.name == mount.name);
            if volume.is_some_and(|volume| volume.empty_dir.is_some()) {
                push_new(&mut folders, mount.mount_path.as_str());
            } else if volume.is_some_and(|volume| volume.secret.is_some()) {
                push_new(&mut missing, mount.mount_path.as_str());
            }
        }
    }
    if !sources.is_empty() {
        let sources = sources.join(", ");
        notes.push(format!(
            "tasks have the variables of {sources} only if your environment has them (`env_from`)"
        ));
    }
    if !folders.is_empty() {
        let folders = folders.join(", ");
        notes.push(format!(
            "empty volumes are folders of this machine: {folders}"
        ));
    }
    if !missing.is_empty() {
        let missing = missing.join(", ");
        notes.push(format!(
            "files of secrets do not exist on this machine: {missing}"
        ));
    }
    notes
}

fn push_new<T: PartialEq>(list: &mut Vec<T>, item: T) {
    if !list.contains(&item) {
        list.push(item);
    }
}

fn source_of(source: &EnvFromSource) -> String {
    let secret = source.secret_ref.as_ref().map(|name| ("secret", name));
    let config_map = source
        .config_map_ref
        .as_ref()
        .map(|name| ("ConfigMap", name));
    let Some((kind, name)) = secret.or(config_map) else {
        return "nothing".to_owned();
    };
    format!("the {kind} `{}`", name.name)
}

/// What stands in the way of running a workflow's tasks.
pub(crate) fn refused(spec: &WorkflowSpec, used: &[&Template]) -> Vec<Unsupported> {
    let mut problems = Vec::new();
    others(&spec.present(), &OF_SPEC, "spec", &mut problems);
    tasks(spec, &mut problems);
    for template in used {
        let field = format!("spec.templates[{}]", template.name);
        others(&template.present(), &OF_TEMPLATE, &field, &mut problems);
        for (part, names) in [
            ("inputs", template.inputs.present()),
            ("outputs", template.outputs.present()),
        ] {
            let field = format!("{field}.{part}");
            others(&names, &["parameters"], &field, &mut problems);
        }
        let inputs = &template.inputs.parameters;
        for parameter in inputs.iter().chain(&template.outputs.parameters) {
            let field = format!("{field}.parameters[{}]", parameter.name);
            from_elsewhere(parameter, &field, &mut problems);
        }
        if !template.sidecars.is_empty() {
            let field = format!("{field}.sidecars");
            let reason = "containers beside the main one can run only on a cluster";
            problems.push(unsupported(&field, reason.to_owned()));
        }
        if let Some(container) = &template.container {
            let field = format!("{field}.container");
            others(&container.present(), &OF_CONTAINER, &field, &mut problems);
            volumes(template, container, &mut problems);
        }
    }
    problems
}

/// What patches say of the tasks of the DAG, and of the template that has it.
fn tasks(spec: &WorkflowSpec, problems: &mut Vec<Unsupported>) {
    let Some(entry) = spec.template(&spec.entrypoint) else {
        return;
    };
    let field = format!("spec.templates[{}]", entry.name);
    others(&entry.present(), &OF_TEMPLATE, &field, problems);
    // The step of a wide pipeline has its DAG in place.
    for step in entry.steps.iter().flat_map(|group| &group.0) {
        let field = format!("{field}.steps");
        others(&step.present(), &["name", "inline"], &field, problems);
        if let Some(inline) = &step.inline {
            others(&inline.present(), &OF_TEMPLATE, &field, problems);
        }
    }
    let Some(main) = main_dag(spec) else {
        return;
    };
    others(&main.dag.present(), &["tasks"], &main.path, problems);
    for task in &main.dag.tasks {
        task_of(task, &field, problems);
    }
}

fn task_of(task: &Task, field: &str, problems: &mut Vec<Unsupported>) {
    const RUN: [&str; 4] = ["name", "template", "arguments", "dependencies"];
    let field = format!("{field}.dag.tasks[{}]", task.name);
    others(&task.present(), &RUN, &field, problems);
    let arguments = &task.arguments;
    let field = format!("{field}.arguments");
    others(&arguments.present(), &["parameters"], &field, problems);
    for parameter in &arguments.parameters {
        let field = format!("{field}.parameters[{}]", parameter.name);
        from_elsewhere(parameter, &field, problems);
    }
}

/// A value that a patch takes from somewhere else than a file of the container.
fn from_elsewhere(parameter: &Parameter, field: &str, problems: &mut Vec<Unsupported>) {
    if let Some(from) = &parameter.value_from {
        let field = format!("{field}.valueFrom");
        others(&from.present(), &["path", "default"], &field, problems);
    }
}

/// Refuses the fields that are neither run here nor about clusters only.
fn others(present: &[&str], run: &[&str], field: &str, problems: &mut Vec<Unsupported>) {
    let is_refused = |name: &&&str| !run.contains(*name) && !ABOUT_CLUSTERS.contains(*name);
    for name in present.iter().filter(is_refused) {
        let field = format!("{field}.{name}");
        problems.push(unsupported(
            &field,
            "it cannot run on this machine".to_owned(),
        ));
    }
}

fn volumes(template: &Template, container: &Container, problems: &mut Vec<Unsupported>) {
    for mount in &container.volume_mounts {
        let mut volumes = template.volumes.iter();
        let Some(volume) = volumes.find(|volume| volume.name == mount.name) else {
            continue;
        };
        let source = if volume.config_map.is_some() {
            "a ConfigMap"
        } else if volume.persistent_volume_claim.is_some() {
            "a claim"
        } else if let Some(source) = volume.rest.keys().next() {
            source
        } else {
            continue;
        };
        problems.push(unsupported(
            &format!("spec.templates[{}].volumes[{}]", template.name, volume.name),
            format!("a volume of {source} exists only on a cluster"),
        ));
    }
}

/// What a field of the pod is here.
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
