//! The instructions of a Dockerfile as text.

/// An instruction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    /// First word of the line, in capitals.
    pub(super) keyword: String,
    /// Text after the keyword, with continued lines and the texts of a `RUN <<END`.
    pub(super) rest: String,
}

/// The instructions of a Dockerfile, in order.
pub(super) fn lines(text: &str) -> Vec<Line> {
    let mut found = Vec::new();
    let mut input = text.lines();
    while let Some(first) = input.next() {
        let mut whole = first.trim().to_owned();
        if whole.is_empty() || whole.starts_with('#') {
            continue;
        }
        while let Some(continued) = whole.strip_suffix('\\') {
            whole = continued.to_owned();
            // Skip comments and empty lines between continued lines.
            let next = input.by_ref().map(str::trim);
            let mut next = next.skip_while(|line| line.is_empty() || line.starts_with('#'));
            match next.next() {
                Some(line) => whole.push_str(&format!(" {line}")),
                None => break,
            }
        }
        let (keyword, rest) = whole
            .split_once(char::is_whitespace)
            .unwrap_or((&whole, ""));
        let keyword = keyword.to_ascii_uppercase();
        let mut rest = rest.trim().to_owned();
        if matches!(keyword.as_str(), "RUN" | "COPY" | "ADD") {
            for end in heredocs(&rest) {
                for quote in ["", "\"", "'"] {
                    for mark in ["<<", "<<-"] {
                        rest = rest.replace(&format!("{mark}{quote}{end}{quote}"), "");
                    }
                }
                for line in input.by_ref().take_while(|line| line.trim() != end) {
                    if keyword == "RUN" {
                        rest.push_str(&format!("\n{line}"));
                    }
                }
            }
        }
        found.push(Line { keyword, rest });
    }
    found
}

/// The words that end here-documents: `END` of `<<END`, `<<-END` and `<<"END"`.
fn heredocs(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for part in text.split("<<").skip(1) {
        let part = part.strip_prefix('-').unwrap_or(part);
        let part = part.trim_start_matches(['"', '\'']);
        let is_letter = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        let end = part.find(|letter| !is_letter(letter)).unwrap_or(part.len());
        if end > 0 {
            found.push(part[..end].to_owned());
        }
    }
    found
}

/// Text after the `--flags` of an instruction. Calls `each_flag` with every flag.
pub(super) fn without_flags(text: &str, mut each_flag: impl FnMut(&str)) -> String {
    let mut rest = text.trim_start();
    while rest.starts_with("--") {
        let (flag, after) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        each_flag(flag);
        rest = after.trim_start();
    }
    rest.to_owned()
}

/// The words of an instruction, separated by spaces or in a JSON list.
pub(super) fn words(text: &str) -> Vec<String> {
    if text.starts_with('[')
        && let Ok(words) = serde_json::from_str(text)
    {
        return words;
    }
    text.split_whitespace()
        .map(|word| word.trim_matches(['"', '\'']).to_owned())
        .collect()
}

/// The names that `ARG` and `ENV` set: `NAME=VALUE …`, `NAME VALUE`, `NAME`.
pub(super) fn assignments(text: &str) -> Vec<(String, Option<String>)> {
    let words = words(text);
    if let [name, value @ ..] = &words[..]
        && !name.contains('=')
        && !value.is_empty()
    {
        return vec![(name.clone(), Some(value.join(" ")))];
    }
    let pair = |word: &String| match word.split_once('=') {
        Some((name, value)) => (
            name.to_owned(),
            Some(value.trim_matches(['"', '\'']).to_owned()),
        ),
        None => (word.clone(), None),
    };
    words.iter().map(pair).collect()
}
