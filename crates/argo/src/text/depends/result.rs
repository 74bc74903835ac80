//! Results that a task can be asked for.

/// A result that a task can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskResult {
    /// The task ended well.
    Succeeded,
    /// The task failed.
    Failed,
    /// The task could not be run.
    Errored,
    /// The `when` of the task was false.
    Skipped,
    /// The `depends` of the task was false.
    Omitted,
    /// The task is a daemon that has started.
    Daemoned,
    /// One item of the task succeeded.
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

    /// The word behind the point.
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

    /// The result that a word stands for.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|result| result.word() == word)
    }

    /// Says whether only a task with items has this result.
    pub fn is_of_items(self) -> bool {
        matches!(self, Self::AnySucceeded | Self::AllFailed)
    }
}
