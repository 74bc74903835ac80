use super::record::record;

record! {
    /// Results of a task that do not stop the workflow.
    pub struct ContinueOn {
        /// The task ended in an error.
        pub error: bool = "error",
        /// The task failed.
        pub failed: bool = "failed",
    }
}
