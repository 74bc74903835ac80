//! Kinds of documents.

/// A kind of document that contains a workflow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DocumentKind {
    /// A run.
    Workflow,
    /// Templates for the runs of one namespace.
    WorkflowTemplate,
    /// Templates for the runs of the whole cluster.
    ClusterWorkflowTemplate,
    /// Runs on a schedule.
    CronWorkflow,
}

impl DocumentKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [
        Self::Workflow,
        Self::WorkflowTemplate,
        Self::ClusterWorkflowTemplate,
        Self::CronWorkflow,
    ];

    /// The text of `kind`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Workflow => "Workflow",
            Self::WorkflowTemplate => "WorkflowTemplate",
            Self::ClusterWorkflowTemplate => "ClusterWorkflowTemplate",
            Self::CronWorkflow => "CronWorkflow",
        }
    }

    /// The kind that a text of `kind` names.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// Says whether other documents can run the templates of a document of this kind.
    pub fn is_template(self) -> bool {
        matches!(self, Self::WorkflowTemplate | Self::ClusterWorkflowTemplate)
    }
}
