use diagnostic::yaml::Yaml;
use indexmap::IndexMap;
use serde::{Serialize, Serializer};

use super::any_string::IntOrString;
use super::field::{At, Field, Unreadable};
use super::item::Item;
use super::parameters::Arguments;
use super::record::record;
use super::template::Template;

record! {
    /// Tasks that wait for each other.
    pub struct Dag {
        /// Names of the tasks that are wanted, with spaces between them; all of them if none are named.
        pub target: String = "target",
        /// The tasks.
        pub tasks: Vec<Task> = "tasks",
        /// Whether the DAG fails at the first failure; the default is that it does.
        pub fail_fast: Option<bool> = "failFast",
    }
}

record! {
    /// A task of a DAG (`DAGTask`), or a step (`WorkflowStep`). A step has no `dependencies` and no `depends`.
    pub struct Task {
        /// The name.
        pub name: String = "name",
        /// Name of the template that it runs.
        pub template: String = "template",
        /// Template that it runs, written in place. The CRD does not look in here, and so does not count its tasks: a
        /// plain DAG has 200 at most.
        pub inline: Option<Box<Template>> = "inline",
        /// Values for the inputs of the template.
        pub arguments: Arguments = "arguments",
        /// Names of the tasks that it waits for.
        pub dependencies: Vec<String> = "dependencies",
        /// Expression over the results of other tasks.
        pub depends: String = "depends",
        /// Template of another document.
        pub template_ref: Option<TemplateRef> = "templateRef",
        /// Items, for each of which it runs.
        pub with_items: Vec<Item> = "withItems",
        /// A text with a JSON list, for each item of which it runs.
        pub with_param: String = "withParam",
        /// Numbers, for each of which it runs.
        pub with_sequence: Option<Sequence> = "withSequence",
        /// Condition without which it is skipped.
        pub when: String = "when",
        /// Failures after which the others go on.
        pub continue_on: Option<ContinueOn> = "continueOn",
        /// Name of the template that runs when it has ended.
        pub on_exit: String = "onExit",
        /// Templates that run when something happens to it.
        pub hooks: IndexMap<String, LifecycleHook> = "hooks",
    }
}

/// Steps that run at the same time: in a document, a list without a name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ParallelSteps(pub Vec<Task>);

impl Field for ParallelSteps {
    /// Reads a list of steps. Of all parts of a document, Argo refuses unknown fields only here
    /// (`ParallelSteps.UnmarshalJSON`).
    fn read(node: &Yaml, at: &At<'_>) -> Result<Self, Unreadable> {
        let steps: Vec<Task> = Vec::read(node, at)?;
        for (index, (step, tree)) in steps.iter().zip(node.items()).enumerate() {
            let only_of_tasks = [
                (!step.dependencies.is_empty(), "dependencies"),
                (!step.depends.is_empty(), "depends"),
            ];
            let of_task = only_of_tasks.iter().find(|(has, _)| *has);
            let unknown = step.rest.keys().next().map(String::as_str);
            if let Some(name) = unknown.or(of_task.map(|(_, name)| *name)) {
                let (item, tree) = (at.index(index), tree.get(name).unwrap_or(tree));
                return Err(item
                    .key(name)
                    .unreadable(tree, "a step has no such field, and Argo refuses it"));
            }
        }
        Ok(Self(steps))
    }

    fn is_absent(&self) -> bool {
        self.0.is_empty()
    }

    fn write(&self) -> Yaml {
        self.0.write()
    }
}

impl Serialize for ParallelSteps {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.write().serialize(serializer)
    }
}

record! {
    /// A template that runs when something happens.
    pub struct LifecycleHook {
        /// Name of the template.
        pub template: String = "template",
        /// Values for its inputs.
        pub arguments: Arguments = "arguments",
        /// Template of another document.
        pub template_ref: Option<TemplateRef> = "templateRef",
        /// Expression that decides when it runs.
        pub expression: String = "expression",
    }
}

record! {
    /// Numbers to loop over.
    pub struct Sequence {
        /// How many there are.
        pub count: Option<IntOrString> = "count",
        /// The first.
        pub start: Option<IntOrString> = "start",
        /// The last.
        pub end: Option<IntOrString> = "end",
        /// Form of each, as `printf` has it.
        pub format: String = "format",
    }
}

record! {
    /// A template of another document.
    pub struct TemplateRef {
        /// Name of the document.
        pub name: String = "name",
        /// Name of the template.
        pub template: String = "template",
        /// Whether the document is a `ClusterWorkflowTemplate`.
        pub cluster_scope: bool = "clusterScope",
    }
}

record! {
    /// A whole document that a workflow is made of.
    pub struct WorkflowTemplateRef {
        /// Name of the document.
        pub name: String = "name",
        /// Whether the document is a `ClusterWorkflowTemplate`.
        pub cluster_scope: bool = "clusterScope",
    }
}

record! {
    /// Failures of a task after which the others go on.
    pub struct ContinueOn {
        /// The task ended in an error.
        pub error: bool = "error",
        /// The task failed.
        pub failed: bool = "failed",
    }
}
