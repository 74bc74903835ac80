use super::any_string::AnyString;
use super::artifact::Artifact;
use super::environment::ConfigMapKeySelector;
use super::field::Tree;
use super::record::record;

record! {
    /// Values for inputs.
    pub struct Arguments {
        /// The parameters.
        pub parameters: Vec<Parameter> = "parameters",
        /// The artifacts.
        pub artifacts: Vec<Artifact> = "artifacts",
    }
}

record! {
    /// Inputs of a template.
    pub struct Inputs {
        /// The parameters.
        pub parameters: Vec<Parameter> = "parameters",
        /// The artifacts.
        pub artifacts: Vec<Artifact> = "artifacts",
    }
}

record! {
    /// Outputs of a template or of a node.
    pub struct Outputs {
        /// The parameters.
        pub parameters: Vec<Parameter> = "parameters",
        /// The artifacts.
        pub artifacts: Vec<Artifact> = "artifacts",
        /// Last output lines of a node that has run.
        pub result: Option<String> = "result",
        /// Exit code of a node that has run.
        pub exit_code: Option<String> = "exitCode",
    }
}

record! {
    /// A parameter, whose value is always a text.
    pub struct Parameter {
        /// The name.
        pub name: String = "name",
        /// Value if the caller gives none.
        pub default: Option<AnyString> = "default",
        /// Value.
        pub value: Option<AnyString> = "value",
        /// Explanation, shown in Argo's UI.
        pub description: Option<AnyString> = "description",
        /// Source of the value.
        pub value_from: Option<ValueFrom> = "valueFrom",
        /// Name of the parameter in the whole workflow.
        pub global_name: Option<String> = "globalName",
        /// Values that the parameter may have.
        pub choices: Vec<AnyString> = "enum",
    }
}

impl Parameter {
    /// A parameter with a value.
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            value: Some(AnyString(value.into())),
            ..Self::default()
        }
    }
}

record! {
    /// The source of a parameter's value.
    pub struct ValueFrom {
        /// A file in the container.
        pub path: String = "path",
        /// Value if the source has none. Without a default, a missing value is an error.
        pub default: Option<AnyString> = "default",
        /// A path in the JSON of a resource.
        pub json_path: String = "jsonPath",
        /// A filter of `jq` over the JSON of a resource.
        pub jq_filter: String = "jqFilter",
        /// An expression over the event that started the workflow.
        pub event: String = "event",
        /// Tag of another parameter.
        pub parameter: String = "parameter",
        /// Marks a value that a person supplies while the workflow waits.
        pub supplied: Option<Tree> = "supplied",
        /// A key of a `ConfigMap`.
        pub config_map_key_ref: Option<ConfigMapKeySelector> = "configMapKeyRef",
        /// An expression.
        pub expression: String = "expression",
    }
}
