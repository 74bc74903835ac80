//! Parses a Dockerfile: follows its stages, variables and working directories.

use std::collections::BTreeMap;

use super::instructions::{Copy, Dockerfile, FileInstruction, Origin};
use super::lines::{self, Line};
use super::path::resolve;
use super::plain_images::is_plain;
use super::shell;

impl Dockerfile {
    /// Parses a Dockerfile. `target` is the stage to build, by default the last one; `build_args` are the values of its
    /// `ARG`s.
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
}

/// A stage: the lines after a `FROM`.
struct Stage {
    name: Option<String>,
    base: String,
    lines: Vec<Line>,
}

type Variables = BTreeMap<String, String>;

/// State after a part of the instructions.
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
    /// State at the end of a stage; does not collect the stage's steps.
    fn chain(&self, index: usize) -> State {
        let mut state = self.base(index);
        for line in &self.stages[index].lines {
            self.set(&mut state, line);
        }
        state
    }

    /// State at the start of a stage.
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

    /// Collects the steps of a stage, and of the stages on which it is based.
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
                    let made = state.working_dir.clone().map(FileInstruction::WorkingDir);
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
                        self.dockerfile
                            .steps
                            .extend(mount.map(FileInstruction::Mount));
                    });
                    let text = substitute(&text, &state.variables);
                    let commands = shell::commands(&text, state.working_dir.as_deref());
                    self.dockerfile.steps.push(FileInstruction::Run(commands));
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
        self.dockerfile.steps.push(FileInstruction::Copy(Copy {
            from: origin,
            sources: words,
            target,
            into_folder,
        }));
    }
}

/// Part of the build context that `--mount=type=bind,source=…,target=…` mounts.
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

/// The index of a stage, by its name or number.
fn position(stages: &[Stage], name: &str) -> Option<usize> {
    let by_name = |stage: &Stage| {
        let known = stage.name.as_deref();
        known.is_some_and(|known| known.eq_ignore_ascii_case(name))
    };
    let number = || name.parse().ok().filter(|number| *number < stages.len());
    stages.iter().rposition(by_name).or_else(number)
}

/// Replaces `$NAME`, `${NAME}` and `${NAME:-default}`; leaves unknown variables.
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
