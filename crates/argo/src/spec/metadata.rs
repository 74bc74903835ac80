use indexmap::IndexMap;

use super::record::record;

record! {
    /// Name, labels and annotations of a document (`metav1.ObjectMeta`).
    pub struct Metadata {
        /// The name.
        pub name: Option<String> = "name",
        /// The beginning of the name; the API server adds five characters.
        pub generate_name: Option<String> = "generateName",
        /// Kubernetes namespace.
        pub namespace: Option<String> = "namespace",
        /// Labels, by which objects are found.
        pub labels: IndexMap<String, String> = "labels",
        /// Annotations.
        pub annotations: IndexMap<String, String> = "annotations",
    }
}

record! {
    /// Labels and annotations of pods.
    pub struct TemplateMetadata {
        /// Labels, by which pods are found.
        pub labels: IndexMap<String, String> = "labels",
        /// Annotations.
        pub annotations: IndexMap<String, String> = "annotations",
    }
}

record! {
    /// Labels and annotations of the workflows that a template or a schedule creates.
    pub struct WorkflowMetadata {
        /// Labels, by which workflows are found.
        pub labels: IndexMap<String, String> = "labels",
        /// Annotations.
        pub annotations: IndexMap<String, String> = "annotations",
        /// Labels whose values are expressions.
        pub labels_from: IndexMap<String, LabelValueFrom> = "labelsFrom",
    }
}

record! {
    /// The source of a label's value.
    pub struct LabelValueFrom {
        /// An expression.
        pub expression: String = "expression",
    }
}
