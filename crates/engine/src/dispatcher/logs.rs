//! Output of a pod that has ended: kept as an artifact, or as the pod's last message.

use std::fs::File;
use std::io::{self, Read as _, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use argo::spec::{Template, WorkflowSpec};

use super::{Dispatcher, Record};
use crate::artifacts::Store;
use crate::containers;
use crate::files::{Lost, Read};
use crate::operate::{CallId, artifact};
use crate::own_command::runs_worker;
use pod::containers::MAIN;

/// Maximum size of a log's end that the kubelet takes, in bytes and lines (`pkg/kubelet/container/runtime.go`).
const MOST_BYTES: u64 = 2048;
const MOST_LINES: usize = 80;

/// The log of a pod that has ended.
#[derive(Debug)]
pub(super) struct LogAtEnd {
    path: PathBuf,
    /// Offset in the file at which the output of this pod begins.
    from: u64,
    /// Store that keeps the log, and the prefix of its key.
    store: Option<(Store, String)>,
    /// Set if the end of the log is the message of a failed pod.
    tells_why: bool,
}

impl<R: Record> Dispatcher<R> {
    /// Log of a pod, if the log is needed when the pod has ended.
    pub(super) fn log_at_end(&self, call: CallId, from: u64) -> Option<LogAtEnd> {
        let template = self.operation.template(call);
        // The logs of the run keep the output of Kedro nodes, and a report says why they failed.
        let mut containers = containers::of_template(template).into_iter();
        if containers.any(|known| runs_worker(&known.container)) {
            return None;
        }
        let is_kept = archives_logs(self.operation.spec(), template);
        let tells_why = falls_back_to_logs(template);
        (is_kept || tells_why).then(|| LogAtEnd {
            path: self.log(call),
            from,
            store: is_kept.then(|| {
                let prefix = self.prefix(&self.pod_name(call));
                (self.store.clone(), prefix)
            }),
            tells_why,
        })
    }
}

/// Says whether the logs of a template are artifacts (`IsArchiveLogs` of `workflow/controller/workflowpod.go`).
fn archives_logs(spec: &WorkflowSpec, template: &Template) -> bool {
    let location = template.archive_location.as_ref();
    let own = location.and_then(|location| location.get("archiveLogs")?.as_bool());
    own.or(spec.archive_logs) == Some(true)
}

/// Says whether the end of the log replaces a missing message of the only container.
fn falls_back_to_logs(template: &Template) -> bool {
    match &containers::of_template(template)[..] {
        [only] => {
            let policy = only.container.rest.get("terminationMessagePolicy");
            policy.and_then(|policy| policy.as_str()) == Some("FallbackToLogsOnError")
        }
        _ => false,
    }
}

impl LogAtEnd {
    /// Adds the log to the outputs of a pod. Blocks.
    pub(super) fn read(self, mut read: Read) -> Read {
        if self.tells_why && read.message.as_ref().is_none_or(String::is_empty) {
            // A log that cannot be read gives no message, as on a cluster.
            read.message = end(&self.path, self.from)
                .ok()
                .filter(|text| !text.is_empty());
        }
        if let Some((store, prefix)) = &self.store {
            let (name, file_name) = (format!("{MAIN}-logs"), format!("{MAIN}.log"));
            let saved = store.save_file(&name, (&self.path, self.from), &file_name, prefix);
            match saved {
                Ok(saved) => read.artifacts.push(artifact(&saved)),
                Err(error) => {
                    read.lost.get_or_insert_with(|| Lost::from(&error));
                }
            }
        }
        read
    }
}

/// End of a log, as much as the kubelet takes.
fn end(path: &Path, from: u64) -> io::Result<String> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    let start = from.max(length.saturating_sub(MOST_BYTES));
    file.seek(SeekFrom::Start(start))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    Ok(lines[lines.len().saturating_sub(MOST_LINES)..].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_log_is_what_this_try_has_printed_last() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        std::fs::write(&path, "first try\nsecond\ntry\n").unwrap();
        assert_eq!(end(&path, 10).unwrap(), "second\ntry\n");
        std::fs::write(&path, "line\n".repeat(100)).unwrap();
        assert_eq!(end(&path, 0).unwrap(), "line\n".repeat(80));
        std::fs::write(&path, "x".repeat(5000)).unwrap();
        assert_eq!(end(&path, 0).unwrap(), "x".repeat(2048));
        assert!(end(&folder.path().join("none"), 0).is_err());
    }
}
