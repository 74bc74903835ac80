//! Schedules of `CronWorkflow`s.

use project::config::{ConcurrencyPolicy, Schedule};

use argo::spec::{CronSpec, WorkflowSpec};

/// Schedule of a `CronWorkflow`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cron {
    /// Name of the schedule in `argo.yml`, which becomes the end of the object's name; none for a schedule from the
    /// command line.
    pub name: Option<String>,
    /// Cron expressions; at least one.
    pub schedules: Vec<String>,
    /// IANA time zone; UTC if none.
    pub timezone: Option<String>,
    /// Policy for a start while the last run is still running.
    pub concurrency_policy: ConcurrencyPolicy,
    /// Seconds by which a run may start late.
    pub starting_deadline_seconds: Option<u32>,
    /// Number of successful runs that the cluster keeps.
    pub successful_history: Option<u32>,
    /// Number of failed runs that the cluster keeps.
    pub failed_history: Option<u32>,
    /// Says whether the schedule is paused.
    pub suspend: bool,
}

impl Cron {
    /// A schedule of `argo.yml`, with its name.
    pub fn of(name: &str, schedule: &Schedule) -> Self {
        Self {
            name: Some(name.to_owned()),
            schedules: schedule.cron.all().to_vec(),
            timezone: schedule.timezone.clone(),
            concurrency_policy: schedule.concurrency_policy,
            starting_deadline_seconds: schedule.starting_deadline_seconds,
            successful_history: schedule.successful_history,
            failed_history: schedule.failed_history,
            suspend: schedule.suspend,
        }
    }

    /// The spec of the object that runs a workflow on this schedule.
    pub(super) fn spec(&self, workflow_spec: WorkflowSpec) -> CronSpec {
        CronSpec {
            schedules: self.schedules.clone(),
            timezone: self.timezone.clone(),
            concurrency_policy: self.concurrency_policy.as_argo().to_owned(),
            starting_deadline_seconds: self.starting_deadline_seconds.map(Into::into),
            successful_jobs_history_limit: self.successful_history.map(Into::into),
            failed_jobs_history_limit: self.failed_history.map(Into::into),
            suspend: self.suspend,
            workflow_spec,
            ..CronSpec::default()
        }
    }
}
