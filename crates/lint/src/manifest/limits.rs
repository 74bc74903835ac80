//! Greatest numbers of tasks, templates and so on that the cluster accepts and the controller can handle.

use argo::document::Template;
use argo::document::read::{entry, list};
use argo::graph::NamedGraph;
use diagnostic::yaml::Yaml;

use super::context::Context;
use crate::finding::{Finding, Findings};
use crate::rule::{
    DEEP_DEPENDENCY_CHAIN, MANY_TASKS, Rule, TOO_MANY_METRICS, TOO_MANY_PARAMETERS, TOO_MANY_TASKS,
    TOO_MANY_TEMPLATES,
};

const TASKS: usize = 200;
const TEMPLATES: usize = 200;
const PARAMETERS: usize = 500;
const METRICS: usize = 100;
/// Number of tasks above which each finished task slows the controller down.
const MANY: usize = 2_000;
/// Length of a chain of tasks above which the controller needs longer to walk its ancestors than the tasks need to run.
const DEEP: usize = 1_000;

/// Checks the number of templates.
pub(super) fn of_workflow(context: Context<'_>, findings: &mut Findings) {
    let spec = context.workflow.document.spec;
    if let Some((key, templates)) = entry(spec, "templates") {
        let count = templates.items().len();
        if count > TEMPLATES {
            let help = "share one template between tasks that differ only in their arguments";
            findings.push(over(TOO_MANY_TEMPLATES, key, count, TEMPLATES, "templates").help(help));
        }
    }
    metrics(spec, findings);
}

/// Checks the counts in a template; the schema does not check inline templates.
pub(super) fn of_template(template: &Template<'_>, inline: bool, findings: &mut Findings) {
    if inline {
        return;
    }
    let inputs = entry(template.yaml, "inputs").and_then(|(_, inputs)| entry(inputs, "parameters"));
    if let Some((key, parameters)) = inputs {
        let count = parameters.items().len();
        if count > PARAMETERS {
            let help = "put them into one parameter, as JSON";
            findings.push(
                over(
                    TOO_MANY_PARAMETERS,
                    key,
                    count,
                    PARAMETERS,
                    "input parameters",
                )
                .help(help),
            );
        }
    }
    metrics(template.yaml, findings);
}

fn metrics(holder: &Yaml, findings: &mut Findings) {
    let metrics = entry(holder, "metrics").and_then(|(_, metrics)| entry(metrics, "prometheus"));
    if let Some((key, metrics)) = metrics {
        let count = list(holder, &["metrics", "prometheus"])
            .len()
            .max(metrics.items().len());
        if count > METRICS {
            findings.push(over(TOO_MANY_METRICS, key, count, METRICS, "metrics"));
        }
    }
}

/// Checks the size and the depth of a DAG.
pub(super) fn of_dag(
    template: &Template<'_>,
    graph: &NamedGraph<'_>,
    inline: bool,
    findings: &mut Findings,
) {
    let Some((key, _)) = entry(template.yaml, "dag").and_then(|(_, dag)| entry(dag, "tasks"))
    else {
        return;
    };
    let count = template.tasks().len();
    if count > TASKS && !inline {
        let help =
            "put the DAG under `inline` of a step, where the limit does not apply, or split it";
        findings.push(over(TOO_MANY_TASKS, key, count, TASKS, "tasks").help(help));
    } else if count > MANY {
        let message = format!("a DAG of {count} tasks is slow for Argo's controller");
        let help = "let one task run several nodes";
        findings.push(MANY_TASKS.at(key, message).help(help));
    }
    let depth = graph.depth();
    if depth > DEEP {
        let message = format!("a chain of {depth} tasks, one after the other, may never start");
        let help = "let one task run several nodes of the chain";
        findings.push(DEEP_DEPENDENCY_CHAIN.at(key, message).help(help));
    }
}

fn over(rule: Rule, key: &diagnostic::yaml::Key, count: usize, most: usize, what: &str) -> Finding {
    rule.at(
        key,
        format!("there are {count} {what}, but the cluster accepts at most {most}"),
    )
}
