//! Fields of a workflow without effect on this machine: omitted silently if they affect clusters only, noted if they
//! would change the result, refused if a task would lack something.

use std::path::Path;

use argo::artifact::{self, LocationKind};
use argo::spec::{
    Artifact, Container, EnvFromSource, Parameter, Synchronization, Template, Volume, WorkflowSpec,
};
use argo::text::tags::has_tag;

use crate::artifacts::FIELDS_OF_S3;
use crate::containers::{PodContainer, of_template};
use crate::fields::{KINDS_OF_CLUSTER, Part, Support, support};
use pod::containers::Role;

use crate::files::{Source, VolumeKind};
use crate::own_command::runs_worker;
use crate::setup::{Setup, Unsupported, unsupported};

/// The templates that can run: those reachable from the ones that the Workflow itself starts.
pub(crate) fn templates<'a>(
    spec: &'a WorkflowSpec,
    others: impl Iterator<Item = &'a WorkflowSpec>,
) -> Vec<&'a Template> {
    let others: Vec<&WorkflowSpec> = others.collect();
    let mut names: Vec<&str> = vec![&spec.entrypoint];
    names.extend(spec.on_exit.as_deref());
    names.extend(spec.hooks.values().map(|hook| hook.template.as_str()));
    // A run resolves the entrypoint of a `workflowTemplateRef`, so any template may run.
    let is_open = spec.workflow_template_ref.is_some();
    let mut found: Vec<&Template> = Vec::new();
    let mut open: Vec<&Template> = if is_open {
        let all = others.iter().flat_map(|other| &other.templates);
        all.chain(&spec.templates).collect()
    } else {
        names
            .iter()
            .filter_map(|name| spec.template(name))
            .collect()
    };
    while let Some(template) = open.pop() {
        if found.iter().any(|known| std::ptr::eq(*known, template)) {
            continue;
        }
        found.push(template);
        let tasks = template.dag.iter().flat_map(|dag| &dag.tasks);
        let steps = template.steps.iter().flat_map(|group| &group.0);
        for call in tasks.chain(steps) {
            open.extend(call.inline.as_deref());
            let mut wanted = vec![call.template.as_str(), call.on_exit.as_str()];
            wanted.extend(call.hooks.values().map(|hook| hook.template.as_str()));
            wanted.extend(call.template_ref.as_ref().map(|it| it.template.as_str()));
            wanted.extend(
                call.hooks
                    .values()
                    .filter_map(|hook| Some(hook.template_ref.as_ref()?.template.as_str())),
            );
            let documents = others.iter().copied().chain([spec]);
            for known in documents.flat_map(|document| &document.templates) {
                if wanted
                    .iter()
                    .any(|name| *name == known.name || has_tag(name))
                {
                    open.push(known);
                }
            }
        }
    }
    // Sort the templates in the order of the documents.
    let all = std::iter::once(spec)
        .chain(others)
        .flat_map(|document| &document.templates);
    let place = |template: &&Template| all.clone().position(|known| std::ptr::eq(known, *template));
    found.sort_by_key(|template| place(template).unwrap_or(usize::MAX));
    found
}

/// The containers of a template.
pub(crate) fn containers(template: &Template) -> impl Iterator<Item = Container> {
    let all = of_template(template).into_iter();
    all.map(|known| known.container)
}

/// Notes on omitted fields that would make a difference, a sentence each.
pub(crate) fn notes(spec: &WorkflowSpec, used: &[&Template], setup: &Setup) -> Vec<String> {
    let any = |has: fn(&Template) -> bool| used.iter().any(|template| has(template));
    let mut notes = Vec::new();
    if spec.metrics.is_some() || any(|template| template.metrics.is_some()) {
        notes.push("there are no metrics on this machine (`metrics`)".to_owned());
    }
    let mut sources: Vec<String> = Vec::new();
    let mut folders: Vec<String> = Vec::new();
    let mut claims: Vec<String> = Vec::new();
    let mut missing: Vec<String> = Vec::new();
    let mut files: Vec<String> = Vec::new();
    for template in used {
        for container in containers(template) {
            for source in &container.env_from {
                if !is_given(source, setup) {
                    push_new(&mut sources, source_of(source));
                }
            }
            // A container that runs Kedro nodes sees this machine's folders; other containers have their volumes.
            let is_part = runs_worker(&container);
            let mut named: Vec<&str> = Vec::new();
            for variable in container.env.iter().filter(|_| is_part) {
                let value = variable.value.as_deref().unwrap_or_default();
                let name = &variable.name;
                if marks::is_file_of_pods(name, value, &container.volume_mounts) {
                    push_new(&mut files, format!("`{name}`"));
                    named.push(value);
                }
            }
            for mount in &container.volume_mounts {
                let mut volumes = template.volumes.iter().chain(&spec.volumes);
                let Some(volume) = volumes.find(|volume| volume.name == mount.name) else {
                    continue;
                };
                if let (Some(claim), false) = (&volume.persistent_volume_claim, is_part) {
                    let name = claim.get("claimName").and_then(|name| name.as_str());
                    push_new(&mut claims, format!("`{}`", name.unwrap_or(&volume.name)));
                }
                if volume.empty_dir.is_some() && is_part {
                    push_new(&mut folders, mount.mount_path.clone());
                } else if volume.secret.is_some()
                    && (is_part || !is_known(volume, setup))
                    // The note about the variable already covers the mount.
                    && !named.iter().any(|file| Path::new(file).starts_with(&mount.mount_path))
                {
                    push_new(&mut missing, mount.mount_path.clone());
                }
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
    if !claims.is_empty() {
        let claims = claims.join(", ");
        notes.push(format!(
            "claims are folders of the run, empty at first: {claims} (`persistentVolumeClaim`)"
        ));
    }
    if !files.is_empty() {
        let files = files.join(", ");
        notes.push(format!(
            "taken from your own environment, since the files that they name are only in pods: {files}"
        ));
    }
    if !missing.is_empty() {
        let missing = missing.join(", ");
        notes.push(format!(
            "tasks here do not find the files of secrets that pods have in {missing}"
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

/// Refuses the fields that prevent a run of the templates.
pub(crate) fn refused(
    spec: &WorkflowSpec,
    templates: &[&Template],
    setup: &Setup,
) -> Vec<Unsupported> {
    let mut problems = Vec::new();
    others(&spec.present(), Part::Workflow, "spec", true, &mut problems);
    locks(spec.synchronization.as_ref(), "spec", &mut problems);
    artifacts(
        &spec.arguments.artifacts,
        "spec.arguments",
        true,
        &mut problems,
    );
    let is_stubbed = |template: &Template| {
        let mut stubs = setup.stubs.iter();
        stubs.any(|stub| stub.is_about_template(&template.name))
    };
    for template in templates.iter().filter(|template| !is_stubbed(template)) {
        let field = if template.name.is_empty() {
            "inline template".to_owned()
        } else {
            format!("spec.templates[{}]", template.name)
        };
        let (kinds, fields): (Vec<&str>, Vec<&str>) = template
            .present()
            .into_iter()
            .partition(|name| KINDS_OF_CLUSTER.contains(name));
        others(&kinds, Part::Template, &field, false, &mut problems);
        others(&fields, Part::Template, &field, true, &mut problems);
        locks(template.synchronization.as_ref(), &field, &mut problems);
        for (part, parameters) in [
            ("inputs", &template.inputs.parameters),
            ("outputs", &template.outputs.parameters),
        ] {
            for parameter in parameters {
                let field = format!("{field}.{part}.parameters[{}]", parameter.name);
                from_elsewhere(parameter, &field, &mut problems);
            }
        }
        for (part, list) in [
            ("inputs", &template.inputs.artifacts),
            ("outputs", &template.outputs.artifacts),
        ] {
            let field = format!("{field}.{part}");
            artifacts(list, &field, part == "inputs", &mut problems);
        }
        let tasks = template.dag.iter().flat_map(|dag| &dag.tasks);
        let steps = template.steps.iter().flat_map(|group| &group.0);
        for call in tasks.chain(steps) {
            let field = format!("{field}.{}.arguments", call.name);
            artifacts(&call.arguments.artifacts, &field, true, &mut problems);
        }
        for known in of_template(template) {
            let field = format!("{field}.{}", place_of(&known, template));
            let container = known.container;
            others(
                &container.present(),
                Part::Container,
                &field,
                true,
                &mut problems,
            );
            volumes(spec, template, &container, setup, &mut problems);
        }
    }
    problems
}

/// Path of a container's field in its template.
fn place_of(known: &PodContainer, template: &Template) -> String {
    let name = &known.name;
    match known.role {
        Role::Init => format!("initContainers[{name}]"),
        Role::Sidecar => format!("sidecars[{name}]"),
        Role::Main if template.container_set.is_some() => {
            format!("containerSet.containers[{name}]")
        }
        Role::Main if template.script.is_some() => "script".to_owned(),
        Role::Main => "container".to_owned(),
    }
}

/// Refuses a value from a source that does not exist here.
fn from_elsewhere(parameter: &Parameter, field: &str, problems: &mut Vec<Unsupported>) {
    if let Some(from) = &parameter.value_from {
        let field = format!("{field}.valueFrom");
        others(&from.present(), Part::Value, &field, false, problems);
    }
}

/// Refuses semaphores whose limit is in a database of the controller.
fn locks(synchronization: Option<&Synchronization>, field: &str, problems: &mut Vec<Unsupported>) {
    let mut semaphores = synchronization.iter().flat_map(|it| &it.semaphores);
    if semaphores.any(|semaphore| semaphore.get("database").is_some()) {
        let field = format!("{field}.synchronization.semaphores.database");
        let reason = "its limit stands in the database of the controller: take that of a ConfigMap (`configMapKeyRef`)";
        push_new(problems, unsupported(&field, reason.to_owned()));
    }
}

/// Refuses the fields that this engine does not run and that do not affect clusters only.
fn others(
    present: &[&str],
    part: Part,
    field: &str,
    is_harmless: bool,
    problems: &mut Vec<Unsupported>,
) {
    let is_refused = |name: &&&str| support(part, name) == Support::Refused;
    for name in present.iter().filter(is_refused) {
        let reason = "it cannot run on this machine".to_owned();
        let problem = Unsupported {
            is_harmless,
            ..unsupported(&format!("{field}.{name}"), reason)
        };
        push_new(problems, problem);
    }
}

/// Refuses artifacts in places that this engine cannot use.
fn artifacts(list: &[Artifact], field: &str, is_input: bool, problems: &mut Vec<Unsupported>) {
    for artifact in list {
        let Some((kind, tree)) = artifact::location(artifact) else {
            continue;
        };
        if kind == LocationKind::S3 && artifact::has_location(artifact) {
            let mut fields = tree
                .keys()
                .filter(|name| !FIELDS_OF_S3.contains(&name.as_str()));
            if let Some(name) = fields.next() {
                let field = format!("{field}.artifacts[{}].s3.{name}", artifact.name);
                let reason = "this machine reads and writes buckets without it".to_owned();
                problems.push(unsupported(&field, reason));
            }
            continue;
        }
        let is_known = match kind {
            LocationKind::Raw | LocationKind::Http => is_input,
            _ => !artifact::has_location(artifact),
        };
        if !is_known {
            let place = kind.field();
            let field = format!("{field}.artifacts[{}].{place}", artifact.name);
            let reason = if is_input {
                "this machine takes artifacts from the run itself, from the manifest (`raw`) and from URLs (`http`)"
            } else {
                "this machine keeps artifacts in the folder of the run: name the key alone"
            };
            problems.push(unsupported(&field, reason.to_owned()));
        }
    }
}

/// Reason for a Kedro container, which sees only this machine's folders.
const A_CLAIM: &str =
    "a volume of a claim exists only on a cluster; with --like-a-pod, a folder stands for it";

fn volumes(
    spec: &WorkflowSpec,
    template: &Template,
    container: &Container,
    setup: &Setup,
    problems: &mut Vec<Unsupported>,
) {
    let lacks_claims = runs_worker(container) && !setup.workers_have_claims;
    for mount in &container.volume_mounts {
        let mut volumes = template.volumes.iter().chain(&spec.volumes);
        let Some(volume) = volumes.find(|volume| volume.name == mount.name) else {
            if lacks_claims && !spec.volume_claim_templates.is_empty() {
                push_new(
                    problems,
                    unsupported("spec.volumeClaimTemplates", A_CLAIM.to_owned()),
                );
            }
            continue;
        };
        let reason = if volume.config_map.is_some() {
            if is_known(volume, setup) && !runs_worker(container) {
                continue;
            }
            let name = Source::of(volume).map_or_else(|| "NAME".to_owned(), |source| source.name);
            if runs_worker(container) {
                format!(
                    "a Kedro task here has no files of the ConfigMap `{name}`: its volumes are only in pods"
                )
            } else {
                format!(
                    "the ConfigMap `{name}` is not known on this machine: give it with --configmap {name}=FILE"
                )
            }
        } else if volume.persistent_volume_claim.is_some() && lacks_claims {
            A_CLAIM.to_owned()
        } else if let Some(source) = volume
            .rest
            .keys()
            .find(|source| support(Part::Volume, source) == Support::Refused)
        {
            format!("a volume of {source} exists only on a cluster")
        } else {
            continue;
        };
        let field = format!("spec.templates[{}].volumes[{}]", template.name, volume.name);
        push_new(problems, unsupported(&field, reason));
    }
}

/// Tells whether the `ConfigMap` or secret of a volume is given, or may be missing.
fn is_known(volume: &Volume, setup: &Setup) -> bool {
    Source::of(volume).is_some_and(|source| {
        let known = match source.kind {
            VolumeKind::ConfigMap => &setup.config_maps,
            VolumeKind::Secret => &setup.secrets,
        };
        source.is_optional || known.contains_key(&source.name)
    })
}

/// Tells whether a source of variables is given.
fn is_given(source: &EnvFromSource, setup: &Setup) -> bool {
    let secret = source.secret_ref.as_ref();
    let config_map = source.config_map_ref.as_ref();
    secret.is_some_and(|it| it.optional || setup.secrets.contains_key(&it.name))
        || config_map.is_some_and(|it| it.optional || setup.config_maps.contains_key(&it.name))
}
