//! Report of a task's process on its end (`python/argo_kedro/worker/report.py`): no file if the task is done, the cause
//! if it failed.
//!
//! A process can end with 0 before the task is done: a node calls `os._exit(0)`, or execs another program. So the file
//! exists from the start, and only a worker that has run all nodes removes it.

use std::io;
use std::path::Path;

use runs::{Cause, private};

/// Maximum size of a report in bytes; Python cuts the repeated lines of a traceback.
const LARGEST: u64 = 16 << 20;
/// Kind of an unknown cause: the report cannot be read.
const UNREADABLE: &str = "unreadable_report";

/// Variable with the path of a task's report.
pub const VARIABLE: &str = "ARGO_KEDRO_REPORT";
/// Message of a task that failed although its process ended with 0.
pub const ENDED_EARLY: &str = "its process ended with exit code 0 before the task was finished; a node ended it, \
    e.g. with os._exit";
/// Text of a report before the task has written to it.
const NOT_DONE: &str = "not done";

/// Content of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Report {
    /// The process ended before the task wrote its report.
    NotDone,
    /// Cause of the failure.
    Failed(Box<Cause>),
}

/// Creates the report of a starting task.
pub fn begin(report: &Path) -> io::Result<()> {
    match std::fs::remove_file(report) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    if private::make(report, NOT_DONE)? {
        return Ok(());
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// Reads a report and removes it: it may contain secrets. None if there is no file: the task is done, or has no report.
pub fn take(report: &Path) -> Option<Report> {
    let cause = match private::take(report, LARGEST) {
        Ok(None) => return None,
        Ok(Some(text)) if text == NOT_DONE.as_bytes() => return Some(Report::NotDone),
        Ok(Some(text)) => serde_json::from_slice(&text).map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    };
    let cause = cause.unwrap_or_else(|error| Cause {
        kind: UNREADABLE.to_owned(),
        message: format!("it failed, but the file that tells why cannot be read: {error}"),
        ..Cause::default()
    });
    Some(Report::Failed(Box::new(cause)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_taken_away_whether_or_not_it_can_be_read() {
        let folder = tempfile::tempdir().unwrap();
        let report = folder.path().join("a.json");
        assert_eq!(take(&report), None);
        for (text, said) in [
            (r#"{"kind": "exception", "message": "x"}"#, "x"),
            (
                r#"{"kind": "exception", "message": "\udc80"}"#,
                "cannot be read: ",
            ),
            ("", "cannot be read: "),
        ] {
            fs_err::write(&report, text).unwrap();
            let Some(Report::Failed(cause)) = take(&report) else {
                panic!("it failed: {text}");
            };
            assert!(cause.message.contains(said), "{cause:?}");
            assert!(!report.exists());
        }
    }

    #[test]
    fn a_report_is_there_until_the_task_says_something() {
        let folder = tempfile::tempdir().unwrap();
        let report = folder.path().join("a.json");
        for _ in 0..2 {
            begin(&report).unwrap();
        }
        assert_eq!(take(&report), Some(Report::NotDone));
        assert_eq!(take(&report), None);
        begin(&report).unwrap();
        fs_err::remove_file(&report).unwrap();
        assert_eq!(take(&report), None);
        assert!(begin(&report.join("no folder")).is_err());
    }
}
