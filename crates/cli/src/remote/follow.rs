//! Follows a run on a cluster to its end, and shows and records what happens.

use std::sync::Arc;

use cluster::{ClusterError, LogOptions, LogUpdate, PodOfRun, Update};
use futures::StreamExt;
use jiff::Timestamp;
use runs::{Phase, RunEvent};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::unbounded_channel;
use tokio::sync::oneshot;

use crate::error::CommandError;
use crate::error::exit::Exit;
use crate::record::results;
use crate::remote::cluster_run::{ClusterRun, PICKED_UP};
use crate::render::going_on::how_to_go_on;
use crate::render::{runs as table, words};
use crate::settings::Settings;
use crate::terminal::end_of_run;
use crate::terminal::printer::Printer;
use crate::terminal::reporter::{Reporter, View};

/// Last lines to show of a failed task.
const LAST_LINES: i64 = 10;

/// Way to follow a run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Following {
    pub(crate) view: View,
    /// Says whether to show the output of the tasks as well.
    pub(crate) logs: bool,
}

/// Follows a run until it is over, or the user stops watching.
pub(crate) async fn follow(
    run: &mut ClusterRun,
    how: Following,
    settings: &Settings,
) -> Result<Exit, CommandError> {
    let mut reporter = Reporter::new(settings.printer, how.view);
    reporter.resume(&run.state);
    let result = watch(run, how, &mut reporter, settings).await;
    reporter.finish();
    match result? {
        FollowEnd::Interrupted => {
            settings.printer.important(&format!(
                "{} continues on the cluster. To watch it again: {} watch {}",
                run.record.name, settings.program, run.record.name
            ));
            Ok(Exit::Interrupted)
        }
        FollowEnd::Over => Ok(match run.state.phase {
            Phase::Succeeded => Exit::Success,
            _ => Exit::Failure,
        }),
    }
}

enum FollowEnd {
    Over,
    Interrupted,
}

async fn watch(
    run: &mut ClusterRun,
    how: Following,
    reporter: &mut Reporter,
    settings: &Settings,
) -> Result<FollowEnd, CommandError> {
    let printer = settings.printer;
    let (lines, mut shown) = unbounded_channel();
    let (over, is_over) = oneshot::channel::<()>();
    let mut logs = how.logs.then(|| {
        let (cluster, name) = (run.cluster.clone(), run.record.name.clone());
        tokio::spawn(async move {
            let options = LogOptions::default();
            let over = async {
                let _ = is_over.await;
            };
            cluster
                .follow_logs(&name, &options, |_| true, &lines, over)
                .await
        })
    });
    let cluster = run.cluster.clone();
    let mut updates = Box::pin(cluster.watch(&run.record.name));
    let mut polite_kill = signal(SignalKind::terminate())?;
    let unseen = tokio::time::sleep(PICKED_UP.unsigned_abs());
    let mut unseen = std::pin::pin!(unseen);
    let mut warned = false;
    let mut troubled = false;
    let ended = loop {
        tokio::select! {
            update = updates.next() => match update {
                Some(Ok(Update::Status(observed))) => {
                    if std::mem::take(&mut troubled) {
                        printer.say("the cluster answers again");
                    }
                    warned |= observed.status.phase.is_some();
                    let known = run.notes();
                    run.take_in(&observed, |at, event, state| reporter.show(at, event, state));
                    for note in run.notes().iter().filter(|note| !known.contains(*note)) {
                        printer.important(note);
                    }
                    if observed.status.is_final() {
                        break FollowEnd::Over;
                    }
                }
                Some(Ok(Update::Gone)) => {
                    run.lost();
                    break FollowEnd::Over;
                }
                Some(Ok(Update::Trouble(error))) => {
                    if !std::mem::replace(&mut troubled, true) {
                        printer.important(&format!("{error}; trying again until the cluster answers"));
                    }
                }
                Some(Err(error)) => return Err(error.into()),
                None => return Err(ClusterError::Api("the watch ended".to_owned()).into()),
            },
            Some(line) = shown.recv() => show_line(&line, run, reporter),
            result = async { logs.as_mut()?.await.ok() }, if logs.is_some() => {
                logs = None;
                say_why_not(result, printer);
            }
            () = &mut unseen, if !warned => {
                warned = true;
                printer.important(&run.not_picked_up());
            }
            _ = tokio::signal::ctrl_c() => break FollowEnd::Interrupted,
            _ = polite_kill.recv() => break FollowEnd::Interrupted,
        }
    };
    drop(over);
    if let (Some(logs), FollowEnd::Over) = (logs, &ended) {
        // The last output of the pods may still be on its way.
        let mut logs = std::pin::pin!(logs);
        loop {
            tokio::select! {
                Some(line) = shown.recv() => show_line(&line, run, reporter),
                result = &mut logs => {
                    say_why_not(result.ok(), printer);
                    break;
                }
                _ = tokio::signal::ctrl_c() => break,
            }
        }
        while let Ok(line) = shown.try_recv() {
            show_line(&line, run, reporter);
        }
    }
    Ok(ended)
}

/// Says why the output could not be followed, if so.
fn say_why_not(result: Option<Result<(), ClusterError>>, printer: Printer) {
    if let Some(Err(error)) = result {
        printer.important(&format!("cannot show the output of the tasks: {error}"));
    }
}

fn show_line(update: &LogUpdate, run: &ClusterRun, reporter: &mut Reporter) {
    let (pod, line, is_error) = match update {
        LogUpdate::Line { pod, line } => (pod, line.clone(), false),
        LogUpdate::Note { pod, text } => (pod, format!("({text})"), true),
    };
    let event = RunEvent::LogLine {
        task: task_of(pod, run),
        is_error,
        line,
    };
    reporter.show(Timestamp::now(), &event, &run.state);
}

/// Name of the task that a pod runs.
pub(crate) fn task_of(pod: &Arc<PodOfRun>, run: &ClusterRun) -> String {
    runs::task_name(&pod.path, &run.record.name)
}

/// Counts the tasks, says why some failed with their last output, and says how to continue.
pub(crate) async fn summarise(run: &ClusterRun, settings: &Settings) {
    let printer = settings.printer;
    show_last_lines(run, printer).await;
    printer.say("");
    end_of_run::show_tasks(&run.record.name, &run.state, &settings.program, printer);
    let taken = match (run.state.started, run.state.finished) {
        (Some(started), Some(finished)) => words::duration(words::between(started, finished)),
        _ => String::new(),
    };
    let why = table::why(&run.state);
    let why = why
        .map(|message| format!(" ({message})"))
        .unwrap_or_default();
    printer.say(&format!(
        "\n{} {} in {taken}{why}",
        run.record.name,
        table::phase(run.state.phase, run.state.message.as_deref())
    ));
    if run.state.phase == Phase::Succeeded {
        results::show(&run.written, printer);
    }
    results::show_mlflow(&run.written, printer);
    if run.state.phase != Phase::Succeeded {
        let left = words::count(run.state.outstanding().len(), "task");
        let how = how_to_go_on(&run.state, &run.going_on(&settings.program));
        printer.important(&format!("{left} left. {how}"));
    }
}

async fn show_last_lines(run: &ClusterRun, printer: Printer) {
    let failed: Vec<&String> = run
        .state
        .tasks
        .iter()
        .filter(|(_, task)| matches!(task.phase, Phase::Failed | Phase::Error))
        .map(|(name, _)| name)
        .collect();
    if failed.is_empty() {
        return;
    }
    let options = LogOptions {
        tail: Some(LAST_LINES),
        ..LogOptions::default()
    };
    let (sender, mut lines) = unbounded_channel();
    let wanted = |pod: &PodOfRun| {
        let task = runs::task_name(&pod.path, &run.record.name);
        failed.iter().any(|name| **name == task)
    };
    let read = run
        .cluster
        .logs(&run.record.name, &options, wanted, &sender)
        .await;
    drop(sender);
    let mut last = String::new();
    while let Ok(update) = lines.try_recv() {
        let (pod, text) = match &update {
            LogUpdate::Line { pod, line } => (pod, line.clone()),
            LogUpdate::Note { pod, text } => (pod, format!("({text})")),
        };
        if last != pod.path {
            last.clone_from(&pod.path);
            printer.important(&format!("\nlast lines of {}:", task_of(pod, run)));
        }
        printer.output(&format!("  {text}"));
    }
    say_why_not(Some(read.map(drop)), printer);
}
