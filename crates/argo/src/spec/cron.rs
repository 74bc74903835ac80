use super::metadata::Metadata;
use super::record::record;
use super::workflow::WorkflowSpec;

record! {
    /// The time at which a workflow runs, and the workflow
    /// (`pkg/apis/workflow/v1alpha1/cron_workflow_types.go`).
    pub struct CronSpec {
        /// Cron expressions.
        pub schedules: Vec<String> = "schedules",
        /// IANA time zone of the expressions.
        pub timezone: Option<String> = "timezone",
        /// Policy for a new run when the last one has not ended.
        pub concurrency_policy: String = "concurrencyPolicy",
        /// Seconds by which a start may be late.
        pub starting_deadline_seconds: Option<i64> = "startingDeadlineSeconds",
        /// Number of runs that succeeded and are kept.
        pub successful_jobs_history_limit: Option<i64> = "successfulJobsHistoryLimit",
        /// Number of runs that failed and are kept.
        pub failed_jobs_history_limit: Option<i64> = "failedJobsHistoryLimit",
        /// Says whether it starts nothing; left out where it does, since `schedule suspend` sets it.
        pub suspend: bool = "suspend",
        /// Condition under which it stops starting runs.
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
    /// Condition under which a schedule stops.
    pub struct StopStrategy {
        /// An expression.
        pub expression: String = "expression",
    }
}
