//! Display of a running run.

use std::collections::HashMap;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use jiff::Timestamp;
use owo_colors::OwoColorize;
use pod::for_terminal;
use runs::{Cause, Phase, RunEvent, RunState, TaskState};

use crate::render::words::LONGEST_NAME;
use crate::render::{runs as table, words};
use crate::terminal::printer::{Printer, for_messages, output};

/// Way to show events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum View {
    /// Progress, for users.
    Progress {
        /// Says whether to show the output of tasks too, each line with its task.
        logs: bool,
    },
    /// Each event as a line of JSON.
    Json,
}

/// Says why a task failed, in the words of the tables.
fn why(cause: Option<&Cause>, message: Option<&str>, task: Option<&TaskState>) -> String {
    let nodes = task.map_or(0, |task| task.nodes.len());
    let why = table::reason(cause, message, nodes);
    if why.is_empty() {
        "failed".to_owned()
    } else {
        why
    }
}

/// Says that a run, or a task of it, waits.
pub(crate) fn wait(task: Option<&str>, message: &str) -> String {
    match task {
        Some(task) => format!("… {task}  waits: {message}"),
        None => format!("… waits: {message}"),
    }
}

/// Lists what a running run waits for, one per line.
pub(crate) fn waits(state: &RunState) -> Vec<String> {
    if state.phase.is_final() {
        return Vec::new();
    }
    let run = state.message.iter().map(|message| wait(None, message));
    let tasks = state
        .tasks
        .iter()
        .filter(|(_, task)| task.phase == Phase::Pending);
    let tasks = tasks.filter_map(|(name, task)| {
        let message = task.message.as_ref()?;
        Some(wait(Some(name), message))
    });
    run.chain(tasks).collect()
}

/// Shows events.
pub(crate) struct Reporter {
    printer: Printer,
    view: View,
    bars: Option<Bars>,
    widest: usize,
}

struct Bars {
    all: MultiProgress,
    total: ProgressBar,
    running: HashMap<String, ProgressBar>,
}

impl Reporter {
    pub(crate) fn new(printer: Printer, view: View) -> Self {
        Self {
            printer,
            view,
            bars: None,
            widest: 0,
        }
    }

    /// Shows an event that is already recorded and in `state`.
    pub(crate) fn show(&mut self, at: Timestamp, event: &RunEvent, state: &RunState) {
        match self.view {
            View::Json => self.json(at, event),
            View::Progress { logs } => self.progress(event, state, logs),
        }
    }

    /// Repeats for programs how a run has ended.
    pub(crate) fn ended(&self, at: Timestamp, state: &RunState) {
        let (phase, message) = (state.phase, state.message.clone());
        if self.view == View::Json && phase.is_final() {
            self.json(at, &RunEvent::RunFinished { phase, message });
        }
    }

    /// Shows a note besides the events, to users only.
    pub(crate) fn note(&self, text: &str) {
        if self.view != View::Json {
            self.line(text);
        }
    }

    /// Continues the display of a run from its current state.
    pub(crate) fn resume(&mut self, state: &RunState) {
        self.widest = state.tasks.keys().map(String::len).max().unwrap_or(0);
        self.repeat_waits(state);
        if !state.tasks.is_empty() && self.view != View::Json {
            self.draw_bars(state);
        }
    }

    /// Draws the bars for the current state, in place of earlier ones.
    fn draw_bars(&mut self, state: &RunState) {
        if !self.printer.is_live() {
            return;
        }
        self.finish();
        let since = state
            .started
            .and_then(|started| Timestamp::now().duration_since(started).try_into().ok());
        let mut bars = Bars::new(state.tasks.len(), since.unwrap_or_default());
        for (name, task) in &state.tasks {
            match task.phase {
                Phase::Running => bars.start(name),
                phase if phase.is_final() => bars.total.inc(1),
                _ => {}
            }
        }
        self.bars = Some(bars);
    }

    /// Repeats what a run waits for: a new viewer has not seen the wait begin.
    fn repeat_waits(&mut self, state: &RunState) {
        if self.view == View::Json {
            return;
        }
        for text in waits(state) {
            self.line(&text);
        }
    }

    /// Removes the bars.
    pub(crate) fn finish(&mut self) {
        if let Some(bars) = self.bars.take() {
            let _ = bars.all.clear();
        }
    }

    fn json(&self, at: Timestamp, event: &RunEvent) {
        if let Ok(serde_json::Value::Object(mut line)) = serde_json::to_value(event) {
            line.insert("at".to_owned(), at.to_string().into());
            self.printer.json_line(&serde_json::Value::Object(line));
        }
    }

    fn progress(&mut self, event: &RunEvent, state: &RunState, logs: bool) {
        match event {
            RunEvent::RunStarted { tasks, .. } => {
                let names = tasks.iter().map(|task| task.name.len());
                self.widest = names.max().unwrap_or(0).min(LONGEST_NAME);
                self.draw_bars(state);
            }
            RunEvent::TaskStarted { task, .. } => match &mut self.bars {
                Some(bars) => bars.start(task),
                None => self.line(&format!("  {}  started", self.padded(task))),
            },
            RunEvent::LogLine { task, line, .. } if logs => {
                let task = format!("[{task}]");
                self.as_it_is(&format!("{} {}", task.dimmed(), output(line)));
            }
            RunEvent::LogLine { .. } | RunEvent::RunFinished { .. } => {}
            RunEvent::RunWaiting { message } => self.line(&match message {
                Some(message) => wait(None, message),
                None => "goes on".to_owned(),
            }),
            RunEvent::TaskWaiting { task, message } => {
                self.line(&wait(Some(&self.padded(task)), message));
            }
            RunEvent::AttemptFailed {
                task,
                message,
                cause,
                ..
            } => {
                let why = why(cause.as_ref(), message.as_deref(), state.tasks.get(task));
                let text = format!("{} {}  {why}, again", "↻".yellow(), self.padded(task));
                self.line(&text);
                if let Some(bars) = &mut self.bars {
                    bars.pause(task);
                }
            }
            RunEvent::TaskSkipped { task, message } => {
                let why = message.as_deref().unwrap_or_default();
                let text = format!("- {}  skipped  {why}", self.padded(task));
                self.line(&text.dimmed().to_string());
                if let Some(bars) = &mut self.bars {
                    bars.end(task);
                }
            }
            RunEvent::TaskFinished {
                task,
                phase,
                message,
                cause,
                ..
            } => {
                let taken = state.tasks.get(task).and_then(|task| {
                    Some(words::duration(words::between(
                        task.started?,
                        task.finished?,
                    )))
                });
                let taken = taken.unwrap_or_default();
                let text = match phase {
                    Phase::Succeeded => format!("{} {}  {taken}", "✓".green(), self.padded(task)),
                    _ => format!(
                        "{} {}  {taken}  {}",
                        "✗".red(),
                        self.padded(task),
                        why(cause.as_ref(), message.as_deref(), state.tasks.get(task)).red()
                    ),
                };
                self.line(&text);
                if let Some(bars) = &mut self.bars {
                    bars.end(task);
                }
            }
            RunEvent::TaskOmitted { task } => {
                let text = format!("- {}  not run", self.padded(task));
                self.line(&text.dimmed().to_string());
                if let Some(bars) = &mut self.bars {
                    bars.total.inc(1);
                }
            }
        }
    }

    fn padded(&self, task: &str) -> String {
        format!("{:width$}", words::short_name(task), width = self.widest)
    }

    fn line(&self, text: &str) {
        self.as_it_is(&self.printer.broken(text, "    "));
    }

    fn as_it_is(&self, text: &str) {
        match &self.bars {
            // Print lines above the bars, in the colours of the terminal.
            Some(bars) => {
                let _ = bars.all.println(for_messages(&for_terminal(text)));
            }
            None => self.printer.say_as_it_is(text),
        }
    }
}

impl Bars {
    /// `since`: time since the run began.
    fn new(tasks: usize, since: Duration) -> Self {
        let all = MultiProgress::with_draw_target(ProgressDrawTarget::stderr());
        let total = all.add(ProgressBar::new(tasks as u64).with_elapsed(since));
        if let Ok(style) = ProgressStyle::with_template("[{elapsed}] {bar:24} {pos}/{len} tasks") {
            total.set_style(style.progress_chars("━╸ "));
        }
        total.enable_steady_tick(Duration::from_millis(500));
        Self {
            all,
            total,
            running: HashMap::new(),
        }
    }

    fn start(&mut self, task: &str) {
        let bar = self
            .all
            .insert_before(&self.total, ProgressBar::new_spinner());
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}  {elapsed}") {
            bar.set_style(style);
        }
        bar.set_message(for_terminal(task).into_owned());
        bar.enable_steady_tick(Duration::from_millis(120));
        self.running.insert(task.to_owned(), bar);
    }

    fn end(&mut self, task: &str) {
        self.pause(task);
        self.total.inc(1);
    }

    fn pause(&mut self, task: &str) {
        if let Some(bar) = self.running.remove(task) {
            bar.finish_and_clear();
            self.all.remove(&bar);
        }
    }
}
