use super::metadata::Metadata;
use super::record::record;
use super::workflow::WorkflowSpec;

record! {
    /// The workflow, and the times at which it runs (`pkg/apis/workflow/v1alpha1/cron_workflow_types.go`).
    pub struct CronSpec {
        /// Cron expressions.
        pub schedules: Vec<String> = "schedules",
        /// IANA time zone of the expressions.
        pub timezone: Option<String> = "timezone",
        /// Policy for a new run when the last one has not ended.
        pub concurrency_policy: String = "concurrencyPolicy",
        /// Seconds by which a run may start late.
        pub starting_deadline_seconds: Option<i64> = "startingDeadlineSeconds",
        /// Number of successful runs that the cluster keeps.
        pub successful_jobs_history_limit: Option<i64> = "successfulJobsHistoryLimit",
        /// Number of failed runs that the cluster keeps.
        pub failed_jobs_history_limit: Option<i64> = "failedJobsHistoryLimit",
        /// Says whether the schedule is paused. Not written if false, because `schedule suspend` sets it.
        pub suspend: bool = "suspend",
        /// Condition that ends the schedule.
        pub stop_strategy: Option<StopStrategy> = "stopStrategy",
        /// Expression that decides whether a run starts.
        pub when: String = "when",
        /// Labels and annotations of the runs.
        pub workflow_metadata: Option<Metadata> = "workflowMetadata",
        ..
        /// The workflow.
        pub workflow_spec: WorkflowSpec = "workflowSpec",
    }
}

record! {
    /// Condition that ends a schedule.
    pub struct StopStrategy {
        /// An expression.
        pub expression: String = "expression",
    }
}
