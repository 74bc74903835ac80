//! Report of a task's process on its end (`python/argo_kedro/worker/report.py`): there is none where
//! the task is done, and why where it failed.
//!
//! A process can end with 0 before the task is done: a node calls `os._exit(0)`, or becomes
//! another program. So the file is there when the task starts, and only the worker that has run
//! all nodes takes it away.

use std::io;
use std::path::Path;

use runs::{Cause, private};

/// No report is as long: a traceback is cut by Python after its repeated lines.
const LARGEST: u64 = 16 << 20;
/// The kind of a cause that is not known, since the report cannot be read.
const UNREADABLE: &str = "unreadable_report";

/// Names, for a task, the file of its report.
pub const VARIABLE: &str = "ARGO_KEDRO_REPORT";
/// Message of a task that has failed although its process ended with 0.
pub const ENDED_EARLY: &str = "its process ended with exit code 0 before the task was finished; a node ended it, \
    e.g. with os._exit";
/// Text of a report until the task says something.
const NOT_DONE: &str = "not done";

/// Content of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Report {
    /// The process ended before the task could say anything.
    NotDone,
    /// Cause of the failure.
    Failed(Box<Cause>),
}

/// Makes the report of a task that starts.
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

/// Reads a report and takes it away: it may hold what must not stay. None if there is none: the
/// task is done, or has no report.
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
