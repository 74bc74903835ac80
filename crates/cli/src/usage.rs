//! Parses the command line, and explains parse errors.

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgMatches, Command, CommandFactory, FromArgMatches};
use diagnostic::{did_you_mean, nearest};
use owo_colors::OwoColorize;

use crate::arguments::{self, Arguments};
use crate::error::document;
use crate::error::exit::Exit;
use crate::flags::options::ErrorForm;
use crate::terminal::printer::Printer;

/// Beginning of a line with a suggestion of clap.
const TIP: &str = "tip: ";
const USAGE: &str = "Usage: ";
/// Flag of `run` for pipelines, or for parameters of a file.
const PIPELINES_OR_PARAMETER: &str = "--pipelines <NAMES>";

/// Parses the command line.
///
/// # Arguments
///
/// * `program`: Words with which the user calls this program.
///
/// # Errors
///
/// The exit code, if the user asked for help or the version, or if the words cannot be parsed. The
/// output is printed then.
pub(crate) fn parse(program: &str) -> Result<Arguments, Exit> {
    let words = arguments::parsable_arguments(std::env::args_os());
    read(program, words.clone()).map_err(|error| {
        // No words are parsed yet, so `--quiet` is unknown.
        let printer = Printer::new(false);
        if error.use_stderr() {
            let (message, hints) = parts(&error);
            match form_of_unreadable(words) {
                ErrorForm::Json => printer.error_line(&for_programs(&message, &hints)),
                ErrorForm::Text => printer.important(&explain(&message, &hints)),
            }
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
    let mut arguments = Arguments::from_arg_matches(&matches)?;
    if arguments.options.errors.is_none() && asks_for_json(&Arguments::command(), &matches) {
        arguments.options.errors = Some(ErrorForm::Json);
    }
    Ok(arguments)
}

/// Says whether the output shall be JSON: then a program reads the errors too.
fn asks_for_json(command: &Command, matches: &ArgMatches) -> bool {
    const JSON: &str = "json";
    let has_that_form = |argument: &Arg| {
        let forms = argument.get_possible_values();
        argument.get_id() == "output" && forms.iter().any(|form| form.get_name() == JSON)
    };
    if command.get_arguments().any(has_that_form) {
        let typed = matches.try_get_raw("output").ok().flatten();
        return typed.into_iter().flatten().any(|word| word == JSON);
    }
    matches.subcommand().is_some_and(|(name, matches)| {
        let command = command.find_subcommand(name);
        command.is_some_and(|command| asks_for_json(command, matches))
    })
}

/// Finds the form of the error for words that cannot be parsed: the form that any of them asks for.
fn form_of_unreadable(words: impl IntoIterator<Item = std::ffi::OsString>) -> ErrorForm {
    let words: Vec<String> = words
        .into_iter()
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    let has = |flag: &str, value: &str| {
        words.contains(&format!("{flag}={value}"))
            || words
                .windows(2)
                .any(|pair| pair[0] == flag && pair[1] == value)
    };
    let is_output =
        has("-o", "json") || has("--output", "json") || words.iter().any(|word| word == "-ojson");
    if has("--errors", "json") || (is_output && !has("--errors", "text")) {
        ErrorForm::Json
    } else {
        ErrorForm::Text
    }
}

/// Gives clap's message, and its suggestions as hints.
fn parts(error: &clap::Error) -> (String, Vec<String>) {
    let mut message = String::new();
    let mut tips = Vec::new();
    for line in error.render().ansi().to_string().lines() {
        let plain = anstream::adapter::strip_str(line).to_string();
        match plain.trim_start().strip_prefix(TIP) {
            Some(tip) => tips.push(tip.to_owned()),
            None if tips.len() == 1 && message.ends_with("\n\n") && line.is_empty() => {}
            // Clap's usage lists the typed flags, and the flag that it guesses.
            None if plain.starts_with(USAGE) => {
                let usage = of_command(error).map(|mut command| command.render_usage());
                let usage = usage.map_or(line.to_owned(), |usage| usage.ansi().to_string());
                message.push_str(&format!("{usage}\n"));
            }
            None => message.push_str(&format!("{}\n", in_plain_words(line))),
        }
    }
    // No flag takes a negative number, so clap's hint about one is useless.
    tips.retain(|tip| !tip.contains("'-- -"));
    // Clap suggests any flag that is a little alike; `suggested` is stricter.
    tips.retain(|tip| !tip.starts_with("a similar argument exists"));
    let hints = match suggested(error) {
        Some(hint) => vec![hint],
        // Clap also suggests hidden commands.
        None if error.kind() == ErrorKind::InvalidSubcommand => Vec::new(),
        None => tips,
    };
    (message, hints)
}

/// Replaces a parser's message by what the value must be.
fn in_plain_words(line: &str) -> String {
    const PARSERS: [(&str, &str); 4] = [
        ("invalid digit found in string", "it must be a whole number"),
        (
            "cannot parse integer from empty string",
            "it must be a whole number",
        ),
        (
            "number too large to fit in target type",
            "the number is too large",
        ),
        (
            "number too small to fit in target type",
            "the number is too small",
        ),
    ];
    if let Some((head, said)) = line.split_once(": invalid value: ")
        && let Some((_, wanted)) = said.split_once(", expected ")
    {
        return format!("{head}: it must be {wanted}");
    }
    let replace = |line: String, (words, plain): &(&str, &str)| line.replace(words, plain);
    PARSERS.iter().fold(line.to_owned(), replace)
}

/// Message with its hints, for users.
fn explain(message: &str, hints: &[String]) -> String {
    if hints.is_empty() {
        return message.to_owned();
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

/// Gives the error for programs, without the usage.
fn for_programs(message: &str, hints: &[String]) -> serde_json::Value {
    let plain = anstream::adapter::strip_str(message).to_string();
    let what = plain.split("\n\n").next().unwrap_or_default();
    let what = what.strip_prefix("error: ").unwrap_or(what);
    document::of_usage(what.trim_end(), hints)
}

/// Finds what the user may have meant.
fn suggested(error: &clap::Error) -> Option<String> {
    if error.kind() == ErrorKind::InvalidSubcommand
        && let Some(ContextValue::String(word)) = error.get(ContextKind::InvalidSubcommand)
    {
        let command = Arguments::command();
        let known = command
            .get_subcommands()
            .filter(|known| !known.is_hide_set());
        return did_you_mean(word, known.map(Command::get_name));
    }
    if error.kind() == ErrorKind::InvalidValue
        && let Some(ContextValue::String(argument)) = error.get(ContextKind::InvalidArg)
        && argument == PIPELINES_OR_PARAMETER
        && let Some(ContextValue::String(value)) = error.get(ContextKind::InvalidValue)
        && value.is_empty()
    {
        return Some("pipelines of a project; for a file, a parameter: -p NAME=VALUE".to_owned());
    }
    if error.kind() == ErrorKind::UnknownArgument
        && let Some(ContextValue::String(word)) = error.get(ContextKind::InvalidArg)
        && let Some(command) = of_command(error)
    {
        let flags = command.get_arguments().filter(|flag| !flag.is_hide_set());
        let flags: Vec<&str> = flags.filter_map(Arg::get_long).collect();
        if word == "-n" && flags.contains(&"namespace") {
            return Some("to choose a namespace of the cluster: --namespace NAME".to_owned());
        }
        let meant = nearest(word.trim_start_matches('-'), flags);
        return meant.map(|flag| format!("did you mean `--{flag}`?"));
    }
    let kinds = [ContextKind::SuggestedArg, ContextKind::SuggestedValue];
    kinds.iter().find_map(|kind| match error.get(*kind)? {
        ContextValue::String(meant) => Some(format!("did you mean `{meant}`?")),
        _ => None,
    })
}

/// Finds the typed command, if the error has its usage.
fn of_command(error: &clap::Error) -> Option<Command> {
    let Some(ContextValue::StyledStr(usage)) = error.get(ContextKind::Usage) else {
        return None;
    };
    let usage = usage.to_string();
    let words = usage.strip_prefix(USAGE).unwrap_or(&usage).split(' ');
    let names = words.take_while(|word| !word.starts_with(['[', '<', '-']));
    let names: Vec<&str> = names.collect();
    let mut command = Arguments::command();
    let is_program = |name: &&&str| command.find_subcommand(name).is_none();
    let program: Vec<&str> = names.iter().take_while(is_program).copied().collect();
    command = command.bin_name(program.join(" "));
    command.build();
    for name in &names[program.len()..] {
        if let Some(inner) = command.find_subcommand(name) {
            command = inner.clone();
        }
    }
    Some(command)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives clap's error for a command line, without colours.
    fn said(words: &str) -> String {
        let typed = format!("argo-kedro {words}");
        let error = read("kedro argo", typed.split(' ').map(Into::into)).unwrap_err();
        let (message, hints) = parts(&error);
        anstream::adapter::strip_str(&explain(&message, &hints)).to_string()
    }

    #[test]
    fn a_program_that_asks_for_json_reads_errors_as_json() {
        use ErrorForm::{Json, Text};
        for (words, form) in [
            ("status a -o json", Some(Json)),
            ("status a --output=json --errors text", Some(Text)),
            ("stop a --errors json", Some(Json)),
            ("schedule list -ojson", Some(Json)),
            ("status a", None),
            // Here the word is the name of a file.
            ("compile -o json", None),
            ("logs json", None),
        ] {
            let typed = format!("argo-kedro {words}");
            let arguments = read("argo-kedro", typed.split(' ').map(Into::into)).unwrap();
            assert_eq!(arguments.options.errors, form, "{words}");
        }
        for (words, form) in [
            ("status -o json --nope", Json),
            ("status --nope --output=json", Json),
            ("schedule list -ojson --nope", Json),
            ("rnu --errors json", Json),
            ("run --errors json --isolation thread", Json),
            ("plan -o jsn", Text),
            ("rnu", Text),
            ("status -o json --nope --errors text", Text),
        ] {
            let typed = format!("argo-kedro {words}");
            let typed = typed.split(' ').map(Into::into);
            assert_eq!(form_of_unreadable(typed), form, "{words}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_said_to_programs_without_the_usage() {
        let words = ["argo-kedro", "rnu"].map(Into::into);
        let (message, hints) = parts(&read("argo-kedro", words).unwrap_err());
        assert_eq!(
            for_programs(&message, &hints),
            serde_json::json!({"error": {
                "code": "usage",
                "message": "unrecognized subcommand 'rnu'",
                "hints": ["did you mean `run`?"],
                "exit_code": 2,
            }})
        );
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
            ("plan xyz", "'xyz'", "", "kedro argo plan"),
            (
                "status -n ml",
                "'-n'",
                "hint: to choose a namespace of the cluster: --namespace NAME",
                "kedro argo status",
            ),
            (
                "schedule list -n ml",
                "'-n'",
                "--namespace NAME",
                "kedro argo schedule list",
            ),
            ("schema -n", "'-n'", "", "kedro argo schema"),
            (
                "resubmit --dry-run",
                "'--dry-run'",
                "",
                "kedro argo resubmit [OPTIONS] [RUN]",
            ),
            (
                "run --allow-errors --nods a",
                "'--nods'",
                "hint: did you mean `--nodes`?",
                "kedro argo run [OPTIONS] [FILE]...",
            ),
            (
                "run a.yaml -p",
                "'--pipelines <NAMES>'",
                "hint: pipelines of a project; for a file, a parameter: -p NAME=VALUE",
                "",
            ),
            (
                "run --cpus x",
                "'--cpus <NUMBER>': it must be an amount of CPU",
                "",
                "",
            ),
            ("run --cpus 0", ": it must be an amount of CPU", "", ""),
            ("run --gpus x", ": it must be a whole number", "", ""),
            ("logs --tail x", ": it must be a whole number", "", ""),
            ("run --gpus 999", "999 is not in 0..=255", "", ""),
            ("run --cpus -1", "'-1'", "", "kedro argo run"),
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
