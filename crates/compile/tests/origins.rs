//! Recorded origins of fields, compared with the effect of changes to each setting.

#![expect(clippy::unwrap_used, reason = "a test may stop")]

mod everything;

use std::collections::BTreeMap;

use argo::spec::to_json;
use compile::{Cron, Lowered, ManifestKind, Options, Source, lower_and_check, named};
use diagnostic::yaml::{Yaml, parse};
use everything::{EVERYTHING, MACHINES, flights};
use project::config::{ArgoConfig, ConfigFile, check};
use serde_json::Value;

/// Further settings of `argo.yml`.
const MORE: &str = "
namespace: team
service_account: general
ttl: {after_completion: 100, after_failure: 300}
memory_datasets: {path: 's3://b/x'}
schedules: {nightly: {cron: '0 3 * * *', timezone: Europe/Berlin, starting_deadline_seconds: 9, params: {depth: 3}}}
notify: [{slack: {secret_ref: {name: slack, key: url}}}]
";

/// Fields with several origins: the image with its name and tag, the retry patch with the memory of the machine, the
/// list of all secrets.
const OF_SEVERAL: [&str; 3] = ["image", "podSpecPatch", "[ARGO_KEDRO_SECRETS]"];

/// The configuration; none if it is not valid.
fn config(tree: &Value) -> Option<ArgoConfig> {
    let text = argo::write::json_to_yaml(tree).unwrap();
    let files = [ConfigFile {
        path: "argo.yml".to_owned(),
        text,
    }];
    check(tree, &files).ok()
}

/// A manifest of a configuration; none if it cannot be planned.
fn lowered(config: &ArgoConfig, is_by_the_clock: bool) -> Option<Lowered> {
    let snapshot = flights();
    let plan = plan::plan(&snapshot, config).ok()?;
    let kind = if is_by_the_clock {
        let (name, schedule) = config.schedules.first()?;
        ManifestKind::CronWorkflow(Box::new(Cron::of(name, schedule)))
    } else {
        ManifestKind::Workflow
    };
    let options = Options {
        kind,
        ..Options::default()
    };
    let lowered = lower_and_check(&plan, &snapshot, config, &options);
    lowered.findings.is_empty().then_some(lowered)
}

/// All values without parts, by their paths.
fn leaves(value: &Value) -> BTreeMap<Vec<String>, Value> {
    fn add(value: &Value, path: &[String], found: &mut BTreeMap<Vec<String>, Value>) {
        let below = |step: &str| [path, &[step.to_owned()]].concat();
        match value {
            Value::Object(entries) => entries
                .iter()
                .for_each(|(key, inner)| add(inner, &below(key), found)),
            Value::Array(items) => {
                for (index, inner) in items.iter().enumerate() {
                    add(inner, &below(&index.to_string()), found);
                }
            }
            leaf => {
                found.insert(path.to_vec(), leaf.clone());
            }
        }
    }
    let mut found = BTreeMap::new();
    add(value, &[], &mut found);
    found
}

/// Another value of the same type.
fn other(value: &Value) -> Value {
    match value {
        Value::Bool(truth) => (!truth).into(),
        Value::Number(number) => (number.as_i64().unwrap_or_default() + 1).into(),
        Value::String(text) => format!("{text}x").into(),
        other => other.clone(),
    }
}

fn at<'a>(value: &'a mut Value, path: &[String]) -> &'a mut Value {
    path.iter().fold(value, |value, step| match value {
        Value::Array(items) => &mut items[step.parse::<usize>().unwrap()],
        other => &mut other[step.as_str()],
    })
}

/// The path of a setting with indices instead of item names, up to the last existing part.
fn numbered(setting: &[String], tree: &Value) -> Vec<String> {
    let mut value = tree;
    let mut found = Vec::new();
    for step in setting {
        let name = step
            .strip_prefix('[')
            .and_then(|step| step.strip_suffix(']'));
        let step = match (value, name) {
            (Value::Array(items), Some(name)) => {
                let index = items.iter().position(|item| item["name"] == name);
                index.unwrap().to_string()
            }
            _ => step.clone(),
        };
        let inner = match value {
            Value::Array(items) => step
                .parse::<usize>()
                .ok()
                .and_then(|index| items.get(index)),
            other => other.get(&step),
        };
        let Some(inner) = inner else { break };
        found.push(step);
        value = inner;
    }
    found
}

/// Changes every value of `argo.yml`, and finds the fields of the manifest that change: the origin of each must be that
/// value, or a setting that contains it.
#[test]
fn a_field_that_a_setting_changes_has_it_as_its_origin() {
    let text = format!("{MACHINES}{EVERYTHING}{MORE}");
    let tree = parse("argo.yml", &text).unwrap().remove(0).to_json();
    let before_config = everything::config(&text);
    let mut looked_at = 0;
    let mut wrong = Vec::new();
    for is_by_the_clock in [false, true] {
        let before = lowered(&before_config, is_by_the_clock).unwrap();
        let manifest = to_json(&before.manifest);
        let shown = Yaml::from(manifest.clone());
        for (setting, value) in leaves(&tree) {
            if is_by_the_clock && setting[0] != "schedules" {
                continue;
            }
            let mut changed = tree.clone();
            *at(&mut changed, &setting) = other(&value);
            let Some(after) = config(&changed).and_then(|config| lowered(&config, is_by_the_clock))
            else {
                continue;
            };
            let (old, new) = (leaves(&manifest), leaves(&to_json(&after.manifest)));
            // A changed name makes another item, not another value.
            if old.keys().ne(new.keys()) || setting.last().unwrap() == "name" {
                continue;
            }
            for (field, _) in old.iter().filter(|(field, value)| new[*field] != **value) {
                let field = named(field, &shown);
                if OF_SEVERAL
                    .iter()
                    .any(|several| field.iter().any(|step| step == several))
                {
                    continue;
                }
                let origin = before.origins.of(&field);
                let is_right = match origin.as_ref().map(|origin| origin.source) {
                    Some(Source::Setting(found)) => setting.starts_with(&numbered(found, &tree)),
                    _ => false,
                };
                if !is_right {
                    wrong.push(format!(
                        "{} {} {origin:?}",
                        setting.join("."),
                        field.join(".")
                    ));
                }
                looked_at += 1;
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(looked_at > 100, "{looked_at}");
}
