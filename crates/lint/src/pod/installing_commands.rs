//! Finds the packages that the commands of a Dockerfile install.

use super::image::Image;
use super::installs::{Installed, Installs};
use super::programs::{HARMLESS, STARTERS, WITH_VALUE};
use super::requirements::Requirements;
use super::{copied, makes};
use crate::dockerfile::{Command, has_suffix, resolve};

/// Packages that the image of a project installs, as far as its Dockerfile tells.
pub fn installed(image: &Image<'_>) -> Installed {
    let installs = Installs::of(image);
    Installed {
        files: installs.files().into_iter().map(str::to_owned).collect(),
        packages: installs.packages,
        is_known: !installs.is_unclear,
    }
}

/// Files that state a project's requirements.
const OF_PROJECT: [&str; 3] = ["pyproject.toml", "setup.cfg", "setup.py"];

/// Files that name all requirements of a project, with the program that reads each without an option.
const LOCKS: [&str; 5] = [
    "uv.lock",
    "poetry.lock",
    "pdm.lock",
    "Pipfile.lock",
    "pixi.lock",
];

impl Installs {
    /// Packages that the Dockerfile of an image installs.
    pub(super) fn of(image: &Image<'_>) -> Self {
        let is_unclear = !makes::base_is_plain(image.dockerfile);
        let mut installs = Self {
            is_open: is_unclear,
            is_unclear,
            ..Self::default()
        };
        for command in image.dockerfile.commands() {
            let mut reader = Reader {
                installs: &mut installs,
                image,
                folder: command.folder.as_deref(),
            };
            reader.take(command);
        }
        installs
    }
}

/// Reads one command.
struct Reader<'a, 'i> {
    installs: &'i mut Installs,
    image: &'a Image<'a>,
    /// The folder in which the command runs, if known.
    folder: Option<&'a str>,
}

impl Reader<'_, '_> {
    fn unclear_if(&mut self, is_so: bool) {
        self.installs.is_open |= is_so;
        self.installs.is_unclear |= is_so;
    }

    fn take(&mut self, command: &Command) {
        let words: Vec<&str> = command.words.iter().map(String::as_str).collect();
        // In an unknown folder, the files of the command cannot be found.
        self.unclear_if(self.folder.is_none());
        self.take_words(&words);
        if matches!(command.program(), "cat" | "xargs" | "grep" | "sed") {
            // The command's output is unknown, but a package named in the file may be installed.
            for file in command.arguments() {
                self.read_project_file(file);
            }
        }
    }

    fn take_words(&mut self, words: &[&str]) {
        let Some((path, given)) = words.split_first() else {
            return;
        };
        let program = if path.starts_with('.') {
            *path
        } else {
            path.rsplit('/').next().unwrap_or(path)
        };
        let is_python = program.starts_with("python") || program.starts_with("pypy");
        match program {
            _ if is_python => self.take_python(given),
            "uv" if given.contains(&"pip") => {
                let after = given.iter().skip_while(|word| **word != "pip").skip(1);
                self.take_pip(&after.copied().collect::<Vec<_>>());
            }
            "uv" | "poetry" | "pdm" | "rye" | "pixi" | "pipenv" => self.take_tool(given),
            "conda" | "mamba" | "micromamba" => self.take_conda(given),
            "conda-lock" => self.take_conda_lock(given),
            "pip-sync" => self.take_sync(given),
            "pipx" => self.take_pip(given),
            "pip-compile" | "virtualenv" => {}
            _ if program.starts_with("pip") => self.take_pip(given),
            "." | "source" => {
                let known = ["activate", ".bashrc", ".profile", "conda.sh", "env"];
                let file = given.first().map(|file| file.rsplit('/').next());
                let is_known = file.flatten().is_some_and(|file| known.contains(&file));
                self.unclear_if(!is_known);
            }
            "xargs" => {
                self.take_started(given);
                // A pipe supplies more words.
                self.unclear_if(true);
            }
            _ if STARTERS.contains(&program) => self.take_started(given),
            _ => self.unclear_if(!HARMLESS.contains(&program)),
        }
    }

    /// Reads the program that another one starts: `xargs -n 1 pip install`.
    fn take_started(&mut self, given: &[&str]) {
        let is_installer = |word: &&str| {
            let name = word.rsplit('/').next().unwrap_or(word);
            let known = [
                "uv",
                "poetry",
                "pdm",
                "conda",
                "mamba",
                "micromamba",
                "conda-lock",
            ];
            name.starts_with("pip") || name.starts_with("python") || known.contains(&name)
        };
        if let Some(begins) = given.iter().position(is_installer) {
            self.take_words(&given[begins..]);
        } else {
            let mut words = given.iter();
            self.unclear_if(!words.any(|word| HARMLESS.contains(word)));
        }
    }

    fn take_python(&mut self, given: &[&str]) {
        let mut rest = given;
        while let [option, after @ ..] = rest {
            match *option {
                "-m" => {
                    let harmless = ["build", "compileall", "ensurepip", "site", "venv"];
                    if !after.first().is_some_and(|name| harmless.contains(name)) {
                        self.take_words(after);
                    }
                    return;
                }
                "-c" => {
                    // A Python program may read such a file, and start other programs.
                    let text = after.join(" ");
                    let may_install = ["pip", "subprocess", "os.system", "exec"];
                    self.unclear_if(may_install.iter().any(|word| text.contains(word)));
                    for file in OF_PROJECT.into_iter().chain(["requirements.txt"]) {
                        if text.contains(file) {
                            self.read_project_file(file);
                        }
                    }
                    self.installs.words.push(text);
                    return;
                }
                "--version" | "-V" => return,
                option if option.starts_with('-') => rest = after,
                _ => break,
            }
        }
        self.unclear_if(true);
    }

    fn take_pip(&mut self, given: &[&str]) {
        let commands = ["install", "wheel", "download", "sync", "inject", "run"];
        let Some(begins) = given.iter().position(|word| commands.contains(word)) else {
            return;
        };
        if given[begins] == "sync" {
            self.take_sync(&given[begins + 1..]);
        } else {
            self.take_requirements(&given[begins + 1..], |found, word| found.take(word, false));
        }
    }

    /// `pip-sync` and `uv pip sync`, whose arguments are files.
    fn take_sync(&mut self, given: &[&str]) {
        let files = positional(given);
        for file in &files {
            self.read_file(file);
        }
        if files.is_empty() {
            self.read_file("requirements.txt");
        }
    }

    /// Reads arguments that are requirements, and options that name requirement files.
    fn take_requirements(&mut self, given: &[&str], take: impl Fn(&mut Requirements, &str)) {
        self.installs
            .words
            .extend(given.iter().map(ToString::to_string));
        let mut found = Requirements::default();
        let mut rest = given.iter().copied();
        while let Some(word) = rest.next() {
            let joined = |names: &[&str]| {
                names
                    .iter()
                    .find_map(|name| word.strip_prefix(name))
                    .filter(|value| !value.is_empty())
            };
            match word {
                "-r" | "--requirement" | "--requirements" | "-f" | "--file"
                    if names_file(word, given) =>
                {
                    found.files.extend(rest.next().map(str::to_owned));
                }
                "-e" | "--editable" => {
                    if let Some(project) = rest.next() {
                        found.take(project, false);
                    }
                }
                "-f" => {
                    rest.next();
                }
                _ if WITH_VALUE.contains(&word) => {
                    rest.next();
                }
                _ => {
                    if let Some(file) =
                        joined(&["--requirement=", "--requirements=", "--file=", "-r"])
                    {
                        found.files.push(file.to_owned());
                    } else if let Some(project) = joined(&["--editable=", "-e"]) {
                        found.take(project, false);
                    } else if !word.starts_with('-') {
                        take(&mut found, word);
                    }
                }
            }
        }
        self.follow(&found, self.folder.unwrap_or_default());
    }

    /// Reads a program that installs the project in its folder.
    fn take_tool(&mut self, given: &[&str]) {
        let without = [
            "build", "cache", "check", "config", "env", "init", "python", "publish", "self",
            "venv", "version",
        ];
        let command = given.iter().position(|word| !word.starts_with('-'));
        let Some(command) = command else { return };
        let rest = &given[command + 1..];
        match given[command] {
            name if without.contains(&name) => return,
            "run" => {
                // `run` installs the project, and may then start anything.
                self.take_started(rest);
            }
            "add" | "tool" => {
                self.take_requirements(rest, |found, word| {
                    if !matches!(word, "install" | "run") {
                        found.take(word, false);
                    }
                });
                if given[command] == "tool" {
                    return;
                }
            }
            _ => {}
        }
        let folder = self.folder.unwrap_or_default().to_owned();
        let locks = LOCKS.iter().filter(|file| self.find(&folder, file)).count();
        if locks == 0 {
            self.read_project(&folder, &["Pipfile", "pixi.toml"]);
        } else {
            for file in OF_PROJECT {
                self.find_text(&folder, file);
            }
        }
    }

    fn take_conda(&mut self, given: &[&str]) {
        if given.first() == Some(&"run") {
            self.take_started(&given[1..]);
            return;
        }
        let commands = ["install", "create", "update"];
        let Some(begins) = given.iter().position(|word| commands.contains(word)) else {
            return;
        };
        let rest = &given[begins + 1..];
        let names_file = rest
            .iter()
            .any(|word| word.starts_with("-f") || word.starts_with("--file"));
        if given[..begins].contains(&"env") && !names_file {
            let folder = self.folder.unwrap_or_default().to_owned();
            let found = ["environment.yml", "environment.yaml"]
                .iter()
                .any(|file| self.find(&folder, file));
            self.unclear_if(!found);
        }
        self.take_requirements(rest, Requirements::take_conda);
    }

    fn take_conda_lock(&mut self, given: &[&str]) {
        if !given.contains(&"install") {
            return;
        }
        let words = positional(given);
        let files: Vec<&str> = words
            .into_iter()
            .filter(|word| *word != "install")
            .collect();
        for file in &files {
            self.read_file(file);
        }
        if files.is_empty() {
            self.read_file("conda-lock.yml");
        }
    }

    /// Reads the files and projects that requirements in a folder of the container refer to.
    fn follow(&mut self, found: &Requirements, folder: &str) {
        self.installs.is_open |= found.has_unknown;
        self.unclear_if(found.is_open);
        self.installs.is_unclear |= found.is_of_conda;
        self.installs
            .packages
            .extend(found.packages.iter().cloned());
        if found.has_archives {
            self.look_into_project();
        }
        for file in &found.files {
            if !self.find(folder, file) {
                self.guess(file);
            }
        }
        for project in &found.projects {
            match resolve(Some(folder), project) {
                Some(whole) => self.read_project(&whole, &[]),
                None => self.unclear_if(true),
            }
        }
    }

    fn read_file(&mut self, file: &str) {
        let folder = self.folder.unwrap_or_default().to_owned();
        if !self.find(&folder, file) {
            self.guess(file);
        }
    }

    /// Guesses the content of a file that another command created: reads the project's file with the same name.
    fn guess(&mut self, file: &str) {
        self.unclear_if(true);
        self.read_project_file(file.rsplit('/').next().unwrap_or(file));
    }

    fn read_project(&mut self, whole: &str, others: &[&str]) {
        let files = OF_PROJECT.iter().chain(others);
        let found = files.filter(|file| self.find(whole, file)).count();
        self.unclear_if(found == 0);
        if self.installs.is_open {
            self.look_into_project();
        }
    }

    /// Reads the files of this project, because the packages of an unknown project or wheel may be the same.
    fn look_into_project(&mut self) {
        for file in OF_PROJECT.into_iter().chain(["requirements.txt"]) {
            self.read_project_file(file);
        }
    }

    /// Reads a file of the container and the files that it refers to; says whether it found the file.
    fn find(&mut self, folder: &str, file: &str) -> bool {
        let Some(whole) = resolve(Some(folder), file) else {
            return false;
        };
        if file.contains('$') {
            return false;
        }
        let Some((path, text)) = self.text(&whole) else {
            return false;
        };
        let is_new = !self.installs.has(&path);
        self.installs.texts.retain(|(known, _)| *known != path);
        self.installs.texts.push((path.clone(), text.clone()));
        if is_new {
            let found = Requirements::of(&path, &text);
            let folder = whole.rsplit_once('/').map_or("", |(folder, _)| folder);
            self.follow(&found, folder);
        }
        true
    }

    /// Like `find`, but for a file whose packages are all known.
    fn find_text(&mut self, folder: &str, file: &str) {
        let whole = resolve(Some(folder), file);
        if let Some((path, text)) = whole.and_then(|whole| self.text(&whole))
            && !self.installs.has(&path)
        {
            let found = Requirements::of(&path, &text);
            self.installs.packages.extend(found.packages);
            self.installs.texts.push((path, text));
        }
    }

    /// The text of a container's file that comes from the build context, and its path in the project.
    fn text(&self, whole: &str) -> Option<(String, String)> {
        let paths = copied::sources(self.image, whole);
        paths.into_iter().find_map(|path| {
            let text = (self.image.read)(&path)?;
            Some((path, text))
        })
    }

    /// Reads a file of the project, and the files that it refers to, for package names.
    fn read_project_file(&mut self, file: &str) {
        let file = file.trim_start_matches("./").trim_start_matches('/');
        if !self.installs.has(file)
            && let Some(text) = (self.image.read)(file)
        {
            let found = Requirements::of(file, &text);
            self.installs.texts.push((file.to_owned(), text));
            self.installs.packages.extend(found.packages);
            for other in found.files {
                self.read_project_file(&other);
            }
        }
    }
}

/// Says whether an option names a requirement file: `-f` does for conda, but for pip it names a folder of wheels.
fn names_file(option: &str, given: &[&str]) -> bool {
    let of_conda = ["yml", "yaml", "lock"];
    let mut words = given.iter();
    option != "-f" || words.any(|word| of_conda.iter().any(|suffix| has_suffix(word, suffix)))
}

/// The arguments that are neither options nor the values of options.
fn positional<'a>(given: &[&'a str]) -> Vec<&'a str> {
    let mut found = Vec::new();
    let mut rest = given.iter().copied();
    while let Some(word) = rest.next() {
        if WITH_VALUE.contains(&word) {
            rest.next();
        } else if !word.starts_with('-') {
            found.push(word);
        }
    }
    found
}
