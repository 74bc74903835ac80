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

use runs::{Cause, Phase, RunEvent, TaskInfo, Used, private};
use tokio::net::unix::pipe;
use tokio::sync::mpsc::{Sender, UnboundedReceiver, channel};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use crate::declared_files::{self, DeclaredFiles};
use crate::gpus::VISIBLE as VISIBLE_GPUS;
use crate::memory::{self, Watched};
use crate::message::{Ended, Message, Output};
use crate::resolve::Launch;
use crate::scheduler::Scheduler;
use crate::substitute::{Values, extend};
use crate::task_log::{self, Stream};
use crate::{Budget, Gpus, shortage, spawn};
use pod::report::{self, Report};

mod ending;
mod job;
mod verdict;

pub use job::{EngineError, Isolation, Job};
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
    record: impl FnMut(RunEvent) -> Result<(), Box<dyn std::error::Error + Send + Sync>>,
) -> Result<Phase, EngineError> {
    let (messages, mut told) = channel(MESSAGES);
    let (outputs, mut printed) = channel(LINES);
    if let Isolation::Fork(forks) = &job.isolation {
        forks.listen(messages.clone());
    }
    let mut dispatcher = Dispatcher::new(job, messages, outputs, record);
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
    failures: usize,
    errors: usize,
    interrupted: usize,
    kill_at: Option<Instant>,
    give_up_at: Option<Instant>,
    free_gpus: Gpus,
    /// Whose memory is looked at.
    watched: watch::Sender<Vec<Watched>>,
}

impl<R> Dispatcher<R>
where
    R: FnMut(RunEvent) -> Result<(), Box<dyn std::error::Error + Send + Sync>>,
{
    fn new(mut job: Job, messages: Sender<Message>, outputs: Sender<Output>, record: R) -> Self {
        let mut globals = job.resolved.globals.clone();
        // What a finished init template handed on is read again; where it is gone, the template runs again.
        for unit in &job.resolved.units {
            if job.done.contains(&unit.name) {
                match declared_files::kept(unit, &job.outputs) {
                    Some(outputs) => extend(&mut globals, outputs),
                    None => job.done.retain(|name| *name != unit.name),
                }
            }
        }
        let tasks: Vec<_> = job
            .resolved
            .units
            .iter()
            .map(|unit| {
                (
                    unit.upstream.clone(),
                    unit.needs,
                    job.done.contains(&unit.name),
                )
            })
            .collect();
        let machine = Budget {
            gpus: job.gpus.count(),
            ..job.machine
        };
        let mut scheduler = Scheduler::new(&tasks, machine);
        for units in declared_files::sharing(&job.resolved.units) {
            scheduler.keep_apart(&units);
        }
        let (watched, running) = watch::channel(Vec::new());
        tokio::spawn(memory::look(running, messages.clone()));
        Self {
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
            failures: 0,
            errors: 0,
            interrupted: 0,
            kill_at: None,
            give_up_at: None,
            job,
        }
    }

    fn begin(&mut self) -> Result<(), EngineError> {
        let units = &self.job.resolved.units;
        let name = |index: &usize| units[*index].name.clone();
        let tasks = units
            .iter()
            .map(|unit| TaskInfo {
                name: unit.name.clone(),
                nodes: unit.nodes.clone(),
                upstream: unit.upstream.iter().map(name).collect(),
            })
            .collect();
        let outstanding = units
            .iter()
            .filter(|unit| !self.job.done.contains(&unit.name))
            .map(|unit| unit.name.clone())
            .collect();
        self.tell(RunEvent::RunStarted { tasks, outstanding })
    }

    fn start_ready(&mut self) -> Result<(), EngineError> {
        while !self.is_short
            && let Some(index) = self.scheduler.next()
        {
            let unit = &self.job.resolved.units[index];
            let (mut launch, files) = match unit.launch(&self.globals) {
                Ok(mut launch) => {
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
            self.tell_start(index)?;
            return self.finish(index, Phase::Error, Some(message), Ended::default(), None);
        };
        self.is_short = true;
        self.scheduler.put_back(index);
        if self.waiting.insert(index) {
            let task = self.job.resolved.units[index].name.clone();
            let message = format!("{wait}; the task starts when another task has ended");
            self.tell(RunEvent::TaskWaiting { task, message })?;
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
                self.tell(RunEvent::LogLine {
                    task,
                    is_error,
                    line,
                })
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
                self.tell_start(index)
            }
            _ => Ok(()),
        }
    }

    fn tell_start(&mut self, index: usize) -> Result<(), EngineError> {
        let task = self.job.resolved.units[index].name.clone();
        self.tell(RunEvent::TaskStarted {
            task,
            attempt: None,
        })
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
        if let (Phase::Succeeded, Ok(outputs)) = (phase, outputs) {
            extend(&mut self.globals, outputs);
        }
        let cause = match report {
            // What the stop itself raised in the task is not why it failed.
            Some(Report::Failed(cause)) if is_stopped && is_interrupt(&cause) => None,
            Some(Report::Failed(cause)) if phase != Phase::Succeeded => Some(*cause),
            _ => None,
        };
        self.finish(index, phase, message, ended, cause)
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

    fn finish(
        &mut self,
        index: usize,
        phase: Phase,
        message: Option<String>,
        ended: Ended,
        cause: Option<Cause>,
    ) -> Result<(), EngineError> {
        let task = self.job.resolved.units[index].name.clone();
        self.is_short = false;
        match phase {
            Phase::Succeeded => {}
            Phase::Error => self.errors += 1,
            _ => self.failures += 1,
        }
        self.tell(RunEvent::TaskFinished {
            task,
            attempt: None,
            phase,
            message: message.map(|text| self.job.resolved.redactor.redact(&text)),
            exit_code: ended.code.or(ended.signal.map(|_| 137)),
            used: Used {
                peak_memory: ended.peak_memory,
                cpu_milliseconds: ended.cpu.and_then(|cpu| cpu.as_millis().try_into().ok()),
                milliseconds: None,
            },
            cause,
        })?;
        for omitted in self.scheduler.finish(index, phase == Phase::Succeeded) {
            let task = self.job.resolved.units[omitted].name.clone();
            self.tell(RunEvent::TaskOmitted { task })?;
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
        let (phase, message) = if self.interrupted > 0 {
            (Phase::Failed, Some("stopped".to_owned()))
        } else if self.failures > 0 {
            (Phase::Failed, None)
        } else if self.errors > 0 {
            (Phase::Error, None)
        } else {
            (Phase::Succeeded, None)
        };
        self.tell(RunEvent::RunFinished { phase, message })?;
        Ok(phase)
    }

    fn tell(&mut self, event: RunEvent) -> Result<(), EngineError> {
        (self.record)(event).map_err(EngineError::Record)
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
