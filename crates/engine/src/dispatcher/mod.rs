//! The loop that owns the state of a run: messages in, decisions and events out.
//!
//! It waits for nothing but its channels, and these hold a fixed number of messages: how tasks
//! stand in one, which comes first, and what they print in another. So a task that prints more
//! than anybody reads waits itself, and its end and the user's wishes still get through.

use std::collections::{BTreeSet, HashMap};
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::path::PathBuf;

use jiff::Timestamp;
use marks::TaskOutline;
use runs::{Cause, Phase, RunEvent, RunView, TaskView, Used, private};
use tokio::net::unix::pipe;
use tokio::sync::mpsc::{Sender, UnboundedReceiver, channel};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use crate::declared_files::{self, DeclaredFiles};
use crate::gpus::VISIBLE as VISIBLE_GPUS;
use crate::memory::{self, Watched};
use crate::message::{Ended, Message, Output};
use crate::operate::{Changes, End, Event, Operation};
use crate::resolve::Launch;
use crate::scheduler::Scheduler;
use crate::substitute::{Values, extend};
use crate::task_log::{self, Stream};
use crate::{Budget, Gpus, shortage, spawn};
use pod::report::{self, Report};

mod ending;
mod job;
mod record;
mod verdict;

pub use job::{EngineError, Isolation, Job};
pub use record::Record;
use verdict::{cannot_start, is_interrupt, verdict, why};

/// Messages that wait to be taken in.
const MESSAGES: usize = 64;
/// Lines that wait to be shown.
const LINES: usize = 256;

/// A task that runs.
#[derive(Debug, Default)]
struct Running {
    /// Which of all starts of the run this is.
    start: usize,
    pid: i32,
    /// Whether it is a fork of the worker, which then alone signals it.
    is_fork: bool,
    /// Whether it says in its report that it is done.
    reports: bool,
    /// Whether its start is on record.
    is_told: bool,
    open_streams: usize,
    ended: Option<Ended>,
    /// Told when it has ended.
    over: watch::Sender<bool>,
    /// Most bytes of memory that its processes were seen to hold together.
    held: u64,
    gpus: Gpus,
    /// The files that its outputs are read from.
    files: DeclaredFiles,
}

/// Runs a job to its end. `record` is told every event before anything else happens.
///
/// `interrupts` counts the user's wishes to end: at the first, tasks are told to end
/// and nothing more starts; at the second they are killed.
pub async fn run(
    job: Job,
    mut interrupts: UnboundedReceiver<()>,
    record: impl Record,
) -> Result<Phase, EngineError> {
    let (messages, mut told) = channel(MESSAGES);
    let (outputs, mut printed) = channel(LINES);
    if let Isolation::Fork(forks) = &job.isolation {
        forks.listen(messages.clone());
    }
    let mut dispatcher = Dispatcher::new(job, messages, outputs, record)?;
    dispatcher.begin()?;
    let result = loop {
        if let Err(error) = dispatcher.start_ready() {
            break Err(error);
        }
        if dispatcher.scheduler.running() == 0 {
            break Ok(());
        }
        let deadline = dispatcher.next_deadline();
        let step = tokio::select! {
            biased;
            Some(()) = interrupts.recv() => {
                dispatcher.interrupt();
                Ok(())
            }
            Some(message) = told.recv() => dispatcher.take_in(message),
            () = sleep_until(deadline) => dispatcher.time_is_up(),
            Some(output) = printed.recv() => dispatcher.take_output(output),
        };
        if let Err(error) = step {
            break Err(error);
        }
    };
    if let Err(error) = result {
        dispatcher.kill_all();
        return Err(error);
    }
    dispatcher.end()
}

struct Dispatcher<R> {
    job: Job,
    /// The status of the Workflow; nobody else changes it.
    operation: Operation,
    scheduler: Scheduler,
    running: HashMap<usize, Running>,
    globals: Values,
    messages: Sender<Message>,
    outputs: Sender<Output>,
    record: R,
    starts: usize,
    /// Whether a task could not start for want of something that others hold.
    is_short: bool,
    /// Tasks of which that has been told.
    waiting: BTreeSet<usize>,
    interrupted: usize,
    kill_at: Option<Instant>,
    give_up_at: Option<Instant>,
    free_gpus: Gpus,
    /// Whose memory is looked at.
    watched: watch::Sender<Vec<Watched>>,
}

impl<R: Record> Dispatcher<R> {
    fn new(
        job: Job,
        messages: Sender<Message>,
        outputs: Sender<Output>,
        record: R,
    ) -> Result<Self, EngineError> {
        let mut globals = job.resolved.globals.clone();
        let state = record.state();
        // What a finished init template handed on is read again; where it is gone, the template runs again.
        let mut lost = BTreeSet::new();
        for unit in &job.resolved.units {
            let known = state.tasks.get(&unit.name);
            if known.is_some_and(|task| task.phase == Phase::Succeeded)
                && !job.again.contains(&unit.name)
            {
                match declared_files::kept(unit, &job.outputs) {
                    Some(outputs) => extend(&mut globals, outputs),
                    None => {
                        lost.insert(unit.name.clone());
                    }
                }
            }
        }
        let operation = Operation::continued(
            job.resolved.workflow(),
            state,
            |task| job.again.contains(task),
            |task| lost.contains(task),
            Timestamp::now(),
        )?;
        let machine = Budget {
            gpus: job.gpus.count(),
            ..job.machine
        };
        let needs = job.resolved.units.iter().map(|unit| unit.needs);
        let mut scheduler = Scheduler::new(needs, machine);
        for units in declared_files::sharing(&job.resolved.units) {
            scheduler.keep_apart(&units);
        }
        let (watched, running) = watch::channel(Vec::new());
        tokio::spawn(memory::look(running, messages.clone()));
        Ok(Self {
            operation,
            scheduler,
            free_gpus: job.gpus.clone(),
            watched,
            running: HashMap::new(),
            globals,
            messages,
            outputs,
            record,
            starts: 0,
            is_short: false,
            waiting: BTreeSet::new(),
            interrupted: 0,
            kill_at: None,
            give_up_at: None,
            job,
        })
    }

    /// Begins the Workflow, and says which tasks it has and which of them will run now.
    fn begin(&mut self) -> Result<(), EngineError> {
        let now = Timestamp::now();
        let changes = self.operation.begin(now);
        let units = &self.job.resolved.units;
        let name = |index: &usize| units[*index].name.clone();
        let outline: Vec<TaskOutline> = units
            .iter()
            .map(|unit| TaskOutline {
                name: unit.name.clone(),
                nodes: unit.nodes.clone(),
                upstream: unit.upstream.iter().map(name).collect(),
                is_optional: false,
            })
            .collect();
        let status = self.operation.status();
        let view = RunView::new(&self.job.resolved.name, &outline, status);
        for (at, event) in runs::events(self.record.state(), &view, now) {
            self.tell(at, event)?;
        }
        for unit in changes.ready {
            self.scheduler.add(unit);
        }
        Ok(())
    }

    fn start_ready(&mut self) -> Result<(), EngineError> {
        while !self.is_short
            && let Some(index) = self.scheduler.next()
        {
            let unit = &self.job.resolved.units[index];
            let (mut launch, files) = match unit.launch(&self.globals) {
                Ok(mut launch) => {
                    self.operation.take_in(
                        index,
                        Event::Made(std::mem::take(&mut launch.inputs)),
                        Timestamp::now(),
                    );
                    let files = DeclaredFiles::prepare(unit, &mut launch, &self.job.outputs);
                    (launch, files)
                }
                Err(failure) => (Launch::default(), Err(std::io::Error::other(failure))),
            };
            let gpus = self.free_gpus.take(unit.needs.gpus);
            let common = self.job.environment.iter().cloned();
            launch.variables.splice(0..0, common);
            let report = self.report(index).into_os_string();
            launch.variables.push((report::VARIABLE.into(), report));
            if self.job.gpus.count() > 0 {
                // As in a pod, a task sees the GPUs that it asks for and no other.
                let own = launch.variable(VISIBLE_GPUS);
                let visible = gpus.variable(own.as_deref());
                launch.variables.push((VISIBLE_GPUS.into(), visible.into()));
            }
            self.starts += 1;
            let running = Running {
                start: self.starts,
                reports: launch.worker_words().is_some(),
                gpus,
                ..Running::default()
            };
            self.running.insert(index, running);
            let started = files.and_then(|files| {
                if let Some(running) = self.running.get_mut(&index) {
                    running.files = files;
                }
                self.start(index, &launch)
            });
            if let Err(error) = started {
                self.not_started(index, &error, cannot_start(&launch, &error))?;
            } else if !self.running[&index].is_fork {
                self.begin_told(index)?;
            }
        }
        Ok(())
    }

    fn start(&mut self, index: usize, launch: &Launch) -> io::Result<()> {
        shortage::look_for_room()?;
        let report = self.report(index);
        if launch.worker_words().is_some() {
            report::begin(&report)?;
        } else if report.exists() {
            std::fs::remove_file(&report)?;
        }
        let log = private::open_to_append(&self.log(index))?;
        let logs = (log.try_clone()?, log);
        if let (Isolation::Fork(forks), Some(words)) = (&self.job.isolation, launch.worker_words())
        {
            let (output, output_end) = stream()?;
            let (errors, errors_end) = stream()?;
            forks.start(index, words, launch, output_end, errors_end);
            self.follow(output, logs.0, index, false);
            self.follow(errors, logs.1, index, true);
            if let Some(running) = self.running.get_mut(&index) {
                running.is_fork = true;
            }
            return Ok(());
        }
        if let Some(keeper) = &mut self.job.keeper {
            keeper.announce(report.as_os_str());
        }
        let messages = self.messages.clone();
        let instead = match &self.job.isolation {
            Isolation::Apart(variables) if launch.worker_words().is_some() => Some(&variables[..]),
            _ => None,
        };
        let spawned = spawn::start(index, launch, &self.job.project, instead, messages)?;
        if let Some(stdout) = spawned.stdout {
            self.follow(stdout, logs.0, index, false);
        }
        if let Some(stderr) = spawned.stderr {
            self.follow(stderr, logs.1, index, true);
        }
        self.has_started(index, spawned.pid);
        Ok(())
    }

    fn follow(
        &mut self,
        output: impl tokio::io::AsyncRead + Unpin + Send + 'static,
        log: File,
        unit: usize,
        is_error: bool,
    ) {
        let Some(running) = self.running.get_mut(&unit) else {
            return;
        };
        running.open_streams += 1;
        let stream = Stream {
            unit,
            start: running.start,
            is_error,
            log,
            is_watched: self.job.is_watched,
            over: running.over.subscribe(),
        };
        let redactor = self.job.resolved.redactor.clone();
        let told = self.outputs.clone();
        tokio::spawn(task_log::follow(output, stream, redactor, told));
    }

    fn has_started(&mut self, index: usize, pid: i32) {
        if let Some(running) = self.running.get_mut(&index) {
            running.pid = pid;
            if let Some(keeper) = &mut self.job.keeper {
                keeper.add(pid);
            }
        }
        self.watch();
    }

    /// A task that cannot start waits for what others hold, where others run; otherwise that is
    /// its end.
    fn not_started(
        &mut self,
        index: usize,
        error: &io::Error,
        message: String,
    ) -> Result<(), EngineError> {
        self.leave(index);
        let wait = shortage::of(error).filter(|_| !self.running.is_empty());
        let Some(wait) = wait else {
            // What another try has left says nothing of this one.
            let _ = std::fs::remove_file(self.report(index));
            let end = End {
                phase: Phase::Error,
                message: Some(message),
                ..End::default()
            };
            return self.finish(index, end, Used::default(), None);
        };
        self.is_short = true;
        self.scheduler.put_back(index);
        if self.waiting.insert(index) {
            let message = format!("{wait}; the task starts when another task has ended");
            self.happens(index, Event::Waits(message), Used::default(), None)?;
        }
        Ok(())
    }

    fn take_in(&mut self, message: Message) -> Result<(), EngineError> {
        match message {
            Message::Started { unit, pid } => {
                self.has_started(unit, pid);
                self.begin_told(unit)
            }
            Message::Refused { unit, error } => {
                let message = format!("main: Error (exit code 64): {}", why(&error));
                self.not_started(unit, &error, message)
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
                if let Some(running) = self.running.get_mut(&unit) {
                    running.held = running.held.max(bytes);
                }
                Ok(())
            }
            Message::WorkerGone => Err(EngineError::WorkerGone),
        }
    }

    fn take_output(&mut self, output: Output) -> Result<(), EngineError> {
        match output {
            Output::Line {
                unit,
                is_error,
                line,
            } => {
                self.begin_told(unit)?;
                let task = self.job.resolved.units[unit].name.clone();
                let line = RunEvent::LogLine {
                    task,
                    is_error,
                    line,
                };
                self.tell(Timestamp::now(), line)
            }
            Output::Closed { unit, start } => {
                if let Some(running) = self.running.get_mut(&unit)
                    && running.start == start
                {
                    running.open_streams = running.open_streams.saturating_sub(1);
                }
                self.settle(unit)
            }
            Output::LogLost(error) => Err(EngineError::Io(error)),
        }
    }

    /// Puts the start of a task on record before anything else of it.
    fn begin_told(&mut self, index: usize) -> Result<(), EngineError> {
        match self.running.get_mut(&index) {
            Some(running) if !running.is_told => {
                running.is_told = true;
                self.happens(index, Event::Runs, Used::default(), None)
            }
            _ => Ok(()),
        }
    }

    /// Finishes a task whose process has ended and whose output is all there.
    fn settle(&mut self, index: usize) -> Result<(), EngineError> {
        let Some(running) = self.running.get(&index) else {
            return Ok(());
        };
        let held = Some(running.held).filter(|held| *held > 0);
        let Some(mut ended) = running.ended.filter(|_| running.open_streams == 0) else {
            return Ok(());
        };
        ended.peak_memory = ended.peak_memory.max(held);
        let reports = running.reports;
        let outputs = running.files.read();
        self.begin_told(index)?;
        self.leave(index);
        let report = self.take_report(index);
        let report_of_end = report.as_ref().filter(|_| reports);
        let is_stopped = self.interrupted > 0;
        let missing = outputs.as_ref().err();
        let (phase, message) = verdict(ended, report_of_end, missing, is_stopped);
        let mut end = End {
            phase,
            message,
            exit_code: ended.code.or(ended.signal.map(|_| 137)),
            ..End::default()
        };
        if let (Phase::Succeeded, Ok(outputs)) = (phase, outputs) {
            end.outputs = self.job.resolved.units[index].given(&outputs);
            extend(&mut self.globals, outputs);
        }
        let cause = match report {
            // What the stop itself raised in the task is not why it failed.
            Some(Report::Failed(cause)) if is_stopped && is_interrupt(&cause) => None,
            Some(Report::Failed(cause)) if phase != Phase::Succeeded => Some(*cause),
            _ => None,
        };
        let used = Used {
            peak_memory: ended.peak_memory,
            cpu_milliseconds: ended.cpu.and_then(|cpu| cpu.as_millis().try_into().ok()),
            milliseconds: None,
        };
        self.finish(index, end, used, cause)
    }

    /// Forgets a task that does not run any more.
    fn leave(&mut self, index: usize) {
        if let Some(running) = self.running.remove(&index) {
            self.free_gpus.give_back(running.gpus);
        }
        self.watch();
    }

    fn watch(&self) {
        let tasks = self.running.iter().filter(|(_, running)| running.pid > 0);
        let mut tasks: Vec<Watched> = tasks
            .map(|(index, running)| (*index, running.pid))
            .collect();
        tasks.sort_unstable();
        self.watched.send_replace(tasks);
    }

    /// Puts the end of a task on record, and of those that do not run for it; then others have their turn.
    fn finish(
        &mut self,
        index: usize,
        mut end: End,
        used: Used,
        cause: Option<Cause>,
    ) -> Result<(), EngineError> {
        self.is_short = false;
        let redactor = &self.job.resolved.redactor;
        end.message = end.message.map(|text| redactor.redact(&text));
        self.scheduler.finish(index);
        self.happens(index, Event::Ends(end), used, cause)
    }

    /// Takes something in, and tells what has changed by it.
    ///
    /// # Arguments
    ///
    /// * `used`, `cause`: What is known of the task and stands in no status.
    fn happens(
        &mut self,
        index: usize,
        event: Event,
        used: Used,
        mut cause: Option<Cause>,
    ) -> Result<(), EngineError> {
        let now = Timestamp::now();
        let Changes { changed, ready } = self.operation.take_in(index, event, now);
        for task in changed {
            let Some(node) = self.operation.node(task) else {
                continue;
            };
            let name = &self.job.resolved.units[task].name;
            let view = if task == index {
                TaskView::here(name, node, used, cause.take())
            } else {
                TaskView::here(name, node, Used::default(), None)
            };
            for (at, event) in runs::events_of_task(self.record.state(), &view, now) {
                self.tell(at, event)?;
            }
        }
        for task in ready {
            self.scheduler.add(task);
        }
        Ok(())
    }

    /// What the task says of its end; none where it is done, or says nothing.
    fn take_report(&self, index: usize) -> Option<Report> {
        let redactor = &self.job.resolved.redactor;
        Some(match report::take(&self.report(index))? {
            Report::Failed(cause) => Report::Failed(Box::new(redactor.redact_cause(*cause))),
            Report::NotDone => Report::NotDone,
        })
    }

    fn end(&mut self) -> Result<Phase, EngineError> {
        let now = Timestamp::now();
        self.operation.end(now);
        let view = RunView::without_tasks(self.operation.status());
        if let Some((at, event)) = runs::event_of_end(self.record.state(), &view, now) {
            self.tell(at, event)?;
        }
        Ok(view.phase)
    }

    fn tell(&mut self, at: Timestamp, event: RunEvent) -> Result<(), EngineError> {
        self.record.put(at, event).map_err(EngineError::Record)
    }

    fn log(&self, index: usize) -> PathBuf {
        self.job
            .logs
            .join(format!("{}.log", self.job.resolved.units[index].name))
    }

    fn report(&self, index: usize) -> PathBuf {
        self.job
            .logs
            .join(format!("{}.json", self.job.resolved.units[index].name))
    }
}

/// A pipe: the end to read here, and the end that a task writes to.
fn stream() -> io::Result<(pipe::Receiver, OwnedFd)> {
    let (sender, receiver) = pipe::pipe()?;
    Ok((receiver, sender.into_blocking_fd()?))
}
