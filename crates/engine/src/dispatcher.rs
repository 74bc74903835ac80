//! The loop that owns the state of a run: messages in, decisions and events out.

use std::collections::HashMap;
use std::io;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::time::Duration;

use runs::{Cause, Phase, RunEvent, TaskInfo};
use rustix::process::Signal;
use tokio::net::unix::pipe;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use crate::gpus::VISIBLE as VISIBLE_GPUS;
use crate::memory::{self, Watched};
use crate::resolve::{Launch, Resolved};
use crate::scheduler::Scheduler;
use crate::substitute::Values;
use crate::{Budget, Forks, Gpus, report, spawn, task_log};

/// How long a task may take to end when it is told to; the cluster's default grace.
const GRACE: Duration = Duration::from_secs(30);
/// How long the output of a task that has ended is waited for.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// How tasks are kept apart.
#[derive(Debug)]
pub enum Isolation {
    /// Each is a fork of a warm worker, where its command is argo-kedro's own.
    Fork(Forks),
    /// Each is a fresh process.
    Spawn,
}

/// What to run, and where.
#[derive(Debug)]
pub struct Job {
    /// The workflow.
    pub resolved: Resolved,
    /// Names of the tasks that have succeeded before.
    pub done: Vec<String>,
    /// How tasks are kept apart.
    pub isolation: Isolation,
    /// What the machine has, its GPUs aside.
    pub machine: Budget,
    /// The GPUs it has.
    pub gpus: Gpus,
    /// Folder of the project.
    pub project: PathBuf,
    /// Folder for logs and reports, one file each a task.
    pub logs: PathBuf,
    /// Variables of every task beside this process' own; a container's come on top.
    pub environment: Vec<(String, String)>,
}

/// Why a run could not go on.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// An event could not be put on record.
    #[error("cannot put on record what happens in the run")]
    Record(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A pipe, a file or a signal handler could not be made.
    #[error("cannot run tasks here")]
    Io(#[from] io::Error),
    /// The warm worker is gone.
    #[error("the worker that runs the tasks is gone")]
    WorkerGone,
}

/// How a task's process ended.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) signal: Option<i32>,
    pub(crate) peak_memory: Option<u64>,
}

/// What the dispatcher is told.
#[derive(Debug)]
pub(crate) enum Message {
    Started {
        unit: usize,
        pid: i32,
    },
    Line {
        unit: usize,
        is_error: bool,
        line: String,
    },
    Closed {
        unit: usize,
    },
    Ended {
        unit: usize,
        ended: Ended,
    },
    /// All its processes together hold so many bytes of memory now.
    Holds {
        unit: usize,
        bytes: u64,
    },
    LogLost(io::Error),
    WorkerGone,
}

/// A task that runs.
#[derive(Debug, Default)]
struct Running {
    pid: i32,
    open_streams: usize,
    ended: Option<Ended>,
    last_words_until: Option<Instant>,
    /// Most bytes of memory that its processes were seen to hold together.
    held: u64,
    gpus: Gpus,
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
    let (sender, mut messages) = unbounded_channel();
    if let Isolation::Fork(forks) = &job.isolation {
        forks.listen(sender.clone());
    }
    let mut dispatcher = Dispatcher::new(job, sender, record);
    dispatcher.begin()?;
    let result = loop {
        if let Err(error) = dispatcher.start_ready().await {
            break Err(error);
        }
        if dispatcher.scheduler.running() == 0 {
            break Ok(());
        }
        let deadline = dispatcher.next_deadline();
        let step = tokio::select! {
            message = messages.recv() => match message {
                Some(message) => dispatcher.take_in(message),
                None => Err(EngineError::WorkerGone),
            },
            Some(()) = interrupts.recv() => {
                dispatcher.interrupt().await;
                Ok(())
            }
            () = sleep_until(deadline) => dispatcher.time_is_up().await,
        };
        if let Err(error) = step {
            break Err(error);
        }
    };
    if let Err(error) = result {
        dispatcher.kill_all().await;
        return Err(error);
    }
    dispatcher.end()
}

struct Dispatcher<R> {
    job: Job,
    scheduler: Scheduler,
    running: HashMap<usize, Running>,
    globals: Values,
    sender: UnboundedSender<Message>,
    record: R,
    failures: usize,
    errors: usize,
    interrupted: usize,
    kill_at: Option<Instant>,
    free_gpus: Gpus,
    /// Whose memory is looked at.
    watched: watch::Sender<Vec<Watched>>,
}

impl<R> Dispatcher<R>
where
    R: FnMut(RunEvent) -> Result<(), Box<dyn std::error::Error + Send + Sync>>,
{
    fn new(job: Job, sender: UnboundedSender<Message>, record: R) -> Self {
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
        let (watched, running) = watch::channel(Vec::new());
        tokio::spawn(memory::look(running, sender.clone()));
        Self {
            scheduler: Scheduler::new(&tasks, machine),
            free_gpus: job.gpus.clone(),
            watched,
            running: HashMap::new(),
            globals: job.resolved.globals.clone(),
            sender,
            record,
            failures: 0,
            errors: 0,
            interrupted: 0,
            kill_at: None,
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
        // What a finished init template handed on is read again.
        let done: Vec<usize> = (0..units.len())
            .filter(|index| self.job.done.contains(&units[*index].name))
            .collect();
        for index in done {
            let _ = self.read_outputs(index);
        }
        self.tell(RunEvent::RunStarted { tasks, outstanding })
    }

    async fn start_ready(&mut self) -> Result<(), EngineError> {
        while let Some(index) = self.scheduler.next() {
            let unit = &self.job.resolved.units[index];
            let mut launch = unit.launch(&self.globals);
            let (name, report) = (unit.name.clone(), self.report(index));
            let _ = fs_err::remove_file(&report);
            launch
                .variables
                .splice(0..0, self.job.environment.iter().cloned());
            launch
                .variables
                .push(("ARGO_KEDRO_REPORT".to_owned(), report.display().to_string()));
            self.tell(RunEvent::TaskStarted {
                task: name,
                attempt: None,
            })?;
            let gpus = self
                .free_gpus
                .take(self.job.resolved.units[index].needs.gpus);
            if self.job.gpus.count() > 0 {
                // As in a pod, a task sees the GPUs that it asks for and no other.
                let own = launch.variable(VISIBLE_GPUS);
                let visible = gpus.variable(own.as_deref());
                launch.variables.push((VISIBLE_GPUS.to_owned(), visible));
            }
            let running = Running {
                gpus,
                ..Running::default()
            };
            self.running.insert(index, running);
            if let Err(error) = self.start(index, &launch).await {
                self.leave(index);
                self.finish(
                    index,
                    Phase::Error,
                    Some(cannot_start(&launch, &error)),
                    Ended::default(),
                )?;
            }
        }
        Ok(())
    }

    async fn start(&mut self, index: usize, launch: &Launch) -> io::Result<()> {
        let log = self.log(index);
        let own = launch
            .command
            .get(..2)
            .is_some_and(|start| start == ["argo-kedro", "exec"]);
        match &self.job.isolation {
            Isolation::Fork(forks) if own => {
                let (output, output_end) = stream()?;
                let (errors, errors_end) = stream()?;
                forks
                    .start(
                        index,
                        &launch.command[2..],
                        launch,
                        &output_end,
                        &errors_end,
                    )
                    .await?;
                self.follow(output, &log, index, false);
                self.follow(errors, &log, index, true);
            }
            _ => {
                let spawned = spawn::start(index, launch, &self.job.project, self.sender.clone())?;
                self.know_process(index, spawned.pid);
                if let Some(stdout) = spawned.stdout {
                    self.follow(stdout, &log, index, false);
                }
                if let Some(stderr) = spawned.stderr {
                    self.follow(stderr, &log, index, true);
                }
            }
        }
        Ok(())
    }

    fn follow(
        &mut self,
        stream: impl tokio::io::AsyncRead + Unpin + Send + 'static,
        log: &std::path::Path,
        unit: usize,
        is_error: bool,
    ) {
        if let Some(running) = self.running.get_mut(&unit) {
            running.open_streams += 1;
        }
        let (log, sender) = (log.to_owned(), self.sender.clone());
        let redactor = self.job.resolved.redactor.clone();
        tokio::spawn(async move {
            task_log::follow(stream, &log, unit, is_error, redactor, sender).await;
        });
    }

    fn take_in(&mut self, message: Message) -> Result<(), EngineError> {
        match message {
            Message::Started { unit, pid } => {
                self.know_process(unit, pid);
                Ok(())
            }
            Message::Holds { unit, bytes } => {
                if let Some(running) = self.running.get_mut(&unit) {
                    running.held = running.held.max(bytes);
                }
                Ok(())
            }
            Message::Line {
                unit,
                is_error,
                line,
            } => {
                let task = self.job.resolved.units[unit].name.clone();
                self.tell(RunEvent::LogLine {
                    task,
                    is_error,
                    line,
                })
            }
            Message::Closed { unit } => {
                if let Some(running) = self.running.get_mut(&unit) {
                    running.open_streams = running.open_streams.saturating_sub(1);
                }
                self.settle(unit, false)
            }
            Message::Ended { unit, ended } => {
                if let Some(running) = self.running.get_mut(&unit) {
                    running.ended = Some(ended);
                    running.last_words_until = Some(Instant::now() + LAST_WORDS);
                }
                self.settle(unit, false)
            }
            Message::LogLost(error) => Err(EngineError::Io(error)),
            Message::WorkerGone => Err(EngineError::WorkerGone),
        }
    }

    /// Finishes a task whose process has ended and whose output is all there.
    fn settle(&mut self, index: usize, at_last: bool) -> Result<(), EngineError> {
        let Some(running) = self.running.get(&index) else {
            return Ok(());
        };
        let held = Some(running.held).filter(|held| *held > 0);
        let Some(mut ended) = running
            .ended
            .filter(|_| at_last || running.open_streams == 0)
        else {
            return Ok(());
        };
        ended.peak_memory = ended.peak_memory.max(held);
        self.leave(index);
        let (phase, message) = self.verdict(index, ended);
        self.finish(index, phase, message, ended)
    }

    fn know_process(&mut self, index: usize, pid: i32) {
        if let Some(running) = self.running.get_mut(&index) {
            running.pid = pid;
        }
        self.watch();
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

    /// How a task ended, in the controller's words (`workflow/controller/operator.go:1785`).
    fn verdict(&mut self, index: usize, ended: Ended) -> (Phase, Option<String>) {
        if self.interrupted > 0 && (ended.signal.is_some() || ended.code != Some(0)) {
            return (Phase::Failed, Some("stopped".to_owned()));
        }
        match (ended.code, ended.signal) {
            (Some(0), _) => match self.read_outputs(index) {
                Ok(()) => (Phase::Succeeded, None),
                Err(error) => (Phase::Error, Some(error.to_string())),
            },
            (Some(code), _) => (
                Phase::Failed,
                Some(format!("main: Error (exit code {code})")),
            ),
            // Argo reports the death by any signal as 137 (`cmd/argoexec`, emissary).
            (None, Some(signal)) => (
                Phase::Failed,
                Some(format!(
                    "main: Error (exit code 137): killed by signal {signal}"
                )),
            ),
            (None, None) => (Phase::Error, Some("its process was lost".to_owned())),
        }
    }

    fn finish(
        &mut self,
        index: usize,
        phase: Phase,
        message: Option<String>,
        ended: Ended,
    ) -> Result<(), EngineError> {
        let task = self.job.resolved.units[index].name.clone();
        let cause = (phase != Phase::Succeeded)
            .then(|| self.cause(index))
            .flatten();
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
            peak_memory: ended.peak_memory,
            cause,
        })?;
        for omitted in self.scheduler.finish(index, phase == Phase::Succeeded) {
            let task = self.job.resolved.units[omitted].name.clone();
            self.tell(RunEvent::TaskOmitted { task })?;
        }
        Ok(())
    }

    fn read_outputs(&mut self, index: usize) -> io::Result<()> {
        for (name, file) in &self.job.resolved.units[index].outputs {
            let text = fs_err::read_to_string(file)?;
            // One end of line goes, as with Argo (`workflow/executor/executor.go:738`).
            let text = text.strip_suffix('\n').unwrap_or(&text);
            self.globals.insert(name.clone(), text.to_owned());
        }
        Ok(())
    }

    fn cause(&self, index: usize) -> Option<Cause> {
        let cause = report::take(&self.report(index))?;
        Some(self.job.resolved.redactor.redact_cause(cause))
    }

    async fn interrupt(&mut self) {
        self.interrupted += 1;
        self.scheduler.stop();
        if self.interrupted == 1 {
            self.kill_at = Some(Instant::now() + GRACE);
            self.signal_all(Signal::TERM).await;
        } else {
            self.kill_all().await;
        }
    }

    async fn kill_all(&mut self) {
        self.kill_at = None;
        self.signal_all(Signal::KILL).await;
    }

    async fn signal_all(&mut self, signal: Signal) {
        let live = self
            .running
            .iter()
            .filter(|(_, running)| running.ended.is_none());
        let mut tasks: Vec<(usize, i32)> =
            live.map(|(index, running)| (*index, running.pid)).collect();
        tasks.sort_unstable();
        for (index, pid) in tasks {
            match &self.job.isolation {
                // The worker alone knows whether the process is still the task's.
                Isolation::Fork(forks) if forks.signal(index, signal.as_raw()).await.is_ok() => {}
                _ => spawn::signal(pid, signal),
            }
        }
    }

    fn next_deadline(&self) -> Instant {
        let words = self
            .running
            .values()
            .filter_map(|running| running.last_words_until);
        words
            .chain(self.kill_at)
            .min()
            .unwrap_or_else(|| Instant::now() + Duration::from_secs(3600))
    }

    async fn time_is_up(&mut self) -> Result<(), EngineError> {
        let now = Instant::now();
        if self.kill_at.is_some_and(|at| at <= now) {
            self.kill_all().await;
        }
        let silent = |running: &Running| running.last_words_until.is_some_and(|at| at <= now);
        let mut late: Vec<usize> = self
            .running
            .iter()
            .filter(|(_, running)| silent(running))
            .map(|(index, _)| *index)
            .collect();
        late.sort_unstable();
        for index in late {
            self.settle(index, true)?;
        }
        Ok(())
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

/// In the words of Argo's executor (`controller-observations`, "command not found").
fn cannot_start(launch: &Launch, error: &io::Error) -> String {
    let program = launch.command.first().map_or("", String::as_str);
    match error.kind() {
        io::ErrorKind::NotFound => {
            format!("main: Error (exit code 64): `{program}` is not a program on the search path")
        }
        _ => format!("main: Error (exit code 64): cannot start `{program}`: {error}"),
    }
}
