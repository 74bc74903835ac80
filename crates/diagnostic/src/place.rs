use serde::Serialize;

/// A part of one line of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Span {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// Length in characters; at least 1.
    pub length: usize,
}

impl Span {
    /// The first character of a file.
    pub const START: Self = Self {
        line: 1,
        column: 1,
        length: 1,
    };

    /// Place of a value that comes from no file.
    pub const NOWHERE: Self = Self {
        line: 0,
        column: 0,
        length: 0,
    };
}

/// The user's object that a finding is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "name")]
pub enum Subject {
    /// A Kedro node.
    Node(String),
    /// A Kedro dataset.
    Dataset(String),
    /// A parameter, without `params:`.
    Parameter(String),
    /// A registered pipeline.
    Pipeline(String),
    /// A task of the workflow.
    Task(String),
    /// A group of nodes that run in one task.
    Group(String),
    /// A machine type of `argo.yml`.
    MachineType(String),
    /// A Workflow, `WorkflowTemplate` or `CronWorkflow`.
    Workflow(String),
    /// A template of a workflow.
    Template(String),
}

impl Subject {
    /// The word for this kind of object, e.g. `dataset`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Node(_) => "node",
            Self::Dataset(_) => "dataset",
            Self::Parameter(_) => "parameter",
            Self::Pipeline(_) => "pipeline",
            Self::Task(_) => "task",
            Self::Group(_) => "group",
            Self::MachineType(_) => "machine type",
            Self::Workflow(_) => "workflow",
            Self::Template(_) => "template",
        }
    }

    /// Name of the object.
    pub fn name(&self) -> &str {
        match self {
            Self::Node(name)
            | Self::Dataset(name)
            | Self::Parameter(name)
            | Self::Pipeline(name)
            | Self::Task(name)
            | Self::Group(name)
            | Self::MachineType(name)
            | Self::Workflow(name)
            | Self::Template(name) => name,
        }
    }
}

/// Place of a finding: any of a file, a span in it, and an object.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Place {
    /// Path as the user would type it, relative to the project if possible.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Span in the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub span: Option<Span>,
    /// Path inside the document, e.g. `spec.templates[0].dag`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Object that the finding is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<Subject>,
}

impl Place {
    /// A place with only its object.
    pub fn of(subject: Subject) -> Self {
        Self {
            subject: Some(subject),
            ..Self::default()
        }
    }

    /// A span of a file.
    pub fn in_file(file: impl Into<String>, span: Span) -> Self {
        Self {
            file: Some(file.into()),
            span: Some(span),
            ..Self::default()
        }
    }

    /// Adds a file and a line.
    #[must_use]
    pub fn line(mut self, file: impl Into<String>, line: usize) -> Self {
        self.file = Some(file.into());
        self.span = Some(Span {
            line,
            column: 1,
            length: 1,
        });
        self
    }
}
