//! The commands of a `RUN`.

/// Whether a word is the name of a file of a kind, e.g. `whl`.
pub(crate) fn has_suffix(word: &str, suffix: &str) -> bool {
    word.rsplit_once('.')
        .is_some_and(|(_, found)| found == suffix)
}

/// One command of a shell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// Its words without quotes; the first is the program's name, without its folder.
    pub words: Vec<String>,
    /// The folder that it runs in, where that can be told.
    pub folder: Option<String>,
}

impl Command {
    /// The program; empty where there is none.
    pub fn program(&self) -> &str {
        self.words.first().map(String::as_str).unwrap_or_default()
    }
}

/// The commands of a text, those of `sh -c '…'` included.
pub(super) fn commands(text: &str, folder: Option<&str>) -> Vec<Command> {
    let listed: Option<Vec<String>> = text
        .starts_with('[')
        .then(|| serde_json::from_str(text).ok())
        .flatten();
    let mut folder = folder.map(str::to_owned);
    let mut found = Vec::new();
    for words in listed.map_or_else(|| split(text), |words| vec![words]) {
        take(&words, &mut folder, &mut found);
    }
    found
}

fn take(words: &[String], folder: &mut Option<String>, found: &mut Vec<Command>) {
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
            take(&inner, folder, found);
        }
        return;
    }
    if name == "cd" {
        let to = words.get(1).map(String::as_str).unwrap_or_default();
        *folder = super::resolve(folder.as_deref(), to);
    }
    // A script in the folder keeps its path.
    if !words[0].starts_with('.') {
        words[0] = name;
    }
    found.push(Command {
        words,
        folder: folder.clone(),
    });
}

/// `-c`, `-ec`, `-lc`.
fn is_inner(word: &str) -> bool {
    word.starts_with('-') && !word.starts_with("--") && word.ends_with('c')
}

/// What may stand before the program: assignments and words of the shell.
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

/// Splits a text into commands, and these into words.
fn split(text: &str) -> Vec<Vec<String>> {
    let mut commands = vec![Vec::new()];
    let mut word = String::new();
    let mut is_word = false;
    let mut quote = None;
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let mut end = |commands: &mut Vec<Vec<String>>, is_word: &mut bool| {
            if std::mem::take(is_word)
                && let Some(command) = commands.last_mut()
            {
                command.push(std::mem::take(&mut word));
            }
        };
        match (quote, letter) {
            (Some(open), letter) if letter == open => quote = None,
            (None, '"' | '\'') => {
                quote = Some(letter);
                is_word = true;
            }
            (Some('"') | None, '\\') => {
                let next = letters.next();
                word.extend(next);
                is_word |= next.is_some();
            }
            (Some(_), letter) => word.push(letter),
            (None, ' ' | '\t' | '>' | '<') => end(&mut commands, &mut is_word),
            (None, '\n' | ';' | '&' | '|' | '(' | ')' | '`') => {
                end(&mut commands, &mut is_word);
                commands.push(Vec::new());
            }
            (None, letter) => {
                word.push(letter);
                is_word = true;
            }
        }
    }
    if is_word && let Some(command) = commands.last_mut() {
        command.push(word);
    }
    commands.retain(|command| !command.is_empty());
    commands
}

/// The words that one with braces stands for: `conf/{base,local}`.
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
