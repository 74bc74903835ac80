//! Needs of a workflow in its cluster: accounts, secrets, claims, machines. Read from the finished manifest, so the
//! origin of a need does not matter.

use std::collections::{BTreeMap, BTreeSet};

use crate::quantity::{self, QuantityError};
use serde_json::Value;

/// Argo's name for the container of a template with one container.
const MAIN: &str = "main";
/// Kind of a service account.
pub const SERVICE_ACCOUNT: &str = "ServiceAccount";
/// Kind of a persistent volume claim.
pub const VOLUME_CLAIM: &str = "PersistentVolumeClaim";
/// Kind of a priority class.
pub const PRIORITY_CLASS: &str = "PriorityClass";
/// Kind of a secret.
pub const SECRET: &str = "Secret";
/// Kind of a config map.
pub const CONFIG_MAP: &str = "ConfigMap";
/// Service account of pods that name none.
const DEFAULT_ACCOUNT: &str = "default";

/// Needs of a workflow in its cluster.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Needs {
    /// Service accounts of its pods.
    pub service_accounts: BTreeSet<String>,
    /// Service accounts with which its pods report their results.
    pub reporters: BTreeSet<String>,
    /// Secrets by name, with the keys that are read; no keys if the whole secret is read.
    pub secrets: BTreeMap<String, BTreeSet<String>>,
    /// Names of the secrets with which images are pulled.
    pub pull_secrets: BTreeSet<String>,
    /// Config maps by name, with the keys that are read.
    pub config_maps: BTreeMap<String, BTreeSet<String>>,
    /// Persistent volume claims.
    pub claims: BTreeSet<String>,
    /// Storage classes of the volumes that Argo creates for its pods; none means the cluster's default.
    pub storage_classes: BTreeSet<Option<String>>,
    /// Priority classes of its pods.
    pub priority_classes: BTreeSet<String>,
    /// Needs of each template's pods for a machine.
    pub machines: Vec<MachineNeed>,
    /// Field of the manifest that first names an object, by kind and name of the object.
    pub fields: BTreeMap<(&'static str, String), String>,
}

/// Amounts by the names of their resources: thousandths of a core, bytes, and whole things.
pub type Amounts = BTreeMap<String, u64>;

/// Amounts that one container asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ContainerNeed {
    /// Name of the container in the pod.
    pub name: String,
    /// Requests of the container. Kubernetes takes a limit where there is no request.
    pub requests: BTreeMap<String, u64>,
    /// Limits of the container.
    pub limits: BTreeMap<String, u64>,
}

impl ContainerNeed {
    /// Reads the field `resources` of a container. Leaves out unreadable amounts.
    pub fn of(resources: &Value) -> Self {
        let amounts = |kind: &str| -> Amounts {
            let all = resources[kind].as_object().into_iter().flatten();
            let known = all.filter_map(|(name, amount)| {
                // Kubernetes reads a number as its text.
                let text = match amount {
                    Value::String(text) => text.clone(),
                    other => other.to_string(),
                };
                Some((name.clone(), amount_of(name, &text).ok()?))
            });
            known.collect()
        };
        let limits = amounts("limits");
        let mut requests = amounts("requests");
        for (name, amount) in &limits {
            requests.entry(name.clone()).or_insert(*amount);
        }
        Self {
            name: String::new(),
            requests,
            limits,
        }
    }

    /// Gives the container a name.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        name.clone_into(&mut self.name);
        self
    }
}

/// Reads an amount: thousandths of a core, bytes, or whole things. The name may begin with `requests.` or `limits.`.
pub fn amount_of(resource: &str, text: &str) -> Result<u64, QuantityError> {
    match resource.rsplit('.').next().unwrap_or(resource) {
        "cpu" => quantity::thousandths(text),
        _ => quantity::whole(text),
    }
}

/// Needs of a template's pods for a machine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MachineNeed {
    /// Name of the template.
    pub template: String,
    /// Thousandths of a core.
    pub millicores: u64,
    /// Bytes of memory.
    pub memory: u64,
    /// Extended resources and how many of each, e.g. `nvidia.com/gpu`.
    pub extended: BTreeMap<String, u64>,
    /// Amounts that each container of the template asks for.
    pub containers: Vec<ContainerNeed>,
    /// Amounts that each of its init containers asks for.
    pub init_containers: Vec<ContainerNeed>,
    /// Names of the containers whose amounts a `podSpecPatch` sets, Argo's own included. This module does not read the
    /// amounts.
    pub patched: BTreeSet<String>,
    /// Says whether something else than a container may set amounts: the pod's `resources`, or a patch with variables.
    pub has_other_amounts: bool,
    /// Labels that the node must have.
    pub node_selector: BTreeMap<String, String>,
    /// Keys of the taints that the pod tolerates; `*` for all.
    pub tolerated: BTreeSet<String>,
    /// Amounts that cannot be read, which the cluster will refuse.
    pub unreadable: Vec<QuantityError>,
}

impl Needs {
    /// Reads a Workflow's spec.
    ///
    /// # Arguments
    ///
    /// * `root`: Path of the spec in its manifest, e.g. `spec` or `spec.workflowSpec`.
    pub fn of(spec: &Value, root: &str) -> Self {
        let mut needs = Self::default();
        needs.references(spec, &mut root.to_owned());
        needs.priority_class(&spec["podPriorityClassName"], || {
            format!("{root}.podPriorityClassName")
        });
        for claim in spec["volumeClaimTemplates"]
            .as_array()
            .into_iter()
            .flatten()
        {
            needs.storage_class(&claim["spec"]);
        }
        let account = spec["serviceAccountName"].as_str();
        let general = machine(spec);
        let templates = spec["templates"].as_array().into_iter().flatten();
        for (index, template) in templates.enumerate() {
            let at = format!("{root}.templates[{index}]");
            let runs = ["container", "script", "containerSet"]
                .iter()
                .find_map(|kind| template.get(*kind));
            let Some(container) = runs else {
                continue;
            };
            let own = template["serviceAccountName"].as_str();
            let name = own.or(account).unwrap_or(DEFAULT_ACCOUNT);
            if own.or(account).is_some() {
                let holder = if own.is_some() { &at } else { root };
                let field = || format!("{holder}.serviceAccountName");
                needs.note(SERVICE_ACCOUNT, name, field);
            }
            // `executorServiceAccountName` in `workflow/controller/workflowpod.go` of Argo Workflows 4.1.2.
            let executor = [template, spec]
                .iter()
                .find_map(|one| one["executor"]["serviceAccountName"].as_str());
            let reporter = executor.unwrap_or(name);
            for (accounts, name) in [
                (&mut needs.service_accounts, name),
                (&mut needs.reporters, reporter),
            ] {
                if !is_open(name) {
                    accounts.insert(name.to_owned());
                }
            }
            needs.priority_class(&template["priorityClassName"], || {
                format!("{at}.priorityClassName")
            });
            let mut machine = machine_of(template, container, &general);
            for one in [spec, template] {
                machine.has_other_amounts |= one["podResources"].is_object();
                machine.patch(&one["podSpecPatch"]);
            }
            needs.machines.push(machine);
        }
        needs
    }

    /// The same needs without field names, for a manifest that the user does not see.
    #[must_use]
    pub fn without_fields(mut self) -> Self {
        self.fields.clear();
        self
    }

    /// Field of the manifest that first names an object; none if the manifest does not name it.
    ///
    /// # Arguments
    ///
    /// * `kind`: One of this module's kinds, e.g. [`SECRET`].
    pub fn field(&self, kind: &'static str, name: &str) -> Option<&str> {
        let field = self.fields.get(&(kind, name.to_owned()));
        field.map(String::as_str)
    }

    fn note(&mut self, kind: &'static str, name: &str, field: impl FnOnce() -> String) {
        let known = self.fields.entry((kind, name.to_owned()));
        known.or_insert_with(field);
    }

    /// Collects all references to secrets, config maps and claims below `value`.
    fn references(&mut self, value: &Value, at: &mut String) {
        let length = at.len();
        match value {
            Value::Object(entries) => {
                for (key, inner) in entries {
                    let name = inner["name"].as_str().filter(|name| !is_open(name));
                    let field = || format!("{at}.{key}.name");
                    match (key.as_str(), name) {
                        _ if is_optional(inner) => {}
                        ("secretKeyRef" | "secretRef", Some(name)) => {
                            add(&mut self.secrets, name, inner);
                            self.note(SECRET, name, field);
                        }
                        ("configMapKeyRef" | "configMapRef", Some(name)) => {
                            add(&mut self.config_maps, name, inner);
                            self.note(CONFIG_MAP, name, field);
                        }
                        _ => {}
                    }
                }
                self.volume(value, at);
                for (key, inner) in entries {
                    at.push('.');
                    at.push_str(key);
                    self.references(inner, at);
                    at.truncate(length);
                }
            }
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    at.push_str(&format!("[{index}]"));
                    self.references(item, at);
                    at.truncate(length);
                }
            }
            _ => {}
        }
    }

    fn priority_class(&mut self, name: &Value, field: impl FnOnce() -> String) {
        if let Some(name) = name.as_str().filter(|name| !is_open(name)) {
            self.priority_classes.insert(name.to_owned());
            self.note(PRIORITY_CLASS, name, field);
        }
    }

    /// Notes the storage class of a claim. An empty name means a volume without a class.
    fn storage_class(&mut self, claim: &Value) {
        let name = claim["storageClassName"].as_str();
        if name.is_none_or(|name| !name.is_empty() && !is_open(name)) {
            self.storage_classes.insert(name.map(str::to_owned));
        }
    }

    fn volume(&mut self, value: &Value, at: &str) {
        let closed = |name: &Value| {
            let name = name.as_str().filter(|name| !is_open(name));
            name.map(str::to_owned)
        };
        if let Some(name) = closed(&value["secret"]["secretName"])
            && !is_optional(&value["secret"])
        {
            self.note(SECRET, &name, || format!("{at}.secret.secretName"));
            let keys = self.secrets.entry(name).or_default();
            keys.extend(item_keys(&value["secret"]));
        }
        // Only a volume has `name` beside `configMap`; other mappings with `configMap` mean something else.
        if let Some(name) = closed(&value["configMap"]["name"])
            && value["name"].is_string()
            && !is_optional(&value["configMap"])
        {
            self.note(CONFIG_MAP, &name, || format!("{at}.configMap.name"));
            let keys = self.config_maps.entry(name).or_default();
            keys.extend(item_keys(&value["configMap"]));
        }
        if let Some(name) = closed(&value["persistentVolumeClaim"]["claimName"]) {
            self.note(VOLUME_CLAIM, &name, || {
                format!("{at}.persistentVolumeClaim.claimName")
            });
            self.claims.insert(name);
        }
        if let Some(claim) = value["ephemeral"].get("volumeClaimTemplate") {
            self.storage_class(&claim["spec"]);
        }
        let of_pulls = value["imagePullSecrets"].as_array().into_iter().flatten();
        for (index, secret) in of_pulls.enumerate() {
            if let Some(name) = closed(&secret["name"]) {
                self.note(SECRET, &name, || {
                    format!("{at}.imagePullSecrets[{index}].name")
                });
                self.pull_secrets.insert(name.clone());
                self.secrets.entry(name).or_default();
            }
        }
    }
}

/// Says whether a name is known only when the run is made.
fn is_open(name: &str) -> bool {
    name.contains("{{")
}

/// Says whether the object of a reference may be missing.
fn is_optional(reference: &Value) -> bool {
    reference["optional"].as_bool() == Some(true)
}

fn add(known: &mut BTreeMap<String, BTreeSet<String>>, name: &str, reference: &Value) {
    let keys = known.entry(name.to_owned()).or_default();
    let key = reference["key"].as_str().filter(|key| !is_open(key));
    keys.extend(key.map(str::to_owned));
}

fn item_keys(source: &Value) -> impl Iterator<Item = String> + '_ {
    let items = source["items"].as_array().into_iter().flatten();
    let keys = items.filter_map(|item| item["key"].as_str());
    keys.filter(|key| !is_open(key)).map(str::to_owned)
}

/// Reads the node selector and the tolerations of a spec or a template.
fn machine(value: &Value) -> MachineNeed {
    let selector = value["nodeSelector"].as_object().into_iter().flatten();
    let tolerations = value["tolerations"].as_array().into_iter().flatten();
    MachineNeed {
        node_selector: selector
            .filter_map(|(label, value)| Some((label.clone(), value.as_str()?.to_owned())))
            .collect(),
        tolerated: tolerations
            .map(|toleration| toleration["key"].as_str().unwrap_or("*").to_owned())
            .collect(),
        ..MachineNeed::default()
    }
}

fn machine_of(template: &Value, container: &Value, general: &MachineNeed) -> MachineNeed {
    let mut need = machine(template);
    for (label, value) in &general.node_selector {
        let label = label.clone();
        need.node_selector
            .entry(label)
            .or_insert_with(|| value.clone());
    }
    need.tolerated.extend(general.tolerated.iter().cloned());
    template["name"]
        .as_str()
        .unwrap_or_default()
        .clone_into(&mut need.template);
    let set = container["containers"].as_array().into_iter().flatten();
    let sidecars = template["sidecars"].as_array().into_iter().flatten();
    // A container set is not itself a container.
    let single = (!container["containers"].is_array()).then_some(container);
    let is_single = |one: &Value| single.is_some_and(|single| std::ptr::eq(single, one));
    for one in set.chain(sidecars).chain(single) {
        let resources = &one["resources"];
        let name = one["name"].as_str().filter(|_| !is_single(one));
        let name = name.unwrap_or(MAIN);
        need.containers
            .push(ContainerNeed::of(resources).named(name));
        let names = ["limits", "requests"]
            .iter()
            .filter_map(|kind| resources[*kind].as_object())
            .flat_map(serde_json::Map::keys);
        for name in names.collect::<BTreeSet<_>>() {
            let asked = ["requests", "limits"]
                .iter()
                .find_map(|kind| resources[*kind].get(name)?.as_str());
            let Some(asked) = asked else { continue };
            if let Err(error) = need.add(name, asked) {
                need.unreadable.push(error);
            }
        }
    }
    for one in template["initContainers"].as_array().into_iter().flatten() {
        let name = one["name"].as_str().unwrap_or_default();
        need.init_containers
            .push(ContainerNeed::of(&one["resources"]).named(name));
    }
    need
}

impl MachineNeed {
    /// Notes the containers whose amounts a `podSpecPatch` sets.
    fn patch(&mut self, text: &Value) {
        let Some(text) = text.as_str() else { return };
        let Ok(documents) = diagnostic::yaml::parse("", text) else {
            // A patch with variables may set any amount.
            self.has_other_amounts = true;
            return;
        };
        for patch in documents.iter().map(diagnostic::yaml::Yaml::to_json) {
            self.has_other_amounts |= patch["resources"].is_object();
            for kind in ["containers", "initContainers"] {
                let patched = patch[kind].as_array().into_iter().flatten();
                let names = patched
                    .filter(|one| one["resources"].is_object())
                    .filter_map(|one| one["name"].as_str());
                self.patched.extend(names.map(str::to_owned));
            }
        }
    }

    /// Adds the amount that one container asks for.
    fn add(&mut self, resource: &str, asked: &str) -> Result<(), QuantityError> {
        let (sum, amount) = match resource {
            "cpu" => (&mut self.millicores, quantity::thousandths(asked)?),
            "memory" => (&mut self.memory, quantity::whole(asked)?),
            other if other.contains('/') => (
                self.extended.entry(other.to_owned()).or_default(),
                quantity::whole(asked)?,
            ),
            _ => return Ok(()),
        };
        *sum = sum.saturating_add(amount);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
