//! Spine of the program: project → Snapshot → Plan → Workflow.

use std::path::PathBuf;

use argo::spec::Manifest;
use compile::Options;
use diagnostic::{Diagnostic, Severity};
use lint::Target;
use plan::Plan;
use project::config::{ArgoConfig, ConfigFile, check, check_pipelines};
use project::{Request, Snapshot, Worker};
use tokio::signal::unix::{SignalKind, signal};

use crate::error::CommandError;
use crate::flags::selection::Selection;
use crate::image::of_pods::PodImage;
use crate::render::diagnostics;
use crate::render::shell_word::shell_word;
use crate::settings::Settings;
use crate::spine::catalog_places;
use crate::spine::environments;
use crate::spine::linted::Linted;
use crate::spine::origin::MadeOf;

/// A project that has been read.
pub(crate) struct Opened {
    /// Folder of the project.
    pub(crate) root: PathBuf,
    /// Interpreter that read the project.
    pub(crate) interpreter: PathBuf,
    /// Worker that read the project, still warm.
    pub(crate) worker: Worker,
    /// Answer of the worker: Kedro's view of the project.
    pub(crate) snapshot: Snapshot,
    /// Flags that choose the part of the project, as a user types them.
    typed: String,
    /// Says whether the user typed `--env`.
    has_typed_environment: bool,
}

/// Linted manifest of a plan.
pub(crate) struct PlannedManifest {
    manifest: Manifest,
    linted: Linted,
    /// Number of its tasks.
    pub(crate) tasks: usize,
}

impl PlannedManifest {
    /// Typed manifest.
    pub(crate) fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Manifest to show, record and send.
    pub(crate) fn linted(&self) -> &Linted {
        &self.linted
    }

    /// Gives the linted document, and drops the typed one.
    pub(crate) fn into_linted(self) -> Linted {
        self.linted
    }
}

/// Machine or cluster on which a workflow is to run.
#[derive(Clone, Copy)]
pub(crate) enum Destination<'a> {
    /// Run on this machine.
    Local,
    /// Run on this machine, with a stand-in for each store.
    LikeAPod,
    /// Run on a cluster, in this image if it is built from the project.
    Cluster(Option<&'a PodImage<'a>>),
}

/// Reads the current project.
pub(crate) async fn open(
    settings: &Settings,
    selection: &Selection,
) -> Result<Opened, CommandError> {
    read(settings, selection, Needs::Nodes).await
}

/// Reads the current project, even if its pipeline has no nodes yet.
pub(crate) async fn open_any(
    settings: &Settings,
    selection: &Selection,
) -> Result<Opened, CommandError> {
    read(settings, selection, Needs::Pipelines).await
}

/// Reads only `argo.yml` of the current project.
pub(crate) async fn open_configuration(
    settings: &Settings,
    selection: &Selection,
) -> Result<Opened, CommandError> {
    read(settings, selection, Needs::Configuration).await
}

/// Required parts of a project.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Needs {
    /// A pipeline with nodes.
    Nodes,
    /// A pipeline.
    Pipelines,
    /// The configuration.
    Configuration,
}

async fn read(
    settings: &Settings,
    selection: &Selection,
    needs: Needs,
) -> Result<Opened, CommandError> {
    let root = settings.project()?;
    let interpreter = settings.interpreter(&root)?;
    if selection.env.is_none() {
        settings.check_environment_variable()?;
    }
    let spinner = settings.printer.spinner("reading the project");
    let mut worker = match settings.take_lent_worker(&root) {
        Some(socket) => Worker::connect(&interpreter, &socket).await?,
        None => Worker::start(&interpreter, &root, one_thread())?,
    };
    let request = Request {
        allow_empty: needs != Needs::Nodes,
        configuration_only: needs == Needs::Configuration,
        ..selection.request(&root)
    };
    let mut polite_kill = signal(SignalKind::terminate())?;
    // This function's end ends the worker, which is in its own process group, where Ctrl-C does not reach it.
    let snapshot = tokio::select! {
        snapshot = whole_snapshot(&mut worker, &request) => snapshot,
        _ = tokio::signal::ctrl_c() => return Err(CommandError::interrupted()),
        _ = polite_kill.recv() => return Err(CommandError::interrupted()),
    };
    spinner.finish_and_clear();
    for line in worker.printed_lines() {
        settings.printer.say(&line);
    }
    let snapshot = snapshot?;
    if snapshot.is_preferred {
        let name = snapshot.environment_name();
        settings.printer.say(&format!(
            "environment `{name}`: the default for a cluster, because the project has conf/{name}; to use another: \
             --env NAME"
        ));
    }
    Ok(Opened {
        root,
        interpreter,
        worker,
        snapshot,
        typed: selection.typed(),
        has_typed_environment: selection.env.is_some(),
    })
}

/// Snapshot, with that of the `on_exit` pipeline if `argo.yml` has one.
async fn whole_snapshot(
    worker: &mut Worker,
    request: &Request,
) -> Result<Snapshot, project::Error> {
    let mut snapshot = worker.snapshot(request).await?;
    let argo = snapshot.argo.as_ref();
    let pipeline = argo.and_then(|argo| argo.get("on_exit")?.get("pipeline")?.as_str());
    let registered = &snapshot.registered;
    // Reading the configuration refuses an unregistered pipeline, and names its line.
    let is_known =
        |name: &&str| registered.is_empty() || registered.iter().any(|known| known == name);
    if let Some(pipeline) = pipeline.filter(is_known) {
        let request = request.of_pipeline(pipeline);
        snapshot.on_exit = Some(Box::new(worker.snapshot(&request).await?));
    }
    Ok(snapshot)
}

impl Opened {
    /// Reads the project again in the same worker, with another pipeline or other parameters.
    pub(crate) async fn reread(&mut self, request: &Request) -> Result<(), CommandError> {
        self.snapshot = tokio::select! {
            snapshot = whole_snapshot(&mut self.worker, request) => snapshot?,
            _ = tokio::signal::ctrl_c() => return Err(CommandError::interrupted()),
        };
        Ok(())
    }

    /// Configuration, or all of its errors. Fails if a file cannot be read.
    pub(crate) fn config(&self) -> Result<Result<ArgoConfig, Vec<Diagnostic>>, CommandError> {
        let read = |path: &String| {
            let text = fs_err::read_to_string(self.root.join(path))?;
            let path = path.clone();
            Ok(ConfigFile { text, path })
        };
        let files: std::io::Result<Vec<ConfigFile>> =
            self.snapshot.argo_files.iter().map(read).collect();
        let files = files?;
        let none = serde_json::Value::Object(serde_json::Map::new());
        let checked = check(self.snapshot.argo.as_ref().unwrap_or(&none), &files);
        // If only the configuration was read, the pipelines are unknown.
        let registered = &self.snapshot.registered;
        Ok(checked.and_then(|config| {
            let unknown = if registered.is_empty() {
                Vec::new()
            } else {
                check_pipelines(&config, registered)
            };
            if unknown.is_empty() {
                Ok(config)
            } else {
                Err(unknown)
            }
        }))
    }

    /// Configuration and plan, or all obstacles.
    pub(crate) fn plan(&self) -> Result<(ArgoConfig, Plan), CommandError> {
        let config = self.config()?.map_err(CommandError::findings)?;
        let plan = plan::plan(&self.snapshot, &config).map_err(|mut findings| {
            catalog_places::point(&mut findings, &self.snapshot, &self.root);
            CommandError::findings(findings)
        })?;
        Ok((config, plan))
    }

    /// Manifest of a plan, with the rules' findings about both.
    pub(crate) fn lower(
        &self,
        plan: &Plan,
        config: &ArgoConfig,
        options: &Options,
        target: Destination<'_>,
    ) -> PlannedManifest {
        let snapshot = &self.snapshot;
        let compile::Lowered {
            manifest,
            mut findings,
            origins,
        } = compile::lower_and_check(plan, snapshot, config, options);
        let linted = Linted::new(&manifest, origins, |files, origins| {
            let document = &files[0].documents[0];
            let of_project = |target| lint::project::check(snapshot, config, plan, target);
            match target {
                Destination::Local => {
                    findings.extend(of_project(Target::Local));
                    findings.extend(lint::pod::libraries_here(snapshot, config, plan));
                }
                Destination::LikeAPod => findings.extend(of_project(Target::Local)),
                Destination::Cluster(image) => {
                    findings.extend(of_project(Target::Cluster));
                    // With an image on the command line, the one of argo.yml does not matter.
                    if options.image.is_none() || image.is_some() {
                        findings.extend(lint::pod::of_image(config));
                    }
                    let environments = environments::others(snapshot, &self.root);
                    findings.extend(match image {
                        Some(image) => image.check(snapshot, config, plan, document, &environments),
                        None => {
                            lint::pod::check(snapshot, config, plan, document, &environments, None)
                        }
                    });
                }
            }
            // A wrong value of argo.yml is wrong in the manifest too.
            let mut of_manifest = lint::manifest::check(files);
            let made_of = MadeOf::new(document, origins, config, snapshot);
            for finding in &mut of_manifest {
                let field = finding.place.path.clone().unwrap_or_default();
                made_of.point(finding, &field);
            }
            let is_new = |finding: &Diagnostic| {
                !findings
                    .iter()
                    .any(|known| known.code == finding.code && known.message == finding.message)
            };
            let of_manifest: Vec<Diagnostic> = of_manifest.into_iter().filter(is_new).collect();
            findings.extend(of_manifest);
            catalog_places::point(&mut findings, snapshot, &self.root);
            findings
        });
        PlannedManifest {
            manifest,
            linted,
            tasks: plan.tasks.len(),
        }
    }

    /// Notes the flags that read the same part of the project again.
    pub(crate) fn reads_again_by(&mut self, selection: &Selection) {
        self.typed = selection.typed();
    }

    /// Command that shows the findings of this project for a target.
    pub(crate) fn lint_command(&self, target: Target, program: &str) -> String {
        let flag = match target {
            Target::Cluster => "",
            Target::Local => " --target local",
        };
        format!("{program} lint{flag}{}", self.flags(target))
    }

    /// Flags that open the same environment and part of the project again, for a target.
    pub(crate) fn flags(&self, target: Target) -> String {
        let is_known = match target {
            Target::Cluster => self.snapshot.is_preferred,
            Target::Local => false,
        };
        let environment = self.snapshot.environment.as_deref();
        let environment = environment
            .filter(|name| self.has_typed_environment || *name != "local" && !is_known)
            .map(|name| format!(" --env {}", shell_word(name)));
        format!("{}{}", environment.unwrap_or_default(), self.typed)
    }

    /// Shows the errors, and the messages of the first warnings. `target` is what the findings are about.
    pub(crate) fn show(&self, findings: &[Diagnostic], target: Target, settings: &Settings) {
        let of = |severity| -> Vec<Diagnostic> {
            let found = findings
                .iter()
                .filter(|finding| finding.severity == severity);
            found.cloned().collect()
        };
        let (errors, warnings) = (of(Severity::Error), of(Severity::Warning));
        let width = settings.printer.width_of_messages();
        if !errors.is_empty() {
            let text = diagnostics::terminal(&errors, &self.root, width);
            settings.printer.important(&text);
        }
        if !warnings.is_empty() {
            const SHOWN: usize = 3;
            for warning in warnings.iter().take(SHOWN) {
                settings
                    .printer
                    .say(&diagnostics::in_one_line(warning, width));
            }
            settings.printer.say(&format!(
                "{}; see: {}",
                diagnostics::summary(&warnings),
                self.lint_command(target, &settings.program)
            ));
        }
    }
}

/// Limits native thread pools to one thread, unless the user chose: tasks that the worker forks
/// then start no pool, and choose for their own machine (`python/argo_kedro/worker/threads.py`).
pub(crate) fn one_thread() -> &'static [(&'static str, &'static str)] {
    const ONE: [(&str, &str); 5] = [
        ("OMP_NUM_THREADS", "1"),
        ("OPENBLAS_NUM_THREADS", "1"),
        ("MKL_NUM_THREADS", "1"),
        ("NUMEXPR_NUM_THREADS", "1"),
        // New threads of OpenBLAS spin for 2^26 cycles before they sleep: more time than a
        // small task takes. These spin for 2^20, a third of a millisecond.
        ("OPENBLAS_THREAD_TIMEOUT", "20"),
    ];
    if ONE.iter().any(|(name, _)| std::env::var_os(name).is_some()) {
        return &[];
    }
    &ONE
}
