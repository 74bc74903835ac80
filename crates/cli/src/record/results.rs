//! Places to which a run has written its datasets, from the notes of its tasks, here and in pods.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;

use project::Snapshot;
use runs::{Disk, Notes, Written};

use crate::error::CommandError;
use crate::render::path::shown;
use crate::render::words::count;
use crate::terminal::printer::Printer;

/// Longest name of a dataset, in characters, that widens the column of names.
const WIDEST: usize = 40;

/// Reads the notes of a run on this machine: the last write of each dataset, even if its data is
/// gone, in the order of writing. Warns of unreadable notes.
pub(crate) fn all_here(notes: &Path, printer: Printer) -> Result<Vec<Written>, CommandError> {
    let text = match fs_err::read_to_string(notes) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error.into()),
    };
    let Notes { written, unread } = Notes::read(&text);
    if unread > 0 {
        printer.important(&format!(
            "cannot read {} of {}, so results may be missing",
            count(unread, "line"),
            shown(notes)
        ));
    }
    Ok(Written::last(written))
}

/// Names the `MLflow` run of a run, if there is one.
pub(crate) fn show_mlflow(written: &[Written], printer: Printer) {
    if let Some(text) = written.iter().rev().find_map(mlflow_text) {
        printer.say(&text);
    }
}

/// Describes the `MLflow` run for programs: its id, the address of its page or its place, and why
/// it is not on the expected server.
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

/// Sorts datasets by the order of the pipeline.
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

/// Lists the results, if there are some.
pub(crate) fn show(written: &[Written], printer: Printer) {
    if let Some(text) = text(written) {
        printer.say(&text);
    }
}

fn text(written: &[Written]) -> Option<String> {
    let datasets: Vec<&Written> = written.iter().filter(|it| it.mlflow.is_none()).collect();
    let names = datasets.iter().map(|it| it.dataset.chars().count());
    let width = names.filter(|width| *width <= WIDEST).max().unwrap_or(0);
    let line = |it: &&Written| format!("  {:width$}  {}", it.dataset, place(it));
    let lines: Vec<String> = datasets.iter().map(line).collect();
    (!lines.is_empty()).then(|| format!("results:\n{}", lines.join("\n")))
}

/// Place of a dataset, as short as possible.
pub(crate) fn place(written: &Written) -> String {
    let path = &written.path;
    match written.disk {
        _ if written.stand_in.is_some() => {
            written.stand_in.as_deref().map(shown).unwrap_or_default()
        }
        _ if written.is_url() => path.clone(),
        None => shown(Path::new(path)),
        Some(Disk::Pod) => format!("{path} (on the pod's own disk: gone with the pod)"),
        Some(Disk::Volume) => format!("{path} (on a volume of the pod)"),
    }
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
        let folder = tempfile::tempdir().unwrap();
        let (notes, new) = (folder.path().join("notes"), folder.path().join("new.csv"));
        fs_err::write(&new, "").unwrap();
        let new = new.to_str().unwrap();
        let lines = [
            ("table", "/x/old.csv"),
            ("a_model", "s3://b/model"),
            ("gone", "/x/gone.csv"),
            ("table", new),
        ];
        let lines = lines
            .map(|(dataset, path)| serde_json::to_string(&written(dataset, path, None)).unwrap());
        fs_err::write(&notes, lines.join("\n")).unwrap();
        let expected = format!("results:\n  table    {new}\n  a_model  s3://b/model");
        let mut read = all_here(&notes, Printer::new(true)).unwrap();
        read.retain(Written::is_there);
        assert_eq!(text(&read), Some(expected));
        assert_eq!(text(&[]), None);
    }

    #[test]
    fn an_object_of_a_bucket_is_where_its_stand_in_is() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("model");
        let mut object = written("model", "s3://b/model", None);
        object.stand_in = Some(file.clone());
        assert!(!object.is_there());
        fs_err::write(&file, "").unwrap();
        assert!(object.is_there());
        assert_eq!(place(&object), file.display().to_string());
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
        let notes = Written::last(vec![
            run("/x", Some("cannot reach http://mlflow")),
            run(url, None),
        ]);
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
        let places: Vec<String> = [
            written("a", here, None),
            written("a", here, Some(Disk::Pod)),
            written("a", "/kept/a", Some(Disk::Volume)),
        ]
        .iter()
        .map(place)
        .collect();
        assert_eq!(
            places,
            [
                "a".to_owned(),
                format!("{here} (on the pod's own disk: gone with the pod)"),
                "/kept/a (on a volume of the pod)".to_owned(),
            ]
        );
    }
}
