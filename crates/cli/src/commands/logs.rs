use argo::spec::{PodGc, WorkflowSpec};
use clap::Args;
use cluster::{LogOptions, LogUpdate, PodOfRun, Update};
use futures::StreamExt;
use jiff::{SignedDuration, Timestamp};
use marks::TaskOutline;
use owo_colors::OwoColorize;
use regex::Regex;
use runs::{Phase, RunEvent, RunState, task_name};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::unbounded_channel;

use super::Result;
use crate::error::CommandError;
use crate::error::exit::Exit;
use crate::flags::age::age;
use crate::local::log_files::{LogFiles, while_it_goes_on};
use crate::record::chosen_tasks::tasks_of;
use crate::record::manifest::{self, outline_of};
use crate::record::store::Store;
use crate::remote::cluster_run::ClusterRun;
use crate::remote::connection::Connection;
use crate::remote::find::{FoundRun, find};
use crate::render::path::shown;
use crate::render::words;
use crate::settings::Settings;
use crate::terminal::printer::{Printer, output};
use crate::terminal::reporter::{wait, waits};

/// Show the output of a run's tasks
#[derive(Debug, Args)]
pub(crate) struct LogsArguments {
    /// The run: its name, the beginning of its name, or @latest
    #[arg(default_value = runs::LATEST)]
    run: String,

    /// Names of tasks or of Kedro nodes [default: all tasks]
    tasks: Vec<String>,

    #[command(flatten)]
    connection: Connection,

    /// Show new output until the run has ended
    #[arg(long, short)]
    follow: bool,

    /// Show only this number of last lines of each task
    #[arg(long, value_name = "LINES")]
    tail: Option<i64>,

    /// Show only output that is not older than this: 30s, 5m, 2h, or a number of seconds
    #[arg(long, value_name = "AGE", value_parser = since)]
    since: Option<SignedDuration>,

    /// Show only lines in which this regular expression matches
    #[arg(long, value_name = "PATTERN", value_parser = pattern)]
    grep: Option<Regex>,

    /// Container of the pods, e.g. init or wait, which are Argo's own [default: main]
    #[arg(long, value_name = "NAME")]
    container: Option<String>,

    /// Show the time before each line
    #[arg(long)]
    timestamps: bool,
}

/// Reads a regular expression. The last line of the parser's error has the reason.
fn pattern(text: &str) -> std::result::Result<Regex, String> {
    Regex::new(text).map_err(|error| {
        let said = error.to_string();
        let reason = said.lines().last().unwrap_or(&said);
        reason.trim_start_matches("error: ").to_owned()
    })
}

/// Reads an age, or a number of seconds.
fn since(text: &str) -> std::result::Result<SignedDuration, String> {
    match text.parse::<u32>() {
        Ok(seconds) => Ok(SignedDuration::from_secs(i64::from(seconds))),
        Err(_) => age(text).map_err(|_| {
            "write a number of seconds, or a number with a unit, for example 30s, 5m or 2h"
                .to_owned()
        }),
    }
}

/// Number of tasks that a message names.
const FEW: usize = 5;

pub(crate) async fn run(arguments: &LogsArguments, settings: &Settings) -> Result {
    let found = find(&arguments.run, &arguments.connection, settings).await;
    match found.map_err(|error| with_tasks_of_latest(error, arguments, settings))? {
        FoundRun::Here(found) => here(arguments, &found.record.name, settings).await,
        FoundRun::Cluster(run) => on_cluster(arguments, *run, settings).await,
    }
}

/// Extends an error if the word for a run names a task of the latest run.
fn with_tasks_of_latest(
    error: CommandError,
    arguments: &LogsArguments,
    settings: &Settings,
) -> CommandError {
    let latest = Store::open_anywhere(settings).and_then(|store| store.select(runs::LATEST));
    let Ok((record, state)) = latest else {
        return error;
    };
    let mut words = vec![arguments.run.clone()];
    words.extend(arguments.tasks.clone());
    let Ok(outline) = outline_of(&record) else {
        return error;
    };
    match tasks_of(&words, &state, &outline) {
        Ok(_) => error.hint(format!(
            "`{}` is a task or a node of the latest run: {} logs {} {}",
            arguments.run,
            settings.program,
            runs::LATEST,
            words.join(" ")
        )),
        Err(_) => error,
    }
}

/// Shows the output of a run here, which is in files.
async fn here(arguments: &LogsArguments, name: &str, settings: &Settings) -> Result {
    if arguments.container.is_some() || arguments.timestamps {
        return Err(CommandError::new(
            "this run is on this machine; --container and --timestamps are only for runs on a cluster",
        ));
    }
    let store = Store::open(settings)?;
    let (_, state) = store.select(name)?;
    let named = wanted(&arguments.tasks, &state, &[])?;
    let shown_here = ShownHere {
        many: named.as_ref().map_or(state.tasks.len(), Vec::len) > 1,
        grep: arguments.grep.as_ref(),
        printer: settings.printer,
    };
    let since = arguments.since.map(|age| Timestamp::now() - age);
    let all = |state: &RunState| -> Vec<String> {
        let tasks = || state.tasks.keys().cloned().collect();
        named.clone().unwrap_or_else(tasks)
    };
    let mut files = LogFiles::new(store.logs(name));
    let mut gone: Vec<String> = Vec::new();
    for task in all(&state) {
        if let Some(since) = since {
            files.skip_before(&task, since)?;
        }
        let Some(mut lines) = files.lines(&task)? else {
            let known = state.tasks.get(&task);
            if known.is_some_and(|known| known.attempts > 0) && files.is_lost(&task) {
                gone.push(task);
            }
            continue;
        };
        if !arguments.follow {
            lines.extend(files.rest(&task));
        }
        let tail = arguments
            .tail
            .map(|tail| usize::try_from(tail).unwrap_or(0));
        let skipped = tail.map_or(0, |tail| lines.len().saturating_sub(tail));
        for line in &lines[skipped..] {
            shown_here.show(&task, line);
        }
    }
    let gone: Vec<&str> = gone.iter().map(String::as_str).collect();
    if !gone.is_empty() {
        settings.printer.important(&format!(
            "the output of {} no longer exists: there is no file in {}",
            words::list(&gone),
            shown(&store.logs(name))
        ));
    }
    if !arguments.follow {
        return Ok(Exit::Success);
    }
    // A run that has not begun has no tasks on record, and tasks of loops appear while it runs.
    let mut tasks = all(&state);
    let history = store.history()?;
    let mut seen = None;
    let is_to_the_end = while_it_goes_on(&store, name, || {
        let last = history.last_event(name)?;
        if named.is_none() && seen.replace(last) != Some(last) {
            tasks = all(&store.load(name)?.1);
        }
        for task in &tasks {
            for line in files.lines(task)?.into_iter().flatten() {
                shown_here.among(tasks.len()).show(task, &line);
            }
        }
        Ok(())
    })
    .await?;
    for task in &tasks {
        if let Some(line) = files.rest(task) {
            shown_here.among(tasks.len()).show(task, &line);
        }
    }
    Ok(if is_to_the_end {
        Exit::Success
    } else {
        Exit::Interrupted
    })
}

/// Way to show lines of a run here.
#[derive(Clone, Copy)]
struct ShownHere<'a> {
    /// Says whether each line names its task.
    many: bool,
    /// Pattern of the lines that are shown; none for all.
    grep: Option<&'a Regex>,
    printer: Printer,
}

impl ShownHere<'_> {
    /// Gives the way to show lines of this many tasks.
    fn among(self, tasks: usize) -> Self {
        Self {
            many: self.many || tasks > 1,
            ..self
        }
    }

    fn show(self, task: &str, line: &str) {
        if self.grep.is_none_or(|grep| grep.is_match(line)) {
            print(self.printer, self.many, task, line);
        }
    }
}

async fn on_cluster(arguments: &LogsArguments, mut run: ClusterRun, settings: &Settings) -> Result {
    let there = run.refresh().await?;
    let wanted = wanted(&arguments.tasks, &run.state, &run.outline)?;
    let asked = LogRequest {
        many: wanted.as_ref().map_or(run.outline.len(), Vec::len) != 1,
        wanted,
        name: run.record.name.clone(),
        grep: arguments.grep.clone(),
        options: LogOptions {
            container: arguments.container.clone(),
            tail: arguments.tail,
            since: arguments.since.map(|age| age.as_secs().max(1)),
            timestamps: arguments.timestamps,
        },
    };
    for text in waits(&run.state) {
        settings.printer.important(&text);
    }
    if arguments.follow && !run.state.phase.is_final() {
        return follow(asked, run, settings).await;
    }
    show_available_output(asked, there, &run, settings).await
}

/// Request for the output of a run on a cluster.
#[derive(Clone)]
struct LogRequest {
    name: String,
    /// Tasks whose lines are shown; none for all.
    wanted: Option<Vec<String>>,
    /// Says whether each line names its task.
    many: bool,
    /// Pattern of the lines that are shown; none for all.
    grep: Option<Regex>,
    options: LogOptions,
}

impl LogRequest {
    fn is_wanted(&self, task: &String) -> bool {
        self.wanted
            .as_ref()
            .is_none_or(|wanted| wanted.contains(task))
    }

    fn is_pod_wanted(&self, pod: &PodOfRun) -> bool {
        self.is_wanted(&task_name(&pod.path, &self.name))
    }

    fn show(&self, update: &LogUpdate, settings: &Settings) {
        if let (Some(grep), LogUpdate::Line { line, .. }) = (&self.grep, update)
            && !grep.is_match(line)
        {
            return;
        }
        show(settings.printer, self.many, update, &self.name);
    }
}

/// Says which output is gone, and shows the rest.
async fn show_available_output(
    asked: LogRequest,
    there: bool,
    run: &ClusterRun,
    settings: &Settings,
) -> Result {
    let pods = run.cluster.pods(&asked.name).await?;
    let left: Vec<String> = pods
        .iter()
        .map(|pod| task_name(&pod.path, &asked.name))
        .collect();
    if let Some(text) = missing(&asked, &left, there, run)? {
        settings.printer.important(&text);
    }
    let (sender, mut lines) = unbounded_channel();
    let reading = {
        let (cluster, asked) = (run.cluster.clone(), asked.clone());
        tokio::spawn(async move {
            let wanted = |pod: &PodOfRun| asked.is_pod_wanted(pod);
            cluster
                .logs(&asked.name, &asked.options, wanted, &sender)
                .await
        })
    };
    while let Some(update) = lines.recv().await {
        asked.show(&update, settings);
    }
    reading
        .await
        .map_err(|error| CommandError::new(error.to_string()))??;
    Ok(Exit::Success)
}

/// Says what is known about missing output; `left` are the tasks whose pods still exist.
fn missing(
    asked: &LogRequest,
    left: &[String],
    there: bool,
    run: &ClusterRun,
) -> std::result::Result<Option<String>, CommandError> {
    let is_left = |task: &String| left.contains(task);
    let has_some = left.iter().any(|task| asked.is_wanted(task));
    if !there {
        let why = if has_some {
            "the Workflow was deleted, and its pods are being deleted"
        } else {
            "the Workflow and its pods were deleted"
        };
        return Ok(Some(format!("{}: {why}", asked.name)));
    }
    let ended = run.state.tasks.iter().filter(|(task, state)| {
        state.finished.is_some() && !is_left(task) && asked.is_wanted(task)
    });
    let gone: Vec<&str> = ended.map(|(task, _)| task.as_str()).collect();
    if gone.is_empty() {
        return Ok((!has_some).then(|| format!("{}: no task has started yet", asked.name)));
    }
    let which = match gone.len() {
        _ if !has_some && asked.wanted.is_none() => "all of its tasks".to_owned(),
        count if count > FEW => words::count(count, "task"),
        _ => gone.join(", "),
    };
    let manifest = manifest::read(&run.record)?;
    Ok(Some(format!(
        "{}: the output of {which} no longer exists, because its pods were deleted\n{}",
        asked.name,
        how_to_keep(manifest.workflow())
    )))
}

/// Says how to keep the output of later runs; `spec` shows why that of this run was lost.
fn how_to_keep(spec: &WorkflowSpec) -> String {
    if spec.archive_logs == Some(true) {
        return "hint: the cluster's artifact repository has the output (`archiveLogs`); see the run in Argo's \
            UI".to_owned();
    }
    let why = match &spec.pod_gc {
        Some(PodGc { strategy, .. }) => format!("this run deletes its pods {}", in_words(strategy)),
        None => "a retry deletes the old pods of the tasks that it runs again".to_owned(),
    };
    format!(
        "hint: {why}; to keep the pods of later runs for a day, set in argo.yml: \
         pod_gc: {{strategy: on_workflow_success, delete_delay: 24h}}"
    )
}

/// Puts a strategy into words: `when a workflow succeeds` for `OnWorkflowSuccess`.
fn in_words(strategy: &str) -> &str {
    match strategy {
        "OnPodCompletion" => "each when it ends",
        "OnPodSuccess" => "each when it succeeds",
        "OnWorkflowCompletion" => "when the workflow ends",
        "OnWorkflowSuccess" => "when the workflow succeeds",
        other => other,
    }
}

/// Shows the output so far and new output, until the run is over.
async fn follow(asked: LogRequest, mut run: ClusterRun, settings: &Settings) -> Result {
    let printer = settings.printer;
    if run.state.phase == Phase::Pending && run.state.message.is_none() {
        let note = format!(
            "{} has not started yet; its output will appear when it starts",
            asked.name
        );
        printer.say(&note);
    }
    let mut polite_kill = signal(SignalKind::terminate())?;
    let (sender, mut lines) = unbounded_channel();
    let cluster = run.cluster.clone();
    let over = until_over(&mut run, printer);
    let wanted = |pod: &PodOfRun| asked.is_pod_wanted(pod);
    let following = cluster.follow_logs(&asked.name, &asked.options, wanted, &sender, over);
    let mut following = std::pin::pin!(following);
    loop {
        tokio::select! {
            Some(update) = lines.recv() => asked.show(&update, settings),
            result = &mut following => {
                while let Ok(update) = lines.try_recv() {
                    asked.show(&update, settings);
                }
                result?;
                return Ok(Exit::Success);
            }
            _ = tokio::signal::ctrl_c() => return Ok(Exit::Interrupted),
            _ = polite_kill.recv() => return Ok(Exit::Interrupted),
        }
    }
}

/// Waits for the end of a run, and says what blocks it.
async fn until_over(run: &mut ClusterRun, printer: Printer) {
    let mut updates = Box::pin(run.cluster.watch(&run.record.name));
    let mut troubled = false;
    while let Some(update) = updates.next().await {
        match update {
            Ok(Update::Status(observed)) => {
                troubled = false;
                run.take_in(&observed, |_, event, _| say_wait(event, printer));
                if observed.status.is_final() {
                    return;
                }
            }
            Ok(Update::Gone) => return,
            Ok(Update::Trouble(error)) => {
                if !std::mem::replace(&mut troubled, true) {
                    printer.important(&format!("{error}; trying again until the cluster answers"));
                }
            }
            Err(error) => {
                printer.important(&error.to_string());
                return;
            }
        }
    }
}

/// Says what a run or a task waits for: until then there is no output.
fn say_wait(event: &RunEvent, printer: Printer) {
    match event {
        RunEvent::TaskWaiting { task, message } => {
            printer.important(&wait(Some(task), message));
        }
        RunEvent::RunWaiting {
            message: Some(message),
        } => printer.important(&wait(None, message)),
        _ => {}
    }
}

/// Tasks that the words mean. `None` means all tasks, even those that are not known yet.
fn wanted(
    words: &[String],
    state: &RunState,
    outline: &[TaskOutline],
) -> std::result::Result<Option<Vec<String>>, CommandError> {
    if words.is_empty() {
        return Ok(None);
    }
    tasks_of(words, state, outline).map(Some)
}

fn show(printer: Printer, many: bool, update: &LogUpdate, run: &str) {
    match update {
        LogUpdate::Line { pod, line } => print(printer, many, &task_name(&pod.path, run), line),
        LogUpdate::Note { pod, text } => {
            printer.important(&format!("{}: {text}", task_name(&pod.path, run)));
        }
    }
}

fn print(printer: Printer, many: bool, task: &str, line: &str) {
    let text = if many {
        format!("{} {}", format!("[{task}]").dimmed(), output(line))
    } else {
        output(line).into_owned()
    };
    printer.data(&format!("{text}\n"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_output_is_kept_depends_on_why_it_is_gone() {
        let hint = |spec: serde_json::Value| how_to_keep(&argo::spec::from_json(&spec).unwrap());
        let success = hint(serde_json::json!({"podGC": {"strategy": "OnWorkflowSuccess"}}));
        assert!(success.contains("when the workflow succeeds"), "{success}");
        assert!(success.contains("pod_gc: {strategy: on_workflow_success, delete_delay: 24h}"));
        let archived =
            hint(serde_json::json!({"archiveLogs": true, "podGC": {"strategy": "OnPodSuccess"}}));
        assert!(archived.contains("artifact repository") && !archived.contains("pod_gc"));
        assert!(hint(serde_json::json!({})).contains("a retry"));
    }
}
