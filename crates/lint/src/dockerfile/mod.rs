//! What a Dockerfile does, as far as rules ask for it (docs.docker.com/reference/dockerfile).
//!
//! It is read leniently: what is not understood says nothing.

mod lines;
mod shell;

use std::collections::BTreeMap;

use lines::Line;
pub use shell::Command;
pub(crate) use shell::has_suffix;

/// A Dockerfile, narrowed to what the stage that is built comes from.
#[derive(Debug, Clone, Default)]
pub struct Dockerfile {
    /// The images of registries that the stage is based on, tags included.
    pub bases: Vec<String>,
    /// Its working directory, where that can be told.
    pub working_dir: Option<String>,
    /// What its stages do.
    pub steps: Vec<Step>,
    /// The variables that its `ENV`s set, where their values can be told.
    pub environment: BTreeMap<String, String>,
}

/// One instruction that changes files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// `RUN`: the commands of a line.
    Run(Vec<Command>),
    /// `COPY` and `ADD`.
    Copy(Copy),
    /// What a `RUN --mount=type=bind` has of the build context while it runs.
    Mount(Copy),
    /// `WORKDIR`, which makes the folder.
    WorkingDir(String),
}

/// A `COPY` or an `ADD`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copy {
    /// Where the sources are.
    pub from: Origin,
    /// Paths below that.
    pub sources: Vec<String>,
    /// Where they go: absolute, where the working directory is known.
    pub target: String,
    /// Whether that is a folder: it is written with a `/` at its end.
    pub into_folder: bool,
}

/// Where a `COPY` takes its files from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The build context.
    Context,
    /// Another stage.
    Stage,
    /// An image of a registry.
    Image(String),
    /// The network.
    Network,
}

struct Stage {
    name: Option<String>,
    base: String,
    lines: Vec<Line>,
}

impl Dockerfile {
    /// Reads the text of a Dockerfile; `target` is the stage that is built, by default the last, and `build_args` are the
    /// values of its `ARG`s.
    pub fn parse<'a>(
        text: &str,
        target: Option<&str>,
        build_args: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Self {
        let given: Variables = build_args
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let (stages, global) = stages(text, &given);
        let last = stages.len().checked_sub(1);
        let wanted = target.and_then(|target| position(&stages, target)).or(last);
        let mut reader = Reader {
            stages: &stages,
            given: &given,
            global: &global,
            seen: vec![false; stages.len()],
            dockerfile: Self::default(),
        };
        if let Some(wanted) = wanted {
            let state = reader.chain(wanted);
            reader.dockerfile.working_dir = state.working_dir;
            reader.dockerfile.environment = state.environment;
            reader.seen.fill(false);
            reader.stage(wanted);
        }
        reader.dockerfile
    }

    /// Every command of a `RUN`.
    pub fn commands(&self) -> impl Iterator<Item = &Command> {
        self.steps.iter().flat_map(|step| match step {
            Step::Run(commands) => commands.as_slice(),
            _ => &[],
        })
    }

    /// Every `COPY` and `ADD`.
    pub fn copies(&self) -> impl Iterator<Item = &Copy> {
        self.steps.iter().filter_map(|step| match step {
            Step::Copy(copy) => Some(copy),
            _ => None,
        })
    }

    /// Every `COPY` and `ADD`, and what commands have of the build context while they run.
    pub fn copies_and_mounts(&self) -> impl DoubleEndedIterator<Item = &Copy> {
        self.steps.iter().filter_map(|step| match step {
            Step::Copy(copy) | Step::Mount(copy) => Some(copy),
            _ => None,
        })
    }
}

type Variables = BTreeMap<String, String>;

/// What the instructions so far have set.
#[derive(Debug, Clone, Default)]
struct State {
    variables: Variables,
    environment: Variables,
    working_dir: Option<String>,
}

struct Reader<'a> {
    stages: &'a [Stage],
    given: &'a Variables,
    global: &'a Variables,
    seen: Vec<bool>,
    dockerfile: Dockerfile,
}

impl Reader<'_> {
    /// What holds at the end of a stage; its steps are not taken.
    fn chain(&self, index: usize) -> State {
        let mut state = self.base(index);
        for line in &self.stages[index].lines {
            self.set(&mut state, line);
        }
        state
    }

    /// What holds where a stage begins.
    fn base(&self, index: usize) -> State {
        let base = &self.stages[index].base;
        match position(&self.stages[..index], base) {
            Some(parent) => self.chain(parent),
            None => State {
                working_dir: is_plain(base).then(|| "/".to_owned()),
                ..State::default()
            },
        }
    }

    fn set(&self, state: &mut State, line: &Line) {
        match line.keyword.as_str() {
            "ARG" => {
                for (name, default) in lines::assignments(&line.rest) {
                    let value = self.given.get(&name).or(self.global.get(&name)).cloned();
                    if let Some(value) = value.or(default) {
                        let value = substitute(&value, &state.variables);
                        state.variables.insert(name, value);
                    }
                }
            }
            "ENV" => {
                for (name, value) in lines::assignments(&line.rest) {
                    let value = substitute(&value.unwrap_or_default(), &state.variables);
                    if value.contains('$') {
                        state.environment.remove(&name);
                    } else {
                        state.environment.insert(name.clone(), value.clone());
                    }
                    state.variables.insert(name, value);
                }
            }
            "WORKDIR" => {
                let words = lines::words(&line.rest);
                let folder = words.first().map(String::as_str).unwrap_or_default();
                let folder = substitute(folder, &state.variables);
                state.working_dir = if folder.contains('$') {
                    None
                } else {
                    resolve(state.working_dir.as_deref(), &folder)
                };
            }
            _ => {}
        }
    }

    /// Takes the steps of a stage, and of those that it comes from.
    fn stage(&mut self, index: usize) {
        if std::mem::replace(&mut self.seen[index], true) {
            return;
        }
        let stages = self.stages;
        let mut state = self.base(index);
        let parent = position(&stages[..index], &stages[index].base);
        match parent {
            Some(parent) => self.stage(parent),
            None => self.dockerfile.bases.push(stages[index].base.clone()),
        }
        for line in &stages[index].lines {
            self.set(&mut state, line);
            match line.keyword.as_str() {
                "WORKDIR" => {
                    let made = state.working_dir.clone().map(Step::WorkingDir);
                    self.dockerfile.steps.extend(made);
                }
                "RUN" => {
                    let text = lines::without_flags(&line.rest, |flag| {
                        let mut parts = flag.split([',', '=']).skip_while(|part| *part != "from");
                        let name = parts.nth(1);
                        if let Some(other) = name.and_then(|name| position(&stages[..index], name))
                        {
                            self.stage(other);
                        }
                        let flag = substitute(flag, &state.variables);
                        let mount = bind_mount(&flag, state.working_dir.as_deref());
                        self.dockerfile.steps.extend(mount.map(Step::Mount));
                    });
                    let text = substitute(&text, &state.variables);
                    let commands = shell::commands(&text, state.working_dir.as_deref());
                    self.dockerfile.steps.push(Step::Run(commands));
                }
                "COPY" | "ADD" => self.copy(index, line, &state),
                _ => {}
            }
        }
    }

    fn copy(&mut self, index: usize, line: &Line, state: &State) {
        let mut from = None;
        let rest = lines::without_flags(&line.rest, |flag| {
            from = flag
                .strip_prefix("--from=")
                .map(str::to_owned)
                .or(from.take());
        });
        let mut words: Vec<String> = lines::words(&rest)
            .iter()
            .map(|word| substitute(word, &state.variables))
            .collect();
        let Some(target) = words.pop() else { return };
        let is_url = |word: &String| word.contains("://") || word.starts_with("git@");
        let from = from.map(|from| substitute(&from, &state.variables));
        let stage = from
            .as_deref()
            .and_then(|from| position(&self.stages[..index], from));
        if let Some(other) = stage {
            self.stage(other);
        }
        let origin = match from {
            Some(_) if stage.is_some() => Origin::Stage,
            Some(from) => Origin::Image(from),
            None if words.iter().any(is_url) => Origin::Network,
            None => Origin::Context,
        };
        let into_folder = target.ends_with('/') || target == ".";
        let target = resolve(state.working_dir.as_deref(), &target).unwrap_or(target);
        self.dockerfile.steps.push(Step::Copy(Copy {
            from: origin,
            sources: words,
            target,
            into_folder,
        }));
    }
}

/// What `--mount=type=bind,source=…,target=…` has of the build context.
fn bind_mount(flag: &str, folder: Option<&str>) -> Option<Copy> {
    let settings = flag.strip_prefix("--mount=")?;
    let value = |names: &[&str]| {
        let mut pairs = settings.split(',').filter_map(|pair| pair.split_once('='));
        let found = pairs.find(|(name, _)| names.contains(name));
        found.map(|(_, value)| value.trim_matches(['"', '\'']).to_owned())
    };
    if value(&["type"]).is_some_and(|kind| kind != "bind") || value(&["from"]).is_some() {
        return None;
    }
    let target = value(&["target", "dst", "destination"])?;
    Some(Copy {
        from: Origin::Context,
        sources: vec![value(&["source", "src"]).unwrap_or_default()],
        target: resolve(folder, &target).unwrap_or(target),
        into_folder: false,
    })
}

fn stages(text: &str, given: &Variables) -> (Vec<Stage>, Variables) {
    let mut stages: Vec<Stage> = Vec::new();
    let mut global = Variables::new();
    for line in lines::lines(text) {
        match (line.keyword.as_str(), stages.last_mut()) {
            ("FROM", _) => {
                let rest = lines::without_flags(&line.rest, |_| {});
                let words = lines::words(&rest);
                let is_named = words.len() > 2 && words[1].eq_ignore_ascii_case("as");
                stages.push(Stage {
                    name: is_named.then(|| words[2].clone()),
                    base: words
                        .first()
                        .map_or_else(String::new, |base| substitute(base, &global)),
                    lines: Vec::new(),
                });
            }
            ("ARG", None) => {
                for (name, default) in lines::assignments(&line.rest) {
                    if let Some(value) = given.get(&name).cloned().or(default) {
                        let value = substitute(&value, &global);
                        global.insert(name, value);
                    }
                }
            }
            (_, Some(stage)) => stage.lines.push(line),
            _ => {}
        }
    }
    (stages, global)
}

/// The stage of a name or a number.
fn position(stages: &[Stage], name: &str) -> Option<usize> {
    let by_name = |stage: &Stage| {
        let known = stage.name.as_deref();
        known.is_some_and(|known| known.eq_ignore_ascii_case(name))
    };
    let number = || name.parse().ok().filter(|number| *number < stages.len());
    stages.iter().rposition(by_name).or_else(number)
}

/// Replaces `$NAME`, `${NAME}` and `${NAME:-default}`; what is not known stays.
fn substitute(text: &str, variables: &Variables) -> String {
    let mut result = String::new();
    let mut rest = text;
    while let Some(start) = rest.find('$') {
        result.push_str(&rest[..start]);
        let after = &rest[start + 1..];
        let is_letter = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        let (name, default, length) = if let Some(inside) = after.strip_prefix('{') {
            let end = inside.find('}').unwrap_or(inside.len());
            let (name, default) = match inside[..end].split_once([':', '-']) {
                Some((name, default)) => (name, Some(default.trim_start_matches('-'))),
                None => (&inside[..end], None),
            };
            (name, default, (end + 2).min(after.len()))
        } else {
            let end = after
                .find(|letter| !is_letter(letter))
                .unwrap_or(after.len());
            (&after[..end], None, end)
        };
        match variables.get(name).map(String::as_str).or(default) {
            Some(value) if !name.is_empty() => result.push_str(value),
            _ => result.push_str(&rest[start..=start + length]),
        }
        rest = &after[length..];
    }
    result.push_str(rest);
    result
}

/// A path from a folder, without `.` and `..`; `None` where it is relative to a folder that is not known.
pub(crate) fn resolve(folder: Option<&str>, path: &str) -> Option<String> {
    let whole = if path.starts_with('/') {
        path.to_owned()
    } else {
        format!("{}/{path}", folder?)
    };
    let mut parts: Vec<&str> = Vec::new();
    for part in whole.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    Some(format!("/{}", parts.join("/")))
}

/// Whether an image is one of those that everybody knows: systems, Python, tools of its packages. Nobody's project is in
/// them, and neither is argo-kedro.
pub(crate) fn is_plain(image: &str) -> bool {
    const HOSTS: [&str; 11] = [
        "docker.io",
        "index.docker.io",
        "registry-1.docker.io",
        "public.ecr.aws",
        "mirror.gcr.io",
        "gcr.io",
        "quay.io",
        "ghcr.io",
        "mcr.microsoft.com",
        "nvcr.io",
        "cgr.dev",
    ];
    const IMAGES: [&str; 30] = [
        "python",
        "pypy",
        "ubuntu",
        "debian",
        "alpine",
        "fedora",
        "rockylinux",
        "almalinux",
        "amazonlinux",
        "buildpack-deps",
        "busybox",
        "nvidia/cuda",
        "nvidia/pytorch",
        "nvidia/tensorflow",
        "continuumio/miniconda3",
        "continuumio/anaconda3",
        "condaforge/miniforge3",
        "condaforge/mambaforge",
        "mambaorg/micromamba",
        "astral-sh/uv",
        "pytorch/pytorch",
        "tensorflow/tensorflow",
        "rayproject/ray",
        "apache/spark",
        "apache/spark-py",
        "bitnami/python",
        "bitnami/spark",
        "rapidsai/base",
        "chainguard/python",
        "distroless/python3",
    ];
    let path = image.split(['@', ' ']).next().unwrap_or_default();
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let name = name.split(':').next().unwrap_or_default();
    let whole = if folder.is_empty() {
        name.to_owned()
    } else {
        format!("{folder}/{name}")
    };
    let host = whole
        .split_once('/')
        .filter(|(host, _)| host.contains(['.', ':']));
    let path = match host {
        Some((host, path)) if HOSTS.contains(&host) => path,
        Some(_) => return false,
        None => &whole,
    };
    let path = path.strip_prefix("docker/").unwrap_or(path);
    let path = path.strip_prefix("library/").unwrap_or(path);
    // `distroless/python3-debian12`.
    let family = path
        .split_once("-debian")
        .map_or(path, |(family, _)| family);
    IMAGES.contains(&path) || IMAGES.contains(&family) || path.starts_with("jupyter/")
}

#[cfg(test)]
mod tests;
