//! Names that an expression may use, for each place of a manifest that holds one.
//!
//! Argo makes maps of the variables that exist in a place (`util/expand`): `tasks.a.status` becomes a map `tasks` that
//! contains a map `a`. expr-lang refuses an unknown name, and reads an unknown key as `nil`.

use std::sync::LazyLock;

use crate::document::read::{all_named, names};
use crate::document::{Template, TemplateKind};
use crate::text::expression::{Environment, Type};

use super::nodes::Nodes;
use super::workflow::Scope;

static ARGO: LazyLock<Environment> = LazyLock::new(Environment::of_argo);

/// `retryStrategy.expression` (`buildRetryStrategyLocalScope` in `workflow/controller/operator.go`).
pub static RETRY: LazyLock<Environment> = LazyLock::new(|| {
    let mut environment = ARGO.clone();
    environment.add("retries", Type::Text);
    for name in ["exitCode", "status", "duration", "message"] {
        environment.add(&format!("lastRetry.{name}"), Type::Text);
    }
    environment
});

/// `stopStrategy.expression` of a `CronWorkflow` (`checkStopingCondition` in `workflow/cron/operator.go`): without the
/// functions that Argo adds elsewhere.
pub static STOP: LazyLock<Environment> = LazyLock::new(|| {
    let mut environment = Environment::new();
    for name in ["name", "namespace"] {
        environment.add(&format!("cronworkflow.{name}"), Type::Text);
    }
    for name in ["failed", "succeeded"] {
        environment.add(&format!("cronworkflow.{name}"), Type::Long);
    }
    for name in ["labels", "annotations"] {
        environment.add(&format!("cronworkflow.{name}"), Type::TextMap);
    }
    environment.add_key("cronworkflow", "labels.json", &Type::Bytes);
    environment.add_key("cronworkflow", "annotations.json", &Type::Bytes);
    environment.add("cronworkflow.lastScheduledTime", Type::Any);
    environment
});

/// `http.successCondition` (`executeHTTPTemplate` in `workflow/executor/agent.go`): also without Argo's functions.
pub static HTTP: LazyLock<Environment> = LazyLock::new(|| {
    let mut environment = Environment::new();
    for name in ["method", "url", "body"] {
        environment.add(&format!("request.{name}"), Type::Text);
    }
    environment.add("request.bodyBytes", Type::Bytes);
    environment.add("request.headers", Type::Any);
    environment.add("response.statusCode", Type::Integer);
    environment.add("response.body", Type::Text);
    environment.add("response.headers", Type::Any);
    environment
});

/// A transformation of a `data` template (`processExpression` in `workflow/data/data.go`): only the previous result.
pub fn of_data(before: Type) -> Environment {
    let mut environment = Environment::new();
    environment.add("data", before);
    environment
}

impl Scope<'_> {
    /// Hooks and labels of the workflow, which know only the workflow itself (`globalParams` in
    /// `workflow/controller/operator.go`).
    pub fn of_workflow(&self) -> Environment {
        let mut environment = ARGO.clone();
        self.globals.add_to(&mut environment);
        environment
    }

    /// Hooks of tasks and steps (`getParametersAny` in `workflow/controller/scope.go`).
    pub fn of_hooks(&self, template: &Template<'_>) -> Environment {
        let mut environment = self.of_workflow();
        add_inputs(template, false, &mut environment);
        add_nodes(*self, template, &mut environment);
        environment
    }

    /// Outputs of steps and DAGs (`resolveParameter` and `resolveArtifact` in `workflow/controller/scope.go`). Of the
    /// workflow they know only its outputs, and only outputs of steps know these.
    pub fn of_outputs(&self, template: &Template<'_>) -> Environment {
        let mut environment = ARGO.clone();
        if template.kind == TemplateKind::Steps && self.globals.has_outputs() {
            environment.add("workflow.outputs", Type::Any);
        }
        add_inputs(template, true, &mut environment);
        add_nodes(*self, template, &mut environment);
        environment
    }

    /// A tag in any place: all names that some place fills in.
    pub fn of_tags(&self) -> Environment {
        let mut environment = self.of_workflow();
        for root in [
            "inputs",
            "outputs",
            "tasks",
            "steps",
            "pod",
            "node",
            "cronworkflow",
            "resourcesDuration",
        ] {
            environment.open(root);
        }
        // `duration` is also a function of expr-lang, but not in metrics.
        for name in ["item", "retries", "status", "exitCode", "duration"] {
            environment.add(name, Type::Any);
        }
        for name in ["exitCode", "status", "duration", "message"] {
            environment.add(&format!("lastRetry.{name}"), Type::Text);
        }
        environment
    }

    /// A tag in a template: the template's inputs, and the results of its tasks or steps.
    pub fn of_tags_in(&self, template: &Template<'_>) -> Environment {
        let mut environment = self.of_tags();
        environment.close("inputs");
        environment.add("inputs.parameters", Type::Any);
        environment.close("inputs.parameters");
        environment.add("inputs.artifacts", Type::Any);
        add_inputs(template, false, &mut environment);
        // The task or step that runs the template has a name.
        for word in ["tasks", "steps"] {
            environment.close(word);
            environment.add(&format!("{word}.name"), Type::Text);
        }
        add_nodes(*self, template, &mut environment);
        environment
    }

    /// The fields of a template, or of a task or step in it: the names that are known when Argo fills in those fields.
    pub fn of_place(&self, template: &Template<'_>, is_loop: bool) -> Environment {
        let mut environment = self.of_workflow();
        add_inputs(template, true, &mut environment);
        if template.has_nodes() {
            add_nodes(*self, template, &mut environment);
            if is_loop {
                environment.add("item", Type::Any);
            }
            return environment;
        }
        environment.add("node.name", Type::Text);
        if template.is_pod() {
            environment.add("pod.name", Type::Text);
            if self.workflow.is_tried_again(template) {
                environment.add("retries", Type::Text);
                for name in ["exitCode", "status", "duration", "message"] {
                    environment.add(&format!("lastRetry.{name}"), Type::Text);
                }
            }
        }
        environment
    }
}

fn add_inputs(template: &Template<'_>, with_artifacts: bool, environment: &mut Environment) {
    for name in names(template.inputs()) {
        environment.add(&format!("inputs.parameters.{name}"), Type::Text);
    }
    if !all_named(template.inputs()) {
        environment.open("inputs.parameters");
    }
    if with_artifacts {
        for name in names(template.input_artifacts()) {
            environment.add(&format!("inputs.artifacts.{name}"), Type::Any);
        }
        if !all_named(template.input_artifacts()) {
            environment.open("inputs.artifacts");
        }
    }
}

fn add_nodes(scope: Scope<'_>, template: &Template<'_>, environment: &mut Environment) {
    let nodes = match template.kind {
        TemplateKind::Dag => Nodes::tasks(scope, template),
        TemplateKind::Steps => Nodes::steps(scope, template),
        _ => return,
    };
    if !nodes.are_named {
        environment.open(nodes.word);
    }
    for node in &nodes.all {
        node.add_to(nodes.word, environment);
    }
}
