//! What is typed, read; and what is said where it cannot be.

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory, FromArgMatches};
use diagnostic::did_you_mean;
use owo_colors::OwoColorize;

use crate::arguments::{self, Arguments};
use crate::exit::Exit;
use crate::printer::Printer;

/// How clap begins a line with a suggestion.
const TIP: &str = "tip: ";

/// Reads what was typed.
///
/// # Arguments
///
/// * `program`: What the user typed to get this program.
///
/// # Errors
///
/// How the program ends, where help or the version was asked for, or where it cannot be read; that is said then.
pub(crate) fn parse(program: &str) -> Result<Arguments, Exit> {
    read(program, arguments::words(std::env::args_os())).map_err(|error| {
        // No words are read yet, nor that it is to be quiet.
        let printer = Printer::new(false);
        if error.use_stderr() {
            printer.important(&explain(&error));
            return Exit::Error;
        }
        printer.data(error.render().ansi().to_string().trim_end());
        Exit::Success.if_printed(printer, program)
    })
}

fn read(
    program: &str,
    words: impl IntoIterator<Item = std::ffi::OsString>,
) -> Result<Arguments, clap::Error> {
    let command = Arguments::command().bin_name(program);
    let matches = command.try_get_matches_from(words)?;
    Arguments::from_arg_matches(&matches)
}

/// Clap's message, with its suggestions as hints of ours.
fn explain(error: &clap::Error) -> String {
    let mut message = String::new();
    let mut tips = Vec::new();
    for line in error.render().ansi().to_string().lines() {
        let plain = anstream::adapter::strip_str(line).to_string();
        match plain.trim_start().strip_prefix(TIP) {
            Some(tip) => tips.push(tip.to_owned()),
            None if tips.len() == 1 && message.ends_with("\n\n") && line.is_empty() => {}
            None => message.push_str(&format!("{line}\n")),
        }
    }
    let hints = match suggested(error) {
        Some(hint) => vec![hint],
        // Clap also suggests commands that the help does not show.
        None if error.kind() == ErrorKind::InvalidSubcommand => Vec::new(),
        None => tips,
    };
    if hints.is_empty() {
        return message;
    }
    let hints: Vec<String> = hints
        .iter()
        .map(|hint| format!("{} {hint}\n", "hint:".cyan().bold()))
        .collect();
    let hints = hints.concat();
    match message.split_once("\n\n") {
        Some((what, rest)) => format!("{what}\n\n{hints}\n{rest}"),
        None => format!("{message}\n{hints}"),
    }
}

/// What may have been meant.
fn suggested(error: &clap::Error) -> Option<String> {
    if error.kind() == ErrorKind::InvalidSubcommand
        && let Some(ContextValue::String(word)) = error.get(ContextKind::InvalidSubcommand)
    {
        let command = Arguments::command();
        let known = command
            .get_subcommands()
            .filter(|known| !known.is_hide_set());
        return did_you_mean(word, known.map(clap::Command::get_name));
    }
    let kinds = [ContextKind::SuggestedArg, ContextKind::SuggestedValue];
    kinds.iter().find_map(|kind| match error.get(*kind)? {
        ContextValue::String(meant) => Some(format!("did you mean `{meant}`?")),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is said of words, without colours.
    fn said(words: &str) -> String {
        let typed = format!("argo-kedro {words}");
        let error = read("kedro argo", typed.split(' ').map(Into::into)).unwrap_err();
        anstream::adapter::strip_str(&explain(&error)).to_string()
    }

    #[test]
    fn what_cannot_be_read_comes_with_a_hint_and_the_usage() {
        for (words, what, hint, usage) in [
            (
                "rnu",
                "unrecognized subcommand 'rnu'",
                "hint: did you mean `run`?",
                "kedro argo",
            ),
            (
                "complie",
                "'complie'",
                "hint: did you mean `compile`?",
                "kedro argo",
            ),
            (
                "plan --outptu json",
                "'--outptu'",
                "hint: did you mean `--output`?",
                "kedro argo plan",
            ),
            ("plan -o jsn", "'jsn'", "hint: did you mean `json`?", ""),
            ("run xyz", "'xyz'", "", "kedro argo run"),
        ] {
            let text = said(words);
            assert!(text.starts_with("error: ") && text.contains(what), "{text}");
            assert!(!text.contains("tip:") && !text.contains("\n\n\n"), "{text}");
            assert!(
                hint.is_empty() != text.contains("hint:") && text.contains(hint),
                "{text}"
            );
            let usage = format!("Usage: {usage}");
            assert!(usage == "Usage: " || text.contains(&usage), "{text}");
        }
        assert!(!said("exce").contains("exec"));
    }

    #[test]
    fn help_names_the_program_that_was_typed() {
        for program in ["kedro argo", "argo-kedro"] {
            let words = ["argo-kedro", "run", "--help"].map(Into::into);
            let help = read(program, words).unwrap_err().to_string();
            assert!(help.contains(&format!("Usage: {program} run")), "{help}");
        }
    }
}
