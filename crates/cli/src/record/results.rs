//! Where a run has written what it makes: as its tasks have noted it, here and in pods.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use engine::Redactor;
use project::Snapshot;
use runs::{Disk, Written};

use crate::error::CommandError;
use crate::record::store::shown;
use crate::terminal::printer::Printer;

/// The variable that tells the tasks where to note it (`python/argo_kedro/results.py`).
pub(crate) const VARIABLE: &str = "ARGO_KEDRO_RESULTS";
/// Bytes that a task may say of it on a cluster: the status of all tasks is one object, which has a limit.
const LONGEST: usize = 8 << 10;

/// What a run on this machine has noted: of each dataset what was written last, and is there. It is in the order in which
/// the datasets were written.
pub(crate) fn here(notes: &Path) -> Result<Vec<Written>, CommandError> {
    let mut written = all_here(notes)?;
    written.retain(|written| written.mlflow.is_some() || is_there(&written.path));
    Ok(written)
}

/// The same, and what is there no more.
pub(crate) fn all_here(notes: &Path) -> Result<Vec<Written>, CommandError> {
    let text = match fs_err::read_to_string(notes) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error.into()),
    };
    Ok(last(Written::read(&text), |_| true))
}

/// Says which `MLflow` run a run is, if it is one.
pub(crate) fn show_mlflow(written: &[Written], printer: Printer) {
    if let Some(text) = written.iter().rev().find_map(mlflow_text) {
        printer.say(&text);
    }
}

/// The `MLflow` run for programs: its id, the address of its page or the place that has it, and why it is not where it
/// should be.
pub(crate) fn mlflow_json(written: Option<&Written>) -> serde_json::Value {
    let Some((written, mlflow)) = written.and_then(|it| Some((it, it.mlflow.as_ref()?))) else {
        return serde_json::Value::Null;
    };
    let mut json = serde_json::json!({"run": mlflow.run, "url": written.path});
    if let Some(problem) = &mlflow.problem {
        json["problem"] = problem.as_str().into();
    }
    json
}

fn mlflow_text(written: &Written) -> Option<String> {
    let (path, mlflow) = (&written.path, written.mlflow.as_ref()?);
    let place = if path.starts_with("http") {
        path.clone()
    } else {
        format!("run {} in {path}", mlflow.run)
    };
    Some(match &mlflow.problem {
        Some(problem) => format!("mlflow: {problem}; what the run logged is kept as {place}"),
        None => format!("mlflow: {place}"),
    })
}

/// The same, in the order of the pipeline.
pub(crate) fn in_order(mut written: Vec<Written>, snapshot: &Snapshot) -> Vec<Written> {
    let order: BTreeMap<&str, usize> = snapshot
        .nodes
        .iter()
        .flat_map(|node| &node.outputs)
        .map(String::as_str)
        .zip(0..)
        .collect();
    written.sort_by_key(|written| order.get(&*written.dataset).copied());
    written
}

/// Says where the results are, if there are some.
pub(crate) fn show(written: &[Written], printer: Printer) {
    if let Some(text) = text(written) {
        printer.say(&text);
    }
}

fn text(written: &[Written]) -> Option<String> {
    let datasets = written.iter().filter(|it| it.mlflow.is_none());
    let lines = datasets.map(line).collect::<Vec<_>>();
    (!lines.is_empty()).then(|| format!("results:\n{}", lines.join("\n")))
}

fn line(written: &Written) -> String {
    format!("  {}  {}", written.dataset, place(written))
}

/// Where a dataset is, as short as it can be said here.
pub(crate) fn place(written: &Written) -> String {
    let path = &written.path;
    match written.disk {
        _ if is_url(path) => path.clone(),
        None => shown(Path::new(path)),
        Some(Disk::Pod) => format!("{path} (on the pod's own disk: gone with the pod)"),
        Some(Disk::Volume) => format!("{path} (on a volume of the pod)"),
    }
}

fn last(written: Vec<Written>, is_there: impl Fn(&str) -> bool) -> Vec<Written> {
    let mut found: Vec<Written> = Vec::new();
    for written in written {
        match found
            .iter_mut()
            .find(|known| known.dataset == written.dataset)
        {
            Some(known) => *known = written,
            None => found.push(written),
        }
    }
    found.retain(|written| written.mlflow.is_some() || is_there(&written.path));
    found
}

/// What a task in a container has noted, for the output of its template: without secrets, and with the disks on which
/// files are. Nothing if it has written nothing that has a path.
pub(crate) fn of_container(notes: &Path, redactor: &Redactor) -> String {
    let text = match fs_err::read_to_string(notes) {
        Ok(text) => text,
        Err(error) => {
            if error.kind() != ErrorKind::NotFound {
                let _ = writeln!(std::io::stderr(), "cannot tell where results are: {error}");
            }
            return String::new();
        }
    };
    let root = device(Path::new("/"));
    let written = last(Written::read(&text), is_there).into_iter();
    let lines = written.filter_map(|written| {
        let is_file = written.mlflow.is_none() && !is_url(&written.path);
        let disk = is_file.then(|| {
            if device(Path::new(&written.path)) == root {
                Disk::Pod
            } else {
                Disk::Volume
            }
        });
        serde_json::to_string(&Written { disk, ..written }).ok()
    });
    let lines: Vec<String> = lines.map(|line| redactor.redact(&line) + "\n").collect();
    let mut length = 0;
    let fit = lines.iter().take_while(|line| {
        length += line.len();
        length <= LONGEST
    });
    let fit = fit.count();
    if fit < lines.len() {
        let _ = writeln!(
            std::io::stderr(),
            "`status` shows {fit} of the {} datasets that this task has written: the others do not fit into the Workflow",
            lines.len()
        );
    }
    lines[..fit].concat()
}

fn is_url(path: &str) -> bool {
    path.contains("://")
}

fn is_there(path: &str) -> bool {
    is_url(path) || Path::new(path).exists()
}

fn device(path: &Path) -> Option<u64> {
    std::fs::metadata(path).ok().map(|file| file.dev())
}

#[cfg(test)]
mod tests {
    use runs::MlflowRun;

    use super::*;

    fn written(dataset: &str, path: &str, disk: Option<Disk>) -> Written {
        Written {
            task: String::new(),
            dataset: dataset.to_owned(),
            path: path.to_owned(),
            disk,
            ..Written::default()
        }
    }

    #[test]
    fn of_each_dataset_what_was_written_last_and_is_there_is_shown() {
        let notes = [
            ("table", "/x/old.csv"),
            ("model", "s3://b/model"),
            ("gone", "/x/gone.csv"),
            ("table", "/x/new.csv"),
        ];
        let notes = notes.map(|(dataset, path)| written(dataset, path, None));
        let last = last(notes.to_vec(), |path| path != "/x/gone.csv");
        let expected = "results:\n  table  /x/new.csv\n  model  s3://b/model";
        assert_eq!(text(&last).as_deref(), Some(expected));
        assert_eq!(text(&[]), None);
    }

    #[test]
    fn an_mlflow_run_is_no_result() {
        let run = |path: &str, problem: Option<&str>| Written {
            mlflow: Some(MlflowRun {
                run: "ab".to_owned(),
                problem: problem.map(str::to_owned),
            }),
            ..written("", path, None)
        };
        let url = "http://mlflow/#/experiments/1/runs/ab";
        let notes = last(
            vec![
                run("/x", Some("cannot reach http://mlflow")),
                run(url, None),
            ],
            |_| false,
        );
        assert_eq!((notes.len(), text(&notes)), (1, None));
        let said = |run: &Written| mlflow_text(run).unwrap();
        assert_eq!(said(&notes[0]), format!("mlflow: {url}"));
        assert_eq!(
            said(&run("sqlite:///x", None)),
            "mlflow: run ab in sqlite:///x"
        );
        let here = run("file:///x", Some("cannot reach http://mlflow"));
        assert_eq!(
            said(&here),
            "mlflow: cannot reach http://mlflow; what the run logged is kept as run ab in file:///x"
        );
        let json = mlflow_json(Some(&notes[0]));
        assert_eq!(json, serde_json::json!({"run": "ab", "url": url}));
        assert_eq!(mlflow_json(None), serde_json::Value::Null);
    }

    #[test]
    fn a_path_in_a_pod_says_on_which_disk_it_is() {
        let here = std::env::current_dir().unwrap().join("a");
        let here = here.to_str().unwrap();
        let lines: Vec<String> = [
            written("a", here, None),
            written("a", here, Some(Disk::Pod)),
            written("a", "/kept/a", Some(Disk::Volume)),
        ]
        .iter()
        .map(line)
        .collect();
        assert_eq!(
            lines,
            [
                "  a  a".to_owned(),
                format!("  a  {here} (on the pod's own disk: gone with the pod)"),
                "  a  /kept/a (on a volume of the pod)".to_owned(),
            ]
        );
    }

    #[test]
    fn a_container_says_no_secret_and_not_more_than_fits() {
        let folder = tempfile::tempdir().unwrap();
        let notes = folder.path().join("results.jsonl");
        let redactor = Redactor::new(["hunter2"].into_iter());
        assert_eq!(of_container(&notes, &redactor), "");
        let there = folder.path().join("there");
        fs_err::write(&there, "").unwrap();
        let mut lines = vec![
            written("a", "s3://hunter2/a", None),
            written("gone", "/no/such/file", None),
            written("there", there.to_str().unwrap(), None),
        ];
        lines.extend((0..500).map(|number| written(&format!("d{number}"), "s3://b/d", None)));
        let text: Vec<String> = lines
            .iter()
            .map(|line| serde_json::to_string(line).unwrap())
            .collect();
        fs_err::write(&notes, text.join("\n")).unwrap();
        let said = of_container(&notes, &redactor);
        assert!(said.len() <= LONGEST);
        let read = Written::read(&said);
        assert!(read.len() > 100 && read.len() < 500);
        assert_eq!(read[0], written("a", "s3://***/a", None));
        assert_eq!((&*read[1].dataset, read[1].disk.is_some()), ("there", true));
        assert_eq!(read[2], written("d0", "s3://b/d", None));
    }
}
