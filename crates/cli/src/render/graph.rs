//! The plan as a Mermaid flowchart.

use std::collections::HashMap;

use plan::Plan;

/// One box for each task, with its nodes; one arrow for each dependency.
pub(crate) fn mermaid(plan: &Plan) -> String {
    let numbers: HashMap<&str, usize> = plan
        .tasks
        .iter()
        .enumerate()
        .map(|(index, task)| (task.name.as_str(), index))
        .collect();
    let mut text = String::from("flowchart TD\n");
    for (index, task) in plan.tasks.iter().enumerate() {
        let mut label = task.name.clone();
        if task.nodes.len() > 1 {
            label = format!("{label}<br/>{}", task.nodes.join("<br/>"));
        }
        text.push_str(&format!("    t{index}[\"{label}\"]\n"));
    }
    for (index, task) in plan.tasks.iter().enumerate() {
        for upstream in &task.upstream {
            if let Some(above) = numbers.get(upstream.as_str()) {
                text.push_str(&format!("    t{above} --> t{index}\n"));
            }
        }
    }
    text
}
