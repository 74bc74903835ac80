//! Places of a pod besides its image: volumes and artifacts of the final manifest, patches included.

use std::collections::BTreeMap;

use diagnostic::yaml::{self, Content, Yaml};

use super::paths::DataPath;

/// Places that a task's pod has besides its image.
#[derive(Debug, Clone, Default)]
pub(super) struct TaskPlaces {
    /// Working folder of the main container, if the manifest names it.
    pub(super) working_dir: Option<String>,
    /// Command and arguments of the main container.
    pub(super) command_line: String,
    found: Vec<(String, FileLifetime)>,
}

/// Lifetime of the files in a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FileLifetime {
    /// The files exist before the pod and outlive it.
    Lasting,
    /// The files exist before the pod; files that the pod writes are lost.
    Given,
    /// The pod finds no files; files that it writes are kept.
    Kept,
    /// The files exist only as long as the pod.
    Passing,
}

impl TaskPlaces {
    /// Says whether a path may have files when the pod starts.
    pub(super) fn may_have_input(&self, path: &DataPath, root: Option<&str>) -> bool {
        self.have(path, root, &[FileLifetime::Lasting, FileLifetime::Given])
    }

    /// Says whether files that the pod writes to a path outlive it.
    pub(super) fn keeps_output(&self, path: &DataPath, root: Option<&str>) -> bool {
        self.have(path, root, &[FileLifetime::Lasting, FileLifetime::Kept])
    }

    fn have(&self, path: &DataPath, root: Option<&str>, kinds: &[FileLifetime]) -> bool {
        let places = self.found.iter();
        let mut places = places.filter(|(_, kind)| kinds.contains(kind));
        places.any(|(folder, _)| path.is_below(folder, root))
    }
}

/// The places of each task's pod, by the name of the task.
pub(super) fn of_tasks(manifest: &Yaml) -> BTreeMap<&str, TaskPlaces> {
    let Some(spec) = manifest.get("spec") else {
        return BTreeMap::new();
    };
    let spec = spec.get("workflowSpec").unwrap_or(spec);
    let templates = items(spec, "templates");
    let of_templates: BTreeMap<&str, TaskPlaces> = templates
        .iter()
        .filter_map(|template| Some((text(template, "name")?, of_template(template, spec))))
        .collect();
    let mut found = BTreeMap::new();
    for template in templates {
        let steps = items(template, "steps").iter().flat_map(Yaml::items);
        let inline = steps.filter_map(|step| step.get("inline"));
        for holder in std::iter::once(template).chain(inline) {
            let tasks = holder.get("dag").map_or(&[][..], |dag| items(dag, "tasks"));
            for task in tasks {
                let places = text(task, "template").and_then(|name| of_templates.get(name));
                if let (Some(name), Some(places)) = (text(task, "name"), places) {
                    found.insert(name, places.clone());
                }
            }
        }
    }
    found
}

fn of_template(template: &Yaml, spec: &Yaml) -> TaskPlaces {
    let defaults = spec.get("templateDefaults");
    let patches: Vec<Yaml> = [Some(template), defaults, Some(spec)]
        .into_iter()
        .flatten()
        .filter_map(|holder| text(holder, "podSpecPatch"))
        .filter_map(|patch| yaml::parse("", patch).ok())
        .flatten()
        .collect();
    let with_defaults: Vec<&Yaml> = std::iter::once(template).chain(defaults).collect();
    let mut kinds: BTreeMap<&str, FileLifetime> = BTreeMap::new();
    for holder in [spec]
        .into_iter()
        .chain(with_defaults.iter().copied())
        .chain(&patches)
    {
        for volume in items(holder, "volumes") {
            if let Some(name) = text(volume, "name") {
                kinds.insert(name, kind(volume));
            }
        }
    }
    let mut containers: Vec<&Yaml> = with_defaults
        .iter()
        .flat_map(|holder| [holder.get("container"), holder.get("script")])
        .flatten()
        .collect();
    let is_main = |container: &&Yaml| text(container, "name").is_none_or(|name| name == "main");
    let patched = patches.iter().flat_map(|patch| items(patch, "containers"));
    containers.extend(patched.filter(is_main));
    // Another container of the pod may fill a volume, or save its files.
    let has_others = with_defaults.iter().copied().chain(&patches).any(|holder| {
        ["initContainers", "sidecars"]
            .iter()
            .any(|key| !items(holder, key).is_empty())
    });
    let mut places = TaskPlaces::default();
    for container in containers {
        for mount in items(container, "volumeMounts") {
            let Some(path) = text(mount, "mountPath") else {
                continue;
            };
            let kind = text(mount, "name").and_then(|name| kinds.get(name));
            let kind = match kind.copied().unwrap_or(FileLifetime::Lasting) {
                FileLifetime::Passing if has_others => FileLifetime::Lasting,
                kind => kind,
            };
            places.found.push((path.to_owned(), kind));
        }
        let folder = text(container, "workingDir").map(str::to_owned);
        places.working_dir = places.working_dir.or(folder);
        for key in ["command", "args"] {
            for word in items(container, key).iter().filter_map(Yaml::as_str) {
                places.command_line.push_str(word);
                places.command_line.push(' ');
            }
        }
    }
    for (key, kind) in [
        ("inputs", FileLifetime::Given),
        ("outputs", FileLifetime::Kept),
    ] {
        let artifacts = with_defaults.iter().filter_map(|holder| holder.get(key));
        let artifacts = artifacts.flat_map(|holder| items(holder, "artifacts"));
        for path in artifacts.filter_map(|artifact| text(artifact, "path")) {
            places.found.push((path.to_owned(), kind));
        }
    }
    places
}

/// Lifetime of a volume's files, by the volume's source.
fn kind(volume: &Yaml) -> FileLifetime {
    let is = |keys: &[&str]| {
        keys.iter().any(|key| {
            volume
                .get(key)
                .is_some_and(|source| source.value != Content::Null)
        })
    };
    if is(&["emptyDir", "ephemeral"]) {
        FileLifetime::Passing
    } else if is(&["secret", "configMap", "projected", "downwardAPI", "image"]) {
        FileLifetime::Given
    } else {
        FileLifetime::Lasting
    }
}

fn items<'a>(holder: &'a Yaml, key: &str) -> &'a [Yaml] {
    holder.get(key).map_or(&[], Yaml::items)
}

fn text<'a>(holder: &'a Yaml, key: &str) -> Option<&'a str> {
    holder.get(key)?.as_str()
}
