//! Results of tasks that `depends` can name.

/// A result of a task that `depends` can name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskResult {
    /// The task succeeded.
    Succeeded,
    /// The task failed.
    Failed,
    /// The task could not run.
    Errored,
    /// The `when` of the task was false.
    Skipped,
    /// The `depends` of the task was false.
    Omitted,
    /// The task is a daemon, and it has started.
    Daemoned,
    /// At least one item of the task succeeded.
    AnySucceeded,
    /// All items of the task failed.
    AllFailed,
}

impl TaskResult {
    /// Every result.
    pub const ALL: [Self; 8] = [
        Self::Succeeded,
        Self::Failed,
        Self::Errored,
        Self::Skipped,
        Self::Omitted,
        Self::Daemoned,
        Self::AnySucceeded,
        Self::AllFailed,
    ];

    /// The word after the point.
    pub fn word(self) -> &'static str {
        match self {
            Self::Succeeded => "Succeeded",
            Self::Failed => "Failed",
            Self::Errored => "Errored",
            Self::Skipped => "Skipped",
            Self::Omitted => "Omitted",
            Self::Daemoned => "Daemoned",
            Self::AnySucceeded => "AnySucceeded",
            Self::AllFailed => "AllFailed",
        }
    }

    /// The result that a word names.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|result| result.word() == word)
    }

    /// Says whether only a task with items has this result.
    pub fn is_of_items(self) -> bool {
        matches!(self, Self::AnySucceeded | Self::AllFailed)
    }
}
