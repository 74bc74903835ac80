//! Runs a workflow here to its end, and shows and records it.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::Path;
use std::sync::atomic::Ordering;

use argo::status::WorkflowStatus;
use diagnostic::Diagnostic;
use engine::{
    ControlGroups, Images, Isolation, Job, Keeper, LocksOfOthers, MemoryLimits, OwnLock, Places,
    Remembered, Resolved, Stub,
};
use indexmap::{IndexMap, IndexSet};
use jiff::Timestamp;
use pod::{in_image, own_files};
use runs::{
    History, PendingChanges, Phase, Request, RunEvent, RunLock, RunRecord, RunRequest, RunState,
};

use crate::error::CommandError;
use crate::error::exit::Exit;
use crate::local::control::wakes;
use crate::local::environment::environment;
use crate::local::how::{How, RunOutput};
use crate::local::interrupts::interrupts;
use crate::local::like_a_pod::Pods;
use crate::local::locks;
use crate::local::machine::{about_gpus, about_limits};
use crate::local::made_of::Recorder;
use crate::local::summary::summarise;
use crate::notify;
use crate::record::store::Store;
use crate::render::diagnostics;
use crate::settings::Settings;
use crate::terminal::printer::Printer;
use crate::terminal::reporter::{Reporter, View};

/// File in a run's folder that lists the processes of tasks while the run lasts.
const TASKS: &str = "tasks";

/// A run that is ready to go.
pub(crate) struct Start<'a> {
    pub(crate) store: &'a Store,
    pub(crate) record: &'a RunRecord,
    pub(crate) lock: RunLock,
    pub(crate) resolved: Resolved,
    /// Recorded state of the run so far.
    pub(crate) state: RunState,
    /// Tasks that run again although they succeeded, with all tasks after them.
    pub(crate) again: BTreeSet<String>,
    /// Says whether the tasks in `again` run alone, without other failed tasks and without the tasks after them.
    pub(crate) is_alone: bool,
    /// Tasks that run no process, and how they end.
    pub(crate) stubs: Vec<Stub>,
    /// Commands of images, for containers that have none.
    pub(crate) images: Images,
    /// Records what tasks are made of; `None` for tasks for which that is unknown.
    pub(crate) made_of: Option<Recorder>,
}

impl<'a> Start<'a> {
    /// New run, with commands and processes as the Workflow has them.
    pub(crate) fn new(
        store: &'a Store,
        record: &'a RunRecord,
        lock: RunLock,
        resolved: Resolved,
    ) -> Self {
        Self {
            store,
            record,
            lock,
            resolved,
            state: RunState::default(),
            again: BTreeSet::new(),
            is_alone: false,
            stubs: Vec::new(),
            images: Images::default(),
            made_of: None,
        }
    }
}

/// End of a run.
pub(crate) struct RunEnd {
    pub(crate) state: RunState,
    pub(crate) exit: Exit,
}

/// Runs to the end, and shows and records what happens.
pub(crate) async fn go(
    start: Start<'_>,
    (isolation, pods): (Isolation, Option<Pods>),
    root: &Path,
    interpreter: Option<&Path>,
    how: &How,
    settings: &Settings,
) -> Result<RunEnd, CommandError> {
    let Start {
        store,
        record,
        lock,
        resolved,
        state,
        again,
        is_alone,
        stubs,
        images,
        made_of,
    } = start;
    let request = how.whom_to_tell_of(record)?;
    let priority = resolved.priority();
    let tasks = store.lock_tasks(&record.name, settings.printer).await?;
    let is_left = |task: &str| again.contains(task) || !(is_alone || has_succeeded(&state, task));
    let gpus = how.here.machine.gpus();
    let of_gpus = about_gpus(&resolved, gpus.count(), |unit| is_left(&unit.name));
    say_all(&of_gpus, settings.printer);
    let mut environment = environment(interpreter, store, &record.name, pods.as_ref())?;
    environment.extend(how.here.machine.hidden_gpus());
    let program = std::env::current_exe()?;
    let can_mount = can_mount(&resolved, &isolation, &program, settings.printer);
    let places = Places {
        has_project: interpreter.is_some(),
        program,
        can_mount,
        ..places(store, &record.name, root, pods.as_ref())
    };
    let keeper = keeper(&places, &store.run(&record.name), tasks)?;
    let alone: Vec<String> = again.iter().filter(|_| is_alone).cloned().collect();
    let job = Job {
        resolved,
        again,
        is_alone,
        isolation,
        machine: how.here.machine.budget(),
        gpus,
        places,
        images,
        environment,
        limits: memory_limits(how, settings.printer),
        stubs,
        is_watched: how.logs || how.output == RunOutput::Json,
        keeper: Some(keeper),
    };
    say_its_name(record, how.output, settings.printer);
    let mut reporter = Reporter::new(settings.printer, view(how));
    let history = store.history()?;
    let (interrupts, pressed) = interrupts(settings.printer)?;
    let mut recorder = RunRecorder {
        history,
        run: &record.name,
        status: history.status(&record.name)?,
        state,
        changes: PendingChanges::default(),
        pods: pods.as_ref(),
        reporter: &mut reporter,
        to_show: Vec::new(),
        holder: lock.id(),
        store,
        turn: (priority, record.created),
        program: &settings.program,
        ended_by: None,
        over_limits: IndexMap::new(),
        made_of,
        printer: settings.printer,
    };
    let running = Box::pin(engine::run(job, interrupts, wakes()?, &mut recorder));
    let mut late = notify::Late::default();
    let result = match &request {
        None => running.await,
        Some(request) => tokio::select! {
            result = running => result,
            never = late.tell(request, record, settings.printer) => match never {},
        },
    };
    let (state, ended_by, made_of) = (recorder.state, recorder.ended_by, recorder.made_of);
    let over_limits = about_limits(&recorder.over_limits);
    reporter.finish();
    result?;
    made_of.iter().for_each(Recorder::end);
    let lacked = pods.map(|pods| pods.end(&state));
    drop(lock);
    if how.output == RunOutput::Text {
        let by = ended_by.as_ref().map(|asked| &*asked.by);
        summarise(record, &state, by, store, settings);
        say_all(&over_limits, settings.printer);
    }
    say_what_pods_lack(&lacked.transpose()?.unwrap_or_default(), root, settings);
    let is_pressed = pressed.load(Ordering::Relaxed);
    // The exit handler on a cluster sends the same message.
    let notifies = !is_pressed && !ended_by.is_some_and(|it| it.request == Request::Terminate);
    if let Some(request) = request.filter(|_| notifies) {
        let ending = notify::ending_of_run(&request, record, &state, root, &settings.program);
        notify::tell(&request, &ending, &late.heard().await, settings.printer).await;
    }
    let exit = exit(&state, is_pressed, &alone);
    Ok(RunEnd { state, exit })
}

fn say_all(notes: &[String], printer: Printer) {
    for note in notes {
        printer.say(note);
    }
}

/// Removes the containers that a killed program of this run has left, and starts the program that ends the tasks if this
/// program is killed.
fn keeper(places: &Places, run: &Path, tasks: File) -> std::io::Result<Keeper> {
    in_image::remove_left_of_run(&places.pods)?;
    let notes = run.join(TASKS);
    Keeper::start(&places.program, &["keep"], &places.pods, &notes, tasks)
}

/// Decides what kills a task that holds more memory than its limit, and says so.
fn memory_limits(how: &How, printer: Printer) -> MemoryLimits {
    if !how.here.enforce_limits {
        return MemoryLimits::None;
    }
    let groups = ControlGroups::find();
    printer.say(match groups {
        Some(_) => "limits of memory: control groups of the kernel enforce them",
        None => "limits of memory: this program measures what tasks hold several times a second",
    });
    groups.map_or(MemoryLimits::Measured, MemoryLimits::Kernel)
}

/// Exit code of the program. A stop from another terminal does not count as an interrupt of this program.
///
/// # Arguments
///
/// * `alone`: Tasks that the user asked for alone, if any: only they count, and others may be left, or have failed.
fn exit(state: &RunState, is_interrupted: bool, alone: &[String]) -> Exit {
    let is_well = if alone.is_empty() {
        state.phase == Phase::Succeeded
    } else {
        alone.iter().all(|task| has_succeeded(state, task))
    };
    match is_well {
        _ if is_interrupted => Exit::Interrupted,
        true => Exit::Success,
        false => Exit::Failure,
    }
}

fn has_succeeded(state: &RunState, task: &str) -> bool {
    let task = state.tasks.get(task);
    task.is_some_and(|task| task.phase == Phase::Succeeded)
}

/// Records what happens, and shows it.
struct RunRecorder<'a> {
    history: &'a History,
    run: &'a str,
    /// Recorded status when the run began or was continued; `None` once anything is written.
    status: Option<WorkflowStatus>,
    state: RunState,
    /// Events and changes that are not recorded yet.
    changes: PendingChanges,
    pods: Option<&'a Pods>,
    reporter: &'a mut Reporter,
    /// Events to show as soon as they are recorded.
    to_show: Vec<(Timestamp, RunEvent)>,
    /// Id of this program among all programs that have worked on the run.
    holder: &'a str,
    store: &'a Store,
    /// Priority of the run, and its creation time: they order runs that want the same lock.
    turn: (i64, Timestamp),
    /// Words with which the user calls this program.
    program: &'a str,
    /// Request that stopped or terminated the run from another terminal.
    ended_by: Option<RunRequest>,
    /// Tasks that used more memory than a cluster allows: their peak and their limit, in bytes.
    over_limits: IndexMap<String, (u64, u64)>,
    made_of: Option<Recorder>,
    printer: Printer,
}

impl RunRecorder<'_> {
    /// Records what a task was made of. A failure only costs one more run of the task.
    fn note_made_of(&mut self, at: Timestamp, event: &RunEvent) {
        let Some(made_of) = &mut self.made_of else {
            return;
        };
        let noted = match event {
            RunEvent::TaskStarted { task, .. } => made_of.begins(task),
            RunEvent::TaskFinished {
                task,
                phase: Phase::Succeeded,
                ..
            } => made_of.ended_well(task, at),
            _ => Ok(()),
        };
        if let Err(error) = noted {
            self.printer.important(&format!(
                "cannot note what tasks are made of, so `run --only-stale` will run them: {error}"
            ));
            self.made_of = None;
        }
    }
}

fn say_what_pods_lack(lacked: &[Diagnostic], root: &Path, settings: &Settings) {
    if !lacked.is_empty() {
        let text = diagnostics::terminal(lacked, root, settings.printer.width_of_messages());
        settings
            .printer
            .important(&format!("\nnot in a pod:\n{text}"));
    }
}

impl engine::Record for &mut RunRecorder<'_> {
    fn state(&self) -> &RunState {
        &self.state
    }

    fn status(&self) -> Option<&WorkflowStatus> {
        self.status.as_ref()
    }

    fn keep(&mut self, changed: Option<&IndexSet<String>>) {
        self.changes.add_nodes(changed);
    }

    fn put(
        &mut self,
        at: Timestamp,
        mut event: RunEvent,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        if let Some(pods) = self.pods {
            pods.take_in(&mut event);
        }
        if !matches!(event, RunEvent::LogLine { .. }) {
            // The lock of the run keeps other programs from writing about it.
            self.changes.add(at, &event, &mut self.state);
        }
        self.note_made_of(at, &event);
        self.to_show.push((at, event));
        Ok(())
    }

    fn commit(
        &mut self,
        status: &WorkflowStatus,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let known = self.status.as_ref();
        self.history
            .put_changes(self.run, &mut self.changes, &self.state, status, known)?;
        self.history.put_together()?;
        // The status in memory is no longer the recorded one.
        self.status = None;
        for (at, event) in self.to_show.drain(..) {
            self.reporter.show(at, &event, &self.state);
        }
        Ok(())
    }

    fn exceeds(&mut self, task: &str, peak: u64, limit: u64) {
        let known = self.over_limits.entry(task.to_owned());
        let known = known.or_insert((peak, limit));
        if peak > known.0 {
            *known = (peak, limit);
        }
    }

    fn remember(
        &mut self,
        cache: &str,
        key: &str,
        result: &Remembered,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        self.history.gather()?;
        self.history.put_memo(cache, key, result)?;
        Ok(())
    }

    fn locks_of_others(
        &mut self,
    ) -> Result<LocksOfOthers, Box<dyn std::error::Error + Send + Sync>> {
        self.history.gather()?;
        locks::of_others((self.history, self.store), self.run, self.turn)
    }

    fn put_locks(
        &mut self,
        locks: &[OwnLock],
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        self.history.gather()?;
        locks::put(self.history, (self.run, self.holder), self.turn, locks)
    }

    fn requests(&mut self) -> Result<Vec<RunRequest>, Box<dyn std::error::Error + Send + Sync>> {
        let (history, run) = (self.history, self.run);
        let all = history.take_requests(run, self.holder, Timestamp::now())?;
        for asked in &all {
            if matches!(asked.request, Request::Stop | Request::Terminate) {
                self.ended_by = Some(asked.clone());
            }
            self.reporter
                .note(&request_message(asked, run, self.program));
        }
        Ok(all)
    }
}

/// Message in the run's terminal when another program sends the run a request.
fn request_message(asked: &RunRequest, run: &str, program: &str) -> String {
    let by = &asked.by;
    match &asked.request {
        Request::Stop => format!("{by} has stopped the run: its tasks are told to end"),
        Request::Terminate => {
            format!(
                "{by} has terminated the run: its tasks are told to end, and no exit handler runs"
            )
        }
        Request::Suspend => {
            format!("{by} has suspended the run. To continue: {program} resume {run}")
        }
        Request::Resume { nodes: None, .. } => format!("{by} has resumed the run"),
        Request::Resume { .. } => format!("{by} has resumed a suspended task"),
        Request::Refuse { .. } => format!("{by} has let a suspended task fail"),
        Request::Unknown => format!("{by} has asked for something that this version does not know"),
    }
}

/// Folders of a run.
fn places(store: &Store, run: &str, root: &Path, pods: Option<&Pods>) -> Places {
    let folder = store.run(run);
    Places {
        project: root.to_owned(),
        logs: store.logs(run),
        pods: folder.join("pods"),
        claims: pods.map_or_else(|| folder.join("claims"), Pods::claims),
        artifacts: folder.join("artifacts"),
        ..Places::default()
    }
}

/// Chooses the view of a run.
fn view(how: &How) -> View {
    match how.output {
        RunOutput::Json => View::Json,
        RunOutput::Text | RunOutput::Name => View::Progress { logs: how.logs },
    }
}

/// Says whether pods can have their own files; warns if some need them and cannot.
fn can_mount(resolved: &Resolved, isolation: &Isolation, program: &Path, printer: Printer) -> bool {
    if !resolved.declares_files || matches!(isolation, Isolation::InImages(_)) {
        return true;
    }
    match own_files::possible(program) {
        Ok(()) => true,
        Err(why) => {
            printer.say(&format!(
                "pods share the files of this machine, because {why}: other paths take the place of those that templates declare"
            ));
            false
        }
    }
}

/// Says that a run has no tasks left to run; gives programs its name and its end.
pub(crate) fn say_nothing_is_left(
    record: &RunRecord,
    state: &RunState,
    output: RunOutput,
    printer: Printer,
) {
    let name = &record.name;
    printer.say(&format!("run {name} succeeded; no task is left to run"));
    say_its_name(record, output, printer);
    if let (RunOutput::Json, Some(at)) = (output, state.finished) {
        Reporter::new(printer, View::Json).ended(at, state);
    }
}

/// Gives programs the name of a run that begins.
fn say_its_name(record: &RunRecord, output: RunOutput, printer: Printer) {
    match output {
        RunOutput::Text => {}
        RunOutput::Name => printer.data(&record.name),
        RunOutput::Json => printer.json_line(&serde_json::json!({
            "event": "run_named",
            "at": Timestamp::now().to_string(),
            "name": record.name,
            "uid": record.uid,
        })),
    }
}
