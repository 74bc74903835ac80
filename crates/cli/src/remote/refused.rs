//! Maps fields that the API server refuses to what the user wrote: the line of `argo.yml`, the Kedro nodes.

use cluster::{ClusterError, Refusal};
use diagnostic::Diagnostic;

use crate::error::CommandError;
use crate::spine::origin::MadeOf;

const CODE: &str = "refused-by-cluster";

/// Error for a cluster's answer about a manifest.
pub(crate) fn explain(error: ClusterError, made_of: &MadeOf<'_>) -> CommandError {
    match error {
        ClusterError::Invalid(refusals) if refusals.iter().any(|one| !one.field.is_empty()) => {
            let findings = refusals.iter().map(|refusal| finding(refusal, made_of));
            CommandError::findings(findings.collect())
        }
        other => other.into(),
    }
}

fn finding(refusal: &Refusal, made_of: &MadeOf<'_>) -> Diagnostic {
    let message = match refusal.field.as_str() {
        "" => format!("the cluster rejects the manifest: {}", refusal.message),
        field => format!("the cluster rejects `{field}`: {}", refusal.message),
    };
    let mut finding = Diagnostic::error(CODE, message);
    made_of.point(&mut finding, &refusal.field);
    finding
}

#[cfg(test)]
mod tests {
    use compile::{Lowered, Options};
    use diagnostic::Subject;
    use diagnostic::yaml;
    use diagnostic::yaml::Yaml;
    use project::Snapshot;
    use project::config::{ArgoConfig, ConfigFile, check};
    use serde_json::{Value, json};

    use super::*;

    const ARGO: &str = "\
nodes:
  '*':
    volumes:
      - {name: settings, mount_path: /etc/settings, config_map: {name: settings, defaultMode: 888}}
    environment:
      - {name: MODE, value: fast}
  fit:
    labels: {team: two words}
parallelism: 5
patches:
  workflow:
    archiveLogs: true
template:
  templates:
    - name: other
      container: {command: [sh]}
deployment: {image: registry/shop, tag: v1}
";

    fn config() -> ArgoConfig {
        let merged = yaml::parse("argo.yml", ARGO).unwrap().remove(0).to_json();
        let file = ConfigFile {
            path: "conf/base/argo.yml".to_owned(),
            text: ARGO.to_owned(),
        };
        check(&merged, &[file]).unwrap()
    }

    fn snapshot() -> Snapshot {
        let node = |name: &str, line: usize| {
            json!({"name": name, "inputs": [], "outputs": [],
            "source": {"file": "src/nodes.py", "line": line}})
        };
        serde_json::from_value(json!({
            "project": {"name": "shop", "package": "shop", "path": "/shop", "source": "src"},
            "environment": "local", "pipelines": ["__default__"], "registered": ["__default__"],
            "nodes": [node("load", 3), node("join_all", 7), node("fit", 9)], "parameters": {},
            "datasets": {}, "configuration": {"base": "conf/base", "files": []},
            "versions": {"kedro": "1.7.0", "python": "3.12.0", "argo_kedro": "1.0.0"},
        }))
        .unwrap()
    }

    /// Replaces names in a field by numbers, which depend on the order of templates.
    fn number(manifest: &Value, field: &str) -> String {
        let Some((template, rest)) = field.split_once(' ') else {
            return field.to_owned();
        };
        let templates = manifest["spec"]["templates"].as_array().unwrap();
        let at = |name: &str| {
            templates
                .iter()
                .position(|known| known["name"] == name)
                .unwrap()
        };
        let index = at(template);
        let list =
            |value: &Value, path: &str| value.pointer(path).unwrap().as_array().unwrap().clone();
        let rest = match rest.split_once(' ') {
            Some((before, after)) => {
                let (pointer, name) = before.split_once('=').unwrap();
                let items = list(
                    &templates[index],
                    &format!("/{}", pointer.replace('.', "/")),
                );
                let item = items.iter().position(|item| item["name"] == name).unwrap();
                format!("{pointer}[{item}].{after}")
            }
            None => rest.to_owned(),
        };
        format!("spec.templates[{index}].{rest}")
    }

    #[test]
    fn a_field_is_led_back_to_its_line_and_its_nodes() {
        let (config, snapshot) = (config(), snapshot());
        let plan = plan::plan(&snapshot, &config).unwrap();
        let options = Options {
            name: Some("mine".to_owned()),
            ..Options::default()
        };
        let Lowered {
            manifest, origins, ..
        } = compile::lower_and_check(&plan, &snapshot, &config, &options);
        let document = argo::spec::to_json(&manifest);
        let tree = Yaml::from(document.clone());
        let made_of = MadeOf::new(&tree, &origins, &config, &snapshot);
        let argo = |line| Some(("conf/base/argo.yml".to_owned(), line));
        let code = |line| Some(("src/nodes.py".to_owned(), line));
        let node = |name: &str| Some(Subject::Node(name.to_owned()));
        let both = || Some("this field is for the nodes `load`, `join_all`".to_owned());
        for (field, place, subject, help) in [
            (
                "default volumes=settings configMap.defaultMode",
                argo(4),
                None,
                both(),
            ),
            (
                "default-2 metadata.labels[team]",
                argo(8),
                node("fit"),
                None,
            ),
            ("default-2 metadata.labels", argo(8), node("fit"), None),
            ("default container.env=MODE value", argo(6), None, both()),
            ("default container.image", argo(17), None, both()),
            ("spec.archiveLogs", argo(12), None, None),
            ("spec.parallelism", argo(9), None, None),
            // argo-kedro writes this field for a node.
            (
                "pipeline dag.tasks=join-all name",
                code(7),
                node("join_all"),
                None,
            ),
            // Many settings make this field, and then none.
            ("default container", None, None, both()),
            // By chance, another setting has this value too.
            ("default container.args", None, None, both()),
            (
                "metadata.name",
                None,
                None,
                Some("it comes from --workflow-name".to_owned()),
            ),
            ("spec.nothing.like[3].it", None, None, None),
            ("", None, None, None),
            ("]][[..", None, None, None),
        ] {
            let refusal = Refusal {
                field: number(&document, field),
                message: "Invalid value".to_owned(),
            };
            let finding = finding(&refusal, &made_of);
            let found = finding
                .place
                .file
                .zip(finding.place.span.map(|span| span.line));
            assert_eq!(
                (found, finding.place.subject, finding.help),
                (place, subject, help),
                "{field}"
            );
        }
    }

    #[test]
    fn an_error_without_fields_stays_as_it_is() {
        let refusal = Refusal {
            field: String::new(),
            message: "no".to_owned(),
        };
        let (config, snapshot) = (config(), snapshot());
        let (tree, origins) = (Yaml::from(json!({})), compile::Origins::default());
        let made_of = MadeOf::new(&tree, &origins, &config, &snapshot);
        let error = explain(ClusterError::Invalid(vec![refusal]), &made_of);
        assert!(error.findings.is_empty());
        assert!(error.message().contains("rejects the manifest: no"));
    }
}
