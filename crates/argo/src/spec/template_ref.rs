use super::record::record;

record! {
    /// A template of another document.
    pub struct TemplateRef {
        /// Name of the document.
        pub name: String = "name",
        /// Name of the template.
        pub template: String = "template",
        /// Says whether the document is a `ClusterWorkflowTemplate`.
        pub cluster_scope: bool = "clusterScope",
    }
}

record! {
    /// A reference to a whole document that supplies the spec of a workflow.
    pub struct WorkflowTemplateRef {
        /// Name of the document.
        pub name: String = "name",
        /// Says whether the document is a `ClusterWorkflowTemplate`.
        pub cluster_scope: bool = "clusterScope",
    }
}
