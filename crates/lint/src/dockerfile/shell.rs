//! The commands of a `RUN`.

use super::path::resolve;

/// Says whether a word is a file name with this suffix, e.g. `whl`.
pub(crate) fn has_suffix(word: &str, suffix: &str) -> bool {
    word.rsplit_once('.')
        .is_some_and(|(_, found)| found == suffix)
}

/// One shell command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// Words without quotes; the first is the program's name, without its folder.
    pub words: Vec<String>,
    /// Files after `<` and `>`.
    pub files: Vec<String>,
    /// Folder in which the command runs, if known.
    pub folder: Option<String>,
}

impl Command {
    /// The program; empty if there is none.
    pub fn program(&self) -> &str {
        self.words.first().map(String::as_str).unwrap_or_default()
    }

    /// The arguments of the program: the words after it, and the files that it reads or writes.
    pub fn arguments(&self) -> impl Iterator<Item = &String> {
        self.words.iter().skip(1).chain(&self.files)
    }
}

/// A command as written.
#[derive(Debug, Default)]
struct Written {
    words: Vec<String>,
    /// Files after `<` and `>`.
    files: Vec<String>,
}

/// The commands of a text, with the inner commands of `sh -c '…'`.
pub(super) fn commands(text: &str, folder: Option<&str>) -> Vec<Command> {
    let listed: Option<Vec<String>> = text
        .starts_with('[')
        .then(|| serde_json::from_str(text).ok())
        .flatten();
    let mut folder = folder.map(str::to_owned);
    let mut found = Vec::new();
    let listed = listed.map(|words| {
        let files = Vec::new();
        vec![Written { words, files }]
    });
    for written in listed.unwrap_or_else(|| split(text)) {
        take(written, &mut folder, &mut found);
    }
    found
}

fn take(written: Written, folder: &mut Option<String>, found: &mut Vec<Command>) {
    let Written { words, files } = written;
    let begins = words.iter().position(|word| !is_prefix(word));
    let Some(begins) = begins else { return };
    let mut words: Vec<String> = words[begins..]
        .iter()
        .flat_map(|word| braces(word))
        .collect();
    let name = words[0].rsplit('/').next().unwrap_or_default().to_owned();
    if matches!(name.as_str(), "sh" | "bash" | "dash")
        && let Some(inner) = words.iter().position(|word| is_inner(word))
        && let Some(text) = words.get(inner + 1)
    {
        for inner in split(text) {
            take(inner, folder, found);
        }
        return;
    }
    if name == "cd" {
        let to = words.get(1).map(String::as_str).unwrap_or_default();
        *folder = resolve(folder.as_deref(), to);
    }
    // A relative program such as `./build.sh` keeps its path.
    if !words[0].starts_with('.') {
        words[0] = name;
    }
    found.push(Command {
        words,
        files,
        folder: folder.clone(),
    });
}

/// Says whether an option such as `-c`, `-ec` or `-lc` takes a command.
fn is_inner(word: &str) -> bool {
    word.starts_with('-') && !word.starts_with("--") && word.ends_with('c')
}

/// Says whether a word may precede the program: assignments and words of the shell.
fn is_prefix(word: &str) -> bool {
    const WORDS: [&str; 12] = [
        "then", "do", "else", "if", "while", "!", "{", "sudo", "exec", "time", "env", "command",
    ];
    let assigns = word.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty()
            && name
                .chars()
                .all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
    });
    assigns || WORDS.contains(&word)
}

/// Splits a text into commands, and these into words. Drops comments.
fn split(text: &str) -> Vec<Written> {
    let mut splitter = Splitter::default();
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match (splitter.quote, letter) {
            (Some(open), letter) if letter == open => splitter.quote = None,
            (None, '"' | '\'') => {
                splitter.quote = Some(letter);
                splitter.is_word = true;
            }
            (Some('"') | None, '\\') => {
                let next = letters.next();
                splitter.word.extend(next);
                splitter.is_word |= next.is_some();
            }
            (Some(_), letter) => splitter.word.push(letter),
            (None, '#') if !splitter.is_word => {
                while letters.next_if(|letter| *letter != '\n').is_some() {}
            }
            (None, ' ' | '\t') => splitter.end_word(),
            (None, '>' | '<') => {
                // In `2>&1`, the number is not a word, and no file follows.
                if splitter.word.chars().all(|digit| digit.is_ascii_digit()) {
                    splitter.word.clear();
                    splitter.is_word = false;
                }
                splitter.end_word();
                let of_stream = letters.next_if_eq(&'&').is_some();
                let is_stream = |letter: &char| letter.is_ascii_digit() || *letter == '-';
                while of_stream && letters.next_if(is_stream).is_some() {}
                splitter.is_file = !of_stream;
            }
            // `&> file` redirects; it does not end the command.
            (None, '&') if letters.peek() == Some(&'>') => splitter.end_word(),
            (None, '`') => {
                splitter.end_word();
                // The output of the inner command is an unknown word.
                splitter.command.words.push("$".to_owned());
                splitter.end_command();
            }
            (None, '\n' | ';' | '&' | '|' | '(' | ')') => splitter.end_command(),
            (None, letter) => {
                splitter.word.push(letter);
                splitter.is_word = true;
            }
        }
    }
    splitter.end_command();
    splitter.commands
}

/// Commands and words found so far.
#[derive(Default)]
struct Splitter {
    commands: Vec<Written>,
    command: Written,
    word: String,
    is_word: bool,
    /// Says whether the current word is the file of a `<` or a `>`.
    is_file: bool,
    quote: Option<char>,
}

impl Splitter {
    fn end_word(&mut self) {
        if std::mem::take(&mut self.is_word) {
            let word = std::mem::take(&mut self.word);
            if std::mem::take(&mut self.is_file) {
                self.command.files.push(word);
            } else {
                self.command.words.push(word);
            }
        }
    }

    fn end_command(&mut self) {
        self.end_word();
        self.is_file = false;
        let command = std::mem::take(&mut self.command);
        if !command.words.is_empty() {
            self.commands.push(command);
        }
    }
}

/// The words of a brace expansion: `conf/{base,local}`.
fn braces(word: &str) -> Vec<String> {
    let parts = word.split_once('{').and_then(|(before, rest)| {
        let (inside, after) = rest.split_once('}')?;
        let is_list = inside.contains(',') && !before.ends_with('$');
        is_list.then_some((before, inside, after))
    });
    match parts {
        Some((before, inside, after)) => inside
            .split(',')
            .flat_map(|one| braces(&format!("{before}{one}{after}")))
            .collect(),
        None => vec![word.to_owned()],
    }
}
