//! The loop that owns the state of a run: messages in, decisions and events out.
//!
//! The loop waits only for its channels. Each channel holds a fixed number of messages: one has the states of tasks and
//! comes first, the other has printed lines. A task that prints faster than anybody reads blocks itself, while its end
//! and the user's requests still get through.

use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;
use std::time::Duration;

use argo::status::{NodeStatus, is_inside};
use jiff::Timestamp;
use runs::{Cause, Phase, RunEvent, RunView, Used};
use tokio::sync::mpsc::{Sender, UnboundedReceiver, channel};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use crate::artifacts::Store;
use crate::control_groups::ControlGroup;
use crate::files::{Files, Read, shared_paths};
use crate::launch::Part;
use crate::memory::{Watched, look};
use crate::message::{Message, Printed, ProcessEnd};
use crate::names::file_name;
use crate::operate::{CallId, Changes, End, Event, Operation, OwnLock};
use crate::own_command::runs_worker;
use crate::probe::Probe;
use crate::programs::Programs;
use crate::scheduler::{Ready, Scheduler};
use crate::surroundings::Surroundings;
use crate::{Budget, Gpus, containers, shortage};
use pod::report::{self, Report};

mod changes;
mod control;
mod ending;
mod job;
mod locks;
mod logs;
mod memory;
mod record;
mod resume;
mod starting;
mod verdict;

pub use job::{EngineError, Isolation, Job, MemoryLimits, Places};
pub use record::Record;
use verdict::{container_ends, exit_code, is_interrupt, verdict, why};

/// Number of messages that a channel holds.
const MESSAGES: usize = 64;
/// Number of printed lines that a channel holds.
const LINES: usize = 256;
/// Longest delay before a task's start is written to the record. A short task ends sooner, and one write then records
/// both.
const TOGETHER: Duration = Duration::from_millis(5);

/// Memory of a running pod.
#[derive(Debug, Default)]
struct Memory {
    /// Most memory that the task may hold, in bytes.
    limit: Option<u64>,
    /// Maximum that its processes held together, in bytes.
    held: u64,
    /// Set if the task was killed because it exceeded the limit.
    is_over: bool,
    /// Control group of the pod, if the kernel enforces the limit.
    group: Option<ControlGroup>,
}

/// Files of a running pod.
#[derive(Debug, Default)]
enum PodFiles {
    /// Pod without files of its own.
    #[default]
    None,
    /// Pod that has files of its own.
    Own(Box<Files>),
    /// Pod that has ended, while its files are read.
    Ending,
}

/// A running pod.
#[derive(Debug, Default)]
struct Running {
    /// Number of this start among all starts of the run.
    start: usize,
    pid: i32,
    /// Set for a fork of the worker: only the worker signals it.
    is_fork: bool,
    /// Set if the task has a report file, which it removes when it is done.
    reports: bool,
    /// Set once the start of the task is on record.
    is_start_recorded: bool,
    open_streams: usize,
    /// Offset in the log of the task at which its output begins.
    log_from: u64,
    ended: Option<ProcessEnd>,
    /// Standard output of the task, if something refers to it.
    result: Option<String>,
    /// Becomes true when the task has ended.
    over: watch::Sender<bool>,
    memory: Memory,
    gpus: Gpus,
    /// Number of tries of its containers, and the pause between two tries.
    tries: (u32, Duration),
    /// Containers to run; set while their artifacts are loaded.
    parts: Option<Vec<Part>>,
    files: PodFiles,
    /// Checks that have to pass before a daemon is ready.
    probes: Vec<Probe>,
    /// Time at which the task is killed; set once it was asked to end.
    kill_at: Option<Instant>,
}

/// Runs a job to its end. Before anything starts because of an end, that end is on `record`, and everything before it
/// is shown.
///
/// `interrupts` counts the user's requests to end: the first asks tasks to end and stops new starts, the second kills
/// them. `wakes` announces a request to the run from outside.
///
/// # Errors
///
/// The run cannot continue. The record has everything up to that point.
pub async fn run(
    job: Job,
    mut interrupts: UnboundedReceiver<()>,
    mut wakes: UnboundedReceiver<()>,
    record: impl Record,
) -> Result<Phase, EngineError> {
    let (messages, mut told) = channel(MESSAGES);
    let (outputs, mut printed) = channel(LINES);
    if let Isolation::Fork(forks) = &job.isolation {
        forks.listen(messages.clone());
    }
    let mut dispatcher = Dispatcher::new(job, messages, outputs, record)?;
    dispatcher.begin()?;
    dispatcher.take_requests()?;
    let mut gathered = 0;
    let result = loop {
        // One write records all messages that have arrived meanwhile.
        if gathered < MESSAGES
            && let Ok(message) = told.try_recv()
        {
            gathered += 1;
            match dispatcher.take_in(message) {
                Ok(()) => continue,
                Err(error) => break Err(error),
            }
        }
        gathered = 0;
        // Record an end at once, so that the task never runs again.
        let written = if dispatcher.is_urgent {
            dispatcher.commit()
        } else {
            Ok(())
        };
        let started = written.and_then(|()| dispatcher.start_ready());
        if let Err(error) = started {
            break Err(error);
        }
        if dispatcher.is_done() {
            break Ok(());
        }
        if let Some(keeper) = &mut dispatcher.job.keeper {
            keeper.tell();
        }
        let deadline = dispatcher.next_deadline();
        let pending_since = dispatcher.pending_since;
        let together = pending_since.map_or(deadline, |since| since + TOGETHER);
        let step = tokio::select! {
            biased;
            Some(()) = interrupts.recv() => dispatcher.interrupt(),
            Some(()) = wakes.recv() => dispatcher.take_requests(),
            Some(message) = told.recv() => dispatcher.take_in(message),
            () = sleep_until(together), if pending_since.is_some() => dispatcher.commit(),
            () = sleep_until(deadline) => dispatcher.time_is_up(),
            Some(output) = printed.recv() => dispatcher.take_output(output),
        };
        if let Err(error) = step {
            break Err(error);
        }
    };
    if let Err(error) = result {
        dispatcher.kill_all();
        // Report the first error, not one of the commit.
        let _ = dispatcher.commit();
        return Err(error);
    }
    dispatcher.end()
}

struct Dispatcher<R> {
    job: Job,
    /// Operation that alone changes the status of the Workflow.
    operation: Operation,
    scheduler: Scheduler,
    running: HashMap<CallId, Running>,
    messages: Sender<Message>,
    outputs: Sender<Printed>,
    record: R,
    starts: usize,
    /// Set if a task could not start because others hold a resource that it needs.
    is_short: bool,
    /// Tasks that were already reported as short of a resource.
    waiting: BTreeSet<CallId>,
    interrupted: usize,
    kill_at: Option<Instant>,
    give_up_at: Option<Instant>,
    free_gpus: Gpus,
    /// Processes whose memory is measured.
    watched: watch::Sender<Vec<Watched>>,
    /// Folders that every pod shares with this machine.
    kept: Vec<PathBuf>,
    /// Artifacts of the run.
    store: Store,
    programs: Programs,
    /// Time of the first change that is not on record yet.
    pending_since: Option<Instant>,
    /// Set if the changes have to be on record before anything else happens.
    is_urgent: bool,
    /// Locks of the run, as the record has them.
    own_locks: Vec<OwnLock>,
    /// Time of the last look at the locks of other runs.
    seen_locks: Instant,
}

impl<R: Record> Dispatcher<R> {
    fn new(
        mut job: Job,
        messages: Sender<Message>,
        outputs: Sender<Printed>,
        record: R,
    ) -> Result<Self, EngineError> {
        let now = Timestamp::now();
        let status = resume::status(&job, &record, now)?;
        let source = std::mem::take(&mut job.resolved.source);
        let operation = Operation::new(source, status, now).map_err(EngineError::Workflow)?;
        let machine = Budget {
            gpus: job.gpus.count(),
            ..job.machine
        };
        let (watched, running) = watch::channel(Vec::new());
        tokio::spawn(look(running, messages.clone()));
        Ok(Self {
            operation,
            scheduler: Scheduler::new(machine),
            free_gpus: job.gpus.clone(),
            watched,
            running: HashMap::new(),
            messages,
            outputs,
            record,
            starts: 0,
            is_short: false,
            waiting: BTreeSet::new(),
            interrupted: 0,
            kill_at: None,
            give_up_at: None,
            kept: vec![
                job.places.project.clone(),
                job.places.logs.clone(),
                job.places.pods.clone(),
            ],
            store: Store::new(&job.places.artifacts),
            programs: Programs::default(),
            pending_since: None,
            is_urgent: false,
            own_locks: Vec::new(),
            seen_locks: Instant::now(),
            job,
        })
    }

    /// Begins the Workflow, and reports its tasks and which of them run now.
    fn begin(&mut self) -> Result<(), EngineError> {
        let now = Timestamp::now();
        self.see_locks()?;
        let changes = self.operation.begin(now);
        self.record_beginning(now)?;
        self.act(changes);
        Ok(())
    }

    /// Tells whether the run is over.
    fn is_done(&mut self) -> bool {
        if !self.running.is_empty() {
            return false;
        }
        if self.operation.status().is_final() || self.interrupted > 0 {
            return true;
        }
        if self.job.is_alone && self.have_ended_alone() {
            return true;
        }
        if self.operation.is_stuck() {
            let reasons: Vec<String> = self
                .operation
                .reasons()
                .map(|(name, reason)| format!("{name}: {reason}"))
                .collect();
            let message = format!(
                "nothing more can run, and on a cluster the workflow would wait for ever: {}",
                reasons.join("; ")
            );
            self.operation.end_stuck(message, Timestamp::now());
            return true;
        }
        false
    }

    /// Says whether all tasks that run alone have ended.
    fn have_ended_alone(&self) -> bool {
        let nodes = &self.operation.status().nodes;
        let workflow = &self.job.resolved.name;
        let is_open = |node: &NodeStatus| {
            let label = runs::label(&node.name, workflow, &node.template_name);
            !node.phase.is_final() && self.job.again.contains(&label)
        };
        !nodes.values().any(is_open)
    }

    /// Says whether a pod runs at all. If selected tasks run alone, only their pods and those of the exit handler do.
    fn is_wanted(&self, call: CallId) -> bool {
        if !self.job.is_alone || self.operation.is_exit(call) {
            return true;
        }
        let task = self.task(call);
        let mut again = self.job.again.iter();
        again.any(|name| is_inside(&task, name))
    }

    /// Starts and ends pods.
    fn act(&mut self, changes: Changes) {
        for call in changes.start {
            if !self.is_wanted(call) {
                continue;
            }
            let template = self.operation.template(call);
            let around = self.surroundings();
            // The start of the pod reports an invalid patch.
            let containers = containers::of_pod(template, around);
            let containers = containers.unwrap_or_else(|_| containers::of_template(template));
            let runs_worker = containers.iter().any(|known| runs_worker(&known.container));
            let can_mount = self.job.places.can_mount;
            let ready = Ready {
                order: self.operation.order(call).to_vec(),
                needs: containers::budget(&containers).unwrap_or_default().needs,
                alone_with: shared_paths(template, runs_worker, &self.kept, can_mount),
            };
            self.scheduler.add(call, ready);
        }
        for call in changes.end {
            if self.running.contains_key(&call) {
                self.end_one(call);
            } else {
                self.scheduler.finish(call);
            }
        }
    }

    /// End of a task that runs no process; none for other tasks.
    fn stubbed(&self, call: CallId) -> Option<End> {
        if self.job.stubs.is_empty() {
            return None;
        }
        let name = self.operation.name(call);
        let attempt = argo::status::split_attempt(name).1;
        let node = self.operation.status().nodes.get(self.operation.id(call))?;
        let template = self.operation.template(call);
        let task = self.task(call);
        let shown = argo::status::split_attempt(&node.display_name).0;
        let names = [&*task, shown, template.name.as_str()];
        let stub = self.job.stubs.iter().find(|stub| stub.is_about(&names))?;
        let attempt = attempt.filter(|_| node.is_attempt()).unwrap_or_default();
        Some(stub.end(template, usize::try_from(attempt).unwrap_or_default()))
    }

    fn surroundings(&self) -> Surroundings<'_> {
        let resolved = &self.job.resolved;
        Surroundings {
            texts: &resolved.texts,
            patch: self.operation.patch(),
            values: self.operation.globals(),
            images: &self.job.images,
            in_images: self.job.isolation.container_engine().is_some(),
        }
    }

    fn take_in(&mut self, message: Message) -> Result<(), EngineError> {
        match message {
            Message::Started { unit, pid } => {
                self.has_started(unit, pid);
                self.begin_told(unit)
            }
            Message::Refused { unit, error } => {
                let end = End {
                    phase: Phase::Error,
                    message: Some(why(&error)),
                    ..End::default()
                };
                self.not_started(unit, shortage::of(&error), end)
            }
            Message::Loaded {
                unit,
                start,
                failed,
            } => self.loaded(unit, start, failed),
            Message::Ready { unit, start } => {
                let is_this = self.running.get(&unit).is_some_and(|it| it.start == start);
                if is_this {
                    self.happens(unit, Event::Ready, Used::default(), None)?;
                }
                Ok(())
            }
            Message::Read { unit, start, read } => {
                let is_this = self.running.get(&unit).is_some_and(|it| it.start == start);
                if is_this {
                    self.end_with(unit, *read)
                } else {
                    Ok(())
                }
            }
            Message::Ended { unit, ended } => {
                if let Some(running) = self.running.get_mut(&unit) {
                    running.ended = Some(ended);
                    running.over.send_replace(true);
                    if let Some(keeper) = &mut self.job.keeper {
                        keeper.remove(running.pid);
                    }
                }
                self.settle(unit)
            }
            Message::Holds { unit, bytes } => {
                self.holds(unit, bytes);
                Ok(())
            }
            Message::WorkerGone => Err(EngineError::WorkerGone),
        }
    }

    fn take_output(&mut self, output: Printed) -> Result<(), EngineError> {
        match output {
            Printed::Line {
                unit,
                is_error,
                line,
            } => {
                self.begin_told(unit)?;
                let line = RunEvent::LogLine {
                    task: self.task(unit),
                    is_error,
                    line,
                };
                self.record_event(Timestamp::now(), line)
            }
            Printed::Closed { unit, start, text } => {
                if let Some(running) = self.running.get_mut(&unit)
                    && running.start == start
                {
                    running.open_streams = running.open_streams.saturating_sub(1);
                    running.result = running.result.take().or(text);
                }
                self.settle(unit)
            }
            Printed::LogLost(error) => Err(EngineError::Io(error)),
        }
    }

    /// Reads the files of a task whose process has ended and whose output is complete, then finishes the task.
    fn settle(&mut self, call: CallId) -> Result<(), EngineError> {
        let Some(running) = self.running.get_mut(&call) else {
            return Ok(());
        };
        if running.ended.is_none() || running.open_streams > 0 {
            return Ok(());
        }
        let (start, from) = (running.start, running.log_from);
        let files = match std::mem::replace(&mut running.files, PodFiles::Ending) {
            PodFiles::Own(files) => Some(files),
            PodFiles::None => None,
            PodFiles::Ending => return Ok(()),
        };
        let log = self.log_at_end(call, from);
        if files.is_none() && log.is_none() {
            return self.end_with(call, Read::default());
        }
        let messages = self.messages.clone();
        tokio::task::spawn_blocking(move || {
            let read = files.map(|files| files.read()).unwrap_or_default();
            let read = Box::new(match log {
                Some(log) => log.read(read),
                None => read,
            });
            // Nobody receives the message after a fatal error of the run.
            let _ = messages.blocking_send(Message::Read {
                unit: call,
                start,
                read,
            });
        });
        Ok(())
    }

    /// Finishes a task whose files have been read.
    fn end_with(&mut self, call: CallId, mut read: Read) -> Result<(), EngineError> {
        let ended = self.running.get(&call).and_then(|running| running.ended);
        let Some(mut ended) = ended else {
            return Ok(());
        };
        let out_of_memory = self.judge_memory(call, &mut ended, &mut read);
        let Some(running) = self.running.get_mut(&call) else {
            return Ok(());
        };
        let reports = running.reports;
        let result = running.result.take();
        self.begin_told(call)?;
        self.leave(call);
        let report = self.take_report(call);
        let report_of_end = report.as_ref().filter(|_| reports);
        let is_stopped = self.interrupted > 0;
        let (phase, message) = if out_of_memory {
            let message = "main: OOMKilled (exit code 137)";
            (Phase::Failed, Some(message.to_owned()))
        } else {
            verdict(ended, report_of_end, &read, is_stopped)
        };
        let end = End {
            phase,
            message,
            result,
            exit_code: exit_code(ended, &read),
            parameters: read.parameters,
            artifacts: read.artifacts,
            containers: container_ends(read.ends.as_deref()),
        };
        let cause = match report {
            // An exception raised by the stop itself is no cause of the failure.
            Some(Report::Failed(cause)) if is_stopped && is_interrupt(&cause) => None,
            Some(Report::Failed(cause)) if phase != Phase::Succeeded => Some(*cause),
            _ => None,
        };
        let used = Used {
            peak_memory: ended.peak_memory,
            cpu_milliseconds: ended.cpu.and_then(|cpu| cpu.as_millis().try_into().ok()),
            milliseconds: None,
        };
        self.finish(call, end, used, cause)
    }

    /// Forgets a task that has ended.
    fn leave(&mut self, call: CallId) {
        if let Some(running) = self.running.remove(&call) {
            self.free_gpus.give_back(running.gpus);
            if let PodFiles::Own(files) = running.files {
                files.remove();
            }
        }
        self.watch();
    }

    fn watch(&self) {
        let tasks = self.running.iter().filter(|(_, running)| running.pid > 0);
        let mut tasks: Vec<Watched> = tasks.map(|(call, running)| (*call, running.pid)).collect();
        tasks.sort_unstable();
        self.watched.send_replace(tasks);
    }

    /// Records the end of a task and its consequences; then other tasks can start.
    fn finish(
        &mut self,
        call: CallId,
        mut end: End,
        used: Used,
        cause: Option<Cause>,
    ) -> Result<(), EngineError> {
        self.is_short = false;
        let redactor = &self.job.resolved.redactor;
        end.message = end.message.map(|text| redactor.redact(&text));
        self.scheduler.finish(call);
        self.happens(call, Event::Ends(Box::new(end)), used, cause)
    }

    /// Applies an event, and reports what it changes.
    ///
    /// # Arguments
    ///
    /// * `used`, `cause`: Facts about the task that no status holds.
    fn happens(
        &mut self,
        call: CallId,
        event: Event,
        used: Used,
        cause: Option<Cause>,
    ) -> Result<(), EngineError> {
        let now = Timestamp::now();
        self.see_locks()?;
        // Hold the record only while writing: other runs share it. A Kedro task takes a while, so record its start
        // before its nodes run.
        let is_kedros = self.running.get(&call).is_some_and(|it| it.reports);
        let can_wait = event.can_wait() && !is_kedros && !self.operation.uses_locks();
        let is_urgent = self.is_urgent || !can_wait;
        let changes = self.operation.take_in(call, event, now);
        self.record_changes(&changes, now, Some((call, used, cause)))?;
        self.is_urgent = is_urgent;
        self.act(changes);
        Ok(())
    }

    /// Takes the report of the task; none if the task is done, or wrote no report.
    fn take_report(&self, call: CallId) -> Option<Report> {
        let redactor = &self.job.resolved.redactor;
        Some(match report::take(&self.report(call))? {
            Report::Failed(cause) => Report::Failed(Box::new(redactor.redact_cause(*cause))),
            Report::NotDone => Report::NotDone,
        })
    }

    fn end(&mut self) -> Result<Phase, EngineError> {
        let now = Timestamp::now();
        let is_over = self.operation.status().is_final();
        self.operation.end_interrupted(now);
        let linked = self.operation.take_linked();
        // If the Workflow ended by itself, its other nodes are already on record.
        self.record.keep(is_over.then_some(&linked));
        self.put_locks()?;
        let view = RunView::without_tasks(self.operation.status());
        if let Some((at, event)) = runs::event_of_end(self.record.state(), &view, now) {
            self.record_event(at, event)?;
        }
        self.commit()?;
        Ok(view.phase)
    }

    fn commit(&mut self) -> Result<(), EngineError> {
        self.pending_since = None;
        self.is_urgent = false;
        self.record
            .commit(self.operation.status())
            .map_err(EngineError::Record)
    }

    fn log(&self, call: CallId) -> PathBuf {
        let name = file_name(&self.task(call));
        self.job.places.logs.join(format!("{name}.log"))
    }

    fn report(&self, call: CallId) -> PathBuf {
        let name = file_name(&self.task(call));
        self.job.places.logs.join(format!("{name}.json"))
    }
}
