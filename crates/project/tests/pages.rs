//! Each `argo.yml` in the documentation is accepted.

#![expect(clippy::unwrap_used, reason = "a test may stop")]

use std::path::{Path, PathBuf};

use project::config::{check, schema};
use serde_json::{Map, Value, json};

/// Keys of `argo.yml` that manifests lack.
const OURS: [&str; 11] = [
    "deployment",
    "grouping",
    "machine_types",
    "memory_datasets",
    "mlflow",
    "nodes",
    "notify",
    "patches",
    "prices",
    "runner",
    "template",
];

/// A block of YAML on a page.
struct Block {
    /// Place as `PAGE:LINE`.
    place: String,
    text: String,
    /// Last heading above the block.
    heading: String,
}

fn blocks(page: &Path) -> Vec<Block> {
    blocks_of(
        &page.display().to_string(),
        &fs_err::read_to_string(page).unwrap(),
    )
}

fn blocks_of(name: &str, text: &str) -> Vec<Block> {
    let mut found: Vec<Block> = Vec::new();
    let mut heading = String::new();
    let mut fence = None;
    for (index, line) in text.lines().enumerate() {
        match fence {
            None => {
                if let Some(words) = line.trim_start().strip_prefix("```") {
                    fence = Some(words.to_owned());
                    if words == "yaml" {
                        found.push(Block {
                            place: format!("{name}:{}", index + 2),
                            text: String::new(),
                            heading: heading.clone(),
                        });
                    }
                } else if line.starts_with('#') {
                    line.trim_start_matches(['#', ' ']).clone_into(&mut heading);
                }
            }
            Some(_) if line.trim() == "```" => fence = None,
            Some(ref words) if words == "yaml" => {
                let block = found.last_mut().unwrap();
                block.text.push_str(line);
                block.text.push('\n');
            }
            Some(_) => {}
        }
    }
    found
}

/// Pages of a folder.
fn pages(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = fs_err::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .collect();
    found.sort();
    found
}

/// Says whether a comment in the first line declares the block as another file, or whether it is an object of
/// Kubernetes.
fn is_another_file(block: &Block) -> bool {
    let first = block.text.lines().next().unwrap_or_default();
    first.starts_with("apiVersion:")
        || (first.starts_with("# ") && first.contains('.') && !first.contains("argo.yml"))
}

/// Finds the fault of a block, if there is one.
fn fault(block: &Block) -> Option<String> {
    let lines: Vec<&str> = block.text.lines().collect();
    let is_key = |line: &&&str| line.split(':').next() == lines[0].split(':').next();
    // Several lines with the same key: each line is an alternative.
    let is_choice = lines.len() > 1 && lines.iter().filter(is_key).count() == lines.len();
    let texts: Vec<String> = if is_choice {
        lines.iter().map(|line| format!("{line}\n")).collect()
    } else {
        vec![block.text.clone()]
    };
    texts.iter().find_map(|text| fault_of(text))
}

fn fault_of(text: &str) -> Option<String> {
    let documents = match diagnostic::yaml::parse("argo.yml", text) {
        Ok(documents) => documents,
        Err(error) => return Some(format!("{error:?}")),
    };
    let Value::Object(mut entries) = documents.first()?.to_json() else {
        return Some("it is no mapping".to_owned());
    };
    let schema = serde_json::to_value(schema()).ok()?;
    let has = |place: &str, key: &str| schema.pointer(place).is_some_and(|of| !of[key].is_null());
    if entries
        .keys()
        .all(|key| has("/$defs/NodeSettings/properties", key) && !has("/properties", key))
    {
        // The block has settings of nodes without a selector.
        entries = Map::from_iter([("nodes".to_owned(), json!({"*": entries}))]);
    }
    // The block may refer to other parts of the file.
    let template = json!({"templates": [{"name": "tell", "container": {"command": ["a"]}}]});
    entries.entry("template").or_insert(template);
    let machines = json!({"gpu": {"mem": 16, "cpu": 4}, "large": {"mem": 32, "cpu": 8}});
    entries.entry("machine_types").or_insert(machines);
    let findings = check(&Value::Object(entries), &[]).err()?;
    Some(findings.into_iter().fold(String::new(), |said, finding| {
        said + &finding.message + "\n"
    }))
}

#[test]
fn each_argo_yml_of_a_page_is_accepted() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut all = pages(&root.join("docs"));
    all.push(root.join("README.md"));
    let mut seen = 0;
    for block in all.iter().flat_map(|page| blocks(page)) {
        if is_another_file(&block) {
            continue;
        }
        if let Some(fault) = fault(&block) {
            panic!(
                "{}: {fault}\n{}\nif this is another file than argo.yml, its first line names it",
                block.place, block.text
            );
        }
        seen += 1;
    }
    assert!(seen >= 22, "{seen}");
}

/// Pages of rules also show faults and manifests, so this checks only the recommended blocks that begin with a key of
/// `argo.yml`.
#[test]
fn each_argo_yml_that_a_rule_recommends_is_accepted() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut seen = 0;
    for block in pages(&root.join("docs/rules"))
        .iter()
        .flat_map(|page| blocks(page))
    {
        let is_named = block.text.starts_with("# conf/") && !is_another_file(&block);
        let key = block.text.split(':').next().unwrap();
        if block.heading != "Use instead" || !(is_named || OURS.contains(&key)) {
            continue;
        }
        if let Some(fault) = fault(&block) {
            panic!("{}: {fault}\n{}", block.place, block.text);
        }
        seen += 1;
    }
    assert!(seen > 10, "{seen}");
}

#[test]
fn a_wrong_key_on_a_page_is_found() {
    for (text, named) in [
        ("namespaces: ml", "namespaces"),
        ("nodes: {fit: {timeuot: 4h}}", "timeuot"),
        ("retry: {limits: 2}", "limits"),
        (
            "# conf/cloud/argo.yml\nmemory_datasets: {paths: s3://bucket}",
            "paths",
        ),
        (
            "on_exit: {template: tell}\non_exit: {pipelines: tidy}",
            "pipelines",
        ),
    ] {
        let page = format!("# Page\n\n```yaml\n{text}\n```\n");
        let block = blocks_of("page.md", &page).pop().expect(text);
        assert!(!is_another_file(&block), "{text}");
        let fault = fault(&block).expect(text);
        assert!(fault.contains(named), "{fault}");
    }
}
