//! Why a task failed, as its process left it (`python/argo_kedro/worker/report.py`).

use std::path::Path;

use runs::{Cause, private};

/// No report is as long: a traceback is cut by Python after its repeated lines.
const LARGEST: u64 = 16 << 20;
/// The kind of a cause that is not known, since the report cannot be read.
const UNREADABLE: &str = "unreadable_report";

/// Reads a report and takes it away: it may hold what must not stay. None if there is none.
pub fn take(report: &Path) -> Option<Cause> {
    let cause = match private::take(report, LARGEST) {
        Ok(None) => return None,
        Ok(Some(text)) => serde_json::from_slice(&text).map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    };
    Some(cause.unwrap_or_else(|error| Cause {
        kind: UNREADABLE.to_owned(),
        message: format!("it failed, and its report of why cannot be read: {error}"),
        ..Cause::default()
    }))
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
            let cause = take(&report).unwrap();
            assert!(cause.message.contains(said), "{cause:?}");
            assert!(!report.exists());
        }
    }
}
