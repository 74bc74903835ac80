//! Starts pods: their commands, files and processes.

use std::io;
use std::os::fd::OwnedFd;

use argo::status::pod_name;
use runs::{Phase, Used};
use tokio::net::unix::pipe;

use super::verdict::{cannot_start, lost, why};
use super::{Dispatcher, EngineError, Isolation, PodFiles, Record, Running};
use crate::artifacts::{self, ArtifactError};
use crate::files::{Files, InImages, Machine, NoFiles, Sources, probe_of};
use crate::gpus::VISIBLE as VISIBLE_GPUS;
use crate::launch::{Part, launch};
use crate::message::Message;
use crate::names::folder_name;
use crate::operate::{CallId, End, Event};
use crate::pod_fields::PodFields;
use crate::probe::command_of;
use crate::task_log::{self, Log, Stream};
use crate::{containers, shortage, spawn};
use pod::report;

/// Reason why a pod does not start yet, or never starts.
enum NotYet {
    /// The artifacts of the pod are being loaded.
    Loading,
    /// End of a pod that cannot start.
    Ended(Box<End>),
    /// The machine refuses for now; a later try may succeed.
    Refused(io::Error),
}

impl<R: Record> Dispatcher<R> {
    pub(super) fn start_ready(&mut self) -> Result<(), EngineError> {
        let mut is_on_record = false;
        while !self.is_short
            && !self.operation.is_suspended()
            && let Some(call) = self.scheduler.next()
        {
            if !is_on_record {
                // Record every event that leads to this start.
                self.commit()?;
                is_on_record = true;
            }
            if let Some(end) = self.stubbed(call) {
                self.happens(call, Event::Runs, Used::default(), None)?;
                self.finish(call, end, Used::default(), None)?;
                // The end may let others start, and has to be on record first.
                is_on_record = false;
                continue;
            }
            self.starts += 1;
            let running = Running {
                start: self.starts,
                ..Running::default()
            };
            self.running.insert(call, running);
            match self.prepare(call) {
                Ok(parts) => self.start_or_end(call, &parts)?,
                Err(NotYet::Loading) => {}
                Err(NotYet::Ended(end)) => self.not_started(call, None, *end)?,
                Err(NotYet::Refused(error)) => {
                    let end = End {
                        phase: Phase::Error,
                        message: Some(why(&error)),
                        ..End::default()
                    };
                    self.not_started(call, shortage::of(&error), end)?;
                }
            }
        }
        Ok(())
    }

    /// Prepares the commands and the files of a pod.
    fn prepare(&mut self, call: CallId) -> Result<Vec<Part>, NotYet> {
        let template = self.operation.template(call);
        let task = self.task(call);
        let failed = |message: String| {
            NotYet::Ended(Box::new(End {
                phase: Phase::Error,
                message: Some(message),
                ..End::default()
            }))
        };
        let around = self.surroundings();
        let known = containers::of_pod(template, around).map_err(failed)?;
        if known.is_empty() {
            let message = "this kind of template cannot run on this machine";
            return Err(failed(message.to_owned()));
        }
        let budget = containers::budget(&known).map_err(failed)?;
        let tries = containers::tries(template).map_err(failed)?;
        let pod_name = self.pod_name(call);
        let fields = PodFields::of(
            self.operation.spec(),
            template,
            around.values,
            &self.job.resolved.name,
            pod_name.clone(),
            (self.operation.id(call), self.operation.name(call)),
        )
        .map_err(failed)?;
        let part = |known| {
            Ok(Part {
                launch: launch(&known, &fields, around)?,
                known,
            })
        };
        let parts: Result<Vec<Part>, String> = known.into_iter().map(part).collect();
        let mut parts = parts.map_err(failed)?;
        let folder = self.job.places.pods.join(folder_name(&task));
        let pod = self.prefix(&pod_name);
        let sources = Sources {
            texts: &self.job.resolved.texts,
            volumes: self.operation.volumes(),
            claims: &self.job.places.claims,
            store: &self.store,
            prefix: &pod,
        };
        let made = Files::make(template, &folder, &mut parts, self.machine(), sources);
        let (files, inputs) = match made {
            Ok(Some((files, inputs))) => (PodFiles::Own(Box::new(files)), inputs),
            Ok(None) => (PodFiles::None, Vec::new()),
            Err(NoFiles::Artifact(error)) => return Err(NotYet::Ended(Box::new(lost(&error)))),
            Err(NoFiles::Machine(error)) => return Err(NotYet::Refused(error)),
            Err(NoFiles::Other(message)) => return Err(failed(message)),
        };
        let around_images = self.job.isolation.container_engine().is_some();
        if around_images && budget.needs.gpus > 0 {
            return Err(failed(
                "a container in its image gets no GPUs on this machine".to_owned(),
            ));
        }
        let gpus = self.free_gpus.take(budget.needs.gpus);
        let report = self.report(call).into_os_string();
        // What is in its image takes nothing of this machine.
        for part in parts.iter_mut().filter(|part| !part.launch.in_image) {
            let variables = &mut part.launch.variables;
            variables.splice(0..0, self.job.environment.iter().cloned());
            variables.push((report::VARIABLE.into(), report.clone()));
            if self.job.gpus.count() > 0 {
                // Like a pod, a task sees only the GPUs that it requests.
                let own = part.launch.variable(VISIBLE_GPUS);
                let visible = (VISIBLE_GPUS.into(), gpus.variable(own.as_deref()).into());
                part.launch.variables.push(visible);
            }
        }
        let Some(running) = self.running.get_mut(&call) else {
            return Err(NotYet::Loading);
        };
        running.reports = matches!(&parts[..], [only] if only.runs_worker());
        running.gpus = gpus;
        running.memory.limit = budget.memory_limit.filter(|_| !around_images);
        running.tries = tries;
        running.files = files;
        if inputs.is_empty() {
            return Ok(parts);
        }
        running.parts = Some(parts);
        let (start, store, messages) = (running.start, self.store.clone(), self.messages.clone());
        tokio::spawn(async move {
            let mut failed = None;
            for input in inputs {
                if let Err(error) = artifacts::load(&store, input).await {
                    failed = Some(Box::new(error));
                    break;
                }
            }
            // Nobody receives the message after a fatal error of the run.
            let _ = messages
                .send(Message::Loaded {
                    unit: call,
                    start,
                    failed,
                })
                .await;
        });
        Err(NotYet::Loading)
    }

    /// Parts of this machine that the files of pods need.
    fn machine(&self) -> Machine<'_> {
        Machine {
            program: &self.job.places.program,
            kept: &self.kept,
            can_mount: self.job.places.can_mount,
            workers_have_claims: self.job.resolved.workers_have_claims,
            has_project: self.job.places.has_project,
            in_images: self
                .job
                .isolation
                .container_engine()
                .map(|engine| InImages {
                    engine,
                    limits_memory: self.job.limits.are_enforced(),
                }),
        }
    }

    /// Starts a pod whose artifacts are loaded.
    pub(super) fn loaded(
        &mut self,
        call: CallId,
        start: usize,
        failed: Option<Box<ArtifactError>>,
    ) -> Result<(), EngineError> {
        let running = self.running.get_mut(&call).filter(|it| it.start == start);
        let Some(running) = running else {
            return Ok(());
        };
        let is_to_end = running.kill_at.is_some() || self.interrupted > 0;
        let parts = running.parts.take();
        let end = match (failed, parts) {
            (Some(error), _) => lost(&error),
            (None, Some(parts)) if !is_to_end => return self.start_or_end(call, &parts),
            (None, _) => stopped(),
        };
        self.leave(call);
        self.finish(call, end, Used::default(), None)
    }

    /// Ends the pods whose artifacts are still being loaded: a server may take long to answer.
    pub(super) fn give_up_loading(&mut self) -> Result<(), EngineError> {
        let loading = self.running.iter().filter(|(_, it)| it.parts.is_some());
        let mut loading: Vec<CallId> = loading.map(|(call, _)| *call).collect();
        loading.sort_unstable();
        for call in loading {
            self.leave(call);
            self.finish(call, stopped(), Used::default(), None)?;
        }
        Ok(())
    }

    /// Starts a pod, or ends it if it cannot start.
    fn start_or_end(&mut self, call: CallId, parts: &[Part]) -> Result<(), EngineError> {
        match self.start(call, parts) {
            Err(error) => {
                let end = cannot_start(parts, &error);
                self.not_started(call, shortage::of(&error), end)
            }
            Ok(()) if self.running[&call].is_fork => Ok(()),
            Ok(()) => self.begin_told(call),
        }
    }

    /// Name of the pod of a call, as on a cluster (`GeneratePodName` of `workflow/util/pod_name.go`).
    pub(super) fn pod_name(&self, call: CallId) -> String {
        let (status, id) = (self.operation.status(), self.operation.id(call));
        match status.nodes.get(id) {
            Some(node) => pod_name(&self.job.resolved.name, &node.name, &node.template_name),
            None => id.to_owned(),
        }
    }

    /// Prefix of the keys of a pod's artifacts.
    pub(super) fn prefix(&self, pod_name: &str) -> String {
        format!("{}/{pod_name}", self.job.resolved.name)
    }

    fn start(&mut self, call: CallId, parts: &[Part]) -> io::Result<()> {
        shortage::look_for_room(self.running.len())?;
        let report = self.report(call);
        let worker = match parts {
            [only] => only
                .launch
                .worker_words()
                .map(|words| (words, &only.launch)),
            _ => None,
        };
        if worker.is_some() {
            report::begin(&report)?;
        } else if report.exists() {
            std::fs::remove_file(&report)?;
        }
        let log = self.log(call);
        let log_from = task_log::length(&log)?;
        if let Some(running) = self.running.get_mut(&call) {
            running.log_from = log_from;
        }
        let logs = (Log::at(log.clone()), Log::at(log));
        let (output, output_end) = stream()?;
        let (errors, errors_end) = stream()?;
        if let (Isolation::Fork(forks), Some((words, launch))) = (&self.job.isolation, worker) {
            forks.start(call, words, launch, output_end, errors_end);
            self.follow(output, logs.0, call, false);
            self.follow(errors, logs.1, call, true);
            if let Some(running) = self.running.get_mut(&call) {
                running.is_fork = true;
            }
            return Ok(());
        }
        if let Some(keeper) = &mut self.job.keeper {
            keeper.announce(report.as_os_str());
        }
        let messages = self.messages.clone();
        let group_words = self.enter_control_group(call)?;
        let instead = match &self.job.isolation {
            Isolation::Apart(variables) if worker.is_some() => Some(&variables[..]),
            _ => None,
        };
        let project = &self.job.places.project;
        let running = self.running.get(&call).map(|it| (&it.files, it.tries));
        let is_daemon = self.operation.template(call).daemon == Some(true);
        let (mut start, plan, probes) = match (running, parts.first()) {
            (Some((PodFiles::Own(files), tries)), _) => {
                let (start, plan) = files.start(parts, tries, &self.job.places.program, project)?;
                (start, plan, files.probes(parts, project)?)
            }
            (_, Some(part)) => {
                let command = command_of(&part.known.container);
                let command = command.map(|words| part.launch.start_of(&words, project));
                let probe = probe_of(part, command);
                (
                    part.launch.start(project),
                    None,
                    probe.into_iter().collect(),
                )
            }
            (_, None) => return Err(io::ErrorKind::InvalidInput.into()),
        };
        if let Some(running) = self.running.get_mut(&call).filter(|_| is_daemon) {
            running.probes = probes;
        }
        start.words.splice(0..0, group_words);
        let mut common = vec![(report::VARIABLE.into(), report.into_os_string())];
        let variables = match (&plan, parts.first()) {
            (None, Some(part)) if part.launch.in_image => {
                common.extend(part.launch.variables_for_engine());
                &common
            }
            (None, Some(part)) => &part.launch.variables,
            _ => &common,
        };
        let pid = spawn::start(
            call,
            (&start, plan.as_ref()),
            variables,
            instead,
            &mut self.programs,
            (output_end, errors_end),
            messages,
        )?;
        self.follow(output, logs.0, call, false);
        self.follow(errors, logs.1, call, true);
        self.has_started(call, pid);
        Ok(())
    }

    fn follow(
        &mut self,
        output: impl tokio::io::AsyncRead + Unpin + Send + 'static,
        log: Log,
        unit: CallId,
        is_error: bool,
    ) {
        let is_result = !is_error && self.operation.wants_result(unit);
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
            is_result,
            over: running.over.subscribe(),
        };
        let redactor = self.job.resolved.redactor.clone();
        let told = self.outputs.clone();
        tokio::spawn(task_log::follow(output, stream, redactor, told));
    }

    pub(super) fn has_started(&mut self, call: CallId, pid: i32) {
        if let Some(running) = self.running.get_mut(&call) {
            running.pid = pid;
            if let Some(keeper) = &mut self.job.keeper {
                keeper.add(pid);
            }
        }
        self.watch();
    }

    /// Lets a task that cannot start wait for resources of running tasks. If no task runs, ends it.
    pub(super) fn not_started(
        &mut self,
        call: CallId,
        shortage: Option<&str>,
        end: End,
    ) -> Result<(), EngineError> {
        self.leave(call);
        let Some(wait) = shortage.filter(|_| !self.running.is_empty()) else {
            // A report of an earlier try says nothing about this one.
            let _ = std::fs::remove_file(self.report(call));
            return self.finish(call, end, Used::default(), None);
        };
        self.is_short = true;
        self.scheduler.put_back(call);
        if self.waiting.insert(call) {
            let message = format!("{wait}; the task starts when another task has ended");
            self.happens(call, Event::Waits(message), Used::default(), None)?;
        }
        Ok(())
    }

    /// Records the start of a task before any other event of it.
    pub(super) fn begin_told(&mut self, call: CallId) -> Result<(), EngineError> {
        match self.running.get_mut(&call) {
            Some(running) if !running.is_start_recorded => {
                running.is_start_recorded = true;
                self.happens(call, Event::Runs, Used::default(), None)?;
                if self.operation.template(call).daemon == Some(true) {
                    self.wait_until_ready(call)?;
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Reports that a daemon is ready when its probes pass; without probes, as soon as it runs.
    fn wait_until_ready(&mut self, call: CallId) -> Result<(), EngineError> {
        let running = self.running.get_mut(&call);
        let Some(running) = running.filter(|running| !running.probes.is_empty()) else {
            return self.happens(call, Event::Ready, Used::default(), None);
        };
        let probes = std::mem::take(&mut running.probes);
        let (start, mut over) = (running.start, running.over.subscribe());
        let messages = self.messages.clone();
        tokio::spawn(async move {
            for probe in probes {
                tokio::select! {
                    () = probe.passes() => {}
                    // Another message reports the end of the task.
                    _ = over.wait_for(|over| *over) => return,
                }
            }
            // Nobody receives the message after a fatal error of the run.
            let _ = messages.send(Message::Ready { unit: call, start }).await;
        });
        Ok(())
    }
}

/// End of a pod that was stopped before it started.
fn stopped() -> End {
    End {
        phase: Phase::Failed,
        message: Some("stopped".to_owned()),
        ..End::default()
    }
}

/// Pipe: the end to read here, and the end that a task writes to.
fn stream() -> io::Result<(pipe::Receiver, OwnedFd)> {
    let (sender, receiver) = pipe::pipe()?;
    Ok((receiver, sender.into_blocking_fd()?))
}
