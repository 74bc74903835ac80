//! Errors of the libraries become errors for people: a message, its causes, hints.
//!
//! Long, since each library's errors have their hints here; each gets a file of its own.

use std::fmt::Write as _;

use diagnostic::{Diagnostic, did_you_mean};
use owo_colors::OwoColorize;
use project::Failure;

use crate::error::exit::Exit;
use crate::render::path::shown;

/// What to do where there is no run.
const START_HERE: &str = "to start one: {program} run";
/// The same for a command that is for runs on a cluster.
const START_ON_CLUSTER: &str = "to start one on a cluster: {program} submit";

/// Why a command could not do what it was asked.
#[derive(Debug)]
pub(crate) struct CommandError {
    /// What kind it is, for programs.
    code: &'static str,
    message: String,
    causes: Vec<String>,
    /// Text to show as it is, e.g. the user's own traceback.
    detail: Option<String>,
    hints: Vec<String>,
    /// Findings that stand in the way.
    pub(crate) findings: Vec<Diagnostic>,
    pub(crate) exit: Exit,
}

impl CommandError {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self {
            code: "error",
            message: message.into(),
            causes: Vec::new(),
            detail: None,
            hints: Vec::new(),
            findings: Vec::new(),
            exit: Exit::Error,
        }
    }

    /// What is wrong, or for [`Exit::Success`] why there is nothing to do.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// What kind it is, for programs: a word that stays the same.
    pub(crate) fn code(&self) -> &'static str {
        self.code
    }

    /// What led to it, the nearest first.
    pub(crate) fn causes(&self) -> &[String] {
        &self.causes
    }

    /// What is wrong and its first cause, where there is room for no more.
    pub(crate) fn in_one_line(&self) -> String {
        let cause = self.causes.first().map(|cause| format!(": {cause}"));
        format!("{}{}", self.message, cause.unwrap_or_default())
    }

    /// Text to show as it is, e.g. the user's own traceback.
    pub(crate) fn whole_detail(&self) -> Option<&str> {
        self.detail.as_deref()
    }

    /// What to do about it. `program` is what the user types.
    pub(crate) fn hints(&self, program: &str) -> Vec<String> {
        let hints = self.hints.iter();
        hints
            .map(|hint| hint.replace("{program}", program))
            .collect()
    }

    /// Findings that stand in the way.
    pub(crate) fn findings(mut findings: Vec<Diagnostic>) -> Self {
        findings.retain(Diagnostic::is_error);
        Self {
            findings,
            code: "findings",
            ..Self::new(String::new())
        }
    }

    /// The folder for runs, or what is in it, cannot be used.
    pub(crate) fn of_state(error: &std::io::Error) -> Self {
        Self::from_error(error).maybe_hint(hint_for(error.kind()))
    }

    /// The user does not want it any more.
    pub(crate) fn interrupted() -> Self {
        Self {
            exit: Exit::Interrupted,
            code: "interrupted",
            ..Self::new("interrupted")
        }
    }

    /// The error of a command that is for runs on a cluster alone.
    #[must_use]
    pub(crate) fn on_cluster(mut self) -> Self {
        for hint in self.hints.iter_mut().filter(|hint| *hint == START_HERE) {
            START_ON_CLUSTER.clone_into(hint);
        }
        self
    }

    /// The same with a word for its kind.
    #[must_use]
    pub(crate) fn of_kind(mut self, code: &'static str) -> Self {
        self.code = code;
        self
    }

    /// The same, with another exit code.
    #[must_use]
    pub(crate) fn with_exit(mut self, exit: Exit) -> Self {
        self.exit = exit;
        self
    }

    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    #[must_use]
    fn maybe_hint(mut self, hint: Option<String>) -> Self {
        self.hints.extend(hint);
        self
    }

    #[must_use]
    fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    fn maybe_detail(mut self, detail: &str) -> Self {
        self.detail = Some(detail.to_owned()).filter(|detail| !detail.is_empty());
        self
    }

    /// The error as text for a terminal; findings aside. `program` is what the user types.
    pub(crate) fn render(&self, program: &str) -> String {
        let mut text = String::new();
        if let Some(detail) = &self.detail {
            let _ = writeln!(text, "{}\n", detail.trim_end());
        }
        let _ = writeln!(text, "{} {}", "error:".red().bold(), self.message);
        for cause in &self.causes {
            let _ = writeln!(text, "  {} {cause}", "caused by:".red());
        }
        for hint in self.hints(program) {
            let _ = write!(text, "\n{} {hint}", "hint:".cyan().bold());
        }
        text
    }

    fn from_error(error: &(dyn std::error::Error + 'static)) -> Self {
        let mut result = Self::new(error.to_string());
        let mut source = error.source();
        while let Some(cause) = source {
            result.causes.push(cause.to_string());
            source = cause.source();
        }
        result
    }
}

impl From<std::io::Error> for CommandError {
    fn from(error: std::io::Error) -> Self {
        Self::from_error(&error)
    }
}

impl From<runs::HistoryError> for CommandError {
    fn from(error: runs::HistoryError) -> Self {
        let hint = match &error {
            runs::HistoryError::Folder(cause) => hint_for(cause.kind()),
            runs::HistoryError::Newer { .. } => Some("upgrade argo-kedro".to_owned()),
            runs::HistoryError::Database { .. } => Some(
                "check that you may write to the folder and that the disk is not full, or use another folder: \
                 --state FOLDER"
                    .to_owned(),
            ),
            runs::HistoryError::Damaged { path, .. } => {
                let file = shown(path);
                return Self::from_error(&error)
                    .hint(format!(
                        "move the history to another folder: mkdir damaged && mv {file}* damaged/"
                    ))
                    .hint(
                        "the next command then creates a new history; the output of earlier runs stays in their \
                         folders, and you can still name runs on a cluster",
                    )
                    .hint("or use another folder: --state FOLDER");
            }
            runs::HistoryError::Record { run, .. } => {
                return Self::from_error(&error)
                    .hint(format!(
                        "other runs are not affected; to delete this record: {{program}} delete {run}"
                    ));
            }
        };
        let error = match &error {
            runs::HistoryError::Folder(cause) => Self::from_error(cause),
            other => Self::from_error(other),
        };
        error.maybe_hint(hint)
    }
}

impl From<runs::SelectError> for CommandError {
    fn from(error: runs::SelectError) -> Self {
        use runs::SelectError as E;
        let (code, hint) = match error {
            E::Empty => ("no_runs", START_HERE),
            E::Unknown(_) => ("unknown_run", "to see all runs: {program} list"),
            E::Ambiguous { .. } => ("ambiguous_run", "to see all runs: {program} list"),
        };
        Self::from_error(&error).of_kind(code).hint(hint)
    }
}

impl From<engine::EngineError> for CommandError {
    fn from(error: engine::EngineError) -> Self {
        let error = Self::from_error(&error);
        let is_full = error.causes.iter().any(|cause| cause.contains("full"));
        let room = is_full
            .then(|| hint_for(std::io::ErrorKind::StorageFull))
            .flatten();
        error
            .maybe_hint(room)
            .hint("to continue with the remaining tasks: {program} retry")
    }
}

impl From<cluster::ClusterError> for CommandError {
    fn from(error: cluster::ClusterError) -> Self {
        use cluster::ClusterError as E;
        let base = Self::from_error(&error).of_kind("cluster");
        match error {
            E::ArgoServer(error) => of_argo_server(base, &error),
            E::NotConfigured(_) => base
                .hint("set KUBECONFIG, or create ~/.kube/config as the documentation of your cluster says")
                .hint("if you have an Argo Server and no kubeconfig: --argo-server URL, or the variable ARGO_SERVER"),
            E::BrokenConfig(_) => base.hint(
                "correct the file that KUBECONFIG names, or ~/.kube/config; to see how it is read: kubectl config view",
            ),
            E::UnknownContext { name, candidates } => {
                let suggestion = did_you_mean(&name, candidates.iter().map(String::as_str));
                base.hint(suggestion.unwrap_or_else(|| known(&candidates)))
            }
            E::NoContainer { name, candidates } => {
                let suggestion = did_you_mean(&name, candidates.iter().map(String::as_str));
                base.hint(suggestion.unwrap_or_else(|| known(&candidates)))
            }
            E::Unreachable { .. } => base.hint(
                "check that the cluster runs and that it is the right one: kubectl config current-context",
            ),
            E::Tls { cause, .. } if cause.contains("valid yet") || cause.contains("expired") => {
                base.hint("check the clock of this machine")
                    .hint("if the clock is right: the certificate of the cluster, or yours in the kubeconfig, has \
                        expired")
            }
            E::Tls { .. } => base.hint(
                "check that the kubeconfig has the certificate authority of this cluster and that your client \
                 certificate has not expired",
            ),
            E::Unauthorized(_) => {
                base.hint("log in to the cluster again: your token or certificate has probably expired")
            }
            E::Forbidden {
                verb,
                resource,
                namespace,
            } => {
                let (plural, group) = resource.split_once('.').unwrap_or((&resource, ""));
                // Who may list pods and not read their output would ask twice.
                let (plural, verbs) = match (plural, verb.as_str()) {
                    ("pods" | "pods/log", "get" | "list" | "watch") => {
                        ("pods, pods/log", "get, list, watch")
                    }
                    (plural, verb) => (plural, verb),
                };
                base.hint(format!(
                    "ask for a Role in `{namespace}` with: {{apiGroups: [\"{group}\"], \
                     resources: [{plural}], verbs: [{verbs}]}}"
                ))
            }
            E::NoArgo(_) => base.hint(
                "install Argo Workflows 3.6 or newer there, or choose another cluster: --context",
            ),
            E::TooLarge(_) => {
                base.hint("group nodes into fewer tasks: `grouping` in argo.yml, or FusedPipeline")
            }
            E::NotFound {
                kind: "WorkflowTemplate",
                ..
            } => base.hint("to deploy it: {program} deploy"),
            E::Conflict { .. } => base.hint("run the command again; it then shows what changed"),
            E::NoNamespace(_) => {
                base.hint("set `namespace` in argo.yml, or name another one: --namespace NAME")
            }
            E::AlreadyExists { .. } => {
                base.hint("use another name, or leave the name out to get a unique one")
            }
            _ => base,
        }
    }
}

/// What to do where the way through an Argo Server does not lead on.
fn of_argo_server(base: CommandError, error: &cluster::ArgoServerError) -> CommandError {
    use cluster::ArgoServerError as E;
    const GET_TOKEN: &str = "to get a token: ask the administrator of the cluster, or copy it from the page \"User\" of \
        Argo's UI; then: export ARGO_TOKEN='Bearer …', or --argo-token-file FILE";
    match error {
        E::Address { .. } => base.hint("for example: --argo-server argo.example.com:2746, or https://example.com/argo"),
        E::Token { .. } | E::NoToken { .. } => base.hint(GET_TOKEN),
        E::NoNamespace { .. } => base.hint("name it: --namespace NAME, ARGO_NAMESPACE, or `namespace` in argo.yml"),
        E::Unreachable { .. } => base
            .hint("check the address: --argo-server, ARGO_SERVER, or `argo_server` in argo.yml")
            .hint("check the network: a VPN, a firewall or a proxy may be in the way"),
        E::Tls { cause, .. } if cause.contains("corrupt message") => {
            base.hint("if the server does not use TLS: write http:// before its address, or set ARGO_SECURE=false")
        }
        E::Tls { cause, .. } if cause.contains("http://") => {
            base.hint("write https:// before its address, and do not set ARGO_SECURE=false")
        }
        E::Tls { .. } => base
            .hint("if a certificate authority of your own has signed its certificate: add it to those of this machine, or \
                name its file: SSL_CERT_FILE")
            .hint("to trust any certificate, e.g. that of a server for tests: ARGO_INSECURE_SKIP_VERIFY=true"),
        E::Other { cause, .. } if cause.contains("Kubernetes cluster") => base
            .hint("take the address of the Argo Server instead, or use a kubeconfig: --context NAME"),
        E::Other { .. } => base
            .hint("check the address; if the server is under a path, add it: https://HOST/PATH, or ARGO_BASE_HREF=/PATH")
            .hint("if a login page is in the way, ask the administrator for an address of the API without one"),
        E::OtherVersion { .. } => base.hint("argo-kedro needs Argo Server 3.6 or newer; or use a kubeconfig: --context NAME"),
        E::Failed { .. } => base,
        E::RefusedToken { .. } => base
            .hint("the token has probably expired, or it is for another cluster")
            .hint(GET_TOKEN),
        E::NotOffered { .. } => base.hint("use a kubeconfig for this: --context NAME"),
    }
}

impl From<compile::YamlError> for CommandError {
    fn from(error: compile::YamlError) -> Self {
        Self::from_error(&error)
    }
}

impl From<image::ImageError> for CommandError {
    fn from(error: image::ImageError) -> Self {
        use image::ImageError as E;
        let failed = error.is_failed_build();
        let log = error.log().map(str::to_owned);
        let mut base = Self::from_error(&error).of_kind("image");
        if let Some(log) = log.filter(|log| !log.is_empty()) {
            base = base.detail(log);
        }
        if failed {
            base.exit = Exit::Failure;
        }
        match error {
            E::Cancelled => Self::interrupted(),
            E::NotUtf8(_) => base.hint(
                "rename the file, or exclude its folder in .dockerignore: builders cannot name such a file",
            ),
            E::NoDockerfile(_) | E::NoContext(_) => base
                .hint("to add a Dockerfile: {program} init")
                .hint("if it is in another place, set `deployment.dockerfile` and `deployment.context` in argo.yml"),
            E::Registry(error) => from_registry(base, &error),
            E::NoBuilder => base
                .hint("install one of them, or set a command of your own in argo.yml: `deployment.build_command`"),
            E::BuilderMissing(builder) => base.hint(format!(
                "install {builder}, or choose another in argo.yml: `deployment.builder`"
            )),
            E::BuilderNotRunning { builder, reason } => {
                let hint = if reason.contains("permission denied") {
                    format!("ask for permission to use {builder}; `{builder} info` must work")
                } else {
                    format!("start {builder}; `{builder} info` must work")
                };
                base.hint(hint)
                    .hint("or choose another in argo.yml: `deployment.builder`")
            }
            E::NoRegistry(_) => base
                .hint("put your registry before the name, in argo.yml: deployment.image")
                .hint(
                    "a cluster on this machine needs no registry: {program} build --load, then load the image into \
                     the cluster, then {program} submit --image IMAGE",
                ),
            E::NotBuilt { .. } => {
                base.hint("to build it: set another `deployment.builder` in argo.yml, then {program} build --push")
            }
            E::TransferFailed { what, image, .. } => base.hint(format!(
                "check that the registry answers and that you may {what} there; to log in: docker login {}",
                image.registry
            )),
            E::OtherPlatform { .. } => base
                .hint("the builder used cached layers of the other platform; to build without them, set in \
                    argo.yml: deployment.build_options: [--no-cache]")
                .hint("check that the base image exists for the platform"),
            E::NotPushed { .. } => base.hint(
                "`deployment.build_command` must push `{image}`; `{program} build` without --push does not need a \
                 registry",
            ),
            E::ContextChanged { .. } => base
                .hint("build again; if the build itself writes these files, add them to .dockerignore"),
            E::NotStarted { .. } => base.hint("check that it is installed and that its folder is in PATH"),
            _ => base,
        }
    }
}

fn from_registry(error: CommandError, registry: &image::RegistryError) -> CommandError {
    use image::RegistryError as E;
    match registry {
        E::NeedsLogin { registry, .. } => error
            .hint(format!("to log in: docker login {registry}"))
            .hint("check the name of the repository, and that you may read it"),
        E::PushDenied { registry, .. } => error
            .hint(format!("to log in as somebody who may push: docker login {registry}")),
        E::NoRepository { repository, .. } => error
            .hint(format!("create the repository `{repository}` there, or set `deployment.image` in argo.yml")),
        E::Certificate { registry, .. } => error
            .hint(format!(
                "trust its certificate authority: put the authority's certificate into \
                 /etc/docker/certs.d/{registry}/ca.crt, or name its file: SSL_CERT_FILE=FILE"
            ))
            .hint(format!(
                "or do not check the certificate; set in argo.yml: deployment.insecure_registries: [{registry}]"
            )),
        E::Unreachable { registry, .. } if image::Access::default().is_insecure(registry) => {
            error.hint("check that the registry runs on this machine")
        }
        E::Unreachable { registry, .. } => error
            .hint("check whether you need a VPN or a proxy (HTTPS_PROXY)")
            .hint(format!(
                "if the registry has no TLS, set in argo.yml: deployment.insecure_registries: [{registry}]"
            )),
        E::NotARegistry { .. } => error.hint("check `deployment.image` in argo.yml"),
        E::Server { .. } => error.hint("try again later"),
        E::CredentialHelper { .. } | E::Credentials { .. } => {
            error.hint("check the file config.json of Docker, or auth.json of podman")
        }
    }
}

impl From<project::Error> for CommandError {
    fn from(error: project::Error) -> Self {
        use project::Error as E;
        let base = Self::from_error(&error).of_kind(error.code());
        match error {
            E::NotAProject(_) => base
                .hint("go to the folder of a Kedro project, or name it: --project FOLDER")
                .hint("to make one: kedro new"),
            E::NoSuchInterpreter(_) | E::NoInterpreter => base.hint(
                "activate the virtual environment of the project, or name its Python: --python FILE",
            ),
            E::ModuleMissing {
                interpreter,
                module,
            } => {
                let pip = format!("{} -m pip install", interpreter.display());
                let install = if module == "kedro" {
                    format!("to install it: {pip} kedro")
                } else {
                    // What a package index has under this name is the earlier plugin.
                    format!(
                        "to install its wheel: {pip} WHEEL; `make wheel` in a checkout of argo-kedro makes the wheel"
                    )
                };
                base.hint(install)
                    .hint("or name the Python that has the project's packages: --python FILE")
            }
            E::WorkerDied { output, .. } => {
                let detail = if output.trim().is_empty() {
                    "It printed nothing.".to_owned()
                } else {
                    format!("The end of its output:\n{output}")
                };
                base.detail(detail)
                    .hint("check that this works in the project: kedro registry list")
            }
            E::Failed(failure) => from_failure(base, &failure),
            E::WorkerGarbage { .. } => base
                .hint("check that the code of the project does not use file descriptor 0 (standard input)")
                .hint("check that the project's Python has the same version of argo-kedro as this program"),
            E::BrokenPyProject { .. } | E::NotStarted { .. } | E::NotUtf8 => base,
        }
    }
}

fn from_failure(error: CommandError, failure: &Failure) -> CommandError {
    if let Failure::UnknownEnvironment { name, candidates } = failure {
        let suggestion = did_you_mean(name, candidates.iter().map(String::as_str));
        let is_plain =
            |letter: char| letter.is_alphanumeric() || matches!(letter, '.' | '_' | '-' | '/');
        let make = name.chars().all(is_plain).then(|| {
            format!("an environment is a folder of conf/; to create this one: mkdir -p conf/{name}")
        });
        return error
            .maybe_hint(suggestion)
            .hint(format!(
                "the project has these environments: {}",
                listed(candidates)
            ))
            .maybe_hint(make);
    }
    if let Some((name, candidates)) = failure.candidates() {
        let suggestion = did_you_mean(name, candidates.iter().map(String::as_str));
        return error.hint(suggestion.unwrap_or_else(|| known(candidates)));
    }
    match failure {
        Failure::ProjectImportFailed {
            traceback,
            missing_module,
            ..
        } => {
            let hint = missing_module
                .as_ref()
                .map(|module| format!("check that `{module}` is installed in this Python environment"));
            error.detail(traceback.clone()).maybe_hint(hint)
        }
        Failure::PipelineNotAlone { traceback, .. } => error.maybe_detail(traceback).hint(
            "find_pipelines() finds only the pipelines that a run asks for; if your registry combines pipelines, \
             call their own create_pipeline() there",
        ),
        Failure::MissingConfigurationFolder { whole: true, .. } => error.hint(
            "name the configuration folder: --conf-source FOLDER, or CONF_SOURCE in settings.py",
        ),
        Failure::MissingConfigurationFolder { path, .. } => error.hint(format!(
            "Git does not keep empty folders; to create it: mkdir -p {path} && touch {path}/.gitkeep"
        )),
        Failure::EnvironmentOfThisMachine { .. } => {
            error.hint("leave --env out to take the environment `cloud`")
        }
        Failure::NothingMissing {} => CommandError {
            exit: Exit::Success,
            ..CommandError::new("nothing to run: every output exists already")
                .of_kind("nothing_missing")
        },
        Failure::UnsupportedKedro { .. } => {
            error.hint("to install Kedro 1: pip install 'kedro>=1.0,<2'")
        }
        Failure::BadParameters { .. } => error.hint("e.g. --params model.depth=3,name=x"),
        Failure::BadParametersFile { .. } => {
            error.hint("the file must be a mapping, as in parameters.yml, e.g. {model: {depth: 3}}")
        }
        Failure::BadRunConfig {
            name: Some(name),
            candidates,
            ..
        } => {
            let meant = did_you_mean(name, candidates.iter().map(String::as_str));
            error.hint(meant.unwrap_or_else(|| known(candidates)))
        }
        Failure::BadRunConfig { .. } => {
            error.hint("the file must be a mapping, as for `kedro run --config`, e.g. run: {tags: nightly}")
        }
        Failure::BadRunnerParameters { .. } => error.hint("e.g. --runner-params max_workers=4"),
        Failure::BadLoadVersions { .. } => {
            error.hint("e.g. --load-versions model:2024-01-31T12.00.00.000Z")
        }
        _ => error,
    }
}

/// So many names are listed.
const SHOWN: usize = 10;

fn known(candidates: &[String]) -> String {
    match candidates.len() {
        0 => "there are none".to_owned(),
        count if count > SHOWN => format!("there are {count}: {}", listed(candidates)),
        _ => format!("there are: {}", listed(candidates)),
    }
}

fn listed(candidates: &[String]) -> String {
    let shown: Vec<&str> = candidates.iter().take(SHOWN).map(String::as_str).collect();
    match candidates.len() {
        0 => "none".to_owned(),
        count if count > SHOWN => format!("{}, …", shown.join(", ")),
        _ => shown.join(", "),
    }
}

/// What to do where runs and their history cannot be kept.
fn hint_for(kind: std::io::ErrorKind) -> Option<String> {
    use std::io::ErrorKind as K;
    match kind {
        K::ReadOnlyFilesystem | K::PermissionDenied => {
            Some("to use another folder for the history and the runs: --state FOLDER".to_owned())
        }
        K::StorageFull | K::QuotaExceeded => Some(
            "the disk is full: delete something, or use another folder: --state FOLDER".to_owned(),
        ),
        _ => None,
    }
}
