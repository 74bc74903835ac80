use super::record::record;

record! {
    /// Failures of a task after which the others go on.
    pub struct ContinueOn {
        /// The task ended in an error.
        pub error: bool = "error",
        /// The task failed.
        pub failed: bool = "failed",
    }
}
