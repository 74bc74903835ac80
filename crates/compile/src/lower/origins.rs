//! Records which setting made which field: settings of nodes, machine types, custom templates, the whole workflow, the
//! command line.

use argo::image::Reference;
use plan::{SetBy, TaskSettings};
use project::config::{CustomTemplate, EVERY_NODE, Memory, NodeSettings};

use super::classes::{Class, Classes};
use super::context::Context;
use super::notify;
use super::options::ManifestKind;
use super::settings::{self, Settings};
use super::template_names::ON_EXIT;
use crate::merge_key::merge_key;
use crate::origins::{Origins, Source, item_named};

/// Fields of a template, with the one node setting that makes each.
const OF_TEMPLATE: [(&str, &[&str]); 12] = [
    ("retry", &["retryStrategy"]),
    ("timeout", &["timeout"]),
    ("active_deadline", &["activeDeadlineSeconds"]),
    ("synchronization", &["synchronization"]),
    ("metrics", &["metrics", "prometheus"]),
    ("service_account", &["serviceAccountName"]),
    ("tolerations", &["tolerations"]),
    ("affinity", &["affinity"]),
    ("priority_class", &["priorityClassName"]),
    ("scheduler_name", &["schedulerName"]),
    ("security_context", &["securityContext"]),
    ("template", &["name"]),
];

/// Fields of a container, with the one node setting that makes each.
const OF_CONTAINER: [(&str, &str); 3] = [
    ("env_from", "envFrom"),
    ("image_pull_policy", "imagePullPolicy"),
    ("container_security_context", "securityContext"),
];

/// Fields of the workflow, with the setting of all nodes that makes each.
const OF_EVERY_POD: [(&str, &str); 6] = [
    ("service_account", "serviceAccountName"),
    ("affinity", "affinity"),
    ("tolerations", "tolerations"),
    ("priority_class", "podPriorityClassName"),
    ("scheduler_name", "schedulerName"),
    ("security_context", "securityContext"),
];

/// Fields of the workflow, with the top-level setting of `argo.yml` that makes each.
const OF_WORKFLOW: [(&[&str], &[&str]); 11] = [
    (&["service_account"], &["serviceAccountName"]),
    (
        &["ttl", "after_completion"],
        &["ttlStrategy", "secondsAfterCompletion"],
    ),
    (
        &["ttl", "after_success"],
        &["ttlStrategy", "secondsAfterSuccess"],
    ),
    (
        &["ttl", "after_failure"],
        &["ttlStrategy", "secondsAfterFailure"],
    ),
    (&["pod_gc"], &["podGC"]),
    (&["image_pull_secrets"], &["imagePullSecrets"]),
    (&["active_deadline"], &["activeDeadlineSeconds"]),
    (&["parallelism"], &["parallelism"]),
    (&["archive_logs"], &["archiveLogs"]),
    (&["synchronization"], &["synchronization"]),
    (&["metrics"], &["metrics", "prometheus"]),
];

/// Parts of a variable, by their names in the manifest and in `argo.yml`.
const OF_VARIABLE: [(&[&str], &str); 3] = [
    (&["valueFrom", "secretKeyRef"], "secret_ref"),
    (&["valueFrom", "configMapKeyRef"], "config_map_ref"),
    (&["valueFrom", "fieldRef"], "field_ref"),
];

/// Parts of a volume, by their names in the manifest and in `argo.yml`.
const OF_VOLUME: [(&str, &str); 3] = [
    ("configMap", "config_map"),
    ("persistentVolumeClaim", "persistent_volume_claim"),
    ("emptyDir", "empty_dir"),
];

/// Parts of a mount, by their names in the manifest and in `argo.yml`.
const OF_MOUNT: [(&str, &str); 3] = [
    ("mountPath", "mount_path"),
    ("subPath", "sub_path"),
    ("readOnly", "read_only"),
];

/// Parts of a schedule, by their names in the manifest and in `argo.yml`.
const OF_SCHEDULE: [(&str, &str); 7] = [
    ("schedules", "cron"),
    ("timezone", "timezone"),
    ("concurrencyPolicy", "concurrency_policy"),
    ("startingDeadlineSeconds", "starting_deadline_seconds"),
    ("successfulJobsHistoryLimit", "successful_history"),
    ("failedJobsHistoryLimit", "failed_history"),
    ("suspend", "suspend"),
];

type Path = Vec<String>;

fn path(parts: &[&str]) -> Path {
    parts.iter().map(|part| (*part).to_owned()).collect()
}

/// A path with further parts at its end.
fn below(path: &[String], parts: &[&str]) -> Path {
    let parts = parts.iter().map(|part| (*part).to_owned());
    path.iter().cloned().chain(parts).collect()
}

/// Recorder of the settings that made fields.
pub(super) struct Recorder<'a> {
    context: &'a Context<'a>,
    /// Path of the workflow's spec.
    spec: Path,
    origins: Origins,
}

impl<'a> Recorder<'a> {
    /// Records the settings of the object and of the workflow as a whole.
    pub(super) fn new(context: &'a Context<'a>) -> Self {
        let spec: &[&str] = match context.options.kind {
            ManifestKind::CronWorkflow(_) => &["spec", "workflowSpec"],
            ManifestKind::Workflow | ManifestKind::WorkflowTemplate => &["spec"],
        };
        let mut recorder = Self {
            context,
            spec: path(spec),
            origins: Origins::default(),
        };
        recorder.object();
        recorder.workflow();
        recorder
    }

    /// All recorded origins.
    pub(super) fn finish(self) -> Origins {
        self.origins
    }

    fn setting(&mut self, field: Path, setting: Path) {
        self.origins.set(field, Source::Setting(setting));
    }

    /// Records an entry of a mapping to which several settings contribute.
    fn entry(&mut self, mapping: &[String], name: &str, setting: &[String]) {
        let whole = Source::Setting(setting.to_vec());
        self.origins.set_part(mapping.to_vec(), whole);
        self.setting(below(mapping, &[name]), below(setting, &[name]));
    }

    /// Path of a field of a template.
    fn template(&self, name: &str, field: &[&str]) -> Path {
        let name = item_named(name);
        let template = below(&self.spec, &["templates", &name]);
        below(&template, field)
    }

    fn object(&mut self) {
        let options = self.context.options;
        let namespace =
            if options.namespace.is_none() || options.namespace == self.context.config.namespace {
                Source::Setting(path(&["namespace"]))
            } else {
                Source::Outside("--namespace, or the context of the kubeconfig")
            };
        self.origins
            .set(path(&["metadata", "namespace"]), namespace);
        if options.name.is_some() {
            let name = Source::Outside("--workflow-name");
            self.origins.set(path(&["metadata", "name"]), name);
        }
        if let ManifestKind::CronWorkflow(cron) = &options.kind {
            for (field, key) in OF_SCHEDULE {
                let source = match &cron.name {
                    Some(name) => Source::Setting(path(&["schedules", name, key])),
                    None => Source::Outside("--schedule"),
                };
                self.origins.set(path(&["spec", field]), source);
            }
            if let Some(name) = &cron.name {
                let object = path(&["metadata", "name"]);
                self.setting(object, path(&["schedules", name]));
            }
        }
    }

    fn workflow(&mut self) {
        for (setting, field) in OF_WORKFLOW {
            self.setting(below(&self.spec, field), path(setting));
        }
        let parameters = below(&self.spec, &["arguments", "parameters", "[params]"]);
        let source = match &self.context.options.kind {
            ManifestKind::CronWorkflow(cron) if cron.name.is_some() => {
                let name = cron.name.as_deref().unwrap_or_default();
                Source::Setting(path(&["schedules", name, "params"]))
            }
            _ => Source::Outside("--params"),
        };
        self.origins.set(parameters, source);
        let Some(every) = settings::of_every_node(self.context) else {
            return;
        };
        let of_every = |key: &str| path(&["nodes", EVERY_NODE, key]);
        for (key, field) in OF_EVERY_POD {
            // Two settings can name the service account of all pods; that of all nodes wins.
            if key != "service_account" || every.service_account.is_some() {
                self.setting(below(&self.spec, &[field]), of_every(key));
            }
        }
        let selector = below(&self.spec, &["nodeSelector"]);
        for name in every.node_selector.keys() {
            self.entry(&selector, name, &of_every("node_selector"));
        }
        for (key, names) in [
            ("labels", every.labels.keys()),
            ("annotations", every.annotations.keys()),
        ] {
            for name in names {
                for mapping in [
                    path(&["metadata", key]),
                    below(&self.spec, &["podMetadata", key]),
                    below(&self.spec, &["workflowMetadata", key]),
                ] {
                    self.entry(&mapping, name, &of_every(key));
                }
            }
        }
    }

    /// Records the settings of the templates of tasks.
    pub(super) fn classes(&mut self, classes: &Classes<'_>, settings: &Settings<'_>) {
        for class in classes.iter() {
            self.class(class, settings.get(class.settings));
        }
    }

    fn class(&mut self, class: &Class, task_settings: &TaskSettings) {
        let name = class.name.as_str();
        self.machine(class, task_settings);
        self.image(name);
        self.variables_of_all(name);
        for SetBy { setting, selector } in &task_settings.set_by {
            let (key, entry) = setting.split_once('.').unwrap_or((setting, ""));
            let from = path(&["nodes", selector, key]);
            self.setting_of_node(name, key, entry, &from, &task_settings.values);
        }
        if let Some(custom) = &class.custom {
            let mut templates = self.context.config.template.templates.iter();
            if let Some(custom) = templates.find(|template| template.name == *custom) {
                self.custom(name, custom);
            }
        }
    }

    /// Records the fields of a template that a node setting makes.
    fn setting_of_node(
        &mut self,
        template: &str,
        key: &str,
        entry: &str,
        from: &[String],
        values: &NodeSettings,
    ) {
        if let Some((_, field)) = OF_TEMPLATE.iter().find(|(known, _)| *known == key) {
            self.setting(self.template(template, field), from.to_vec());
        }
        if let Some((_, field)) = OF_CONTAINER.iter().find(|(known, _)| *known == key) {
            self.setting(
                self.template(template, &["container", field]),
                from.to_vec(),
            );
        }
        match key {
            "labels" | "annotations" => {
                let mapping = self.template(template, &["metadata", key]);
                self.entry(&mapping, entry, from);
            }
            "node_selector" => {
                let mapping = self.template(template, &["nodeSelector"]);
                self.entry(&mapping, entry, from);
            }
            "resources" => {
                for kind in ["requests", "limits"] {
                    let mapping = self.template(template, &["container", "resources", kind]);
                    self.entry(&mapping, entry, from);
                }
            }
            "retry" => {
                let strategy = self.template(template, &["retryStrategy"]);
                self.setting(below(&strategy, &["expression"]), below(from, &["on"]));
                let cap = below(&strategy, &["backoff", "cap"]);
                self.setting(cap, below(from, &["backoff", "max"]));
                let patch = self.template(template, &["podSpecPatch"]);
                self.setting(patch, below(from, &["memory"]));
            }
            "environment" => self.variable(template, entry, from),
            "volumes" => self.volume(template, entry, from, values),
            _ => {}
        }
    }

    fn variable(&mut self, template: &str, name: &str, list: &[String]) {
        let name = item_named(name);
        let variable = self.template(template, &["container", "env", &name]);
        let from = below(list, &[&name]);
        for (field, key) in OF_VARIABLE {
            self.setting(below(&variable, field), below(&from, &[key]));
        }
        self.setting(variable, from);
    }

    fn volume(&mut self, template: &str, name: &str, list: &[String], values: &NodeSettings) {
        let item = item_named(name);
        let from = below(list, &[&item]);
        let volume = self.template(template, &["volumes", &item]);
        self.setting(volume.clone(), from.clone());
        for (field, key) in OF_VOLUME {
            self.setting(below(&volume, &[field]), below(&from, &[key]));
        }
        let Some(configured) = values.volumes.iter().find(|volume| volume.name == name) else {
            return;
        };
        for key in configured.source.iter().flat_map(|source| source.0.keys()) {
            let source = below(&from, &["source", key]);
            self.setting(below(&volume, &[key]), source);
        }
        let item = item_named(&configured.mount_path);
        let mount = self.template(template, &["container", "volumeMounts", &item]);
        self.setting(mount.clone(), from.clone());
        for (field, key) in OF_MOUNT {
            self.setting(below(&mount, &[field]), below(&from, &[key]));
        }
    }

    /// Records the machine type, and the settings of selectors that replace parts of it.
    fn machine(&mut self, class: &Class, task_settings: &TaskSettings) {
        let config = self.context.config;
        let machine = &class.machine;
        let name = class.name.as_str();
        let kind = config.machine_types.get(&machine.machine_type);
        let of_type = |key: &str| path(&["machine_types", &machine.machine_type, key]);
        let of_selector = |key: &str, is_so: &dyn Fn(&NodeSettings) -> bool| {
            let mut set_by = task_settings.set_by.iter();
            let selector = &set_by.find(|set_by| set_by.setting == key)?.selector;
            config.nodes.get(selector).filter(|nodes| is_so(nodes))?;
            Some(path(&["nodes", selector, key]))
        };
        for (resource, variable, from) in [
            (
                "cpu",
                Some("[NUM_CPU]"),
                of_selector("cpu", &|nodes| nodes.cpu == Some(machine.cpu)).or_else(|| {
                    kind.filter(|kind| kind.cpu == machine.cpu)
                        .map(|_| of_type("cpu"))
                }),
            ),
            (
                "memory",
                Some("[MEM_LIMIT_GB]"),
                of_selector("mem", &|nodes| nodes.mem == Some(machine.memory)).or_else(|| {
                    kind.filter(|kind| kind.mem == machine.memory)
                        .map(|_| of_type("mem"))
                }),
            ),
            (
                "nvidia.com/gpu",
                None,
                of_selector("num_gpu", &|nodes| nodes.num_gpu == Some(machine.gpu)).or_else(|| {
                    kind.filter(|kind| kind.num_gpu == machine.gpu)
                        .map(|_| of_type("num_gpu"))
                }),
            ),
        ] {
            let Some(from) = from else { continue };
            if let Some(variable) = variable {
                let field = self.template(name, &["container", "env", variable]);
                self.setting(field, from.clone());
            }
            for kind in ["requests", "limits"] {
                let field = self.template(name, &["container", "resources", kind, resource]);
                self.setting(field, from.clone());
            }
        }
        let Some(kind) = kind else { return };
        let selector = self.template(name, &["nodeSelector"]);
        for label in kind.node_selector.iter().flat_map(|labels| labels.keys()) {
            self.entry(&selector, label, &of_type("node_selector"));
        }
        let scratch: Option<Memory> = machine.scratch;
        if scratch.is_some() && kind.emph_storage == scratch {
            let volume = self.template(name, &["volumes", "[scratch]"]);
            self.setting(volume, of_type("emph_storage"));
        }
    }

    /// The setting that is wrong if the image's name is invalid: `tag` or `image`.
    fn part_of_image(&self) -> &'static str {
        let deployment = &self.context.config.deployment;
        match (&deployment.image, deployment.fixed_tag()) {
            (Some(image), Some(tag))
                if Reference::parse(image).is_ok()
                    && Reference::parse(&format!("{image}:{tag}")).is_err() =>
            {
                "tag"
            }
            _ => "image",
        }
    }

    fn image(&mut self, template: &str) {
        let options = self.context.options;
        let configured = self.context.config.deployment.image.as_deref();
        let is_own =
            |image: &String| configured.is_some_and(|configured| image.starts_with(configured));
        let source = match &options.image {
            Some(image) if !is_own(image) => Source::Outside("--image"),
            _ => Source::Setting(path(&["deployment", self.part_of_image()])),
        };
        let image = self.template(template, &["container", "image"]);
        self.origins.set(image, source);
    }

    /// Records the variables of every container.
    fn variables_of_all(&mut self, template: &str) {
        let list = path(&["template", "environment"]);
        for variable in &self.context.config.template.environment {
            self.variable(template, &variable.name, &list);
        }
    }

    fn custom(&mut self, template: &str, custom: &CustomTemplate) {
        let name = item_named(&custom.name);
        let from = path(&["template", "templates", &name]);
        let container = below(&from, &["container"]);
        for word in ["command", "args"] {
            let field = self.template(template, &["container", word]);
            self.setting(field, below(&container, &[word]));
        }
        for variable in &custom.container.env {
            self.variable(template, &variable.name, &below(&container, &["env"]));
        }
        for mount in &custom.container.volume_mounts {
            let item = item_named(&mount.mount_path);
            let field = self.template(template, &["container", "volumeMounts", &item]);
            let mounts = below(&container, &["volume_mounts"]);
            self.setting(field, below(&mounts, &[&item_named(&mount.name)]));
        }
        self.setting(
            self.template(template, &["sidecars"]),
            below(&from, &["sidecars"]),
        );
        for volume in &custom.volumes {
            let item = item_named(&volume.name);
            let field = self.template(template, &["volumes", &item]);
            self.setting(field, below(&from, &["volumes", &item]));
        }
        for (list, outputs) in [
            (&from, &custom.outputs),
            (&container, &custom.container.outputs),
        ] {
            for parameter in &outputs.parameters {
                let item = item_named(&parameter.name);
                let field = self.template(template, &["outputs", "parameters", &item]);
                self.setting(field, below(list, &["outputs", "parameters", &item]));
            }
        }
    }

    /// Records the settings of templates that run before the pipeline or after the workflow.
    pub(super) fn beside_pipeline(&mut self) {
        let config = self.context.config;
        let exit = config.on_exit.as_ref();
        let init = config.template.init_templates.iter();
        let exit_template = exit.and_then(|exit| exit.template.as_ref());
        for name in init.chain(exit_template) {
            self.image(name);
            self.every_container(name);
            let mut templates = config.template.templates.iter();
            if let Some(custom) = templates.find(|template| template.name == *name) {
                self.custom(name, custom);
            }
        }
        if let Some(container) = exit.and_then(|exit| exit.container.as_ref()) {
            self.image(ON_EXIT);
            self.every_container(ON_EXIT);
            let from = path(&["on_exit", "container"]);
            for word in ["command", "args", "resources"] {
                let field = self.template(ON_EXIT, &["container", word]);
                self.setting(field, below(&from, &[word]));
            }
            for kind in ["requests", "limits"] {
                let field = self.template(ON_EXIT, &["container", "resources", kind]);
                self.setting(field, below(&from, &["resources"]));
            }
            if container.image.is_some() {
                let field = self.template(ON_EXIT, &["container", "image"]);
                self.setting(field, below(&from, &["image"]));
            }
            for variable in &container.environment {
                let list = below(&from, &["environment"]);
                self.variable(ON_EXIT, &variable.name, &list);
            }
        }
        if !config.notify.is_empty() {
            self.image(marks::NOTIFY);
            self.every_container(marks::NOTIFY);
            let request = item_named(notify::REQUEST);
            let field = self.template(marks::NOTIFY, &["container", "env", &request]);
            self.setting(field, path(&["notify"]));
            for (index, entry) in config.notify.iter().enumerate() {
                for secret in entry.secrets() {
                    let variable = item_named(&secret.variable(index));
                    let field = self.template(marks::NOTIFY, &["container", "env", &variable]);
                    self.setting(field, path(&["notify", &index.to_string()]));
                }
            }
        }
    }

    /// Records the settings of all nodes that apply to containers.
    fn every_container(&mut self, template: &str) {
        self.variables_of_all(template);
        let Some(every) = settings::of_every_node(self.context) else {
            return;
        };
        let of_every = |key: &str| path(&["nodes", EVERY_NODE, key]);
        for variable in &every.environment {
            self.variable(template, &variable.name, &of_every("environment"));
        }
        for (key, field) in OF_CONTAINER {
            let field = self.template(template, &["container", field]);
            self.setting(field, of_every(key));
        }
    }

    /// Records a patch of the workflow or, with a name, of a template.
    pub(super) fn patch(
        &mut self,
        template: Option<&str>,
        patch: &serde_json::Map<String, serde_json::Value>,
        from: &[&str],
    ) {
        let field = match template {
            Some(name) => self.template(name, &[]),
            None => self.spec.clone(),
        };
        self.patched(&field, patch, &path(from));
    }

    fn patched(
        &mut self,
        field: &[String],
        patch: &serde_json::Map<String, serde_json::Value>,
        from: &[String],
    ) {
        use serde_json::Value;
        for (key, value) in patch {
            let (field, from) = (below(field, &[key]), below(from, &[key]));
            match (value, merge_key(key)) {
                (Value::Object(entries), _) => self.patched(&field, entries, &from),
                (Value::Array(items), Some(merge_key)) => {
                    for (index, item) in items.iter().enumerate() {
                        let name = item.get(merge_key).and_then(Value::as_str);
                        if let (Value::Object(entries), Some(name)) = (item, name) {
                            let field = below(&field, &[&item_named(name)]);
                            let from = below(&from, &[&index.to_string()]);
                            self.patched(&field, entries, &from);
                        }
                    }
                }
                _ => self.setting(field, from),
            }
        }
    }

    /// Records the patch of all pods.
    pub(super) fn patch_of_pods(&mut self) {
        let field = below(&self.spec, &["podSpecPatch"]);
        self.setting(field, path(&["patches", "pods"]));
    }
}
