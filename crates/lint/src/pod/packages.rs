//! What the image installs: argo-kedro has to be among it.

use diagnostic::{Diagnostic, Place};

use super::{Image, Pods, makes};
use crate::dockerfile::{Command, Copy, Origin, has_suffix, resolve};
use crate::rule;

/// What a Dockerfile installs, as far as it can be told.
#[derive(Debug, Default)]
pub(super) struct Installs {
    /// The words of the commands that install something.
    words: Vec<String>,
    /// The files that say what to install, and their texts.
    texts: Vec<(String, String)>,
    /// Whether there may be more that is not known.
    pub(super) is_open: bool,
}

/// Files that say what a project needs, by the program that reads them without being told their names.
const OF_PROJECT: [&str; 4] = [
    "pyproject.toml",
    "setup.cfg",
    "setup.py",
    "requirements.txt",
];

impl Installs {
    pub(super) fn of(image: &Image<'_>) -> Self {
        let mut installs = Self {
            is_open: !makes::base_is_plain(image.dockerfile),
            ..Self::default()
        };
        for command in image.dockerfile.commands() {
            installs.take(command, image);
        }
        installs
    }

    /// Whether a word of a command, or a requirement in a file, has one of these names.
    pub(super) fn name(&self, is_wanted: &dyn Fn(&str) -> bool) -> bool {
        let lines = self.texts.iter().flat_map(|(_, text)| text.lines());
        let lines = lines.map(|line| line.split(" #").next().unwrap_or_default());
        let lines = lines.filter(|line| !line.trim_start().starts_with('#'));
        let words = self.words.iter().map(String::as_str);
        words.chain(lines).any(is_wanted)
    }

    /// The files that were read, for a message.
    pub(super) fn files(&self) -> Vec<&str> {
        self.texts.iter().map(|(file, _)| file.as_str()).collect()
    }

    fn take(&mut self, command: &Command, image: &Image<'_>) {
        let program = command.program();
        let words = &command.words;
        let has = |word: &str| words.iter().any(|known| known == word);
        let is_python = program.starts_with("python") || program.starts_with("pip");
        match program {
            "uv" | "poetry" | "pdm" | "hatch" | "rye" | "pixi" | "pipenv" => {
                for file in [
                    "uv.lock",
                    "poetry.lock",
                    "pdm.lock",
                    "Pipfile",
                    "pixi.toml",
                    "pylock.toml",
                ] {
                    self.read(file, image);
                }
                if !has("pip") {
                    self.read_project("", image);
                }
            }
            "conda" | "mamba" | "micromamba" | "apt-get" | "apt" | "apk" | "dnf" | "yum"
            | "microdnf" | "pip-sync" => {}
            _ if is_python => {}
            _ => {
                // Another program of the user's may install anything.
                let is_script = program.starts_with('.') || has_suffix(program, "sh");
                self.is_open |= is_script
                    || matches!(
                        program,
                        "sh" | "bash" | "make" | "just" | "ansible-playbook"
                    );
                return;
            }
        }
        self.words.extend(words.iter().skip(1).cloned());
        let mut rest = words.iter().skip(1).map(String::as_str);
        while let Some(word) = rest.next() {
            let file = match word {
                "-r" | "--requirement" | "--requirements" => rest.next(),
                "-f" | "--file" if program.ends_with("mamba") || program == "conda" => rest.next(),
                _ => word
                    .strip_prefix("--requirement=")
                    .or_else(|| word.strip_prefix("--file="))
                    .or_else(|| word.strip_prefix("-r")),
            };
            if let Some(file) = file {
                self.read_named(file, command, image);
            } else if is_project(word) && has("install") {
                self.read_project(word, image);
            } else if let Some(known) = OF_PROJECT.iter().find(|known| word.contains(*known)) {
                // A text of Python's own that reads them.
                self.read(known, image);
            }
        }
    }

    /// Reads a requirements file by its path in the container, and those that it refers to.
    fn read_named(&mut self, file: &str, command: &Command, image: &Image<'_>) {
        let root = image.dockerfile.working_dir.as_deref();
        let whole = resolve(command.folder.as_deref().or(root), file);
        let name = file.rsplit('/').next().unwrap_or(file);
        let inside = whole.as_deref().zip(root).and_then(|(whole, root)| {
            whole
                .strip_prefix(root)
                .map(|rest| rest.trim_start_matches('/').to_owned())
        });
        let copied = image
            .dockerfile
            .copies()
            .find_map(|copy| source(copy, name));
        let candidates = [inside, copied, Some(name.to_owned())];
        let known = candidates
            .into_iter()
            .flatten()
            .find(|candidate| self.read(candidate, image));
        if known.is_none() {
            // What another command made is as good as what that reads.
            self.is_open |= !self
                .texts
                .iter()
                .any(|(file, _)| OF_PROJECT.contains(&file.as_str()));
        }
    }

    fn read_project(&mut self, word: &str, image: &Image<'_>) {
        let folder = word.split('[').next().unwrap_or_default();
        let mut known = false;
        for file in OF_PROJECT {
            let below = format!(
                "{}/{file}",
                folder.trim_start_matches("./").trim_matches('/')
            );
            known |=
                self.read(below.trim_start_matches(['.', '/']), image) || self.read(file, image);
        }
        self.is_open |= !known;
    }

    /// Reads a file of the build context; says whether it is known.
    fn read(&mut self, file: &str, image: &Image<'_>) -> bool {
        if self.texts.iter().any(|(known, _)| known == file) {
            return true;
        }
        let Some(text) = (image.read)(file) else {
            return false;
        };
        let folder = file.rsplit_once('/').map_or("", |(folder, _)| folder);
        let others: Vec<String> = text
            .lines()
            .filter_map(|line| {
                let line = line.trim();
                let other = line
                    .strip_prefix("-r")
                    .or_else(|| line.strip_prefix("--requirement"))?;
                let whole = resolve(
                    Some(&format!("/{folder}")),
                    other.trim_start_matches('=').trim(),
                )?;
                Some(whole.trim_start_matches('/').to_owned())
            })
            .collect();
        self.texts.push((file.to_owned(), text));
        for other in others {
            self.is_open |= !self.read(&other, image);
        }
        true
    }
}

/// The path in the build context of a file that is copied under its name.
fn source(copy: &Copy, name: &str) -> Option<String> {
    let mut sources = copy.sources.iter().filter(|_| copy.from == Origin::Context);
    let found = sources.find(|source| source.rsplit('/').next() == Some(name))?;
    Some(
        found
            .trim_start_matches("./")
            .trim_start_matches('/')
            .to_owned(),
    )
}

/// Whether a word of `pip install` is a folder with a project.
fn is_project(word: &str) -> bool {
    let path = word.split('[').next().unwrap_or_default();
    matches!(path, "." | "./")
        || path.starts_with("./") && !has_suffix(path, "whl")
        || path == "/app"
}

/// Whether a requirement, or a word of a command, names a package: as it is called in an index, in any case and with any
/// of `-`, `_` and `.`.
pub(super) fn names(text: &str, package: &str) -> bool {
    let plain = |letter: char| match letter {
        '_' | '.' => '-',
        letter => letter.to_ascii_lowercase(),
    };
    let (text, package): (String, String) = (
        text.chars().map(plain).collect(),
        package.chars().map(plain).collect(),
    );
    let is_letter =
        |letter: Option<char>| letter.is_some_and(|it| it.is_ascii_alphanumeric() || it == '-');
    text.match_indices(&package).any(|(start, _)| {
        let before = text[..start].chars().next_back();
        let after = text[start + package.len()..].chars().next();
        !is_letter(before) && !is_letter(after)
    })
}

/// A Dockerfile that installs no argo-kedro, which every task is started with.
pub(super) fn check(pods: &Pods<'_>, image: &Image<'_>) -> Option<Diagnostic> {
    let starts_it = |name: &str| {
        let places = pods.places.get(name);
        places.is_none_or(|places| places.words.contains("argo-kedro"))
    };
    let mut tasks = pods.parts.iter().flat_map(|(_, plan)| &plan.tasks);
    if !tasks.any(|task| starts_it(&task.name)) {
        return None;
    }
    let installs = Installs::of(image);
    // A wheel goes by its file: `/tmp/argo-kedro-wheel`, `argo_kedro-1.0-….whl`; and the code lies in `kedro-argo`.
    let of_command = |word: &String| {
        let word = word.to_lowercase().replace('_', "-");
        word.contains("argo-kedro") || word.contains("/kedro-argo")
    };
    if installs.words.iter().any(of_command)
        || installs.name(&|line| names(line, "argo-kedro") || line.contains("/kedro-argo"))
    {
        return None;
    }
    let at = Place {
        file: Some(image.dockerfile_path.to_owned()),
        ..Place::default()
    };
    let finding = if installs.is_open {
        let bases = image.dockerfile.bases.join(", ");
        rule::ARGO_KEDRO_NOT_INSTALLED.warning(format!(
            "the Dockerfile does not seem to install argo-kedro: unless `{bases}` has it, every pod will fail"
        ))
    } else {
        let files = match installs.files()[..] {
            [] => String::new(),
            ref files => format!(", and neither does {}", files.join(", ")),
        };
        rule::ARGO_KEDRO_NOT_INSTALLED.diagnostic(format!(
            "the Dockerfile does not install argo-kedro{files}: no pod can run its task"
        ))
    };
    Some(finding.at(at).help(
        "install it like the Dockerfile that `argo-kedro init` writes; for an example: argo-kedro lint --explain \
         argo-kedro-not-installed",
    ))
}
