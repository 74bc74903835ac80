//! Rules for a project, its configuration and its plan.

use std::collections::BTreeSet;
use std::collections::hash_map::Entry;

use diagnostic::{Diagnostic, Place, Severity, Subject, did_you_mean};
use indexmap::IndexMap;
use plan::{DataKind, Plan};
use project::Snapshot;
use project::config::{ArgoConfig, HiddenSettings, known_machine_type, known_machine_types};
use project::snapshot::{LeftOut, Node};
use rustc_hash::FxHashMap;

use crate::{Target, amounts, mlflow, one_run, retry_memory, rule, schedules, settings};

/// All findings about a project that can be planned.
pub fn check(
    snapshot: &Snapshot,
    config: &ArgoConfig,
    plan: &Plan,
    target: Target,
) -> Vec<Diagnostic> {
    let mut findings = check_snapshot(snapshot);
    let on_exit = plan.on_exit.iter().flat_map(|exit| &exit.warnings);
    findings.extend(plan.warnings.iter().chain(on_exit).cloned());
    findings.extend(left_out(snapshot, target));
    if target == Target::Cluster {
        findings.extend(handoff_without_path(snapshot, config, plan));
        findings.extend(image(config));
        findings.extend(schedules::check(config));
    } else {
        findings.extend(mlflow::check(snapshot, config));
        findings.extend(mlflow::server_here(snapshot, config));
    }
    findings.extend(one_run::check(snapshot, plan, target));
    findings.extend(read_elsewhere(snapshot, config, plan));
    findings.extend(amounts::check(config));
    findings.extend(retry_memory::check(config, plan));
    findings.extend(unused_machine_types(config, plan));
    findings.extend(hidden_settings(config));
    if target == Target::Cluster {
        findings.extend(whole_machines(config, plan));
    }
    findings.extend(changed_names(plan));
    findings.extend(settings::check(snapshot, config, plan));
    findings
}

/// Findings before a run on a cluster. Warnings that the user can ignore until then become errors.
pub fn before_a_run(mut findings: Vec<Diagnostic>) -> Vec<Diagnostic> {
    for finding in &mut findings {
        if finding.code == rule::LOCAL_PATH_CROSSES_TASKS.code {
            finding.severity = Severity::Error;
        }
    }
    findings
}

/// All findings about a project that do not need a plan.
pub fn check_snapshot(snapshot: &Snapshot) -> Vec<Diagnostic> {
    let mut findings = missing_parameters(snapshot);
    findings.extend(missing_classes(snapshot));
    findings.extend(unknown_runner(snapshot));
    findings.extend(missing_credentials(snapshot));
    findings
}

/// A project whose selected pipeline has no nodes yet.
pub fn empty_pipeline(snapshot: &Snapshot) -> Diagnostic {
    rule::EMPTY_PIPELINE
        .diagnostic(format!(
            "pipeline {} has no nodes yet",
            snapshot.pipelines.join(", ")
        ))
        .help("to create one: kedro pipeline create NAME")
}

fn missing_parameters(snapshot: &Snapshot) -> Vec<Diagnostic> {
    let missing = snapshot.parameters.iter().filter(|(_, defined)| !**defined);
    missing
        .map(|(name, _)| {
            let plain = name.trim_start_matches("params:");
            let reader = reader(snapshot, name);
            let finding = rule::MISSING_PARAMETER
                .diagnostic(format!(
                    "parameter `{plain}` is not defined in environment `{}`",
                    snapshot.environment_name()
                ))
                .at(place(reader, Subject::Parameter(plain.to_owned())));
            let help = "add it to parameters.yml, or set it: --params NAME=VALUE";
            unless_brought(finding, help, snapshot)
        })
        .collect()
}

/// Adds help to a finding about a missing name. Makes it a warning if a hook or a class may supply the name.
fn unless_brought(mut finding: Diagnostic, help: &str, snapshot: &Snapshot) -> Diagnostic {
    match snapshot.other_source() {
        None => finding.help(help),
        Some(source) => {
            finding.severity = Severity::Warning;
            finding.help(format!("if {source} does not bring it, {help}"))
        }
    }
}

/// Pipelines that Kedro cannot import: `kedro run` continues without them, and so does a local run.
pub fn left_out(snapshot: &Snapshot, target: Target) -> Vec<Diagnostic> {
    let asked = &snapshot.pipelines;
    let finding = |pipeline: &LeftOut| {
        let name = pipeline.module.rsplit('.').next().unwrap_or_default();
        let is_asked = asked
            .iter()
            .any(|asked| asked == name || asked == "__default__");
        let place = Place::of(Subject::Pipeline(name.to_owned()));
        let mut finding = rule::PIPELINE_NOT_IMPORTED
            .diagnostic(format!(
                "pipeline `{name}` is missing, because Kedro cannot import it: {}",
                pipeline.reason
            ))
            .at(match &pipeline.source {
                Some(source) => place.line(source.file.clone(), source.line),
                None => place,
            });
        if target == Target::Local || !is_asked {
            finding.severity = Severity::Warning;
        }
        finding.help("correct its code; until then, the workflow does not have its nodes")
    };
    snapshot.left_out.iter().map(finding).collect()
}

fn missing_classes(snapshot: &Snapshot) -> Vec<Diagnostic> {
    snapshot
        .datasets
        .iter()
        .filter_map(|(name, dataset)| {
            let problem = dataset.problem.as_ref()?;
            Some(
                rule::MISSING_DATASET_CLASS.diagnostic(format!("cannot create dataset `{name}`: {problem}"),
                )
                .at(place(None, Subject::Dataset(name.clone())))
                .help(if dataset.kind.is_empty() {
                    "name its class, e.g. `type: pandas.CSVDataset`".to_owned()
                } else {
                    format!(
                        "install what `{}` needs, e.g. pip install \"kedro-datasets[{}]\", or correct its `type` in the catalog",
                        dataset.kind,
                        extra(&dataset.kind)
                    )
                }),
            )
        })
        .collect()
}

fn unknown_runner(snapshot: &Snapshot) -> Option<Diagnostic> {
    let runner = snapshot.runner.as_ref()?;
    let problem = runner.problem.as_ref()?;
    let name = &runner.name;
    let finding =
        rule::UNKNOWN_RUNNER.diagnostic(format!("cannot create the runner `{name}`: {problem}"));
    let known = || runner.candidates.iter().map(String::as_str);
    Some(match did_you_mean(name, known()) {
        _ if runner.candidates.is_empty() => {
            finding.help("correct `--runner-params`; they must be arguments of the runner class")
        }
        Some(meant) => finding.help(meant),
        None => finding.help(format!(
            "Kedro has {}; name your own runner with its module: package.module.Class",
            known().collect::<Vec<_>>().join(", ")
        )),
    })
}

fn missing_credentials(snapshot: &Snapshot) -> Vec<Diagnostic> {
    let missing = snapshot.credentials.iter();
    missing
        .filter(|named| named.files.is_empty())
        .map(|named| {
            let finding = rule::MISSING_CREDENTIALS.diagnostic(format!(
                "{} the credentials `{}`, but environment `{}` does not define them",
                named.needed_by(),
                named.name,
                snapshot.environment_name()
            ));
            let subject = named.datasets.first().cloned().map(Subject::Dataset);
            let finding = match subject {
                Some(subject) => finding.at(Place::of(subject)),
                None => finding,
            };
            finding.help(match named.elsewhere.first() {
                Some(file) => format!(
                    "`{file}` defines them, but this environment does not read that file; define them in conf/base \
                     or in conf/{}",
                    snapshot.environment_name()
                ),
                None => format!(
                    "define them in a credentials.yml of conf/base or of conf/{}",
                    snapshot.environment_name()
                ),
            })
        })
        .collect()
}

/// The extra of `kedro-datasets` for a class: `pandas-csvdataset` for `pandas.CSVDataset`.
fn extra(kind: &str) -> String {
    let kind = kind.trim_start_matches("kedro_datasets.");
    kind.to_lowercase().replace('.', "-")
}

fn handoff_without_path(
    snapshot: &Snapshot,
    config: &ArgoConfig,
    plan: &Plan,
) -> Option<Diagnostic> {
    let path = config.memory_datasets.path.as_deref();
    if path.is_some_and(|path| !path.is_empty()) {
        return None;
    }
    let names: BTreeSet<&str> = plan.tasks.iter().flat_map(plan::Task::handoff).collect();
    let is_registered = |name: &&&str| {
        let dataset = snapshot.datasets.get(**name);
        dataset.is_some_and(|dataset| dataset.registered)
    };
    let in_catalog = names.iter().filter(is_registered).count();
    let first = names.first()?;
    let (it, them) = if in_catalog == names.len() {
        (
            "is in memory only, as the catalog says",
            "are MemoryDatasets in the catalog",
        )
    } else if in_catalog == 0 {
        ("is not in the catalog", "are not in the catalog")
    } else {
        (
            "is not stored by the catalog",
            "are not stored by the catalog",
        )
    };
    let nothing_says = "and argo.yml does not say where a cluster stores";
    let which = match names.len() {
        1 => format!("`{first}` crosses tasks and {it}, {nothing_says} it"),
        2 => format!("`{first}` and 1 more dataset cross tasks and {them}, {nothing_says} them"),
        count => format!(
            "`{first}` and {} more datasets cross tasks and {them}, {nothing_says} them",
            count - 1
        ),
    };
    let finding = rule::HANDOFF_WITHOUT_PATH
        .diagnostic(which)
        .at(Place::of(Subject::Dataset((*first).to_owned())));
    let help = "set `memory_datasets.path` in argo.yml to a URL that every task reaches, e.g. s3://bucket/prefix; or let the \
                catalog store them, or fuse the nodes (`memory_datasets.mode: fuse`)";
    // A hook cannot change that an entry of the catalog's files is a MemoryDataset.
    Some(if in_catalog == 0 {
        unless_brought(finding, help, snapshot)
    } else {
        finding.help(help)
    })
}

fn image(config: &ArgoConfig) -> Option<Diagnostic> {
    if config.deployment.image.is_some() {
        return None;
    }
    Some(
        rule::IMAGE_NOT_CONFIGURED
            .diagnostic("argo.yml does not say which image the tasks run in")
            .help(
                "set `deployment.image` in argo.yml, or name an image: --image REGISTRY/IMAGE:TAG",
            ),
    )
}

fn read_elsewhere(snapshot: &Snapshot, config: &ArgoConfig, plan: &Plan) -> Vec<Diagnostic> {
    if !config.runner.use_memory_datasets {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for task in plan.tasks.iter().filter(|task| task.nodes.len() > 1) {
        for usage in task
            .outputs
            .iter()
            .filter(|usage| usage.kind == DataKind::Catalog)
        {
            let Some(readers) = snapshot.readers.get(&usage.dataset) else {
                continue;
            };
            let inside = snapshot.nodes.iter().any(|node| {
                task.nodes.contains(&node.name) && node.inputs.contains(&usage.dataset)
            });
            if inside {
                findings.push(
                    rule::FUSED_DATASET_READ_ELSEWHERE.diagnostic(format!(
                            "dataset `{}` of group `{}` is written and not kept in memory, because node `{}` \
                             outside of the group reads it",
                            usage.dataset, task.name, readers[0]
                        ),
                    )
                    .at(Place::of(Subject::Dataset(usage.dataset.clone()))),
                );
            }
        }
    }
    findings
}

fn unused_machine_types(config: &ArgoConfig, plan: &Plan) -> Option<Diagnostic> {
    let exit = plan.on_exit.iter().flat_map(|exit| &exit.tasks);
    let used: BTreeSet<&str> = plan
        .tasks
        .iter()
        .chain(exit)
        .flat_map(|task| task.machine.machine_type.split('+'))
        .chain([config.default_machine_type.as_str()])
        .collect();
    let unused: Vec<&str> = config
        .machine_types
        .keys()
        .map(String::as_str)
        .filter(|name| !used.contains(name) && known_machine_type(name).is_none())
        .collect();
    if unused.is_empty() {
        return None;
    }
    let mut place = config.places.of(&["machine_types", unused[0]]);
    place.subject = Some(Subject::MachineType(unused[0].to_owned()));
    Some(
        rule::UNUSED_MACHINE_TYPE
            .diagnostic(format!("no selected node asks for {}", unused.join(", ")))
            .at(place)
            .help("remove them from `machine_types` in argo.yml if no pipeline needs them"),
    )
}

fn hidden_settings(config: &ArgoConfig) -> Vec<Diagnostic> {
    let hidden = config.places.hidden().iter();
    let finding = |hidden: &HiddenSettings| {
        let HiddenSettings { section, file, .. } = hidden;
        let by = hidden.by.file.as_deref().unwrap_or("a later file");
        let keys: Vec<String> = hidden.keys.iter().map(|key| format!("`{key}`")).collect();
        rule::HIDDEN_SETTING
            .diagnostic(format!(
                "`{section}` of {by} takes the place of the whole `{section}` of {file}, so {} there {} nothing",
                keys.join(", "),
                if keys.len() == 1 { "does" } else { "do" },
            ))
            .at(hidden.by.clone())
            .help(format!(
                "repeat in {by} what counts there as well; or let Kedro merge mappings: add \"merge_strategy\": \
                 {{\"argo\": \"soft\"}} to CONFIG_LOADER_ARGS in settings.py"
            ))
    };
    hidden.map(finding).collect()
}

/// Finds tasks that request a whole machine of a known type. The kubelet and the system reserve a part of each machine
/// (<https://kubernetes.io/docs/tasks/administer-cluster/reserve-compute-resources/>), so the pod fits only on a larger
/// one.
fn whole_machines(config: &ArgoConfig, plan: &Plan) -> Vec<Diagnostic> {
    let mut by_type: IndexMap<&str, Vec<&str>> = IndexMap::new();
    for task in &plan.tasks {
        let name = task.machine.machine_type.as_str();
        if !config.machine_types.contains_key(name) && known_machine_type(name).is_some() {
            by_type.entry(name).or_default().push(&task.name);
        }
    }
    let known = known_machine_types().iter();
    let asked = known.filter_map(|known| Some((known, by_type.get(known.0)?)));
    let findings = asked.map(|((name, cpu, mem, gpus), tasks)| {
        let (less_cpu, less_mem) = (cpu - cpu.div_ceil(8), mem * 3 / 4);
        rule::WHOLE_MACHINE
            .diagnostic(format!(
                "{} asks for all of a {name}: {cpu} cores and {mem} GiB; Kubernetes keeps a part of each machine, so only a \
                 larger one has room",
                tasks.join(", ")
            ))
            .at(Place::of(Subject::MachineType((*name).to_owned())))
            .help(format!(
                "to use this machine, describe it in argo.yml: machine_types: {{{name}: {{mem: {less_mem}, cpu: {less_cpu}, \
                 num_gpu: {gpus}, node_selector: {{cloud.google.com/gke-accelerator: nvidia-l4}}}}}}"
            ))
    });
    findings.collect()
}

fn changed_names(plan: &Plan) -> Vec<Diagnostic> {
    let plain = |name: &str| {
        let mut plain = String::with_capacity(name.len());
        plain.extend(name.chars().map(|letter| match letter {
            letter if letter.is_ascii_alphanumeric() => letter.to_ascii_lowercase(),
            _ => '-',
        }));
        plain
    };
    let mut first: FxHashMap<String, &str> = FxHashMap::default();
    first.reserve(plan.tasks.len());
    let mut findings = Vec::new();
    for task in &plan.tasks {
        let original = task.group.as_deref().unwrap_or(&task.nodes[0]);
        match first.entry(plain(original)) {
            Entry::Occupied(other) => findings.push(
                rule::TASK_NAME_CLASH
                    .diagnostic(format!(
                        "`{original}` and `{}` would have the same task name \
                    in Argo, so the task of `{original}` is named `{}`",
                        other.get(),
                        task.name
                    ))
                    .at(Place::of(Subject::Task(task.name.clone())))
                    .help("rename one of them"),
            ),
            Entry::Vacant(vacant) => {
                vacant.insert(original);
            }
        }
    }
    findings
}

fn reader<'a>(snapshot: &'a Snapshot, dataset: &str) -> Option<&'a Node> {
    snapshot
        .nodes
        .iter()
        .find(|node| node.inputs.iter().any(|input| input == dataset))
}

fn place(reader: Option<&Node>, subject: Subject) -> Place {
    let place = Place::of(subject);
    match reader.and_then(|node| node.source.as_ref()) {
        Some(source) => place.line(source.file.clone(), source.line),
        None => place,
    }
}
