//! The status of a Workflow: its nodes, their names, packed nodes, and a retry.

use argo::status::packed::{pack, unpack};
use argo::status::retry::{RetryOptions, formulate_retry};
use argo::status::waits::NodeSelector;
use argo::status::{NodeName, Tree, WorkflowStatus, split_attempt};
use serde_json::Value;

use crate::trial::read_texts;

#[test]
fn statuses_and_their_retry() {
    let cases = [
        include_str!("../retry/dag.json"),
        include_str!("../retry/retries.json"),
        include_str!("../retry/nested.json"),
        include_str!("../retry/exit.json"),
        include_str!("../retry/cset.json"),
    ];
    // A change in a short text is more likely to have an effect.
    let short = cases.map(|case| {
        let case: Value = serde_json::from_str(case).unwrap();
        case["workflow"].to_string()
    });
    let seeds = short.each_ref().map(String::as_str);
    read_texts("statuses", &seeds, |text| {
        let Ok(workflow) = serde_json::from_str::<Value>(text) else {
            return;
        };
        let _ = formulate_retry(
            &workflow,
            &RetryOptions::default(),
            jiff::Timestamp::UNIX_EPOCH,
        );
        if let Ok(mut status) = serde_json::from_value::<WorkflowStatus>(workflow["status"].clone())
        {
            let _ = Tree::new(&status.nodes, "dag");
            status.pack().unwrap();
            status.unpack().unwrap();
        }
    });
}

#[test]
fn packed_nodes() {
    let packed = pack(br#"{"a": {"id": "a", "name": "a", "phase": "Succeeded"}}"#).unwrap();
    let seeds = [
        &packed,
        "KLUv/QRYEQAAYWKV1oNI",
        "CwGAYWIDAAAA",
        "H4sIAAAAAAAAAw==",
        "",
    ];
    read_texts("packed nodes", &seeds, |text| {
        let _ = unpack(text);
    });
}

#[test]
fn names_of_nodes() {
    let seeds = [
        "w",
        "w[0].a",
        "w.a(0:x)",
        "w.a.onExit",
        "w.a(1:k:v,n:2)(0)",
        "w.hooks.running",
        "other",
    ];
    read_texts("names of nodes", &seeds, |text| {
        let _ = NodeName::read(text, "w");
        split_attempt(text);
    });
}

#[test]
fn selectors_of_nodes() {
    let seeds = [
        "displayName=a",
        "phase!=Failed,templateName=x",
        "inputs.parameters.x.value=1",
        "id=w-1",
    ];
    read_texts("selectors of nodes", &seeds, |text| {
        let _ = NodeSelector::read(&[text.to_owned()], text);
    });
}
