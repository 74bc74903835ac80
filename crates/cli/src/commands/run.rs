use std::cell::RefCell;
use std::collections::BTreeSet;
use std::env::VarError;
use std::ffi::OsString;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::{Args, ValueEnum};
use compile::{Manifest, NotifyRequest, Options};
use diagnostic::Diagnostic;
use engine::{Forks, Identity, Isolation, Job, Resolved, Unsupported};
use jiff::Timestamp;
use project::Worker;
use runs::{Phase, RunEvent, RunLock, RunRecord, RunState};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::{Result, keep};
use crate::error::CommandError;
use crate::error::exit::Exit;
use crate::flags::selection::Selection;
use crate::local::like_a_pod::{Draft, LikeAPodArguments, Pods, Way};
use crate::local::machine::{MachineArguments, about_gpus, memory_limits, over_limits};
use crate::notify;
use crate::record::results;
use crate::record::store::{Store, shown};
use crate::remote::follow::Following;
use crate::render::{diagnostics, runs as table, words};
use crate::settings::{Settings, variables};
use crate::spine::{self, Opened};
use crate::terminal::printer::Printer;
use crate::terminal::reporter::{Reporter, View};

/// Run the pipeline on this machine, as the same workflow that Argo would run
#[derive(Debug, Args)]
pub(crate) struct RunArguments {
    #[command(flatten)]
    selection: Selection,

    #[command(flatten)]
    pub(crate) how: How,

    #[command(flatten)]
    like_a_pod: LikeAPodArguments,

    /// Name of the run; if it is already used, letters are added [default: the project and the pipeline]
    #[arg(long, short = 'w', value_name = "NAME")]
    workflow_name: Option<String>,
}

/// How a run goes on here; the same for a new one and for a retry.
#[derive(Debug, Args)]
pub(crate) struct How {
    /// How each task gets its own process
    #[arg(long, value_enum, default_value_t)]
    isolation: IsolationName,

    /// Show the output of the tasks; each line begins with the name of its task
    #[arg(long)]
    pub(crate) logs: bool,

    /// Output format
    #[arg(long, short, value_enum, default_value_t)]
    pub(super) output: Output,

    /// Send the messages of `notify` in argo.yml when the run has ended; their secrets are environment variables
    #[arg(long)]
    notify: bool,

    #[command(flatten)]
    pub(crate) machine: MachineArguments,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum IsolationName {
    /// The project is imported once, and each task is a fork of that process
    #[default]
    Fork,
    /// Each task is a new process that imports the project itself; slower
    Spawn,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Output {
    /// For people
    #[default]
    Text,
    /// For programs: each event as one line of JSON
    Json,
    /// Only the name
    Name,
}

pub(crate) async fn run(arguments: &RunArguments, settings: &Settings) -> Result {
    let way = Way::of(&arguments.like_a_pod)?;
    // Whatever is like a pod reads what a pod reads.
    let for_cluster = way.as_ref().map(|_| arguments.selection.for_cluster());
    let selection = for_cluster.as_ref().unwrap_or(&arguments.selection);
    let mut opened = spine::open(settings, selection).await?;
    let (config, plan) = opened.plan()?;
    let options = Options {
        name: arguments.workflow_name.clone(),
        ..Options::default()
    };
    let (manifest, text, findings) =
        opened.lower(&plan, &config, &options, spine::Target::Local)?;
    if findings.iter().any(Diagnostic::is_error) {
        return Err(CommandError::findings(findings));
    }
    opened.show(&findings, settings);
    // Before anything is put on record: whatever is missing is said now.
    let nobody = Identity {
        name: "",
        uid: "",
        created: Timestamp::UNIX_EPOCH,
    };
    resolve(&manifest, nobody)?;
    let draft = way.as_ref().map(|_| Draft::of(&opened, settings));
    let draft = draft.transpose()?;
    let store = Store::create(settings, &opened.root)?;
    let prefix = manifest.metadata.generate_name.clone().unwrap_or_default();
    let fixed = arguments.workflow_name.as_deref();
    let (record, lock) = store.new_run(&prefix, fixed, &text, &opened.snapshot)?;
    let resolved = resolve(&manifest, identity(&record))?;
    settings.printer.say(&format!(
        "run {} · {}",
        record.name,
        words::count(plan.tasks.len(), "task")
    ));
    for note in &resolved.notes {
        settings.printer.say(note);
    }
    let isolation = isolation_of(
        draft.zip(way.as_ref()),
        &resolved,
        (&store, &record.name),
        (&mut opened, selection),
        &arguments.how,
        settings,
    )
    .await?;
    let start = Start {
        store: &store,
        record: &record,
        lock,
        resolved,
        state: RunState::default(),
    };
    let ended = go(
        start,
        isolation.with(opened.worker),
        &opened.root,
        &opened.interpreter,
        &arguments.how,
        settings,
    )
    .await?;
    if arguments.how.output == Output::Text {
        let written = results::here(&store.results(&record.name))?;
        let written = results::in_order(written, &opened.snapshot);
        if ended.state.phase == Phase::Succeeded {
            results::show(&written, settings.printer);
        }
        results::show_mlflow(&written, settings.printer);
    }
    Ok(ended.exit)
}

impl How {
    /// Who hears of the end of a run, with --notify.
    fn whom_to_tell(
        &self,
        record: &RunRecord,
    ) -> std::result::Result<Option<NotifyRequest>, CommandError> {
        if !self.notify {
            return Ok(None);
        }
        let manifest: Manifest = compile::from_yaml(&record.manifest)?;
        let Some(request) = notify::request(&manifest)? else {
            return Err(CommandError::new("--notify needs somebody to tell")
                .hint("add `notify` to argo.yml"));
        };
        match notify::missing(&request).as_slice() {
            [] => Ok(Some(request)),
            missing => Err(CommandError::new(format!(
                "--notify needs secrets: {}",
                missing.join(", ")
            ))
            .hint("set these environment variables")),
        }
    }

    /// How a run on a cluster is followed with these words.
    pub(crate) fn following(&self) -> Following {
        let view = match self.output {
            Output::Json => View::Json,
            Output::Text | Output::Name => View::Progress { logs: self.logs },
        };
        Following {
            view,
            logs: self.logs,
        }
    }
}

/// A run that is ready to go.
pub(crate) struct Start<'a> {
    pub(crate) store: &'a Store,
    pub(crate) record: &'a RunRecord,
    pub(crate) lock: RunLock,
    pub(crate) resolved: Resolved,
    /// What is on record of it so far.
    pub(crate) state: RunState,
}

/// A run that is over.
pub(crate) struct Ended {
    pub(crate) state: RunState,
    pub(crate) exit: Exit,
}

/// How tasks will be kept apart.
pub(crate) enum Apart {
    /// As forks of the worker.
    Forks,
    /// As fresh processes.
    Processes,
    /// Like pods.
    Pods(Box<Pods>),
}

impl Apart {
    /// The same for the engine, and the pods where there are some.
    pub(crate) fn with(self, worker: Worker) -> (Isolation, Option<Pods>) {
        match self {
            Self::Forks => {
                let (stream, child) = worker.into_parts();
                (Isolation::Fork(Forks::new(stream, child)), None)
            }
            Self::Processes => (Isolation::Spawn, None),
            Self::Pods(pods) => (pods.isolation(), Some(*pods)),
        }
    }
}

/// Makes what tasks need that are like pods; without that, decides whether they can be forks.
pub(crate) async fn isolation_of(
    like_a_pod: Option<(Draft, &Way)>,
    resolved: &Resolved,
    run: (&Store, &str),
    (opened, selection): (&mut Opened, &Selection),
    how: &How,
    settings: &Settings,
) -> std::result::Result<Apart, CommandError> {
    let Some((draft, way)) = like_a_pod else {
        return isolation(how, &mut opened.worker, settings).await;
    };
    if let Some(note) = Pods::note(resolved) {
        settings.printer.say(&note);
    }
    let run = (run.0, run.1, resolved.units.len());
    let mut polite_kill = signal(SignalKind::terminate())?;
    let prepared = tokio::select! {
        biased;
        _ = tokio::signal::ctrl_c() => return Err(CommandError::interrupted()),
        _ = polite_kill.recv() => return Err(CommandError::interrupted()),
        prepared = Box::pin(draft.prepare(way, opened, selection, run, settings)) => prepared?,
    };
    Ok(Apart::Pods(Box::new(prepared)))
}

/// Decides how tasks are kept apart, and says so where it is not as asked.
async fn isolation(
    how: &How,
    worker: &mut Worker,
    settings: &Settings,
) -> std::result::Result<Apart, CommandError> {
    if how.isolation == IsolationName::Spawn {
        return Ok(Apart::Processes);
    }
    let mut polite_kill = signal(SignalKind::terminate())?;
    let hazards = tokio::select! {
        hazards = worker.hazards() => hazards?,
        _ = tokio::signal::ctrl_c() => return Err(CommandError::interrupted()),
        _ = polite_kill.recv() => return Err(CommandError::interrupted()),
    };
    for hazard in &hazards {
        settings.printer.say(&format!(
            "{hazard}; so each task is a new process instead of a fork (--isolation spawn)"
        ));
    }
    if hazards.is_empty() {
        Ok(Apart::Forks)
    } else {
        Ok(Apart::Processes)
    }
}

/// Which run it is, for the engine.
pub(crate) fn identity(record: &RunRecord) -> Identity<'_> {
    Identity {
        name: &record.name,
        uid: &record.uid,
        created: record.created,
    }
}

/// Resolves a manifest for this machine, or says everything that stands in the way.
pub(crate) fn resolve(
    manifest: &Manifest,
    run: Identity<'_>,
) -> std::result::Result<Resolved, CommandError> {
    let unreadable = RefCell::new(None);
    let secret = |variable: &str| match std::env::var(variable) {
        Ok(text) => Some(text),
        Err(VarError::NotPresent) => None,
        Err(VarError::NotUnicode(_)) => {
            unreadable.replace(Some(variable.to_owned()));
            None
        }
    };
    let resolved = engine::resolve(manifest.workflow(), run, secret);
    if let Some(name) = unreadable.take() {
        let message = format!("the secret in the environment variable {name} is not UTF-8 text");
        return Err(CommandError::new(message).hint("set it to text, or to base64 of its bytes"));
    }
    resolved.map_err(|problems| refuse(&problems))
}

fn refuse(problems: &[Unsupported]) -> CommandError {
    let list: Vec<String> = problems
        .iter()
        .map(|problem| format!("\n  {}: {}", problem.field, problem.reason))
        .collect();
    let error = CommandError::new(format!(
        "this workflow cannot run on this machine:{}",
        list.concat()
    ));
    let missing: BTreeSet<String> = problems
        .iter()
        .filter_map(|problem| problem.field.strip_prefix("environment variable "))
        .map(|name| format!("{name}=… "))
        .collect();
    if missing.is_empty() {
        return error;
    }
    let all: String = missing.into_iter().collect();
    error.hint(format!("set the missing variables: {all}{{program}} run"))
}

/// Runs to the end, showing and recording what happens.
pub(crate) async fn go(
    start: Start<'_>,
    (isolation, pods): (Isolation, Option<Pods>),
    root: &Path,
    interpreter: &Path,
    how: &How,
    settings: &Settings,
) -> std::result::Result<Ended, CommandError> {
    let Start {
        store,
        record,
        lock,
        resolved,
        mut state,
    } = start;
    let request = how.whom_to_tell(record)?;
    let tasks = store.lock_tasks(&record.name, settings.printer).await?;
    let done = state
        .tasks
        .iter()
        .filter(|(_, task)| task.phase == Phase::Succeeded);
    let done: Vec<String> = done.map(|(name, _)| name.clone()).collect();
    let gpus = how.machine.gpus();
    for note in about_gpus(&resolved, gpus.count(), |unit| !done.contains(&unit.name)) {
        settings.printer.say(&note);
    }
    let limits = memory_limits(&resolved);
    let mut environment = environment(interpreter, store, &record.name, pods.as_ref())?;
    environment.extend(how.machine.hidden_gpus());
    let job = Job {
        resolved,
        done,
        isolation,
        machine: how.machine.budget(),
        gpus,
        project: root.to_owned(),
        logs: store.logs(&record.name),
        outputs: store.run(&record.name).join("outputs"),
        environment,
        is_watched: how.logs || how.output == Output::Json,
        keeper: Some(keep::start(tasks)?),
    };
    let view = match how.output {
        Output::Json => View::Json,
        Output::Text | Output::Name => View::Progress { logs: how.logs },
    };
    say_its_name(record, how.output, settings.printer);
    let mut reporter = Reporter::new(settings.printer, view);
    let history = store.history()?;
    let (interrupts, pressed) = interrupts(settings.printer)?;
    let result = engine::run(job, interrupts, |mut event| {
        let at = Timestamp::now();
        if let Some(pods) = &pods {
            pods.take_in(&mut event);
        }
        let event = state.numbered(event);
        if !matches!(event, RunEvent::LogLine { .. }) {
            history.append(&record.name, at, &event)?;
        }
        state.apply(at, &event);
        reporter.show(at, &event, &state);
        Ok(())
    })
    .await;
    reporter.finish();
    result?;
    let lacked = pods.map(|pods| pods.end(&state));
    drop(lock);
    if how.output == Output::Text {
        summarise(record, &state, store, settings);
        for note in over_limits(&limits, &state) {
            settings.printer.say(&note);
        }
    }
    let lacked = lacked.transpose()?.unwrap_or_default();
    if !lacked.is_empty() {
        let text = diagnostics::terminal(&lacked, root);
        settings
            .printer
            .important(&format!("\nnot in a pod:\n{text}"));
    }
    if let Some(request) = request
        && !pressed.load(Ordering::Relaxed)
    {
        let ending = notify::ending_of_run(&request, record, &state, root, &settings.program);
        notify::tell(&request, &ending, settings.printer).await;
    }
    let exit = match state.phase {
        _ if pressed.load(Ordering::Relaxed) => Exit::Interrupted,
        Phase::Succeeded => Exit::Success,
        _ => Exit::Failure,
    };
    Ok(Ended { state, exit })
}

/// Tells a program which run it is that begins now.
fn say_its_name(record: &RunRecord, output: Output, printer: Printer) {
    match output {
        Output::Text => {}
        Output::Name => printer.data(&record.name),
        Output::Json => printer.json_line(&serde_json::json!({
            "event": "run_named",
            "at": Timestamp::now().to_string(),
            "name": record.name,
            "uid": record.uid,
        })),
    }
}

/// The variable that names the folder of a run, whose name is the run's (`python/argo_kedro/mlflow/run_folder.py`).
const RUN_FOLDER: &str = "ARGO_KEDRO_RUN_FOLDER";

/// Variables of every task: the project's Python first, where data is handed over, where it is noted which versions are
/// read, and where results are noted.
fn environment(
    interpreter: &Path,
    store: &Store,
    run: &str,
    pods: Option<&Pods>,
) -> std::result::Result<Vec<(OsString, OsString)>, CommandError> {
    let program = std::env::current_exe()?;
    let mut path = Vec::new();
    path.extend(
        [interpreter, program.as_path()]
            .iter()
            .filter_map(|file| file.parent())
            .map(Path::to_owned),
    );
    let inherited = std::env::var_os("PATH").unwrap_or_default();
    path.extend(std::env::split_paths(&inherited));
    let path = std::env::join_paths(path).unwrap_or(inherited);
    let parent = std::process::id().to_string();
    let mut all: Vec<(OsString, OsString)> = vec![
        ("PATH".into(), path),
        (variables::PYTHON.into(), interpreter.into()),
        (variables::PARENT.into(), parent.into()),
        (pod::results::VARIABLE.into(), store.results(run).into()),
        (RUN_FOLDER.into(), store.run(run).into()),
    ];
    match pods {
        // Where they hand data over, the manifest says.
        Some(pods) => all.push(pods.variable()),
        None => all.extend([
            (compile::handoff_variable().into(), store.data(run).into()),
            (
                compile::load_versions_variable().into(),
                store.load_versions(run).into(),
            ),
        ]),
    }
    Ok(all)
}

type Pressed = Arc<AtomicBool>;

/// Each Ctrl-C is a wish to end, and all polite kills together are one, if nothing came before them: `kedro` passes on what
/// reaches it, and Ctrl-C or a terminal that is closed tells both.
fn interrupts(
    printer: Printer,
) -> std::result::Result<(UnboundedReceiver<()>, Pressed), CommandError> {
    let (sender, receiver) = unbounded_channel();
    let pressed = Pressed::default();
    for (kind, is_polite) in [
        (SignalKind::interrupt(), false),
        (SignalKind::terminate(), true),
        (SignalKind::hangup(), true),
    ] {
        if kind == SignalKind::hangup() && !is_hangup_heard() {
            continue;
        }
        let mut stream = signal(kind)?;
        let (sender, pressed) = (sender.clone(), Pressed::clone(&pressed));
        tokio::spawn(async move {
            while stream.recv().await.is_some() {
                if !pressed.swap(true, Ordering::Relaxed) {
                    printer.say("\nstopping the tasks; Ctrl-C again kills them");
                } else if is_polite {
                    continue;
                }
                let _ = sender.send(());
            }
        });
    }
    Ok((receiver, pressed))
}

/// Whether a terminal that is closed is to end the run: not where it was started with `nohup`,
/// nor where that cannot be told. There the signal does what it does to any program.
fn is_hangup_heard() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").ok();
    let ignored = status.as_deref().and_then(|status| {
        let mask = status
            .lines()
            .find_map(|line| line.strip_prefix("SigIgn:"))?;
        u64::from_str_radix(mask.trim(), 16).ok()
    });
    // The first bit is the first signal, and that is SIGHUP.
    ignored.is_some_and(|mask| mask & 1 == 0)
}

/// The tasks, why some failed, and how to go on.
pub(super) fn summarise(record: &RunRecord, state: &RunState, store: &Store, settings: &Settings) {
    let printer = settings.printer;
    let now = Timestamp::now();
    for (name, task) in &state.tasks {
        let traceback = task
            .cause
            .as_ref()
            .and_then(|cause| cause.traceback.as_ref());
        if let Some(traceback) = traceback {
            printer.important(&format!("\n{name}:\n{}", traceback.trim_end()));
        }
    }
    printer.say("");
    printer.data(&table::tasks(state, now, printer.width()));
    let taken = match (state.started, state.finished) {
        (Some(started), Some(finished)) => words::duration(words::between(started, finished)),
        _ => String::new(),
    };
    printer.say(&format!(
        "\n{} {} in {taken}",
        record.name,
        table::phase(state.phase, state.message.as_deref())
    ));
    printer.say(&format!("logs: {}", shown(&store.logs(&record.name))));
    if state.phase != Phase::Succeeded {
        let left = words::count(state.outstanding().len(), "task");
        printer.important(&format!(
            "{left} left. To continue: {} retry {}",
            settings.program, record.name
        ));
    }
}
